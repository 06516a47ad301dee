package run

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// scriptedSender answers each call by a function, and notes the calls.
type scriptedSender struct {
	limits channel.Limits
	answer func(ctx context.Context, call int, batch []channel.Message) []channel.Result

	mu      sync.Mutex
	calls   []senderCall
	running int
	most    int // calls at once
}

type senderCall struct {
	at       time.Time
	keys     []channel.Key
	deadline time.Duration
}

func (s *scriptedSender) Limits() channel.Limits { return s.limits }

func (s *scriptedSender) Send(ctx context.Context, batch []channel.Message) []channel.Result {
	c := senderCall{at: time.Now()}
	for _, m := range batch {
		c.keys = append(c.keys, m.Key)
	}
	if d, ok := ctx.Deadline(); ok {
		c.deadline = time.Until(d)
	}
	s.mu.Lock()
	n := len(s.calls)
	s.calls = append(s.calls, c)
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	return s.answer(ctx, n, batch)
}

func (s *scriptedSender) made() []senderCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *scriptedSender) peak() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *scriptedSender) sizes() (sizes []int) {
	for _, c := range s.made() {
		sizes = append(sizes, len(c.keys))
	}
	return sizes
}

func same(r channel.Result) func(context.Context, int, []channel.Message) []channel.Result {
	return func(_ context.Context, _ int, batch []channel.Message) []channel.Result {
		out := make([]channel.Result, len(batch))
		for i := range out {
			out[i] = r
		}
		return out
	}
}

var (
	accepts = same(channel.Result{Status: channel.Accepted, ProviderID: "p"})
	refuses = same(channel.Result{Status: channel.Refused, Reason: engine.BadAddress})
	isDown  = same(channel.Result{Status: channel.NotTaken, Code: "refused"})
)

// answers collects what a dispatcher answers.
type answers struct {
	mu   sync.Mutex
	list []Answered
}

func (a *answers) take(_ context.Context, _ string, list []Answered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, list...)
}

func (a *answers) all() []Answered {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

func (a *answers) byKey() map[channel.Key][]channel.Result {
	out := map[channel.Key][]channel.Result{}
	for _, x := range a.all() {
		out[x.Message.Key] = append(out[x.Message.Key], x.Result)
	}
	return out
}

func (a *answers) codes() map[string]int {
	out := map[string]int{}
	for _, x := range a.all() {
		out[x.Result.Code]++
	}
	return out
}

func dispatchKey(n int) channel.Key {
	return channel.Key{Account: 1, Campaign: 2, Ordinal: int64(n), Attempt: 1}
}

func dispatchMessages(from, n int, within time.Duration) []channel.Message {
	out := make([]channel.Message, n)
	for i := range out {
		out[i] = channel.Message{Key: dispatchKey(from + i), Channel: "sms", HandBy: time.Now().Add(within)}
	}
	return out
}

// inDispatch runs a test on a virtual clock with a dispatcher for one connection "c", stopped at its end.
func inDispatch(t *testing.T, s *scriptedSender, set func(*DispatchOptions), test func(*testing.T, *Dispatcher, *answers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got := &answers{}
		o := DispatchOptions{Connections: map[string]channel.Sender{"c": s}, Answered: got.take, Clock: time.Now,
			Rand: rand.NewPCG(1, 2)}
		if set != nil {
			set(&o)
		}
		d, err := NewDispatcher(o)
		require.NoError(t, err)
		defer func() { require.NoError(t, d.Stop(context.Background())) }()
		test(t, d, got)
	})
}
