package engine

import (
	"strings"
	"unicode"

	"kaskad/engine/scheme"
)

// fact takes something that came true for a message.
func (w *walk) fact(ev *Event) Verdict {
	m, ok := w.message(ev.Node)
	if !ok || ev.Attempt == 0 || int(ev.Attempt) > m.Attempts {
		return Unavailable
	}
	scope, fact := w.meaning(m, ev)
	if fact == 0 {
		return Unavailable
	}
	here := w.s.Node == ev.Node && (w.s.Phase == Sending || w.s.Phase == Waiting)
	if here && ev.Attempt > w.s.Attempt {
		return Stale
	}
	if fact == Spam || fact == Unsubscribed {
		return w.stop(ev, fact, scope, here)
	}
	if !here {
		return Late
	}
	if ev.Attempt < w.s.Attempt || w.s.Wake != 0 { // that call failed, and its failure was its end
		if fact == NoAnswer {
			return Repeated
		}
		return Contradicts
	}
	if v := w.s.contradiction(fact); v != Applied {
		return v
	}
	if w.s.Accepted == 0 && w.now > w.s.Launched {
		w.accept() // any fact is an acceptance
	}
	return w.apply(m, ev, fact)
}

func (w *walk) message(node int16) (*Message, bool) {
	if node < 0 || int(node) >= len(w.in.Program.Nodes) {
		return nil, false
	}
	m, ok := w.in.Program.Nodes[node].Block.(*Message)
	return m, ok
}

// meaning tells what an event says about the message: a stop word is no reply, a key may be a stop, and what the
// channel does not offer is nothing at all.
func (w *walk) meaning(m *Message, ev *Event) (Scope, Facts) {
	switch ev.Fact {
	case Replied:
		if IsStop(ev.Value, w.in.Campaign.StopWords) {
			return AllChannels, Unsubscribed
		}
	case Pressed:
		action, ok := m.Keys[ev.Key]
		if !ok {
			return NoStop, 0
		}
		if action == KeyUnsubscribe {
			return AllChannels, Unsubscribed
		}
		return NoStop, Pressed
	case Clicked:
		if !m.Clickable {
			return NoStop, 0
		}
	case Failed:
		return NoStop, Failed
	case Unsubscribed:
		if ev.Scope == AllChannels {
			return AllChannels, Unsubscribed
		}
	}
	if m.Offers&ev.Fact == 0 {
		return NoStop, 0
	}
	return ThisChannel, ev.Fact
}

// stop hears that the person wants nothing more. While the message is waited for, a drawn link decides; otherwise
// the walk is over, wherever it is.
func (w *walk) stop(ev *Event, fact Facts, scope Scope, here bool) Verdict {
	if w.s.heard(ev.Node, ev.Attempt, fact, scope) {
		if here {
			return Repeated
		}
		return Late
	}
	w.out.Stops = append(w.out.Stops, Stop{Node: ev.Node, Attempt: ev.Attempt, Scope: scope, Spam: fact == Spam})
	reason, link := "unsubscribed", w.in.Program.Nodes[ev.Node].hold.unsubscribed
	if fact == Spam {
		reason, link = "spam", w.in.Program.Nodes[ev.Node].hold.spam
	}
	switch {
	case w.s.Phase == Ended:
		return Late
	case here && link >= 0:
		w.s.Facts |= fact
		w.leave(link, reason)
		return Applied
	case here:
		w.s.Facts |= fact
		w.end(Interrupted, reason)
		return Applied
	}
	w.end(Interrupted, reason)
	return Late
}

// contradiction holds a fact against what came before.
func (s *State) contradiction(fact Facts) Verdict {
	const reached = Delivered | Pressed
	switch {
	case s.Facts&Final != 0 && s.Facts&fact&^Pressed != 0: // a key may be another one, and the call is over
		return Repeated
	case s.Facts&Final != 0:
		return Contradicts
	case s.Facts&reached != 0 && fact&(NotDelivered|NoAnswer|Failed) != 0:
		return Contradicts
	case s.Facts&fact != 0 && fact&(Delivered|Viewed|Clicked) != 0:
		return Repeated
	}
	return Applied
}

func (w *walk) apply(m *Message, ev *Event, fact Facts) Verdict {
	h := w.hold()
	switch fact {
	case Failed:
		w.failed(m, ev.Value, NoStop)
	case NotDelivered:
		w.unanswered("not_delivered")
	case NoAnswer:
		w.callAgain(m)
	case Answered:
		w.s.Facts |= Answered
		if !w.hungUp() {
			w.settle()
		}
	case Pressed:
		w.s.Facts |= Pressed
		if _, drawn := h.keys[string(ev.Key)]; drawn {
			w.s.Key = ev.Key
		}
		w.settle()
	case Replied:
		w.reply(m, ev.Value)
	case Clicked:
		w.s.Facts |= Clicked | Delivered | m.Offers&Viewed
		if h.clicked >= 0 {
			w.leave(h.clicked, "clicked")
			break
		}
		w.settle()
	default:
		w.s.Facts |= fact | Delivered
		w.settle()
	}
	return Applied
}

// callAgain plans the next call, or gives up where none can be made.
func (w *walk) callAgain(m *Message) {
	if int(w.s.Attempt) < m.Attempts {
		at, ok := w.opening(w.now.Add(m.Interval))
		if ok && at < w.in.Program.deadline(&w.s) {
			w.s.Wake = at
			return
		}
	}
	w.unanswered(NoAnswer.String())
}

// reply tries the reply links in the order of the document. One that no link accepts counts for what it implies.
func (w *walk) reply(m *Message, text string) {
	h := w.hold()
	vars := w.at(NormalReply(text))
	for _, i := range h.replies {
		link := &w.node().Links[i]
		if link.When != nil {
			holds, err := link.When.Holds(vars)
			if err != nil {
				w.out.Failures++
			}
			if !holds || err != nil {
				continue
			}
		}
		w.s.Facts |= Replied | Delivered | m.Offers&Viewed
		w.leave(i, string(scheme.LinkReply))
		return
	}
	w.s.Facts |= Delivered | m.Offers&Viewed
	w.settle()
}

// NormalReply is a reply as conditions see it: trimmed and lower-cased.
func NormalReply(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// IsStop reports whether a reply asks to stop: its first word is a stop word, case aside and ё as е.
func IsStop(text string, words []string) bool {
	first := strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if i := strings.IndexFunc(first, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		first = first[:i]
	}
	if first == "" {
		return false
	}
	first = foldWord(first)
	for _, word := range words {
		if foldWord(word) == first {
			return true
		}
	}
	return false
}

func foldWord(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }
