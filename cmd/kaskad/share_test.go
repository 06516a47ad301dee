//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
)

// takenWithin is how soon the others have all of what a dead process held.
const takenWithin = 15 * time.Second

// shared is campaigns of several segments, and two processes that share them.
func shared(t *testing.T) (w *world, a, b *process) {
	const campaigns, people = 5, 200
	w = newWorld(t, "testdata/crash.json", slowed("faulty"), crashHurry)
	for i := range campaigns {
		w.campaign(run.Campaign{Rate: 60}, inMoscow(w.people(i*people, people)))
	}
	a, b = w.serveWorkers(), w.serveWorkers()
	until(w, 30*time.Second, "both hold segments", func() bool {
		a.alive()
		b.alive()
		return w.held(a) > 0 && w.held(b) > 0
	})
	return w, a, b
}

// held counts the segments that a process holds.
func (w *world) held(p *process) (n int) {
	w.Helper()
	for _, key := range w.keys {
		segments, err := w.store.Segments(w.Context(), key)
		require.NoError(w, err)
		for _, s := range segments {
			if p.holds(s.Holder) {
				n++
			}
		}
	}
	return n
}

// holdsAll reports whether a process holds all segments in which anybody's walk goes on.
func (w *world) holdsAll(p *process) bool {
	w.Helper()
	for _, key := range w.keys {
		segments, err := w.store.Segments(w.Context(), key)
		require.NoError(w, err)
		for _, s := range segments {
			if s.Open > 0 && !p.holds(s.Holder) {
				return false
			}
		}
	}
	return true
}

// middle is a moment somewhere in the middle of the campaigns.
func (w *world) middle() int64 {
	w.Helper()
	all := int64(0)
	for _, key := range w.keys {
		all += w.info(key).Recipients
	}
	return all/4 + w.random.Int64N(all)
}

func TestOneOfTwoIsKilled(t *testing.T) {
	t.Parallel()
	w, a, b := shared(t)
	moment := w.middle()
	t.Log("killed at", moment)
	w.reach(moment, a, b)
	require.Positive(t, w.held(a), "it holds something to lose")
	a.kill()
	killed := time.Now()
	until(w, takenWithin, "the other has all of it", func() bool {
		b.alive()
		return w.holdsAll(b)
	})
	t.Log("the other had all of it after", time.Since(killed))
	require.False(t, w.finished(), "the campaigns were over before anything could be taken")
	w.finish(b)
	w.check(b)
}

// A process that is frozen for longer than others wait, and comes back, has lost its segments and sends nothing more of
// what it had committed.
func TestOneOfTwoIsFrozen(t *testing.T) {
	t.Parallel()
	w, a, b := shared(t)
	moment := w.middle()
	t.Log("frozen at", moment)
	w.reach(moment, a, b)
	a.signal(syscall.SIGSTOP)
	frozen := time.Now()
	until(w, takenWithin, "the other has all of it, and no intent of before may be handed over any more", func() bool {
		b.alive()
		return w.holdsAll(b) && time.Since(frozen) > run.HandWithin+time.Second
	})
	require.False(t, w.finished(), "the campaigns were over before anything could be taken")
	a.signal(syscall.SIGCONT)
	w.finish(a, b)
	w.check(a, b)
}
