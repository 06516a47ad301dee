package virtual

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// What people do, and what a test looks at. None of it goes over a wire.

// CreateAccount makes an account.
func (d *DB) CreateAccount(a Account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a.first = a.Cap
	d.accounts[a.ID] = &a
}

// PublishVersion stores a document.
func (d *DB) PublishVersion(account, id int64, document []byte, format int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.versions[[2]int64{account, id}] = version{document, format}
}

// CreateContact makes a contact with the channels that it agreed to.
func (d *DB) CreateContact(key run.PersonKey, c scheme.Contact, agreed ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.contacts[key], d.consents[key] = &c, agreed
}

// Count has a contact entered some campaigns already, as its cap counts.
func (d *DB) Count(key run.PersonKey, entered ...run.Counted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counted[key] = append(d.counted[key], entered...)
}

// CreateCampaign makes a campaign in the given state; its version's document and its recipients are the database's to add.
func (d *DB) CreateCampaign(c run.Campaign, rule Rule, recipients []run.Recipient) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Hurry == 0 {
		c.Hurry = 1
	}
	d.campaigns[c.Key] = &campaignRow{Campaign: c, rule: rule}
	for _, r := range recipients {
		d.recipients[run.RecipientKey{Campaign: c.Key, Ordinal: r.Ordinal}] = &recipientRow{Recipient: r}
		key := segmentOf(c.Key, r.Ordinal)
		s := d.segments[key]
		if s == nil {
			s = &segmentRow{}
			d.segments[key] = s
		}
		s.open++
		if s.due == 0 || r.State.Wake < s.due {
			s.due = r.State.Wake
		}
	}
}

// SetState moves a campaign; one that is resumed or cancelled has its segments due at once.
func (d *DB) SetState(key run.CampaignKey, state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, now := d.campaigns[key], d.o.Clock()
	if c == nil || c.State == state {
		return
	}
	if state == "running" && c.Start > now {
		state = "scheduled"
	}
	c.State = state
	c.Revision++
	if state == "running" || state == "scheduled" || state == "cancelled" {
		d.wakeAll(key, now)
	}
}

// Terms are what may be changed of a campaign while it runs.
type Terms struct {
	Window *scheme.Window
	End    engine.Instant
	Rate   int
}

// SetTerms changes a campaign's terms, and has its segments looked at.
func (d *DB) SetTerms(key run.CampaignKey, t Terms) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.campaigns[key]
	if !d.o.Flaws.Terms {
		c.Window, c.End, c.Rate = t.Window, t.End, t.Rate
	}
	c.Revision++
	d.wakeAll(key, d.o.Clock())
}

func (d *DB) wakeAll(key run.CampaignKey, now engine.Instant) {
	for k, s := range d.segments {
		if k.Account == key.Account && k.Campaign == key.Campaign && s.open > 0 && (s.due == 0 || s.due > now) {
			s.due = now
		}
	}
}

// CloseEntry lets nobody enter an open campaign any more.
func (d *DB) CloseEntry(key run.CampaignKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.campaigns[key].closed = true
	d.campaigns[key].Revision++
}

// State is a campaign's state, and whether its last walk has ended.
func (d *DB) State(key run.CampaignKey) (state string, finished bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.campaigns[key]
	return c.State, c.finished
}

// Segment is a segment as it stands.
type Segment struct {
	Open  int
	Due   engine.Instant // 0: none
	Epoch int64
	Woken bool
}

// SegmentOf reads a segment.
func (d *DB) SegmentOf(key run.SegmentKey) Segment {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.segments[key]
	if s == nil {
		return Segment{Woken: d.wakes[key]}
	}
	return Segment{Open: s.open, Due: s.due, Epoch: s.epoch, Woken: d.wakes[key]}
}

// Walk is everything about a recipient.
type Walk struct {
	run.Recipient
	Ended    engine.Instant
	Reason   string
	Aside    bool
	Troubles []string // what was reported of it, sorted
	Steps    []engine.Record
	Messages []run.MessageRow
	Facts    []StoredFact
	Answered []Answered
}

// Answered is a provider's answer as it is stored.
type Answered struct {
	run.Answer
	Recorded engine.Instant
}

// Walks gives the recipients of a campaign, by number.
func (d *DB) Walks(key run.CampaignKey) []Walk {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := map[int64]*Walk{}
	for k, r := range d.recipients {
		if k.Campaign == key {
			w := &Walk{Recipient: r.Recipient, Ended: r.at, Reason: r.reason}
			_, w.Aside = d.aside[k]
			at[k.Ordinal] = w
		}
	}
	for k := range d.troubles {
		if w := at[k.recipient.Ordinal]; w != nil && k.recipient.Campaign == key {
			w.Troubles = append(w.Troubles, k.what)
		}
	}
	for k, s := range d.steps {
		if w := at[k.recipient.Ordinal]; w != nil && k.recipient.Campaign == key {
			w.Steps = append(w.Steps, s.Step)
		}
	}
	for k, m := range d.messages {
		if w := at[k.Ordinal]; w != nil && campaignOf(k) == key {
			w.Messages = append(w.Messages, *m)
		}
	}
	for k, f := range d.facts {
		if w := at[k.key.Ordinal]; w != nil && campaignOf(k.key) == key {
			w.Facts = append(w.Facts, *f)
		}
	}
	for s, a := range d.answers {
		if w := at[a.key.Ordinal]; w != nil && campaignOf(a.key) == key {
			w.Answered = append(w.Answered, Answered{run.Answer{Key: a.key, Connection: s.connection, ProviderID: s.provider}, a.recorded})
		}
	}
	list := make([]Walk, 0, len(at))
	for _, ordinal := range slices.Sorted(maps.Keys(at)) {
		list = append(list, at[ordinal].sorted())
	}
	return list
}

func (w *Walk) sorted() Walk {
	slices.Sort(w.Troubles)
	slices.SortFunc(w.Steps, func(a, b engine.Record) int {
		return cmp.Or(cmp.Compare(a.Entered, b.Entered), cmp.Compare(a.Decided, b.Decided), cmp.Compare(a.Node, b.Node))
	})
	slices.SortFunc(w.Messages, func(a, b run.MessageRow) int {
		return cmp.Or(cmp.Compare(a.LaunchedAt, b.LaunchedAt), cmp.Compare(a.Key.Node, b.Key.Node), cmp.Compare(a.Key.Attempt, b.Key.Attempt))
	})
	slices.SortFunc(w.Facts, func(a, b StoredFact) int {
		return cmp.Or(cmp.Compare(a.Recorded, b.Recorded), cmp.Compare(a.Key.Node, b.Key.Node), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Unique, b.Unique))
	})
	slices.SortFunc(w.Answered, func(a, b Answered) int {
		return cmp.Or(cmp.Compare(a.Recorded, b.Recorded), cmp.Compare(a.ProviderID, b.ProviderID))
	})
	return *w
}

// UnknownFacts counts the facts of messages that nobody knows.
func (d *DB) UnknownFacts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.unknown)
}

// Knows reports whether a fact of a provider's id, or of a message where that is empty, is stored, of a known message or an
// unknown one.
func (d *DB) Knows(r run.Answer, code engine.Facts, unique string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := source{r.Key.Account, r.Connection, r.ProviderID}
	key := r.Key
	if a := d.answers[s]; a != nil {
		key = a.key
	}
	if _, ok := d.facts[factKey{key, int32(code), unique}]; ok {
		return true
	}
	if s.provider == "" {
		s.provider = keyName(key)
	}
	_, ok := d.unknown[unknownKey{s, int32(code), unique}]
	return ok
}

// Stopped gives the channels for which an address is on the stop list, sorted.
func (d *DB) Stopped(account int64, address string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for k := range d.stops {
		if k.account == account && k.address == address {
			list = append(list, k.channel)
		}
	}
	slices.Sort(list)
	return list
}

// Contact reads a contact.
func (d *DB) Contact(key run.PersonKey) scheme.Contact {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.contacts[key]; c != nil {
		return *c
	}
	return scheme.Contact{}
}

// Troubles counts what was reported of a campaign's recipients, and who was set aside.
func (d *DB) Troubles(key run.CampaignKey) (troubles, aside int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := range d.troubles {
		if k.recipient.Campaign == key {
			troubles++
		}
	}
	for k := range d.aside {
		if k.Campaign == key {
			aside++
		}
	}
	return troubles, aside
}

// Figures gives a campaign's figures as they are kept, those that are nothing left out.
func (d *DB) Figures(key run.CampaignKey) map[run.Counter]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[run.Counter]int64{}
	for c, n := range d.counters {
		if c.Campaign == key && n != 0 {
			out[c] = n
		}
	}
	return out
}

// Recount gives the same figures counted from the rows.
func (d *DB) Recount(key run.CampaignKey) map[run.Counter]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[run.Counter]int64{}
	count := func(node int16, what string) { out[run.Counter{Campaign: key, Node: node, What: what}]++ }
	for k := range d.messages {
		if campaignOf(k) == key {
			count(k.Node, map[bool]string{true: "sent", false: "redialled"}[k.Attempt == 1])
		}
	}
	for _, a := range d.answers {
		if campaignOf(a.key) == key {
			count(a.key.Node, "accepted")
		}
	}
	for k, f := range d.facts {
		if name := figureOf(f); name != "" && campaignOf(k.key) == key {
			count(k.key.Node, name)
		}
	}
	program := d.program(key)
	for k, s := range d.steps {
		if k.recipient.Campaign != key {
			continue
		}
		count(k.node, "entered")
		if s.Step.Link < 0 {
			count(k.node, "ended")
		} else {
			count(k.node, fmt.Sprint("link:", s.Step.Link))
		}
		if len(s.Step.Reason) > 6 && s.Step.Reason[:6] == "error:" {
			count(k.node, s.Step.Reason)
		}
		if program != nil {
			if _, ok := program.Nodes[k.node].Block.(*engine.Goal); ok {
				count(k.node, "goal")
			}
		}
	}
	for k, r := range d.recipients {
		if k.Campaign != key {
			continue
		}
		if p := r.State.Phase; p == engine.Ended {
			count(-1, "end:"+r.State.Outcome.String())
		} else if p != engine.Fresh {
			count(r.State.Node, "entered")
		}
	}
	for k := range d.aside {
		if k.Campaign == key {
			count(-1, "end:failed")
		}
	}
	return out
}

// figureOf is what a fact counts as; empty for nothing.
func figureOf(f *StoredFact) string {
	if f.Code >= run.HookDoneCode {
		return ""
	}
	name := engine.Facts(f.Code).String()
	if name == "ivr" && len(f.Value) == 1 && (f.Value[0] >= '0' && f.Value[0] <= '9' || f.Value == "*" || f.Value == "#") {
		return "ivr:" + f.Value
	}
	return name
}

// Sessions gives the living sessions of a worker, or of all with an empty name, oldest first.
func (d *DB) Sessions(worker string) []*Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*Session
	for s := range d.sessions {
		if worker == "" || s.worker == worker {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.pid, b.pid) })
	return list
}
