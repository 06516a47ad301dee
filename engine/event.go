package engine

import (
	"time"

	"kaskad/engine/scheme"
)

// EventKind is what an event is.
type EventKind uint8

// The kinds of event.
const (
	Timer       EventKind = iota // the state's due instant has come, and what it waits for (a rate, a queue) allows it
	Acceptance                   // the provider took the message
	Uncertainty                  // nobody knows whether the provider took it, and it cannot be asked
	Fact                         // something came true for a message
	HookDone                     // a webhook's call succeeded
	HookFailed                   // it failed; Value is the reason
	Interrupt                    // the walk is ended from outside; Value is the reason
)

// Scope is how far a stop reaches.
type Scope uint8

// The scopes of a stop.
const (
	NoStop Scope = iota
	ThisChannel
	AllChannels
)

// Event is one thing that happened. Which fields count depends on its kind.
type Event struct {
	Kind    EventKind
	Fact    Facts // Fact: exactly one
	Node    int16 // Acceptance, Uncertainty, Fact, Hook...: of the message or call it belongs to
	Attempt uint8 // likewise; 1 for the first
	Key     byte  // Fact Pressed
	Scope   Scope // Fact Unsubscribed; Timer: the address is on the stop list
	// Value is the text of a reply, the reason of an error, a webhook's failure or an interruption; for a Timer,
	// the reason for which the launch is refused (no_address, frequency_cap ...).
	Value string
	// Variant is, for the Timer of a recipient that waits for a winner, the winner.
	Variant string
}

// Verdict tells what became of an event.
type Verdict uint8

// The verdicts.
const (
	Applied     Verdict = iota
	Repeated            // the same fact came before
	Contradicts         // an earlier fact rules it out; nothing changed
	Unavailable         // it cannot come true at that block, whenever it comes
	Late                // the block was left before; only a stop still counts
	Stale               // a timer of another wait, an answer to something else; nothing changed
)

// The reasons of an error.
const (
	NoFunds          = "no_funds"
	OnStopList       = "unsubscribed"
	NoAddress        = "no_address"
	BadAddress       = "bad_address"
	TemplateMismatch = "template_mismatch"
	NotApproved      = "not_approved"
	TooLong          = "too_long"
	FrequencyCap     = "frequency_cap"
	WindowClosed     = "window_closed"
	Rejected         = "rejected"
	Unreachable      = "unavailable"
)

// ErrorReasons are the reasons that an error of a channel block can have.
func ErrorReasons() []string {
	return []string{NoFunds, OnStopList, NoAddress, BadAddress, TemplateMismatch, NotApproved, TooLong, FrequencyCap,
		WindowClosed, Rejected, Unreachable}
}

// Campaign is what all recipients of a campaign share.
type Campaign struct {
	Seed      string         // fixes the order of A/B variants; the campaign's id
	Start     Instant        // of the campaign
	End       Instant        // 0: none
	Window    *scheme.Window // nil: always open
	WindowIn  *time.Location // of a window whose zone is an IANA name
	Zone      *time.Location // the sender's
	StopWords []string       // lower-cased first words that mean "stop"
}

// DefaultStopWords are the words that mean "stop" where the account has not set its own.
func DefaultStopWords() []string {
	return []string{"стоп", "stop", "отписаться", "отписка", "unsubscribe"}
}

// Input is what a step may look at besides the state and the event. Step changes none of it.
type Input struct {
	Program  *Program
	Campaign *Campaign
	Vars     *scheme.Vars   // the recipient's data; its Now and Reply are set by the step itself on a copy
	Zone     *time.Location // the recipient's
	// Doubt are the zones that the recipient may be in where its own is not known; Zone is then the account's.
	Doubt   []*time.Location
	Ordinal int64
	// Winners, where not nil, decides instead of the share who waits for a winner: whoever's node is named.
	Winners map[string]string
}

// Effects collects what steps ask for. A caller reuses one for many recipients, emptying it between batches.
type Effects struct {
	Launches []Launch
	Hooks    []HookCall
	Trace    []Record
	Goals    []int16
	Stops    []Stop
	Changes  []Change
	Contact  *scheme.Contact // the contact after the changes; nil without any
	Failures int             // expressions that failed on this recipient's data
}

// Reset empties the effects for the next recipient, keeping the memory.
func (e *Effects) Reset() {
	*e = Effects{Launches: e.Launches[:0], Hooks: e.Hooks[:0], Trace: e.Trace[:0], Goals: e.Goals[:0],
		Stops: e.Stops[:0], Changes: e.Changes[:0]}
}

// Launch is the intent to send a message. It is committed before any provider hears of it.
type Launch struct {
	Node    int16
	Attempt uint8
	At      Instant
}

// HookCall is the intent to call a webhook.
type HookCall struct {
	Node int16
	At   Instant
}

// Stop is a request of a person to get nothing more, to be put on the stop list.
type Stop struct {
	Node    int16
	Attempt uint8
	Scope   Scope
	Spam    bool
}

// Change is what an update block does to the contact.
type Change struct {
	Node  int16
	Block *Update
	Set   map[string]any
}

// Record is one block of a walk, written when the block is left or the walk ends in it.
type Record struct {
	Node     int16
	Link     int16 // index in the node's links, -1 where none fired
	Attempts uint8
	Facts    Facts
	Entered  Instant
	Sent     Instant // 0: nothing was sent
	Decided  Instant
	Reason   string
	Chosen   string // the variant or branch, also where no link takes it
}
