package run

import (
	"context"
	"fmt"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// turn is one round of a worker: what it looks at, and the batch that it writes. Its memory is used again.
type turn struct {
	read      []SegmentKey // segments read in this tick
	events    []arrival
	due       []timer
	later     []timer // to be looked at again in the next turn
	launches  []place
	recalls   []place // webhooks to be called again after a crash
	cancels   []place
	condemned []place // whose walk is ended because their data cannot be stored
	people    map[PersonKey]Person
	wanted    map[int64][]int64
	// Of recipients of open campaigns: whose data is needed, and what was read.
	wantedData map[RecipientKey]struct{}
	data       map[RecipientKey]map[string]any
	asked      map[PersonKey]bool // read with what caps and advertising need
	batch      Batch
	dirty      map[place]struct{}
	updated    map[SegmentKey]*segment
	deferred   map[SegmentKey]bool // events had to wait for the watermark: read them again
	hand       map[string][]channel.Message
	hooks      []HookRequest
	faults     []fault // of this turn's webhooks
}

// fault is a panic over one recipient's data.
type fault struct {
	place
	what string
}

// arrival is an event and the recipient that it is for.
type arrival struct {
	place
	in *Incoming
}

func (t *turn) reset() {
	t.events, t.due, t.launches, t.later = t.events[:0], t.due[:0], t.launches[:0], t.later[:0]
	t.recalls, t.cancels, t.hooks, t.faults = t.recalls[:0], t.cancels[:0], t.hooks[:0], t.faults[:0]
	t.condemned = t.condemned[:0]
	t.wantedData = nil
	t.wanted, t.asked, t.dirty = map[int64][]int64{}, map[PersonKey]bool{}, map[place]struct{}{}
	t.updated, t.deferred = map[SegmentKey]*segment{}, map[SegmentKey]bool{}
	t.hand = map[string][]channel.Message{}
	t.batch = Batch{Counters: map[Counter]int64{}, Messages: t.batch.Messages[:0], Steps: t.batch.Steps[:0],
		Recipients: t.batch.Recipients[:0], Entered: t.batch.Entered[:0]}
}

// idle reports whether nothing is under way for a segment in this turn.
func (t *turn) idle(s *segment) bool { return t.updated[s.Key] == nil }

func (t *turn) want(p place) {
	account := p.seg.Key.Account
	t.wanted[account] = append(t.wanted[account], p.seg.rows[p.at].contact)
	if p.seg.campaign.Open {
		if t.wantedData == nil {
			t.wantedData = map[RecipientKey]struct{}{}
		}
		t.wantedData[p.key()] = struct{}{}
	}
}

// work takes in what the tick told, steps everyone concerned, and writes it in one transaction.
func (w *Worker) work(ctx context.Context, tick *Tick, mail mail) (bool, error) {
	t := &w.turn
	t.reset()
	if err := w.collect(ctx, tick, mail); err != nil {
		return false, err
	}
	w.narrow()
	for _, p := range t.condemned {
		w.condemned(p)
	}
	if !w.isolation.active() {
		w.noteDown(noteWithin)
	}
	plain := len(t.wanted) == 0 // no event needs a contact, or there is none
	if plain {
		w.arriveAll()
		if !t.writes() {
			return false, w.advance(ctx, tick)
		}
	}
	people, err := w.session.Begin(ctx, t.wanted, t.asks()...)
	if err != nil {
		return false, err
	}
	t.people = people
	if err := w.readData(ctx); err != nil {
		return false, err
	}
	if !plain {
		w.arriveAll()
	}
	for i := range t.cancels {
		if !w.condemned(t.cancels[i]) {
			w.step(t.cancels[i], engine.Event{Kind: engine.Interrupt, Value: "cancelled"}, w.now)
		}
	}
	for i := range t.due {
		w.ring(&t.due[i])
	}
	for _, p := range t.recalls {
		w.recall(p)
	}
	for _, p := range t.launches {
		w.launch(p)
	}
	if !w.isolation.active() {
		w.launchMore()
	}
	for _, f := range t.faults {
		w.fault(f.place, f.what)
	}
	if err := w.commit(ctx, tick); err != nil {
		return false, err
	}
	w.after()
	return true, nil
}

func (w *Worker) arriveAll() {
	for i := range w.turn.events {
		w.arrive(&w.turn.events[i])
	}
}

// collect finds what there is to do, before any transaction: events, timers that the watermark has passed, launches
// that the rate and the provider's queue allow, retries.
func (w *Worker) collect(ctx context.Context, tick *Tick, mail mail) error {
	t := &w.turn
	w.takeIn(tick)
	if err := w.sort(ctx, tick); err != nil {
		return err
	}
	w.revise()
	w.takeDoubts()
	w.takeResults(mail.results)
	w.takeJudged(mail.judged)
	w.cancelAll()
	for len(t.due)+len(t.events) < 4*batchRows {
		due, ok := w.timers.peek()
		if !ok || due > w.watermark {
			break
		}
		if err := w.takeTimer(ctx, w.timers.pop()); err != nil {
			return err
		}
	}
	for _, x := range t.later {
		w.timers.push(x)
	}
	if err := w.takeRetries(ctx); err != nil {
		return err
	}
	if err := w.judge(ctx); err != nil {
		return err
	}
	return w.takeLaunches(ctx)
}

// sort finds the recipient of each event. One whose walk is over, or that is in no row here, matters only if it is a
// stop: then the stop list needs the address.
func (w *Worker) sort(ctx context.Context, tick *Tick) error {
	t := &w.turn
	var strangers []*Incoming
	for i := range tick.Events {
		in := &tick.Events[i]
		s := w.segs[segmentOf(in.Key)]
		if s == nil {
			continue
		}
		at := s.find(in.Key.Ordinal)
		if at < 0 {
			if in.Kind == engine.Fact && in.Fact&(engine.Spam|engine.Unsubscribed|engine.Pressed) != 0 {
				strangers = append(strangers, in)
			}
			continue
		}
		w.stats.Events.Add(1)
		p := place{s, at}
		t.events = append(t.events, arrival{p, in})
		if !merelyAccepted(&s.rows[at].state, in) {
			t.want(p)
		}
	}
	return w.hearLate(ctx, strangers)
}

// merelyAccepted reports whether an event only notes that the provider took the message, whatever the contact's data:
// then the contact need not be read. Facts that were there before the answer may decide the block at once.
func merelyAccepted(st *engine.State, in *Incoming) bool {
	return in.Kind == engine.Acceptance && st.Phase == engine.Sending && st.Node == in.Key.Node && !st.Unsure &&
		st.Wake == 0 && st.Facts == 0 && len(st.Heard) == 0
}

func segmentOf(k channel.Key) SegmentKey {
	return SegmentKey{Account: k.Account, Campaign: k.Campaign, Segment: int32(k.Ordinal / SegmentSize)}
}

// hearLate puts those who say stop after their walk has ended on the stop list.
func (w *Worker) hearLate(ctx context.Context, list []*Incoming) error {
	if len(list) == 0 {
		return nil
	}
	keys := make([]channel.Key, len(list))
	for i, in := range list {
		keys[i] = in.Key
	}
	contacts, err := w.session.ContactsOf(ctx, keys)
	if err != nil {
		return err
	}
	t := &w.turn
	for i, in := range list {
		if contacts[i] == 0 {
			continue
		}
		s := w.segs[segmentOf(in.Key)]
		gone := row{ordinal: in.Key.Ordinal, contact: contacts[i], state: engine.State{Phase: engine.Ended,
			Outcome: engine.Completed, Node: in.Key.Node}}
		s.rows = append(s.rows, gone) // seen by this turn only: its place stays empty
		p := place{s, int32(len(s.rows) - 1)}
		t.events = append(t.events, arrival{p, in})
		t.want(p)
	}
	return nil
}

// cancelAll interrupts the recipients of cancelled campaigns.
func (w *Worker) cancelAll() {
	t := &w.turn
	for _, s := range w.order {
		if s.campaign.State != "cancelled" {
			continue
		}
		for i := range s.rows {
			if len(t.cancels) >= batchRows {
				return
			}
			if s.isOpen(int32(i)) {
				p := place{s, int32(i)}
				t.cancels = append(t.cancels, p)
				t.want(p)
			}
		}
	}
}

// takeTimer sorts a timer that has come: a launch waits for its turn, the rest is decided in this batch.
func (w *Worker) takeTimer(ctx context.Context, x timer) error {
	t, s := &w.turn, x.seg
	if w.segs[s.Key] != s || !s.isOpen(x.at) {
		return nil
	}
	state := &s.rows[x.at].state
	due, ok := s.due(state)
	if !ok || due != x.due && (!x.again || due > x.due) {
		return nil
	}
	p := place{s, x.at}
	if state.Phase == engine.Fresh {
		if !s.campaign.launches(w.now) {
			s.campaign.parked = true // refresh sets the timer again
			return nil
		}
		state.Wake = due
	}
	switch {
	case s.waitsForTurn(state):
		w.enqueue(p)
		return nil
	case x.due > s.seen:
		s.touched = true // what was recorded before may be there and not be read
		t.later = append(t.later, x)
		return nil
	case state.Phase == engine.Sending && !state.Unsure && w.underWay(s, x.at):
		// Its answer is bounded, and decides what the deadline means.
		t.later = append(t.later, timer{due: w.clock().Add(underWayPause), seg: s, at: x.at, again: true})
		return nil
	case state.Phase == engine.Sending && !x.sure:
		s.touched = true
		t.later = append(t.later, timer{due: w.clock(), seg: s, at: x.at, again: true, sure: true})
		return nil
	case state.Phase == engine.Resting:
		if err := w.findWinner(ctx, s, state.Node); err != nil {
			return err
		}
	}
	t.due = append(t.due, timer{due: due, seg: s, at: x.at})
	t.want(p)
	return nil
}

// waitsForTurn reports whether the state's timer leads to a launch, which the rate and the provider's queue may delay.
func (s *segment) waitsForTurn(st *engine.State) bool {
	switch st.Phase {
	case engine.Held:
		return true
	case engine.Sending, engine.Waiting:
		return st.Wake != 0
	case engine.Fresh:
		return s.campaign.sendsFirst
	}
	return false
}

func (w *Worker) enqueue(p place) {
	r := &p.seg.rows[p.at]
	if !r.queued {
		r.queued = true
		p.seg.campaign.ready.push(p)
	}
}

// arrive gives an event to its recipient, after the timers that were due before it was recorded. Where such a timer
// lies beyond the watermark the event waits: a fact recorded before the deadline may not be visible yet.
func (w *Worker) arrive(a *arrival) {
	s := a.seg
	if !s.isOpen(a.at) && s.rows[a.at].state.Phase != engine.Ended || w.condemned(a.place) {
		return
	}
	for s.isOpen(a.at) {
		state := &s.rows[a.at].state
		due, ok := s.campaign.program.Due(state)
		if !ok || due >= a.in.Recorded || s.waitsForTurn(state) || state.Phase == engine.Resting || state.Phase == engine.Fresh {
			break
		}
		if state.Phase == engine.Sending && !state.Unsure {
			break // the provider may have it: only its timer can tell, see takeTimer
		}
		if due > w.watermark {
			w.turn.deferred[s.Key] = true
			s.touched = true
			return
		}
		w.step(a.place, engine.Event{Kind: engine.Timer}, due)
	}
	ev := engine.Event{Kind: a.in.Kind, Fact: a.in.Fact, Node: a.in.Key.Node, Attempt: a.in.Key.Attempt,
		Scope: a.in.Scope, Value: a.in.Value}
	if ev.Kind == engine.Fact && ev.Fact == engine.Pressed && len(ev.Value) == 1 {
		ev.Key = ev.Value[0]
	}
	w.step(a.place, ev, a.in.Recorded)
}

// ring decides a timer that has come, unless an event of this batch moved the recipient.
func (w *Worker) ring(x *timer) {
	if !x.seg.isOpen(x.at) || w.condemned(place{x.seg, x.at}) {
		return
	}
	state := &x.seg.rows[x.at].state
	if due, ok := x.seg.campaign.program.Due(state); !ok || due != x.due || x.seg.waitsForTurn(state) {
		return // a launch of the same instant waits for its turn
	}
	ev := engine.Event{Kind: engine.Timer}
	if state.Phase == engine.Resting {
		ev.Variant = w.winner(x.seg, state.Node)
	}
	w.step(place{x.seg, x.at}, ev, x.due)
}

// step feeds the interpreter and takes what it asks for into the batch.
func (w *Worker) step(p place, ev engine.Event, now engine.Instant) {
	s, r := p.seg, &p.seg.rows[p.at]
	person := w.turn.people[PersonKey{s.Key.Account, r.contact}]
	before := r.state
	w.effects.Reset()
	vars := w.vars(p, &person.Contact)
	w.input = engine.Input{Program: s.campaign.program, Campaign: &s.campaign.input, Vars: &vars,
		Zone: w.zones[r.zone].zone, Doubt: w.zones[r.zone].doubt, Ordinal: r.ordinal}
	state, trouble := w.guard(before, ev, now)
	if trouble != "" {
		w.trouble(p, trouble)
		ev = engine.Event{Kind: engine.Interrupt, Value: faultReason}
		if state, trouble = w.guard(before, ev, now); trouble != "" {
			return
		}
	}
	r.state = state
	if before.Equal(&state) && len(w.effects.Stops) == 0 && w.effects.Failures == 0 {
		return
	}
	w.take(p, &before, ev.Value, now, person)
}

// fault ends the walk of a recipient over whose data something panicked.
func (w *Worker) fault(p place, what string) {
	w.trouble(p, what)
	w.step(p, engine.Event{Kind: engine.Interrupt, Value: faultReason}, w.now)
}

// guard keeps one recipient's data from stopping the others: a panic is that recipient's trouble alone.
func (w *Worker) guard(s engine.State, ev engine.Event, now engine.Instant) (state engine.State, trouble string) {
	defer func() {
		if r := recover(); r != nil {
			w.effects.Reset()
			state, trouble = s, fmt.Sprint("fault: ", r)
		}
	}()
	state, _ = engine.Step(&w.input, s, ev, now, &w.effects)
	return state, ""
}
