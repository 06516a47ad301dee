package run

import (
	"context"
	"time"

	"kaskad/engine"
)

// noteWithin bounds how long an answer that decides nothing is only in memory. The first fact often comes sooner, and
// then one update of the row does for both.
//
// Nothing can be lost by it: the answer is stored, and as long as it is not in its recipient's row the segment's cursor
// in the database stays before it, so that a new owner reads it again, with all facts since; what has been applied
// before changes nothing a second time.
const noteWithin = 2 * time.Second

// changed takes a recipient that has changed into the batch, or puts it off where only its message was accepted.
func (w *Worker) changed(p place, before *engine.State) {
	s, r := p.seg, &p.seg.rows[p.at]
	if w.onlyAccepted(before, &r.state) {
		if s.unnoted == 0 {
			s.unnotedSince = w.now
		}
		if !r.unnoted {
			r.unnoted = true
			s.unnoted++
		}
		return
	}
	w.write(p)
}

// onlyAccepted reports whether a step did no more than note the provider's answer.
func (w *Worker) onlyAccepted(before, after *engine.State) bool {
	e := &w.effects
	return !w.isolation.active() && // else each is written by itself
		before.Phase == engine.Sending && after.Phase == engine.Waiting && before.Node == after.Node &&
		before.Attempt == after.Attempt && before.Facts == after.Facts && len(before.Heard) == len(after.Heard) &&
		len(e.Trace)+len(e.Launches)+len(e.Stops)+len(e.Changes)+len(e.Hooks)+len(e.Goals)+e.Failures == 0
}

// write takes a recipient's state into the batch.
func (w *Worker) write(p place) {
	s, r := p.seg, &p.seg.rows[p.at]
	if r.unnoted {
		r.unnoted = false
		s.unnoted--
	}
	w.turn.dirty[p] = struct{}{}
	w.turn.updated[s.Key] = s
}

// noteDown takes the answers into the batch that have been only in memory for long enough.
func (w *Worker) noteDown(within time.Duration) {
	for _, s := range w.order {
		if s.unnoted == 0 || w.now.Sub(s.unnotedSince) < within && !s.leaving {
			continue
		}
		for i := range s.rows {
			if s.rows[i].unnoted {
				w.write(place{s, int32(i)})
			}
		}
	}
}

// noteAll writes all answers that are only in memory, before the segments are given back.
func (w *Worker) noteAll(ctx context.Context) error {
	w.turn.reset()
	w.turn.read = w.turn.read[:0]
	w.noteDown(0)
	if len(w.turn.dirty) == 0 {
		return nil
	}
	return w.commit(ctx, &Tick{})
}

// writes reports whether there is anything for a transaction.
func (t *turn) writes() bool {
	b := &t.batch
	return len(t.dirty)+len(b.Recipients)+len(b.Messages)+len(b.Steps)+len(b.Stops)+len(b.Contacts)+len(b.Troubles)+len(b.Aside)+len(b.Entered)+len(b.Extended) > 0
}
