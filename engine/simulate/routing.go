package simulate

import (
	"slices"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// RoutingResult is what became of a dialog.
type RoutingResult struct {
	// Outcome is accepted, missed, closed, failed, completed (an outcome without a link), or waiting: not decided by
	// the script's `until`.
	Outcome  string        `json:"outcome"`
	Operator string        `json:"operator,omitempty"` // who accepted
	EndedAt  *Seconds      `json:"ended_at,omitempty"` // absent while waiting
	Steps    []RoutingStep `json:"steps"`              // of all walks, one after another

	// Late are the script's accepts, declines and messages that came after the walk's end and started no new one.
	// Unused are those of operators who held no offer, errors of a webhook that was not called so often, and
	// whatever the script places after `until`. Neither is part of the JSON.
	Late   []RoutingEvent `json:"-"`
	Unused []RoutingEvent `json:"-"`
}

// RoutingStep is one block of a walk. The last one of a dialog that still waits has no decision.
type RoutingStep struct {
	Node      string         `json:"node"`
	EnteredAt Seconds        `json:"entered_at"`
	DecidedAt *Seconds       `json:"decided_at,omitempty"`
	Link      string         `json:"link,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Offers    []RoutingOffer `json:"offers,omitempty"`
}

// RoutingOffer is one offer: when it was made, and until when it was meant to stand, whatever became of it.
type RoutingOffer struct {
	Operator string  `json:"operator"`
	At       Seconds `json:"at"`
	Until    Seconds `json:"until"`
}

// maxRoutingSteps bounds a walk that loops until the script's end: its blocks and offers together.
const maxRoutingSteps = 10_000

var errRoutingSteps = wrong("until", "script.steps", "most", maxRoutingSteps)

// Routing walks one dialog through a routing scheme. The error is the script's author's to mend. Like the real thing,
// it starts a new walk when a missed, closed or completed dialog gets a message, or the operator who accepted goes
// offline.
func Routing(p *engine.Program, script []byte, zoneOf ZoneOf) (*RoutingResult, error) {
	if p.Kind != scheme.Routing {
		return nil, words.Fail("script.no_routing")
	}
	s, err := readRouting(p, script)
	if err != nil {
		return nil, err
	}
	w, err := newRoutingWalk(p, s, zoneOf)
	if err != nil {
		return nil, err
	}
	if err := w.run(); err != nil {
		return nil, err
	}
	return w.result(), nil
}

// routingDue is a script's event whose instant is known.
type routingDue struct {
	at    engine.Instant
	event int // index in the script; the order within one instant
}

type fate uint8

const (
	unused fate = iota
	used
	late
)

type routingWalk struct {
	p      *engine.Program
	script *RoutingScript
	in     engine.DialogInput
	vars   scheme.Vars
	dialog scheme.Dialog
	state  engine.DialogState
	now    engine.Instant
	until  engine.Instant
	queue  []routingDue // sorted
	fates  []fate
	placed []bool // errors that belong to a call of their webhook
	steps  []RoutingStep
	base   int // steps of earlier walks
	offers int
}

func newRoutingWalk(p *engine.Program, s *RoutingScript, zoneOf ZoneOf) (*routingWalk, error) {
	w := &routingWalk{p: p, script: s, now: engine.At(s.start), until: engine.At(s.start.Add(s.until)),
		fates: make([]fate, len(s.Events)), placed: make([]bool, len(s.Events)), dialog: s.Dialog.Dialog}
	account, err := zoneOr(s.Zone)
	if err != nil {
		return nil, wrongAs("zone", err)
	}
	contact := scheme.Contact{}
	if s.Contact != nil {
		contact = *s.Contact
	}
	phone := ""
	if zoneOf != nil {
		phone = zoneOf(contact.Phone)
	}
	zone, err := zoneOr(contact.Zone, phone, s.Zone)
	if err != nil {
		return nil, wrongAs("contact.zone", err)
	}
	w.vars = scheme.Vars{Contact: &contact, Data: s.Data, Dialog: &w.dialog, Message: s.Message}
	w.in = engine.DialogInput{Program: p, Vars: &w.vars, Zone: zone, Account: account,
		LastOperator: s.Dialog.LastOperator, Rotation: map[int16]string{}}
	for i := range s.Operators {
		w.in.Operators = append(w.in.Operators, s.Operators[i].operator())
	}
	for i := range s.Events {
		if s.Events[i].Type != "error" {
			w.place(engine.At(s.start.Add(s.Events[i].after)), i)
		}
	}
	return w, nil
}

func (w *routingWalk) place(at engine.Instant, event int) {
	d := routingDue{at: at, event: event}
	i, _ := slices.BinarySearchFunc(w.queue, d, func(a, b routingDue) int {
		if a.at != b.at {
			return int(max(-1, min(1, a.at-b.at)))
		}
		return a.event - b.event
	})
	w.queue = slices.Insert(w.queue, i, d)
}

// run takes what comes next, events before timers of the same instant, until nothing is left or the time is over.
func (w *routingWalk) run() error {
	w.begin()
	for len(w.steps)+w.offers <= maxRoutingSteps {
		timer := w.state.Timer
		switch {
		case len(w.queue) > 0 && w.queue[0].at <= w.until && (timer == 0 || w.queue[0].at <= timer):
			next := w.queue[0]
			w.queue = w.queue[1:]
			w.now = next.at
			w.fates[next.event] = w.happen(&w.script.Events[next.event])
		case timer != 0 && timer <= w.until:
			w.now = timer
			w.step(engine.DialogEvent{Kind: engine.DialogTimer, Wait: w.state.Wait})
		default:
			return nil
		}
	}
	return errRoutingSteps
}

// begin starts a walk with the visitor's last message.
func (w *routingWalk) begin() {
	w.state, w.base = engine.DialogState{}, len(w.steps)
	w.step(engine.DialogEvent{Kind: engine.DialogStart, Text: w.vars.Message})
}

func (w *routingWalk) happen(e *RoutingEvent) fate {
	switch e.Type {
	case "message":
		w.vars.Message = e.text
		if w.state.Reopens(true, "") {
			w.begin()
			return used
		}
		return w.step(engine.DialogEvent{Kind: engine.DialogMessage, Text: e.text})
	case "accept":
		return w.step(engine.DialogEvent{Kind: engine.OfferAccepted, Operator: e.Operator})
	case "decline":
		return w.step(engine.DialogEvent{Kind: engine.OfferDeclined, Operator: e.Operator})
	case "error":
		return w.step(engine.DialogEvent{Kind: engine.DialogHookFailed, Text: e.text, Wait: w.state.Wait})
	default:
		w.presence(e)
		return used
	}
}

// presence changes what an operator can take.
func (w *routingWalk) presence(e *RoutingEvent) {
	o := w.operator(e.Operator)
	switch e.Type {
	case "online":
		o.Online = true
	case "offline":
		o.Online = false
	case "limit":
		o.Limit = e.limit
	}
	if !o.Online && w.state.Reopens(false, o.ID) {
		o.Open--
		w.begin()
		return
	}
	w.step(engine.DialogEvent{Kind: engine.OperatorsChanged})
}

func (w *routingWalk) operator(id string) *engine.Operator {
	i := slices.IndexFunc(w.in.Operators, func(o engine.Operator) bool { return o.ID == id })
	return &w.in.Operators[i] // the script was checked: it is there
}

// step feeds the interpreter and takes in what it asks for.
func (w *routingWalk) step(ev engine.DialogEvent) fate {
	var out engine.DialogEffects
	open := w.state.Outcome == engine.DialogOpen
	next, verdict := engine.StepDialog(&w.in, w.state, ev, w.now, &out)
	w.state = next
	w.record(&out)
	for i := range out.Tags {
		w.dialog.Tags = out.Tags[i].Apply(w.dialog.Tags)
	}
	if out.Priority != nil {
		w.dialog.Priority = *out.Priority
	}
	if out.Contact != nil {
		w.vars.Contact = out.Contact
	}
	for node, operator := range out.Rotation {
		w.in.Rotation[node] = operator
	}
	if open && next.Outcome == engine.DialogAccepted {
		w.operator(next.Operator).Open++
		w.in.LastOperator = next.Operator
	}
	for i := range out.Hooks {
		w.call(&out.Hooks[i])
	}
	switch verdict {
	case engine.Applied:
		return used
	case engine.Late:
		return late
	default:
		return unused
	}
}

// call answers a webhook: with the next error event of its node, else at once with success.
func (w *routingWalk) call(h *engine.DialogHook) {
	node := w.p.Nodes[h.Node].ID
	for i := range w.script.Events {
		e := &w.script.Events[i]
		if e.Type == "error" && e.Node == node && !w.placed[i] {
			w.placed[i] = true
			w.place(w.now+engine.Instant(e.after.Microseconds()), i)
			return
		}
	}
	w.step(engine.DialogEvent{Kind: engine.DialogHookDone, Wait: h.Wait})
}

// record keeps the steps and their offers.
func (w *routingWalk) record(out *engine.DialogEffects) {
	for _, t := range out.Trace {
		node := &w.p.Nodes[t.Node]
		step := RoutingStep{Node: node.ID, EnteredAt: seconds(t.Entered), Reason: t.Reason}
		if t.Decided != 0 {
			decided := seconds(t.Decided)
			step.DecidedAt = &decided
		}
		if t.Link >= 0 {
			step.Link = node.Links[t.Link].ID
		}
		if i := w.base + int(t.Step) - 1; i < len(w.steps) {
			step.Offers = w.steps[i].Offers
			w.steps[i] = step
		} else {
			w.steps = append(w.steps, step)
		}
	}
	w.offers += len(out.Offers)
	for _, o := range out.Offers {
		step := &w.steps[w.base+int(o.Step)-1]
		step.Offers = append(step.Offers, RoutingOffer{Operator: o.Operator, At: seconds(o.At), Until: seconds(o.Until)})
	}
}

func (w *routingWalk) result() *RoutingResult {
	r := &RoutingResult{Outcome: w.state.Outcome.String(), Operator: w.state.Operator, Steps: w.steps}
	if w.state.Outcome != engine.DialogOpen {
		ended := seconds(w.state.Ended)
		r.EndedAt = &ended
	}
	for i, f := range w.fates {
		switch f {
		case late:
			r.Late = append(r.Late, w.script.Events[i])
		case unused:
			r.Unused = append(r.Unused, w.script.Events[i])
		}
	}
	return r
}
