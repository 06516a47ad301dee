package run

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/scheme"
)

// Finding out what became of a message that has no answer: one that a former owner left under way, or one that the
// provider was handed without a clear word.

// underWayPause is how soon a deadline that waits for an answer is looked at again.
const underWayPause = 50 * time.Millisecond

// underWay reports whether it is still open what became of a message without an answer: it is with the dispatcher, or
// the provider is being asked.
func (w *Worker) underWay(s *segment, at int32) bool {
	key := s.message(at)
	return s.judging || w.asking[key] == s || w.Dispatcher.InFlight(key)
}

// isLeft reports whether what a recipient waits for was begun under a former claim of its segment, and is still to be judged.
func (w *Worker) isLeft(p place) bool {
	return p.seg.judging && slices.Contains(p.seg.left, p.at) && !w.Flaws.Claims
}

// judge finds the intents of a former owner that have no answer. Its senders may still be at work: nothing is judged
// before the instant by which they must have started, and a margin.
func (w *Worker) judge(ctx context.Context) error {
	for _, s := range w.order {
		if !s.judging || w.watermark == 0 || w.turn.deferred[s.Key] || w.turn.touches(s) {
			continue // first what is stored already has to be applied
		}
		keys := w.leftovers(s)
		if s.judging = len(s.left) > 0; len(keys) == 0 {
			continue
		}
		rows, err := w.session.Unanswered(ctx, keys)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if pause, untaken := w.untaken(s, row); untaken {
				w.retries.add(retry{at: w.now.Add(pause), seg: s, message: w.restored(s, row)})
				continue
			}
			w.ask(retry{at: row.HandBy.Add(w.Times.JudgeAfter), seg: s, message: w.restored(s, row)})
		}
		for _, key := range keys {
			delete(s.told, key)
		}
	}
	return nil
}

// untaken reports whether no provider has a message for certain, and how soon it may be handed over again: its last owner has
// written that down, or our own dispatcher says so and nobody has handed it over since. Whoever held the segment in between may
// have: then the intent has another instant by which it must be handed over, later by more than JudgeAfter.
func (w *Worker) untaken(s *segment, row MessageRow) (pause time.Duration, certain bool) {
	if row.HandBy == Untaken {
		return 0, true
	}
	a, ok := s.told[row.Key]
	if !ok || a.Result.Status != channel.NotTaken {
		return 0, false
	}
	apart := a.Message.HandBy.Sub(w.local(row.HandBy)).Abs()
	return a.Result.Pause, apart < w.Times.JudgeAfter/2
}

// leftovers gives the messages that the last owner left under way, and plans its webhooks' calls again. What our own
// dispatcher still has, from a former claim of the segment, is left for later: its result is heard first.
func (w *Worker) leftovers(s *segment) []channel.Key {
	var keys []channel.Key
	var later []int32
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
		key := s.message(at)
		if _, ok := w.sending(key); !ok || w.asking[key] == s || w.retries.planned[key] > 0 {
			continue
		}
		if w.Dispatcher.InFlight(key) {
			later = append(later, at)
			continue
		}
		keys = append(keys, key)
	}
	s.left = later
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

// restored makes the message of an intent once more, with the very content that was committed.
func (w *Worker) restored(s *segment, row MessageRow) channel.Message {
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

// abilities are what a recipient's provider can do about a message of which nobody knows.
type abilities struct {
	ask     channel.Asker // nil: it cannot be asked
	repeats bool          // it drops repeats
}

func (w *Worker) can(p place) (a abilities) {
	sender := w.Senders[p.seg.campaign.Connection]
	if sender == nil {
		return a
	}
	a.ask, _ = sender.(channel.Asker)
	a.repeats = sender.Limits().Repeats
	return a
}

// ask plans to ask what became of a message.
func (w *Worker) ask(x retry) {
	x.judge = true
	w.asking[x.message.Key] = x.seg
	w.retries.add(x)
}

// judged is what a provider said when it was asked.
type judged struct {
	seg     *segment
	message channel.Message
	result  channel.Result
}

// askBatch bounds what is asked for at once.
const askBatch = 1_000

// askAll asks the providers that can be asked, and says of the others that nobody knows. Asking takes time and is done
// beside the worker.
func (w *Worker) askAll(ctx context.Context, list []retry) {
	byCampaign := map[*campaign][]judged{}
	for _, x := range list {
		byCampaign[x.seg.campaign] = append(byCampaign[x.seg.campaign], judged{seg: x.seg, message: x.message,
			result: channel.Result{Status: channel.Uncertain}})
	}
	for c, part := range byCampaign {
		asker, _ := w.Senders[c.Connection].(channel.Asker)
		for len(part) > 0 {
			n := min(len(part), askBatch)
			go w.askSome(ctx, c.Connection, w.server, asker, part[:n:n])
			part = part[n:]
		}
	}
}

func (w *Worker) askSome(ctx context.Context, connection string, server int64, asker channel.Asker, list []judged) {
	if asker != nil {
		keys := make([]channel.Key, len(list))
		for i := range list {
			keys[i] = list[i].message.Key
		}
		limited, cancel := context.WithTimeout(ctx, w.Times.HandWithin)
		defer cancel()
		limited, span := begin(apart{limited}, w.Tracer, "ask")
		got := asker.Ask(limited, keys)
		asked(span, connection, keys, got)
		if len(got) == len(list) {
			for i := range list {
				list[i].result = got[i]
			}
		}
	}
	var known []Answered
	for i := range list {
		if s := list[i].result.Status; s == channel.Accepted || s == channel.Refused {
			known = append(known, Answered{Message: list[i].message, Result: list[i].result, Server: server})
		}
	}
	Settle(ctx, w.Inbox, w.Registry, connection, known)
	w.mu.Lock()
	w.mail.judged = append(w.mail.judged, list...)
	w.mu.Unlock()
	w.rouse()
}

// takeJudged acts on what providers said: a message that certainly was not taken is sent, one of which nobody knows is
// repeated where repeats are dropped, and asked for again where the provider can be asked; else it is left to its facts
// and its deadline.
func (w *Worker) takeJudged(list []judged) {
	for i := range list {
		j := &list[i]
		key := j.message.Key
		if w.asking[key] == j.seg {
			delete(w.asking, key)
		}
		p, ok := w.sending(key)
		if !ok || p.seg != j.seg {
			continue // whoever claimed the segment since judges anew
		}
		switch can := w.can(p); {
		case j.result.Status == channel.NotTaken:
			w.retries.add(retry{at: w.now.Add(j.result.Pause), seg: j.seg, message: j.message})
		case j.result.Status != channel.Uncertain: // it is stored, and comes as an event
		case can.repeats:
			w.uncertain(p, key)
			w.retries.add(retry{at: w.now, seg: j.seg, message: j.message})
		case can.ask != nil:
			times := w.retries.times[key] + 1
			w.note(key, times)
			w.uncertain(p, key)
			w.ask(retry{at: w.now.Add(w.growing(times)), seg: j.seg, message: j.message})
		default:
			w.uncertain(p, key)
		}
	}
}
