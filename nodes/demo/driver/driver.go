// Package driver performs the demo channel: it takes requests to send, keeps a ledger of them, and reports what the
// play of package demo has come true.
package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// Options are the settings of a Driver. Zero values take the defaults given here.
type Options struct {
	Profile demo.Profile
	// Connection is the name that reports carry.
	Connection string
	// Dir holds the ledgers. All processes of one demo provider share it, with the same profile: what another one of
	// them left behind when it ended is adopted, and reported by this one's play.
	Dir string
	// Inbox takes the reports.
	Inbox channel.Inbox
	// Clock is the clock of the messages' HandBy and of the reports. It must run at the pace of time; one that is set
	// forward is followed within a second.
	Clock func() time.Time
	Log   *slog.Logger
	// Reporters is how many batches of reports may be under way at once. Default 2.
	Reporters int
	// ReportBatch is how many reports the inbox gets at once. Default 1,000.
	ReportBatch int
	// AdoptEvery is how often ledgers of processes that are gone are looked for, and marks made. Default 2 s.
	AdoptEvery time.Duration
	// Backlog is how many reports may be due that the inbox has not taken, before requests are refused for a second.
	// Default 1,000,000.
	Backlog int
}

// Driver is one process of the demo provider. It implements channel.Sender and channel.Asker and is safe for use by
// many goroutines. A message of which something is still to come takes 32 bytes; one that the provider must remember,
// because it drops repeats, can go wrong or was asked, about twenty more.
type Driver struct {
	o     Options
	actor *demo.Actor
	plan  *plan
	own   *ledger
	start time.Time

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	deciding sync.Mutex // guards index, and its order against the ledger where the provider remembers
	index    index
	remember bool

	adoptedMu sync.Mutex
	adopted   map[string]*ledger
	finished  map[string]bool // ledgers without anything outstanding

	stats struct{ requests, sent, reports, retries, adopted atomic.Uint64 }
}

// Stats are figures since the start.
type Stats struct {
	Requests uint64 // recorded
	Sent     uint64 // of them, those that sent the message
	Reports  uint64 // taken by the inbox
	Retries  uint64 // batches of reports that it did not take at first
	Adopted  uint64 // messages with something to come, of processes that are gone
	Due      int    // events due now that no reporter has taken
	Later    int    // events to come; one for each message
}

// Open starts the provider: its ledger is there when it returns. The error names what is missing.
func Open(o Options) (*Driver, error) {
	switch {
	case o.Dir == "":
		return nil, errors.New("demo: Dir is missing: name a folder for the ledgers")
	case o.Inbox == nil:
		return nil, errors.New("demo: Inbox is missing: say who takes the reports")
	case o.Clock == nil:
		return nil, errors.New("demo: Clock is missing: give the clock that HandBy is measured by")
	}
	actor, err := demo.NewActor(o.Profile)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Reporters = above0(o.Reporters, 2)
	o.ReportBatch = above0(o.ReportBatch, 1000)
	o.AdoptEvery = above0(o.AdoptEvery, 2*time.Second)
	o.Backlog = above0(o.Backlog, 1_000_000)
	d := &Driver{o: o, actor: actor, plan: newPlan(o.Clock, o.Reporters), start: o.Clock(),
		index: index{dir: o.Dir, clock: o.Clock}, adopted: map[string]*ledger{}, finished: map[string]bool{},
		remember: actor.Remembers()}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("demo: the folder of the ledgers: %w", err)
	}
	if d.own, err = createLedger(o.Dir, micros(d.start)); err != nil {
		return nil, fmt.Errorf("demo: making a ledger: %w", err)
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	for n := range o.Reporters {
		d.work.Go(func() { d.report(n) })
	}
	d.work.Go(d.keep)
	return d, nil
}

func above0[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// Sender gives the driver as a provider of its profile's kind: one that cannot be asked is no channel.Asker.
func (d *Driver) Sender() channel.Sender {
	if d.o.Profile.Askable {
		return d
	}
	return struct{ channel.Sender }{d}
}

// Limits tells the profile's limits.
func (d *Driver) Limits() channel.Limits {
	p := &d.o.Profile
	return channel.Limits{Batch: above0(p.Batch, 1000), Concurrent: above0(p.Concurrent, 4), PerSecond: p.PerSecond,
		Repeats: p.Repeats}
}

// Stats gives the figures now.
func (d *Driver) Stats() Stats {
	s := Stats{Requests: d.stats.requests.Load(), Sent: d.stats.sent.Load(), Reports: d.stats.reports.Load(),
		Retries: d.stats.retries.Load(), Adopted: d.stats.adopted.Load()}
	s.Due, s.Later = d.plan.size()
	return s
}

// Ledger is the path of this process's ledger.
func (d *Driver) Ledger() string { return d.own.path }

// Close stops reporting and gives the ledgers up. What is still to come is adopted by the next driver on the folder.
func (d *Driver) Close() error {
	d.plan.close()
	d.cancel()
	d.work.Wait()
	below := d.plan.reported()
	over, err := d.own.mark(below)
	errs := []error{err, d.own.close(over)}
	d.adoptedMu.Lock()
	defer d.adoptedMu.Unlock()
	for _, l := range d.adopted {
		over, err := l.mark(below)
		errs = append(errs, err, l.close(over))
	}
	clear(d.adopted)
	return errors.Join(errs...)
}

// sleep waits; false: the context or the driver ended first.
func (d *Driver) sleep(ctx context.Context, t time.Duration) bool {
	if t <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-d.ctx.Done():
	}
	return false
}

// keep adopts what is left behind, and marks what was reported, until the driver closes.
func (d *Driver) keep() {
	for {
		d.adopt()
		d.mark()
		if !d.sleep(d.ctx, d.o.AdoptEvery) {
			return
		}
	}
}

// mark notes in all ledgers how far reporting is, and gives up those without anything outstanding.
func (d *Driver) mark() {
	below := d.plan.reported()
	if _, err := d.own.mark(below); err != nil {
		d.o.Log.Error("demo: marking a ledger", "path", d.own.path, "error", err)
	}
	d.adoptedMu.Lock()
	defer d.adoptedMu.Unlock()
	for path, l := range d.adopted {
		over, err := l.mark(below)
		if err == nil && !over {
			continue
		}
		if err = errors.Join(err, l.close(over)); err != nil {
			d.o.Log.Error("demo: giving up a ledger", "path", path, "error", err)
		}
		delete(d.adopted, path)
		d.finished[path] = true
	}
}
