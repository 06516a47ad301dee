package run

import "kaskad/engine"

// timer is the due instant of one recipient of a held segment. It is not removed when the recipient moves on: one
// that does not fit its recipient's state any more is dropped when it comes up.
type timer struct {
	due engine.Instant
	seg *segment
	at  int32
	// again: it was set again after its instant had come, for one that is due then.
	again bool
	// sure: of a message without an answer, the provider had ended with it when the timer was set again; due is then that
	// instant, so that by now everything that it said can be seen.
	sure bool
}

// timers is a binary heap by due instant. A four-ary or a wheel would save some of the 360-590 ns a timer costs, which
// is less than a hundredth of what the row costs.
type timers struct{ heap []timer }

func (t *timers) push(x timer) {
	h := append(t.heap, x) //nolint:gocritic // it is put back below
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].due <= h[i].due {
			break
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
	t.heap = h
}

func (t *timers) peek() (engine.Instant, bool) {
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].due, true
}

func (t *timers) pop() timer {
	h := t.heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = timer{}
	h = h[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && h[child+1].due < h[child].due {
			child++
		}
		if h[i].due <= h[child].due {
			break
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
	t.heap = h
	return top
}

// drop forgets the timers of a segment that is not held any more.
func (t *timers) drop(s *segment) {
	kept := t.heap[:0]
	for _, x := range t.heap {
		if x.seg != s {
			kept = append(kept, x)
		}
	}
	clear(t.heap[len(kept):])
	old := kept
	t.heap = kept[:0]
	for _, x := range old {
		t.push(x)
	}
}
