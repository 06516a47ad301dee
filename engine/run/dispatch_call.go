package run

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
)

const (
	// maxHold is the longest pause that a provider can ask for.
	maxHold = time.Hour
	// A call ends this part of JudgeAfter before a new owner would judge its messages, so that no request is on its way
	// then.
	endBeforeJudging = 3
)

// send makes a call, leaving out what became too late on the way, and answers.
func (l *lane) send(j job) {
	began := l.d.o.Clock()
	answered := make([]Answered, len(j.batch))
	fresh, first := j.batch, j.batch[0].HandBy
	if late := countLate(j.batch, began); late > 0 {
		fresh = make([]channel.Message, 0, len(j.batch)-late)
	}
	for i := range j.batch {
		m := &j.batch[i]
		answered[i] = Answered{Message: *m, Result: channel.Result{Status: channel.NotTaken, Code: CodeTooLate}}
		if began.After(m.HandBy) {
			continue
		}
		if len(fresh) < len(j.batch) {
			fresh = append(fresh, *m)
		}
		if first.Before(began) || m.HandBy.Before(first) {
			first = m.HandBy
		}
	}
	if len(fresh) == 0 {
		l.missed(j)
		l.answer(answered)
		return
	}
	results := l.try(fresh, min(l.d.o.CallTimeout, first.Sub(began)+l.d.o.JudgeAfter-l.d.o.JudgeAfter/endBeforeJudging))
	n := 0
	for i := range answered {
		if !began.After(answered[i].Message.HandBy) {
			answered[i].Result = results[n]
			n++
		}
	}
	l.ended(j, results)
	l.answer(answered)
	l.took(l.d.o.Clock().Sub(began))
}

func countLate(batch []channel.Message, now time.Time) (late int) {
	for i := range batch {
		if now.After(batch[i].HandBy) {
			late++
		}
	}
	return late
}

// try calls the sender, and gives exactly one valid result for each message whatever it does.
func (l *lane) try(batch []channel.Message, within time.Duration) (results []channel.Result) {
	ctx, cancel := context.WithTimeout(l.d.ctx, within)
	defer cancel()
	ctx, span := begin(ctx, l.d.o.Tracer, "send")
	defer func() { told(span, l.name, results) }()
	defer func() {
		if p := recover(); p != nil {
			l.trouble("a sender panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			results = complete(nil, len(batch))
		}
	}()
	results = l.sender.Send(ctx, batch)
	if len(results) != len(batch) {
		l.trouble("a sender gave a wrong number of results", "messages", len(batch), "results", len(results))
	}
	return complete(results, len(batch))
}

func (l *lane) trouble(what string, more ...any) {
	l.mu.Lock()
	l.counts.troubles++
	l.mu.Unlock()
	l.d.o.Log.Error(what, append([]any{"connection", l.name}, more...)...)
}

// complete makes n results of what there is. A result beyond the last message makes it unknown whose any of them is.
func complete(results []channel.Result, n int) []channel.Result {
	if len(results) > n {
		results = nil
	}
	for i := range results {
		switch r := &results[i]; {
		case r.Status == channel.Refused && !slices.Contains(engine.ErrorReasons(), r.Reason):
			r.Reason = engine.Rejected
		case r.Status < channel.Accepted || r.Status > channel.Uncertain:
			r.Status, r.Code = channel.Uncertain, CodeNoResult
		}
	}
	for len(results) < n {
		results = append(results, channel.Result{Status: channel.Uncertain, Code: CodeNoResult})
	}
	return results
}

// judge tells whether a call failed, that is the provider answered for no message, and what pause it ended with.
func judge(results []channel.Result) (failed bool, hold time.Duration) {
	for i := range results {
		if s := results[i].Status; s == channel.Accepted || s == channel.Refused {
			return false, lastPause(results)
		}
	}
	return true, lastPause(results)
}

func lastPause(results []channel.Result) time.Duration {
	if last := results[len(results)-1]; last.Status == channel.NotTaken {
		return last.Pause
	}
	return 0
}

// missed is a call that was not made: a probe that told nothing.
func (l *lane) missed(j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.probe {
		l.breaker.probing = false
		l.wake.Broadcast()
	}
}

// ended tells the breaker and the others how a call went.
func (l *lane) ended(j job, results []channel.Result) {
	failed, hold := judge(results)
	now := l.d.o.Clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.calls++
	if failed {
		l.counts.failed++
	}
	if hold > 0 {
		l.held = now.Add(min(hold, maxHold))
	}
	changed := l.breaker.end(now, j.probe, failed)
	if changed || j.probe {
		l.wake.Broadcast()
	}
	switch {
	case !changed:
	case failed:
		l.d.o.Log.Warn("a provider does not answer: its circuit is open", "connection", l.name,
			"failed_calls", l.breaker.failures, "pause", l.breaker.until.Sub(now))
	default:
		l.d.o.Log.Info("a provider answers again: its circuit is closed", "connection", l.name)
	}
}

// answer gives results to the callback; only then are the messages no longer in flight.
func (l *lane) answer(answered []Answered) {
	l.mu.Lock()
	l.counts.answered(l.d.o.Clock(), answered)
	keys := make([]channel.Key, len(answered))
	for i := range answered {
		keys[i] = answered[i].Message.Key
		answered[i].Server = l.unanswered[keys[i]].server
	}
	l.mu.Unlock()
	l.d.o.Answered(l.d.ctx, l.name, answered)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open -= len(keys)
	for _, k := range keys {
		if f := l.unanswered[k]; f.times > 1 {
			l.unanswered[k] = flight{f.times - 1, f.server}
		} else {
			delete(l.unanswered, k)
		}
	}
}

// took smooths how long a call and its callback take.
func (l *lane) took(t time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.call == 0 {
		l.call = t
		return
	}
	l.call = (7*l.call + t) / 8
}
