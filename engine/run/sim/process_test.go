package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
)

// The errors of a bad way.
var (
	errDead = errors.New("the process is dead")
	errWire = errors.New("the connection broke")
)

// process is a process with its runtime. When it dies its goroutines are told errors wherever they turn, and what they do
// has no effect; when it is frozen they stand still wherever they turn, while time goes on.
type process struct {
	w      *world
	name   string
	skew   time.Duration // of its clock
	store  *virtual.Store
	inbox  *run.Inbox
	door   *run.Entrance
	cancel context.CancelFunc
	done   chan error

	mu     sync.Mutex
	dead   bool
	thawed chan struct{} // closed when it goes on; nil: it is not frozen
	times  map[virtual.Point]int
}

func (w *world) start(name string) *process {
	p := &process{w: w, name: name, times: map[virtual.Point]int{}, done: make(chan error, 1)}
	d := w.dice("process", name)
	if chance(d, 30) {
		p.skew = between(d, -time.Hour, time.Hour)
	}
	p.store = w.db.Connect(name, p.wire)
	registry, log := run.NewRegistry(), w.log.With("process", name)
	p.inbox, p.door = run.NewInbox(p.store, registry, log), run.NewEntrance(p.store, registry, log)
	senders := map[string]channel.Sender{}
	for _, v := range w.providers {
		senders[v.name] = v.sender(p)
	}
	runtime, err := run.New(run.Options{Process: name, Workers: w.plan.workers, Store: p.store, Registry: registry, Inbox: p.inbox,
		Entrance: p.door, Senders: senders, Caller: hooks{p}, Compile: w.compile,
		Link: func(key channel.Key, n int) string { return fmt.Sprintf("https://l.example/%s/%d", key, n) },
		Log:  log, Flaws: w.plan.wrong, Clock: p.clock, Rand: rand.NewPCG(uint64(w.seed), uint64(len(name))), Times: w.plan.times})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	w.note("start %s", name)
	go func() { p.done <- runtime.Run(ctx) }()
	return p
}

func (p *process) clock() time.Time { return time.Now().Add(p.skew) }

// die ends the process between two steps: its sessions end, as they do when the kernel closes its connections.
func (p *process) die(why string) {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	p.dead = true
	if p.thawed != nil {
		close(p.thawed)
		p.thawed = nil
	}
	p.mu.Unlock()
	p.w.note("die %s: %s", p.name, why)
	for _, s := range p.w.db.Sessions("") {
		if s.Process() == p.name {
			s.Kill()
		}
	}
	p.cancel()
	p.w.died(p)
}

// freeze stops the process for a while.
func (p *process) freeze(span time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.thawed != nil {
		return
	}
	thawed := make(chan struct{})
	p.thawed = thawed
	p.w.note("freeze %s for %s", p.name, span)
	time.AfterFunc(span, func() { p.thaw(thawed) })
}

// thaw ends a freeze, unless it is over.
func (p *process) thaw(thawed chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.thawed == thawed && thawed != nil {
		close(thawed)
		p.thawed = nil
		p.w.note("thaw %s", p.name)
	}
}

// thawSoon ends the freeze that there is now a little later.
func (p *process) thawSoon(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	thawed := p.thawed
	time.AfterFunc(after, func() { p.thaw(thawed) })
}

func (p *process) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

// here returns when the process goes on, and fails where it is dead. Those who stood still go on one after another.
func (p *process) here(d *rand.Rand) error {
	for {
		p.mu.Lock()
		dead, thawed := p.dead, p.thawed
		p.mu.Unlock()
		switch {
		case dead:
			return errDead
		case thawed == nil:
			return nil
		}
		<-thawed
		pause(between(d, time.Microsecond, 3*time.Millisecond))
	}
}

// next counts the calls of a kind, so that each has dice of its own.
func (p *process) next(at virtual.Point) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times[at]++
	return p.times[at]
}

// wire is the way to the database: it takes its time, breaks, and is where processes die and freeze.
func (p *process) wire(ctx context.Context, at virtual.Point) error {
	d := p.w.dice(p.name, at, p.next(at))
	if err := p.here(d); err != nil {
		return err
	}
	rough := p.w.rough()
	if err := p.travel(ctx, d, p.w.wait(d, rough), at.Stage == virtual.Work); err != nil {
		return err
	}
	if p.w.unreachable() && (at.Stage == virtual.Out || at.Stage == virtual.Back && chance(d, 50)) {
		return errWire
	}
	faults := p.w.plan.faults
	switch {
	case !rough || at.Call == "Listen":
		return nil
	case chance(d, faults.die):
		p.die(fmt.Sprint(at.Call, " ", at.Stage))
		if at.Stage == virtual.Work && chance(d, 50) {
			return nil // the commit was on its way
		}
		return errDead
	case chance(d, faults.freeze):
		p.freeze(between(d, 300*time.Millisecond, 25*time.Second))
		if at.Stage == virtual.Work {
			return nil // the database goes on by itself
		}
		return p.here(d)
	case chance(d, faults.wire):
		p.w.note("%s: %s %s fails %s", p.name, at.Session, at.Call, at.Stage)
		return errWire
	}
	return nil
}

// travel takes its time. What the database is at does not end with the caller.
func (p *process) travel(ctx context.Context, d *rand.Rand, span time.Duration, working bool) error {
	t := time.NewTimer(span)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		if !working || chance(d, 50) {
			if err := p.here(d); err != nil {
				return err
			}
			return ctx.Err()
		}
		<-t.C
	}
	if working {
		return nil
	}
	return p.here(d)
}

// receive takes a provider's reports in, as a server does: the provider gives up after ten seconds, the server does not.
func (p *process) receive(d *rand.Rand, reports []channel.Report) error {
	own := rand.New(rand.NewPCG(d.Uint64(), d.Uint64())) // it may go on for longer than the caller
	result := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	p.w.others.Go(func() {
		if err := p.here(own); err != nil {
			result <- err
			return
		}
		long, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		result <- p.inbox.Receive(long, reports)
	})
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hooks is what webhooks call.
type hooks struct{ p *process }

func (h hooks) Call(ctx context.Context, r run.HookRequest) string {
	d := h.p.w.dice("hook", r.Key, h.p.name)
	if h.p.here(d) != nil {
		return "gone"
	}
	if err := h.p.travel(ctx, d, between(d, time.Millisecond, 3*time.Second), false); err != nil {
		return "timeout"
	}
	return oneOf(d, "", "", "500")
}

// quiet drops the log unless the world is told in full.
func quiet(loud bool, out func(string)) *slog.Logger {
	if !loud {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(writer(out), nil))
}

type writer func(string)

func (w writer) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}

// enter lets somebody enter an open campaign through this process.
func (p *process) enter(d *rand.Rand, e run.Entrant) (run.Entry, error) {
	if err := p.here(d); err != nil {
		return run.Entry{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	list, err := p.door.Enter(ctx, []run.Entrant{e})
	if err != nil {
		return run.Entry{}, err
	}
	return list[0], nil
}
