// Package run walks the recipients of campaigns through their schemes: it holds segments, keeps their timers in memory,
// feeds the interpreter in batches, and hands messages to providers after they are committed. What it needs of a
// database is declared here, as ports.
package run

import (
	"context"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/scheme"
)

// SegmentSize is how many consecutive recipients of a campaign a segment has at most.
const SegmentSize = 10_000

// The defaults of [Times].
const (
	HandWithin = 10 * time.Second
	JudgeAfter = 3 * time.Second
)

// SegmentKey names a segment.
type SegmentKey struct {
	Account  int64
	Campaign int64
	Segment  int32
}

// What is stored as a fact besides [engine.Facts]: the end of a webhook's call, and an interruption from outside.
const (
	HookDoneCode   = 1 << 16
	HookFailedCode = 1 << 17
	InterruptCode  = 1 << 18
)

// CampaignKey names a campaign.
type CampaignKey struct{ Account, Campaign int64 }

// Campaign is a campaign as the runtime needs it.
type Campaign struct {
	Key        CampaignKey
	Version    int64
	Document   []byte // of the pinned version
	Name       string
	Tags       []string
	State      string // scheduled, running, paused, cancelled, finished
	Zone       string // the sender's
	Window     *scheme.Window
	Start, End engine.Instant // End 0: none
	Rate       int            // launches a second, 0: no limit
	Connection string
	StopWords  []string // nil: the default ones
	Hurry      int      // durations are so many times shorter, for demonstrations; 0 and 1: as drawn
	// Revision goes up with every change of what is here. The document has the texts that were corrected by then.
	Revision    int64
	Capped      bool // a cap of the account counts for it
	Advertising bool // it is sent only to who agreed to that
	Open        bool // recipients enter one by one, at any time
}

// Standing is what of a campaign is looked at again and again.
type Standing struct {
	State    string
	Revision int64
	Capped   bool
}

// Recipient is a recipient's row.
type Recipient struct {
	Ordinal int64
	Contact int64
	Zone    string // IANA, never empty
	State   engine.State
}

// Claimed is a segment that a session holds now.
type Claimed struct {
	Key        SegmentKey
	Epoch      int64
	Applied    uint64      // transaction id below which all events have been applied to the rows
	Revision   int64       // of the campaign, by which its next due instant is reckoned
	Recipients []Recipient // the open ones, by ordinal
}

// Incoming is a stored answer or fact.
type Incoming struct {
	Key      channel.Key
	Kind     engine.EventKind // Acceptance, Fact, HookDone, HookFailed, Interrupt
	Fact     engine.Facts
	Value    string
	Scope    engine.Scope
	Recorded engine.Instant
}

// Cursor is how far a held segment has read.
type Cursor struct {
	Key     SegmentKey
	Applied uint64
	Open    bool // of an open campaign: there may be entries
}

// Tick is what a look at the database tells.
type Tick struct {
	Now       engine.Instant // the database's clock
	Watermark engine.Instant // every fact recorded at or before it is visible
	Below     uint64         // the events read have transaction ids below this
	Server    int64          // names the run of the server that the session is of: another one may lack what was committed last
	Events    []Incoming     // for each segment in the order of recording
	Entries   []Arrived      // EntriesAtOnce at most; some may have been given before
}

// Person is a contact as a step needs it.
type Person struct {
	Contact scheme.Contact
	Stops   []string // channels of its addresses on the stop list; "" is all channels
	// What is read for a Launching alone: the channels agreed to, the account's cap, nil where it has none, and what counts
	// in it. The row of the latter is locked by then, so that two campaigns do not both take the last place.
	Agreed  []string
	Cap     Cap
	Counted []Counted
}

// Cap is how many campaigns a contact may enter.
type Cap interface {
	// Reached tells whether a contact that entered campaigns at these instants may enter none at now, by its zone's days.
	Reached(entered []time.Time, now time.Time, zone *time.Location) bool
}

// Counted is a campaign that a contact entered.
type Counted struct {
	Campaign int64
	At       time.Time
}

// Launching is a launch for which more about its contact has to be read.
type Launching struct {
	Account, Contact, Campaign, Ordinal int64
	Capped, Advertising                 bool
}

// Batch is everything that one transaction writes.
type Batch struct {
	Segments   []SegmentUpdate
	Entered    []NewRecipient // stored before the updates
	Recipients []RecipientUpdate
	Messages   []MessageRow
	Steps      []StepRow
	Counters   map[Counter]int64
	Stops      []StopRow
	Contacts   []ContactRow
	Counted    []CountedRow
	Troubles   []TroubleRow
	Aside      []TroubleRow  // recipients whose own rows cannot be changed: their walks are over all the same
	Extended   []channel.Key // messages to be handed over again: their hand_by becomes HandBy
	HandBy     engine.Instant
}

// SegmentUpdate guards the batch: it fails whole with ErrLost where the epoch is not the holder's.
type SegmentUpdate struct {
	Key     SegmentKey
	Epoch   int64
	Applied uint64
	Closed  int // recipients whose walk ended in this batch
	Entered int // recipients that this batch makes
}

// RecipientUpdate is a recipient's new state. Reason is set when the walk has ended, At with it.
type RecipientUpdate struct {
	Campaign CampaignKey
	Ordinal  int64
	State    engine.State
	At       engine.Instant
	Reason   string
}

// Untaken is the HandBy of an intent that certainly no provider has, and that nobody is going to hand over: whoever
// claims its segment does.
const Untaken engine.Instant = 0

// MessageRow is an intent.
type MessageRow struct {
	Key        channel.Key
	LaunchedAt engine.Instant
	HandBy     engine.Instant
	Address    string
	Text       string
	Content    []byte // JSON of engine.Content where a bare text does not say it all; nil else
}

// StepRow is a step of a recipient.
type StepRow struct {
	Campaign CampaignKey
	Ordinal  int64
	Step     engine.Record
}

// Counter names a figure. Node is -1 for the campaign itself.
type Counter struct {
	Campaign CampaignKey
	Node     int16
	What     string
}

// StopRow puts an address on the stop list. With Channel "" every other open walk of the contact is interrupted: an
// Interrupt event is stored for each, but not for Except.
type StopRow struct {
	Account int64
	Address string
	Channel string
	Reason  string // unsubscribed, spam
	Source  string // campaign and block, for people
	Contact int64
	Except  channel.Key
}

// ContactRow is a change of a contact, applied to the row as it is then.
type ContactRow struct {
	Account    int64
	Contact    int64
	Set        map[string]any
	AddTags    []string
	RemoveTags []string
	// Groups by name or id. One to be added to that there is not is made.
	AddGroups, RemoveGroups []string
}

// CountedRow counts a campaign in the cap of a contact that was asked for with a Launching in the batch's transaction.
type CountedRow struct {
	Account, Contact int64
	Counted
}

// TroubleRow reports a recipient whose data broke something.
type TroubleRow struct {
	Campaign CampaignKey
	Ordinal  int64
	Node     int16
	What     string
	At       engine.Instant
}

// Session is a database connection that holds segments: its locks die with it, and only it can write what the holder
// of a segment may write. It is used by one goroutine. Any error but ErrLost means that the session is broken and its
// segments are no longer held.
type Session interface {
	// Claim takes up to max segments that are due within `ahead`, or were woken, and that nobody holds.
	Claim(ctx context.Context, max int, ahead time.Duration) ([]Claimed, error)
	// Tick looks at the clock and reads what is new for the held segments.
	Tick(ctx context.Context, cursors []Cursor) (*Tick, error)
	// Begin opens the batch's transaction and reads the people concerned, in it, with their stops; the contacts of
	// launches are among them.
	Begin(ctx context.Context, people map[int64][]int64, launches ...Launching) (map[PersonKey]Person, error)
	// Data gives what recipients of open campaigns brought with them, JSON objects, in the transaction of Begin. Who brought
	// nothing is left out.
	Data(ctx context.Context, keys []RecipientKey) (map[RecipientKey][]byte, error)
	// Commit writes the batch and commits. ErrLost: a segment is not held any more, and nothing was written.
	Commit(ctx context.Context, b *Batch) error
	// Rollback gives an open transaction up.
	Rollback(ctx context.Context) error
	// Release gives a segment back, to be claimed again at due (0: only a wake can move it). False: there is something
	// unread, or the campaign has another revision, and the segment is still held. No Save may be under way that takes the
	// segment for held.
	Release(ctx context.Context, c Claimed, due engine.Instant) (bool, error)
	// Unanswered gives the intents of these messages that have no answer and no fact, with what was to be sent.
	Unanswered(ctx context.Context, keys []channel.Key) ([]MessageRow, error)
	// ContactsOf gives the contacts of recipients, in the order of the keys; 0 for one that does not exist.
	ContactsOf(ctx context.Context, keys []channel.Key) ([]int64, error)
	// Lease takes up to n launches of a campaign's rate for now; what is granted is spent.
	Lease(ctx context.Context, c CampaignKey, rate, n int) (int, error)
	// Winner gives the variant that won, deciding it once for all processes.
	Winner(ctx context.Context, c CampaignKey, node int16, variants []string, w *engine.Winner, goals []int16) (string, error)
	// Close ends the session and gives everything up.
	Close()
}

// PersonKey names a contact.
type PersonKey struct{ Account, Contact int64 }

// Store is the database.
type Store interface {
	// Session opens a session for a worker.
	Session(ctx context.Context, worker string) (Session, error)
	// Campaign reads a campaign with its version.
	Campaign(ctx context.Context, key CampaignKey) (*Campaign, error)
	// States tells how the campaigns stand now.
	States(ctx context.Context, keys []CampaignKey) (map[CampaignKey]Standing, error)
	// Finish marks campaigns that have no open recipient as finished, and starts scheduled ones that are due; it
	// returns how many of either there were.
	Finish(ctx context.Context) (int, error)
	// Beat says that a process is alive with so many workers, ends the sessions of processes silent for `silent`, and
	// gives what there is to share out.
	Beat(ctx context.Context, process string, workers int, silent time.Duration) (Beat, error)
	// Listen calls f whenever another process may have stored facts for a segment held here, until ctx ends or the
	// connection breaks; it returns why.
	Listen(ctx context.Context, f func()) error
	// Leave says that the process is gone.
	Leave(ctx context.Context, process string) error
	// Save stores answers and facts in one transaction: facts are unique, what they imply is stored with them, figures
	// are counted, and segments for which held is false get a wake. Reports of unknown messages are kept apart.
	Save(ctx context.Context, answers []Answer, reports []channel.Report, held func(SegmentKey) bool) (Saved, error)
	// SaveHooks stores the results of webhooks like facts: once each, with a wake where it is needed.
	SaveHooks(ctx context.Context, results []HookResult, held func(SegmentKey) bool) (Saved, error)
	// Enter stores entries of open campaigns in one transaction, numbers them, and tells of each what came of it, in order,
	// and which segments have something to read. Each of these has a wake; other processes are told where held is false.
	Enter(ctx context.Context, list []Entrant, held func(SegmentKey) bool) ([]Entry, []SegmentKey, error)
	// Limit grants a slice of a connection's limits, so that all processes together keep them.
	Limit(ctx context.Context, a LimitAsk) (LimitGrant, error)
	// Rematch tries the facts of unknown messages again, and returns how many found theirs.
	Rematch(ctx context.Context, held func(SegmentKey) bool) (int, error)
}

// Beat is what the living processes share.
type Beat struct {
	Workers  int // living, of all processes
	Segments int // due or held
	Room     int // how many segments all workers together may hold: the server has no place for more locks
}

// Answer is a provider's acceptance.
type Answer struct {
	Key        channel.Key
	Connection string
	ProviderID string
	// Server is the one that committed the intent, as its Tick named it; 0: the one that there is now. Where another has taken
	// over and does not have the intent, the message is launched anew: this answer is not stored, for it would be read before
	// the launch that it seems to be of, and that one's own answer be a repeat.
	Server int64
}

// Saved tells what a Save did.
type Saved struct {
	Facts   int // new ones
	Repeats int
	Unknown int
	Touched []SegmentKey // segments that have something new to read
}

// HookResult is the result of a webhook's call for one recipient.
type HookResult struct {
	Key    channel.Key // Attempt is 1
	Failed bool
	Reason string // of a failure
	Server int64  // as in Answer: the result is stored where that one's successor knows the recipient to wait for it
}
