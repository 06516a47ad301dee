package engine

import (
	"slices"

	"kaskad/engine/scheme"
)

// The modes of a distribute.
const (
	ModeEveryone   = "everyone"
	ModeRoundRobin = "round_robin"
	ModeLeastBusy  = "least_busy"
	ModeInOrder    = "in_order"
)

// open begins an operation. Nobody online means: of the operators it addresses, with the skills it asks for, none is
// online. Those who are online but full may free up, so the operation waits for them.
func (w *dialogWalk) open(d *Distribute) {
	if link := w.link(scheme.LinkNobodyOnline, ""); link >= 0 {
		online := func(o *Operator) bool { return o.Online }
		if !slices.ContainsFunc(w.addressed(d), online) {
			w.follow(link, "nobody_online")
			return
		}
	}
	w.offer(d)
}

// addressed are the operators that an operation is for, with all the skills it asks for, in the given order: that of
// its own list of operators, else that of the account. It does not ask who is there.
func (w *dialogWalk) addressed(d *Distribute) []*Operator {
	var list []*Operator
	named := make(map[string]*Operator, len(d.Operators))
	for _, id := range d.Operators {
		named[id] = nil
	}
	groups := newIDSet(d.Groups)
	for i := range w.in.Operators {
		o := &w.in.Operators[i]
		if !d.suits(o) {
			continue
		}
		if _, is := named[o.ID]; is {
			named[o.ID] = o
		} else if d.All || d.LastOperator && o.ID == w.in.LastOperator || slices.ContainsFunc(o.Groups, groups.has) {
			list = append(list, o)
		}
	}
	first := make([]*Operator, 0, len(d.Operators)+len(list))
	for _, id := range d.Operators {
		if o := named[id]; o != nil {
			first, named[id] = append(first, o), nil
		}
	}
	return append(first, list...)
}

// idSet is a set of ids.
type idSet map[string]struct{}

func newIDSet(list []string) idSet {
	n := make(idSet, len(list))
	for _, s := range list {
		n[s] = struct{}{}
	}
	return n
}

func (n idSet) has(s string) bool {
	_, ok := n[s]
	return ok
}

func (d *Distribute) suits(o *Operator) bool {
	for _, skill := range d.Skills {
		if !slices.Contains(o.Skills, skill) {
			return false
		}
	}
	return true
}

// offer makes the offers that are due, or decides that nobody accepts. It may be called at any time: what is offered
// already stays as it is.
func (w *dialogWalk) offer(d *Distribute) {
	over := w.s.Entered.Add(d.Timeout)
	if d.Mode == ModeEveryone {
		w.offerAll(d, over)
	} else if len(w.s.Offers) == 0 {
		if o := w.pick(d); o != nil {
			w.hold(o, w.now.Add(d.Timeout))
			w.turn(d, o)
		}
	}
	switch {
	case len(w.s.Offers) > 0:
		w.setTimer(w.s.Offers[0].Until)
	case len(w.s.Had) > 0 || w.now > over || w.now == over && w.timeUp:
		w.notAccepted()
	default:
		w.setTimer(over) // nobody has had it yet: somebody may come
	}
}

// offerAll offers to all who can take the dialog, until the operation's time is over. At its last instant there is
// nothing left to offer.
func (w *dialogWalk) offerAll(d *Distribute, over Instant) {
	if w.now >= over {
		return
	}
	turned := w.turned()
	for _, o := range w.addressed(d) {
		if o.Free() && !turned.has(o.ID) {
			w.hold(o, over)
		}
	}
}

// turned are those who hold an offer or have had their turn.
func (w *dialogWalk) turned() idSet {
	n := newIDSet(w.s.Had)
	for i := range w.s.Offers {
		n[w.s.Offers[i].Operator] = struct{}{}
	}
	return n
}

// pick finds whose turn it is; nil where nobody is left.
func (w *dialogWalk) pick(d *Distribute) *Operator {
	list := w.addressed(d)
	if d.Mode == ModeRoundRobin {
		last := w.lastOffered()
		if at := slices.IndexFunc(list, func(o *Operator) bool { return o.ID == last }); at >= 0 {
			list = slices.Concat(list[at+1:], list[:at+1])
		}
	}
	turned := w.turned()
	var best *Operator
	for _, o := range list {
		switch {
		case !o.Free() || turned.has(o.ID):
		case best == nil || d.Mode == ModeLeastBusy && lessBusy(o, best):
			best = o
		}
	}
	return best
}

// lessBusy compares shares of open dialogs to the limit; both limits are above 0.
func lessBusy(a, b *Operator) bool {
	return int64(a.Open)*int64(b.Limit) < int64(b.Open)*int64(a.Limit)
}

func (w *dialogWalk) lastOffered() string {
	if id, ok := w.out.Rotation[w.s.Node]; ok {
		return id
	}
	return w.in.Rotation[w.s.Node]
}

// turn remembers whom the rotation has come to.
func (w *dialogWalk) turn(d *Distribute, o *Operator) {
	if d.Mode != ModeRoundRobin {
		return
	}
	if w.out.Rotation == nil {
		w.out.Rotation = map[int16]string{}
	}
	w.out.Rotation[w.s.Node] = o.ID
}

func (w *dialogWalk) hold(o *Operator, until Instant) {
	offer := Offer{Operator: o.ID, At: w.now, Until: until}
	w.s.Offers = append(w.s.Offers, offer)
	w.out.Offers = append(w.out.Offers, OfferMade{Step: w.s.Step, Offer: offer})
}

// drop ends an open offer.
func (w *dialogWalk) drop(i int, why OfferFate) {
	w.out.Ends = append(w.out.Ends, OfferEnd{Step: w.s.Step, Operator: w.s.Offers[i].Operator, At: w.now, Why: why})
	if why == OfferRefused || why == OfferLapsed {
		w.s.Had = append(w.s.Had, w.s.Offers[i].Operator)
	}
	if w.s.Offers = slices.Delete(w.s.Offers, i, i+1); len(w.s.Offers) == 0 {
		w.s.Offers = nil
	}
}

func (w *dialogWalk) dropAll(why OfferFate) {
	for len(w.s.Offers) > 0 {
		w.drop(0, why)
	}
}

// reconcile ends the offers of those who can take no dialog any more, and offers to those who now can. Somebody who
// lost an offer in this way has not had it, and gets it again on coming back.
func (w *dialogWalk) reconcile() {
	d, ok := w.node().Block.(*Distribute)
	if !ok || w.s.Outcome != DialogOpen {
		return
	}
	able := idSet{}
	for _, o := range w.addressed(d) {
		if o.Free() {
			able[o.ID] = struct{}{}
		}
	}
	for i := len(w.s.Offers) - 1; i >= 0; i-- {
		if !able.has(w.s.Offers[i].Operator) {
			w.drop(i, OfferLost)
		}
	}
	w.offer(d)
	w.run()
}

// lapse is the end of an offer's time, or of the wait for somebody to offer to.
func (w *dialogWalk) lapse(d *Distribute) {
	w.dropAll(OfferLapsed)
	w.timeUp = true
	w.offer(d)
	w.timeUp = false
}

// held finds the offer that an operator answers, -1 for none. An offer made in this very step is not it: nobody has
// seen that one yet.
func (w *dialogWalk) held(operator string) int {
	i := w.s.offer(operator)
	if i >= 0 && slices.Contains(w.before, w.s.Offers[i]) {
		return i
	}
	return -1
}

// accept gives the dialog to the operator, who must hold an offer.
func (w *dialogWalk) accept(operator string) Verdict {
	i := w.held(operator)
	if i < 0 {
		return Stale
	}
	w.drop(i, OfferTaken)
	w.give(operator)
	return Applied
}

func (w *dialogWalk) give(operator string) {
	w.end(DialogAccepted, "accepted:"+operator)
	w.s.Operator = operator
}

// decline moves the dialog on at once.
func (w *dialogWalk) decline(operator string) Verdict {
	i := w.held(operator)
	d, ok := w.node().Block.(*Distribute)
	if i < 0 || !ok {
		return Stale
	}
	w.drop(i, OfferRefused)
	w.offer(d)
	return Applied
}

// notAccepted leaves the operation; in a closing one the dialog is missed.
func (w *dialogWalk) notAccepted() {
	if link := w.link(scheme.LinkNotAccepted, ""); link >= 0 {
		w.follow(link, "not_accepted")
		return
	}
	w.end(DialogMissed, "missed")
}
