package run

import (
	"context"
	"errors"
	"maps"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// longPause is the longest pause between attempts to hand a message over; from manyNoted tried messages on it is worth
// looking for those that are done.
const (
	longPause = time.Minute
	manyNoted = 10_000
	roomPause = 50 * time.Millisecond // before a message is looked at again for which the rate had no room
)

// retry is a message that is to be handed over again, or an unanswered one of a former owner that is to be judged.
type retry struct {
	at      engine.Instant
	seg     *segment
	message channel.Message
	judge   bool
}

// retries is a list by instant; it is short: no more messages are launched than the provider takes.
type retries struct {
	list  []retry
	bySeg map[*segment]int
	times map[channel.Key]int // attempts so far of messages that were not taken
	kept  int                 // of them, when they were looked through last
	// planned counts the entries of a message.
	planned map[channel.Key]int
}

func (r *retries) add(x retry) {
	if r.bySeg == nil {
		r.bySeg, r.planned = map[*segment]int{}, map[channel.Key]int{}
	}
	r.list = append(r.list, x)
	r.planned[x.message.Key]++
	r.bySeg[x.seg]++
}

func (r *retries) has(s *segment) bool { return r.bySeg[s] > 0 }

func (r *retries) peek() (engine.Instant, bool) {
	var best engine.Instant
	for i := range r.list {
		if best == 0 || r.list[i].at < best {
			best = r.list[i].at
		}
	}
	return best, best != 0
}

// drop forgets what was planned for a segment that is not held any more: its next owner plans anew, and that may be this
// very worker, which would take what it finds here for its own.
func (r *retries) drop(s *segment) {
	kept := r.list[:0]
	for _, x := range r.list {
		if x.seg != s {
			kept = append(kept, x)
			continue
		}
		if r.planned[x.message.Key]--; r.planned[x.message.Key] == 0 {
			delete(r.planned, x.message.Key)
		}
	}
	clear(r.list[len(kept):])
	r.list = kept
	delete(r.bySeg, s)
}

// dropRetries forgets the retries and questions of a segment.
func (w *Worker) dropRetries(s *segment) {
	w.retries.drop(s)
	maps.DeleteFunc(w.asking, func(_ channel.Key, of *segment) bool { return of == s })
}

// take removes and gives what is due.
func (r *retries) take(now engine.Instant) []retry {
	var due []retry
	kept := r.list[:0]
	for _, x := range r.list {
		if x.at > now {
			kept = append(kept, x)
			continue
		}
		due = append(due, x)
		if r.planned[x.message.Key]--; r.planned[x.message.Key] == 0 {
			delete(r.planned, x.message.Key)
		}
		if r.bySeg[x.seg]--; r.bySeg[x.seg] == 0 {
			delete(r.bySeg, x.seg)
		}
	}
	clear(r.list[len(kept):])
	r.list = kept
	return due
}

// takeResults plans another attempt for what was certainly not taken. Where nobody knows, the provider is asked, if it
// can be, or gets the message again, if it drops repeats.
func (w *Worker) takeResults(results []Answered) {
	for i := range results {
		a := &results[i]
		key := a.Message.Key
		p, ok := w.sending(key)
		if !ok || w.asking[key] == p.seg || w.retries.planned[key] > 0 {
			continue
		}
		if w.isLeft(p) { // another owner may have handed it over since
			p.seg.hear(a)
			continue
		}
		switch {
		case a.Result.Status == channel.NotTaken:
			w.again(p, a.Message, a.Result.Pause)
		case w.can(p).repeats:
			w.uncertain(p, key)
			w.again(p, a.Message, 0)
		case w.can(p).ask != nil:
			after := a.Message.HandBy.Sub(w.ticked) + w.Times.JudgeAfter
			w.ask(retry{at: w.now.Add(after), seg: p.seg, message: a.Message})
		default:
			w.uncertain(p, key)
		}
	}
}

// again plans another attempt, after a pause that grows.
func (w *Worker) again(p place, m channel.Message, least time.Duration) {
	times := w.retries.times[m.Key] + 1
	w.note(m.Key, times)
	w.retries.add(retry{at: w.now.Add(max(w.growing(times), least)), seg: p.seg, message: m})
}

// growing is the pause after so many attempts.
func (w *Worker) growing(times int) time.Duration {
	return min(w.Times.RetryPause<<min(times-1, 10), longPause)
}

// note remembers how often a message was tried, and forgets those that wait no more when there are many.
func (w *Worker) note(key channel.Key, times int) {
	r := &w.retries
	if r.times == nil {
		r.times = map[channel.Key]int{}
	}
	if len(r.times) >= 2*max(r.kept, manyNoted) {
		maps.DeleteFunc(r.times, func(k channel.Key, _ int) bool {
			_, ok := w.sending(k)
			return !ok
		})
		r.kept = len(r.times)
	}
	r.times[key] = times
}

// sending finds the recipient that waits for the answer to this very message.
func (w *Worker) sending(key channel.Key) (place, bool) {
	s := w.segs[segmentOf(key)]
	if s == nil {
		return place{}, false
	}
	at := s.find(key.Ordinal)
	if at < 0 {
		return place{}, false
	}
	st := &s.rows[at].state
	ok := st.Node == key.Node && st.Attempt == key.Attempt && st.Wake == 0 &&
		(st.Phase == engine.Sending || st.Phase == engine.Waiting && key.Attempt > 1)
	return place{s, at}, ok
}

func (w *Worker) uncertain(p place, key channel.Key) {
	in := &Incoming{Key: key, Kind: engine.Uncertainty, Recorded: w.now}
	w.turn.events = append(w.turn.events, arrival{p, in})
	w.turn.want(p)
}

// takeDoubts brings uncertain messages back that an earlier turn left out: they are stored nowhere.
func (w *Worker) takeDoubts() {
	for _, a := range w.doubts {
		if p, ok := w.sending(a.in.Key); ok && p == a.place {
			w.turn.events = append(w.turn.events, a)
			w.turn.want(p)
		}
	}
	w.doubts = nil
}

// takeRetries hands messages over again that are due, within the decision time, the window and the end. The batch
// gives their intents a new instant by which they must have been handed over.
func (w *Worker) takeRetries(ctx context.Context) error {
	var judge, again []retry
	for _, x := range w.retries.take(w.now) {
		p, ok := w.sending(x.message.Key)
		if !ok || w.segs[x.seg.Key] != x.seg {
			if x.judge && w.asking[x.message.Key] == x.seg {
				delete(w.asking, x.message.Key)
			}
			continue
		}
		if x.judge {
			judge = append(judge, x)
			continue
		}
		if w.isolation.active() { // the batch is about those who are being tried
			x.at = w.now.Add(roomPause)
			w.retries.add(x)
			continue
		}
		c := p.seg.campaign
		z := &w.zones[p.seg.rows[p.at].zone]
		if due, ok := c.program.Due(&p.seg.rows[p.at].state); ok && due <= w.now {
			continue // its decision time is over: the timer decides
		}
		open, ok := c.program.Opening(&c.input, z.zone, z.doubt, x.message.Key.Node, w.now)
		if !ok {
			continue // the deadline says what becomes of it
		}
		if open > w.now || !c.running(w.now) || w.Dispatcher.Free(c.Connection) <= 0 {
			// The window may be changed, and the walk go on or end, long before it opens: that is looked at now and then.
			x.at = max(min(open, w.now.Add(longPause)), w.now.Add(w.Times.RetryPause))
			w.retries.add(x)
			continue
		}
		again = append(again, x)
	}
	if err := w.handAgain(ctx, again); err != nil {
		return err
	}
	w.askAll(ctx, judge)
	return nil
}

// handAgain hands messages over once more: each counts against its campaign's rate like a launch, and comes before one.
func (w *Worker) handAgain(ctx context.Context, list []retry) error {
	t := &w.turn
	room := map[*campaign]int{}
	for _, x := range list {
		room[x.seg.campaign]++
	}
	for _, c := range w.lines {
		n := room[c]
		if n == 0 {
			continue
		}
		got, err := w.room(ctx, c, n)
		if err != nil {
			return err
		}
		room[c], c.owed, c.owedUntil = got, n-got, w.now.Add(2*roomPause)
	}
	for _, x := range list {
		c := x.seg.campaign
		if room[c] <= 0 {
			x.at = w.now.Add(roomPause)
			w.retries.add(x)
			continue
		}
		room[c]--
		c.tokens--
		t.batch.HandBy = w.now.Add(w.Times.HandWithin)
		x.message.HandBy = w.local(t.batch.HandBy)
		t.batch.Extended = append(t.batch.Extended, x.message.Key)
		t.hand[c.Connection] = append(t.hand[c.Connection], x.message)
		p, _ := w.sending(x.message.Key)
		t.updated[p.seg.Key] = p.seg // the contact is not read: what goes out is in the intent
	}
	return nil
}

// Settle stores what the dispatcher learned: acceptances and refusals become events; the rest goes to the worker.
func (w *Worker) Settle(ctx context.Context, connection string, list []Answered) {
	Settle(ctx, w.Inbox, w.Registry, connection, list)
}

// Settle takes the results of attempts to hand messages over. It returns when what can be stored is stored.
func Settle(ctx context.Context, inbox *Inbox, registry *Registry, connection string, list []Answered) {
	var answers []Answer
	var reports []channel.Report
	rest := map[*Worker][]Answered{}
	for i := range list {
		a := &list[i]
		switch a.Result.Status {
		case channel.Accepted:
			id := a.Result.ProviderID
			if id == "" {
				id = a.Message.Key.String()
			}
			answers = append(answers, Answer{Key: a.Message.Key, Connection: connection, ProviderID: id, Server: a.Server})
		case channel.Refused:
			reports = append(reports, channel.Report{Account: a.Message.Key.Account, Connection: connection,
				Key: a.Message.Key, Fact: engine.Failed, Value: a.Result.Reason})
		default:
			if owner := registry.owner(segmentOf(a.Message.Key)); owner != nil {
				rest[owner] = append(rest[owner], *a)
			}
		}
	}
	for owner, part := range rest {
		owner.results(part)
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := inbox.Answers(ctx, answers, reports)
		if err == nil || errors.Is(err, ErrClosed) || ctx.Err() != nil {
			return
		}
		inbox.log.Warn("answers of a provider could not be stored yet", "connection", connection, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
