package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
)

// Trace is everything that is known of one recipient's walk. Nodes and links are indexes in the version's program.
type Trace struct {
	Recipient run.Recipient
	Ended     engine.Instant // 0: open
	Reason    string
	Steps     []engine.Record
	Messages  []TraceMessage
	Answers   []TraceAnswer
	Facts     []TraceFact
	Troubles  []TraceTrouble
}

// TraceMessage is an intent.
type TraceMessage struct {
	Node             int16
	Attempt          int16
	Launched, HandBy time.Time
	Address, Text    string
	Content          []byte // JSON, nil where the text says it all
}

// TraceAnswer is a provider's acceptance.
type TraceAnswer struct {
	Node, Attempt          int16
	Connection, ProviderID string
	Recorded               time.Time
}

// TraceFact is a fact. Name is the fact's as links name it.
type TraceFact struct {
	Node, Attempt int16
	Name, Value   string
	Scope         engine.Scope
	Implied       bool
	Recorded      time.Time
	At            *time.Time // by the provider's clock
}

// TraceTrouble is something in the recipient's data that broke.
type TraceTrouble struct {
	Node int16
	What string
	At   time.Time
}

// Trace gives the walks of the contact with this phone through a campaign; there is more than one only where it was
// enrolled more than once. ErrNotFound where there is none.
func (s *Store) Trace(ctx context.Context, key run.CampaignKey, phone string) ([]Trace, error) {
	var walks []Trace
	b := &pgx.Batch{}
	b.Queue(s.q.get("plan_anew"))
	b.Queue(s.q.get("trace_recipients"), key.Account, key.Campaign, phone).Query(func(rows pgx.Rows) (err error) {
		walks, err = pgx.CollectRows(rows, func(pgx.CollectableRow) (Trace, error) {
			r := reader{values: rows.RawValues()}
			t := Trace{Recipient: run.Recipient{Ordinal: r.int64(), Contact: r.int64(), Zone: r.text()}}
			readState(&r, &t.Recipient.State)
			t.Ended, t.Reason = r.instant(), r.text()
			if r.bad {
				return t, errShape
			}
			return t, nil
		})
		return err
	})
	if err := sendAll(ctx, s.pool, b); err != nil {
		return nil, err
	}
	if len(walks) == 0 {
		return nil, fmt.Errorf("%w: %s in campaign %d", ErrNotFound, phone, key.Campaign)
	}
	for i := range walks {
		if err := s.traceWalk(ctx, key, &walks[i]); err != nil {
			return nil, err
		}
	}
	return walks, nil
}

func (s *Store) traceWalk(ctx context.Context, key run.CampaignKey, t *Trace) error {
	at := []any{key.Account, key.Campaign, t.Recipient.Ordinal}
	b := &pgx.Batch{}
	b.Queue(s.q.get("trace_steps"), at...).Query(func(rows pgx.Rows) (err error) {
		t.Steps, err = pgx.CollectRows(rows, func(pgx.CollectableRow) (engine.Record, error) {
			r := reader{values: rows.RawValues()}
			step := engine.Record{Node: r.int16(), Link: r.int16(), Attempts: uint8(r.int16()), Facts: engine.Facts(r.int32()),
				Entered: r.instant(), Sent: r.instant(), Decided: r.instant(), Reason: r.text(), Chosen: r.text()}
			if r.bad {
				return step, errShape
			}
			return step, nil
		})
		return err
	})
	b.Queue(s.q.get("trace_messages"), at...).Query(func(rows pgx.Rows) (err error) {
		t.Messages, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TraceMessage])
		return err
	})
	b.Queue(s.q.get("trace_answers"), append(at[:3:3], t.Recipient.Ordinal/run.SegmentSize)...).Query(func(rows pgx.Rows) (err error) {
		t.Answers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TraceAnswer])
		return err
	})
	b.Queue(s.q.get("trace_facts"), at...).Query(func(rows pgx.Rows) (err error) {
		t.Facts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (TraceFact, error) {
			var f TraceFact
			var code int32
			err := row.Scan(&f.Node, &f.Attempt, &code, &f.Value, &f.Scope, &f.Implied, &f.Recorded, &f.At)
			f.Name = factName(code)
			return f, err
		})
		return err
	})
	b.Queue(s.q.get("trace_troubles"), at...).Query(func(rows pgx.Rows) (err error) {
		t.Troubles, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TraceTrouble])
		return err
	})
	return s.pool.SendBatch(ctx, b).Close()
}
