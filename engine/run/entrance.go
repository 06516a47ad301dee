package run

import (
	"context"
	"log/slog"

	"kaskad/engine"
)

// entranceRows bounds a group commit of entries, entranceQueue what may wait for one: more is back-pressure on the callers.
const (
	entranceRows  = 5_000
	entranceQueue = 256
)

// Entrant is somebody who is to enter an open campaign. That the contact exists and can be reached is the caller's to know.
type Entrant struct {
	Campaign CampaignKey
	Contact  int64
	Zone     string         // as in [Recipient]
	Data     []byte         // a JSON object for templates and conditions; nil: none
	Key      string         // the same key enters once; empty: none
	Start    engine.Instant // of the walk; 0 and what has passed: at once
}

// NoEntry says why somebody did not enter.
type NoEntry string

// The reasons. Those from NotOpen on are about the campaign, for everybody.
const (
	InAlready  NoEntry = "already_in"     // and the campaign's rule lets nobody in twice, or not before the walk has ended
	TooSoon    NoEntry = "too_soon"       // after the last entry
	StartsLate NoEntry = "start_past_end" // the campaign ends before
	Full       NoEntry = "limit"          // the campaign has as many recipients as it takes
	NotOpen    NoEntry = "not_open"       // it takes a list, or does not exist
	NotRunning NoEntry = "not_running"    // it was not launched, or is over
	Shut       NoEntry = "closed"         // it was closed, or its end has come
)

// Entry is what came of an Entrant.
type Entry struct {
	Ordinal int64 // of the recipient
	Refused NoEntry
	Again   bool // the key was there: this is what came of it the first time
}

// Entrance takes recipients of open campaigns in, many callers' in one transaction, and answers each after the commit. It is
// safe for use by many goroutines.
type Entrance struct {
	store    Store
	registry *Registry
	log      *slog.Logger
	queue    chan *arrivals
	done     chan struct{}
	summon   func() // is told of segments that nobody holds here; nil: nobody could hold them
}

type arrivals struct {
	list   []Entrant
	result chan entered // has room for it
}

type entered struct {
	list []Entry
	err  error
}

// NewEntrance makes one; Run works it.
func NewEntrance(store Store, registry *Registry, log *slog.Logger) *Entrance {
	return &Entrance{store: store, registry: registry, log: log, queue: make(chan *arrivals, entranceQueue), done: make(chan struct{})}
}

// Enter takes people in, and tells of each, in order. After an error nobody knows whether they entered: a call with the same
// keys is answered as this one would have been.
func (e *Entrance) Enter(ctx context.Context, list []Entrant) ([]Entry, error) {
	a := &arrivals{list: list, result: make(chan entered, 1)}
	select {
	case e.queue <- a:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.done:
		return nil, ErrClosed
	}
	select {
	case r := <-a.result:
		return r.list, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.done:
		return nil, ErrClosed
	}
}

// Run works until ctx ends.
func (e *Entrance) Run(ctx context.Context) {
	defer close(e.done)
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-e.queue:
			e.commit(ctx, e.gather(first))
		}
	}
}

// gather takes what waits already: the longer a commit takes, the larger the next one.
func (e *Entrance) gather(first *arrivals) []*arrivals {
	group, rows := []*arrivals{first}, len(first.list)
	for rows < entranceRows {
		select {
		case a := <-e.queue:
			group, rows = append(group, a), rows+len(a.list)
		default:
			return group
		}
	}
	return group
}

func (e *Entrance) commit(ctx context.Context, group []*arrivals) {
	var all []Entrant
	for _, a := range group {
		all = append(all, a.list...)
	}
	list, err := e.save(ctx, all)
	if err != nil && len(group) > 1 && ctx.Err() == nil {
		// One caller's people must not fail the others': each by itself.
		e.log.Warn("a group of entries could not be stored, trying each", "error", err)
		for _, a := range group {
			list, err := e.save(ctx, a.list)
			a.result <- entered{list, err}
		}
		return
	}
	for _, a := range group {
		if err != nil {
			a.result <- entered{err: err}
			continue
		}
		a.result <- entered{list: list[:len(a.list):len(a.list)]}
		list = list[len(a.list):]
	}
}

// save stores entries in one transaction, and tells whoever holds their segments.
func (e *Entrance) save(ctx context.Context, all []Entrant) (list []Entry, err error) {
	var touched []SegmentKey
	far := false
	err = e.registry.during(func(held func(SegmentKey) bool) error {
		list, touched, err = e.store.Enter(ctx, all, held)
		for _, k := range touched {
			far = far || !held(k)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e.registry.touch(touched)
	if far && e.summon != nil {
		e.summon()
	}
	return list, nil
}
