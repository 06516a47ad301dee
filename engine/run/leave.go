package run

import (
	"context"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// Leave gives everything back after Run has returned, when the dispatcher has stopped: what it could not hand over any
// more is known by then, and noted for the next owner.
func (w *Worker) Leave() {
	if w.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), roundWithin)
	defer cancel()
	if err := w.giveBack(ctx); err != nil {
		w.Log.Warn("segments could not be given back in order; their rows say all", "worker", w.name, "error", err)
	}
	w.session.Close()
	w.session = nil
	w.forget()
}

// giveBack releases everything, so that others need not wait.
func (w *Worker) giveBack(ctx context.Context) error {
	if err := w.noteAll(ctx); err != nil {
		return err
	}
	if err := w.noteUntaken(ctx); err != nil {
		return err
	}
	for _, s := range w.order {
		w.Registry.remove(w, s.Key)
		if _, err := w.session.Release(ctx, s.Claimed, w.now); err != nil {
			return err
		}
	}
	return nil
}

// noteUntaken writes down which messages no provider has for certain: the next owner hands them over, without a question.
func (w *Worker) noteUntaken(ctx context.Context) error {
	mail := w.open()
	untaken := map[channel.Key]bool{}
	for i := range mail.results {
		if a := &mail.results[i]; a.Result.Status == channel.NotTaken {
			untaken[a.Message.Key] = true
		}
	}
	for i := range w.retries.list {
		if x := &w.retries.list[i]; !x.judge {
			untaken[x.message.Key] = true
		}
	}
	b := Batch{HandBy: Untaken}
	segments := map[*segment]bool{}
	for key := range untaken {
		p, ok := w.sending(key)
		if !ok || p.seg.rows[p.at].state.Unsure || w.isLeft(p) {
			continue // of what was handed over under a former claim the next owner finds out
		}
		b.Extended = append(b.Extended, key)
		if !segments[p.seg] {
			segments[p.seg] = true
			b.Segments = append(b.Segments, SegmentUpdate{Key: p.seg.Key, Epoch: p.seg.Epoch, Applied: p.seg.Applied})
		}
	}
	if len(b.Extended) == 0 {
		return nil
	}
	return w.session.Commit(ctx, &b)
}

// leave picks segments to be given back where the worker has more than its share. While there is always something under
// way with a provider, a segment would never be idle: so nothing more is launched for one that leaves, and it goes when
// what was launched has been answered.
func (w *Worker) leave() {
	over := len(w.segs) - int(w.share.Load())
	for _, s := range w.order {
		if s.leaving {
			over--
		}
	}
	for _, s := range w.order {
		switch {
		case over > 0 && !s.leaving:
			s.leaving = true
			over--
		case over < 0 && s.leaving:
			w.stay(s)
			over++
		}
	}
}

// stay takes back that a segment leaves: its launches wait for their turn again.
func (w *Worker) stay(s *segment) {
	s.leaving = false
	for i := range s.rows {
		p := place{s, int32(i)}
		if !s.isOpen(p.at) || !s.waitsForTurn(&s.rows[i].state) {
			continue
		}
		if due, ok := s.campaign.program.Due(&s.rows[i].state); ok && due <= w.now {
			w.plan(p)
		}
	}
}

// drained reports whether nothing of a leaving segment is under way here. What the provider is being asked about is left
// to the next owner, who asks for himself.
func (w *Worker) drained(s *segment) bool {
	if !w.turn.idle(s) || s.unnoted > 0 {
		return false
	}
	for i := range w.retries.list {
		if x := &w.retries.list[i]; x.seg == s && !x.judge {
			return false
		}
	}
	for i := range s.rows {
		phase := s.rows[i].state.Phase
		if phase != engine.Sending && phase != engine.Waiting || !s.isOpen(int32(i)) {
			continue
		}
		key := s.message(int32(i))
		if _, unanswered := w.sending(key); unanswered && w.Dispatcher.InFlight(key) {
			return false
		}
	}
	return true
}

// awaits reports whether somebody's word is awaited that is told to this process alone: the end of a webhook's call, or
// that a message was not taken. Put away, the segment would wait for a fact that may never come.
func (w *Worker) awaits(s *segment) bool {
	for i := range s.rows {
		st := &s.rows[i].state
		if !s.isOpen(int32(i)) {
			continue
		}
		switch st.Phase {
		case engine.Calling:
			return true
		case engine.Sending:
			if !st.Unsure && st.Wake == 0 {
				return true
			}
		case engine.Waiting: // a further call of the redialling
			if st.Attempt > 1 && st.Wake == 0 && w.Dispatcher.InFlight(s.message(int32(i))) {
				return true
			}
		}
	}
	return false
}
