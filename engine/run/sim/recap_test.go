package sim

import (
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/run"
)

// capFrom is an account's cap from an instant on.
type capFrom struct {
	from engine.Instant
	caps
}

// given is a cap as the database has it.
func (c caps) given() run.Cap {
	if c == (caps{}) {
		return nil
	}
	return c
}

// recap changes an account's cap a few times while its campaigns run.
func (w *world) recap(account int64) {
	if !w.plan.recapped {
		return
	}
	d := w.dice("recap", account)
	w.others.Go(func() {
		for range 1 + d.IntN(3) {
			pause(between(d, 100*time.Millisecond, w.plan.storm/2))
			if w.over() {
				return
			}
			c := oneOf(d, caps{}, caps{day: 1}, caps{day: 3}, caps{week: 2}, caps{day: 2, week: 3})
			w.mu.Lock()
			w.ledger.stats["recaps"]++
			w.caps[account] = append(w.caps[account], capFrom{w.now(), c})
			w.mu.Unlock()
			w.db.SetCap(account, c.given())
			w.note("cap of account %d: %+v", account, c)
		}
	})
}

// capsSince gives the caps of an account that were in force at an instant or later. world.mu is held.
func (w *world) capsSince(account int64, at engine.Instant) []caps {
	var list []caps
	all := w.caps[account]
	for i := range all {
		if i+1 == len(all) || all[i+1].from >= at {
			list = append(list, all[i].caps)
		}
	}
	return list
}

// rule is what an account's caps may have been when a batch was made: a cap is read within its transaction, but whether there is
// one is looked at only once a second.
type rule struct {
	read []caps // that there are
	none bool   // there may have seemed to be none
}

// ruleAt gives the rule for a batch that is committed now and was begun after an instant. world.mu is held.
func (w *world) ruleAt(account int64, at engine.Instant) (r rule) {
	lag := termsLagRough
	if at > engine.At(w.plan.base.Add(w.plan.storm)).Add(termsLagRough) {
		lag = termsLag
	}
	r.none = slices.Contains(w.capsSince(account, at.Add(-lag)), caps{})
	r.read = slices.DeleteFunc(w.capsSince(account, at), func(c caps) bool { return c == caps{} })
	return r
}

// lets reports whether somebody who entered campaigns may enter one more.
func (r rule) lets(entered []time.Time, at engine.Instant, zone *time.Location) bool {
	return r.none || slices.ContainsFunc(r.read, func(c caps) bool { return !c.Reached(entered, at.Time(), zone) })
}

// stops reports whether the cap may stand against it.
func (r rule) stops(entered []time.Time, at engine.Instant, zone *time.Location) bool {
	return slices.ContainsFunc(r.read, func(c caps) bool { return c.Reached(entered, at.Time(), zone) })
}
