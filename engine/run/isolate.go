package run

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"kaskad/engine"
)

// ErrData says that the database refused a batch for what is in it. The session is still good after a Rollback.
var ErrData = errors.New("run: the database refused the batch's data")

// narrowWithin is for how long those whom a refused batch concerned are waited for, once a turn has found none of them with
// anything to do.
const narrowWithin = 5 * time.Second

// faultReason is that of a walk that was ended because its data could not be stored.
const faultReason = "fault"

// What troubles say in words of the runtime's own; a trace tells them in its reader's language.
const (
	TroubleExpression = "an expression failed on this contact's data and counted as false or empty"
	TroubleStored     = "the recipient's data cannot be stored; its walk was ended"
	TroubleAside      = "the recipient's row cannot be changed; it was set aside"
)

// recipientKey names a recipient across sessions.
type recipientKey struct {
	campaign CampaignKey
	ordinal  int64
}

func (p place) recipient() recipientKey {
	return recipientKey{p.seg.campaign.Key, p.seg.rows[p.at].ordinal}
}

// isolation finds the recipients whose data fails a batch, so that the others go on. Those whom a refused batch concerned
// are halved: one half is tried by itself and, where it is refused too, halved again. So one among n is found by about
// log2 n refused batches.
type isolation struct {
	groups   [][]recipientKey      // of whom one at least may be at fault; the last is tried first
	suspects map[recipientKey]bool // all of them
	trying   []recipientKey        // the only ones in this turn; nil: everybody
	idle     time.Time             // since when none of them had anything to do, on our clock; zero: one had
	bad      map[recipientKey]int  // how often each failed by itself
}

func (iso *isolation) active() bool { return len(iso.groups) > 0 || iso.trying != nil }

func (iso *isolation) push(group []recipientKey) {
	if iso.suspects == nil {
		iso.suspects = map[recipientKey]bool{}
	}
	iso.groups = append(iso.groups, group)
	for _, k := range group {
		iso.suspects[k] = true
	}
}

func (iso *isolation) remove(i int) {
	for _, k := range iso.groups[i] {
		delete(iso.suspects, k)
	}
	iso.groups = slices.Delete(iso.groups, i, i+1)
}

// refused is told of a batch that the database refused. It reports whether somebody can be found by trying again.
func (w *Worker) refused() bool {
	iso := &w.isolation
	keys := iso.trying
	if keys == nil {
		keys = w.turn.concerned()
	}
	iso.trying, iso.idle = nil, time.Time{}
	w.stats.Refused.Add(1)
	switch n := len(keys); n {
	case 0:
	case 1:
		if iso.bad == nil {
			iso.bad = map[recipientKey]int{}
		}
		iso.bad[keys[0]]++
		iso.push(keys)
		w.Log.Error("a recipient's data cannot be stored; its walk is ended", "campaign", keys[0].campaign.Campaign,
			"ordinal", keys[0].ordinal, "times", iso.bad[keys[0]])
	default:
		iso.push(slices.Clone(keys[n/2:]))
		iso.push(slices.Clone(keys[:n/2]))
	}
	return len(keys) > 0
}

// undecided puts those back who were being tried when the session broke: nothing was found out about them.
func (w *Worker) undecided() {
	iso := &w.isolation
	if iso.trying != nil {
		iso.push(iso.trying)
	}
	iso.trying, iso.idle = nil, time.Time{}
}

// concerned gives everybody whom the turn's batch is about, by number.
func (t *turn) concerned() []recipientKey {
	seen := map[recipientKey]bool{}
	for _, p := range t.places() {
		seen[p.recipient()] = true
	}
	for p := range t.dirty {
		seen[p.recipient()] = true
	}
	for i := range t.batch.Recipients {
		seen[recipientKey{t.batch.Recipients[i].Campaign, t.batch.Recipients[i].Ordinal}] = true
	}
	for i := range t.batch.Messages {
		k := &t.batch.Messages[i].Key
		seen[recipientKey{CampaignKey{k.Account, k.Campaign}, k.Ordinal}] = true
	}
	for _, k := range t.batch.Extended {
		seen[recipientKey{CampaignKey{k.Account, k.Campaign}, k.Ordinal}] = true
	}
	keys := make([]recipientKey, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b recipientKey) int {
		return cmp.Or(cmp.Compare(a.campaign.Account, b.campaign.Account), cmp.Compare(a.campaign.Campaign, b.campaign.Campaign),
			cmp.Compare(a.ordinal, b.ordinal))
	})
	return keys
}

// places gives everybody for whom the turn has something to do.
func (t *turn) places() []place {
	list := make([]place, 0, len(t.events)+len(t.due)+len(t.launches)+len(t.cancels)+len(t.recalls))
	for i := range t.events {
		list = append(list, t.events[i].place)
	}
	for i := range t.due {
		list = append(list, place{t.due[i].seg, t.due[i].at})
	}
	return append(append(append(list, t.launches...), t.cancels...), t.recalls...)
}

// narrow leaves the suspects that have something to do in the turn, as many of them as are tried together, and puts the
// others back. Where none has, the turn is everybody else's.
func (w *Worker) narrow() {
	t, iso := &w.turn, &w.isolation
	iso.trying = nil
	if len(iso.groups) == 0 {
		return
	}
	present := map[recipientKey]bool{}
	for _, p := range t.places() {
		if k := p.recipient(); iso.suspects[k] {
			present[k] = true
		}
	}
	for i, group := range slices.Backward(iso.groups) {
		if w.condemnedAlone(group) {
			iso.trying = group
			iso.remove(i)
			break
		}
		var here, absent []recipientKey
		for _, k := range group {
			if present[k] {
				here = append(here, k)
			} else {
				absent = append(absent, k)
			}
		}
		if len(here) == 0 {
			continue
		}
		iso.trying = here
		iso.remove(i)
		if len(absent) > 0 {
			iso.push(absent)
		}
		break
	}
	if iso.trying == nil {
		switch now := w.Clock(); {
		case iso.idle.IsZero():
			iso.idle = now
		case now.Sub(iso.idle) > narrowWithin:
			iso.groups, iso.suspects, iso.idle = nil, nil, time.Time{}
		}
		return
	}
	iso.idle = time.Time{}
	w.leaveIn(iso.trying)
}

// condemnedAlone reports whether a group is somebody held here whose walk has to be ended.
func (w *Worker) condemnedAlone(group []recipientKey) bool {
	if len(group) != 1 || w.isolation.bad[group[0]] == 0 {
		return false
	}
	p, ok := w.placeOf(group[0])
	if ok {
		w.turn.condemned = append(w.turn.condemned, p)
	}
	return ok
}

func (w *Worker) placeOf(k recipientKey) (place, bool) {
	s := w.segs[SegmentKey{k.campaign.Account, k.campaign.Campaign, int32(k.ordinal / SegmentSize)}]
	if s == nil {
		return place{}, false
	}
	at := s.find(k.ordinal)
	return place{s, at}, at >= 0
}

// leaveIn returns all work but some recipients' to where it came from.
func (w *Worker) leaveIn(some []recipientKey) {
	t := &w.turn
	in := make(map[recipientKey]bool, len(some))
	for _, k := range some {
		in[k] = true
	}
	t.wanted, t.wantedData = map[int64][]int64{}, nil
	keep := func(p place, event *Incoming, back func()) bool {
		if !in[p.recipient()] {
			back()
			return false
		}
		if w.isolation.bad[p.recipient()] > 0 {
			return false // its walk is ended; what else there is for it would have the contact read, which may be what is wrong
		}
		if event == nil || !merelyAccepted(&p.seg.rows[p.at].state, event) {
			t.want(p)
		}
		return true
	}
	events, due, launches, cancels, recalls := t.events[:0], t.due[:0], t.launches[:0], t.cancels[:0], t.recalls[:0]
	for _, a := range t.events {
		if keep(a.place, a.in, func() { w.leaveOut(a) }) {
			events = append(events, a)
		}
	}
	for _, x := range t.due {
		if keep(place{x.seg, x.at}, nil, func() { w.timers.push(x) }) {
			due = append(due, x)
		}
	}
	for _, p := range t.launches {
		if keep(p, nil, func() { w.enqueue(p) }) {
			launches = append(launches, p)
		}
	}
	for _, p := range t.cancels { // found again in the next turn
		if keep(p, nil, func() {}) {
			cancels = append(cancels, p)
		}
	}
	for _, p := range t.recalls {
		if keep(p, nil, func() { p.seg.left, p.seg.judging = append(p.seg.left, p.at), true }) {
			recalls = append(recalls, p)
		}
	}
	t.events, t.due, t.launches, t.cancels, t.recalls = events, due, launches, cancels, recalls
}

// leaveOut lets an event be taken again: by reading it, or where it is stored nowhere by keeping it.
func (w *Worker) leaveOut(a arrival) {
	if a.in.Kind == engine.Uncertainty {
		w.doubts = append(w.doubts, a)
		return
	}
	w.turn.deferred[a.seg.Key], a.seg.touched = true, true
}

// condemned ends the walk of a recipient whose data failed a batch by itself, and reports whether it is one.
func (w *Worker) condemned(p place) bool {
	if len(w.isolation.bad) == 0 {
		return false
	}
	times := w.isolation.bad[p.recipient()]
	if times > 0 && p.seg.isOpen(p.at) {
		w.condemn(p, times)
	}
	return times > 0
}

// condemn ends a walk, each time with less in it that could be refused: as an interruption; by the closing row and nothing
// else, with nothing in it that came from outside; beside the recipient's own row, which stays as it is. Where even that was
// refused the recipient is left out.
func (w *Worker) condemn(p place, times int) {
	s, r := p.seg, &p.seg.rows[p.at]
	b, key := &w.turn.batch, p.seg.campaign.Key
	switch times {
	case 1:
		w.trouble(p, TroubleStored)
		w.step(p, engine.Event{Kind: engine.Interrupt, Value: faultReason}, w.now)
	case 2:
		if phase := r.state.Phase; phase != engine.Fresh { // the block's step is not written
			b.Counters[Counter{key, r.state.Node, "entered"}]--
		}
		r.state = engine.State{Node: r.state.Node, Phase: engine.Ended, Outcome: engine.Interrupted}
		b.Recipients = append(b.Recipients, RecipientUpdate{Campaign: key, Ordinal: r.ordinal, State: r.state, At: w.now,
			Reason: faultReason})
		b.Troubles = append(b.Troubles, TroubleRow{Campaign: key, Ordinal: r.ordinal, Node: r.state.Node, What: TroubleStored, At: w.now})
		w.closedBy(p, engine.Interrupted)
	case 3:
		b.Aside = append(b.Aside, TroubleRow{Campaign: key, Ordinal: r.ordinal, Node: r.state.Node, What: TroubleAside, At: w.now})
		r.state = engine.State{Node: r.state.Node, Phase: engine.Ended, Outcome: engine.NotSent}
		w.closedBy(p, engine.NotSent)
		w.stats.Aside.Add(1)
	default:
		return
	}
	if !s.isOpen(p.at) {
		w.stats.Isolated.Add(1)
	}
}

// closedBy counts an ending that no step told of.
func (w *Worker) closedBy(p place, o engine.Outcome) {
	s, r := p.seg, &p.seg.rows[p.at]
	w.turn.batch.Counters[Counter{s.campaign.Key, -1, "end:" + o.String()}]++
	w.turn.updated[s.Key] = s
	delete(w.turn.dirty, p)
	if r.unnoted {
		r.unnoted = false
		s.unnoted--
	}
	s.closed(p.at)
	s.ending++
	s.resting = w.now
}
