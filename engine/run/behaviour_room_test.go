package run_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
)

// narrowStore is a store in whose server there is room for few held segments.
type narrowStore struct {
	run.Store
	room int
}

func (s narrowStore) Beat(ctx context.Context, process string, workers int, silent time.Duration) (run.Beat, error) {
	b, err := s.Store.Beat(ctx, process, workers, silent)
	b.Room = s.room
	return b, err
}

// words is a log that can be read while it is written.
type words struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *words) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Count(w.text.Bytes(), []byte(what))
}

// No more segments are held than the server has places for locks; the others have their turn when some are done.
func TestNoMoreSegmentsAreHeldThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	var keys []run.CampaignKey
	for range 6 {
		keys = append(keys, l.campaign(toGoal("1h"), people))
	}
	said := &words{}
	p := l.provider(nil)
	r := l.start(p, func(o *run.Options) {
		o.Store, o.Log = narrowStore{o.Store, 2}, slog.New(slog.NewTextHandler(said, nil))
	}, times(func(t *run.Times) { t.RestAfter = time.Hour }))
	l.eventually("two are held", func() bool { return r.Figures().Held == 2 })
	l.throughout("a beat later", func() bool { return r.Figures().Segments >= 6 && said.count("max_locks_per_transaction") > 0 },
		func() { require.LessOrEqual(t, r.Figures().Held, int64(2)) })
	sent := map[int64]bool{}
	for len(sent) < len(keys) {
		l.eventually("another campaign had its turn", func() bool { return p.count() > 2*len(sent) })
		for _, h := range p.all() {
			if !sent[h.Key.Campaign] {
				sent[h.Key.Campaign] = true
				key := run.CampaignKey{Account: account, Campaign: h.Key.Campaign}
				l.accepted(key, "s", 2)
				r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 1, "s"), engine.Delivered))
			}
		}
		require.LessOrEqual(t, r.Figures().Held, int64(2))
	}
	for _, key := range keys {
		l.finished(key)
	}
	require.Equal(t, 1, said.count("max_locks_per_transaction"), "it is said once")
	require.Equal(t, 2, r.Figures().Room)
}
