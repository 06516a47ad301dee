//go:build unix

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
	"kaskad/engine/store"
	"kaskad/engine/store/private"
	"kaskad/engine/store/storetest"
	demodriver "kaskad/nodes/demo/driver"
)

// privateServer starts the private server of a data folder, or joins it.
func privateServer(t testing.TB, data string, settings map[string]string) *private.Server {
	t.Helper()
	server, err := private.Start(t.Context(), private.Options{Dir: filepath.Join(data, "postgresql"), Settings: settings})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	return server
}

// kaskad runs the program with arguments, in a shell where a limit of the size of files (in its units) is wanted.
func kaskad(t testing.TB, limit int, args ...string) (code int, out, errs string) {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	cmd := exec.Command(path, args...)
	if limit > 0 {
		cmd = exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -f %d && exec "$0" "$@"`, limit), path}, args...)...)
	}
	var stdout, stderr strings.Builder
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "KASKAD_LANG=en"}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var ended *exec.ExitError
		require.ErrorAs(t, err, &ended)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// names are what is in a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.Name()
	}
	return list
}

// restored is the world as a backup gives it back in another folder.
func (w *world) restored(t *testing.T, backup string) *world {
	t.Helper()
	r := &world{TB: t, dir: t.TempDir(), program: w.program, profile: w.profile, seed: w.seed, hurry: w.hurry, random: w.random, keys: w.keys}
	code, out, errs := kaskad(t, 0, "restore", "--data", r.data(), backup)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "Campaigns that were paused, so that nothing is sent twice: 1")
	r.look(privateServer(t, r.data(), nil).URL())
	return r
}

// A backup is taken while a campaign runs, which goes on as if nothing were. Restored elsewhere it sends nothing by itself;
// resumed, it ends with everybody's walk once, and no message twice.
func TestBackupOfARunningCampaign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile string
		same    bool // provider: it knows what was sent after the backup
	}{{"faulty", false}, {"faulty_repeats", true}} {
		t.Run(c.profile, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			url := privateServer(t, data, nil).URL()
			require.NoError(t, store.Migrate(t.Context(), url))
			w := newWorldOn(t, url, "testdata/short.json", slowed(c.profile), crashHurry)
			_, err := secret(Config{Data: data}, "link.key")
			require.NoError(t, err)
			key := w.campaign(run.Campaign{Rate: 100}, inMoscow(w.people(0, 400)))
			p := w.serveWorkers()
			w.reach(w.middle(), p)
			// Slowly from here on, so that however long the copy takes, something is left to be sent after it.
			w.db.Exec("UPDATE campaigns SET rate = 1, revision = revision + 1")
			// As if the database came from a machine that sorts texts otherwise.
			w.db.Exec("UPDATE pg_database SET datcollversion = '0' WHERE datname = current_database() AND datcollversion IS NOT NULL")
			backups := t.TempDir()
			code, out, errs := kaskad(t, 0, "backup", "--data", data, backups)
			require.Equal(t, exitOK, code, errs)
			require.Contains(t, out, "it was read again and is whole")
			w.db.Exec("UPDATE campaigns SET rate = NULL, revision = revision + 1")
			w.finish(p)
			w.check(p)
			all := w.db.Count("SELECT count(*) FROM messages")

			r := w.restored(t, backups)
			require.Equal(t, "paused", r.info(key).State)
			require.Positive(t, r.info(key).Open)
			require.Positive(t, r.db.Count("SELECT count(*) FROM messages"))
			require.Less(t, r.db.Count("SELECT count(*) FROM messages"), all)
			require.Regexp(t, "Восстановлена из копии", r.db.Texts("SELECT note FROM campaigns")[0])
			require.Zero(t, r.db.Count(`SELECT count(*) FROM pg_database WHERE datname = current_database()
				AND datcollversion <> pg_database_collation_actual_version(oid)`), "indexes were rebuilt")
			r.newAuditOf().countsAgree()
			before := r.db.Count("SELECT count(*) FROM messages")
			if c.same {
				require.NoError(t, os.CopyFS(r.ledgers(), os.DirFS(w.ledgers())))
			}
			asked := r.requests()
			p = r.serveWorkers()
			r.worksFor(3*time.Second, p)
			require.Equal(t, asked, r.requests(), "nothing is sent by itself")
			require.Equal(t, before, r.db.Count("SELECT count(*) FROM messages"))

			r.db.Exec("UPDATE campaigns SET rate = NULL, revision = revision + 1")
			require.NoError(t, r.store.SetState(t.Context(), key, "running"))
			r.finish(p)
			p.stop()
			a := r.newAuditOf()
			a.everyoneEndedOnce()
			a.countsAgree()
			tallies, err := demodriver.ReadLedger(r.ledgers())
			require.NoError(t, err)
			require.NotEmpty(t, tallies)
			for key, tally := range tallies {
				require.LessOrEqual(t, tally.Sent, 1, "message %s", key)
			}
		})
	}
}

// newAuditOf reads all rows where there may be no ledger yet: they are left out of a backup.
func (w *world) newAuditOf() *audit {
	w.Helper()
	require.NoError(w, os.MkdirAll(w.ledgers(), 0o700))
	return w.newAudit()
}

// requests counts what the provider was asked for.
func (w *world) requests() (n int) {
	w.Helper()
	if _, err := os.Stat(w.ledgers()); os.IsNotExist(err) {
		return 0
	}
	for _, err := range demodriver.Requests(w.ledgers()) {
		require.NoError(w, err)
		n++
	}
	return n
}

// worksFor waits until a process has held segments, and has been alive for so long since.
func (w *world) worksFor(d time.Duration, p *process) {
	w.Helper()
	until(w, time.Minute, "it holds segments", func() bool { p.alive(); return w.held(p) > 0 })
	since := storetest.Rows[struct{ At time.Time }](w.db, "SELECT clock_timestamp()")[0].At
	until(w, time.Minute, "it beats", func() bool {
		p.alive()
		return w.db.Count("SELECT count(*) FROM processes WHERE seen_at > $1", since.Add(d)) > 0
	})
}

// What a backup and a restore refuse, and that they leave nothing half done: a full disk is a limit of the size of files here.
func TestBackupsThatCannotBe(t *testing.T) {
	t.Parallel()
	data, backups := t.TempDir(), t.TempDir()
	url := privateServer(t, data, nil).URL()
	require.NoError(t, store.Migrate(t.Context(), url))
	file := filepath.Join(backups, "a.tar.gz")
	refused := func(limit int, want string, args ...string) {
		t.Helper()
		code, _, errs := kaskad(t, limit, args...)
		require.Equal(t, exitBadCall, code, "%v", args)
		require.Contains(t, errs, want)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	refused(2000, "file too large", "backup", "--data", data, file)
	require.Empty(t, names(t, backups), "nothing half")
	refused(0, "nothing to back up", "backup", "--data", t.TempDir(), file)
	refused(0, "pg_basebackup", "backup", "--database", url, file)
	refused(0, "16 to 4096 bytes", "backup", "--data", data, "--key-file", put(t, "key", "short\n"), file)
	refused(0, "usage:", "backup", "--data", data)

	key := put(t, "key", "correct horse battery staple\n")
	code, out, errs := kaskad(t, 0, "backup", "--data", data, "--key-file", key, file)
	require.Equal(t, exitOK, code, errs)
	require.NotContains(t, out, "not encrypted")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	refused(0, "already", "backup", "--data", data, file)

	fresh := filepath.Join(t.TempDir(), "data")
	refused(0, "--key-file", "restore", "--data", fresh, file)
	refused(0, "another passphrase", "restore", "--data", fresh, "--key-file", put(t, "other", "incorrect horse battery"), file)
	refused(2000, "file too large", "restore", "--data", fresh, "--key-file", key, file)
	require.Empty(t, names(t, fresh), "nothing half")
	refused(0, "no kaskad-", "restore", "--data", fresh, backups)
	refused(0, "--pause-only", "restore", "--database", url, "--key-file", key, file)
	refused(0, "is not empty (postgresql)", "restore", "--data", data, "--key-file", key, file)
	refused(0, "in use", "restore", "--data", data, "--force", "--key-file", key, file)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(backups, "cut"), text[:len(text)/2], 0o600))
	refused(0, "broken", "restore", "--data", fresh, "--key-file", key, filepath.Join(backups, "cut"))
	require.Empty(t, names(t, fresh))

	code, out, errs = kaskad(t, 0, "restore", "--pause-only", "--database", url)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "No campaign was running")
	refused(0, "usage:", "restore", "--pause-only", "--database", url, file)

	code, out, errs = kaskad(t, 0, "restore", "--check", "--data", fresh, "--key-file", key, file)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "can be restored")
	require.Empty(t, names(t, fresh))
	require.NoError(t, os.WriteFile(filepath.Join(fresh, "mine"), nil, 0o600))
	code, out, errs = kaskad(t, 0, "restore", "--force", "--data", fresh, "--key-file", key, file)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "No campaign was running")
	require.Len(t, names(t, fresh), 2)
	require.Equal(t, []string{"mine"}, names(t, filepath.Join(fresh, names(t, fresh)[0])))
	require.Equal(t, "postgresql", names(t, fresh)[1])
}
