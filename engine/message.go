package engine

// hand puts a message before its launch: at the first instant that the window allows.
func (w *walk) hand(m *Message) {
	at, ok := w.opening(w.now)
	if !ok {
		w.failed(m, WindowClosed, NoStop)
		return
	}
	w.s.Phase, w.s.Wake = Held, at
}

// launch is the timer of a held message. The caller may have delivered it late (a rate, a queue, back-pressure), so
// the window is asked again.
func (w *walk) launch(ev *Event) {
	m := w.node().Block.(*Message)
	at, ok := w.opening(w.now)
	switch {
	case !ok:
		w.failed(m, WindowClosed, NoStop)
	case at > w.now:
		w.s.Wake = at
	case ev.Scope != NoStop:
		w.failed(m, OnStopList, ev.Scope)
	case ev.Value != "":
		w.failed(m, ev.Value, NoStop)
	default:
		w.s.Phase, w.s.Wake, w.s.Attempt, w.s.Launched = Sending, 0, 1, w.now
		w.out.Launches = append(w.out.Launches, Launch{Node: w.s.Node, Attempt: 1, At: w.now})
	}
}

// redial is the timer of the next call.
func (w *walk) redial(ev *Event) {
	m := w.node().Block.(*Message)
	at, ok := w.opening(w.now)
	switch {
	case !ok || at >= w.in.Program.deadline(&w.s):
		w.s.Wake = 0
		w.unanswered(NoAnswer.String())
	case at > w.now:
		w.s.Wake = at
	case ev.Scope != NoStop:
		w.failed(m, OnStopList, ev.Scope)
	case ev.Value != "":
		w.failed(m, ev.Value, NoStop)
	default:
		w.s.Wake = 0
		w.s.Attempt++
		w.out.Launches = append(w.out.Launches, Launch{Node: w.s.Node, Attempt: w.s.Attempt, At: w.now})
	}
}

// accepted starts the decision time. From here on a block that no link can lead out of is over.
func (w *walk) accepted(ev *Event) Verdict {
	if w.s.Phase == Waiting && w.s.Node == ev.Node {
		return Repeated
	}
	if w.s.Phase != Sending || w.s.Node != ev.Node {
		return Stale
	}
	w.accept()
	w.settle()
	return Applied
}

func (w *walk) accept() {
	if w.s.Accepted == 0 {
		w.s.Accepted = w.now
	}
	w.s.Phase, w.s.Unsure = Waiting, false
}

// timeout is the end of the decision time. Before an acceptance it means that the provider was never reached, unless
// nobody knows: then the message counts as accepted at its launch.
func (w *walk) timeout() {
	m := w.node().Block.(*Message)
	h := w.hold()
	if w.s.Accepted == 0 && !w.s.Unsure && w.s.Facts == 0 && w.s.Attempt <= 1 {
		w.failed(m, Unreachable, NoStop)
		return
	}
	f := w.s.Facts
	switch {
	case f&Viewed != 0 && h.viewed >= 0:
		w.leave(h.viewed, "viewed")
	case f&Delivered != 0 && h.delivered >= 0:
		w.leave(h.delivered, "delivered")
	case f&Pressed != 0 && f&Final == 0:
		w.hungUp()
	case f&(Delivered|Final) == 0:
		w.unanswered("timeout")
	default:
		w.end(Completed, noLink)
	}
}

// hungUp decides a call that was answered, or in which a key was pressed.
func (w *walk) hungUp() bool {
	h := w.hold()
	if w.s.Key != 0 {
		w.leave(h.keys[string(w.s.Key)], "ivr:"+string(w.s.Key))
		return true
	}
	if h.answered >= 0 {
		w.leave(h.answered, "answered")
		return true
	}
	if w.s.Facts&Answered == 0 {
		w.end(Completed, noLink)
		return true
	}
	return false
}

// unanswered makes not_delivered (no_answer of a call) true.
func (w *walk) unanswered(reason string) {
	h := w.hold()
	link, fact := h.notDelivered, NotDelivered
	if w.node().Block.(*Message).Call() {
		link, fact = h.noAnswer, NoAnswer
	}
	w.s.Facts |= fact
	if link >= 0 {
		w.leave(link, reason)
		return
	}
	if reason == "timeout" {
		w.end(Completed, noLink)
		return
	}
	w.settle()
}

// failed is an error: the link of its reason, else of any, else the message counts as not delivered, else the walk
// ends. Someone who stopped everything is not sent on to the next channel.
func (w *walk) failed(m *Message, why string, stop Scope) {
	h := w.hold()
	w.s.Facts |= Failed
	reason := errorReason(why)
	link, ok := h.errors[why]
	if !ok {
		link = h.anyError
	}
	if link < 0 && stop != AllChannels {
		link = h.notDelivered
		if m.Call() {
			link = h.noAnswer
		}
	}
	switch {
	case link >= 0:
		w.leave(link, reason)
	case why == WindowClosed || why == OnStopList:
		w.end(Interrupted, reason)
	default:
		w.end(NotSent, reason)
	}
}

// errorReason avoids building the common strings anew for every recipient.
func errorReason(why string) string {
	switch why {
	case NoAddress:
		return "error:no_address"
	case WindowClosed:
		return "error:window_closed"
	case OnStopList:
		return "error:unsubscribed"
	case Rejected:
		return "error:rejected"
	case Unreachable:
		return "error:unavailable"
	}
	return "error:" + why
}

// settle decides what was held back once nothing better can come, and ends the walk where nothing can come at all.
func (w *walk) settle() {
	m := w.node().Block.(*Message)
	h, f := w.hold(), w.s.Facts
	over := f&Final != 0
	better := !over && (h.clicked >= 0 && m.Clickable || len(h.replies) > 0)
	switch {
	case f&Viewed != 0 && h.viewed >= 0 && !better:
		w.leave(h.viewed, "viewed")
	case f&Delivered != 0 && h.delivered >= 0 && !better && (over || h.viewed < 0):
		w.leave(h.delivered, "delivered")
	case w.s.Accepted != 0 && !w.possible(m):
		w.end(Completed, noLink)
	}
}

// possible reports whether any drawn link can still come true, or is true and held back.
func (w *walk) possible(m *Message) bool {
	h, f := w.hold(), w.s.Facts
	if f&Final != 0 {
		return false
	}
	if h.delivered >= 0 || h.viewed >= 0 || h.clicked >= 0 && m.Clickable || len(h.replies) > 0 ||
		h.answered >= 0 || len(h.keys) > 0 || h.spam >= 0 || h.unsubscribed >= 0 {
		return true
	}
	reached := f&(Delivered|Pressed) != 0
	return !reached && (h.notDelivered >= 0 || h.noAnswer >= 0 || h.anyError >= 0 || len(h.errors) > 0)
}
