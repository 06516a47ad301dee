package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"kaskad/engine/store/private"
	"kaskad/engine/store/recovery"
)

// minPassphrase keeps out what is guessed, in bytes; maxPassphrase keeps out files that are something else.
const (
	minPassphrase = 16
	maxPassphrase = 4096
)

// backupTime is how the names of backups say when they were made: their order is that of time.
const backupTime = "20060102T150405Z"

var backupName = regexp.MustCompile(`^kaskad-\d{8}T\d{6}Z\.tar\.gz(\.age)?$`)

// backups is what the two commands are told besides the common settings.
type backups struct {
	passphrase string
	force      bool
	check      bool
	pauseOnly  bool
}

func (b *backups) keyFlag() setting {
	return setting{env: "KASKAD_BACKUP_KEY_FILE", flag: "key-file", example: "FILE", help: "flag.key-file",
		set: func(_ *Config, v string) (err error) {
			b.passphrase, err = readPassphrase(v)
			return err
		}}
}

// restoreFlags are the flags that only kaskad restore has.
func (b *backups) restoreFlags() []setting {
	on := func(into *bool) func(*Config, string) error {
		return func(_ *Config, v string) error { *into = v == "true"; return nil }
	}
	return []setting{
		{flag: "force", help: "flag.force", set: on(&b.force)},
		{flag: "check", help: "flag.check", set: on(&b.check)},
		{flag: "pause-only", help: "flag.pause-only", set: on(&b.pauseOnly)},
	}
}

// readPassphrase reads the file of a passphrase; the ends of lines around it do not count.
func readPassphrase(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	if err != nil {
		return "", err
	}
	passphrase := strings.Trim(string(text), "\r\n")
	if len(passphrase) < minPassphrase || len(text) > maxPassphrase {
		return "", fault("backup.passphrase", "least", minPassphrase, "most", maxPassphrase)
	}
	return passphrase, nil
}

// backupCommand is kaskad backup FILE|FOLDER.
func backupCommand(ctx context.Context, t terminal, args []string) int {
	b := &backups{}
	c, ok := configure(t, args, append((&launch{}).pick("lang"), b.keyFlag())...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) != 1 {
		return t.refuseUsage("backup")
	}
	defer surviveFileLimit()()
	path := c.Args[0]
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, b.name(time.Now()))
	}
	tail, err := b.backup(ctx, t, c, path)
	if err != nil {
		return t.refuse(backupFault(c, path, err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return t.refuse(err)
	}
	fmt.Fprintln(t.out, t.say("backup.done", "path", path, "size", megabytes(info.Size()), "bytes", megabytes(tail.Bytes)))
	if b.passphrase == "" {
		fmt.Fprintln(t.out, t.say("backup.readable"))
	}
	return exitOK
}

func (b *backups) name(now time.Time) string {
	name := "kaskad-" + now.UTC().Format(backupTime) + ".tar.gz"
	if b.passphrase != "" {
		name += ".age"
	}
	return name
}

func (b *backups) backup(ctx context.Context, t terminal, c Config, path string) (tail private.Tail, err error) {
	if c.Database != "" {
		return tail, fault("backup.database")
	}
	dir := filepath.Join(c.Data, "postgresql")
	if _, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
		return tail, fault("backup.nothing", "path", c.Data)
	}
	server, err := private.Start(ctx, private.Options{Dir: dir, Log: quiet(c, t)})
	if err != nil {
		return tail, err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	schema, err := recovery.Schema(ctx, server.URL())
	if err != nil {
		return tail, err
	}
	bar := newByteBar(t, "backup.progress")
	defer bar.end()
	return private.Backup(ctx, private.BackupOptions{Data: c.Data, Server: server, File: path, Passphrase: b.passphrase,
		Program: version(), Schema: schema, Clock: time.Now, Progress: bar.show})
}

// surviveFileLimit makes a limit of the size of files (ulimit -f) an error of writing, as a full disk is. The result undoes it.
func surviveFileLimit() func() {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGXFSZ)
	return func() { signal.Stop(caught) }
}

// backupFault gives what can be wrong with a backup its words.
func backupFault(c Config, path string, err error) error {
	for _, known := range []struct {
		err  error
		key  string
		path string
	}{
		{private.ErrExists, "backup.exists", path}, {private.ErrNoBackup, "backup.none", path},
		{private.ErrBroken, "backup.broken", path}, {private.ErrNewer, "backup.newer", path},
		{private.ErrPlatform, "backup.platform", path}, {private.ErrEncrypted, "backup.encrypted", path},
		{private.ErrWrongKey, "backup.wrong_key", path}, {private.ErrNoMajor, "backup.no_major", path},
		{private.ErrInUse, "restore.in_use", c.Data}, {private.ErrNotEmpty, "restore.not_empty", c.Data},
		{recovery.ErrInUse, "restore.connected", c.Data},
	} {
		if errors.Is(err, known.err) {
			return fault(known.key, "path", known.path, "text", strings.TrimPrefix(err.Error(), known.err.Error()+": "))
		}
	}
	return err
}

// byteBar shows how far something is, on a terminal in one line that is written over, elsewhere not at all.
type byteBar struct {
	t     terminal
	key   string
	quiet bool
	drawn time.Time
}

const drawEvery = 200 * time.Millisecond

func newByteBar(t terminal, key string) *byteBar {
	return &byteBar{t: t, key: key, quiet: !terminalFile(t.err)}
}

func (b *byteBar) show(done, total int64) {
	if b.quiet || total <= 0 || time.Since(b.drawn) < drawEvery {
		return
	}
	b.drawn = time.Now()
	fmt.Fprintf(b.t.err, "\r\x1b[K%s", b.t.say(b.key, "percent", min(100*done/total, 100), "done", megabytes(done), "total", megabytes(total)))
}

func (b *byteBar) end() {
	if !b.drawn.IsZero() {
		fmt.Fprint(b.t.err, "\r\x1b[K")
	}
}

// megabytes rounds bytes for people; texts have the unit.
func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
