//go:build unix

package private

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What can be wrong with the place that a backup is restored to.
var (
	ErrInUse    = errors.New("the data folder is in use")
	ErrNotEmpty = errors.New("the data folder is not empty")
	ErrNoMajor  = errors.New("the PostgreSQL that the backup is of is not on this machine")
)

// RestoreOptions say what is restored and where to. File, Data, Ready and Clock are required.
type RestoreOptions struct {
	// File is the backup, Passphrase what it was encrypted with, if it was.
	File, Passphrase string
	// Data is the data folder. It is made when missing.
	Data string
	// Schema is the number of the last migration that this program knows.
	Schema int64
	// Aside moves what is in the data folder into a folder inside of it, whose name begins with before-restore-. Without it
	// the folder must be empty.
	Aside bool
	// TryOnly goes through everything but leaves the data folder as it is.
	TryOnly bool
	// Ready prepares the restored database, at an address, before it comes into its place; its error undoes everything.
	Ready func(ctx context.Context, address string, head Head, tail Tail) error
	// Server are the options of the server that Ready works on; Dir is set here.
	Server Options
	Clock  func() time.Time
	// Progress hears how many bytes of the file are read, of how many.
	Progress func(done, total int64)
}

// Restored tells what was restored.
type Restored struct {
	Head
	Tail
	Aside    string // where the old content of the data folder is; empty: there was none
	Verified bool   // PostgreSQL's own pg_verifybackup found nothing wrong; false: it is not on this machine
}

// Restore puts a backup into a data folder. It is unpacked inside of it, under a name of its own, checked, started, prepared
// and stopped, and only then comes into its place; whatever goes wrong before, the data folder is as it was. Nobody may use
// the folder's private server; whether anybody uses the keys beside another database cannot be seen.
func Restore(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	if o.Server.Log == nil {
		o.Server.Log = slog.New(slog.DiscardHandler)
	}
	if o.Data, err = filepath.Abs(o.Data); err != nil {
		return r, err
	}
	in, err := os.Open(o.File)
	if err != nil {
		return r, err
	}
	defer in.Close()
	watched, err := o.watch(ctx, in)
	if err != nil {
		return r, err
	}
	opened, err := openArchive(watched, o.Passphrase)
	if err != nil {
		return r, orDone(ctx, err)
	}
	sums := newDigest()
	if r.Head, err = readHead(opened, sums, o.Schema); err != nil {
		return r, orDone(ctx, err)
	}
	place, err := o.enter()
	if err != nil {
		return r, err
	}
	defer place.leave()
	bin, err := fittingBinaries(ctx, place.server(), o.Server, r.PostgreSQL)
	if err != nil {
		return r, orDone(ctx, err)
	}
	if r.Tail, err = place.unpack(opened, sums); err != nil {
		return r, orDone(ctx, err)
	}
	if r.Verified, err = verify(ctx, bin, place.server()); err != nil {
		return r, orDone(ctx, err)
	}
	if err := o.prepare(ctx, place.server(), &r); err != nil {
		return r, err
	}
	if !o.TryOnly {
		r.Aside, err = place.settle(o.Clock())
	}
	return r, err
}

// orDone gives the context's error where it has ended: what failed did so for that.
func orDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// watch reads a file, tells how far that is, and stops with the context.
func (o *RestoreOptions) watch(ctx context.Context, in *os.File) (io.Reader, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNoBackup
	}
	return &counted{in: cancellable(ctx, in), total: info.Size(), tell: o.Progress}, nil
}

type counted struct {
	in          io.Reader
	done, total int64
	tell        func(done, total int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.done += int64(n)
	if c.tell != nil {
		c.tell(c.done, c.total)
	}
	return n, err
}

// fittingBinaries finds the PostgreSQL that can read the cluster of the backup.
func fittingBinaries(ctx context.Context, f folder, options Options, major int) (binaries, error) {
	found := inspect(ctx, candidates(f, options))
	bin, ok := choose(found, major)
	if !ok && !options.NoInstall {
		if dir, err := installPackage(ctx, packageHome(f)); err == nil {
			bin, ok = choose(inspect(ctx, []string{dir}), major)
		}
	}
	if !ok {
		return bin, fmt.Errorf("%w: install PostgreSQL %d", ErrNoMajor, major)
	}
	return bin, nil
}

// verify has PostgreSQL look whether the cluster is what its server sent, the WAL included. The program comes with most
// installations, but not with the npm package; our own digest was held against the content before in any case.
func verify(ctx context.Context, bin binaries, f folder) (bool, error) {
	program := filepath.Join(bin.dir, "pg_verifybackup")
	if _, err := os.Stat(program); err != nil {
		return false, nil //nolint:nilerr // the program is not there
	}
	cmd := exec.CommandContext(ctx, program, "--quiet", "--exit-on-error", f.data())
	cmd.Env = childEnvironment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("%w: pg_verifybackup: %w: %s", ErrBroken, err, lastLines(string(out), 3))
	}
	return true, nil
}

// prepare starts the unpacked server, which makes its files consistent and syncs them to disk, has it prepared, and stops it.
func (o *RestoreOptions) prepare(ctx context.Context, f folder, r *Restored) error {
	options := o.Server
	options.Dir = string(f)
	server, err := Start(ctx, options)
	if err != nil {
		return err
	}
	err = o.Ready(ctx, server.URL(), r.Head, r.Tail)
	return errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
}

// place is a data folder that something is put into.
type place struct {
	data  string
	stage string // inside of it, with what is to come
	root  *os.Root
	aside bool
	locks []*fileLock
}

func (p *place) server() folder { return folder(filepath.Join(p.stage, serverFolder)) }

// enter looks whether the data folder may be changed, keeps others from it, and makes the stage.
func (o *RestoreOptions) enter() (p *place, err error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, err
	}
	p = &place{data: o.Data, aside: o.Aside}
	if !o.TryOnly {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(o.Data)
	if err == nil {
		p.stage, err = os.MkdirTemp(o.Data, ".restore-*")
	}
	if err == nil {
		// As open as the folder around it: an ordinary user may have to reach the cluster.
		err = os.Chmod(p.stage, info.Mode().Perm())
	}
	if err == nil {
		p.root, err = os.OpenRoot(p.stage)
	}
	if err != nil {
		p.leave()
		return nil, err
	}
	return p, nil
}

// check refuses a folder whose server is used, or in which there is anything that may not be moved aside.
func (p *place) check() error {
	entries, err := os.ReadDir(p.data)
	if err != nil {
		return err
	}
	if len(entries) > 0 && !p.aside {
		return fmt.Errorf("%w: %s", ErrNotEmpty, entries[0].Name())
	}
	f := folder(filepath.Join(p.data, serverFolder))
	if _, err := os.Stat(string(f)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range []string{"lock", "keeper", "users"} {
		lock, err := tryLock(f.file(name), exclusive)
		if err == nil && lock == nil {
			err = ErrInUse
		}
		if err != nil {
			p.unlock()
			return err
		}
		p.locks = append(p.locks, lock)
	}
	return nil
}

func (p *place) unlock() {
	for _, l := range p.locks {
		l.release()
	}
	p.locks = nil
}

// leave lets the folder go, without what did not come into its place.
func (p *place) leave() {
	if p.root != nil {
		_ = p.root.Close()
	}
	if p.stage != "" {
		_ = os.RemoveAll(p.stage)
	}
	p.unlock()
}

// unpack writes the entries into the stage. Names that lead out of it are refused by [os.Root].
func (p *place) unpack(in *opened, sums *digest) (Tail, error) {
	if err := p.root.MkdirAll(clusterFolder, 0o700); err != nil {
		return Tail{}, err
	}
	tail, err := readRest(in, sums, p.keep)
	if err != nil {
		return tail, err
	}
	if _, err := p.root.Stat(clusterFolder + "PG_VERSION"); err != nil {
		return tail, fmt.Errorf("%w: there is no cluster in it", ErrBroken)
	}
	return tail, nil
}

func (p *place) keep(h *tar.Header, content io.Reader) error {
	name := strings.TrimSuffix(h.Name, "/")
	inside := strings.HasPrefix(name, clusterFolder) || name == passwordName ||
		!strings.Contains(name, "/") && strings.HasSuffix(name, keyEnding)
	if !inside && name+"/" != clusterFolder || !filepath.IsLocal(name) {
		return fmt.Errorf("%w: %q does not belong into it", ErrBroken, h.Name)
	}
	if h.Typeflag == tar.TypeDir {
		return p.root.MkdirAll(name, 0o700)
	}
	f, err := p.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil && !strings.HasPrefix(name, clusterFolder) {
		err = f.Sync() // the cluster's files are synced by its server
	}
	return errors.Join(err, f.Close())
}

// settle moves what is there aside and what was restored into its place: the cluster goes first and comes last, so that a
// crash in between leaves a folder without one, and nothing lost.
func (p *place) settle(now time.Time) (aside string, err error) {
	entries, err := os.ReadDir(p.data)
	if err != nil {
		return "", err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return filepath.Join(p.data, e.Name()) == p.stage })
	if len(entries) > 0 {
		if !p.aside {
			return "", fmt.Errorf("%w: %s", ErrNotEmpty, entries[0].Name()) // somebody was here meanwhile
		}
		aside = filepath.Join(p.data, "before-restore-"+now.UTC().Format("20060102T150405.000000Z"))
		if err := os.Mkdir(aside, 0o700); err != nil {
			return "", err
		}
		slices.SortStableFunc(entries, clusterFirst)
		if err := moveAll(entries, p.data, aside); err != nil {
			return "", err
		}
	}
	fresh, err := os.ReadDir(p.stage)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(fresh, func(a, b os.DirEntry) int { return clusterFirst(b, a) })
	if err := moveAll(fresh, p.stage, p.data); err != nil {
		if aside != "" { // the old cluster comes back
			err = errors.Join(err, moveAll(entries, aside, p.data), os.Remove(aside))
		}
		return "", err
	}
	return aside, syncFolder(p.data)
}

func clusterFirst(a, b os.DirEntry) int {
	first := func(e os.DirEntry) int {
		if e.Name() == serverFolder {
			return 0
		}
		return 1
	}
	return first(a) - first(b)
}

// moveAll moves entries from one folder to another; after an error those that were moved are moved back.
func moveAll(entries []os.DirEntry, from, to string) error {
	for i, e := range entries {
		err := syscall.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		if err == nil {
			continue
		}
		for _, moved := range entries[:i] {
			err = errors.Join(err, syscall.Rename(filepath.Join(to, moved.Name()), filepath.Join(from, moved.Name())))
		}
		return err
	}
	return nil
}
