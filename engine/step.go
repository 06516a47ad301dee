package engine

import "kaskad/engine/scheme"

// Step moves one recipient by one event at the instant `now`. It returns the new state and what became of the event,
// and appends to out what is to be done. The same arguments always give the same results; in and s are not changed.
func Step(in *Input, s State, ev Event, now Instant, out *Effects) (State, Verdict) {
	w := walk{in: in, s: s, now: now, out: out, vars: in.Vars}
	v := w.event(&ev)
	return w.s, v
}

// walk is one step under way.
type walk struct {
	in   *Input
	s    State
	now  Instant
	out  *Effects
	vars *scheme.Vars
}

func (w *walk) event(ev *Event) Verdict {
	switch ev.Kind {
	case Timer:
		return w.timer(ev)
	case Acceptance:
		return w.accepted(ev)
	case Uncertainty:
		if w.s.Phase != Sending || w.s.Node != ev.Node {
			return Stale
		}
		w.s.Unsure = true
		return Applied
	case Fact:
		return w.fact(ev)
	case HookDone, HookFailed:
		return w.answered(ev)
	case Interrupt:
		if w.s.Phase == Ended {
			return Late
		}
		w.end(Interrupted, ev.Value)
		return Applied
	}
	return Stale
}

// timer is bound to the wait that set it: one that comes early belongs to another wait and changes nothing.
func (w *walk) timer(ev *Event) Verdict {
	due, ok := w.in.Program.Due(&w.s)
	if !ok || w.now < due {
		return Stale
	}
	switch w.s.Phase {
	case Fresh:
		w.enter(w.s.Node)
	case Held:
		w.launch(ev)
	case Sending, Waiting:
		if w.s.Wake != 0 {
			w.redial(ev)
		} else {
			w.timeout()
		}
	case Pausing:
		w.leave(w.hold().next, string(scheme.LinkNext))
	case Resting:
		if ev.Variant == "" {
			return Stale
		}
		w.choose(scheme.LinkVariant, ev.Variant)
	}
	return Applied
}

func (w *walk) node() *Node  { return &w.in.Program.Nodes[w.s.Node] }
func (w *walk) hold() *links { return &w.in.Program.Nodes[w.s.Node].hold }

// enter brings the recipient to a block. Blocks that decide at once lead straight to the next one, by recursion
// through leave; a cascade has no cycles, so that ends.
func (w *walk) enter(node int16) {
	w.s = State{Node: node, Entered: w.now, Heard: w.s.Heard}
	switch b := w.node().Block.(type) {
	case *Message:
		w.hand(b)
	case *Wait:
		if w.hold().next < 0 {
			w.end(Completed, noLink)
			return
		}
		w.s.Phase = Pausing
		w.s.Wake = At(b.Until(w.now.Time(), w.in.Zone))
	case *Choose:
		value, failed := b.Pick(w.at(""))
		w.out.Failures += failed
		w.choose(b.Type, value)
	case *Split:
		w.split(b)
	case *Goal:
		w.out.Goals = append(w.out.Goals, node)
		if w.hold().next < 0 {
			w.end(ReachedGoal, "goal")
			return
		}
		w.leave(w.hold().next, string(scheme.LinkNext))
	case *Hook:
		w.s.Phase = Calling
		w.out.Hooks = append(w.out.Hooks, HookCall{Node: node, At: w.now})
	case *Update:
		w.update(b)
		w.leave(w.hold().next, string(scheme.LinkNext))
	}
}

// at gives the values that expressions see in this step.
func (w *walk) at(reply string) *scheme.Vars {
	var v scheme.Vars
	if w.vars != nil {
		v = *w.vars
	}
	v.Now, v.Reply = w.now.Time(), reply
	return &v
}

const noLink = "no_link"

// choose leaves by the link of a variant or branch.
func (w *walk) choose(t scheme.LinkType, value string) {
	if link := w.hold().value(value); link >= 0 {
		w.step(link, string(t)+":"+value, value)
		w.enter(w.node().Links[link].To)
		return
	}
	w.step(-1, noLink, value)
	w.finish(Completed)
}

// leave goes on by a link; without one the walk ends.
func (w *walk) leave(link int16, reason string) {
	if link < 0 {
		w.end(Completed, noLink)
		return
	}
	to := w.node().Links[link].To
	w.step(link, reason, "")
	w.enter(to)
}

// end ends the walk at this block.
func (w *walk) end(o Outcome, reason string) {
	w.step(-1, reason, "")
	w.finish(o)
}

func (w *walk) finish(o Outcome) {
	w.s.Phase, w.s.Outcome, w.s.Wake = Ended, o, 0
}

func (w *walk) step(link int16, reason, chosen string) {
	if w.s.Phase == Fresh && w.s.Entered == 0 {
		return // ended before the first block was entered: there is no block to tell of
	}
	w.out.Trace = append(w.out.Trace, Record{Node: w.s.Node, Link: link, Attempts: w.s.Attempt, Facts: w.s.Facts,
		Entered: w.s.Entered, Sent: w.s.Launched, Decided: w.now, Reason: reason, Chosen: chosen})
}

// answered takes the result of a webhook's call.
func (w *walk) answered(ev *Event) Verdict {
	if w.s.Node != ev.Node || w.s.Phase != Calling {
		return Late
	}
	if ev.Kind == HookDone {
		w.leave(w.hold().next, string(scheme.LinkNext))
		return Applied
	}
	h := w.hold()
	reason := "error:" + ev.Value
	link, ok := h.errors[ev.Value]
	if !ok {
		link = h.anyError
	}
	if link < 0 {
		w.end(NotSent, reason)
	} else {
		w.leave(link, reason)
	}
	return Applied
}

// update changes a copy of the contact, which later blocks of this very step see.
func (w *walk) update(b *Update) {
	change := Change{Node: w.s.Node, Block: b}
	for _, a := range b.Set {
		v, err := a.Value.Eval(w.at(""))
		if err != nil {
			w.out.Failures++
			continue
		}
		if change.Set == nil {
			change.Set = make(map[string]any, len(b.Set))
		}
		change.Set[a.Key] = v
	}
	w.out.Changes = append(w.out.Changes, change)
	var old scheme.Contact
	if w.vars != nil && w.vars.Contact != nil {
		old = *w.vars.Contact
	}
	c := change.Apply(old)
	v := w.at("")
	v.Contact = &c
	w.vars, w.out.Contact = v, &c
}
