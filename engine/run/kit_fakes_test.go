package run_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
)

// provider is a provider whose answers a test decides. It keeps every message that it was handed, and that the intent
// of each was committed by then.
type provider struct {
	lab    *lab
	limits channel.Limits
	// answer decides; times is how often this message was handed over, from 1. nil: everything is accepted.
	answer func(m channel.Message, times int) channel.Result

	mu       sync.Mutex
	heard    []heard
	times    map[channel.Key]int
	troubles []string
}

// heard is a message as the provider got it.
type heard struct {
	channel.Message
	at time.Time
}

// provider makes one; a message that it heard of before its intent was committed fails the test at its end.
func (l *lab) provider(answer func(m channel.Message, times int) channel.Result) *provider {
	p := &provider{lab: l, limits: channel.Limits{Batch: 100, Concurrent: 8}, answer: answer, times: map[channel.Key]int{}}
	l.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Empty(l, p.troubles)
	})
	return p
}

func (p *provider) Limits() channel.Limits { return p.limits }

func (p *provider) Send(_ context.Context, messages []channel.Message) []channel.Result {
	p.intended(messages)
	results := make([]channel.Result, len(messages))
	for i, m := range messages {
		p.mu.Lock()
		p.heard = append(p.heard, heard{m, time.Now()})
		p.times[m.Key]++
		times := p.times[m.Key]
		p.mu.Unlock()
		results[i] = accepted(m)
		if p.answer != nil {
			results[i] = p.answer(m, times)
		}
	}
	return results
}

// intended notes the messages that have no row, or whose time to be handed over is past. A second is for the way here.
func (p *provider) intended(messages []channel.Message) {
	columns := make([][]int64, 4)
	for _, m := range messages {
		for i, v := range []int64{m.Key.Campaign, m.Key.Ordinal, int64(m.Key.Node), int64(m.Key.Attempt)} {
			columns[i] = append(columns[i], v)
		}
	}
	found, err := storetest.Column[int64](p.lab.db, `SELECT count(*) FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
		AS u(campaign, ordinal, node, attempt)
		JOIN messages m ON m.account = $1 AND m.campaign = u.campaign AND m.ordinal = u.ordinal AND m.node = u.node
		 AND m.attempt = u.attempt AND m.hand_by > clock_timestamp() - interval '1 second'`,
		account, columns[0], columns[1], columns[2], columns[3])
	if err != nil || found[0] != int64(len(messages)) {
		p.mu.Lock()
		p.troubles = append(p.troubles, fmt.Sprintf("of %d messages handed over %v have a committed intent: %v", len(messages), found, err))
		p.mu.Unlock()
	}
}

func (p *provider) all() []heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

func (p *provider) count() int { return len(p.all()) }

// of gives what it heard of one message.
func (p *provider) of(key channel.Key) []heard {
	return slices.DeleteFunc(p.all(), func(h heard) bool { return h.Key != key })
}

// hears waits until it was handed so many messages.
func (p *provider) hears(n int) {
	p.lab.Helper()
	p.lab.eventually(fmt.Sprint("the provider heard of ", n, " messages"), func() bool { return p.count() >= n })
	require.Equal(p.lab, n, p.count())
}

// oncePerMessage requires that no message was handed over twice.
func (p *provider) oncePerMessage() {
	p.lab.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, n := range p.times {
		require.Equal(p.lab, 1, n, "message %s", key)
	}
}

// askable is a provider that can be asked what became of a message.
type askable struct {
	*provider
	know func(key channel.Key) channel.Result

	mu    sync.Mutex
	asked []channel.Key
}

func (a *askable) Ask(_ context.Context, keys []channel.Key) []channel.Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	results := make([]channel.Result, len(keys))
	for i, k := range keys {
		a.asked = append(a.asked, k)
		results[i] = a.know(k)
	}
	return results
}

func (a *askable) questions() []channel.Key {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func providerID(k channel.Key) string { return "id-" + k.String() }

func accepted(m channel.Message) channel.Result {
	return channel.Result{Status: channel.Accepted, ProviderID: providerID(m.Key)}
}

func refused(reason string) channel.Result {
	return channel.Result{Status: channel.Refused, Reason: reason}
}

func notTaken() channel.Result {
	return channel.Result{Status: channel.NotTaken, Code: "connection refused"}
}
func uncertain() channel.Result { return channel.Result{Status: channel.Uncertain, Code: "time-out"} }

// hookServer is what webhooks call. It keeps the calls.
type hookServer struct {
	answer func(ctx context.Context, r run.HookRequest, times int) (reason string)

	mu    sync.Mutex
	calls []run.HookRequest
	times map[channel.Key]int
}

func (h *hookServer) Call(ctx context.Context, r run.HookRequest) string {
	h.mu.Lock()
	if h.times == nil {
		h.times = map[channel.Key]int{}
	}
	h.calls = append(h.calls, r)
	h.times[r.Key]++
	times := h.times[r.Key]
	h.mu.Unlock()
	if h.answer == nil {
		return ""
	}
	return h.answer(ctx, r, times)
}

func (h *hookServer) made() []run.HookRequest {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// hooks lets webhooks call this server.
func hooks(h *hookServer) func(*run.Options) { return func(o *run.Options) { o.Caller = h } }

// times sets the runtime's spans of time.
func times(change func(*run.Times)) func(*run.Options) {
	return func(o *run.Options) { change(&o.Times) }
}

// faultyStore is a store whose sessions refuse some batches.
type faultyStore struct {
	run.Store
	commit func(b *run.Batch) error
}

func (f *faultyStore) Session(ctx context.Context, worker string) (run.Session, error) {
	s, err := f.Store.Session(ctx, worker)
	if err != nil {
		return nil, err
	}
	return &faultySession{s, f.commit}, nil
}

type faultySession struct {
	run.Session
	commit func(b *run.Batch) error
}

func (s *faultySession) Commit(ctx context.Context, b *run.Batch) error {
	if err := s.commit(b); err != nil {
		return err
	}
	return s.Session.Commit(ctx, b)
}

// faulty puts a condition before every commit.
func faulty(commit func(b *run.Batch) error) func(*run.Options) {
	return func(o *run.Options) { o.Store = &faultyStore{o.Store, commit} }
}

// concerns reports whether a batch changes a recipient's row without ending its walk.
func concerns(b *run.Batch, ordinal int64) bool {
	return slices.ContainsFunc(b.Recipients, func(u run.RecipientUpdate) bool {
		return u.Ordinal == ordinal && u.State.Phase != engine.Ended
	})
}

// keysOf gives the keys of what a provider heard, by block.
func keysOf(list []heard) []channel.Key {
	keys := make([]channel.Key, len(list))
	for i, h := range list {
		keys[i] = h.Key
	}
	slices.SortFunc(keys, func(a, b channel.Key) int { return int(a.Node) - int(b.Node) })
	return keys
}
