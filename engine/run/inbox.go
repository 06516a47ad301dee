package run

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"kaskad/engine/channel"
)

// inboxRows bounds a group commit, so that none takes long, and inboxQueue what may wait for one of each committer: more
// is back-pressure on the callers.
const (
	inboxRows  = 2_000
	inboxQueue = 256
)

// committers store side by side: while one waits for the disk, another is at work. Reports are parted among them by
// message, so that two never store facts of one message at the same time: one would wait for the other, only to find
// that its fact is a repeat, or implied already.
const committers = 2

// Inbox stores what comes in, many callers in one transaction, and answers each after the commit. It is safe for use
// by many goroutines.
type Inbox struct {
	// Tracer records the group commits; nil: none. It is set before Run.
	Tracer Tracer

	store    Store
	registry *Registry
	log      *slog.Logger
	queues   [committers]chan *parcel
	done     chan struct{}
}

type parcel struct {
	answers []Answer
	reports []channel.Report
	hooks   []HookResult
	result  chan error // has room for every part of the caller's
}

func (p *parcel) rows() int { return len(p.answers) + len(p.reports) + len(p.hooks) }

// ErrClosed says that the inbox takes nothing more.
var ErrClosed = errors.New("run: the inbox is closed")

// NewInbox makes an inbox; Run works it.
func NewInbox(store Store, registry *Registry, log *slog.Logger) *Inbox {
	b := &Inbox{store: store, registry: registry, log: log, done: make(chan struct{})}
	for i := range b.queues {
		b.queues[i] = make(chan *parcel, inboxQueue)
	}
	return b
}

// Receive implements channel.Inbox.
func (b *Inbox) Receive(ctx context.Context, reports []channel.Report) error {
	return b.put(ctx, part(reports))
}

// Answers stores what providers answered to launches.
func (b *Inbox) Answers(ctx context.Context, answers []Answer, reports []channel.Report) error {
	return b.put(ctx, [committers]parcel{{answers: answers, reports: reports}})
}

// Hooks stores the results of webhooks.
func (b *Inbox) Hooks(ctx context.Context, results []HookResult) error {
	return b.put(ctx, [committers]parcel{{hooks: results}})
}

// part parts reports by message. Those that come one by one stay together: groups of half the size would cost more than
// waiting side by side gains.
func part(reports []channel.Report) (parts [committers]parcel) {
	if len(reports) == 1 {
		parts[0].reports = reports
		return parts
	}
	for i := range reports {
		p := &parts[committerOf(&reports[i])]
		if p.reports == nil {
			p.reports = make([]channel.Report, 0, len(reports)/committers+len(reports)/8+1)
		}
		p.reports = append(p.reports, reports[i])
	}
	return parts
}

// committerOf gives the committer of a report's message: by FNV-1a of what names it.
func committerOf(r *channel.Report) uint32 {
	h := uint32(2166136261)
	if r.ProviderID == "" {
		h ^= uint32(r.Key.Ordinal)
		h *= 16777619
	}
	for i := range len(r.ProviderID) {
		h ^= uint32(r.ProviderID[i])
		h *= 16777619
	}
	return (h ^ h>>16) % committers
}

func (b *Inbox) put(ctx context.Context, parts [committers]parcel) error {
	result := make(chan error, committers)
	waiting := 0
	for i := range parts {
		if parts[i].rows() == 0 {
			continue
		}
		p := parts[i]
		p.result = result
		select {
		case b.queues[i] <- &p:
			waiting++
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
			return ErrClosed
		}
	}
	var failed error
	for range waiting {
		select {
		case err := <-result:
			if err != nil {
				failed = err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
			return ErrClosed
		}
	}
	return failed
}

// Run stores until ctx ends.
func (b *Inbox) Run(ctx context.Context) {
	defer close(b.done)
	var working sync.WaitGroup
	for _, queue := range b.queues {
		working.Go(func() { b.commit(ctx, queue) })
	}
	working.Wait()
}

func (b *Inbox) commit(ctx context.Context, queue chan *parcel) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-queue:
			b.save(ctx, gather(first, queue))
		}
	}
}

// waiting is how many callers' reports wait to be stored.
func (b *Inbox) waiting() (n int) {
	for _, queue := range b.queues {
		n += len(queue)
	}
	return n
}

// gather takes what waits already: the longer a commit takes, the larger the next one.
func gather(first *parcel, queue chan *parcel) []*parcel {
	group, rows := []*parcel{first}, first.rows()
	for rows < inboxRows {
		select {
		case p := <-queue:
			group, rows = append(group, p), rows+p.rows()
		default:
			return group
		}
	}
	return group
}

func (b *Inbox) save(ctx context.Context, group []*parcel) {
	err := b.saveAll(ctx, group)
	if err != nil && len(group) > 1 && ctx.Err() == nil {
		// One caller's rows must not fail the others': each by itself.
		b.log.Warn("a group of reports could not be stored, trying each", "error", err)
		for _, p := range group {
			p.result <- b.saveAll(ctx, []*parcel{p})
		}
		return
	}
	for _, p := range group {
		p.result <- err
	}
}

func (b *Inbox) saveAll(ctx context.Context, group []*parcel) error {
	var all parcel
	if len(group) == 1 {
		all = *group[0]
	} else {
		reports := 0
		for _, p := range group {
			reports += len(p.reports)
		}
		all.reports = make([]channel.Report, 0, reports)
		for _, p := range group {
			all.answers = append(all.answers, p.answers...)
			all.reports = append(all.reports, p.reports...)
			all.hooks = append(all.hooks, p.hooks...)
		}
	}
	ctx, span := begin(ctx, b.Tracer, "save")
	span.Set("answers", len(all.answers))
	span.Set("reports", len(all.reports))
	span.Set("hooks", len(all.hooks))
	var touched []SegmentKey
	err := b.registry.during(func(held func(SegmentKey) bool) error {
		if len(all.answers)+len(all.reports) > 0 {
			saved, err := b.store.Save(ctx, all.answers, all.reports, held)
			if err != nil {
				return err
			}
			touched = saved.Touched
		}
		if len(all.hooks) > 0 {
			saved, err := b.store.SaveHooks(ctx, all.hooks, held)
			if err != nil {
				return err
			}
			touched = append(touched, saved.Touched...)
		}
		return nil
	})
	if err == nil {
		b.registry.touch(touched)
	}
	span.End(err)
	return err
}
