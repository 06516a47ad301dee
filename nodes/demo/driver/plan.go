package driver

import (
	"math"
	"sync"
	"time"

	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// entry is the next event of a message, in 32 bytes: all else follows from the key.
type entry struct {
	due     int64 // µs
	ordinal int64
	group   uint32 // the campaign, in plan.groups
	node    int16
	traits  demo.Traits
	attempt uint8
	asking  uint8
	part    uint8
	event   uint8
}

type group struct{ account, campaign int64 }

// chunk is what was due at once for the requests of one call.
type chunk struct {
	at      int64 // µs: no entry is due before it
	entries []entry
}

// plan holds the events to come. Reporters take what is due.
type plan struct {
	clock func() time.Time

	mu      sync.Mutex
	wake    *sync.Cond
	alarm   *time.Timer
	now     []chunk
	waiting int // entries in now
	later   heap
	groups  []group
	numbers map[group]uint32
	flying  []int64       // by reporter: when the first event that it has under way was due, or never
	calls   map[int]int64 // requests being taken, by number: their instants
	call    int
	floor   int64 // what reported said last: no later call is before it, even if the clock goes back
	closed  bool
}

const never = math.MaxInt64

func newPlan(clock func() time.Time, reporters int) *plan {
	p := &plan{clock: clock, numbers: map[group]uint32{}, flying: make([]int64, reporters), calls: map[int]int64{}}
	for i := range p.flying {
		p.flying[i] = never
	}
	p.wake = sync.NewCond(&p.mu)
	p.alarm = time.AfterFunc(time.Hour, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wake.Broadcast()
	})
	p.alarm.Stop()
	return p
}

func micros(t time.Time) int64 { return t.UnixMicro() }

// begin opens a call: until its end no mark passes its instant. ok is false where the plan is closed; full where too
// much is due that nobody has taken yet.
func (p *plan) begin(limit int) (call int, at int64, full, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.waiting >= limit {
		return 0, 0, !p.closed, false
	}
	p.call++
	at = max(micros(p.clock()), p.floor)
	p.calls[p.call] = at
	return p.call, at, false, true
}

// end closes a call and plans what it brought.
func (p *plan) end(call int, at int64, now, later []entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, call)
	if len(now) > 0 {
		p.now = append(p.now, chunk{at: at, entries: now})
		p.waiting += len(now)
	}
	for _, e := range later {
		p.later.push(e)
	}
	p.wake.Broadcast()
}

// add plans events of an adopted ledger.
func (p *plan) add(entries []entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range entries {
		p.later.push(e)
	}
	p.wake.Broadcast()
}

// groupOf numbers a campaign.
func (p *plan) groupOf(key *channel.Key) uint32 {
	g := group{key.Account, key.Campaign}
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.numbers[g]
	if !ok {
		n = uint32(len(p.groups))
		p.groups = append(p.groups, g)
		p.numbers[g] = n
	}
	return n
}

// known gives the campaigns by number. They never change, so the caller may go on reading.
func (p *plan) known() []group {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.groups
}

// take waits for due events and appends at most n to batch; false: the plan is closed. What a reporter took before is
// done by then, and `again` are the next events of those messages.
func (p *plan) take(reporter int, batch, again []entry, n int) ([]entry, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range again {
		p.later.push(e)
	}
	p.flying[reporter] = never
	for !p.closed {
		now := micros(p.clock())
		first := int64(never)
		for len(batch) < n && len(p.later) > 0 && p.later[0].due <= now {
			first = min(first, p.later[0].due)
			batch = append(batch, p.later.pop())
		}
		for len(batch) < n && len(p.now) > 0 {
			head := &p.now[0]
			first = min(first, head.at)
			part := min(n-len(batch), len(head.entries))
			batch = append(batch, head.entries[:part]...)
			head.entries = head.entries[part:]
			p.waiting -= part
			if len(head.entries) == 0 {
				*head = chunk{}
				p.now = p.now[1:]
			}
		}
		if len(batch) > 0 {
			p.flying[reporter] = first
			return batch, true
		}
		if len(p.later) > 0 {
			// A second at most, so that a clock that is set forward is noticed.
			p.alarm.Reset(min(time.Duration(p.later[0].due-now)*time.Microsecond, time.Second))
		}
		p.wake.Wait()
	}
	return nil, false
}

// reported gives the instant before which everything that was due has been taken by the inbox.
func (p *plan) reported() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := micros(p.clock())
	if len(p.later) > 0 {
		at = min(at, p.later[0].due)
	}
	for i := range p.now {
		at = min(at, p.now[i].at)
	}
	for _, due := range p.flying {
		at = min(at, due)
	}
	for _, began := range p.calls {
		at = min(at, began)
	}
	p.floor = max(p.floor, at)
	return at
}

// close ends the taking, and waits for the calls under way.
func (p *plan) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.alarm.Stop()
	p.wake.Broadcast()
	for len(p.calls) > 0 {
		p.wake.Wait()
	}
}

func (p *plan) size() (waiting, later int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting, len(p.later)
}

// heap is a binary heap by instant. The library's would box every entry.
type heap []entry

func (h *heap) push(e entry) {
	*h = append(*h, e)
	a := *h
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 2
		if a[up].due <= e.due {
			break
		}
		a[i] = a[up]
		i = up
	}
	a[i] = e
}

func (h *heap) pop() entry {
	a := *h
	top, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	i := 0
	for {
		down := 2*i + 1
		if down >= len(a) {
			break
		}
		if down+1 < len(a) && a[down+1].due < a[down].due {
			down++
		}
		if a[down].due >= last.due {
			break
		}
		a[i] = a[down]
		i = down
	}
	if len(a) > 0 {
		a[i] = last
	}
	return top
}
