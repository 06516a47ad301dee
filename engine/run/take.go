package run

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kaskad/engine"
)

// take turns the effects of a step into rows of the batch. Where the walk ended before any block was entered, there is
// no step to tell why, and cause is the reason.
func (w *Worker) take(p place, before *engine.State, cause string, now engine.Instant, person Person) {
	t, s := &w.turn, p.seg
	r := &s.rows[p.at]
	key := s.campaign.Key
	wasOpen := before.Phase != engine.Ended
	if wasOpen {
		s.resting = w.now
		w.changed(p, before)
	}
	w.count(p, before)
	for i := range w.effects.Trace {
		t.batch.Steps = append(t.batch.Steps, StepRow{Campaign: key, Ordinal: r.ordinal, Step: w.effects.Trace[i]})
	}
	for _, stop := range w.effects.Stops {
		w.stop(p, stop, person)
	}
	for i := range w.effects.Changes {
		change := &w.effects.Changes[i]
		t.batch.Contacts = append(t.batch.Contacts, ContactRow{Account: key.Account, Contact: r.contact,
			Set: clean(change.Set), AddTags: change.Block.AddTags, RemoveTags: change.Block.RemoveTags,
			AddGroups: change.Block.AddGroups, RemoveGroups: change.Block.RemoveGroups})
	}
	if w.effects.Contact != nil {
		person.Contact = *w.effects.Contact
		t.people[PersonKey{key.Account, r.contact}] = person
	}
	if w.effects.Failures > 0 {
		w.trouble(p, TroubleExpression)
	}
	for _, l := range w.effects.Launches {
		w.intend(p, l, &person.Contact)
	}
	for _, call := range w.effects.Hooks {
		w.call(p, call.Node, person)
	}
	if wasOpen && r.state.Phase == engine.Ended {
		w.ended(p, cause, now)
		return
	}
	if !wasOpen {
		return
	}
	// The same instant has its timer already, unless that has been taken: two would ring for two waits.
	program := s.campaign.program
	was, had := program.Due(before)
	if due, ok := program.Due(&r.state); !ok || !had || due != was || due <= w.watermark || s.waitsForTurn(&r.state) {
		w.plan(p)
	}
}

// plan sets the recipient's next timer; a launch that is due already waits for its turn.
func (w *Worker) plan(p place) {
	r := &p.seg.rows[p.at]
	due, ok := p.seg.due(&r.state)
	if !ok {
		return
	}
	if r.state.Wake <= w.now && p.seg.waitsForTurn(&r.state) {
		w.enqueue(p)
		return
	}
	w.timers.push(timer{due: due, seg: p.seg, at: p.at})
}

func (w *Worker) ended(p place, reason string, now engine.Instant) {
	t, s := &w.turn, p.seg
	r := &s.rows[p.at]
	if n := len(w.effects.Trace); n > 0 {
		reason = w.effects.Trace[n-1].Reason
	}
	delete(t.dirty, p)
	t.batch.Recipients = append(t.batch.Recipients, RecipientUpdate{Campaign: s.campaign.Key, Ordinal: r.ordinal,
		State: r.state, At: now, Reason: reason})
	t.batch.Counters[Counter{s.campaign.Key, -1, "end:" + r.state.Outcome.String()}]++
	s.closed(p.at)
	s.ending++
}

// count keeps the figures of blocks and links.
func (w *Worker) count(p place, before *engine.State) {
	c, key := w.turn.batch.Counters, p.seg.campaign.Key
	trace := w.effects.Trace
	state := &p.seg.rows[p.at].state
	for i := range trace {
		step := &trace[i]
		if i > 0 || before.Phase == engine.Fresh {
			c[Counter{key, step.Node, "entered"}]++
		}
		if step.Link >= 0 {
			c[Counter{key, step.Node, w.linkName(step.Link)}]++
		} else {
			c[Counter{key, step.Node, "ended"}]++
		}
		if strings.HasPrefix(step.Reason, "error:") {
			c[Counter{key, step.Node, step.Reason}]++
		}
	}
	if state.Phase != engine.Ended && (len(trace) > 0 || before.Phase == engine.Fresh) {
		c[Counter{key, state.Node, "entered"}]++
	}
	for _, l := range w.effects.Launches {
		what := "sent"
		if l.Attempt > 1 {
			what = "redialled"
		}
		c[Counter{key, l.Node, what}]++
	}
	for _, g := range w.effects.Goals {
		c[Counter{key, g, "goal"}]++
	}
}

func (w *Worker) linkName(i int16) string {
	for int(i) >= len(w.linkNames) {
		w.linkNames = append(w.linkNames, fmt.Sprint("link:", len(w.linkNames)))
	}
	return w.linkNames[i]
}

// stop puts the address that said stop on the stop list: of the message's channel, or every address of the contact.
func (w *Worker) stop(p place, stop engine.Stop, person Person) {
	s := p.seg
	r := &s.rows[p.at]
	node := &s.campaign.program.Nodes[stop.Node]
	m, ok := node.Block.(*engine.Message)
	if !ok {
		return
	}
	row := StopRow{Account: s.Key.Account, Contact: r.contact, Reason: "unsubscribed",
		Source: s.campaign.Name + " / " + node.Name, Except: s.message(p.at)}
	if stop.Spam {
		row.Reason = "spam"
	}
	if stop.Scope == engine.ThisChannel {
		row.Channel, row.Address = m.Channel, addressOf(&person.Contact, m.Channel)
		w.turn.batch.Stops = append(w.turn.batch.Stops, row)
		return
	}
	for _, address := range addressesOf(&person.Contact) {
		row.Address = address
		w.turn.batch.Stops = append(w.turn.batch.Stops, row)
	}
}

func (w *Worker) trouble(p place, what string) {
	r := &p.seg.rows[p.at]
	w.turn.batch.Troubles = append(w.turn.batch.Troubles, TroubleRow{Campaign: p.seg.campaign.Key, Ordinal: r.ordinal,
		Node: r.state.Node, What: cleanText(what), At: w.now})
}

// cleanText makes a text storable: PostgreSQL takes neither NUL nor broken UTF-8.
func cleanText(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

func clean(set map[string]any) map[string]any {
	for k, v := range set {
		if text, ok := v.(string); ok {
			set[k] = cleanText(text)
		}
	}
	return set
}
