package engine

import (
	"time"

	"kaskad/engine/scheme"
)

// links is a node's outgoing links by what they take, as indexes into Node.Links; -1 where none is drawn.
type links struct {
	delivered, viewed, clicked, answered, notDelivered, noAnswer, spam, unsubscribed int16
	next, anyError                                                                   int16
	errors, values, keys                                                             map[string]int16
	replies                                                                          []int16
	window                                                                           *scheme.Window
	windowIn                                                                         *time.Location
}

func newLinks(n *Node) links {
	h := links{delivered: -1, viewed: -1, clicked: -1, answered: -1, notDelivered: -1, noAnswer: -1, spam: -1,
		unsubscribed: -1, next: -1, anyError: -1}
	for i, l := range n.Links {
		h.add(int16(i), l)
	}
	if m, ok := n.Block.(*Message); ok && m.Window != nil {
		h.window, h.windowIn = m.Window, fixedZone(m.Window)
	}
	return h
}

func (h *links) add(i int16, l Link) {
	switch l.Type {
	case scheme.LinkStatus:
		if at := h.status(l.Value); at != nil {
			*at = i
		}
	case scheme.LinkReply:
		h.replies = append(h.replies, i)
	case scheme.LinkIVR:
		put(&h.keys, l.Value, i)
	case scheme.LinkError:
		if l.Value == "" {
			h.anyError = i
		} else {
			put(&h.errors, l.Value, i)
		}
	case scheme.LinkNext:
		h.next = i
	default:
		put(&h.values, l.Value, i)
	}
}

func put(m *map[string]int16, key string, i int16) {
	if *m == nil {
		*m = map[string]int16{}
	}
	(*m)[key] = i
}

func (h *links) status(value string) *int16 {
	switch value {
	case "delivered":
		return &h.delivered
	case "viewed":
		return &h.viewed
	case "clicked":
		return &h.clicked
	case "answered":
		return &h.answered
	case "not_delivered":
		return &h.notDelivered
	case "no_answer":
		return &h.noAnswer
	case "spam":
		return &h.spam
	case "unsubscribed":
		return &h.unsubscribed
	}
	return nil
}

// value gives the link of a variant or branch.
func (h *links) value(v string) int16 {
	if i, ok := h.values[v]; ok {
		return i
	}
	return -1
}

// fixedZone is the zone of a window that names one; nil for the recipient's and the sender's.
func fixedZone(w *scheme.Window) *time.Location {
	if w == nil || w.Zone == scheme.ZoneRecipient || w.Zone == scheme.ZoneSender {
		return nil
	}
	loc, err := scheme.LoadZone(w.Zone)
	if err != nil {
		return time.UTC // cannot be: the zone was checked when the scheme was saved
	}
	return loc
}

// StatusFact gives the fact that a status is called by, 0 for an unknown name.
func StatusFact(name string) Facts {
	switch name {
	case "delivered":
		return Delivered
	case "viewed":
		return Viewed
	case "clicked":
		return Clicked
	case "answered":
		return Answered
	case "not_delivered":
		return NotDelivered
	case "no_answer":
		return NoAnswer
	case "spam":
		return Spam
	case "unsubscribed":
		return Unsubscribed
	}
	return 0
}

// String names a single fact as links and reports do.
func (f Facts) String() string {
	switch f {
	case Delivered:
		return "delivered"
	case Viewed:
		return "viewed"
	case Clicked:
		return "clicked"
	case Replied:
		return "reply"
	case Answered:
		return "answered"
	case Pressed:
		return "ivr"
	case NotDelivered:
		return "not_delivered"
	case NoAnswer:
		return "no_answer"
	case Spam:
		return "spam"
	case Unsubscribed:
		return "unsubscribed"
	case Failed:
		return "error"
	}
	return "facts"
}
