//go:build unix

package private

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// packageVersion is the version of the npm packages that carry PostgreSQL's binaries.
const packageVersion = "18.4.0-beta.17"

// packageName is the npm package for this machine.
func packageName() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return "@embedded-postgres/" + runtime.GOOS + "-" + arch
}

// packageHome is where the package is installed: in the user's cache, for all data folders, else in this folder.
func packageHome(f folder) string {
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "kaskad", "postgresql")
	}
	return f.file("postgresql")
}

// packageBinaries is where the package's programs are once it is installed under home.
func packageBinaries(home string) string {
	return filepath.Join(home, "node_modules", filepath.FromSlash(packageName()), "native", "bin")
}

// installPackage installs the package with npm and returns the folder of its programs.
func installPackage(ctx context.Context, home string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("not installed")
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	// Two data folders may come here at once.
	lock, err := lockFile(ctx, filepath.Join(home, "lock"), exclusive)
	if err != nil {
		return "", err
	}
	defer lock.release()
	// Its install script makes the links to its libraries; npm 11 runs one only where the project allows it.
	project, err := json.Marshal(map[string]any{
		"private":      true,
		"dependencies": map[string]string{packageName(): packageVersion},
		"allowScripts": map[string]bool{packageName(): true},
	})
	if err != nil {
		return "", err
	}
	if err := writeFile(filepath.Join(home, "package.json"), string(project)+"\n"); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", home, "--no-audit", "--no-fund")
	cmd.Dir = home
	// Not childEnvironment: npm needs the user's proxy and registry settings.
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, lastLines(said.String(), 5))
	}
	return packageBinaries(home), nil
}

// lastLines is the end of a program's output, on one line.
func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], " | ")
}
