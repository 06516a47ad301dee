package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/scheme"
)

// takeLaunches takes the recipients whose launch is due, no more than the rate and the provider's queue allow. Who is outside
// its window is only entered or held again: that needs neither, and must not keep those behind it waiting.
func (w *Worker) takeLaunches(ctx context.Context) error {
	t := &w.turn
	for c := range w.inTurn() {
		if suspects := w.isolation.suspects; len(suspects) > 0 {
			c.ready.first(func(p place) bool { return suspects[p.recipient()] })
		}
		room, err := w.room(ctx, c, c.ready.len())
		if err != nil {
			return err
		}
		if c.Rate > 0 && w.now < c.owedUntil {
			room -= c.owed
		}
		for c.ready.len() > 0 && len(t.launches) < batchRows {
			fresh, shut := w.shut(c, c.ready.peek())
			if room <= 0 && !(shut && c.launches(w.now)) {
				break
			}
			p := c.ready.pop()
			if !w.called(p) {
				continue
			}
			if !shut {
				room--
			}
			if !shut || fresh { // launch gives the token of who only enters back
				c.tokens--
			}
			t.launches = append(t.launches, p)
			t.want(p)
		}
	}
	return nil
}

// shut reports whether a recipient in the queue may get nothing now, because of its window, and whether it has yet to enter.
func (w *Worker) shut(c *campaign, p place) (fresh, shut bool) {
	r := &p.seg.rows[p.at]
	if c.over(w.now) || !w.hasTurn(p) {
		return false, false
	}
	zone := &w.zones[r.zone]
	at, ok := c.program.Opening(&c.input, zone.zone, zone.doubt, r.state.Node, w.now)
	return r.state.Phase == engine.Fresh, !ok || at != w.now
}

// called takes a recipient out of the queue; false: it is not to be launched now, or its segment leaves.
func (w *Worker) called(p place) bool {
	p.seg.rows[p.at].queued = false
	switch {
	case p.seg.leaving:
		return false
	case !w.hasTurn(p):
		w.replan(p)
		return false
	}
	return true
}

// replan sets the timer of a recipient that left the queue without a launch.
func (w *Worker) replan(p place) {
	if p.seg.isOpen(p.at) {
		w.plan(p)
	}
}

// room tells how many of n launches a campaign may make now. Launches of a rate are leased from the database, a
// slice of a quarter of a second at a time, so that many processes keep one rate.
func (w *Worker) room(ctx context.Context, c *campaign, n int) (int, error) {
	if c.over(w.now) {
		return n, nil
	}
	if n == 0 || !c.running(w.now) {
		return 0, nil
	}
	free := w.Dispatcher.Free(c.Connection) - len(w.turn.hand[c.Connection])
	if n = min(n, free); n <= 0 {
		return 0, nil
	}
	if c.Rate == 0 {
		c.tokens = n
		return n, nil
	}
	if w.now > c.expire {
		c.tokens = 0
	}
	if c.tokens < n {
		got, err := w.session.Lease(ctx, c.Key, c.Rate, min(n-max(c.tokens, 0), max(c.Rate/4, 1)))
		if err != nil {
			return 0, err
		}
		if got == 0 {
			w.stats.Denied.Add(1)
		}
		c.tokens = max(c.tokens, 0) + got
		c.expire = w.now.Add(leaseFor)
	}
	return min(n, c.tokens), nil
}

// launchMore launches recipients that this very batch brought to a channel block, as far as what was leased allows:
// their contacts are read already, and their intents go into the same transaction.
func (w *Worker) launchMore() {
	for c := range w.inTurn() {
		if !c.launches(w.now) {
			continue
		}
		free := w.Dispatcher.Free(c.Connection) - len(w.turn.hand[c.Connection])
		n := c.ready.len()
		for range n {
			if !c.over(w.now) && (free <= 0 || c.Rate > 0 && c.tokens <= 0) || len(w.turn.batch.Messages) >= 4*batchRows {
				break
			}
			p := c.ready.pop()
			r := &p.seg.rows[p.at]
			if p.seg.isOpen(p.at) && !(w.turn.knows(PersonKey{p.seg.Key.Account, r.contact}, c) && w.turn.knowsData(p)) {
				c.ready.push(p)
				continue
			}
			if !w.called(p) {
				continue
			}
			free--
			c.tokens--
			w.launch(p)
		}
	}
}

// hasTurn reports whether a recipient from the queue still waits for a launch that is due.
func (w *Worker) hasTurn(p place) bool {
	st := &p.seg.rows[p.at].state
	return p.seg.isOpen(p.at) && p.seg.waitsForTurn(st) && st.Wake <= w.now
}

// launch gives a message its turn: the window and the stop list are asked again, and what is to be sent is filled in.
// A recipient whose walk begins with the message enters now, at the instant that was planned.
func (w *Worker) launch(p place) {
	s, r := p.seg, &p.seg.rows[p.at]
	if w.condemned(p) {
		return
	}
	if !w.hasTurn(p) {
		w.replan(p)
		return
	}
	if r.state.Phase == engine.Fresh {
		entry := r.state.Node
		if w.step(p, engine.Event{Kind: engine.Timer}, r.state.Wake); !w.hasTurn(p) || r.state.Node != entry {
			s.campaign.tokens++ // outside its window: nothing was launched, and what comes instead has a turn of its own
			return
		}
	}
	m, ok := s.campaign.program.Nodes[r.state.Node].Block.(*engine.Message)
	if !ok {
		return
	}
	person := w.turn.people[PersonKey{s.Key.Account, r.contact}]
	ev := engine.Event{Kind: engine.Timer, Scope: person.stopped(m.Channel)}
	if s.campaign.Advertising && ev.Scope == engine.NoStop && !slices.Contains(person.Agreed, m.Channel) {
		ev.Scope = engine.ThisChannel
	}
	if addressOf(&person.Contact, m.Channel) == "" {
		ev.Value = engine.NoAddress
	}
	w.filled = filled{}
	if ev.Scope == engine.NoStop && ev.Value == "" {
		if w.capped(p, &person) {
			w.step(p, engine.Event{Kind: engine.Interrupt, Value: engine.FrequencyCap}, w.now)
			s.campaign.tokens++ // nothing was launched
			return
		}
		key := s.message(p.at)
		key.Attempt++
		if fault := w.fill(p, m, key, &person.Contact); fault != "" {
			w.fault(p, fault)
			return
		}
	}
	if w.step(p, ev, w.now); s.campaign.Capped && len(w.effects.Launches) > 0 {
		w.counted(p)
	}
}

// filled is the content of the message that is being launched.
type filled struct {
	content engine.Content
	err     error // of an expression; the content is usable all the same
}

// fill fills the message in that is about to be launched, before it is: a panic over a recipient's data then leaves
// nothing half done. It gives what panicked.
func (w *Worker) fill(p place, m *engine.Message, key channel.Key, contact *scheme.Contact) (fault string) {
	defer func() {
		if r := recover(); r != nil {
			fault = fmt.Sprint("fault: ", r)
		}
	}()
	vars := w.vars(p, contact)
	vars.Now = w.now.Time()
	var links []string
	w.filled.content, w.filled.err = m.Content.Render(&vars, func(url string) string {
		links = append(links, cleanText(url))
		return w.Link(key, len(links)-1)
	})
	if w.File != nil {
		w.filled.content.Fetched(func(name string) string { return w.File(key.Account, name) })
	}
	w.filled.content.Text, w.filled.content.Links = cleanText(w.filled.content.Text), links
	return ""
}

// intend puts the intent of the message that was filled in into the batch; it is handed over after the commit.
func (w *Worker) intend(p place, l engine.Launch, contact *scheme.Contact) {
	s, t := p.seg, &w.turn
	m, ok := s.campaign.program.Nodes[l.Node].Block.(*engine.Message)
	if !ok {
		return
	}
	address := addressOf(contact, m.Channel)
	key := channel.Key{Account: s.Key.Account, Campaign: s.Key.Campaign, Ordinal: s.rows[p.at].ordinal, Node: l.Node,
		Attempt: l.Attempt}
	content, err := w.filled.content, w.filled.err
	if err != nil {
		w.trouble(p, err.Error())
	}
	row := MessageRow{Key: key, LaunchedAt: l.At, HandBy: w.now.Add(w.Times.HandWithin), Address: address, Text: content.Text}
	if !content.Plain() {
		stored := content
		stored.Text = ""
		if row.Content, err = json.Marshal(stored); err != nil {
			w.trouble(p, err.Error())
		}
	}
	t.batch.Messages = append(t.batch.Messages, row)
	t.hand[s.campaign.Connection] = append(t.hand[s.campaign.Connection], channel.Message{Key: key, Channel: m.Channel,
		Address: address, Content: content, TimeToLive: m.Decision, HandBy: w.local(row.HandBy)})
	w.stats.Messages.Add(1)
}

// stopped tells how far the person's stops reach for a message of a channel.
func (p *Person) stopped(name string) engine.Scope {
	scope := engine.NoStop
	for _, c := range p.Stops {
		switch c {
		case "":
			return engine.AllChannels
		case name:
			scope = engine.ThisChannel
		}
	}
	return scope
}

// addressOf is where a channel reaches a contact: its own address there, else the phone where the channel goes by
// phone.
func addressOf(c *scheme.Contact, name string) string {
	if a := c.Addresses[name]; a != "" {
		return a
	}
	switch name {
	case "vk", "ok":
		return ""
	}
	return c.Phone
}

// addressesOf are all addresses of a contact.
func addressesOf(c *scheme.Contact) []string {
	var list []string
	if c.Phone != "" {
		list = append(list, c.Phone)
	}
	for _, a := range c.Addresses {
		if a != "" {
			list = append(list, a)
		}
	}
	return list
}

func campaignID(id int64) string { return strconv.FormatInt(id, 10) }

func (c *campaign) vars() *scheme.Campaign {
	if c.shown == nil {
		c.shown = &scheme.Campaign{ID: campaignID(c.Key.Campaign), Name: c.Name, Tags: c.Tags}
	}
	return c.shown
}
