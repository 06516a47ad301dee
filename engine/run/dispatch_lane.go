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
	askWake    *sync.Cond  // and that of what keeps to the limits of all processes
	askAlarm   *time.Timer
	shares     []*share // the accounts that have sent so far; the next one's turn is at the front
	queued     int
	unanswered map[channel.Key]flight
	open       int // messages unanswered
	stopping   bool
	held       time.Time // the provider asked for a pause until then
	breaker    breaker
	pace       pace
	call       time.Duration // smoothed: how long a call and its callback take
	counts     laneCounts
}

// flight is a message that was handed over, so many times, and by which server's commit the last time.
type flight struct {
	times  int
	server int64
}

// job is a batch that a goroutine took. With a code it is not to be sent.
type job struct {
	share *share
	batch []channel.Message
	code  string
	pause time.Duration
	probe bool
}

func newLane(d *Dispatcher, name string, sender channel.Sender) *lane {
	limits := sender.Limits()
	limits.Batch = max(limits.Batch, 1)
	limits.Concurrent = min(max(limits.Concurrent, 1), maxConcurrent)
	l := &lane{d: d, name: name, sender: sender, limits: limits, unanswered: map[channel.Key]flight{},
		breaker: breaker{after: d.o.OpenAfter, min: d.o.PauseMin, max: d.o.PauseMax, jitter: d.jitter},
		counts:  newLaneCounts()}
	if d.o.Limiter == nil {
		l.pace.perSecond = limits.PerSecond
	}
	l.wake, l.askWake = sync.NewCond(&l.mu), sync.NewCond(&l.mu)
	l.alarm, l.askAlarm = l.alarmFor(l.wake), l.alarmFor(l.askWake)
	return l
}

func (l *lane) alarmFor(c *sync.Cond) *time.Timer {
	t := time.AfterFunc(time.Hour, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		c.Broadcast()
	})
	t.Stop()
	return t
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
	ahead, part := l.d.o.HandWithin/2, l.part()
	if l.call > 0 {
		turns := max(float64(ahead)/float64(l.call), 1)
		room = int(min(float64(room), max(turns*float64(l.limits.Batch)*float64(l.limits.Concurrent)*part, 1)))
	}
	if l.limits.PerSecond > 0 {
		room = int(min(float64(room), max(float64(l.limits.PerSecond)*ahead.Seconds()*part, 1)))
	}
	return max(room-l.open, 0)
}

// part is this process's part of the connection's limits, as far as it is known.
func (l *lane) part() float64 {
	processes := 1
	for _, s := range l.shares {
		processes = max(processes, s.processes)
	}
	return 1 / float64(processes)
}

func (l *lane) has(key channel.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unanswered[key].times > 0
}

// put queues messages; false: the lane is stopping.
func (l *lane) put(messages []channel.Message, server int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return false
	}
	all := len(messages)
	for len(messages) > 0 {
		account, n := messages[0].Key.Account, 1
		for n < len(messages) && messages[n].Key.Account == account {
			n++
		}
		l.add(l.share(account), messages[:n:n], server)
		messages = messages[n:]
	}
	l.askWake.Signal()
	if all > l.limits.Batch {
		l.wake.Broadcast()
	} else {
		l.wake.Signal()
	}
	return true
}

func (l *lane) add(s *share, messages []channel.Message, server int64) {
	for i := range messages {
		key := messages[i].Key
		l.unanswered[key] = flight{l.unanswered[key].times + 1, server}
	}
	s.queue = append(s.queue, messages)
	s.queued += len(messages)
	l.queued += len(messages)
	l.open += len(messages)
	l.counts.handed += uint64(len(messages))
}

func (l *lane) share(account int64) *share {
	for _, s := range l.shares {
		if s.account == account {
			return s
		}
	}
	s := &share{account: account}
	l.shares = append(l.shares, s)
	return s
}

func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.alarm.Stop()
	l.wake.Broadcast()
	l.askWake.Signal()
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
		l.ready(j.share)
	}
}

// ready notes that a call is over.
func (l *lane) ready(s *share) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.busy--
	s.idle = l.d.o.Clock()
	if l.d.o.Limiter != nil {
		l.wake.Signal()
		l.askWake.Signal()
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
			if s, allowed := l.turn(now); n > 0 && s != nil {
				return l.start(now, s, min(n, allowed)), true
			} else if n > 0 {
				l.askWake.Signal()
			}
			if j, ok := l.expired(now); ok {
				return j, true
			}
			l.wakeBy(now, until)
		} else if l.stopping {
			return job{}, false
		}
		l.wake.Wait()
	}
}

// turn gives the account whose turn it is among those that may call now, and how many messages.
func (l *lane) turn(now time.Time) (*share, int) {
	for i, s := range l.shares {
		if s.queued == 0 {
			continue
		}
		if n, ok := l.mayCall(s, now); ok {
			copy(l.shares[i:], l.shares[i+1:])
			l.shares[len(l.shares)-1] = s
			return s, n
		}
	}
	return nil, 0
}

// refusal gives an account's whole queue back where nothing of it will be sent.
func (l *lane) refusal(now time.Time) (job, bool) {
	j := job{code: CodeStopped}
	if !l.stopping {
		if l.breaker.state(now) != CircuitOpen {
			return job{}, false
		}
		j.code, j.pause = CodeCircuitOpen, l.breaker.until.Sub(now)
	}
	for _, s := range l.shares {
		if s.queued > 0 {
			j.batch = l.take(s, s.queued)
			break
		}
	}
	return j, true
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
func (l *lane) start(now time.Time, s *share, n int) job {
	j := job{share: s, batch: l.take(s, min(n, s.queued))}
	late := countLate(j.batch, now)
	if late == len(j.batch) {
		return job{batch: j.batch, code: CodeTooLate}
	}
	l.pace.spend(now, len(j.batch)-late)
	s.messages -= len(j.batch) - late
	s.busy++
	if l.d.o.Limiter != nil {
		l.askWake.Signal()
	}
	j.probe = l.breaker.start()
	return j
}

// take removes n messages from a queue's head; the common case, a part of one hand-over, copies nothing.
func (l *lane) take(s *share, n int) []channel.Message {
	s.queued -= n
	l.queued -= n
	if head := s.queue[0]; len(head) >= n {
		if len(head) == n {
			s.queue[0] = nil
			s.queue = s.queue[1:]
		} else {
			s.queue[0] = head[n:]
		}
		return head[:n:n]
	}
	batch := make([]channel.Message, 0, n)
	for len(batch) < n {
		head := s.queue[0]
		part := min(len(head), n-len(batch))
		batch = append(batch, head[:part]...)
		if part == len(head) {
			s.queue[0] = nil
			s.queue = s.queue[1:]
		} else {
			s.queue[0] = head[part:]
		}
	}
	return batch
}

// expired takes the messages at the heads of the queues that wait in vain.
func (l *lane) expired(now time.Time) (job, bool) {
	for _, s := range l.shares {
		n := 0
	queue:
		for _, part := range s.queue {
			for i := range part {
				if !now.After(part[i].HandBy) {
					break queue
				}
				n++
			}
		}
		if n > 0 {
			return job{batch: l.take(s, n), code: CodeTooLate}, true
		}
	}
	return job{}, false
}

// wakeBy sets the alarm for what is waited for, or for the head of a queue becoming too late.
func (l *lane) wakeBy(now, until time.Time) {
	for _, s := range l.shares {
		if s.queued == 0 {
			continue
		}
		if late := s.queue[0][0].HandBy.Add(time.Microsecond); until.IsZero() || late.Before(until) {
			until = late
		}
	}
	l.alarm.Reset(max(until.Sub(now), time.Microsecond))
}
