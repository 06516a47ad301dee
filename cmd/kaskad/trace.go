package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

func traceRecipient(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	c, ok := configure(t, args, l.pick("lang", "country")...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) != 2 {
		return t.refuse("usage: kaskad trace [flags] CAMPAIGN PHONE")
	}
	campaign, err := strconv.ParseInt(c.Args[0], 10, 64)
	if err != nil {
		return t.refuse("kaskad: CAMPAIGN is %q: give its number, as kaskad run printed it", c.Args[0])
	}
	phone, why := audience.NormalisePhone(c.Args[1], l.country)
	if why != "" {
		return t.refuse("kaskad: PHONE is %q: not a phone number (%s)", c.Args[1], why)
	}
	d, err := openDatabase(ctx, c, quiet(c, t))
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	defer d.close()
	w := speak(languageOf(l.language, t.env))
	key := run.CampaignKey{Account: defaultAccount, Campaign: campaign}
	walks, err := d.Trace(ctx, key, phone)
	if errors.Is(err, store.ErrNotFound) {
		fmt.Fprintln(t.err, w.say("trace_none", phone, c.Args[0]))
		return exitNo
	}
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	info, err := d.Campaign(ctx, key)
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	program, err := compileScheme(info.Document)
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	for i := range walks {
		n := newNarrator(w, info, program, phone, &walks[i])
		for _, line := range n.lines() {
			fmt.Fprintln(t.out, line)
		}
	}
	return exitOK
}

// pick gives some of the flags of `kaskad run`.
func (l *launch) pick(names ...string) []setting {
	var list []setting
	for _, s := range l.flags() {
		if slices.Contains(names, s.flag) {
			list = append(list, s)
		}
	}
	return list
}

// narrator tells a walk in words, on the recipient's clock.
type narrator struct {
	w       words
	c       *run.Campaign
	input   engine.Campaign
	program *engine.Program
	phone   string
	t       *store.Trace
	zone    *time.Location
	doubt   []*time.Location
	said    []moment
}

// moment is a line of the walk; those of one instant keep the order in which they were added.
type moment struct {
	at   time.Time
	text string
}

func newNarrator(w words, c *run.Campaign, program *engine.Program, phone string, t *store.Trace) *narrator {
	n := &narrator{w: w, c: c, program: program.Hasten(c.Hurry), phone: phone, t: t, zone: time.UTC}
	name, maybe := run.Doubt(t.Recipient.Zone)
	for _, z := range maybe {
		if loc, err := scheme.LoadZone(z); err == nil {
			n.doubt = append(n.doubt, loc)
		}
	}
	if loc, err := scheme.LoadZone(name); err == nil {
		n.zone = loc
	}
	n.input = engine.Campaign{Start: c.Start, Window: c.Window, End: c.End, Zone: time.UTC}
	if loc, err := scheme.LoadZone(c.Zone); err == nil {
		n.input.Zone = loc
	}
	if c.Window != nil {
		if loc, err := scheme.LoadZone(c.Window.Zone); err == nil {
			n.input.WindowIn = loc
		}
	}
	return n
}

func (n *narrator) add(at time.Time, key string, args ...any) {
	n.said = append(n.said, moment{at, n.w.say(key, args...)})
}

func (n *narrator) lines() []string {
	zone := n.zone.String()
	if len(n.doubt) > 0 {
		zone = n.w.say("trace_zone_unknown", zone)
	}
	head := n.w.say("trace_title", n.phone, n.t.Recipient.Ordinal, n.c.Key.Campaign, clip(n.c.Name, 80), zone)
	n.words() // first: of one instant, a fact comes before what it decides
	for i := range n.t.Steps {
		n.step(&n.t.Steps[i])
	}
	n.here()
	slices.SortStableFunc(n.said, func(a, b moment) int { return a.at.Compare(b.at) })
	list := []string{head}
	for _, m := range n.said {
		list = append(list, "  "+m.at.In(n.zone).Format("2006-01-02 15:04:05.000")+"  "+m.text)
	}
	return list
}

// step tells how a block was entered, why its message was held, and how it was left.
func (n *narrator) step(s *engine.Record) {
	node := &n.program.Nodes[s.Node]
	n.entered(s.Node, s.Entered, s.Sent)
	n.messages(s.Node)
	decided := s.Decided.Time()
	if s.Link >= 0 {
		link := &node.Links[s.Link]
		n.add(decided, "trace_decided", n.reason(s.Reason), link.ID, n.name(link.To))
		return
	}
	if n.t.Ended != 0 && s == n.last() {
		n.add(decided, "trace_ended", n.w.say(n.t.Recipient.State.Outcome.String()), n.reason(s.Reason))
		return
	}
	n.add(decided, "trace_decided_no_link", n.reason(s.Reason))
}

func (n *narrator) last() *engine.Record { return &n.t.Steps[len(n.t.Steps)-1] }

func (n *narrator) name(node int16) string {
	b := &n.program.Nodes[node]
	return clip(cmp.Or(b.Name, b.ID), 60)
}

func (n *narrator) reason(reason string) string {
	kind, detail, ok := strings.Cut(reason, ":")
	if !ok {
		return n.w.say(reason)
	}
	return n.w.say(kind) + " " + detail
}

func (n *narrator) entered(node int16, at, sent engine.Instant) {
	n.add(at.Time(), "trace_entered", n.name(node), n.program.Nodes[node].Type)
	if sent == 0 {
		return
	}
	open, ok := n.program.Opening(&n.input, n.zone, n.doubt, node, at)
	if ok && open > at {
		n.add(at.Time(), "trace_held_window", open.Time().In(n.zone).Format("2006-01-02 15:04:05"))
	}
	if waited := sent.Sub(max(open, at)).Round(time.Millisecond); waited >= time.Second {
		n.add(max(open, at).Time(), "trace_held_turn", waited)
	}
}

func (n *narrator) messages(node int16) {
	for i := range n.t.Messages {
		m := &n.t.Messages[i]
		if m.Node != node {
			continue
		}
		if m.Attempt > 1 {
			n.add(m.Launched, "trace_redialled", m.Attempt)
		}
		n.add(m.Launched, "trace_sent", m.Address, clip(m.Text, 200))
	}
}

// here tells where the recipient stands if the walk goes on.
func (n *narrator) here() {
	st := &n.t.Recipient.State
	if st.Phase == engine.Ended {
		return
	}
	if st.Phase == engine.Fresh {
		n.add(st.Wake.Time(), "trace_not_started", st.Wake.Time().In(n.zone).Format(time.DateTime))
		return
	}
	n.entered(st.Node, st.Entered, st.Launched)
	n.messages(st.Node)
	if st.Unsure {
		n.add(st.Launched.Time(), "trace_uncertain")
	}
	due, ok := n.program.Due(st)
	if !ok {
		n.add(st.Entered.Time(), "trace_waits_event", n.name(st.Node))
		return
	}
	n.add(max(due, st.Entered).Time(), "trace_waits", n.name(st.Node), due.Time().In(n.zone).Format(time.DateTime))
}

// words tells what providers and the person said, and what broke.
func (n *narrator) words() {
	left := map[int16]time.Time{}
	for i := range n.t.Steps {
		left[n.t.Steps[i].Node] = n.t.Steps[i].Decided.Time()
	}
	for _, a := range n.t.Answers {
		n.add(a.Recorded, "trace_accepted", clip(a.ProviderID, 80))
	}
	for _, f := range n.t.Facts {
		if f.Implied {
			continue
		}
		text := n.w.say(f.Name)
		if f.Value != "" {
			text = n.w.say("trace_fact_value", text, clip(f.Value, 120))
		}
		if at, gone := left[f.Node]; gone && f.Recorded.After(at) {
			text += " " + n.w.say("trace_late")
		}
		n.said = append(n.said, moment{f.Recorded, text})
	}
	for _, x := range n.t.Troubles {
		n.add(x.At, "trace_trouble", clip(x.What, 200))
	}
}
