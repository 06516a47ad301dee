package run

import (
	"sync"
	"time"

	"kaskad/engine/channel"
)

const maxConcurrent = 1024 // calls at once, whatever a sender says

// lane is one connection: its queue, and as many goroutines as calls may run at once.
type lane struct {
	d      *Dispatcher
	name   string
	sender channel.Sender
	limits channel.Limits

	mu         sync.Mutex
	wake       *sync.Cond
	alarm      *time.Timer // wakes the goroutines when something becomes due
	queue      [][]channel.Message
	queued     int
	unanswered map[channel.Key]int
	open       int // messages unanswered
	stopping   bool
	held       time.Time // the provider asked for a pause until then
	breaker    breaker
	pace       pace
	call       time.Duration // smoothed: how long a call and its callback take
	counts     laneCounts
}

// job is a batch that a goroutine took. With a code it is not to be sent.
type job struct {
	batch []channel.Message
	code  string
	pause time.Duration
	probe bool
}

func newLane(d *Dispatcher, name string, sender channel.Sender) *lane {
	limits := sender.Limits()
	limits.Batch = max(limits.Batch, 1)
	limits.Concurrent = min(max(limits.Concurrent, 1), maxConcurrent)
	l := &lane{d: d, name: name, sender: sender, limits: limits, unanswered: map[channel.Key]int{},
		breaker: breaker{after: d.o.OpenAfter, min: d.o.PauseMin, max: d.o.PauseMax, jitter: d.jitter},
		pace:    pace{perSecond: limits.PerSecond}, counts: newLaneCounts()}
	l.wake = sync.NewCond(&l.mu)
	l.alarm = time.AfterFunc(time.Hour, l.rouse)
	l.alarm.Stop()
	return l
}

func (l *lane) rouse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake.Broadcast()
}

func (l *lane) free(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := l.d.o.Queue
	switch {
	case l.stopping || now.Before(l.held):
		return 0
	case l.breaker.state(now) == CircuitOpen:
		return 0
	case l.breaker.state(now) == CircuitProbing:
		room = 1
	}
	ahead := l.d.o.HandWithin / 2
	if l.call > 0 {
		turns := max(float64(ahead)/float64(l.call), 1)
		room = int(min(float64(room), turns*float64(l.limits.Batch)*float64(l.limits.Concurrent)))
	}
	if l.limits.PerSecond > 0 {
		room = int(min(float64(room), float64(l.limits.PerSecond)*ahead.Seconds()))
	}
	return max(room-l.open, 0)
}

func (l *lane) has(key channel.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unanswered[key] > 0
}

// put queues messages; false: the lane is stopping.
func (l *lane) put(messages []channel.Message) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return false
	}
	for i := range messages {
		l.unanswered[messages[i].Key]++
	}
	l.queue = append(l.queue, messages)
	l.queued += len(messages)
	l.open += len(messages)
	l.counts.handed += uint64(len(messages))
	if len(messages) > l.limits.Batch {
		l.wake.Broadcast()
	} else {
		l.wake.Signal()
	}
	return true
}

func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.alarm.Stop()
	l.wake.Broadcast()
}

// run is one of the lane's goroutines.
func (l *lane) run() {
	for {
		j, ok := l.next()
		if !ok {
			return
		}
		if j.code != "" {
			l.answer(unsent(j.batch, channel.Result{Status: channel.NotTaken, Code: j.code, Pause: j.pause}))
			continue
		}
		l.send(j)
	}
}

// next waits for something to do; false: the lane has stopped.
func (l *lane) next() (job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		now := l.d.o.Clock()
		if l.queued > 0 {
			if j, ok := l.refusal(now); ok {
				return j, true
			}
			n, until := l.room(now)
			if n > 0 {
				return l.start(now, n), true
			}
			if expired := l.expired(now); len(expired) > 0 {
				return job{batch: expired, code: CodeTooLate}, true
			}
			l.wakeBy(now, until)
		} else if l.stopping {
			return job{}, false
		}
		l.wake.Wait()
	}
}

// refusal gives the whole queue back where nothing of it will be sent.
func (l *lane) refusal(now time.Time) (job, bool) {
	switch {
	case l.stopping:
		return job{batch: l.take(l.queued), code: CodeStopped}, true
	case l.breaker.state(now) == CircuitOpen:
		return job{batch: l.take(l.queued), code: CodeCircuitOpen, pause: l.breaker.until.Sub(now)}, true
	}
	return job{}, false
}

// room is how many messages a call may take now; with 0, until is when to look again (zero: when a call ends).
func (l *lane) room(now time.Time) (n int, until time.Time) {
	if now.Before(l.held) {
		return 0, l.held
	}
	n = l.limits.Batch
	if l.breaker.state(now) == CircuitProbing {
		if l.breaker.probing {
			return 0, time.Time{}
		}
		n = 1
	}
	allowed, until := l.pace.room(now)
	return min(n, allowed), until
}

// start takes a batch for a call.
func (l *lane) start(now time.Time, n int) job {
	j := job{batch: l.take(min(n, l.queued))}
	late := countLate(j.batch, now)
	if late == len(j.batch) {
		return job{batch: j.batch, code: CodeTooLate}
	}
	l.pace.spend(now, len(j.batch)-late)
	j.probe = l.breaker.start()
	return j
}

// take removes n messages from the queue's head; the common case, a part of one hand-over, copies nothing.
func (l *lane) take(n int) []channel.Message {
	l.queued -= n
	if head := l.queue[0]; len(head) >= n {
		if len(head) == n {
			l.queue[0] = nil
			l.queue = l.queue[1:]
		} else {
			l.queue[0] = head[n:]
		}
		return head[:n:n]
	}
	batch := make([]channel.Message, 0, n)
	for len(batch) < n {
		head := l.queue[0]
		part := min(len(head), n-len(batch))
		batch = append(batch, head[:part]...)
		if part == len(head) {
			l.queue[0] = nil
			l.queue = l.queue[1:]
		} else {
			l.queue[0] = head[part:]
		}
	}
	return batch
}

// expired takes the messages at the queue's head that wait in vain.
func (l *lane) expired(now time.Time) []channel.Message {
	n := 0
	for _, part := range l.queue {
		for i := range part {
			if !now.After(part[i].HandBy) {
				if n == 0 {
					return nil
				}
				return l.take(n)
			}
			n++
		}
	}
	return l.take(n)
}

// wakeBy sets the alarm for what is waited for, or for the head of the queue becoming too late.
func (l *lane) wakeBy(now, until time.Time) {
	late := l.queue[0][0].HandBy.Add(time.Microsecond)
	if until.IsZero() || late.Before(until) {
		until = late
	}
	l.alarm.Reset(max(until.Sub(now), time.Microsecond))
}
