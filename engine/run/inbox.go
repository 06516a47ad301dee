package run

import (
	"context"
	"errors"
	"log/slog"

	"kaskad/engine/channel"
)

// inboxRows bounds a group commit, and inboxQueue what may wait for one: more is back-pressure on the callers.
const (
	inboxRows  = 5_000
	inboxQueue = 256
)

// Inbox stores what comes in, many callers in one transaction, and answers each after the commit. It is safe for use
// by many goroutines.
type Inbox struct {
	// Tracer records the group commits; nil: none. It is set before Run.
	Tracer Tracer

	store    Store
	registry *Registry
	log      *slog.Logger
	queue    chan *parcel
	done     chan struct{}
}

type parcel struct {
	answers []Answer
	reports []channel.Report
	hooks   []HookResult
	result  chan error
}

func (p *parcel) rows() int { return len(p.answers) + len(p.reports) + len(p.hooks) }

// ErrClosed says that the inbox takes nothing more.
var ErrClosed = errors.New("run: the inbox is closed")

// NewInbox makes an inbox; Run works it.
func NewInbox(store Store, registry *Registry, log *slog.Logger) *Inbox {
	return &Inbox{store: store, registry: registry, log: log, queue: make(chan *parcel, inboxQueue), done: make(chan struct{})}
}

// Receive implements channel.Inbox.
func (b *Inbox) Receive(ctx context.Context, reports []channel.Report) error {
	return b.put(ctx, &parcel{reports: reports})
}

// Answers stores what providers answered to launches.
func (b *Inbox) Answers(ctx context.Context, answers []Answer, reports []channel.Report) error {
	return b.put(ctx, &parcel{answers: answers, reports: reports})
}

// Hooks stores the results of webhooks.
func (b *Inbox) Hooks(ctx context.Context, results []HookResult) error {
	return b.put(ctx, &parcel{hooks: results})
}

func (b *Inbox) put(ctx context.Context, p *parcel) error {
	if p.rows() == 0 {
		return nil
	}
	p.result = make(chan error, 1)
	select {
	case b.queue <- p:
	case <-ctx.Done():
		return ctx.Err()
	case <-b.done:
		return ErrClosed
	}
	select {
	case err := <-p.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-b.done:
		return ErrClosed
	}
}

// Run stores until ctx ends.
func (b *Inbox) Run(ctx context.Context) {
	defer close(b.done)
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-b.queue:
			b.save(ctx, b.gather(first))
		}
	}
}

// gather takes what waits already: the longer a commit takes, the larger the next one.
func (b *Inbox) gather(first *parcel) []*parcel {
	group, rows := []*parcel{first}, first.rows()
	for rows < inboxRows {
		select {
		case p := <-b.queue:
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
