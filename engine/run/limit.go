package run

import (
	"context"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// What the processes of a database may do with a connection at once is lent to them in slices.
const (
	// LimitUse is for how long after its arrival a granted message may be begun with.
	LimitUse = 50 * time.Millisecond
	// LimitCalls is for how long calls at once are lent.
	LimitCalls = 2 * time.Second

	renewCalls  = LimitCalls / 4
	lingerCalls = 250 * time.Millisecond // an idle process keeps its calls for so long
	askPause    = 50 * time.Millisecond  // before it is asked again after nothing was granted
	askWithin   = LimitCalls / 2
)

// LimitAsk asks for a slice of what a connection of an account may do.
type LimitAsk struct {
	Account    int64
	Connection string
	Process    string
	PerSecond  int // the limit of messages a second, 0: none
	Messages   int // wanted
	Concurrent int // the limit of calls at once
	Calls      int // wanted at once, those under way included; 0 gives them back
	Busy       int // under way
}

// LimitGrant is what was granted.
type LimitGrant struct {
	Messages  int            // to be begun within LimitUse
	Calls     int            // at once, for LimitCalls; never less than are under way
	Processes int            // that share the limits now
	At        engine.Instant // on the database's clock
	Again     time.Duration  // where no message was granted: when one may be
}

// Limiter lends slices of connections' limits.
type Limiter interface {
	Limit(ctx context.Context, a LimitAsk) (LimitGrant, error)
}

// share is an account's part of a lane: its queue, and what was granted to it. The lane guards it. Where there is no
// limiter everything is granted.
type share struct {
	account int64
	queue   [][]channel.Message
	queued  int
	busy    int // calls under way

	messages   int
	messagesTo time.Time
	calls      int
	callsTo    time.Time
	renew      time.Time // of the calls
	again      time.Time // not to be asked for before
	failed     time.Time // an asking failed: nothing more is asked for before
	idle       time.Time // since when nothing is to be done
	processes  int
	capped     bool // fewer calls were lent than asked for
}

// mayCall reports whether a further call may be made, and how many messages it may have.
func (l *lane) mayCall(s *share, now time.Time) (n int, ok bool) {
	if l.d.o.Limiter == nil {
		return l.limits.Batch, true
	}
	if s.calls <= s.busy || !now.Before(s.callsTo) {
		return 0, false
	}
	if l.limits.PerSecond == 0 {
		return l.limits.Batch, true
	}
	if !now.Before(s.messagesTo) {
		s.messages = 0
	}
	return s.messages, s.messages > 0
}

// keep asks for slices as the lane needs them, until it has stopped and given all back.
func (l *lane) keep() {
	for {
		s, ask, ok := l.nextAsk()
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(l.d.ctx, askWithin)
		began := l.d.o.Clock()
		grant, err := l.d.o.Limiter.Limit(ctx, ask)
		cancel()
		l.granted(s, &ask, grant, err, began)
	}
}

// nextAsk waits until something is to be asked for; false: nothing ever will be.
func (l *lane) nextAsk() (*share, LimitAsk, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		now := l.d.o.Clock()
		var wake time.Time
		under := false
		for _, s := range l.shares {
			at, ok := l.askAt(s, now)
			if !ok {
				continue
			}
			under = true
			if at.Before(s.failed) {
				at = s.failed
			}
			if !now.Before(at) {
				return s, l.ask(s), true
			}
			if wake.IsZero() || at.Before(wake) {
				wake = at
			}
		}
		if l.stopping && !under {
			return nil, LimitAsk{}, false
		}
		if !wake.IsZero() {
			l.askAlarm.Reset(max(wake.Sub(now), time.Microsecond))
		}
		l.askWake.Wait()
	}
}

// askAt is when a share is to be asked for; false: not before something happens.
func (l *lane) askAt(s *share, now time.Time) (time.Time, bool) {
	if s.queued == 0 && s.busy == 0 {
		switch {
		case !now.Before(s.callsTo):
			return time.Time{}, false
		case l.stopping || s.calls == 0: // a place among those that wait is given up at once
			return now, true
		}
		return s.idle.Add(lingerCalls), true
	}
	if s.calls == 0 || !now.Before(s.callsTo) {
		return s.again, true
	}
	if _, ok := l.mayCall(s, now); s.queued == 0 || ok || s.calls <= s.busy && (s.capped || s.calls >= l.limits.Concurrent) {
		return s.renew, true // nothing more is to be had until a call ends
	}
	if s.again.Before(l.held) {
		return l.held, true // nothing could be sent before
	}
	return s.again, true
}

// ask says what a share wants.
func (l *lane) ask(s *share) LimitAsk {
	a := LimitAsk{Account: s.account, Connection: l.name, Process: l.d.o.Process, PerSecond: l.limits.PerSecond,
		Concurrent: l.limits.Concurrent, Busy: s.busy}
	a.Calls = min(s.busy+(s.queued+l.limits.Batch-1)/l.limits.Batch, l.limits.Concurrent)
	if s.messages == 0 || !l.d.o.Clock().Before(s.messagesTo) {
		a.Messages = min(s.queued, max(l.limits.PerSecond/10, l.limits.Batch))
	}
	return a
}

// granted takes in what was granted. What is not known to be granted is not: after an error nothing new is begun with.
func (l *lane) granted(s *share, ask *LimitAsk, g LimitGrant, err error, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.d.o.Clock()
	defer l.wake.Broadcast()
	if err != nil {
		s.failed = now.Add(4 * askPause)
		if l.stopping {
			s.callsTo = now // they come free by themselves
		}
		l.counts.unlent++
		l.d.o.Log.Warn("what a connection may send could not be asked for", "connection", l.name, "error", err)
		return
	}
	// Counted from before the question: the answer may have been under way for long.
	s.calls, s.callsTo, s.renew, s.processes = g.Calls, began.Add(LimitCalls), began.Add(renewCalls), g.Processes
	s.again = now
	if ask.Calls == 0 {
		s.calls, s.callsTo = 0, now
		return
	}
	s.capped = g.Calls < ask.Calls
	if ask.Messages > 0 {
		// The database forgets them after a second and two LimitUse: one is for the way here, and what it does not suffice for
		// is let go.
		s.messages, s.messagesTo = g.Messages, now.Add(LimitUse)
		if latest := began.Add(2 * LimitUse); latest.Before(s.messagesTo) {
			s.messagesTo = latest
		}
	}
	if ask.Messages > 0 && (g.Messages == 0 || g.Calls <= ask.Busy) {
		l.counts.denied++
		s.again = now.Add(max(g.Again, askPause))
		if g.Calls <= ask.Busy {
			s.again = now.Add(askPause)
		}
	}
}
