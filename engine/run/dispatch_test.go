package run

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/channel"
)

func TestDispatcherWantsItsOptions(t *testing.T) {
	t.Parallel()
	full := DispatchOptions{Answered: (&answers{}).take, Clock: time.Now, Rand: rand.NewPCG(1, 2)}
	for field, spoil := range map[string]func(*DispatchOptions){
		"Answered":       func(o *DispatchOptions) { o.Answered = nil },
		"Clock":          func(o *DispatchOptions) { o.Clock = nil },
		"Rand":           func(o *DispatchOptions) { o.Rand = nil },
		`connection "c"`: func(o *DispatchOptions) { o.Connections = map[string]channel.Sender{"c": nil} },
	} {
		o := full
		spoil(&o)
		_, err := NewDispatcher(o)
		require.ErrorContains(t, err, field)
	}
}

func TestDispatcherBatches(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 100, Concurrent: 1}, answer: accepts}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 250, time.Second), 0)
		synctest.Wait()
		d.Hand("c", nil, 0)
		require.Equal(t, []int{100, 100, 50}, s.sizes())
		require.Len(t, got.byKey(), 250)
		for i, a := range got.all() {
			require.Equal(t, dispatchKey(i), a.Message.Key, "one goroutine keeps the order")
			require.Equal(t, channel.Accepted, a.Result.Status)
		}
	})
}

func TestDispatcherJoinsSmallHands(t *testing.T) {
	t.Parallel()
	var gate chan struct{} // made on the virtual clock
	s := &scriptedSender{limits: channel.Limits{Batch: 100, Concurrent: 1}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		if call == 0 {
			<-gate
		}
		return accepts(ctx, call, batch)
	}
	inDispatch(t, s, func(*DispatchOptions) { gate = make(chan struct{}) }, func(t *testing.T, d *Dispatcher, _ *answers) {
		d.Hand("c", dispatchMessages(0, 1, time.Second), 0)
		synctest.Wait()
		for i := range 15 {
			d.Hand("c", dispatchMessages(10*(i+1), 10, time.Second), 0)
		}
		gate <- struct{}{}
		synctest.Wait()
		require.Equal(t, []int{1, 100, 50}, s.sizes())
	})
}

func TestDispatcherKeepsConcurrent(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 1, Concurrent: 3}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		<-time.After(10 * time.Millisecond)
		return accepts(ctx, call, batch)
	}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 30, 5*time.Second), 0)
		<-time.After(time.Second)
		require.Len(t, got.byKey(), 30)
		require.Equal(t, 3, s.peak())
	})
}

func TestDispatcherKeepsPerSecond(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 7, Concurrent: 2, PerSecond: 20}, answer: accepts}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		require.Equal(t, 100, d.Free("c"), "what can be sent in half of HandWithin")
		d.Hand("c", dispatchMessages(0, 90, 10*time.Second), 0)
		require.Equal(t, 10, d.Free("c"))
		<-time.After(10 * time.Second)
		require.Len(t, got.byKey(), 90)
		calls := s.made()
		for i, c := range calls {
			n := 0
			for _, other := range calls[i:] {
				if other.at.Sub(c.at) < time.Second {
					n += len(other.keys)
				}
			}
			require.LessOrEqual(t, n, 20, "in the second from %v", c.at)
		}
		require.WithinDuration(t, calls[0].at.Add(4*time.Second), calls[len(calls)-1].at, 100*time.Millisecond)
	})
}

func TestDispatcherNeverStartsTooLate(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 1, PerSecond: 10}, answer: accepts}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		batch := dispatchMessages(0, 10, time.Minute)
		batch[3].HandBy = time.Now().Add(-time.Microsecond)
		batch[4].HandBy = time.Now()
		batch[5].HandBy = time.Time{}
		d.Hand("c", batch, 0)
		d.Hand("c", dispatchMessages(10, 20, 1500*time.Millisecond), 0)
		<-time.After(1600 * time.Millisecond)
		late := map[int64]bool{}
		for key, rs := range got.byKey() {
			require.Len(t, rs, 1)
			if rs[0].Code == CodeTooLate {
				require.Equal(t, channel.NotTaken, rs[0].Status)
				late[key.Ordinal] = true
			}
		}
		require.True(t, late[3])
		require.True(t, late[5], "no instant at all is no permission")
		require.False(t, late[4], "the very instant is not after it")
		require.Len(t, got.byKey(), 30, "what waits for the rate is given up at its instant, not when its turn comes")
		require.Len(t, late, 2+8, "two, and those for which the first two seconds had no room")
		for _, c := range s.made() {
			for _, k := range c.keys {
				require.False(t, late[k.Ordinal])
			}
		}
	})
}

func TestDispatcherBoundsCalls(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 4}}
	s.answer = func(ctx context.Context, _ int, batch []channel.Message) []channel.Result {
		<-ctx.Done()
		return make([]channel.Result, len(batch))
	}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 1, time.Minute), 0)
		synctest.Wait()
		d.Hand("c", dispatchMessages(1, 1, time.Second), 0)
		<-time.After(11 * time.Second)
		calls := s.made()
		require.Equal(t, HandWithin, calls[0].deadline)
		require.Equal(t, 3*time.Second, calls[1].deadline, "over before another owner judges the message")
		require.Equal(t, map[string]int{CodeNoResult: 2}, got.codes())
	})
}

func TestDispatcherDistrustsSenders(t *testing.T) {
	t.Parallel()
	ok := channel.Result{Status: channel.Accepted}
	none := channel.Result{Status: channel.Uncertain, Code: CodeNoResult}
	for name, c := range map[string]struct {
		gives []channel.Result // nil: panics
		want  []channel.Result
	}{
		"panic":          {nil, []channel.Result{none, none}},
		"none":           {[]channel.Result{}, []channel.Result{none, none}},
		"one":            {[]channel.Result{ok}, []channel.Result{ok, none}},
		"three":          {[]channel.Result{ok, ok, ok}, []channel.Result{none, none}},
		"no status":      {[]channel.Result{ok, {}}, []channel.Result{ok, none}},
		"unknown status": {[]channel.Result{{Status: 9}, ok}, []channel.Result{none, ok}},
		"unknown reason": {[]channel.Result{{Status: channel.Refused, Reason: "?"}, ok},
			[]channel.Result{{Status: channel.Refused, Reason: engine.Rejected}, ok}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scriptedSender{limits: channel.Limits{Batch: 2}}
			s.answer = func(context.Context, int, []channel.Message) []channel.Result {
				if c.gives == nil {
					panic("broken")
				}
				return c.gives
			}
			inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
				d.Hand("c", dispatchMessages(0, 2, time.Second), 0)
				synctest.Wait()
				require.Len(t, got.all(), 2)
				require.Equal(t, c.want, []channel.Result{got.all()[0].Result, got.all()[1].Result})
			})
		})
	}
}

func TestDispatcherBackPressure(t *testing.T) {
	t.Parallel()
	var gate chan struct{}
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 1}, answer: accepts}
	set := func(o *DispatchOptions) {
		gate = make(chan struct{})
		o.Queue = 100
		taken := o.Answered
		o.Answered = func(ctx context.Context, connection string, list []Answered) {
			<-gate
			taken(ctx, connection, list)
		}
	}
	inDispatch(t, s, set, func(t *testing.T, d *Dispatcher, _ *answers) {
		require.Equal(t, 100, d.Free("c"))
		require.Zero(t, d.Free("nobody"))
		d.Hand("c", dispatchMessages(0, 100, time.Second), 0)
		require.Zero(t, d.Free("c"))
		d.Hand("c", dispatchMessages(100, 5, time.Second), 0)
		synctest.Wait()
		require.Zero(t, d.Free("c"))
		require.Len(t, s.sizes(), 1, "a callback that takes its time holds the next call back")
		require.True(t, d.InFlight(dispatchKey(0)), "sent, but the result is not stored yet")
		require.True(t, d.InFlight(dispatchKey(104)))
		require.False(t, d.InFlight(dispatchKey(105)))
		gate <- struct{}{}
		synctest.Wait()
		require.False(t, d.InFlight(dispatchKey(0)))
		require.Equal(t, 5, d.Free("c"))
		close(gate)
		synctest.Wait()
		require.Equal(t, 100, d.Free("c"))
	})
}

func TestDispatcherLetsInWhatASlowProviderManages(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 1, Concurrent: 2}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		<-time.After(500 * time.Millisecond)
		return accepts(ctx, call, batch)
	}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, _ *answers) {
		d.Hand("c", dispatchMessages(0, 2, time.Second), 0)
		<-time.After(time.Second)
		require.Equal(t, 20, d.Free("c"), "two at once, half a second each, five seconds")
	})
}

func TestDispatcherPausesAsAsked(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 1}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		out := accepts(ctx, call, batch)
		if call == 0 {
			out[len(out)-1] = channel.Result{Status: channel.NotTaken, Code: "429", Pause: 3 * time.Second}
		}
		return out
	}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 20, 10*time.Second), 0)
		synctest.Wait()
		require.Zero(t, d.Free("c"))
		<-time.After(4 * time.Second)
		require.Len(t, got.byKey(), 20)
		require.Equal(t, 3*time.Second, s.made()[1].at.Sub(s.made()[0].at))
		require.Positive(t, d.Free("c"))
	})
}

func TestDispatcherCircuit(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 1, Concurrent: 1}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		if call < 3+3 {
			return isDown(ctx, call, batch)
		}
		return refuses(ctx, call, batch) // a refusal is an answer
	}
	inDispatch(t, s, func(o *DispatchOptions) { o.OpenAfter = 3 }, func(t *testing.T, d *Dispatcher, got *answers) {
		d.Hand("c", dispatchMessages(0, 10, time.Minute), 0)
		synctest.Wait()
		require.Len(t, s.sizes(), 3)
		require.Equal(t, map[string]int{"refused": 3, CodeCircuitOpen: 7}, got.codes())
		require.Zero(t, d.Free("c"))
		st := d.Stats()[0]
		require.Equal(t, CircuitOpen, st.Circuit)
		require.True(t, st.OpenUntil.After(time.Now()))
		d.Hand("c", dispatchMessages(10, 1, time.Minute), 0)
		synctest.Wait()
		require.Equal(t, 8, got.codes()[CodeCircuitOpen], "given back at once")
		last := got.all()[len(got.all())-1].Result
		require.Positive(t, last.Pause)

		at, least := 20, time.Second
		for range 3 {
			st = d.Stats()[0]
			wait := time.Until(st.OpenUntil)
			require.GreaterOrEqual(t, wait, max(least*8/10, time.Second))
			require.LessOrEqual(t, wait, least*12/10)
			<-time.After(wait)
			require.Equal(t, CircuitProbing, d.Stats()[0].Circuit)
			require.Equal(t, 1, d.Free("c"))
			calls := len(s.sizes())
			d.Hand("c", dispatchMessages(at, 3, time.Minute), 0)
			synctest.Wait()
			require.Len(t, s.sizes(), calls+1, "one probe")
			at, least = at+3, least*2
		}
		<-time.After(time.Minute)
		d.Hand("c", dispatchMessages(at, 3, time.Minute), 0)
		synctest.Wait()
		require.Equal(t, CircuitClosed, d.Stats()[0].Circuit)
		require.Equal(t, "closed", d.Stats()[0].Circuit.String())
		require.Len(t, s.sizes(), 3+3+3)
		require.Positive(t, d.Free("c"))
	})
}

func TestBreakerPausesAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		jitter := rapid.Float64Range(0.8, 1.2)
		b := breaker{after: 1, min: time.Second, max: time.Minute, jitter: func() float64 { return jitter.Draw(t, "jitter") }}
		now := time.Unix(0, 0)
		require.True(t, b.end(now, b.start(), true))
		for range rapid.IntRange(1, 10).Draw(t, "probes") {
			pause := b.until.Sub(now)
			require.GreaterOrEqual(t, pause, time.Second)
			require.LessOrEqual(t, pause, time.Minute)
			require.Equal(t, CircuitOpen, b.state(now))
			now = b.until
			require.Equal(t, CircuitProbing, b.state(now))
			require.False(t, b.end(now, b.start(), true))
		}
		require.True(t, b.end(now, false, false), "a call begun before it opened came through")
		require.Equal(t, CircuitClosed, b.state(now))
	})
}

func TestDispatcherStops(t *testing.T) {
	t.Parallel()
	for name, hangs := range map[string]bool{"finishing": false, "running out of time": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 2}}
			s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
				if hangs {
					<-ctx.Done()
					return nil
				}
				<-time.After(time.Second)
				return accepts(ctx, call, batch)
			}
			synctest.Test(t, func(t *testing.T) {
				got := &answers{}
				d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s},
					Answered: got.take, Clock: time.Now, Rand: rand.NewPCG(1, 2)})
				require.NoError(t, err)
				d.Hand("c", dispatchMessages(0, 50, 20*time.Second), 0)
				d.Hand("nobody", dispatchMessages(50, 1, 20*time.Second), 0)
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				err = d.Stop(ctx)
				want := map[string]int{CodeStopped: 30, "": 20, CodeUnknownConnection: 1}
				if hangs {
					require.ErrorIs(t, err, context.DeadlineExceeded)
					want = map[string]int{CodeStopped: 30, CodeNoResult: 20, CodeUnknownConnection: 1}
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, want, got.codes())
				require.Zero(t, d.Free("c"))
				require.False(t, d.InFlight(dispatchKey(0)))
				d.Hand("c", dispatchMessages(60, 1, time.Second), 0)
				synctest.Wait()
				require.Equal(t, 31, got.codes()[CodeStopped], "not lost even then")
			})
		})
	}
}

func TestDispatcherStats(t *testing.T) {
	t.Parallel()
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 1}}
	s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
		switch call {
		case 0:
			return refuses(ctx, call, batch)
		case 1:
			panic("broken")
		}
		return accepts(ctx, call, batch)
	}
	inDispatch(t, s, nil, func(t *testing.T, d *Dispatcher, _ *answers) {
		d.Hand("c", dispatchMessages(0, 40, time.Second), 0)
		synctest.Wait()
		st := d.Stats()
		require.Len(t, st, 1)
		require.Equal(t, map[DispatchOutcome]uint64{
			{Channel: "sms", Status: channel.Refused, Reason: engine.BadAddress}: 10,
			{Channel: "sms", Status: channel.Uncertain, Reason: CodeNoResult}:    10,
			{Channel: "sms", Status: channel.Accepted}:                           20,
		}, st[0].Outcomes)
		require.Equal(t, []uint64{40, 4, 1, 1}, []uint64{st[0].Handed, st[0].Calls, st[0].FailedCalls, st[0].Troubles})
		require.InDelta(t, 4.0, st[0].PerSecond, 0.1)
		require.Zero(t, st[0].Queued+st[0].InFlight)
	})
}

// Whatever senders do, each message handed over gets exactly one result, and no limit is broken.
func TestDispatcherAnswersEachMessageOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limits := channel.Limits{Batch: rapid.IntRange(1, 20).Draw(rt, "batch"),
			Concurrent: rapid.IntRange(1, 4).Draw(rt, "concurrent"), PerSecond: rapid.SampledFrom([]int{0, 5, 50}).Draw(rt, "rate")}
		hands := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 12).Draw(rt, "hands")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 1500), len(hands), len(hands)).Draw(rt, "gaps, ms")
		within := rapid.SliceOfN(rapid.IntRange(-10, 5000), len(hands), len(hands)).Draw(rt, "hand by, ms")
		moods := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 20).Draw(rt, "moods")
		s := &scriptedSender{limits: limits}
		s.answer = func(ctx context.Context, call int, batch []channel.Message) []channel.Result {
			switch moods[call%len(moods)] {
			case 0:
				return isDown(ctx, call, batch)
			case 1:
				panic("broken")
			case 2:
				return nil
			case 3:
				<-time.After(300 * time.Millisecond)
			case 4:
				return same(channel.Result{Status: channel.NotTaken, Pause: 700 * time.Millisecond})(ctx, call, batch)
			}
			return accepts(ctx, call, batch)
		}
		got, total := &answers{}, 0
		synctest.Test(t, func(t *testing.T) {
			d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s},
				Answered: got.take, Clock: time.Now, Rand: rand.NewPCG(1, 2), OpenAfter: 2})
			require.NoError(t, err)
			for i, n := range hands {
				d.Hand("c", dispatchMessages(total, n, time.Duration(within[i])*time.Millisecond), 0)
				total += n
				<-time.After(time.Duration(gaps[i]) * time.Millisecond)
			}
			require.NoError(t, d.Stop(t.Context()))
			require.Zero(t, d.lanes["c"].open)
			require.Empty(t, d.lanes["c"].unanswered)
		})
		require.Len(rt, got.all(), total)
		require.Len(rt, got.byKey(), total)
		require.LessOrEqual(rt, s.peak(), limits.Concurrent)
		for _, n := range s.sizes() {
			require.LessOrEqual(rt, n, limits.Batch)
		}
		asked := map[channel.Key]int{}
		for _, c := range s.made() {
			for _, k := range c.keys {
				asked[k]++
				require.Equal(rt, 1, asked[k], "never sent twice by itself")
			}
		}
	})
}

// Not parallel, so that only its own goroutines run.
func TestDispatcherLeavesNoGoroutine(t *testing.T) { //nolint:paralleltest // it counts the goroutines of the whole process
	s := &scriptedSender{limits: channel.Limits{Batch: 10, Concurrent: 8}, answer: accepts}
	ignore := goleak.IgnoreCurrent()
	d, err := NewDispatcher(DispatchOptions{Connections: map[string]channel.Sender{"c": s},
		Answered: (&answers{}).take, Clock: time.Now, Rand: rand.NewPCG(1, 2)})
	require.NoError(t, err)
	d.Hand("c", dispatchMessages(0, 1000, time.Second), 0)
	d.Hand("nobody", dispatchMessages(0, 10, time.Second), 0)
	require.NoError(t, d.Stop(t.Context()))
	goleak.VerifyNone(t, ignore)
}
