package sim

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
)

// terms are what may be changed of a campaign while it runs, from an instant on.
type terms struct {
	from engine.Instant
	virtual.Terms
}

// How long a worker may go by terms that were changed. It looks for them once a second; but while things break its look may take
// six seconds, and it may be frozen for twenty-five right after.
const (
	termsLag      = 3 * time.Second
	termsLagRough = 35 * time.Second
)

// change changes a campaign's terms a few times while it runs.
func (w *world) change(c *campaign) {
	d := w.dice("terms", c.Key)
	times := oneOf(d, 0, 1, 1, 2, 3)
	if !w.plan.changed || times == 0 {
		return
	}
	w.others.Go(func() {
		for range times {
			pause(between(d, time.Second, w.plan.cancelled*2/3))
			if _, finished := w.db.State(c.Key); finished || w.over() {
				return
			}
			w.mu.Lock()
			t := c.terms[len(c.terms)-1]
			w.mu.Unlock()
			if chance(d, 50) {
				t.Window = nil
				if chance(d, 80) {
					t.Window = w.drawWindow(d)
				}
			}
			if !c.Open && chance(d, 50) { // an open campaign is closed for good by its end
				t.End = oneOf(d, 0, w.now().Add(between(d, 100*time.Millisecond, 60*time.Second)))
			}
			if chance(d, 50) {
				t.Rate = oneOf(d, 0, 1, 2, 10, 40)
			}
			t.from = w.now()
			w.mu.Lock()
			c.terms = append(c.terms, t)
			w.ledger.stats["changes"]++
			w.mu.Unlock()
			w.db.SetTerms(c.Key, t.Terms)
			w.note("terms of %s: end %d rate %d window %s", c, t.End, t.Rate, words(t.Window))
		}
	})
}

// inForce gives the terms that a worker may have gone by between two instants.
func (w *world) inForce(c *campaign, from, to engine.Instant) []terms {
	lag := termsLagRough
	if from > engine.At(w.plan.base.Add(w.plan.storm)).Add(termsLagRough) {
		lag = termsLag
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	first := 0
	for i := range c.terms {
		if c.terms[i].from <= from.Add(-lag) {
			first = i
		}
	}
	last := first
	for last+1 < len(c.terms) && c.terms[last+1].from <= to {
		last++
	}
	return c.terms[first : last+1]
}

// windowAt is the window of a block's messages by some terms.
func (c *campaign) windowAt(t *terms, node int16) *scheme.Window {
	if m, ok := c.program.Nodes[node].Block.(*engine.Message); ok && m.Window != nil {
		return m.Window
	}
	return t.Window
}

// mostWithin is how many launches there may be within a span that begins at an instant; 0: any number.
func (w *world) mostWithin(c *campaign, at engine.Instant, span time.Duration) int {
	rate := 0
	for _, t := range w.inForce(c, at, at.Add(span)) {
		if t.Rate == 0 {
			return 0
		}
		rate = max(rate, t.Rate)
	}
	return rate*11/2 + w.plan.processes*w.plan.workers*max(rate/4, 1) + 1
}
