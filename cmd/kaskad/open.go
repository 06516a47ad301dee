package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kaskad/engine/store"
	"kaskad/engine/store/private"
)

// database is a database in use: the user's, or a private server that this process started or joined.
type database struct {
	*store.Store
	url     string
	process string // by which this process beats
	server  *private.Server
}

// openDatabase finds the database, brings it up to date and connects.
func openDatabase(ctx context.Context, c Config, log *slog.Logger) (*database, error) {
	d := &database{url: c.Database.Reveal(), process: processName()}
	if d.url == "" {
		server, err := private.Start(ctx, private.Options{Dir: filepath.Join(c.Data, "postgresql"), Log: log})
		if err != nil {
			return nil, err
		}
		d.server, d.url = server, server.URL()
	}
	if err := store.Migrate(ctx, d.url); err != nil {
		d.close()
		if errors.Is(err, store.ErrPooled) {
			return nil, fault("database.pooler")
		}
		return nil, fault("database.migrate", "cause", err)
	}
	s, err := store.Open(ctx, d.url, store.Options{Process: d.process, Log: log, Compile: compileScheme, NewID: new(ids).next})
	if err != nil {
		d.close()
		return nil, err
	}
	d.Store = s
	return d, nil
}

func (d *database) close() {
	if d.Store != nil {
		d.Store.Close()
	}
	if d.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = d.server.Stop(ctx)
	}
}

// secret reads a key of this installation from the data folder, making it the first time. The file comes into being
// whole: another process, or a crash in the middle, must not make an empty key of it.
func secret(c Config, name string) ([]byte, error) {
	path := filepath.Join(c.Data, name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := makeSecret(path); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(key) != secretBytes {
		return nil, fault("file.no_key", "path", path)
	}
	return key, nil
}

const secretBytes = 32

// makeSecret leaves the file alone where another process was first.
func makeSecret(path string) error {
	key := make([]byte, secretBytes)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), path); errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

func logger(c Config, t terminal) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.err, options))
	}
	return slog.New(slog.NewTextHandler(t.err, options))
}

// configure reads flags and environment; every mistake is named, one line each.
func configure(t terminal, args []string, more ...setting) (Config, bool) {
	c, errs := parseConfig(args, t.env, more...)
	for _, err := range errs {
		t.refuse(err)
	}
	return c, len(errs) == 0
}

func migrateDatabase(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	c, ok := configure(t, args, l.pick("lang")...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) > 0 {
		return t.refuseUsage("migrate")
	}
	d, err := openDatabase(ctx, c, logger(c, t))
	if err != nil {
		return t.refuse(err)
	}
	d.close()
	fmt.Fprintln(t.out, t.say("migrate.done"))
	return exitOK
}
