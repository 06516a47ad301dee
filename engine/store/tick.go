package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// tick is a look at the clock: everything recorded before `clock` has a transaction id of at most `id`.
type tick struct {
	clock engine.Instant
	id    uint64
}

// maxTicks bounds what is remembered while a long transaction holds the watermark.
const maxTicks = 1024

// Tick looks at the clock and reads what is new for the held segments, in one round trip.
//
// What is read: rows whose transaction id is at least the cursor's and below xmin of the reading statement's snapshot.
// All transactions below xmin have ended, so none of them can bring a row later, and the next look goes on from xmin:
// nothing is skipped, nothing is read twice. (Transaction ids are given in order, under one lock, so xmin never falls.)
//
// The watermark: whoever records a row takes a transaction id first and reads the clock after that (the function
// recorded). A look reads the clock, c, and after that takes an id of its own, x. A row with an id above x was therefore
// recorded after x was given, so at c or later; and a row recorded before c has an id of at most x. Once xmin is above
// x, all transactions up to x have ended and what they recorded is visible to the reading statement: everything
// recorded before c is. So the watermark is the newest c whose x is below xmin, less a microsecond for a row recorded at
// c itself. The look's own transaction has ended before the reading one begins, so that in a quiet database the
// watermark is this very look's clock.
//
// The snapshot's own xmax would not do for x: it is one above the highest id that has ended, and transactions with
// higher ids may be under way already, with rows recorded before c.
func (s *Session) Tick(ctx context.Context, cursors []run.Cursor) (*run.Tick, error) {
	c := columns(4, len(cursors))
	for _, cursor := range cursors {
		c[0].int64(cursor.Key.Account)
		c[1].int64(cursor.Key.Campaign)
		c[2].int32(cursor.Key.Segment)
		c[3].uint64(cursor.Applied)
	}
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(s.store.q.get("tick_clock"))
	b.Queue("COMMIT") // of nothing but an id: it waits for no disk
	b.Queue(s.store.q.get("tick_events"), args(c)...)
	entries := s.queueEntries(b, cursors)
	results := s.conn.SendBatch(ctx, b)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	now, err := readTick(results)
	if err != nil {
		return nil, err
	}
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	t := &run.Tick{Now: now.clock, Server: s.server}
	if err := readEvents(results, t); err != nil {
		return nil, err
	}
	if entries {
		if err := readEntries(results, t); err != nil {
			return nil, err
		}
	}
	if err := results.Close(); err != nil {
		return nil, err
	}
	t.Watermark = s.watermark(now, t.Below)
	return t, nil
}

func readTick(results pgx.BatchResults) (tick, error) {
	rows, err := results.Query()
	if err != nil {
		return tick{}, err
	}
	defer rows.Close()
	var t tick
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		t = tick{clock: r.instant(), id: uint64(r.int64())}
		if r.bad {
			return t, errShape
		}
	}
	rows.Close()
	return t, rows.Err()
}

// readEvents reads the rows of tick_events: at least one, for xmin is told with or without events.
func readEvents(results pgx.BatchResults, t *run.Tick) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		t.Below = uint64(r.int64())
		if account := r.bytes(); account == nil {
			continue
		}
		r.at--
		in := run.Incoming{Key: channel.Key{Account: r.int64(), Campaign: r.int64(), Ordinal: r.int64(), Node: r.int16(),
			Attempt: uint8(r.int16())}}
		in.Kind, in.Fact = kindOf(r.int32())
		in.Value = r.text()
		in.Scope = engine.Scope(r.int16())
		in.Recorded = r.instant()
		if r.bad {
			return errShape
		}
		t.Events = append(t.Events, in)
	}
	rows.Close()
	slices.SortStableFunc(t.Events, func(a, b run.Incoming) int { return cmp.Compare(a.Recorded, b.Recorded) })
	return rows.Err()
}

// kindOf says what a stored code is; 0 is an answer.
func kindOf(code int32) (engine.EventKind, engine.Facts) {
	switch code {
	case 0:
		return engine.Acceptance, 0
	case run.HookDoneCode:
		return engine.HookDone, 0
	case run.HookFailedCode:
		return engine.HookFailed, 0
	case run.InterruptCode:
		return engine.Interrupt, 0
	}
	return engine.Fact, engine.Facts(code)
}

// watermark adds a look and gives the newest instant before which everything is visible.
func (s *Session) watermark(now tick, below uint64) engine.Instant {
	if len(s.ticks) >= maxTicks { // every second one will do
		kept := s.ticks[:0]
		for i := 0; i < len(s.ticks); i += 2 {
			kept = append(kept, s.ticks[i])
		}
		s.ticks = kept
	}
	s.ticks = append(s.ticks, now)
	passed := 0
	for passed < len(s.ticks) && s.ticks[passed].id < below {
		s.mark = max(s.mark, s.ticks[passed].clock-1)
		passed++
	}
	s.ticks = append(s.ticks[:0], s.ticks[passed:]...)
	return s.mark
}
