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
	url    string
	server *private.Server
}

// openDatabase finds the database, brings it up to date and connects.
func openDatabase(ctx context.Context, c Config, log *slog.Logger) (*database, error) {
	d := &database{url: c.Database.Reveal()}
	if d.url == "" {
		server, err := private.Start(ctx, private.Options{Dir: filepath.Join(c.Data, "postgresql"), Log: log})
		if err != nil {
			return nil, err
		}
		d.server, d.url = server, server.URL()
	}
	if err := store.Migrate(ctx, d.url); err != nil {
		d.close()
		return nil, fmt.Errorf("the database could not be brought up to date: %w", err)
	}
	s, err := store.Open(ctx, d.url, store.Options{Log: log, Compile: compileScheme})
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

// secret reads a key of this installation from the data folder, making it the first time.
func secret(c Config, name string) ([]byte, error) {
	path := filepath.Join(c.Data, name)
	if data, err := os.ReadFile(path); err == nil {
		return base64.StdEncoding.DecodeString(string(data))
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return secret(c, name) // another process was first
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key))
	return key, err
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
		fmt.Fprintf(t.err, "kaskad: %v\n", err)
	}
	return c, len(errs) == 0
}

func migrateDatabase(ctx context.Context, t terminal, args []string) int {
	c, ok := configure(t, args)
	if !ok {
		return exitBadCall
	}
	d, err := openDatabase(ctx, c, logger(c, t))
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	d.close()
	fmt.Fprintln(t.out, "the database is up to date")
	return exitOK
}
