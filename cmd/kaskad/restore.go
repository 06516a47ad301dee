package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kaskad/engine/store"
	"kaskad/engine/store/private"
	"kaskad/engine/store/recovery"
	catalogue "kaskad/engine/words"
)

// restoreCommand is kaskad restore FILE|FOLDER, and kaskad restore --pause-only of a database that was restored otherwise.
func restoreCommand(ctx context.Context, t terminal, args []string) int {
	b := &backups{}
	c, ok := configure(t, args, append(append((&launch{}).pick("lang"), b.keyFlag()), b.restoreFlags()...)...)
	if !ok {
		return exitBadCall
	}
	if want := 1; b.pauseOnly && (len(c.Args) != 0 || b.force || b.check) || !b.pauseOnly && len(c.Args) != want {
		return t.refuseUsage("restore")
	}
	defer surviveFileLimit()()
	if b.pauseOnly {
		report, err := pauseOnly(ctx, t, c)
		if err != nil {
			return t.refuse(backupFault(c, "", err))
		}
		t.showPaused(report)
		return exitOK
	}
	if c.Database != "" {
		return t.refuse(fault("restore.database"))
	}
	path, err := backupIn(c.Args[0])
	if err != nil {
		return t.refuse(err)
	}
	if err := b.restore(ctx, t, c, path); err != nil {
		return t.refuse(backupFault(c, path, err))
	}
	return exitOK
}

// backupIn is a file, or the newest backup in a folder.
func backupIn(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, err
	}
	entries, err := os.ReadDir(path) // in order of the names
	if err != nil {
		return "", err
	}
	newest := ""
	for _, e := range entries {
		if e.Type().IsRegular() && backupName.MatchString(e.Name()) {
			newest = e.Name()
		}
	}
	if newest == "" {
		return "", fault("restore.no_backup", "path", path)
	}
	return filepath.Join(path, newest), nil
}

func (b *backups) restore(ctx context.Context, t terminal, c Config, path string) error {
	known, err := recovery.Known()
	if err != nil {
		return err
	}
	var report recovery.Report
	bar := newByteBar(t, "restore.progress")
	defer bar.end()
	done, err := private.Restore(ctx, private.RestoreOptions{
		File: path, Passphrase: b.passphrase, Data: c.Data, Schema: known, Aside: b.force, TryOnly: b.check,
		Server: private.Options{Log: quiet(c, t)}, Clock: time.Now, Progress: bar.show,
		Ready: func(ctx context.Context, url string, _ private.Head, tail private.Tail) (err error) {
			report, err = makeSafe(ctx, url, tail.Ended)
			return err
		},
	})
	if err != nil {
		return err
	}
	bar.end()
	taken := done.Ended.Format(time.RFC3339)
	if b.check {
		fmt.Fprintln(t.out, t.say("restore.good", "path", path, "taken", taken, "program", done.Program))
		return nil
	}
	fmt.Fprintln(t.out, t.say("restore.done", "path", c.Data, "backup", path, "taken", taken))
	if done.Aside != "" {
		fmt.Fprintln(t.out, t.say("restore.aside", "path", done.Aside))
	}
	t.showPaused(report)
	return nil
}

// makeSafe brings a restored database up to date and pauses what would send.
func makeSafe(ctx context.Context, url string, taken time.Time) (report recovery.Report, err error) {
	if err := store.Migrate(ctx, url); err != nil {
		return report, fault("database.migrate", "cause", err)
	}
	if _, err := recovery.Refresh(ctx, url); err != nil {
		return report, err
	}
	note := callText("restore.note_then")
	if !taken.IsZero() {
		note = callText("restore.note", "taken", taken.UTC().Format(time.RFC3339))
	}
	return recovery.Pause(ctx, url, recovery.Options{Taken: taken, Note: map[string]string{
		"ru": note.In(catalogue.Russian), "en": note.In(catalogue.English)}})
}

// pauseOnly makes a database safe that somebody restored by other means.
func pauseOnly(ctx context.Context, t terminal, c Config) (report recovery.Report, err error) {
	url := c.Database.Reveal()
	if url == "" {
		server, err := private.Start(ctx, private.Options{Dir: filepath.Join(c.Data, "postgresql"), Log: quiet(c, t)})
		if err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
		url = server.URL()
	}
	return makeSafe(ctx, url, time.Time{})
}

// shownPaused bounds the list of campaigns.
const shownPaused = 50

// showPaused says what was paused and what a person has to do.
func (t terminal) showPaused(r recovery.Report) {
	if len(r.Campaigns) == 0 {
		fmt.Fprintln(t.out, t.say("restore.nothing_paused"))
	} else {
		fmt.Fprintln(t.out, t.say("restore.paused", "count", len(r.Campaigns)))
	}
	for i, c := range r.Campaigns {
		if i == shownPaused {
			fmt.Fprintln(t.out, "  ...")
			break
		}
		fmt.Fprintf(t.out, "  %d  %s  (%s)\n", c.ID, clip(c.Name, 60), t.say("restore.open", "state", c.State, "open", c.Open))
	}
	if r.Launches > 0 {
		fmt.Fprintln(t.out, t.say("restore.launches", "count", r.Launches))
	}
	fmt.Fprintln(t.out, "\n"+t.say("restore.check"))
}
