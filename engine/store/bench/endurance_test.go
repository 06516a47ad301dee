package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
)

// The long run: a million people go through four channel blocks in one campaign after another, ten million messages stay in
// the tables, checkpoints and vacuum go on, and the rate must not fall.
const (
	longBlocks  = 4
	kept        = 10_000_000       // messages in the tables; what is older is deleted, as an archive would
	interval    = 10 * time.Second // of a point of the drawing
	barsWide    = 50               // columns of the drawing
	profiled    = 30 * time.Second
	longestLine = 12 // costs of the profile
)

// point is what happened in an interval.
type point struct {
	at                            time.Duration // from the beginning to the interval's end
	rate                          float64       // messages decided a second
	checkpoints, vacuums, deleted int64         // in the interval: the deleted are messages
}

// endurance is the long run.
type endurance struct {
	*world
	stats    *pgx.Conn // of the drawing alone
	points   []point
	finished []run.CampaignKey
}

// BenchmarkEndurance draws the rate over time. BENCH_MINUTES and BENCH_RECIPIENTS make it shorter or smaller.
func BenchmarkEndurance(b *testing.B) {
	m := newMachine(b)
	minutes, recipients := number(b, "BENCH_MINUTES", 30), number(b, "BENCH_RECIPIENTS", 1_000_000)
	e := &endurance{world: m.newShop("bench_endurance", recipients, longBlocks)}
	defer e.remove()
	e.stats = m.connect(e.url)
	m.exec(e.db, "ANALYZE")
	profile := filepath.Join(b.TempDir(), "cpu")
	e.run(time.Duration(minutes)*time.Minute, profile)
	t := &table{setting: m.setting()}
	e.sum(t)
	e.draw(os.Stdout)
	t.print(os.Stdout)
	fmt.Println(costs(b, profile))
}

func number(tb testing.TB, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(tb, err, name)
	require.Positive(tb, n, name)
	return n
}

// run has one campaign follow another until the time is over, the next one made while one runs.
func (e *endurance) run(long time.Duration, profile string) {
	x := e.start(run.Times{})
	defer x.stop()
	next := e.prepare(1)
	began := time.Now()
	drawn := make(chan struct{})
	over := make(chan struct{})
	go func() { defer close(drawn); e.watch(x, began, over) }()
	stopProfile := e.profile(profile, long/2)
	for id := int64(2); time.Since(began) < long; id++ {
		key := <-next
		require.NoError(e, e.store.SetState(e.Context(), key, "scheduled"))
		next = e.prepare(id)
		e.archive()
		e.wait(key, began.Add(long))
		e.finished = append(e.finished, key)
	}
	close(over)
	<-drawn
	stopProfile()
	<-next
}

func (e *endurance) prepare(id int64) <-chan run.CampaignKey {
	done := make(chan run.CampaignKey, 1)
	key := run.CampaignKey{Account: account, Campaign: id}
	go func() {
		e.enrol(key, time.Now().Add(-time.Minute))
		done <- key
	}()
	return done
}

// wait is until the campaign is finished, or the time over.
func (e *endurance) wait(key run.CampaignKey, end time.Time) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		var state string
		require.NoError(e, e.db.QueryRow(e.Context(), "SELECT state FROM campaigns WHERE account = $1 AND campaign = $2",
			key.Account, key.Campaign).Scan(&state))
		if state == "finished" || time.Now().After(end) {
			return
		}
	}
}

// archive deletes the oldest finished campaigns beyond what is kept, a part of a table at a time.
func (e *endurance) archive() {
	for len(e.finished)*len(e.people)*longBlocks > kept {
		key := e.finished[0]
		for at := 0; at < len(e.people); at += run.SegmentSize {
			for _, sql := range []string{"DELETE FROM facts", "DELETE FROM steps", "DELETE FROM messages", "DELETE FROM recipients"} {
				e.exec(e.db, sql+" WHERE account = $1 AND campaign = $2 AND ordinal >= $3 AND ordinal < $4", key.Account, key.Campaign, at, at+run.SegmentSize)
			}
			e.exec(e.db, "DELETE FROM answers WHERE account = $1 AND campaign = $2 AND segment = $3", key.Account, key.Campaign, at/run.SegmentSize)
		}
		e.exec(e.db, "DELETE FROM segments WHERE account = $1 AND campaign = $2", key.Account, key.Campaign)
		e.finished = e.finished[1:]
	}
}

// watch writes a point every interval.
func (e *endurance) watch(x *works, began time.Time, over <-chan struct{}) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var checkpoint string
	checkpoints := int64(-1) // the first look only learns where the last one was
	read := func() (_, vacuums, deleted int64) {
		var at string
		require.NoError(e, e.stats.QueryRow(e.Context(), `SELECT (SELECT checkpoint_lsn::text FROM pg_control_checkpoint()),
			(SELECT coalesce(sum(autovacuum_count), 0) FROM pg_stat_user_tables WHERE schemaname = current_schema()),
			(SELECT n_tup_del FROM pg_stat_user_tables WHERE relid = 'messages'::regclass)`).Scan(&at, &vacuums, &deleted))
		if at != checkpoint {
			checkpoint = at
			checkpoints++
		}
		return checkpoints, vacuums, deleted
	}
	c0, v0, d0 := read()
	messages, last := x.runtime.Figures().Messages, time.Now()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		c, v, d := read()
		now, n := time.Now(), x.runtime.Figures().Messages
		e.points = append(e.points, point{at: now.Sub(began), rate: float64(n-messages) / now.Sub(last).Seconds(),
			checkpoints: c - c0, vacuums: v - v0, deleted: d - d0})
		messages, last, c0, v0, d0 = n, now, c, v, d
	}
}

// profile takes a profile of the processor in the middle of the run.
func (e *endurance) profile(path string, after time.Duration) (stop func()) {
	f, err := os.Create(path)
	require.NoError(e, err)
	done, end := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-time.After(after):
		case <-end:
			return
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			e.Log("no profile:", err)
			return
		}
		defer pprof.StopCPUProfile()
		select {
		case <-time.After(profiled):
		case <-end:
		}
	}()
	return func() {
		close(end)
		<-done
		require.NoError(e, f.Close())
	}
}

// costs are the largest of the profile, as `go tool pprof` tells them.
func costs(tb testing.TB, profile string) string {
	var out bytes.Buffer
	command := exec.CommandContext(tb.Context(), "go", "tool", "pprof", "-top", "-cum", "-nodecount", "60", profile)
	command.Stdout = &out
	if err := command.Run(); err != nil {
		return "no profile: " + err.Error()
	}
	lines := []string{"What costs most in Kaskad, each with what it calls (share of its own processor time):"}
	last := ""
	for line := range strings.Lines(out.String()) {
		f := strings.Fields(line) // flat, flat%, sum%, cum, cum%, name
		// A caller that does nothing but call has the same cost as what it calls, and is left out.
		if len(f) < 6 || !strings.HasPrefix(f[5], "kaskad/") || f[4] == last || len(lines) > longestLine {
			continue
		}
		last = f[4]
		lines = append(lines, fmt.Sprintf("  %6s  %s", f[4], strings.Join(f[5:], " ")))
	}
	return strings.Join(lines, "\n")
}

// sum compares the beginning with the end, a fifth of the time each, so that both have launches, checkpoints and vacuums.
func (e *endurance) sum(t *table) {
	require.GreaterOrEqual(e, len(e.points), 5, "the run was too short")
	fifth := len(e.points) / 5
	first, last, all := mean(e.points[:fifth]), mean(e.points[len(e.points)-fifth:]), mean(e.points)
	var checkpoints, vacuums int64
	for _, p := range e.points {
		checkpoints, vacuums = checkpoints+p.checkpoints, vacuums+p.vacuums
	}
	t.say("messages decided a second, the whole time", all, "/s", "")
	t.say("  the first fifth of it", first, "/s", "")
	t.say("  the last fifth", last, "/s", "")
	t.atLeast("the last fifth, of the first", last/first, 0.9, "", "")
	t.say("messages in the tables at the end", e.number(e.db, "SELECT count(*) FROM messages"), "", "")
	t.say("checkpoints", float64(checkpoints), "", "")
	t.say("vacuums by the server itself", float64(vacuums), "", "")
	hot, _ := e.hot(e.db, "recipients")
	t.say("share of HOT updates of recipients", hot, "", "")
	t.say("tables and indexes at the end", e.disk(e.db)/1e9, "GB", "")
}

func mean(points []point) (rate float64) {
	for _, p := range points {
		rate += p.rate / float64(len(points))
	}
	return rate
}

// draw shows a minute a line.
func (e *endurance) draw(w io.Writer) {
	highest := 0.0
	minutes := map[int][]point{}
	for _, p := range e.points {
		minute := int((p.at - interval/2) / time.Minute)
		minutes[minute] = append(minutes[minute], p)
	}
	for _, list := range minutes {
		highest = max(highest, mean(list))
	}
	fmt.Fprintf(w, "\nmin  messages/s%s\n", strings.Repeat(" ", barsWide-3)+"during it")
	for minute := range len(minutes) {
		list := minutes[minute]
		var notes []string
		var sum point
		for _, p := range list {
			sum.checkpoints, sum.vacuums, sum.deleted = sum.checkpoints+p.checkpoints, sum.vacuums+p.vacuums, sum.deleted+p.deleted
		}
		for _, n := range []struct {
			what string
			n    int64
		}{{"checkpoints", sum.checkpoints}, {"vacuums", sum.vacuums}, {"deleted", sum.deleted}} {
			if n.n > 0 {
				notes = append(notes, fmt.Sprint(n.what, " ", n.n))
			}
		}
		rate := mean(list)
		bar := strings.Repeat("█", int(rate/max(highest, 1)*barsWide))
		fmt.Fprintf(w, "%3d  %7s %-*s  %s\n", minute, figure(rate), barsWide, bar, strings.Join(notes, ", "))
	}
}
