package engine

import (
	"slices"

	"kaskad/engine/scheme"
)

// StepDialog moves one dialog by one event at the instant `now`. It returns the new state and what became of the
// event, and appends to out what is to be done. The same arguments always give the same results; in and s are not
// changed. Instants must not go back from one call to the next.
//
// A timer that is overdue when another event comes is taken first; one of this very instant is not, so whoever
// answers at the last instant is in time. Offers of operators who have gone or filled up end before the event too.
func StepDialog(in *DialogInput, s DialogState, ev DialogEvent, now Instant, out *DialogEffects) (DialogState, Verdict) {
	w := newDialogWalk(in, s, now, out)
	v := w.event(&ev)
	w.trace()
	return w.s, v
}

// dialogWalk is one step of a dialog under way.
type dialogWalk struct {
	in     *DialogInput
	s      DialogState
	now    Instant
	out    *DialogEffects
	vars   scheme.Vars
	dialog scheme.Dialog
	next   int16   // the block to enter, -1 for none
	traced bool    // the current step is in the trace as it stands
	timeUp bool    // the timer of this operation has come
	before []Offer // open when the step began
}

func newDialogWalk(in *DialogInput, s DialogState, now Instant, out *DialogEffects) *dialogWalk {
	w := &dialogWalk{in: in, s: s, now: now, out: out, next: -1, traced: true, before: s.Offers}
	w.s.Offers, w.s.Had = slices.Clone(s.Offers), slices.Clone(s.Had)
	if in.Vars != nil {
		w.vars = *in.Vars
	}
	if w.vars.Dialog != nil {
		w.dialog = *w.vars.Dialog
	}
	started := s.Started
	if s.Step == 0 {
		started = now
	}
	w.dialog.Waiting = int(now.Sub(started).Seconds())
	w.vars.Dialog, w.vars.Now = &w.dialog, now.Time()
	return w
}

func (w *dialogWalk) event(ev *DialogEvent) Verdict {
	if ev.Kind == DialogStart {
		return w.start(ev)
	}
	if w.s.Outcome != DialogOpen {
		return Late
	}
	if w.s.Step == 0 || w.stale(ev) {
		return Stale
	}
	if ev.Kind != DialogHookDone && ev.Kind != DialogHookFailed {
		w.s.Hops = 0
	}
	if w.s.Timer != 0 && (w.s.Timer < w.now || ev.Kind == DialogTimer) {
		w.expire()
	}
	w.reconcile()
	if ev.Kind == DialogTimer {
		return Applied
	}
	if w.s.Outcome != DialogOpen {
		return Late
	}
	v := w.apply(ev)
	w.run()
	return v
}

func (w *dialogWalk) start(ev *DialogEvent) Verdict {
	if w.s.Step != 0 {
		return Stale
	}
	w.vars.Message = ev.Text
	w.s = DialogState{Started: w.now}
	w.next = w.in.Program.Entry
	w.run()
	return Applied
}

// stale reports whether a timer or a webhook's answer belongs to another wait.
func (w *dialogWalk) stale(ev *DialogEvent) bool {
	switch ev.Kind {
	case DialogTimer:
		return ev.Wait != w.s.Wait || w.s.Timer == 0 || w.now < w.s.Timer
	case DialogHookDone, DialogHookFailed:
		_, calling := w.node().Block.(*Hook)
		return ev.Wait != w.s.Wait || !calling
	default:
		return false
	}
}

func (w *dialogWalk) apply(ev *DialogEvent) Verdict {
	switch ev.Kind {
	case DialogMessage:
		w.vars.Message = ev.Text
		if m, ok := w.node().Block.(*Menu); ok {
			w.answer(m, ev.Text)
		}
	case OfferAccepted:
		return w.accept(ev.Operator)
	case OfferDeclined:
		return w.decline(ev.Operator)
	case DialogAssigned:
		w.give(ev.Operator)
	case DialogShut:
		w.end(DialogClosed, "closed")
	case DialogHookDone:
		w.leave(scheme.LinkNext, "", "next")
	case DialogHookFailed:
		w.hookFailed(ev.Text)
	}
	return Applied
}

// expire does what the state's timer was set for.
func (w *dialogWalk) expire() {
	switch b := w.node().Block.(type) {
	case *Wait:
		w.leave(scheme.LinkNext, "", "next")
	case *Menu:
		w.leave(scheme.LinkTimeout, "", "timeout")
	case *Distribute:
		w.lapse(b)
	}
	w.run()
}

// run enters blocks until one of them waits or the walk ends.
func (w *dialogWalk) run() {
	for w.next >= 0 && w.s.Outcome == DialogOpen {
		w.s.Node, w.next = w.next, -1
		w.s.Step++
		w.s.Wait++
		w.s.Entered, w.s.Timer, w.s.Had = w.now, 0, nil
		w.traced = false
		w.enter()
	}
}

func (w *dialogWalk) enter() {
	switch b := w.node().Block.(type) {
	case *Distribute:
		w.open(b)
	case *Menu:
		w.say(b.Text, b.Options)
		if b.Timeout > 0 {
			w.setTimer(w.now.Add(b.Timeout))
		}
	case *Wait:
		w.delay(b)
	case *Hook:
		w.call(b)
	case *Close:
		w.end(DialogClosed, "closed")
	default:
		w.pass(b)
	}
}

// pass goes through a block that decides at once.
func (w *dialogWalk) pass(block Block) {
	switch b := block.(type) {
	case *Choose:
		value, failed := b.Pick(&w.vars)
		w.out.Failures += failed
		w.leave(b.Type, value, string(b.Type)+":"+value)
		return
	case *Hours:
		value := "closed"
		if b.Open(w.now.Time(), orUTC(w.in.Account)) {
			value = "open"
		}
		w.leave(scheme.LinkBranch, value, "branch:"+value)
		return
	case *Say:
		w.say(b.Text, nil)
	case *Retag:
		w.retag(b)
	case *Prioritise:
		level := b.Level
		w.dialog.Priority, w.out.Priority = level, &level
	case *Update:
		w.update(b)
	}
	w.leave(scheme.LinkNext, "", "next")
}

func (w *dialogWalk) node() *Node { return &w.in.Program.Nodes[w.s.Node] }

// link finds the link of an outcome, -1 where none is drawn.
func (w *dialogWalk) link(t scheme.LinkType, value string) int16 {
	return int16(slices.IndexFunc(w.node().Links, func(l Link) bool { return l.Type == t && l.Value == value }))
}

// leave goes on by the link of an outcome; where none is drawn the walk ends.
func (w *dialogWalk) leave(t scheme.LinkType, value, reason string) {
	link := w.link(t, value)
	if link < 0 {
		w.end(DialogCompleted, noLink)
		return
	}
	w.follow(link, reason)
}

func (w *dialogWalk) follow(link int16, reason string) {
	w.decide(link, reason)
	if w.s.Hops++; w.s.Hops >= MaxTransitions {
		w.finish(DialogFailed)
		return
	}
	w.next = w.node().Links[link].To
}

// end ends the walk at this block.
func (w *dialogWalk) end(o DialogOutcome, reason string) {
	w.decide(-1, reason)
	w.finish(o)
}

func (w *dialogWalk) finish(o DialogOutcome) {
	w.s.Outcome, w.s.Ended, w.s.Timer, w.s.Had = o, w.now, 0, nil
	w.s.Wait++
}

// decide closes the current step. Nobody may accept once the block is left.
func (w *dialogWalk) decide(link int16, reason string) {
	w.dropAll(OfferWithdrawn)
	w.out.Trace = append(w.out.Trace, DialogStep{Step: w.s.Step, Node: w.s.Node, Link: link, Entered: w.s.Entered,
		Decided: w.now, Reason: reason})
	w.traced = true
}

// trace tells of a block that was entered and not left.
func (w *dialogWalk) trace() {
	if !w.traced {
		w.out.Trace = append(w.out.Trace, DialogStep{Step: w.s.Step, Node: w.s.Node, Link: -1, Entered: w.s.Entered})
	}
}

func (w *dialogWalk) setTimer(at Instant) {
	if w.s.Timer != at {
		w.s.Timer = at
		w.s.Wait++
	}
}

// reasonError is what a step says of a webhook that failed.
func reasonError(reason string) string { return string(scheme.LinkError) + ":" + reason }
