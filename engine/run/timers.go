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
// is less than a hundredth of what the row costs. Those of a segment that is not held any more go when they come up, or all at
// once when they are the half: to look for them at each segment that is put away would be the square of the segments.
type timers struct {
	heap []timer
	gone int // timers of such segments
}

func (t *timers) push(x timer) {
	if x.seg.gone {
		return
	}
	x.seg.timers++
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
	for len(t.heap) > 0 && t.heap[0].seg.gone {
		t.take()
		t.gone--
	}
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].due, true
}

// pop takes the next one, which peek has found.
func (t *timers) pop() timer {
	t.heap[0].seg.timers--
	return t.take()
}

func (t *timers) take() timer {
	top, last := t.heap[0], len(t.heap)-1
	t.heap[0] = t.heap[last]
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	t.sink(0)
	return top
}

// sink lets one go down to its place.
func (t *timers) sink(i int) {
	h := t.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].due < h[child].due {
			child++
		}
		if h[i].due <= h[child].due {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// drop forgets the timers of a segment that is not held any more.
func (t *timers) drop(s *segment) {
	s.gone = true
	t.gone += s.timers
	if 2*t.gone <= len(t.heap) {
		return
	}
	kept := t.heap[:0]
	for _, x := range t.heap {
		if !x.seg.gone {
			kept = append(kept, x)
		}
	}
	clear(t.heap[len(kept):])
	t.heap, t.gone = kept, 0
	for i := len(kept)/2 - 1; i >= 0; i-- {
		t.sink(i)
	}
}
