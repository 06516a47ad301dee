// Package channel says what a channel is: how a message is handed to a provider, and how the provider's word comes
// back. A provider is one folder that implements Sender and, where it can, Asker; what it reports goes to an Inbox.
package channel

import (
	"context"
	"fmt"
	"time"

	"kaskad/engine"
)

// Key names one message of one recipient for ever: it is the key under which a provider is asked, so that asking
// twice can be told from two messages.
type Key struct {
	Account  int64
	Campaign int64
	Ordinal  int64
	Node     int16
	Attempt  uint8
}

// String writes the key as a provider is given it: five numbers, at most 60 characters.
func (k Key) String() string {
	return fmt.Sprintf("%d-%d-%d-%d-%d", k.Account, k.Campaign, k.Ordinal, k.Node, k.Attempt)
}

// Message is what a provider is asked to send.
type Message struct {
	Key     Key
	Channel string // sms, viber, voice ...
	Address string // a phone number in E.164, or the channel's own id
	Content engine.Content
	// TimeToLive is how long the provider may go on trying: the decision time.
	TimeToLive time.Duration
	// HandBy is the instant after which no sender may start with this message (a zombie's guard).
	HandBy time.Time
}

// Status is what became of the attempt to hand a message over.
type Status uint8

// The statuses of an attempt.
const (
	// Accepted: the provider took it; ProviderID is its name for the message.
	Accepted Status = iota + 1
	// Refused: the provider said no, for Reason; it was certainly not sent.
	Refused
	// NotTaken: it certainly was not taken (connection refused, throttled); it may be tried again after Pause.
	NotTaken
	// Uncertain: nobody knows (a time-out after the first byte).
	Uncertain
)

// Result is the outcome of one attempt.
type Result struct {
	Status     Status
	ProviderID string
	Reason     string        // of Refused: one of engine.ErrorReasons
	Code, Text string        // the provider's own words, for the trace
	Pause      time.Duration // of NotTaken: the least pause that the provider asked for; 0: ours to choose
}

// Sender hands messages to a provider. Implementations are safe for use by many goroutines.
type Sender interface {
	// Send tries each message once and gives one result for each, in order. It returns in bounded time, whatever the
	// provider does; a message whose turn had not come when ctx ended is NotTaken.
	Send(ctx context.Context, messages []Message) []Result
	// Limits tell how the dispatcher may use the sender.
	Limits() Limits
}

// Limits of a sender.
type Limits struct {
	Batch      int  // messages a call, at least 1
	Concurrent int  // calls at once, at least 1
	PerSecond  int  // messages a second, 0: no limit
	Repeats    bool // the provider drops a repeat under the same key, so that an unanswered message may be repeated
}

// Asker is implemented by senders whose provider can be asked what became of a message.
type Asker interface {
	// Ask gives one result for each key: Accepted or Refused where the provider knows the message, NotTaken where it
	// certainly never got it, Uncertain where the question was not answered.
	Ask(ctx context.Context, keys []Key) []Result
}

// Report is a provider's word about a message: by its own id, or by our key where it gives that back.
type Report struct {
	Account    int64
	Connection string // the provider connection that it came from
	ProviderID string
	Key        Key // used where ProviderID is empty
	Fact       engine.Facts
	Value      string // the reply's text, the key pressed, the error's reason
	Scope      engine.Scope
	// Unique tells two equal replies apart: the provider's id of the reply, else empty.
	Unique string
	At     time.Time // the provider's own time, zero where it has none
}

// Inbox takes reports in.
type Inbox interface {
	// Receive returns nil once the reports are stored durably; only then may they be acknowledged. On an error none,
	// some or all of them may have been stored: the provider repeats, and repeats count once.
	Receive(ctx context.Context, reports []Report) error
}
