package trace

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/ids"
)

// Show gives a walk as data, with its words in both languages.
func Show(w *Walk) *Shown {
	n := newNarrator(w, "en")
	s := &Shown{Campaign: ids.ID(w.Campaign.ID), Number: w.Ordinal, Contact: ids.ID(w.Contact), Phone: w.Phone, Zone: w.Zone,
		Known: len(w.Maybe) == 0, State: standing(&w.State), Node: w.id(w.State.Node), Ended: instant(w.Ended), Steps: []ShownStep{},
		Messages: []ShownMessage{}, Facts: []ShownFact{}, Troubles: []ShownTrouble{}, Words: Words{EN: Tell(w, "en"), RU: Tell(w, "ru")}}
	if w.State.Phase != engine.Ended {
		if due, ok := n.program.Due(&w.State); ok {
			s.WaitsFor = instant(due)
		}
	}
	for i := range w.Steps {
		s.Steps = append(s.Steps, n.shownStep(&w.Steps[i]))
	}
	if st := &w.State; st.Phase != engine.Ended && st.Phase != engine.Fresh {
		s.Steps = append(s.Steps, n.shownHere(st))
	}
	s.Messages = w.shownMessages()
	left := w.left()
	for _, f := range w.Facts {
		at, gone := left[f.Node]
		s.Facts = append(s.Facts, ShownFact{Node: w.id(f.Node), Attempt: f.Attempt, Fact: f.Name, Value: f.Value, Implied: f.Implied,
			Late: gone && f.Recorded.After(at), Recorded: f.Recorded.UTC(), At: f.At})
	}
	for _, t := range w.Troubles {
		s.Troubles = append(s.Troubles, ShownTrouble{Node: w.id(t.Node), What: t.What, At: t.At.UTC()})
	}
	return s
}

func standing(s *engine.State) string {
	switch s.Phase {
	case engine.Fresh:
		return "waiting"
	case engine.Ended:
		return s.Outcome.String()
	}
	return "open"
}

func (w *Walk) id(node int16) string {
	if node < 0 || int(node) >= len(w.Program.Nodes) {
		return ""
	}
	return w.Program.Nodes[node].ID
}

func (n *narrator) shownHere(st *engine.State) ShownStep {
	b := &n.program.Nodes[st.Node]
	step := ShownStep{Node: b.ID, Type: b.Type, Name: b.Name, Entered: st.Entered.Time(), Sent: instant(st.Launched), Facts: factsOf(st.Facts)}
	n.hold(&step, st.Node, st.Entered, st.Launched)
	return step
}

func (n *narrator) shownStep(r *engine.Record) ShownStep {
	b := &n.program.Nodes[r.Node]
	step := ShownStep{Node: b.ID, Type: b.Type, Name: b.Name, Entered: r.Entered.Time(), Sent: instant(r.Sent),
		Decided: instant(r.Decided), Reason: r.Reason, Chosen: r.Chosen, Facts: factsOf(r.Facts)}
	n.hold(&step, r.Node, r.Entered, r.Sent)
	if r.Link >= 0 && int(r.Link) < len(b.Links) {
		l := &b.Links[r.Link]
		step.Link, step.To = l.ID, n.program.Nodes[l.To].ID
	}
	return step
}

func (n *narrator) hold(step *ShownStep, node int16, at, sent engine.Instant) {
	open, turn := n.held(node, at, sent)
	step.HeldUntil = instant(open)
	if turn != 0 {
		step.HeldFor = turn.String()
	}
}

func (w *Walk) shownMessages() []ShownMessage {
	list := []ShownMessage{}
	for i := range w.Messages {
		m := &w.Messages[i]
		shown := ShownMessage{Node: w.id(m.Node), Attempt: m.Attempt, Launched: m.Launched.UTC(), Address: m.Address, Text: m.Text}
		for _, a := range w.Answers {
			if a.Node == m.Node && a.Attempt == m.Attempt {
				at := a.Recorded.UTC()
				shown.Accepted, shown.Connection, shown.ProviderID = &at, a.Connection, a.ProviderID
			}
		}
		list = append(list, shown)
	}
	return list
}

func factsOf(f engine.Facts) []string {
	var list []string
	for bit := engine.Facts(1); bit != 0; bit <<= 1 {
		if f&bit != 0 {
			list = append(list, bit.String())
		}
	}
	return list
}

func instant(i engine.Instant) *time.Time {
	if i == 0 {
		return nil
	}
	t := i.Time()
	return &t
}
