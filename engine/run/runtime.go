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
	Senders  map[string]channel.Sender // by connection
	Caller   Caller
	Compile  func(document []byte) (*engine.Program, error)
	Link     func(key channel.Key, n int) string
	Times    Times  // zero values: the defaults
	Tracer   Tracer // nil: none
	Log      *slog.Logger
	Clock    func() time.Time
	Rand     rand.Source
	// Closing, where there is one, is called on a stop when nothing is sent any more and the inbox is still open: what
	// reports to it can be stopped in order.
	Closing func()
}

// Runtime is everything in one process that walks recipients: workers, dispatcher, webhooks, and the supervisor that
// shares the segments with other processes.
type Runtime struct {
	Options
	dispatcher *Dispatcher
	hooks      *Hooks
	workers    []*Worker

	mu     sync.Mutex
	living int
	total  int
}

// New makes a runtime; Run works it.
func New(o Options) (*Runtime, error) {
	r := &Runtime{Options: o}
	var err error
	r.dispatcher, err = NewDispatcher(DispatchOptions{Connections: o.Senders, Clock: o.Clock, Rand: o.Rand, Log: o.Log, Tracer: o.Tracer,
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
		Hooks: r.hooks, Tracer: o.Tracer, Times: o.Times, Compile: o.Compile, Link: o.Link, Log: o.Log, Clock: o.Clock}
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
	for _, w := range r.workers {
		work.Go(func() { w.Run(ctx) })
	}
	work.Go(func() { r.hooks.Run(ctx) })
	work.Go(func() { r.supervise(ctx) })
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

// supervise beats, shares the segments out, and does what no worker has to.
func (r *Runtime) supervise(ctx context.Context) {
	beat, finish, match := time.NewTicker(beatEvery), time.NewTicker(finishEvery), time.NewTicker(matchEvery)
	defer beat.Stop()
	defer finish.Stop()
	defer match.Stop()
	r.beat(ctx)
	r.finish(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			r.beat(ctx)
		case <-finish.C:
			r.finish(ctx)
		case <-match.C:
			r.match(ctx)
		}
	}
}

func (r *Runtime) beat(ctx context.Context) {
	living, segments, err := r.Store.Beat(ctx, r.Process, len(r.workers), silentFor)
	if err != nil {
		r.complain(ctx, "the process could not say that it is alive", err)
		return
	}
	r.mu.Lock()
	r.living, r.total = living, segments
	r.mu.Unlock()
	living = max(living, len(r.workers))
	for _, w := range r.workers {
		w.Share((segments + living - 1) / living)
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
	Living, Segments                                  int
	Connections                                       []ConnectionStats
	Waiting                                           int // reports that wait to be stored
}

// Figures reads the runtime's figures. It may be called at any time.
func (r *Runtime) Figures() Figures {
	f := Figures{Connections: r.dispatcher.Stats(), Waiting: len(r.Inbox.queue)}
	for _, w := range r.workers {
		s := w.Stats()
		f.Held += s.Held.Load()
		f.Batches += s.Batches.Load()
		f.Recipients += s.Recipients.Load()
		f.Messages += s.Messages.Load()
		f.Events += s.Events.Load()
		f.Lost += s.Lost.Load()
	}
	r.mu.Lock()
	f.Living, f.Segments = r.living, r.total
	r.mu.Unlock()
	return f
}
