package bench

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sizes are how much a run does. BENCH_FULL takes the large ones.
type sizes struct {
	recipients, rounds       int
	riverPlain, riverBatched int
	reported                 int // messages of the campaign that callbacks are of
	single, batched, far     int // messages of which is reported
	waiting                  int
	entries                  int
}

func (m *machine) sizes() sizes {
	if os.Getenv("BENCH_FULL") != "" {
		return sizes{recipients: 200_000, rounds: 5, riverPlain: 10_000, riverBatched: 50_000, reported: 4_000_000, single: 100_000,
			batched: 1_000_000, far: 400_000, waiting: 1_000_000, entries: 12_000}
	}
	return sizes{recipients: 50_000, rounds: 3, riverPlain: 3_000, riverBatched: 15_000, reported: 700_000, single: 40_000, batched: 240_000, far: 100_000,
		waiting: 250_000, entries: 2_000}
}

// BenchmarkBars measures all bars and prints the table. A missed bar is told and fails nothing: a noisy machine misses
// what a quiet one keeps.
func BenchmarkBars(b *testing.B) {
	m := newMachine(b)
	s := m.sizes()
	t := &table{setting: m.setting()}
	began := time.Now()
	m.cascadeBars(t, s)
	m.stepBars(t)
	m.inboxBars(t, s)
	m.waitingBars(t, s)
	m.entriesBars(t, s)
	t.say("the whole run took", time.Since(began).Seconds(), "s", "")
	t.print(os.Stdout)
}

func (m *machine) cascadeBars(t *table, s sizes) {
	var engines, bares, twices []outcome
	for range s.rounds { // in turns, so that a noisy minute hits all
		bares = append(bares, m.bareRun(s.recipients))
		engines = append(engines, m.engineRun(s.recipients))
		twices = append(twices, m.engineRun(2*s.recipients))
	}
	plain, batched := m.riverRun(s.riverPlain, true), m.riverRun(s.riverBatched, false)
	rate := func(o *outcome) float64 { return o.rate() }
	seconds := func(o *outcome) float64 { return o.seconds }
	disk := func(o *outcome) float64 { return o.disk }
	wal := func(o *outcome) float64 { return o.logPerMessage() }
	engine, bare := median(engines, rate), median(bares, rate)
	t.say("messages decided a second", engine, "/s", "median of "+figure(float64(s.rounds))+" runs")
	t.say("  bare statements, the same rows", bare, "/s", "")
	t.say("  River, jobs completed one by one", plain.rate(), "/s", "")
	t.say("  River, in batches", batched.rate(), "/s", "")
	t.atLeast("1 of the bare statements", engine/bare, 0.5, "", "")
	t.atLeast("1 of River, one by one", engine/plain.rate(), 10, "times", "")
	t.atLeast("1 of River, in batches", engine/batched.rate(), 2, "times", "")
	t.say("  log, a message decided", median(engines, wal), "bytes", "bare "+figure(median(bares, wal))+", River "+
		figure(plain.logPerMessage())+" and "+figure(batched.logPerMessage()))
	t.atMost("2 log, of the bare statements'", median(engines, wal)/median(bares, wal), 1.5, "", "")
	t.atMost("5 twice the recipients: time", median(twices, seconds)/median(engines, seconds), 2, "times", "")
	t.atMost("5 twice the recipients: disk", median(twices, disk)/median(engines, disk), 2.02, "times",
		"a file grows by whole pages")
	t.atLeast("6 share of HOT updates of recipients", median(engines, func(o *outcome) float64 { return o.hot }), 0.95, "",
		"bare "+figure(median(bares, func(o *outcome) float64 { return o.hot })))
	for _, c := range changing {
		if c.name != "recipients" { // some updates: a due time is indexed
			t.say("  of "+c.name, median(engines, func(o *outcome) float64 { return o.tables[c.name].hot }), "", "")
		}
		t.atMost("6 fill factor of "+c.name, median(engines, func(o *outcome) float64 { return o.tables[c.name].fill }), c.fill, "%", "")
	}
	t.say("  updates a message", median(engines, func(o *outcome) float64 { return o.updates / o.messages }), "", "bare "+
		figure(median(bares, func(o *outcome) float64 { return o.updates / o.messages })))
}

// median is of an odd number as a rule.
func median[T any](list []T, f func(*T) float64) float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = f(&list[i])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (m *machine) stepBars(t *table) {
	ns, allocations := m.stepRun()
	t.atMost("3 interpreting alone", ns/1000, 1, "µs/step", "")
	t.atMost("3 allocations", allocations, 1, "/step", "")
}

func (m *machine) waitingBars(t *table, s sizes) {
	one, two := m.waitingRun(s.waiting), m.waitingRun(2*s.waiting)
	t.atMost("5 memory of a waiting recipient", (two.memory-one.memory)/float64(two.n-one.n), 200, "bytes", "")
	require.Greater(m, two.memory, one.memory)
	t.atMost("5 at work again, a million open recipients", two.againAfter/float64(two.n)*1e6, 2, "s",
		figure(two.againAfter)+" s for "+figure(float64(two.n)))
}
