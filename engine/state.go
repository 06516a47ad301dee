package engine

import "slices"

// Phase is what a recipient is doing at its block.
type Phase uint8

// The phases. Their numbers are stored.
const (
	Fresh   Phase = iota // not entered yet: Wake is the start
	Held                 // at a channel block, before the launch: Wake is the planned launch
	Sending              // launched, the provider has not answered
	Waiting              // accepted: facts pile up until the deadline; Wake is the next call, if one is planned
	Pausing              // at a delay: Wake is its end
	Resting              // at an A/B test, waiting for its winner: Wake is when it is known
	Calling              // at a webhook, waiting for its answer
	Ended                // the walk is over
)

func (p Phase) String() string {
	return [...]string{"fresh", "held", "sending", "waiting", "pausing", "resting", "calling", "ended"}[p]
}

// Outcome is how a walk ended.
type Outcome uint8

// The endings. Their numbers are stored.
const (
	Open Outcome = iota
	ReachedGoal
	Completed
	NotSent // failed: an error that nobody caught
	Interrupted
)

func (o Outcome) String() string {
	return [...]string{"open", "goal", "completed", "failed", "interrupted"}[o]
}

// State is where one recipient stands. It is a plain value: copying it copies everything, and two equal states behave
// the same. Each field is a column of the recipient's row.
type State struct {
	Node     int16
	Phase    Phase
	Outcome  Outcome
	Attempt  uint8 // of this block's calls, 0 before the launch
	Key      byte  // the last key pressed that has a link, 0 for none
	Unsure   bool  // nobody knows whether the provider took the message
	Facts    Facts
	Entered  Instant // this block
	Launched Instant // this block's first attempt, 0 before it
	Accepted Instant // by the provider, 0 before it
	Wake     Instant // see Phase; 0 where the phase has none
	// Heard are the stops that were heard while the walk went on, so that the same one counts once: node, attempt
	// and what was said, packed. Never changed in place.
	Heard []int32
}

// NewState is the state of a recipient whose walk begins at `start`.
func (p *Program) NewState(start Instant) State {
	return State{Node: p.Entry, Phase: Fresh, Wake: start}
}

// Due is the instant of the recipient's next timer; ok is false where only an event can move it.
func (p *Program) Due(s *State) (due Instant, ok bool) {
	switch s.Phase {
	case Ended, Calling:
		return 0, false
	case Sending, Waiting:
		if s.Wake != 0 {
			return s.Wake, true
		}
		return p.deadline(s), true
	default:
		return s.Wake, true
	}
}

// deadline is when a message's decision time is over: counted from the acceptance, or from the launch before it.
func (p *Program) deadline(s *State) Instant {
	from := s.Accepted
	if from == 0 {
		from = s.Launched
	}
	if m, ok := p.Nodes[s.Node].Block.(*Message); ok {
		return from.Add(m.Decision)
	}
	return from
}

// Equal reports whether two states are the same.
func (s *State) Equal(o *State) bool {
	return s.Node == o.Node && s.Phase == o.Phase && s.Outcome == o.Outcome && s.Attempt == o.Attempt &&
		s.Key == o.Key && s.Unsure == o.Unsure && s.Facts == o.Facts && s.Entered == o.Entered &&
		s.Launched == o.Launched && s.Accepted == o.Accepted && s.Wake == o.Wake && slices.Equal(s.Heard, o.Heard)
}

// heard reports whether a stop was heard before, and remembers it. A stop of all channels covers the channel's own.
func (s *State) heard(node int16, attempt uint8, fact Facts, scope Scope) bool {
	const channelBit, allBit, spamBit = 1, 2, 4
	bit, covers := int32(channelBit), int32(channelBit|allBit)
	switch {
	case fact == Spam:
		bit, covers = spamBit, spamBit
	case scope == AllChannels:
		bit, covers = allBit, allBit
	}
	base := int32(node)<<16 | int32(attempt)<<8
	for _, h := range s.Heard {
		if h&^0xff == base && h&covers != 0 {
			return true
		}
	}
	s.Heard = append(slices.Clip(s.Heard), base|bit)
	return false
}
