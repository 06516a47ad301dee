package run

import (
	"kaskad/engine"
)

// leave picks segments to be given back where the worker has more than its share. While there is always something under
// way with a provider, a segment would never be idle: so nothing more is launched for one that leaves, and it goes when
// what was launched has been answered.
func (w *Worker) leave() {
	over := len(w.segs) - int(w.share.Load())
	for _, s := range w.segs {
		if s.leaving {
			over--
		}
	}
	for _, s := range w.segs {
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
