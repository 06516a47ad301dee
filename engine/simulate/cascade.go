package simulate

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Result is what became of a recipient.
type Result struct {
	Outcome string   `json:"outcome"`
	Goals   []string `json:"goals"`
	EndedAt Seconds  `json:"ended_at"`
	Steps   []Step   `json:"steps"`
	Late    []Event  `json:"late"`
	Unused  []Event  `json:"unused"`
}

// Step is one block of the walk.
type Step struct {
	Node      string   `json:"node"`
	EnteredAt Seconds  `json:"entered_at"`
	SentAt    *Seconds `json:"sent_at,omitempty"`
	DecidedAt Seconds  `json:"decided_at"`
	Link      string   `json:"link,omitempty"`
	Reason    string   `json:"reason"`
}

// Seconds is an instant written in UTC with whole seconds.
type Seconds time.Time

// MarshalJSON writes RFC 3339.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(s).UTC().Format("2006-01-02T15:04:05Z"))
}

func seconds(i engine.Instant) Seconds { return Seconds(i.Time()) }

// ZoneOf finds the zone of a phone number; "" where it is not known.
type ZoneOf func(phone string) string

// Cascade walks one recipient through a cascade. The error is the script's author's to mend.
func Cascade(p *engine.Program, script []byte, zoneOf ZoneOf) (*Result, error) {
	var s Script
	if err := decode(script, &s); err != nil {
		return nil, err
	}
	if err := s.check(p); err != nil {
		return nil, err
	}
	w, err := newWalk(p, &s, zoneOf)
	if err != nil {
		return nil, err
	}
	w.run()
	return w.result(), nil
}

// pending is an event whose instant is known.
type pending struct {
	at    engine.Instant
	order int // of one instant: the script's order; acceptances after them, in the order of the launches
	event int // index in the script, -1 for an acceptance
	node  int16
}

// queue is what is to happen, the earliest first.
type queue []pending

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].at, q[j].at), cmp.Compare(q[i].order, q[j].order)) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(pending)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

type cascadeWalk struct {
	p       *engine.Program
	script  *Script
	in      engine.Input
	vars    scheme.Vars
	state   engine.State
	now     engine.Instant
	ended   engine.Instant
	out     engine.Effects
	queue   queue
	sent    int    // messages handed over so far
	known   []bool // events whose node's message was launched
	verdict []engine.Verdict
	stopped map[string]bool // channels on the stop list; "" is all
	steps   []engine.Record
	goals   []string
}

func newWalk(p *engine.Program, s *Script, zoneOf ZoneOf) (*cascadeWalk, error) {
	sender, err := zoneOr(s.Campaign.Zone, "UTC")
	if err != nil {
		return nil, err
	}
	phone := ""
	if zoneOf != nil {
		phone = zoneOf(s.Recipient.Contact.Phone)
	}
	zone, err := zoneOr(s.Recipient.Zone, s.Recipient.Contact.Zone, phone, s.Campaign.Zone, "UTC")
	if err != nil {
		return nil, err
	}
	c := &engine.Campaign{Seed: s.Campaign.ID, Start: engine.At(s.Start), Window: s.Campaign.Window, Zone: sender,
		StopWords: s.Campaign.StopWords}
	if s.Campaign.End != nil {
		c.End = engine.At(*s.Campaign.End)
	}
	if c.StopWords == nil {
		c.StopWords = engine.DefaultStopWords()
	}
	if win := c.Window; win != nil && win.Zone != scheme.ZoneRecipient && win.Zone != scheme.ZoneSender {
		if c.WindowIn, err = scheme.LoadZone(win.Zone); err != nil {
			return nil, err
		}
	}
	w := &cascadeWalk{p: p, script: s, stopped: map[string]bool{}, known: make([]bool, len(s.Events)),
		verdict: make([]engine.Verdict, len(s.Events)), state: p.NewState(engine.At(s.Start))}
	w.vars = scheme.Vars{Contact: &s.Recipient.Contact, Data: s.Recipient.Data,
		Campaign: &scheme.Campaign{ID: s.Campaign.ID, Name: s.Campaign.Name, Tags: s.Campaign.Tags}}
	winners := s.Campaign.Winner
	if winners == nil {
		winners = map[string]string{}
	}
	w.in = engine.Input{Program: p, Campaign: c, Vars: &w.vars, Zone: zone, Ordinal: s.Recipient.Ordinal, Winners: winners}
	return w, nil
}

func zoneOr(names ...string) (*time.Location, error) {
	for _, name := range names {
		if name != "" {
			return scheme.LoadZone(name)
		}
	}
	return time.UTC, nil
}

// run takes what comes next, events before timers of the same instant, until nothing is left.
func (w *cascadeWalk) run() {
	for {
		due, waits := w.p.Due(&w.state)
		switch {
		case len(w.queue) > 0 && (!waits || w.queue[0].at <= due):
			item := heap.Pop(&w.queue).(pending)
			w.now = max(w.now, item.at)
			w.happen(item)
		case waits:
			w.now = due
			w.step(w.timer())
		default:
			return
		}
	}
}

func (w *cascadeWalk) timer() engine.Event {
	ev := engine.Event{Kind: engine.Timer}
	node := &w.p.Nodes[w.state.Node]
	switch b := node.Block.(type) {
	case *engine.Message:
		if w.stopped[""] {
			ev.Scope = engine.AllChannels
		} else if w.stopped[b.Channel] {
			ev.Scope = engine.ThisChannel
		}
	case *engine.Split:
		ev.Variant = w.script.Campaign.Winner[node.ID]
	}
	return ev
}

func (w *cascadeWalk) happen(item pending) {
	if item.event < 0 {
		w.step(engine.Event{Kind: engine.Acceptance, Node: item.node, Attempt: 1})
		return
	}
	e := &w.script.Events[item.event]
	ev := engine.Event{Kind: engine.Fact, Node: item.node, Attempt: uint8(e.Attempt), Value: e.Value}
	switch e.Type {
	case "status":
		ev.Fact = engine.StatusFact(e.Value)
	case "reply":
		ev.Fact = engine.Replied
	case "ivr":
		ev.Fact, ev.Key = engine.Pressed, e.Value[0]
	case "error":
		ev.Fact = engine.Failed
		if _, hook := w.p.Nodes[item.node].Block.(*engine.Hook); hook {
			ev.Kind = engine.HookFailed
		} else if !slices.Contains(engine.ErrorReasons(), e.Value) {
			w.verdict[item.event] = engine.Unavailable // no channel has an error of that name
			return
		}
	}
	w.verdict[item.event] = w.step(ev)
}

// step feeds the interpreter and takes in what it asks for.
func (w *cascadeWalk) step(ev engine.Event) engine.Verdict {
	open := w.state.Phase != engine.Ended
	var v engine.Verdict
	w.out.Reset()
	w.state, v = engine.Step(&w.in, w.state, ev, w.now, &w.out)
	w.steps = append(w.steps, w.out.Trace...)
	for _, g := range w.out.Goals {
		w.goals = append(w.goals, w.p.Nodes[g].ID)
	}
	for _, s := range w.out.Stops {
		channel := ""
		if m, ok := w.p.Nodes[s.Node].Block.(*engine.Message); ok && s.Scope == engine.ThisChannel {
			channel = m.Channel
		}
		w.stopped[channel] = true
	}
	if w.out.Contact != nil {
		w.vars.Contact = w.out.Contact
	}
	if open && w.state.Phase == engine.Ended {
		w.ended = w.now
	}
	w.schedule()
	return v
}

// schedule places the events of what was just launched or called.
func (w *cascadeWalk) schedule() {
	for _, l := range w.out.Launches {
		w.place(l.Node, int(l.Attempt), l.At, false)
		if l.Attempt == 1 {
			heap.Push(&w.queue, pending{at: l.At, order: len(w.script.Events) + w.sent, event: -1, node: l.Node})
			w.sent++
		}
	}
	calls := w.out.Hooks
	for i := range calls {
		call := calls[i]
		if !w.place(call.Node, 1, call.At, true) {
			// Nobody's event stands against it: it succeeds at once, and what follows is this step's too.
			w.step(engine.Event{Kind: engine.HookDone, Node: call.Node})
			return
		}
	}
}

func (w *cascadeWalk) place(node int16, attempt int, at engine.Instant, hook bool) bool {
	placed := false
	for i := range w.script.Events {
		e := &w.script.Events[i]
		if e.Node != w.p.Nodes[node].ID || e.Attempt != attempt || hook && e.Type != "error" {
			continue
		}
		w.known[i], placed = true, true
		heap.Push(&w.queue, pending{at: at.Add(e.After.Total()), order: i, event: i, node: node})
	}
	return placed
}

func (w *cascadeWalk) result() *Result {
	r := &Result{Outcome: w.state.Outcome.String(), Goals: append([]string{}, w.goals...), EndedAt: seconds(w.ended),
		Steps: []Step{}, Late: []Event{}, Unused: []Event{}}
	for _, s := range w.steps {
		node := &w.p.Nodes[s.Node]
		step := Step{Node: node.ID, EnteredAt: seconds(s.Entered), DecidedAt: seconds(s.Decided), Reason: s.Reason}
		if s.Sent != 0 {
			sent := seconds(s.Sent)
			step.SentAt = &sent
		}
		if s.Link >= 0 {
			step.Link = node.Links[s.Link].ID
		}
		r.Steps = append(r.Steps, step)
	}
	for i, e := range w.script.Events {
		switch {
		case !w.known[i], w.verdict[i] == engine.Unavailable, w.verdict[i] == engine.Contradicts, w.verdict[i] == engine.Stale:
			r.Unused = append(r.Unused, e)
		case w.verdict[i] == engine.Late:
			r.Late = append(r.Late, e)
		}
	}
	return r
}
