package run

import (
	"context"
	"time"

	"kaskad/engine"
)

// advance moves the cursors of segments that were read and had nothing to do.
func (w *Worker) advance(_ context.Context, tick *Tick) error {
	for _, key := range w.turn.read {
		if s := w.segs[key]; s != nil && !w.turn.deferred[key] {
			s.advance(tick.Below)
		}
	}
	return nil
}

// advance moves the cursor: everything below has been read, and is in the rows unless answers are in memory only.
func (s *segment) advance(below uint64) {
	s.read = max(s.read, below)
	if s.unnoted == 0 {
		s.Applied = s.read
	}
}

// commit writes the turn's batch.
func (w *Worker) commit(ctx context.Context, tick *Tick) error {
	t := &w.turn
	for p := range t.dirty {
		r := &p.seg.rows[p.at]
		t.batch.Recipients = append(t.batch.Recipients, RecipientUpdate{Campaign: p.seg.campaign.Key, Ordinal: r.ordinal,
			State: r.state})
	}
	read := map[SegmentKey]bool{}
	for _, key := range t.read {
		read[key] = true
	}
	for i := range t.events {
		s := t.events[i].seg
		t.updated[s.Key] = s
	}
	for key, s := range t.updated {
		u := SegmentUpdate{Key: key, Epoch: s.Epoch, Applied: s.Applied, Closed: s.ending, Entered: s.entering}
		if s.unnoted == 0 {
			u.Applied = s.read
			if read[key] && !t.deferred[key] {
				u.Applied = max(u.Applied, tick.Below)
			}
		}
		t.batch.Segments = append(t.batch.Segments, u)
	}
	if err := w.session.Commit(ctx, &t.batch); err != nil {
		return err
	}
	w.stats.Batches.Add(1)
	w.stats.Recipients.Add(int64(len(t.batch.Recipients)))
	for _, u := range t.batch.Segments {
		s := w.segs[u.Key]
		s.Applied, s.read, s.ending, s.entering = u.Applied, max(s.read, u.Applied), 0, 0
	}
	return w.advance(ctx, tick)
}

// after does what must come after the commit: only now do providers hear of the messages.
func (w *Worker) after() {
	t := &w.turn
	for connection, messages := range t.hand {
		w.Dispatcher.Hand(connection, messages, w.server)
	}
	w.calls = append(w.calls, t.hooks...)
	w.submit()
}

// local is an instant of the database's clock on ours.
func (w *Worker) local(i engine.Instant) time.Time { return w.ticked.Add(i.Sub(w.now)) }

// findWinner asks for the winner of an A/B test before the batch's transaction; all processes get the same.
func (w *Worker) findWinner(ctx context.Context, s *segment, node int16) error {
	c := s.campaign
	if c.winners[node] != "" {
		return nil
	}
	split, ok := c.program.Nodes[node].Block.(*engine.Split)
	if !ok || split.Winner == nil {
		return nil
	}
	ids := make([]string, len(split.Variants))
	for i, v := range split.Variants {
		ids[i] = v.ID
	}
	id, err := w.session.Winner(ctx, c.Key, node, ids, split.Winner, c.goals)
	if err != nil {
		return err
	}
	if c.winners == nil {
		c.winners = map[int16]string{}
	}
	c.winners[node] = id
	return nil
}

func (w *Worker) winner(s *segment, node int16) string { return s.campaign.winners[node] }
