//go:build unix

package private

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names inside a data folder and inside a backup.
const (
	serverFolder  = "postgresql"
	clusterFolder = "postgresql/data/"
	passwordName  = "postgresql/password"
	keyEnding     = ".key"
)

// ErrExists says that there is a file already where the backup was to be.
var ErrExists = errors.New("there is a file of that name already")

// BackupOptions say what is backed up and where to. All but Passphrase and Progress are required.
type BackupOptions struct {
	// Data is the folder whose keys and private server are backed up; Server is that server, in use.
	Data   string
	Server *Server
	// File is the backup to be made. It must not be there yet.
	File string
	// Passphrase encrypts it with age; empty: it is as readable as its file.
	Passphrase string
	// Program is this program's version, Schema the number of the database's last migration.
	Program string
	Schema  int64
	// Clock tells when the backup began and ended.
	Clock func() time.Time
	// Progress hears how many bytes of the cluster are done, of about how many. It is called often.
	Progress func(done, total int64)
}

// Backup copies a private server, which goes on with its work, and the keys of its data folder into a file, readable by its
// owner only. The file comes into its place whole, after it was read again and held against what was written: whatever goes
// wrong before, nothing is there. The demo channel's ledgers are left out: they are the provider's, not ours.
func Backup(ctx context.Context, o BackupOptions) (tail Tail, err error) {
	o.File, err = filepath.Abs(o.File)
	if err != nil {
		return tail, err
	}
	if _, err := os.Lstat(o.File); err == nil {
		return tail, ErrExists
	}
	out, err := os.CreateTemp(filepath.Dir(o.File), filepath.Base(o.File)+".*.part") // mode 0600
	if err != nil {
		return tail, err
	}
	defer os.Remove(out.Name()) // it is gone when all went well
	tail, err = o.write(ctx, out)
	if err = errors.Join(err, syncAndClose(out)); err != nil {
		return tail, err
	}
	if err := o.reread(ctx, out.Name(), tail); err != nil {
		return tail, err
	}
	if _, err := os.Lstat(o.File); err == nil {
		return tail, ErrExists
	}
	if err := os.Rename(out.Name(), o.File); err != nil {
		return tail, err
	}
	return tail, syncFolder(filepath.Dir(o.File))
}

// write writes all entries.
func (o *BackupOptions) write(ctx context.Context, out io.Writer) (tail Tail, err error) {
	f := o.Server.folder
	major, err := f.clusterMajor()
	if err != nil {
		return tail, err
	}
	head := Head{Format: backupFormat, Program: o.Program, Schema: o.Schema, PostgreSQL: major, Platform: platform(),
		Began: o.Clock().UTC()}
	a, err := newArchive(out, o.Passphrase)
	if err != nil {
		return tail, err
	}
	if err := a.json(headName, head, head.Began); err != nil {
		return tail, err
	}
	if err := o.keys(a); err != nil {
		return tail, err
	}
	if err := a.file(passwordName, f.file("password")); err != nil {
		return tail, err
	}
	c, err := o.copy(ctx, a)
	if err != nil {
		return tail, err
	}
	tail = Tail{Ended: o.Clock().UTC(), From: c.from, To: c.to}
	if err := a.small(clusterFolder+"backup_manifest", c.manifest.Bytes(), tail.Ended); err != nil {
		return tail, err
	}
	return a.close(tail)
}

// keys writes the keys of the data folder.
func (o *BackupOptions) keys(a *archive) error {
	entries, err := os.ReadDir(o.Data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), keyEnding) {
			if err := a.file(e.Name(), filepath.Join(o.Data, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// file writes a small file of the data folder.
func (a *archive) file(name, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return a.small(name, text, info.ModTime())
}

// copy writes the cluster. What the server sends is taken apart while it comes.
func (o *BackupOptions) copy(ctx context.Context, a *archive) (*cluster, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	sent, send := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := a.cluster(sent)
		if err == nil {
			_, err = io.Copy(io.Discard, sent) // what follows the last entry
		}
		_ = sent.CloseWithError(err) // never fails
		if err != nil {
			stop() // the server need not go on
		}
		written <- err
	}()
	c, err := copyCluster(ctx, o.Server.url, send, o.Progress)
	_ = send.CloseWithError(err)
	if failed := <-written; failed != nil && !errors.Is(failed, err) {
		return nil, failed
	}
	return c, err
}

// reread reads the file as a restore does.
func (o *BackupOptions) reread(ctx context.Context, path string, wrote Tail) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	sums := newDigest()
	opened, err := openArchive(cancellable(ctx, in), o.Passphrase)
	if err != nil {
		return err
	}
	if _, err := readHead(opened, sums, o.Schema); err != nil {
		return err
	}
	tail, err := readRest(opened, sums, func(_ *tar.Header, content io.Reader) error {
		_, err := io.Copy(io.Discard, content)
		return err
	})
	if err == nil && tail != wrote {
		err = ErrBroken
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("reading what was written: %w", err)
	}
	return nil
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context
	in  io.Reader
}

func cancellable(ctx context.Context, in io.Reader) io.Reader { return untilDone{ctx, in} }

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.in.Read(p)
}

func syncAndClose(f *os.File) error { return errors.Join(f.Sync(), f.Close()) }

// syncFolder makes what was renamed in a folder last.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return syncAndClose(dir)
}
