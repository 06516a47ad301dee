package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run/internal/flaw"
)

// How a worker spends its time. A batch is large enough to make its two round trips cheap, and small enough that a
// launch never waits long behind one.
const (
	batchRows   = 5_000
	sweepEvery  = 250 * time.Millisecond // a look at all held segments: other processes store facts too
	claimEvery  = 200 * time.Millisecond
	claimAhead  = time.Second
	stateEvery  = time.Second
	reopenAfter = 500 * time.Millisecond
	leaseFor    = 250 * time.Millisecond
	idleAtLeast = time.Millisecond
	roundWithin = 5 * time.Second // on a stop
)

// Deps are the parts that workers share.
type Deps struct {
	Store      Store
	Registry   *Registry
	Inbox      *Inbox
	Dispatcher *Dispatcher
	Senders    map[string]channel.Sender
	Hooks      *Hooks
	Tracer     Tracer // nil: none
	Times      Times
	Compile    func(document []byte) (*engine.Program, error)
	// Link makes the tracked short address of the n-th link of a message.
	Link func(key channel.Key, n int) string
	// File makes the address of a stored file of an account; nil: names are handed over as they are.
	File  func(account int64, name string) string
	Log   *slog.Logger
	Clock func() time.Time
	Flaws flaw.Flaws // of the simulation; none
}

// Worker walks the recipients of the segments that it holds. One goroutine runs it; the exported methods are safe for
// use by others.
type Worker struct {
	Deps
	name    string
	share   atomic.Int64 // the most segments it may hold
	stats   Stats
	session Session

	segs      map[SegmentKey]*segment
	campaigns map[CampaignKey]*campaign
	order     []*segment  // of segs
	lines     []*campaign // of campaigns
	lineUp    int         // whose turn it is among them
	zones     []clock
	zoneIndex map[string]int16
	timers    timers
	retries   retries
	asking    map[channel.Key]*segment // messages of which it is being found out what became of them

	now, watermark       engine.Instant // of the last tick, the database's
	first                engine.Instant // of the session's first tick
	server               int64          // of the session, see Tick
	ticked               time.Time      // on our clock
	swept, claimed, seen time.Time

	isolation isolation
	effects   engine.Effects
	input     engine.Input
	filled    filled
	doubts    []arrival     // that messages are uncertain, left out of a turn
	calls     []HookRequest // that found the queue of webhooks full
	turn      turn
	linkNames []string

	hasty atomic.Bool // claim at once

	mu   sync.Mutex
	mail mail
	wake chan struct{}
}

// mail is what others left for the worker.
type mail struct {
	touched []SegmentKey
	results []Answered
	judged  []judged
	sweep   bool // another process stored something: look at all held segments
}

// Stats are figures of a worker, readable at any time.
type Stats struct {
	Batches, Recipients, Messages, Events, Lost, Held atomic.Int64
	// Denied counts leases of campaigns' rates that granted nothing.
	Denied atomic.Int64
	// Lag is how far the watermark was behind the database's clock at the last look, in nanoseconds: facts are read and
	// deadlines decided so much later.
	Lag atomic.Int64
	// Refused batches, walks ended because of one, and those of them that were set aside.
	Refused, Isolated, Aside atomic.Int64
}

// NewWorker makes a worker; Run works it.
func NewWorker(name string, deps Deps) *Worker {
	deps.Times = deps.Times.orDefaults()
	w := &Worker{Deps: deps, name: name, wake: make(chan struct{}, 1)}
	w.share.Store(1)
	w.forget()
	return w
}

// Stats gives the worker's figures.
func (w *Worker) Stats() *Stats { return &w.stats }

// Share sets how many segments the worker may hold.
func (w *Worker) Share(n int) { w.share.Store(int64(max(n, 1))) }

func (w *Worker) touch(key SegmentKey) {
	w.mu.Lock()
	w.mail.touched = append(w.mail.touched, key)
	w.mu.Unlock()
	w.rouse()
}

// results takes what the dispatcher could not settle by storing it: messages not taken, and uncertain ones.
func (w *Worker) results(list []Answered) {
	w.mu.Lock()
	w.mail.results = append(w.mail.results, list...)
	w.mu.Unlock()
	w.rouse()
}

// stored is told that another process stored facts, perhaps for a segment that is held here.
func (w *Worker) stored() {
	w.mu.Lock()
	w.mail.sweep = true
	w.mu.Unlock()
	w.rouse()
}

// hasten lets the worker look at once for segments to claim.
func (w *Worker) hasten() {
	w.hasty.Store(true)
	w.rouse()
}

func (w *Worker) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// forget drops everything that is held in memory: after a lost session the rows say where everyone stands.
func (w *Worker) forget() {
	if len(w.order) > 0 {
		keys := make([]SegmentKey, len(w.order))
		for i, s := range w.order {
			keys[i] = s.Key
		}
		w.Registry.remove(w, keys...) // at once: one after another would wait for store calls that have begun since
	}
	w.segs, w.campaigns = map[SegmentKey]*segment{}, map[CampaignKey]*campaign{}
	w.order, w.lines = nil, nil
	w.zones, w.zoneIndex = nil, map[string]int16{}
	w.timers, w.retries = timers{}, retries{}
	w.asking = map[channel.Key]*segment{}
	w.doubts = nil
	w.calls = nil // made again by whoever claims their segment
	w.now, w.watermark, w.first = 0, 0, 0
	w.stats.Lag.Store(0)
	w.stats.Held.Store(0)
}

// Run works until ctx ends, opening a new session whenever one breaks. What it holds then is given back by Leave.
func (w *Worker) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.hold(ctx)
		if err == nil {
			return
		}
		if w.session != nil {
			w.session.Close()
			w.session = nil
		}
		w.forget()
		if ctx.Err() != nil {
			return
		}
		switch {
		case errors.Is(err, ErrData):
			if w.refused() {
				w.Log.Warn("a batch was refused for what is in it; whose data that is, is being found out", "worker", w.name, "error", err)
				w.claimed = time.Time{}
				continue
			}
		case errors.Is(err, ErrLost):
			w.stats.Lost.Add(1)
			w.undecided()
		default:
			w.undecided()
		}
		w.Log.Warn("a worker starts anew", "worker", w.name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenAfter):
		}
	}
}

func (w *Worker) hold(ctx context.Context) error {
	session, err := w.Store.Session(ctx, w.name)
	if err != nil {
		return err
	}
	w.session = traced(session, w.Tracer)
	// A round under way ends in order when ctx does: broken off, it would break the session.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(roundWithin, cancel) })()
	for ctx.Err() == nil {
		busy, err := w.cycle(work)
		if err != nil {
			return err
		}
		if !busy {
			w.pause(ctx)
		}
	}
	return nil
}

// pause waits for a signal, the next timer or the next sweep.
func (w *Worker) pause(ctx context.Context) {
	wait := sweepEvery
	if due, ok := w.timers.peek(); ok {
		wait = min(wait, max(due.Sub(w.clock()), idleAtLeast))
	}
	if due, ok := w.retries.peek(); ok {
		wait = min(wait, max(due.Sub(w.clock()), idleAtLeast))
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-w.wake:
	case <-t.C:
	}
}

// clock is the database's time, carried on by our own clock since the last look.
func (w *Worker) clock() engine.Instant {
	if w.now == 0 {
		return 0
	}
	return w.now.Add(w.Clock().Sub(w.ticked))
}

// cycle does one round of work; busy means that there may be more at once.
func (w *Worker) cycle(ctx context.Context) (busy bool, err error) {
	local := w.Clock()
	if w.hasty.Swap(false) {
		w.claimed = time.Time{}
	}
	if int64(len(w.segs)) < w.share.Load() && local.Sub(w.claimed) >= claimEvery {
		w.claimed = local
		if err := w.claim(ctx); err != nil {
			return false, err
		}
	}
	if err := w.refresh(ctx, local); err != nil {
		return false, err
	}
	if len(w.segs) == 0 {
		w.stats.Lag.Store(0)
		w.first = 0 // the next look is the first one for a while
		return false, nil
	}
	w.submit()
	mail := w.open()
	busy, err = w.round(ctx, local, mail)
	if err != nil {
		return false, err
	}
	return busy, w.tidy(ctx)
}

// open takes the mail.
func (w *Worker) open() mail {
	w.mu.Lock()
	m := w.mail
	w.mail = mail{}
	w.mu.Unlock()
	for _, key := range m.touched {
		if s := w.segs[key]; s != nil {
			s.touched = true
		}
	}
	if m.sweep {
		w.swept = time.Time{}
	}
	return m
}

// look reads the clock, and what is new for the segments that may have something.
func (w *Worker) look(ctx context.Context, local time.Time) (*Tick, error) {
	sweep := local.Sub(w.swept) >= sweepEvery
	if sweep {
		w.swept = local
	}
	cursors := make([]Cursor, 0, len(w.segs))
	for _, s := range w.order {
		if s.touched || sweep {
			s.touched = false
			cursors = append(cursors, Cursor{Key: s.Key, Applied: s.read, Open: s.campaign.Open})
		}
	}
	before := w.Clock()
	tick, err := w.session.Tick(ctx, cursors)
	if err != nil {
		return nil, err
	}
	if w.server != 0 && tick.Server != w.server {
		w.isolation = isolation{} // whom it names may be others on this server
	}
	w.now, w.watermark, w.ticked, w.server = tick.Now, tick.Watermark, before, tick.Server
	if w.first == 0 {
		w.first = tick.Now
	}
	w.stats.Lag.Store(int64(w.now.Sub(max(w.watermark, w.first))))
	w.turn.read = w.turn.read[:0]
	for _, c := range cursors {
		w.turn.read = append(w.turn.read, c.Key)
		w.segs[c.Key].seen = tick.Watermark
	}
	return tick, nil
}

// claim takes segments up to the worker's share.
func (w *Worker) claim(ctx context.Context) error {
	claimed, err := w.session.Claim(ctx, int(w.share.Load())-len(w.segs), claimAhead)
	if err != nil {
		return err
	}
	for _, c := range claimed {
		if w.segs[c.Key] != nil { // its lock was gone, and what we know of it is the epoch before
			return fmt.Errorf("%w: it was claimed anew", ErrLost)
		}
		camp, err := w.campaign(ctx, CampaignKey{c.Key.Account, c.Key.Campaign})
		if err != nil {
			return err
		}
		s := newSegment(c, camp, w.zone)
		w.keep(s)
		w.Registry.add(c.Key, w)
		for i := range s.rows {
			if due, ok := s.due(&s.rows[i].state); ok {
				w.timers.push(timer{due: due, seg: s, at: int32(i)})
			}
		}
	}
	w.stats.Held.Store(int64(len(w.segs)))
	return nil
}

func (w *Worker) campaign(ctx context.Context, key CampaignKey) (*campaign, error) {
	if c := w.campaigns[key]; c != nil {
		return c, nil
	}
	info, err := w.Store.Campaign(ctx, key)
	if err != nil {
		return nil, err
	}
	program, err := w.Compile(info.Document)
	if err != nil {
		return nil, err
	}
	c := &campaign{Campaign: *info, program: program.Hasten(info.Hurry)}
	w.setInput(c)
	for i := range program.Nodes {
		if _, ok := program.Nodes[i].Block.(*engine.Goal); ok {
			c.goals = append(c.goals, int16(i))
		}
	}
	program = c.program
	_, c.sendsFirst = program.Nodes[program.Entry].Block.(*engine.Message)
	w.keepCampaign(c)
	return c, nil
}

// refresh reads the states of the held campaigns from time to time.
func (w *Worker) refresh(ctx context.Context, local time.Time) error {
	if local.Sub(w.seen) < stateEvery || len(w.campaigns) == 0 {
		return nil
	}
	w.seen = local
	keys := make([]CampaignKey, 0, len(w.campaigns))
	for _, c := range w.lines {
		keys = append(keys, c.Key)
	}
	states, err := w.Store.States(ctx, keys)
	if err != nil {
		return err
	}
	for _, c := range w.lines {
		if now, ok := states[c.Key]; ok {
			c.State, c.Capped = now.State, now.Capped
			if now.Revision != c.Revision {
				if err := w.reread(ctx, c); err != nil {
					return err
				}
			}
		}
		if c.parked && c.launches(w.clock()) {
			w.unpark(c)
		}
	}
	return nil
}

// unpark sets the timers of recipients that may enter now.
func (w *Worker) unpark(c *campaign) {
	c.parked = false
	for _, s := range w.order {
		for i := range s.rows {
			if s.campaign == c && s.isOpen(int32(i)) && s.rows[i].state.Phase == engine.Fresh {
				due, _ := s.due(&s.rows[i].state)
				w.timers.push(timer{due: due, seg: s, at: int32(i)})
			}
		}
	}
}

// tidy puts away what has nothing to do, and what is more than the worker's share.
func (w *Worker) tidy(ctx context.Context) error {
	w.leave()
	for _, s := range w.order {
		if s.leaving {
			if w.drained(s) {
				if err := w.release(ctx, s, w.now); err != nil {
					return err
				}
			}
			continue
		}
		if s.open > 0 && (w.retries.has(s) || s.waitsForLook()) || s.judging || s.unnoted > 0 { // of nobody who is open nothing is sent again
			continue
		}
		if (s.open > 0 || s.filling()) && w.now.Sub(s.resting) < w.Times.RestAfter {
			continue
		}
		due := s.next()
		if s.open > 0 && (due != 0 && due.Sub(w.now) < w.Times.RestUnless || w.awaits(s)) {
			s.resting = w.now // look again later
			continue
		}
		if err := w.release(ctx, s, due); err != nil {
			return err
		}
	}
	return nil
}

// release gives a segment back unless something came for it meanwhile.
func (w *Worker) release(ctx context.Context, s *segment, due engine.Instant) error {
	w.Registry.remove(w, s.Key)
	s.Revision = s.campaign.Revision
	ok, err := w.session.Release(ctx, s.Claimed, due)
	if err != nil {
		return err
	}
	if !ok {
		w.Registry.add(s.Key, w)
		s.touched, s.resting = true, w.now
		return nil
	}
	w.drop(s)
	s.campaign.ready.drop(s)
	w.timers.drop(s)
	w.dropRetries(s)
	w.forgetCampaign(s.campaign)
	w.stats.Held.Store(int64(len(w.segs)))
	return nil
}

// forgetCampaign drops a campaign none of whose segments is held.
func (w *Worker) forgetCampaign(c *campaign) {
	for _, s := range w.order {
		if s.campaign == c {
			return
		}
	}
	w.dropCampaign(c)
}
