package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

func (w *world) limit(s *store.Store, a run.LimitAsk) run.LimitGrant {
	w.Helper()
	if a.Account == 0 {
		a.Account = account
	}
	if a.Connection == "" {
		a.Connection = "demo"
	}
	g, err := s.Limit(w.Context(), a)
	require.NoError(w, err)
	return g
}

// later moves what was granted into the past: the database's clock goes on by it.
func (w *world) later(by string) {
	w.Helper()
	for _, column := range []string{"spent_at", "since", "until"} {
		w.exec(w.db, fmt.Sprintf(`UPDATE connection_limits SET %s = ARRAY(SELECT t - $1::interval FROM unnest(%s) WITH ORDINALITY AS x(t, i) ORDER BY i)`,
			column, column), by)
	}
}

func TestMessagesOfASecondAreSharedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := run.LimitAsk{Process: "a", PerSecond: 100, Messages: 70, Concurrent: 4, Calls: 1}
	got := w.limit(w.store, ask)
	require.Equal(t, []int{70, 1, 1}, []int{got.Messages, got.Calls, got.Processes})
	ask.Process = "b"
	got = w.limit(w.store, ask)
	require.Equal(t, []int{30, 1, 2}, []int{got.Messages, got.Calls, got.Processes})
	got = w.limit(w.store, ask)
	require.Zero(t, got.Messages)
	require.Greater(t, got.Again, 500*time.Millisecond)
	require.LessOrEqual(t, got.Again, time.Second+3*run.LimitUse)
	w.later("900 milliseconds")
	require.Zero(t, w.limit(w.store, ask).Messages)
	w.later("250 milliseconds")
	require.Equal(t, 70, w.limit(w.store, ask).Messages, "a second and what may be used late are over")
	ask.PerSecond = 0
	require.Equal(t, 70, w.limit(w.store, ask).Messages, "no limit")
	ask.Account, ask.PerSecond = 8, 100
	require.Equal(t, 70, w.limit(w.store, ask).Messages, "another account's connection is another one")
}

func TestCallsAtOnceAreSharedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	calls := func(process string, wanted, busy int) int {
		return w.limit(w.store, run.LimitAsk{Process: process, Messages: 1, Concurrent: 5, Calls: wanted, Busy: busy}).Calls
	}
	require.Equal(t, 5, calls("a", 9, 0), "alone")
	require.Equal(t, 0, calls("b", 9, 0))
	require.Equal(t, 4, calls("a", 9, 4), "what is under way stays")
	require.Equal(t, 1, calls("b", 9, 0))
	require.Equal(t, 3, calls("a", 9, 1), "an even part")
	require.Equal(t, 2, calls("b", 9, 0))
	require.Equal(t, 0, calls("a", 0, 0), "given back")
	require.Equal(t, 5, calls("b", 9, 1))
	w.later("3 seconds")
	require.Equal(t, 5, calls("c", 9, 0), "of a silent process they come free")
	require.EqualValues(t, 1, w.count("SELECT cardinality(holders) FROM connection_limits"))
}

// With fewer calls than processes everybody has a turn.
func TestTheOnlyCallGoesRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := map[string]int{}
	for i := range 30 {
		process := []string{"a", "b", "c"}[i%3]
		g := w.limit(w.store, run.LimitAsk{Process: process, Messages: 1, Concurrent: 1, Calls: 1})
		require.Equal(t, g.Calls, g.Messages, "no message is granted that could not be sent")
		got[process] += g.Calls
		require.LessOrEqual(t, w.count("SELECT sum(c) FROM connection_limits, unnest(calls) AS c"), int64(1))
	}
	for process, n := range got {
		require.GreaterOrEqual(t, n, 2, process)
	}
	require.Len(t, got, 3)
}

// However many processes ask, and for how much: in no second of the database's clock more is granted than the limit.
func TestProcessesShareAConnectionsLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []*store.Store{w.store, w.open(), w.open()}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 7, 100, 2000}).Draw(rt, "limit")
		wants := rapid.SliceOfN(rapid.IntRange(1, 300), 1, 12).Draw(rt, "wants")
		n++
		type grant struct {
			run.LimitGrant
			err error
		}
		results := make(chan []grant)
		for i, s := range stores {
			go func() {
				var list []grant
				for j, want := range wants {
					if j%len(stores) == i {
						g, err := s.Limit(t.Context(), run.LimitAsk{Account: account, Connection: fmt.Sprint("c", n), Process: fmt.Sprint("p", i),
							PerSecond: limit, Messages: want, Concurrent: 2, Calls: 1})
						list = append(list, grant{g, err})
					}
				}
				results <- list
			}()
		}
		var all []grant
		for range stores {
			all = append(all, <-results...)
		}
		total := 0
		for _, g := range all {
			require.NoError(rt, g.err)
			within := 0
			for _, other := range all {
				if d := other.At.Sub(g.At); d >= 0 && d < time.Second {
					within += other.Messages
				}
			}
			require.LessOrEqual(rt, within, limit, "in the second from %v", g.At.Time())
			require.NotEqual(rt, engine.Instant(0), g.At)
			total += g.Messages
		}
		require.Positive(rt, total)
	})
	require.EqualValues(t, n, w.count("SELECT count(*) FROM connection_limits"))
}
