//go:build unix

package private

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
)

// locales are initdb's ways to lower-case and sort Cyrillic, best first. Not every build has every one.
func locales() [][]string {
	return [][]string{
		{"--locale-provider=icu", "--icu-locale=und", "--locale=C.UTF-8"},
		{"--locale-provider=icu", "--icu-locale=und", "--locale=C"},
		{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"},
		{"--locale=C.UTF-8"},
	}
}

// initialise makes the cluster when there is none. It is made beside its place and moved there, so that a cluster in its
// place is a whole one.
func (f folder) initialise(ctx context.Context, bin binaries, who identity, log *slog.Logger) error {
	if major, err := f.clusterMajor(); err != nil || major != 0 {
		return err
	}
	log.Info("making a new PostgreSQL cluster", "folder", f.data())
	password, err := f.password()
	if err != nil {
		return err
	}
	for _, locale := range locales() {
		if err = f.runInitdb(ctx, bin, who, password, locale); err == nil || ctx.Err() != nil {
			break
		}
		log.Debug("initdb refused a locale", "locale", locale, "error", err)
	}
	if err != nil {
		return err
	}
	return os.Rename(f.file("data.new"), f.data())
}

func (f folder) runInitdb(ctx context.Context, bin binaries, who identity, password string, locale []string) error {
	fresh := f.file("data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	// An ordinary user may read it where it is a file of his own.
	secret := f.file("password.initdb")
	defer os.Remove(secret)
	if err := writeFile(secret, password+"\n"); err != nil {
		return err
	}
	if err := who.own(f); err != nil {
		return err
	}
	if who.UID != 0 {
		if err := os.Chown(secret, int(who.UID), int(who.GID)); err != nil {
			return err
		}
	}
	args := append([]string{
		"-D", fresh, "-U", userName, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "--lc-messages=C",
	}, locale...)
	cmd := exec.CommandContext(ctx, filepath.Join(bin.dir, "initdb"), args...)
	cmd.Dir = string(f)
	cmd.Env = childEnvironment()
	cmd.SysProcAttr = who.attributes()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(string(out), 5))
	}
	return nil
}

// password returns the folder's password and makes it when there is none. One that exists is kept even without a
// cluster: another process may have been stopped just before it made that.
func (f folder) password() (string, error) {
	path := f.file("password")
	text, err := os.ReadFile(path)
	if err == nil && len(text) > 0 {
		return string(text), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	password := hex.EncodeToString(secret)
	return password, writeFile(path, password)
}
