package run

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
)

// limiterFunc is a limiter as a function.
type limiterFunc func(ctx context.Context, a LimitAsk) (LimitGrant, error)

func (f limiterFunc) Limit(ctx context.Context, a LimitAsk) (LimitGrant, error) { return f(ctx, a) }

// A database that fails at once was asked without a pause by a lane that had waited for a call and had nothing to send any
// more. Found by the simulation.
func TestAFailingDatabaseIsNotAskedWithoutAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asks atomic.Int64
		limiter := limiterFunc(func(_ context.Context, a LimitAsk) (LimitGrant, error) {
			asks.Add(1)
			if a.Calls == 0 {
				return LimitGrant{}, errors.New("the database is away")
			}
			return LimitGrant{Processes: 2, Again: time.Second}, nil // all calls are lent
		})
		s, got := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 1, PerSecond: 10}, answer: accepts}, &answers{}
		d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s}, Answered: got.take, Limiter: limiter,
			Process: "p", Clock: time.Now, Rand: rand.NewPCG(1, 2)})
		require.NoError(t, err)
		d.Hand("c", dispatchMessages(0, 5, 100*time.Millisecond), 0)
		<-time.After(5 * time.Second)
		require.Equal(t, map[string]int{CodeTooLate: 5}, got.codes())
		require.Positive(t, asks.Load())
		require.Less(t, asks.Load(), int64(30))
		require.NoError(t, d.Stop(t.Context()))
	})
}

// Messages whose grant was long under way were begun with after the database had forgotten them. Found by the simulation.
func TestAGrantThatComesLateIsLetGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &lender{}
		var granted atomic.Int64
		limiter := limiterFunc(func(ctx context.Context, a LimitAsk) (LimitGrant, error) {
			g, err := b.Limit(ctx, a)
			if g.Messages > 0 && granted.Add(1)%2 == 1 {
				<-time.After(900 * time.Millisecond)
			}
			return g, err
		})
		s, got := &scriptedSender{limits: channel.Limits{Batch: 20, Concurrent: 4, PerSecond: 20}, answer: accepts}, &answers{}
		b.lent = map[string]int{}
		d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s}, Answered: got.take, Limiter: limiter,
			Process: "p", Clock: time.Now, Rand: rand.NewPCG(1, 2)})
		require.NoError(t, err)
		d.Hand("c", dispatchMessages(0, 80, time.Minute), 0)
		<-time.After(30 * time.Second)
		require.Len(t, got.byKey(), 80, "it goes on")
		require.LessOrEqual(t, inAnySecond(s.made()), 20)
		require.NoError(t, d.Stop(t.Context()))
	})
}
