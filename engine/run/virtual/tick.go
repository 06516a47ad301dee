package virtual

import (
	"cmp"
	"context"
	"slices"

	"kaskad/engine"
	"kaskad/engine/run"
)

// Tick looks at the clock and reads what is new for the held segments. The watermark is the newest look at the clock whose
// transaction, and all before it, had ended by the time of the reading.
func (s *Session) Tick(ctx context.Context, cursors []run.Cursor) (*run.Tick, error) {
	t := &run.Tick{}
	var now look
	p := Point{Session: s.worker, Call: "Tick"}
	err := s.store.transact(ctx, p, func(id uint64) error {
		now = look{s.db.o.Clock(), id}
		s.db.end(id)
		if !s.live {
			return ErrGone
		}
		return nil
	}, s.reading(t, &now, cursors))
	if err != nil {
		return nil, s.broken(err)
	}
	return t, nil
}

func (s *Session) reading(t *run.Tick, now *look, cursors []run.Cursor) func(uint64) error {
	return func(uint64) error {
		if !s.live {
			return ErrGone
		}
		t.Now, t.Below, t.Server = now.clock, s.db.below(), s.db.server()
		for _, c := range cursors {
			s.db.eventsOf(t, c)
		}
		slices.SortStableFunc(t.Events, func(a, b run.Incoming) int { return cmp.Compare(a.Recorded, b.Recorded) })
		t.Watermark = s.watermark(*now, t.Below)
		return nil
	}
}

func (s *Session) watermark(now look, below uint64) engine.Instant {
	s.ticks = append(s.ticks, now)
	kept := s.ticks[:0]
	for _, l := range s.ticks {
		if l.id < below {
			s.mark = max(s.mark, l.clock-1)
		} else {
			kept = append(kept, l)
		}
	}
	s.ticks = kept
	return s.mark
}

// eventsOf adds what is new for a segment: answers before facts, each by transaction.
func (d *DB) eventsOf(t *run.Tick, c run.Cursor) {
	type found struct {
		id uint64
		in run.Incoming
	}
	var list []found
	fresh := func(id uint64) bool { return id >= c.Applied && id < t.Below }
	for _, a := range d.answers {
		if fresh(a.id) && segmentOf(campaignOf(a.key), a.key.Ordinal) == c.Key {
			list = append(list, found{a.id, run.Incoming{Key: a.key, Kind: engine.Acceptance, Recorded: a.recorded}})
		}
	}
	for _, f := range d.facts {
		if !f.Implied && fresh(f.id) && segmentOf(campaignOf(f.Key), f.Key.Ordinal) == c.Key {
			in := run.Incoming{Key: f.Key, Value: f.Value, Scope: f.Scope, Recorded: f.Recorded}
			in.Kind, in.Fact = kindOf(f.Code)
			list = append(list, found{f.id, in})
		}
	}
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.in.Kind, b.in.Kind), cmp.Compare(a.in.Recorded, b.in.Recorded),
			cmp.Compare(a.in.Key.Ordinal, b.in.Key.Ordinal), cmp.Compare(a.in.Key.Node, b.in.Key.Node),
			cmp.Compare(a.in.Fact, b.in.Fact), cmp.Compare(a.in.Value, b.in.Value))
	})
	for i := range list {
		t.Events = append(t.Events, list[i].in)
	}
	if c.Open {
		d.entriesOf(t, c, fresh)
	}
}

func kindOf(code int32) (engine.EventKind, engine.Facts) {
	switch code {
	case run.HookDoneCode:
		return engine.HookDone, 0
	case run.HookFailedCode:
		return engine.HookFailed, 0
	case run.InterruptCode:
		return engine.Interrupt, 0
	}
	return engine.Fact, engine.Facts(code)
}
