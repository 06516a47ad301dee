package run

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run/internal/flaw"
)

// How the processes of one database keep an eye on each other.
const (
	beatEvery   = time.Second
	silentFor   = 10 * time.Second
	finishEvery = 250 * time.Millisecond
	listenAgain = time.Second
	matchEvery  = 2 * time.Second
	stopWithin  = 15 * time.Second
)

// Options are the parts and settings of a Runtime.
type Options struct {
	Process  string // unique among the processes of the database
	Workers  int    // at least 1
	Store    Store
	Registry *Registry
	Inbox    *Inbox
	Entrance *Entrance                 // nil: nobody enters through this process
	Senders  map[string]channel.Sender // by connection
	Caller   Caller
	Compile  func(document []byte) (*engine.Program, error)
	Link     func(key channel.Key, n int) string
	File     func(account int64, name string) string // address of a stored file; nil: names are handed over as they are
	Times    Times                                   // zero values: the defaults
	Tracer   Tracer                                  // nil: none
	Log      *slog.Logger
	Clock    func() time.Time
	Rand     rand.Source
	// Closing, where there is one, is called on a stop when nothing is sent any more and the inbox is still open: what
	// reports to it can be stopped in order.
	Closing func()
	Flaws   flaw.Flaws // of the simulation; none
}

// Runtime is everything in one process that walks recipients: workers, dispatcher, webhooks, and what shares the
// segments with other processes.
type Runtime struct {
	Options
	dispatcher *Dispatcher
	hooks      *Hooks
	workers    []*Worker

	mu      sync.Mutex
	last    Beat
	cramped bool          // there are more segments than there is room for
	called  chan struct{} // segments wait that nobody here holds
}

// New makes a runtime; Run works it.
func New(o Options) (*Runtime, error) {
	r := &Runtime{Options: o, called: make(chan struct{}, 1)}
	if o.Entrance != nil {
		o.Entrance.summon = r.summon
	}
	var err error
	r.dispatcher, err = NewDispatcher(DispatchOptions{Connections: o.Senders, Limiter: o.Store, Process: o.Process, Clock: o.Clock, Rand: o.Rand, Log: o.Log, Tracer: o.Tracer,
		HandWithin: o.Times.HandWithin, JudgeAfter: o.Times.JudgeAfter,
		Answered: func(ctx context.Context, connection string, list []Answered) {
			Settle(ctx, o.Inbox, o.Registry, connection, list)
		}})
	if err != nil {
		return nil, err
	}
	r.hooks = NewHooks(o.Caller, o.Inbox, o.Log)
	r.hooks.Tracer = o.Tracer
	if o.Tracer != nil {
		o.Inbox.Tracer = o.Tracer
	}
	deps := Deps{Store: o.Store, Registry: o.Registry, Inbox: o.Inbox, Dispatcher: r.dispatcher, Senders: o.Senders,
		Hooks: r.hooks, Tracer: o.Tracer, Times: o.Times, Compile: o.Compile, Link: o.Link, File: o.File, Log: o.Log, Clock: o.Clock, Flaws: o.Flaws}
	for i := range max(o.Workers, 1) {
		r.workers = append(r.workers, NewWorker(fmt.Sprintf("%s/%d", o.Process, i), deps))
	}
	return r, nil
}

// Run works until ctx ends, then stops in order: no new launches, what is in flight is answered and stored, segments
// are given back.
func (r *Runtime) Run(ctx context.Context) error {
	inboxCtx, stopInbox := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInbox()
	var work, inbox sync.WaitGroup
	inbox.Go(func() { r.Inbox.Run(inboxCtx) })
	if r.Entrance != nil {
		inbox.Go(func() { r.Entrance.Run(inboxCtx) })
	}
	for _, w := range r.workers {
		work.Go(func() { w.Run(ctx) })
	}
	work.Go(func() { r.hooks.Run(ctx) })
	work.Go(func() {
		r.beat(ctx)
		work.Go(func() { r.supervise(ctx) })
		r.beats(ctx)
	})
	work.Go(func() { r.listen(ctx) })
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	work.Wait()
	err := r.dispatcher.Stop(stopping)
	if r.Closing != nil {
		r.Closing()
	}
	for _, w := range r.workers {
		w.Leave()
	}
	stopInbox()
	inbox.Wait()
	if leave := r.Store.Leave(stopping, r.Process); err == nil {
		err = leave
	}
	return err
}

// listen hears of facts that other processes stored. It only saves time: workers look by themselves too.
func (r *Runtime) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.Store.Listen(ctx, func() {
			for _, w := range r.workers {
				w.stored()
			}
		})
		r.complain(ctx, "other processes' facts are heard of late for a while", err)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// beats says that the process is alive, ends processes that are silent, and shares the segments out. It waits for nothing
// else: whoever is to end a frozen process must not wait for what that one has locked.
func (r *Runtime) beats(ctx context.Context) {
	next := time.NewTimer(beatEvery)
	defer next.Stop()
	for {
		select { // of two that have come meanwhile, which goes first would be by chance
		case <-r.called:
			r.share(ctx)
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return
		case <-r.called:
			r.share(ctx)
		case <-next.C:
			r.beat(ctx)
			next.Reset(beatEvery)
		}
	}
}

// supervise does what no worker has to.
func (r *Runtime) supervise(ctx context.Context) {
	// One ticker for both, for the same reason.
	tick := time.NewTicker(finishEvery)
	defer tick.Stop()
	r.finish(ctx)
	for matched := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			r.finish(ctx)
			if now.Sub(matched) >= matchEvery-finishEvery/2 {
				matched = now
				r.match(ctx)
			}
		}
	}
}

// share shares the segments out now, and has them claimed.
func (r *Runtime) share(ctx context.Context) {
	r.beat(ctx)
	for _, w := range r.workers {
		w.hasten()
	}
}

// summon lets segments be shared out and claimed at once: somebody entered one that is not held here.
func (r *Runtime) summon() {
	select {
	case r.called <- struct{}{}:
	default:
	}
}

func (r *Runtime) beat(ctx context.Context) {
	b, err := r.Store.Beat(ctx, r.Process, len(r.workers), silentFor)
	if err != nil {
		r.complain(ctx, "the process could not say that it is alive", err)
		return
	}
	living := max(b.Workers, len(r.workers))
	share := (b.Segments + living - 1) / living
	most := max(b.Room/living, 1)
	r.mu.Lock()
	was := r.cramped
	r.last, r.cramped = b, share > most
	r.mu.Unlock()
	if share > most && !was {
		r.Log.Warn("more segments are due than the server's lock table has places for; the others wait: raise "+
			"max_locks_per_transaction", "segments", b.Segments, "room", b.Room)
	}
	for _, w := range r.workers {
		w.Share(min(share, most))
	}
}

func (r *Runtime) finish(ctx context.Context) {
	if _, err := r.Store.Finish(ctx); err != nil {
		r.complain(ctx, "campaigns could not be started or finished", err)
	}
}

func (r *Runtime) match(ctx context.Context) {
	err := r.Registry.during(func(held func(SegmentKey) bool) error {
		_, err := r.Store.Rematch(ctx, held)
		return err
	})
	if err != nil {
		r.complain(ctx, "facts of unknown messages could not be matched", err)
	}
}

func (r *Runtime) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.Log.Warn(what, "error", err)
	}
}

// Figures are what a runtime can tell about itself now.
type Figures struct {
	Held, Batches, Recipients, Messages, Events, Lost int64
	Denied                                            int64         // leases of campaigns' rates that granted nothing
	WatermarkLag                                      time.Duration // of the worker that is most behind the database's clock
	Refused, Isolated, Aside                          int64         // batches refused for their data, walks ended for it, recipients set aside
	Living, Segments, Room                            int           // Room: for held segments, in all processes
	Connections                                       []ConnectionStats
	Waiting                                           int // reports that wait to be stored
}

// Figures reads the runtime's figures. It may be called at any time.
func (r *Runtime) Figures() Figures {
	f := Figures{Connections: r.dispatcher.Stats(), Waiting: r.Inbox.waiting()}
	for _, w := range r.workers {
		s := w.Stats()
		f.Held += s.Held.Load()
		f.Batches += s.Batches.Load()
		f.Recipients += s.Recipients.Load()
		f.Messages += s.Messages.Load()
		f.Events += s.Events.Load()
		f.Lost += s.Lost.Load()
		f.Denied += s.Denied.Load()
		f.WatermarkLag = max(f.WatermarkLag, time.Duration(s.Lag.Load()))
		f.Refused += s.Refused.Load()
		f.Isolated += s.Isolated.Load()
		f.Aside += s.Aside.Load()
	}
	r.mu.Lock()
	f.Living, f.Segments, f.Room = r.last.Workers, r.last.Segments, r.last.Room
	r.mu.Unlock()
	return f
}
