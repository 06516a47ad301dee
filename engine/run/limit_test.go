package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
)

// lender is a limiter as the database is one, on the test's clock.
type lender struct {
	mu    sync.Mutex
	spent []spending
	lent  map[string]int // calls by process
	down  bool
	asks  int
	takes time.Duration
}

func (b *lender) Limit(ctx context.Context, a LimitAsk) (LimitGrant, error) {
	if b.takes > 0 {
		select {
		case <-time.After(b.takes):
		case <-ctx.Done():
			return LimitGrant{}, ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks++
	if b.down {
		return LimitGrant{}, errors.New("the database is away")
	}
	now, recent, others := time.Now(), 0, 0
	for _, s := range b.spent {
		if now.Sub(s.at) < time.Second+2*LimitUse {
			recent += s.n
		}
	}
	delete(b.lent, a.Process)
	for _, n := range b.lent {
		others += n
	}
	fair := (a.Concurrent + len(b.lent)) / (len(b.lent) + 1)
	g := LimitGrant{Calls: max(min(a.Calls, fair, a.Concurrent-others), a.Busy, 0), Processes: len(b.lent) + 1, Again: 100 * time.Millisecond}
	if a.Calls > 0 {
		b.lent[a.Process] = g.Calls
	}
	if g.Calls > a.Busy {
		if g.Messages = a.Messages; a.PerSecond > 0 {
			g.Messages = max(min(a.Messages, a.PerSecond-recent), 0)
		}
		b.spent = append(b.spent, spending{now, g.Messages})
	}
	return g, nil
}

func (b *lender) withdrawn(v bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = v
}

func (b *lender) state() (asks, processes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asks, len(b.lent)
}

// inShared runs a test on a virtual clock with several dispatchers that share a limiter and a provider.
func inShared(t *testing.T, n int, s *scriptedSender, b *lender, test func(t *testing.T, ds []*Dispatcher, got *answers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got := &answers{}
		b.lent = map[string]int{}
		var ds []*Dispatcher
		for i := range n {
			d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s}, Answered: got.take, Clock: time.Now,
				Rand: rand.NewPCG(1, 2), Limiter: b, Process: fmt.Sprint("p", i)})
			require.NoError(t, err)
			ds = append(ds, d)
		}
		defer func() {
			for _, d := range ds {
				require.NoError(t, d.Stop(context.Background()))
			}
			_, lent := b.state()
			require.Zero(t, lent, "all is given back")
		}()
		test(t, ds, got)
	})
}

// inAnySecond is the most messages in any second of the calls.
func inAnySecond(calls []senderCall) (most int) {
	for i, c := range calls {
		n := 0
		for _, other := range calls[i:] {
			if other.at.Sub(c.at) < time.Second {
				n += len(other.keys)
			}
		}
		most = max(most, n)
	}
	return most
}

func TestDispatchersShareALimit(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{"at once": 0, "slowly": 30 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scriptedSender{limits: channel.Limits{Batch: 7, Concurrent: 4, PerSecond: 50}, answer: accepts}
			b := &lender{takes: takes}
			inShared(t, 3, s, b, func(t *testing.T, ds []*Dispatcher, got *answers) {
				for i, d := range ds {
					d.Hand("c", dispatchMessages(1000*i, 100, 10*time.Second), 0)
				}
				<-time.After(2 * time.Second)
				for _, d := range ds {
					require.LessOrEqual(t, d.Free("c")+d.Stats()[0].Queued, 50*5/2+1, "no more than a part of what can be sent in half of HandWithin")
				}
				<-time.After(7 * time.Second)
				require.Len(t, got.byKey(), 300)
				calls := s.made()
				require.LessOrEqual(t, inAnySecond(calls), 50)
				require.LessOrEqual(t, s.peak(), 4)
				require.Less(t, calls[len(calls)-1].at.Sub(calls[0].at), 8*time.Second, "it is not much slower than it may be")
			})
		})
	}
}

func TestDispatchersShareCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 1, Concurrent: 3}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		<-time.After(3 * time.Second) // longer than calls are lent for
		return accepts(ctx, call, batch)
	}
	inShared(t, 2, s, &lender{}, func(t *testing.T, ds []*Dispatcher, got *answers) {
		for i, d := range ds {
			d.Hand("c", dispatchMessages(100*i, 6, 30*time.Second), 0)
		}
		<-time.After(20 * time.Second)
		require.Len(t, got.byKey(), 12)
		require.Equal(t, 3, s.peak())
	})
}

func TestWithoutAnAnswerNothingIsSent(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 2}, answer: accepts}
	b := &lender{down: true}
	inShared(t, 1, s, b, func(t *testing.T, ds []*Dispatcher, got *answers) {
		d := ds[0]
		d.Hand("c", dispatchMessages(0, 5, 2*time.Second), 0)
		d.Hand("c", dispatchMessages(5, 5, time.Minute), 0)
		<-time.After(3 * time.Second)
		require.Empty(t, s.made())
		require.Equal(t, map[string]int{CodeTooLate: 5}, got.codes())
		asks, _ := b.state()
		require.Less(t, asks, 30, "it is not asked without a pause")
		require.Positive(t, d.Stats()[0].Denied)
		b.withdrawn(false)
		<-time.After(time.Second)
		require.Equal(t, []int{5}, s.sizes())
	})
}

func TestAccountsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 4, Concurrent: 1}, answer: accepts}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		batch := dispatchMessages(0, 20, time.Minute)
		for i := range batch {
			batch[i].Key.Account = int64(1 + i/10)
		}
		d.Hand("c", batch, 0)
		synctest.Wait()
		require.Len(t, got.byKey(), 20)
		var accounts []int64
		for _, c := range s.made() {
			for _, k := range c.keys {
				require.Equal(t, c.keys[0].Account, k.Account, "a call has messages of one account")
			}
			accounts = append(accounts, c.keys[0].Account)
		}
		require.Equal(t, []int64{1, 2, 1, 2, 1, 2}, accounts, "by turns")
	})
}

// An idle process asks for nothing, and gives back what was lent to it.
func TestAnIdleConnectionAsksForNothing(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 2, PerSecond: 100}, answer: accepts}
	b := &lender{}
	inShared(t, 1, s, b, func(t *testing.T, ds []*Dispatcher, got *answers) {
		ds[0].Hand("c", dispatchMessages(0, 5, time.Minute), 0)
		<-time.After(time.Second)
		require.Len(t, got.byKey(), 5)
		asked, lent := b.state()
		require.LessOrEqual(t, asked, 3)
		require.Zero(t, lent)
		<-time.After(time.Minute)
		again, _ := b.state()
		require.Equal(t, asked, again)
	})
}
