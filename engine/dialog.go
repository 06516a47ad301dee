package engine

import (
	"slices"
	"time"

	"kaskad/engine/scheme"
)

// MaxTransitions is how many links a dialog may follow without waiting for time or a person. The walk that follows
// that many fails.
const MaxTransitions = 100

// DialogOutcome is how the walk of a dialog ended.
type DialogOutcome uint8

// The endings. Their numbers are stored.
const (
	DialogOpen      DialogOutcome = iota // the walk goes on
	DialogAccepted                       // an operator has it
	DialogMissed                         // nobody accepted it in a closing operation
	DialogClosed                         // a close block, or closed from outside
	DialogFailed                         // MaxTransitions without waiting, or a webhook's error that nobody caught
	DialogCompleted                      // an outcome with no link drawn: no operator has it
)

// String names the outcome as the simulator and the API do. That of a walk that goes on is `waiting`.
func (o DialogOutcome) String() string {
	return [...]string{"waiting", "accepted", "missed", "closed", "failed", "completed"}[o]
}

// DialogState is where one dialog stands in its walk. The zero value is a walk that has not started. StepDialog never
// changes a state's lists in place. Written as JSON and read again it behaves the same.
type DialogState struct {
	Outcome DialogOutcome `json:"outcome,omitempty"`
	Node    int16         `json:"node,omitempty"`
	Step    int32         `json:"step,omitempty"` // ordinal of the current step in the walk, from 1; 0 before the start
	// Hops counts the links followed since the walk last waited for time or a person.
	Hops    uint8   `json:"hops,omitempty"`
	Started Instant `json:"started,omitempty"` // the walk
	Entered Instant `json:"entered,omitempty"` // this block
	Ended   Instant `json:"ended,omitempty"`   // the walk; 0 while it goes on
	// Timer is when a DialogTimer event is wanted, 0 for never; Wait is what that event must carry. Wait grows with
	// every new timer and every block, so that a timer of an earlier wait is known by it.
	Timer Instant `json:"timer,omitempty"`
	Wait  int32   `json:"wait,omitempty"`
	// Offers are the open offers, at most one an operator.
	Offers []Offer `json:"offers,omitempty"`
	// Had are the operators who declined in this operation or let the offer lapse: they get no other one in it.
	Had []string `json:"had,omitempty"`
	// Operator is who has the dialog, once it was accepted.
	Operator string `json:"operator,omitempty"`
}

// Offer is a dialog held out to an operator, who may accept it up to and including Until.
type Offer struct {
	Operator string  `json:"operator"`
	At       Instant `json:"at"`
	Until    Instant `json:"until"`
}

// DialogEventKind is what an event of a dialog is.
type DialogEventKind uint8

// The kinds of event.
const (
	DialogStart      DialogEventKind = iota // the visitor's first message, or an admin, starts the walk
	DialogMessage                           // the visitor wrote again
	OperatorsChanged                        // somebody came online, went, has another limit, or freed up; see DialogInput
	OfferAccepted                           // Operator accepts
	OfferDeclined                           // Operator declines
	DialogTimer                             // the state's Timer has come
	DialogHookDone                          // the webhook's call succeeded
	DialogHookFailed                        // it failed; Text is the reason
	DialogAssigned                          // handed to Operator by a person, without an offer
	DialogShut                              // closed by a person
)

// DialogEvent is one thing that happened. Which fields count depends on its kind.
type DialogEvent struct {
	Kind     DialogEventKind
	Operator string
	Text     string // DialogStart, DialogMessage: what the visitor wrote
	Wait     int32  // DialogTimer, DialogHook...: the state's Wait when the timer was set or the call was asked for
}

// Operator is somebody who may be offered dialogs.
type Operator struct {
	ID     string
	Groups []string
	Skills []string
	Online bool
	Limit  int // of open dialogs; with 0 none is offered
	Open   int // dialogs that the operator has now
}

// Free reports whether a dialog may be offered to the operator now.
func (o *Operator) Free() bool { return o.Online && o.Open < o.Limit }

// DialogInput is what a step may look at besides the state and the event. StepDialog changes none of it.
type DialogInput struct {
	Program *Program
	// Vars are the visitor's contact, the data of the entry, the dialog and its last message. The step itself sets
	// Now, the dialog's Waiting and, for an event with a message, Message, on a copy.
	Vars    *scheme.Vars
	Zone    *time.Location // the visitor's; nil is UTC
	Account *time.Location // the account's; nil is UTC
	// Operators are all operators of the account as they are now, in the account's order.
	Operators    []Operator
	LastOperator string           // who had this visitor's last dialog; empty: nobody
	Rotation     map[int16]string // by node: who was offered a dialog last, in any walk
	// Link makes the tracked short link of an automatic message; nil leaves addresses as they are.
	Link func(url string) string
}

// DialogEffects collects what steps ask for and what is to be remembered. Reuse one only after emptying it.
type DialogEffects struct {
	Offers   []OfferMade
	Ends     []OfferEnd
	Says     []Utterance
	Tags     []Retag // changes of the dialog's tags, in order
	Priority *int    // the dialog's new priority; nil: unchanged
	Changes  []Change
	Contact  *scheme.Contact // the contact after the changes; nil without any
	Hooks    []DialogHook
	Rotation map[int16]string // entries of DialogInput.Rotation to replace
	Trace    []DialogStep
	Failures int // expressions that failed on this dialog's data
}

// OfferMade is an offer to show to an operator.
type OfferMade struct {
	Step int32
	Offer
}

// OfferEnd is an offer to take from an operator's screen.
type OfferEnd struct {
	Step     int32
	Operator string
	At       Instant
	Why      OfferFate
}

// OfferFate is what became of an offer.
type OfferFate uint8

// The fates. Their numbers are stored.
const (
	OfferTaken     OfferFate = iota + 1 // this operator accepted
	OfferRefused                        // this operator declined
	OfferLapsed                         // its time was over
	OfferLost                           // the operator went offline or reached the limit
	OfferWithdrawn                      // another operator has the dialog, or the walk ended otherwise
)

// Utterance is a message to the visitor. Options are shown numbered from 1, or as buttons that send their text.
type Utterance struct {
	Step    int32
	Text    string
	Options []Option
}

// DialogHook is the intent to call a webhook. Its answer comes back as an event with the same Wait. It must survive a
// restart: without an answer the dialog waits for ever.
type DialogHook struct {
	Node    int16
	Wait    int32
	Method  string
	URL     string
	Headers map[string]string
	Body    string
	Timeout time.Duration
}

// DialogStep is one block of a walk. It is given when the walk waits there and again, complete, when the block is
// left: the later one of the same Step replaces the earlier.
type DialogStep struct {
	Step    int32
	Node    int16
	Link    int16 // index in the node's links, -1 where none fired
	Entered Instant
	Decided Instant // 0: not yet
	Reason  string
}

// Reopens reports whether the event starts a new walk of a dialog whose walk is over, at the entry of the version
// published by then: a new message for one that nobody has, and for one that an operator has, that the operator is
// gone. A failed one waits for an admin. How long somebody is away before being gone, and how soon an operator must
// answer, is the caller's to say.
func (s *DialogState) Reopens(message bool, gone string) bool {
	switch s.Outcome {
	case DialogMissed, DialogClosed, DialogCompleted:
		return message
	case DialogAccepted:
		return gone != "" && gone == s.Operator
	default:
		return false
	}
}

// Offered reports whether the operator holds an offer.
func (s *DialogState) Offered(operator string) bool { return s.offer(operator) >= 0 }

func (s *DialogState) offer(operator string) int {
	return slices.IndexFunc(s.Offers, func(o Offer) bool { return o.Operator == operator })
}
