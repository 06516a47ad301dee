//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
)

// variant builds the program with further arguments of `go build`.
func variant(t testing.TB, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kaskad")
	out, err := exec.Command("go", append(append([]string{"build"}, args...), "-o", path, ".")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// crew is campaigns of a segment each, more of them than the workers of all processes, and the processes that share them.
func crew(t testing.TB, programs ...string) (*world, []*process) {
	t.Helper()
	const people, each = 75, 4
	w := newWorld(t, "testdata/crash.json", slowed("faulty"), crashHurry)
	for i := range each * len(programs) {
		w.campaign(run.Campaign{Rate: 50 / len(programs)}, inMoscow(w.people(i*people, people)))
	}
	var list []*process
	for _, path := range programs {
		list = append(list, w.serveWith(path, w.url))
	}
	until(t, 30*time.Second, "all hold segments", func() bool {
		for _, p := range list {
			p.alive()
			if w.held(p) == 0 {
				return false
			}
		}
		return true
	})
	t.Log("segments held by each:", w.shares(list...))
	return w, list
}

func (w *world) shares(list ...*process) string {
	w.Helper()
	text := make([]string, len(list))
	for i, p := range list {
		text[i] = fmt.Sprint(w.held(p))
	}
	return strings.Join(text, ", ")
}

func standard(t testing.TB) string {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	return path
}

// A process whose clock is an hour and a half ahead, and one whose clock is three hours behind, send nothing earlier, later or
// twice: the database's clock decides.
func TestProcessesWithWrongClocks(t *testing.T) {
	t.Parallel()
	w, list := crew(t, standard(t), variant(t, "-ldflags", "-X main.clockOffset=90m"), variant(t, "-ldflags", "-X main.clockOffset=-3h"))
	w.finish(list...)
	w.check(list...)
	type late struct{ N int64 }
	require.Empty(t, storetest.Rows[late](w.db, `SELECT ordinal AS n FROM recipients WHERE ended_at > now() OR ended_at < entered_at
		OR entered_at < (SELECT min(start_at) FROM campaigns)`), "an instant is of a wrong clock")
	require.Empty(t, storetest.Rows[late](w.db, "SELECT ordinal AS n FROM messages WHERE launched_at > now() OR hand_by <= launched_at"))
}

// Of three processes one is killed and one is frozen at the same moment; the third has all of it in time.
func TestOneOfThreeIsKilledAndOneIsFrozen(t *testing.T) {
	t.Parallel()
	w, list := crew(t, standard(t), standard(t), standard(t))
	w.reach(w.middle()/2, list...)
	list[1].signal(syscall.SIGSTOP)
	list[0].kill()
	began := time.Now()
	until(t, takenWithin, "the third has all of it", func() bool {
		list[2].alive()
		return w.holdsAll(list[2])
	})
	t.Log("the third had all of it after", time.Since(began))
	require.False(t, w.finished(), "the campaigns were over before anything could be taken")
	until(t, time.Minute, "no intent of before may be handed over any more", func() bool { return time.Since(began) > run.HandWithin+time.Second })
	list[1].signal(syscall.SIGCONT)
	w.finish(list[1:]...)
	w.check(list[1:]...)
}

// Five processes are replaced one by one by a newer version, whose first process changes the tables under the older ones.
func TestARollingUpgradeOfFive(t *testing.T) {
	t.Parallel()
	old := standard(t)
	w, list := crew(t, old, old, old, old, old)
	newer := nextVersion(t)
	w.reach(w.middle()/4, list...)
	for i := range list {
		after := w.serveWith(newer, w.url)
		until(t, 30*time.Second, "the newer one is there, beside the five", func() bool {
			after.alive()
			return w.db.Count("SELECT count(*) FROM processes") == int64(len(list))+1
		})
		list[i].stop()
		list[i] = after
		if i == 0 {
			require.False(t, w.finished(), "the campaigns were over before the tables changed")
		}
	}
	require.EqualValues(t, 8, w.db.Count("SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'later'"))
	t.Log("segments held by each of the newer ones:", w.shares(list...))
	w.finish(list...)
	w.check(list...)
}

// nextVersion is the program with a migration more for each of the hot tables, which widens it.
func nextVersion(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for i, change := range []string{"TABLE campaigns ADD COLUMN", "TABLE segments ADD COLUMN", "TABLE recipients ADD COLUMN", "TABLE messages ADD COLUMN",
		"TABLE answers ADD COLUMN", "TABLE facts ADD COLUMN", "TABLE contacts ADD COLUMN", "TABLE processes ADD COLUMN"} {
		name := fmt.Sprintf("%d_next.sql", 90000+i)
		file := filepath.Join(dir, name)
		text := "-- +goose Up\nALTER " + change + " later text NOT NULL DEFAULT 'later';\n-- +goose Down\nSELECT 1;\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		place, err := filepath.Abs("../../migrations/" + name)
		require.NoError(t, err)
		replace[place] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	return variant(t, "-overlay", file)
}
