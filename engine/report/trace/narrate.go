package trace

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// narrator tells a walk in words, on the recipient's clock.
type narrator struct {
	w       words
	walk    *Walk
	program *engine.Program
	input   engine.Campaign
	zone    *time.Location
	doubt   []*time.Location
	said    []Line
}

func newNarrator(walk *Walk, language string) *narrator {
	n := &narrator{w: speak(language), walk: walk, program: walk.Program.Hasten(walk.Campaign.Hurry), zone: time.UTC}
	for _, z := range walk.Maybe {
		if loc, err := scheme.LoadZone(z); err == nil {
			n.doubt = append(n.doubt, loc)
		}
	}
	if loc, err := scheme.LoadZone(walk.Zone); err == nil {
		n.zone = loc
	}
	c := &walk.Campaign
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

// Tell tells a walk in a language, ru or en: what there is to say of it, and its moments in order. Instants within the
// texts are on the recipient's clock.
func Tell(walk *Walk, language string) Told {
	n := newNarrator(walk, language)
	zone := n.zone.String()
	if len(n.doubt) > 0 {
		zone = n.w.say("zone_unknown", zone)
	}
	title := n.w.say("title", walk.Phone, walk.Ordinal, walk.Campaign.ID, Clip(walk.Campaign.Name, 80), zone)
	n.reports() // first: of one instant, a fact comes before what it decides
	for i := range walk.Steps {
		n.step(&walk.Steps[i])
	}
	n.here()
	slices.SortStableFunc(n.said, func(a, b Line) int { return a.At.Compare(b.At) })
	return Told{Title: title, Lines: append([]Line{}, n.said...)}
}

// Clock is the recipient's clock.
func (w *Walk) Clock() *time.Location {
	if loc, err := scheme.LoadZone(w.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// add says something; those of one instant keep the order in which they were added.
func (n *narrator) add(at time.Time, key string, args ...any) {
	n.said = append(n.said, Line{at.UTC(), n.w.say(key, args...)})
}

// step tells how a block was entered, why its message was held, and how it was left.
func (n *narrator) step(s *engine.Record) {
	node := &n.program.Nodes[s.Node]
	n.entered(s.Node, s.Entered, s.Sent)
	n.messages(s.Node)
	decided := s.Decided.Time()
	if s.Link >= 0 {
		link := &node.Links[s.Link]
		n.add(decided, "decided", n.w.reason(s.Reason), link.ID, n.name(link.To))
		return
	}
	if n.walk.Ended != 0 && s == &n.walk.Steps[len(n.walk.Steps)-1] {
		n.ended(decided, n.walk.State.Outcome.String(), s.Reason)
		return
	}
	n.add(decided, "decided_no_link", n.w.reason(s.Reason))
}

// ended tells how the walk ended, and why where that is not the same.
func (n *narrator) ended(at time.Time, outcome, reason string) {
	if outcome == reason {
		n.add(at, "ended_goal", n.w.say(outcome))
		return
	}
	n.add(at, "ended", n.w.say(outcome), n.w.reason(reason))
}

func (n *narrator) name(node int16) string {
	b := &n.program.Nodes[node]
	return Clip(cmp.Or(b.Name, b.ID), 60)
}

// kind names a type of block.
func (n *narrator) kind(name string) string {
	if text, known := n.w["type_"+name]; known {
		return text
	}
	return name
}

func (w words) reason(reason string) string {
	kind, detail, ok := strings.Cut(reason, ":")
	switch {
	case !ok:
		return w.say(reason)
	case kind == string(scheme.LinkError):
		return w.say("fact_value", w.say(kind), w.mistake(detail))
	case detail == "else":
		return w.say(kind) + " " + w.say(detail)
	}
	return w.say(kind) + " " + detail
}

// mistake gives the reason of an error in words, and as links name it; a webhook's is shown as it is.
func (w words) mistake(reason string) string {
	if text, known := w["error_"+reason]; known {
		return w.say("error_known", text, reason)
	}
	return Clip(reason, 120)
}

// held tells until when the window held a message, and for how long it then waited for its turn; zero: not at all.
func (n *narrator) held(node int16, at, sent engine.Instant) (open engine.Instant, turn time.Duration) {
	if sent == 0 {
		return 0, 0
	}
	open, ok := n.program.Opening(&n.input, n.zone, n.doubt, node, at)
	if open > sent { // the window was another then
		open = at
	}
	if waited := sent.Sub(max(open, at)).Round(time.Millisecond); waited >= time.Second {
		turn = waited
	}
	if !ok || open <= at {
		open = 0
	}
	return open, turn
}

func (n *narrator) entered(node int16, at, sent engine.Instant) {
	n.add(at.Time(), "entered", n.name(node), n.kind(n.program.Nodes[node].Type))
	open, turn := n.held(node, at, sent)
	if open != 0 {
		n.add(at.Time(), "held_window", open.Time().In(n.zone).Format(time.DateTime))
	}
	if turn != 0 {
		n.add(max(open, at).Time(), "held_turn", n.w.lasting(turn))
	}
}

func (n *narrator) messages(node int16) {
	for i := range n.walk.Messages {
		m := &n.walk.Messages[i]
		if m.Node != node {
			continue
		}
		if m.Attempt > 1 {
			n.add(m.Launched, "redialled", m.Attempt)
		}
		n.add(m.Launched, "sent", m.Address, Clip(m.Text, 200))
	}
}

// here tells where the recipient stands if the walk goes on.
func (n *narrator) here() {
	st := &n.walk.State
	if st.Phase == engine.Ended {
		return
	}
	if st.Phase == engine.Fresh {
		n.add(st.Wake.Time(), "not_started", st.Wake.Time().In(n.zone).Format(time.DateTime))
		return
	}
	n.entered(st.Node, st.Entered, st.Launched)
	if st.Phase == engine.Held {
		n.heldNow(st)
		return
	}
	n.messages(st.Node)
	if st.Unsure {
		n.add(st.Launched.Time(), "uncertain")
	}
	due, ok := n.program.Due(st)
	if !ok {
		n.add(st.Entered.Time(), "waits_event", n.name(st.Node))
		return
	}
	n.add(max(due, st.Entered).Time(), "waits", n.name(st.Node), due.Time().In(n.zone).Format(time.DateTime))
}

// heldNow tells why a message was not launched yet.
func (n *narrator) heldNow(st *engine.State) {
	open, ok := n.program.Opening(&n.input, n.zone, n.doubt, st.Node, st.Entered)
	if !ok || open <= st.Entered {
		n.add(max(st.Wake, st.Entered).Time(), "waits_turn", n.name(st.Node))
		return
	}
	n.add(st.Entered.Time(), "held_window_now", open.Time().In(n.zone).Format(time.DateTime))
	n.add(max(st.Wake, open).Time(), "waits", n.name(st.Node), max(st.Wake, open).Time().In(n.zone).Format(time.DateTime))
}

// left are the instants at which blocks were left.
func (w *Walk) left() map[int16]time.Time {
	left := map[int16]time.Time{}
	for i := range w.Steps {
		left[w.Steps[i].Node] = w.Steps[i].Decided.Time()
	}
	return left
}

// reports tells what providers and the person said, and what broke.
func (n *narrator) reports() {
	left := n.walk.left()
	for _, a := range n.walk.Answers {
		n.add(a.Recorded, "accepted", Clip(a.ProviderID, 80))
	}
	for _, f := range n.walk.Facts {
		if f.Implied {
			continue
		}
		text := n.w.say(f.Name)
		if f.Value != "" {
			value := Clip(f.Value, 120)
			if f.Name == engine.Failed.String() {
				value = n.w.mistake(f.Value)
			}
			text = n.w.say("fact_value", text, value)
		}
		if at, gone := left[f.Node]; gone && f.Recorded.After(at) {
			text += " " + n.w.say("late")
		}
		n.said = append(n.said, Line{f.Recorded.UTC(), text})
	}
	for _, x := range n.walk.Troubles {
		n.add(x.At, "trouble", n.trouble(x.What))
	}
}

// trouble is what broke, in the reader's language where it is one of the runtime's own words. What an expression says of its
// mistake is stored as it was said.
func (n *narrator) trouble(what string) string {
	for _, key := range []string{"trouble_expression", "trouble_stored", "trouble_aside"} {
		if what == speak("en").say(key) {
			return n.w.say(key)
		}
	}
	return Clip(what, 200)
}
