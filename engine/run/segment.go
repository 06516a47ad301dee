package run

import (
	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/scheme"
)

// segment is a held segment in memory.
type segment struct {
	Claimed
	campaign     *campaign
	rows         []row
	places       []int32 // by ordinal within the segment: 1 + index in rows, 0 for a recipient that is not open
	open         int
	timers       int    // in the worker's heap
	gone         bool   // it is not held any more, and its timers are not looked at
	touched      bool   // there may be something to read
	read         uint64 // transaction id below which everything has been read; never below Applied
	unnoted      int    // recipients whose answer is in memory only: Applied stays
	unnotedSince engine.Instant
	seen         engine.Instant           // everything recorded up to then has been read
	resting      engine.Instant           // since when nothing happened
	leaving      bool                     // it is to be given to somebody else: nothing is launched any more
	judging      bool                     // what the last owner left under way still has to be judged
	left         []int32                  // the recipients whose message or webhook that is
	told         map[channel.Key]Answered // what our own dispatcher has said of their messages since
	ending       int                      // recipients whose walk ends in the batch under way
	entering     int                      // recipients that it makes
	revised      int64                    // the campaign's revision by which launches to come were looked at
	end          engine.Instant           // of the campaign, by which timers were set
}

// row is an open recipient: what a waiting one costs in memory.
type row struct {
	state   engine.State
	contact int64
	ordinal int64
	zone    int16 // index in the worker's zones
	queued  bool  // in its campaign's queue of launches
	unnoted bool  // its message's acceptance is in memory only
}

func newSegment(c Claimed, camp *campaign, zone func(string) int16) *segment {
	s := &segment{Claimed: c, campaign: camp, rows: make([]row, len(c.Recipients)), places: make([]int32, SegmentSize),
		open: len(c.Recipients), touched: true, read: c.Applied, end: camp.End}
	for i, r := range c.Recipients {
		s.rows[i] = row{state: r.State, contact: r.Contact, ordinal: r.Ordinal, zone: zone(r.Zone)}
		s.places[r.Ordinal%SegmentSize] = int32(i) + 1
		if st := &s.rows[i].state; st.Phase == engine.Sending || st.Phase == engine.Calling ||
			st.Phase == engine.Waiting && st.Attempt > 1 && st.Wake == 0 {
			s.left = append(s.left, int32(i))
		}
	}
	s.judging = len(s.left) > 0
	s.Recipients = nil
	return s
}

// hear keeps what our own dispatcher says of a message that it got under a former claim.
func (s *segment) hear(a *Answered) {
	if s.told == nil {
		s.told = map[channel.Key]Answered{}
	}
	s.told[a.Message.Key] = *a
}

// find gives the index of an open recipient, or -1.
func (s *segment) find(ordinal int64) int32 {
	if ordinal/SegmentSize != int64(s.Key.Segment) {
		return -1
	}
	return s.places[ordinal%SegmentSize] - 1
}

// closed forgets a recipient whose walk is over.
func (s *segment) closed(at int32) {
	s.places[s.rows[at].ordinal%SegmentSize] = 0
	s.open--
}

func (s *segment) isOpen(at int32) bool { return s.places[s.rows[at].ordinal%SegmentSize] == at+1 }

func (s *segment) message(at int32) channel.Key {
	r := &s.rows[at]
	return channel.Key{Account: s.Key.Account, Campaign: s.Key.Campaign, Ordinal: r.ordinal, Node: r.state.Node,
		Attempt: r.state.Attempt}
}

// due is the instant of a recipient's next timer. Whoever was to begin after the campaign's end, which has been moved since
// that was planned, does so at the end.
func (s *segment) due(st *engine.State) (engine.Instant, bool) {
	due, ok := s.campaign.program.Due(st)
	if end := s.campaign.End; st.Phase == engine.Fresh && end != 0 && due > end {
		due = end
	}
	return due, ok
}

// next is the earliest due instant of the open recipients, 0 where none has one.
func (s *segment) next() engine.Instant {
	var best engine.Instant
	for i := range s.rows {
		if !s.isOpen(int32(i)) {
			continue
		}
		if due, ok := s.due(&s.rows[i].state); ok && (best == 0 || due < best) {
			best = due
		}
	}
	return best
}

// campaign is a campaign whose segments a worker holds.
type campaign struct {
	Campaign
	program *engine.Program
	input   engine.Campaign
	ready   queue          // recipients whose launch is due
	tokens  int            // launches leased and not spent
	expire  engine.Instant // of the tokens
	owed    int            // messages to be handed over again that the rate had no room for, until owedUntil: they come first
	goals   []int16
	// sendsFirst: the entry is a channel block, so that recipients enter it when their launch has its turn.
	sendsFirst bool
	shown      *scheme.Campaign
	winners    map[int16]string
	owedUntil  engine.Instant
	parked     bool // timers of recipients that may not enter yet were dropped
}

// running reports whether messages may be launched. A scheduled campaign runs from its start, whoever writes that down.
func (c *campaign) running(now engine.Instant) bool {
	return c.State == "running" || c.State == "scheduled" && now >= c.Start
}

// over reports whether the campaign's end has come: a message that has its turn now is not launched, but gets
// window_closed, for which it needs neither a rate nor a provider.
func (c *campaign) over(now engine.Instant) bool { return c.End != 0 && now >= c.End }

// launches reports whether recipients that wait for a launch may have their turn.
func (c *campaign) launches(now engine.Instant) bool { return c.running(now) || c.over(now) }

// place is a recipient of a segment.
type place struct {
	seg *segment
	at  int32
}

// queue is a first-in-first-out queue that gives its memory back.
type queue struct {
	items []place
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(p place) { q.items = append(q.items, p) }

func (q *queue) peek() place { return q.items[q.head] }

func (q *queue) pop() place {
	p := q.items[q.head]
	q.items[q.head] = place{}
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	} else if q.head > 4096 && q.head*2 > len(q.items) {
		q.items = append(q.items[:0], q.items[q.head:]...)
		q.head = 0
	}
	return p
}

// first brings some to the front.
func (q *queue) first(wanted func(place) bool) {
	at := q.head
	for i := q.head; i < len(q.items); i++ {
		if wanted(q.items[i]) {
			q.items[at], q.items[i] = q.items[i], q.items[at]
			at++
		}
	}
}

// drop forgets the recipients of a segment that is not held any more.
func (q *queue) drop(s *segment) {
	kept := q.items[:0]
	for _, p := range q.items[q.head:] {
		if p.seg != s {
			kept = append(kept, p)
		}
	}
	clear(q.items[len(kept):])
	q.items, q.head = kept, 0
}
