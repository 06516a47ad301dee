package virtual

import (
	"errors"
	"sync"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
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

	lastID  uint64
	running map[uint64]bool // transactions that have an id and have not ended
	lastPID int

	accounts   map[int64]*Account
	versions   map[[2]int64]version
	contacts   map[run.PersonKey]*scheme.Contact
	consents   map[run.PersonKey][]string
	campaigns  map[run.CampaignKey]*campaignRow
	segments   map[run.SegmentKey]*segmentRow
	recipients map[run.RecipientKey]*recipientRow
	messages   map[channel.Key]*run.MessageRow
	answers    map[source]*answerRow
	facts      map[factKey]*StoredFact
	unknown    map[unknownKey]*unknownRow
	steps      map[stepKey]run.StepRow
	counters   map[run.Counter]int64
	stops      map[stopKey]run.StopRow
	wakes      map[run.SegmentKey]bool
	troubles   map[troubleKey]run.TroubleRow
	aside      map[run.RecipientKey]run.TroubleRow
	counted    map[run.PersonKey][]run.Counted
	capLocks   map[run.PersonKey]*Session
	rates      map[run.CampaignKey]engine.Instant
	limits     map[limitKey]*limitRow
	winners    map[nodeKey]string
	entries    map[run.RecipientKey]*entryRow
	entryKeys  map[entryKey]run.Entry
	entered    map[personIn]lastEntry
	processes  map[string]*process
	programs   map[run.CampaignKey]*engine.Program
	sessions   map[*Session]bool
	locks      map[run.SegmentKey]*Session
	listeners  map[*listener]bool
}

// Account is a customer.
type Account struct {
	ID        int64
	StopWords []string // nil: the default ones
	Cap       run.Cap  // nil: none
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
	d := &DB{o: o, running: map[uint64]bool{}, accounts: map[int64]*Account{}, versions: map[[2]int64]version{},
		contacts: map[run.PersonKey]*scheme.Contact{},
		consents: map[run.PersonKey][]string{}, campaigns: map[run.CampaignKey]*campaignRow{},
		segments: map[run.SegmentKey]*segmentRow{}, recipients: map[run.RecipientKey]*recipientRow{},
		messages: map[channel.Key]*run.MessageRow{}, answers: map[source]*answerRow{}, facts: map[factKey]*StoredFact{},
		unknown: map[unknownKey]*unknownRow{}, steps: map[stepKey]run.StepRow{}, counters: map[run.Counter]int64{},
		stops: map[stopKey]run.StopRow{}, wakes: map[run.SegmentKey]bool{}, troubles: map[troubleKey]run.TroubleRow{},
		aside: map[run.RecipientKey]run.TroubleRow{}, counted: map[run.PersonKey][]run.Counted{},
		capLocks: map[run.PersonKey]*Session{}, rates: map[run.CampaignKey]engine.Instant{},
		limits: map[limitKey]*limitRow{}, winners: map[nodeKey]string{}, entries: map[run.RecipientKey]*entryRow{},
		entryKeys: map[entryKey]run.Entry{}, entered: map[personIn]lastEntry{}, processes: map[string]*process{},
		programs: map[run.CampaignKey]*engine.Program{}, sessions: map[*Session]bool{},
		locks: map[run.SegmentKey]*Session{}, listeners: map[*listener]bool{}}
	d.freed = sync.NewCond(&d.mu)
	return d
}

// begin gives a transaction its id. Whoever records a row reads the clock after that.
func (d *DB) begin() uint64 {
	d.lastID++
	d.running[d.lastID] = true
	return d.lastID
}

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
	id := d.begin()
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.end(id)
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
