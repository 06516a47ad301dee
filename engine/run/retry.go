package run

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/scheme"
)

// longPause is the longest pause between attempts to hand a message over.
const longPause = time.Minute

// retry is a message that is to be handed over again, or an unanswered one of a former owner that is to be judged.
type retry struct {
	at      engine.Instant
	seg     *segment
	message channel.Message
	times   int
	judge   bool
}

// retries is a list by instant; it is short: no more messages are launched than the provider takes.
type retries struct {
	list  []retry
	bySeg map[*segment]int
	times map[channel.Key]int // attempts so far of messages that were not taken
}

func (r *retries) note(key channel.Key, times int) {
	if r.times == nil {
		r.times = map[channel.Key]int{}
	}
	r.times[key] = times
}

func (r *retries) add(x retry) {
	if r.bySeg == nil {
		r.bySeg = map[*segment]int{}
	}
	r.list = append(r.list, x)
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
		if r.bySeg[x.seg]--; r.bySeg[x.seg] == 0 {
			delete(r.bySeg, x.seg)
		}
	}
	clear(r.list[len(kept):])
	r.list = kept
	return due
}

// takeResults plans another attempt for what was certainly not taken, and notes what nobody knows.
func (w *Worker) takeResults(results []Answered) {
	for i := range results {
		a := &results[i]
		p, ok := w.sending(a.Message.Key)
		if !ok {
			continue
		}
		if a.Result.Status == channel.Uncertain {
			w.uncertain(p, a.Message.Key)
			continue
		}
		times := w.retries.times[a.Message.Key] + 1
		pause := max(min(w.Times.RetryPause<<min(times-1, 10), longPause), a.Result.Pause)
		w.retries.note(a.Message.Key, times)
		w.retries.add(retry{at: w.now.Add(pause), seg: p.seg, message: a.Message, times: times})
	}
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

// takeRetries hands messages over again that are due, within the decision time, the window and the end. The batch
// gives their intents a new instant by which they must have been handed over.
func (w *Worker) takeRetries(ctx context.Context) error {
	t := &w.turn
	for _, x := range w.retries.take(w.now) {
		p, ok := w.sending(x.message.Key)
		if !ok || w.segs[x.seg.Key] != x.seg {
			continue
		}
		if x.judge {
			w.judgeOne(ctx, x)
			continue
		}
		c := p.seg.campaign
		z := &w.zones[p.seg.rows[p.at].zone]
		open, ok := c.program.Opening(&c.input, z.zone, z.doubt, x.message.Key.Node, w.now)
		if !ok {
			continue // the deadline says what becomes of it
		}
		if open > w.now || !c.running(w.now) || w.Dispatcher.Free(c.Connection) <= 0 {
			x.at = max(open, w.now.Add(w.Times.RetryPause))
			w.retries.add(x)
			continue
		}
		t.batch.HandBy = w.now.Add(w.Times.HandWithin)
		x.message.HandBy = w.local(t.batch.HandBy)
		t.batch.Extended = append(t.batch.Extended, x.message.Key)
		t.hand[c.Connection] = append(t.hand[c.Connection], x.message)
		t.updated[p.seg.Key] = p.seg
		t.want(p)
	}
	return nil
}

// judge finds the intents of a former owner that have no answer. Its senders may still be at work: nothing is judged
// before the instant by which they must have started, and a margin.
func (w *Worker) judge(ctx context.Context) error {
	for _, s := range w.segs {
		if !s.judging || w.watermark == 0 || w.turn.deferred[s.Key] || w.turn.touches(s) {
			continue // first what is stored already has to be applied
		}
		s.judging = false
		keys := w.leftovers(s)
		if len(keys) == 0 {
			continue
		}
		rows, err := w.session.Unanswered(ctx, keys)
		if err != nil {
			return err
		}
		for _, row := range rows {
			w.retries.add(retry{at: row.HandBy.Add(w.Times.JudgeAfter), seg: s, message: w.again(s, row), judge: true})
		}
	}
	return nil
}

// leftovers gives the messages that the last owner left under way, and plans its webhooks' calls again.
func (w *Worker) leftovers(s *segment) []channel.Key {
	var keys []channel.Key
	for _, at := range s.left {
		if !s.isOpen(at) {
			continue
		}
		p := place{s, at}
		if s.rows[at].state.Phase == engine.Calling {
			w.turn.recalls = append(w.turn.recalls, p)
			w.turn.want(p)
			continue
		}
		if key := s.message(at); !w.Dispatcher.InFlight(key) {
			if _, ok := w.sending(key); ok {
				keys = append(keys, key)
			}
		}
	}
	s.left = nil
	return keys
}

// touches reports whether the turn has events for a segment.
func (t *turn) touches(s *segment) bool {
	for i := range t.events {
		if t.events[i].seg == s {
			return true
		}
	}
	return false
}

// again makes the message of an intent once more, with the very content that was committed.
func (w *Worker) again(s *segment, row MessageRow) channel.Message {
	m, _ := s.campaign.program.Nodes[row.Key.Node].Block.(*engine.Message)
	msg := channel.Message{Key: row.Key, Address: row.Address}
	if m == nil {
		return msg
	}
	msg.Channel, msg.TimeToLive = m.Channel, m.Decision
	if row.Content == nil || json.Unmarshal(row.Content, &msg.Content) != nil {
		msg.Content, _ = m.Content.Render(&scheme.Vars{}, func(url string) string { return url })
	}
	msg.Content.Text = row.Text
	return msg
}

// judgeOne asks the provider what became of a message, where it can be asked; else repeats it, where the provider
// drops repeats; else leaves it to its facts and its deadline. Asking takes time and is done beside the worker.
func (w *Worker) judgeOne(ctx context.Context, x retry) {
	connection := x.seg.campaign.Connection
	sender := w.Senders[connection]
	if sender == nil {
		w.results([]Answered{{Message: x.message, Result: channel.Result{Status: channel.Uncertain}}})
		return
	}
	asker, can := sender.(channel.Asker)
	repeats := sender.Limits().Repeats
	go func() {
		result := channel.Result{Status: channel.Uncertain}
		if can {
			if got := asker.Ask(ctx, []channel.Key{x.message.Key}); len(got) == 1 {
				result = got[0]
			}
		}
		if result.Status == channel.Uncertain && repeats {
			result = channel.Result{Status: channel.NotTaken}
		}
		w.Settle(ctx, connection, []Answered{{Message: x.message, Result: result}})
	}()
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
			answers = append(answers, Answer{Key: a.Message.Key, Connection: connection, ProviderID: id})
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
