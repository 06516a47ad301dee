package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
)

// ledger is what is noted while a world runs, to hold its promises against. world.mu guards it.
type ledger struct {
	handBy  map[channel.Key]engine.Instant
	lost    map[channel.Key]bool     // what was written of the message last was lost with a server
	walks   map[run.RecipientKey]int // endings
	sent    map[run.RecipientKey]int // messages
	entered map[run.PersonKey][]run.Counted
	begun   map[run.CampaignKey][]engine.Instant
	stats   map[string]int
}

func newLedger() ledger {
	return ledger{handBy: map[channel.Key]engine.Instant{}, walks: map[run.RecipientKey]int{}, lost: map[channel.Key]bool{},
		sent: map[run.RecipientKey]int{}, entered: map[run.PersonKey][]run.Counted{},
		begun: map[run.CampaignKey][]engine.Instant{}, stats: map[string]int{}}
}

func (w *world) campaign(key run.CampaignKey) *campaign { return w.byKey[key] }

// wrote is told of everything that is committed.
func (w *world) wrote(c virtual.Commit) {
	var what []string
	add := func(format string, a ...any) { what = append(what, fmt.Sprintf(format, a...)) }
	for _, a := range c.Answers {
		add("answer %s", a.Key)
	}
	for i := range c.Facts {
		f := &c.Facts[i]
		add("fact %s %d %s", f.Key, f.Code, f.Unique)
	}
	if c.Batch != nil {
		w.wroteBatch(c.Batch, add)
	}
	if len(what)+c.Entered > 0 {
		slices.Sort(what)
		w.note("%s commits %d: %s", c.Process, c.Entered, strings.Join(what, ", "))
	}
}

func (w *world) wroteBatch(b *run.Batch, add func(format string, a ...any)) {
	for i := range b.Segments {
		u := &b.Segments[i]
		add("segment %d/%d/%d epoch %d applied %d", u.Key.Account, u.Key.Campaign, u.Key.Segment, u.Epoch, u.Applied)
	}
	for i := range b.Entered {
		r := &b.Entered[i]
		w.campaign(r.Campaign).people[r.Ordinal] = comer{contact: r.Contact, zone: r.Zone}
	}
	w.capsOf(b)
	for i := range b.Recipients {
		r := &b.Recipients[i]
		add("recipient %s/%d node %d %s %d", named(r.Campaign), r.Ordinal, r.State.Node, r.State.Phase, r.State.Wake)
		w.endings(run.RecipientKey{Campaign: r.Campaign, Ordinal: r.Ordinal}, r.State.Phase == engine.Ended)
	}
	for i := range b.Messages {
		m := &b.Messages[i]
		add("message %s", m.Key)
		w.count("messages")
		w.intent(m.Key, m.HandBy)
	}
	for _, k := range b.Extended {
		add("again %s", k)
		w.count("repeated")
		w.intent(k, b.HandBy)
	}
	for i := range b.Steps {
		s := &b.Steps[i]
		add("step %s/%d %d %s", named(s.Campaign), s.Ordinal, s.Step.Node, s.Step.Reason)
		w.count("steps")
	}
	for i := range b.Aside {
		add("aside %s/%d", named(b.Aside[i].Campaign), b.Aside[i].Ordinal)
		w.endings(run.RecipientKey{Campaign: b.Aside[i].Campaign, Ordinal: b.Aside[i].Ordinal}, true)
	}
}

func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ledger.stats[what]++
}

// endings notes that somebody's row was written, which is not done any more once the walk has ended.
func (w *world) endings(k run.RecipientKey, end bool) {
	w.mu.Lock()
	n := w.ledger.walks[k]
	if end {
		w.ledger.walks[k]++
	}
	w.mu.Unlock()
	if n > 0 {
		w.wrong("recipient %s/%d goes on after its end", named(k.Campaign), k.Ordinal)
	}
}

// intent notes that a message may be handed over until an instant, ten seconds after it was decided: that was within the
// window, and before the end.
func (w *world) intent(key channel.Key, handBy engine.Instant) {
	w.mu.Lock()
	w.ledger.handBy[key] = handBy
	c := w.campaign(run.CampaignKey{Account: key.Account, Campaign: key.Campaign})
	at := handBy.Add(-run.HandWithin)
	if handBy != run.Untaken {
		w.ledger.begun[c.Key] = append(w.ledger.begun[c.Key], at)
	}
	zone := c.people[key.Ordinal].zone
	w.mu.Unlock()
	if handBy == run.Untaken {
		return
	}
	list := w.inForce(c, at, at)
	if !slices.ContainsFunc(list, func(t terms) bool { return t.End == 0 || at < t.End }) {
		w.wrong("message %s is launched after the end", key)
	} else if !slices.ContainsFunc(list, func(t terms) bool {
		return (t.End == 0 || at < t.End) && c.opens(c.windowAt(&t, key.Node), zone, at)
	}) {
		w.wrong("message %s is launched outside the window, at %s in %s", key, at.Time(), zone)
	}
}

// opens reports whether a message may go out at an instant to a recipient of a zone by a window.
func (c *campaign) opens(win *scheme.Window, zone string, at engine.Instant) bool {
	if win == nil {
		return true
	}
	names := []string{win.Zone}
	switch win.Zone {
	case scheme.ZoneSender:
		names = []string{c.Zone}
	case scheme.ZoneRecipient:
		own, maybe := run.Doubt(zone)
		if names = maybe; len(maybe) == 0 {
			names = []string{own}
		}
	}
	for _, name := range names {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return false
		}
		if open, _, ok := win.Next(at.Time(), loc); !ok || !open.Equal(at.Time()) {
			return false
		}
	}
	return true
}

// checkBegun holds a call that a sender begins with against the intents.
func (w *world) checkBegun(p *process, connection string, list []channel.Message) {
	now := w.now()
	for i := range list {
		key := list[i].Key
		if c := w.campaign(run.CampaignKey{Account: key.Account, Campaign: key.Campaign}); c.Connection != connection || key.Account != list[0].Key.Account {
			w.wrong("%s sends %s over connection %s, with messages of account %d", p.name, key, connection, list[0].Key.Account)
		}
		w.mu.Lock()
		handBy, ok := w.ledger.handBy[list[i].Key]
		w.mu.Unlock()
		switch {
		case !ok:
			w.wrong("%s begins to send %s, which has no intent", p.name, list[i].Key)
		case now > handBy.Add(time.Millisecond) && p.alive():
			w.wrong("%s begins to send %s %s after it had to be handed over", p.name, list[i].Key, now.Sub(handBy))
		}
	}
}

// checkRequest holds a message that the provider gets against its intent.
func (w *world) checkRequest(m *channel.Message) {
	w.mu.Lock()
	handBy, ok := w.ledger.handBy[m.Key]
	w.mu.Unlock()
	if late := w.now().Sub(handBy); !ok || late > run.JudgeAfter {
		w.wrong("the provider gets %s %s after it had to be handed over", m.Key, late)
	}
	w.sentWell(m)
	w.note("request %s", m.Key)
	w.count("requests")
}

// judge holds what is left at the end against the promises.
func (w *world) judge() {
	for _, c := range w.campaigns {
		w.judgeCampaign(c)
	}
	w.judgeStops()
	for _, v := range w.providers {
		for i := range v.acked {
			if a := &v.acked[i]; !a.kept(w.db) && !w.lostFact(a) {
				w.lasting("fact %s of %s was acknowledged and is not there", a.report.Fact, a.key)
			}
		}
		w.ledger.stats["acknowledged"] += len(v.acked)
		w.judgeLimit(v)
	}
	w.ledger.stats["processes"] = w.started
}

// lasting is wrong, after the schedule has ended.
func (w *world) lasting(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrongs) < 20 {
		w.wrongs = append(w.wrongs, fmt.Sprintf(format, a...))
	}
}

func (w *world) judgeCampaign(c *campaign) {
	walks := w.db.Walks(c.Key)
	ends := int64(0)
	kept, counted := w.db.Figures(c.Key), w.db.Recount(c.Key)
	if !maps.Equal(kept, counted) {
		w.lasting("figures of campaign %s: kept %v, counted %v", c, differs(kept, counted), differs(counted, kept))
	}
	for k, n := range kept {
		if k.Node == -1 && strings.HasPrefix(k.What, "end:") {
			ends += n
		}
	}
	if int(ends) != len(walks) {
		w.lasting("campaign %s: %d walks, and %d endings", c, len(walks), ends)
	}
	byOrdinal := map[int64]*virtual.Walk{}
	segments := map[int32]bool{}
	for i := range walks {
		byOrdinal[walks[i].Ordinal] = &walks[i]
		segments[int32(walks[i].Ordinal/run.SegmentSize)] = true
		w.judgeWalk(c, &walks[i])
	}
	for s := range segments {
		if open := w.db.SegmentOf(run.SegmentKey{Account: c.Key.Account, Campaign: c.Key.Campaign, Segment: s}).Open; open != 0 {
			w.lasting("campaign %s: %d are open in segment %d", c, open, s)
		}
	}
	state, _ := w.db.State(c.Key)
	for key, ordinal := range c.entries {
		if w.lostEntry(c, key, ordinal) {
			continue
		}
		if walk := byOrdinal[ordinal]; walk == nil && state != "cancelled" || walk != nil && !strings.HasPrefix(key+" ", fmt.Sprint("order ", walk.Contact, " ")) {
			w.lasting("campaign %s: %s entered as %d, which is %+v", c, key, ordinal, walk)
		}
	}
	w.judgeRate(c)
}

// overdue is for how long nobody need notice a deadline, or a webhook's answer: a process may have been frozen.
const overdue = time.Minute

// checkOverdue requires that nobody waits any longer for what has come.
func (w *world) checkOverdue(c *campaign) {
	program, now := c.program.Hasten(c.Hurry), w.now()
	for _, walk := range w.db.Walks(c.Key) {
		st := &walk.State
		since := st.Entered
		switch st.Phase {
		case engine.Calling:
		case engine.Sending, engine.Waiting, engine.Pausing, engine.Resting:
			due, ok := program.Due(st)
			if since = due; !ok || st.Wake != 0 && st.Phase != engine.Pausing && st.Phase != engine.Resting {
				continue // its next call has to wait for its turn
			}
		default:
			continue
		}
		if late := now.Sub(since); !walk.Aside && late > overdue {
			w.wrong("recipient %s/%d is still %s at block %d, %s late", c, walk.Ordinal, st.Phase, st.Node, late)
		}
	}
}

func differs(a, b map[run.Counter]int64) []string {
	var list []string
	for k, n := range a {
		if b[k] != n {
			list = append(list, fmt.Sprint(k.Node, " ", k.What, " ", n))
		}
	}
	slices.Sort(list)
	return list
}

func (w *world) judgeWalk(c *campaign, walk *virtual.Walk) {
	at := fmt.Sprintf("recipient %s/%d", c, walk.Ordinal)
	if n := w.ledger.walks[run.RecipientKey{Campaign: c.Key, Ordinal: walk.Ordinal}]; n != 1 {
		w.lasting("%s has %d endings", at, n)
	}
	w.judgeBroken(c, walk, at)
	w.judgeFacts(c, walk, at)
	node := c.program.Entry
	for i := range walk.Steps {
		s := &walk.Steps[i]
		if s.Node != node {
			w.lasting("%s leaves block %d and was at %d", at, s.Node, node)
			break
		}
		if s.Link >= 0 {
			node = c.program.Nodes[s.Node].Links[s.Link].To
		}
		w.judgeStep(c, walk, s, at)
	}
}

// judgeStep requires that a deadline was decided by everything that had been recorded before it.
func (w *world) judgeStep(c *campaign, walk *virtual.Walk, s *engine.Record, at string) {
	m, ok := c.program.Nodes[s.Node].Block.(*engine.Message)
	if !ok || s.Reason != "timeout" && s.Reason != "error:unavailable" {
		return
	}
	seen := m.Offers & (engine.Delivered | engine.Viewed | engine.NotDelivered | engine.NoAnswer | engine.Answered)
	for i := range walk.Facts {
		f := &walk.Facts[i]
		if f.Key.Node == s.Node && !f.Implied && f.Key.Attempt == s.Attempts && f.Recorded < s.Decided && engine.Facts(f.Code)&seen != 0 {
			w.lasting("%s: %s at block %d, though %s was recorded %s before", at, s.Reason, s.Node, engine.Facts(f.Code), s.Decided.Sub(f.Recorded))
		}
	}
	for i := range walk.Answered {
		if a := &walk.Answered[i]; s.Reason != "timeout" && a.Key.Node == s.Node && a.Recorded < s.Decided {
			w.lasting("%s: %s at block %d, though it was accepted %s before", at, s.Reason, s.Node, s.Decided.Sub(a.Recorded))
		}
	}
}

// judgeRate requires that in no five seconds there were more launches than the campaign's rate, the highest of those that may
// have been in force, and the slices of the workers allow.
func (w *world) judgeRate(c *campaign) {
	const span = 5 * time.Second
	times := slices.Clone(w.ledger.begun[c.Key])
	slices.Sort(times)
	for i := range times {
		most := w.mostWithin(c, times[i], span)
		if j := i + most; most > 0 && j < len(times) && times[j].Sub(times[i]) < span {
			w.lasting("campaign %s: more than %d launches in %s", c, most, span)
			return
		}
	}
}

// judgeLimit requires that in no second an account begins with more messages than the connection may send for it. What had been
// granted is not known to a server that took over, which may grant it once more.
func (w *world) judgeLimit(v *provider) {
	for account, list := range v.begun {
		if v.limits.PerSecond == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b begun) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
		sum, first := 0, 0
		for i := range list {
			sum += list[i].n
			for list[i].at.Sub(list[first].at) >= time.Second {
				sum -= list[first].n
				first++
			}
			if most := v.limits.PerSecond * (1 + w.failuresBetween(list[first].at, list[i].at)); sum > most {
				w.lasting("%d messages of account %d were begun with in a second at %s over %s, where %d may be", sum, account,
					list[i].at.Sub(w.began), v.name, most)
				return
			}
		}
	}
}
