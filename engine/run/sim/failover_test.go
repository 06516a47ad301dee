package sim

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
)

// failover is one server taking over from another.
type failover struct {
	at   time.Duration
	cut  time.Duration // for how long before that nothing reached the standby; 0: commits wait for it
	down time.Duration // for how long nobody reaches a server after it
	lies bool          // commits are said to have waited for the standby, and have not
}

// failed is what a failover left: the rows that there were before it and after it, which nobody changes any more.
type failed struct {
	at       time.Time
	lossy    bool
	had, has *virtual.DB
}

func (w *world) drawFailovers() {
	p, d := &w.plan, w.dice("failovers")
	if !chance(d, 35) {
		return
	}
	at := time.Duration(0)
	for range 1 + d.IntN(2) {
		f := failover{at: at + between(d, 3*time.Second, oneOf(d, 10*time.Second, p.storm)), down: between(d, time.Millisecond, 8*time.Second)}
		if chance(d, 60) {
			f.cut = min(between(d, time.Millisecond, oneOf(d, 300*time.Millisecond, 3*time.Second, 7*time.Second)), f.at-at)
		}
		if at = f.at + f.down; f.at < p.storm {
			p.failovers = append(p.failovers, f)
		}
	}
}

// failOver lets standbys take over as it is planned.
func (w *world) failOver() {
	w.others.Go(func() {
		for _, f := range w.plan.failovers {
			pause(max(f.at-f.cut-time.Since(w.began), time.Nanosecond))
			if f.cut > 0 {
				w.note("nothing reaches the standby any more")
				w.db.Cut()
				pause(f.cut)
			}
			w.takeOver(f)
			pause(f.down)
			w.mu.Lock()
			w.down = false
			w.mu.Unlock()
		}
	})
}

func (w *world) takeOver(f failover) {
	had, has := w.db.FailOver()
	lossy := f.cut > 0 && !f.lies
	w.note("the standby takes over")
	w.mu.Lock()
	w.down = true
	w.failed = append(w.failed, failed{time.Now(), lossy, had, has})
	w.ledger.stats["failovers"]++
	w.mu.Unlock()
	if lossy {
		w.forget(had, has)
	}
}

// forget makes what was noted what it was when the standby got its last commit. What was lost may be asked for again.
func (w *world) forget(had, has *virtual.DB) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &w.ledger
	for _, key := range had.Unkept(has) {
		l.lost[key] = true
		l.stats["lost"]++
	}
	clear(l.walks)
	clear(l.sent)
	for _, c := range w.campaigns {
		if t := (terms{w.now(), has.TermsOf(c.Key)}); t.Terms != c.terms[len(c.terms)-1].Terms {
			c.terms = append(c.terms, t)
		}
		for _, walk := range has.Walks(c.Key) {
			k := run.RecipientKey{Campaign: c.Key, Ordinal: walk.Ordinal}
			if walk.State.Phase == engine.Ended || walk.Aside {
				l.walks[k] = 1
			}
			l.sent[k] = len(walk.Messages)
		}
	}
	for account, list := range w.caps {
		c, _ := has.CapOf(account).(caps)
		if last := list[len(list)-1]; last.caps != c {
			w.caps[account] = append(list, capFrom{w.now(), c})
		}
	}
	for key, list := range l.entered {
		kept := list[:0]
		for _, x := range list {
			if w.launched(key, x) {
				kept = append(kept, x)
			}
		}
		l.entered[key] = kept
	}
}

// launched reports whether a campaign that a contact entered has a launch to it, or was before all.
func (w *world) launched(key run.PersonKey, x run.Counted) bool {
	c := w.byKey[run.CampaignKey{Account: key.Account, Campaign: x.Campaign}]
	if c == nil {
		return true
	}
	for ordinal, who := range c.people {
		if who.contact == key.Contact && w.ledger.sent[run.RecipientKey{Campaign: c.Key, Ordinal: ordinal}] > 0 {
			return true
		}
	}
	return false
}

// unreachable reports whether there is no database now.
func (w *world) unreachable() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.down
}

// wasLost reports whether what was written of a message last was lost: it may be asked for again.
func (w *world) wasLost(key channel.Key) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ledger.lost[key]
}

// lostFact reports whether a fact was stored by a server that was lost, and not on its standby.
func (w *world) lostFact(a *ack) bool {
	for _, f := range w.failed {
		if f.lossy && a.kept(f.had) && !a.kept(f.has) {
			return true
		}
	}
	return false
}

// lostEntry reports whether an entry was acknowledged by a server that was lost, and is not on its standby.
func (w *world) lostEntry(c *campaign, key string, ordinal int64) bool {
	for _, f := range w.failed {
		had, there := f.had.EntryOf(c.Key, key)
		if _, kept := f.has.EntryOf(c.Key, key); f.lossy && there && had.Ordinal == ordinal && !kept {
			return true
		}
	}
	return false
}

// failuresBetween counts the failovers that touch a span of a second.
func (w *world) failuresBetween(from, to time.Time) (n int) {
	for _, f := range w.failed {
		if f.at.After(from.Add(-time.Second)) && f.at.Before(to.Add(time.Second)) {
			n++
		}
	}
	return n
}
