package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// entriesAt is how many enter a second, entryBar how soon a message must be with the provider.
const (
	entriesAt = 100
	entryBar  = 300 // ms
)

// stopwatch is a provider that notes when each message came.
type stopwatch struct {
	mu   sync.Mutex
	came map[int64]time.Time
}

func (*stopwatch) Limits() channel.Limits { return channel.Limits{Batch: batch, Concurrent: 8} }

func (s *stopwatch) Send(_ context.Context, messages []channel.Message) []channel.Result {
	now := time.Now()
	results := make([]channel.Result, len(messages))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range messages {
		if _, known := s.came[m.Key.Ordinal]; !known {
			s.came[m.Key.Ordinal] = now
		}
		results[i] = channel.Result{Status: channel.Accepted, ProviderID: m.Key.String()}
	}
	return results
}

// enter lets somebody enter, by a number from 0, and gives the recipient's.
type enter func(ctx context.Context, i int) (ordinal int64, err error)

// byCall enters straight.
func byCall(w *world, entrance *run.Entrance) enter {
	return func(ctx context.Context, i int) (int64, error) {
		got, err := entrance.Enter(ctx, []run.Entrant{{Campaign: w.key, Contact: int64(i + 1), Zone: "Europe/Moscow",
			Data: fmt.Appendf(nil, `{"order": %d}`, i), Key: fmt.Sprint("order ", i)}})
		if err != nil || got[0].Refused != "" {
			return 0, fmt.Errorf("refused: %v %w", got, err)
		}
		return got[0].Ordinal, nil
	}
}

// entriesRun has people enter an open campaign one by one, a hundred a second, each by a call of its own, and gives the
// times from the call to the provider, sorted.
func (m *machine) entriesRun(n int, by func(w *world, entrance *run.Entrance) enter) []time.Duration {
	w := m.newWorld("bench_entries", n, time.Now().Add(-time.Minute))
	defer w.remove()
	m.exec(w.db, "DELETE FROM recipients")
	m.exec(w.db, "DELETE FROM segments")
	m.exec(w.db, `UPDATE campaigns SET kind = 'open', recipients = 0, entry = '{"again": "never"}'`)
	require.NoError(m, w.store.SetState(m.Context(), w.key, "scheduled"))
	registry := run.NewRegistry()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	inbox, entrance := run.NewInbox(w.store, registry, log), run.NewEntrance(w.store, registry, log)
	watch := &stopwatch{came: map[int64]time.Time{}}
	r, err := run.New(run.Options{Process: "bench", Workers: 1, Store: w.store, Registry: registry, Inbox: inbox, Entrance: entrance,
		Senders: map[string]channel.Sender{connection: watch}, Caller: noCalls{}, Compile: compile,
		Link: func(channel.Key, int) string { return "" }, Log: log, Clock: time.Now, Rand: rand.NewPCG(1, 2)})
	require.NoError(m, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	asked := make(map[int64]time.Time, n)
	var mu sync.Mutex
	var calls sync.WaitGroup
	in := by(w, entrance)
	tick := time.NewTicker(time.Second / entriesAt)
	for i := range n {
		<-tick.C
		calls.Go(func() {
			began := time.Now()
			ordinal, err := in(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				m.Error(err)
				return
			}
			asked[ordinal] = began
		})
	}
	tick.Stop()
	calls.Wait()
	require.Len(m, asked, n)
	w.heard(watch, n)
	cancel()
	require.NoError(m, <-done)
	times := make([]time.Duration, 0, n)
	for ordinal, began := range asked {
		times = append(times, watch.came[ordinal].Sub(began))
	}
	slices.Sort(times)
	return times
}

// heard waits until the provider has had so many messages.
func (w *world) heard(s *stopwatch, n int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s.mu.Lock()
		have := len(s.came)
		s.mu.Unlock()
		if have == n {
			return
		}
		select {
		case <-tick.C:
		case <-w.Context().Done():
			w.Fatal("not everybody who entered was sent to", have)
		}
	}
}

func (m *machine) entriesBars(t *table, s sizes) {
	m.entriesBar(t, "entering an open campaign", m.entriesRun(s.entries, byCall))
	m.entriesBar(t, "the same by HTTP, with the sign-in", m.entriesRun(s.entries, byHTTP))
}

func (m *machine) entriesBar(t *table, what string, times []time.Duration) {
	ms := func(share int) float64 { return times[len(times)*share/100].Seconds() * 1000 }
	t.say("8 "+what+", half of them", ms(50), "ms", figure(entriesAt)+" a second, to the provider")
	t.atMost("8 the 99th of a hundred", ms(99), entryBar, "ms", "the slowest of "+figure(float64(len(times)))+": "+
		figure(times[len(times)-1].Seconds()*1000)+" ms")
}

// BenchmarkEntries measures the way of an entry alone.
func BenchmarkEntries(b *testing.B) {
	m := newMachine(b)
	t := &table{setting: m.setting()}
	m.entriesBars(t, m.sizes())
	t.print(os.Stdout)
}
