package virtual

import (
	"errors"
	"sync"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// The errors of a database that has no error of the runtime's for it.
var (
	ErrNotFound = errors.New("virtual: not found")
	ErrGone     = errors.New("virtual: the session has ended")
)

// Flaws are promises that a database breaks, so that a test of the promises can be seen to fail.
type Flaws struct {
	Epochs    bool // a batch is written whoever holds its segments
	HandBy    bool // an intent is given to its new owner as one that nobody is going to hand over any more
	Watermark bool // a transaction that is still under way is taken for one that has ended
	Acks      bool // facts are acknowledged before they are committed, and some never are
	Repeats   bool // a fact that is there is counted again
	Terms     bool // terms that are changed are given as they were
	Halves    bool // the states of recipients are there before their batch commits, and stay where it fails
	Foreign   bool // a provider's id is looked up in all accounts
	Caps      bool // two launches to a contact read its row of caps at once
	Early     bool // answers are stored of messages that a server has lost, and results of webhooks
	Limits    bool // what a connection may send is granted to every process by itself
	Tests     bool // tests count in caps and are capped
	OldCaps   bool // the cap that an account had first is given when it has another one
	Aside     bool // who was set aside is given to the next owner
	Refusals  bool // who is launched together with somebody whose data is refused is refused too
}

// Options say how a database is. Clock is needed.
type Options struct {
	Clock func() engine.Instant // the database's; it never goes back
	// Compile makes the program of a document: it tells which facts imply which. Without it nothing is implied.
	Compile func(document []byte) (*engine.Program, error)
	Flaws   Flaws
	// Wrote is told of everything that was committed, in the order of the commits, with the database locked; nil: nobody is.
	Wrote func(Commit)
}

// Commit is what a transaction wrote: one of its parts.
type Commit struct {
	At      engine.Instant
	Process string
	Batch   *run.Batch
	Answers []run.Answer
	Facts   []StoredFact
	Entered int
}

// DB is the database. It is safe for use by many goroutines; no lock is held while a Wire is at work.
type DB struct {
	o     Options
	mu    sync.Mutex
	freed *sync.Cond // a row that somebody waits for may be free

	running map[uint64]bool // transactions that have an id and have not ended
	lastPID int
	line    int   // how often another server has taken over: what began on the one before fails
	standby *rows // what the standby has, where it gets nothing more; nil: it has everything

	capQueue  map[run.PersonKey][]*Session // who holds a contact's row of caps, and who waits for it, in that order
	programs  map[run.CampaignKey]*engine.Program
	sessions  map[*Session]bool
	locks     map[run.SegmentKey]*Session
	listeners map[*listener]bool

	rows
}

// Account is a customer.
type Account struct {
	ID        int64
	StopWords []string // nil: the default ones
	Cap       run.Cap  // nil: none
	first     run.Cap
}

type version struct {
	document []byte
	format   int
}

type campaignRow struct {
	run.Campaign
	rule     Rule
	recycled int64 // recipients so far
	closed   bool
	finished bool
	test     bool
}

type segmentRow struct {
	open    int
	due     engine.Instant // 0: none
	epoch   int64
	applied uint64
}

type recipientRow struct {
	run.Recipient
	at     engine.Instant
	reason string
}

type source struct {
	account              int64
	connection, provider string
}

type answerRow struct {
	key      channel.Key
	recorded engine.Instant
	id       uint64
}

type factKey struct {
	key    channel.Key
	code   int32
	unique string
}

// StoredFact is a fact's row. Code is a bit of engine.Facts or one of run's codes.
type StoredFact struct {
	Key      channel.Key
	Code     int32
	Value    string
	Unique   string
	Scope    engine.Scope
	Implied  bool
	Recorded engine.Instant
	id       uint64
}

type unknownKey struct {
	source source
	code   int32
	unique string
}

type unknownRow struct {
	value    string
	scope    engine.Scope
	recorded engine.Instant
	times    int
}

type stepKey struct {
	recipient run.RecipientKey
	node      int16
}

type stopKey struct {
	account          int64
	address, channel string
}

type troubleKey struct {
	recipient run.RecipientKey
	node      int16
	what      string
}

type nodeKey struct {
	campaign run.CampaignKey
	node     int16
}

type process struct {
	workers  int
	sessions []*Session
	seen     engine.Instant
}

// New makes an empty database.
func New(o Options) *DB {
	d := &DB{o: o, running: map[uint64]bool{}, capQueue: map[run.PersonKey][]*Session{}, programs: map[run.CampaignKey]*engine.Program{},
		sessions: map[*Session]bool{}, locks: map[run.SegmentKey]*Session{}, listeners: map[*listener]bool{}, rows: newRows()}
	d.freed = sync.NewCond(&d.mu)
	return d
}

// begin gives a transaction its id. Whoever records a row reads the clock after that.
func (d *DB) begin() uint64 {
	d.lastID++
	d.running[d.lastID] = true
	return d.lastID
}

// server names the server that there is now.
func (d *DB) server() int64 { return int64(d.line) + 1 }

func (d *DB) end(id uint64) { delete(d.running, id) }

// below is the oldest transaction that is still running: all with lower ids have ended.
func (d *DB) below() uint64 {
	least := d.lastID + 1
	if d.o.Flaws.Watermark {
		return least
	}
	for id := range d.running {
		least = min(least, id)
	}
	return least
}

// Hold begins a transaction that writes nothing and stays open until the function is called.
func (d *DB) Hold() (end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, line := d.begin(), d.line
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.line == line {
			d.end(id)
		}
	}
}

func (d *DB) wrote(c Commit) {
	if d.o.Wrote != nil {
		c.At = d.o.Clock()
		d.o.Wrote(c)
	}
}

func segmentOf(campaign run.CampaignKey, ordinal int64) run.SegmentKey {
	return run.SegmentKey{Account: campaign.Account, Campaign: campaign.Campaign, Segment: int32(ordinal / run.SegmentSize)}
}

func campaignOf(k channel.Key) run.CampaignKey {
	return run.CampaignKey{Account: k.Account, Campaign: k.Campaign}
}

func recipientOf(k channel.Key) run.RecipientKey {
	return run.RecipientKey{Campaign: campaignOf(k), Ordinal: k.Ordinal}
}
