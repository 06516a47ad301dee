package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"kaskad/engine/channel"
)

// Codes of the results that the dispatcher gives itself. All but CodeNoResult go with NotTaken: the sender never heard
// of the message.
const (
	CodeTooLate           = "too_late"           // its HandBy had passed
	CodeCircuitOpen       = "circuit_open"       // the provider is down: nothing is tried for a while
	CodeStopped           = "stopped"            // the dispatcher stops
	CodeUnknownConnection = "unknown_connection" // there is no such connection
	CodeNoResult          = "no_result"          // Uncertain: the sender panicked or gave no result for it
)

// DispatchOptions are the settings of a Dispatcher. Zero values take the defaults given here.
type DispatchOptions struct {
	// Connections are the senders by the connection's name.
	Connections map[string]channel.Sender
	// Answered takes the results. It is called from many goroutines; as long as it runs, its connection has one call
	// less at once, so that a slow one is back-pressure. Its context ends when a Stop has run out of time.
	Answered func(ctx context.Context, connection string, answered []Answered)
	// Limiter lends the connections' limits to this process, named Process, so that all processes together keep them; nil:
	// the limits are this process's own.
	Limiter Limiter
	Process string
	// Clock is the clock of HandBy. It may be wrong by any amount but must run at the pace of time.
	Clock func() time.Time
	// Rand gives the jitter of the circuit breakers' pauses. The dispatcher guards it.
	Rand rand.Source
	Log  *slog.Logger
	// Tracer records the senders' calls; nil: none.
	Tracer Tracer
	// Queue is how many unanswered messages a connection may have. Default 20,000.
	Queue int
	// HandWithin and JudgeAfter are those of Times: they bound how much is taken ahead, and how long a call may last.
	HandWithin, JudgeAfter time.Duration
	// CallTimeout bounds a sender's call. Default HandWithin.
	CallTimeout time.Duration
	// OpenAfter is after how many failed calls in a row a circuit opens. Default 5.
	OpenAfter int
	// PauseMin and PauseMax bound the pauses of an open circuit. Defaults 1 s and 60 s.
	PauseMin, PauseMax time.Duration
}

// Answered is a message with what became of it.
type Answered struct {
	Message channel.Message
	Result  channel.Result
	Server  int64 // that committed the intent
}

// Dispatcher hands committed messages to the senders, in batches and within their limits. Every message handed to it
// gets exactly one result. It is safe for use by many goroutines.
type Dispatcher struct {
	o      DispatchOptions
	lanes  map[string]*lane
	ctx    context.Context // of calls and callbacks
	cancel context.CancelFunc

	mu       sync.Mutex // guards stopping against work added
	stopping bool
	work     sync.WaitGroup

	randMu sync.Mutex
	rand   *rand.Rand
}

// NewDispatcher starts a dispatcher. The error names what is missing in the options. It runs until Stop.
func NewDispatcher(o DispatchOptions) (*Dispatcher, error) {
	switch {
	case o.Answered == nil:
		return nil, errors.New("run: dispatcher: Answered is missing: give the function that stores the results")
	case o.Clock == nil:
		return nil, errors.New("run: dispatcher: Clock is missing: give the clock that HandBy is measured by")
	case o.Rand == nil:
		return nil, errors.New("run: dispatcher: Rand is missing: give a source for the jitter of pauses")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Queue = above0(o.Queue, 20_000)
	o.OpenAfter = above0(o.OpenAfter, 5)
	o.HandWithin, o.JudgeAfter = above0(o.HandWithin, HandWithin), above0(o.JudgeAfter, JudgeAfter)
	o.CallTimeout = above0(o.CallTimeout, o.HandWithin)
	o.PauseMin = above0(o.PauseMin, time.Second)
	o.PauseMax = max(above0(o.PauseMax, time.Minute), o.PauseMin)
	d := &Dispatcher{o: o, lanes: make(map[string]*lane, len(o.Connections)), rand: rand.New(o.Rand)}
	for name, sender := range o.Connections {
		if sender == nil {
			return nil, fmt.Errorf("run: dispatcher: connection %q has no sender", name)
		}
		d.lanes[name] = newLane(d, name, sender)
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	for _, l := range d.lanes {
		for range l.limits.Concurrent {
			d.work.Go(l.run)
		}
		if o.Limiter != nil {
			d.work.Go(l.keep)
		}
	}
	return d, nil
}

func above0[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// Free is how many more messages a connection takes now: 0 while its queue is full, its provider asked for a pause,
// or its circuit is open; 1 where a probe is due. It is never more than the connection is likely to get through in half
// of HandWithin, so that what is committed is handed over in time.
func (d *Dispatcher) Free(connection string) int {
	l, ok := d.lanes[connection]
	if !ok {
		return 0
	}
	return l.free(d.o.Clock())
}

// Hand takes messages over; the slice is the dispatcher's from then on. It never blocks and never loses one: what
// cannot be sent comes back as NotTaken. The caller asks Free before, but may go a little over it. server committed their
// intents.
func (d *Dispatcher) Hand(connection string, messages []channel.Message, server int64) {
	if len(messages) == 0 {
		return
	}
	l, ok := d.lanes[connection]
	if !ok {
		d.giveBack(connection, messages, CodeUnknownConnection)
		return
	}
	if !l.put(messages, server) {
		d.giveBack(connection, messages, CodeStopped)
	}
}

// giveBack answers messages that no lane can have, without blocking the caller.
func (d *Dispatcher) giveBack(connection string, messages []channel.Message, code string) {
	answer := func() {
		d.o.Answered(d.ctx, connection, unsent(messages, channel.Result{Status: channel.NotTaken, Code: code}))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping { // Stop may be waiting already, and a wait group takes no more then
		go answer()
		return
	}
	d.work.Go(answer)
}

func unsent(messages []channel.Message, r channel.Result) []Answered {
	out := make([]Answered, len(messages))
	for i := range messages {
		out[i] = Answered{Message: messages[i], Result: r}
	}
	return out
}

// InFlight reports whether a message was handed over and its result has not been taken by the callback yet.
func (d *Dispatcher) InFlight(key channel.Key) bool {
	for _, l := range d.lanes {
		if l.has(key) {
			return true
		}
	}
	return false
}

// Stop gives back what is queued as NotTaken, lets the calls under way end and waits for their callbacks. When ctx
// ends first it cancels them, waits another two seconds at most, and returns the context's error. Messages handed over
// after Stop come back as NotTaken from a goroutine that nobody waits for.
func (d *Dispatcher) Stop(ctx context.Context) error {
	defer d.cancel()
	d.mu.Lock()
	d.stopping = true
	d.mu.Unlock()
	for _, l := range d.lanes {
		l.stop()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.work.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	d.cancel()
	patience := time.NewTimer(2 * time.Second)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		d.o.Log.Error("a sender does not end though its context did", "waited", "2s")
	}
	return fmt.Errorf("run: dispatcher: stopping: %w", ctx.Err())
}

// jitter is a number from 0.8 to 1.2.
func (d *Dispatcher) jitter() float64 {
	d.randMu.Lock()
	defer d.randMu.Unlock()
	return 0.8 + 0.4*d.rand.Float64()
}
