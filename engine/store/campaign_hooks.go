package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/run"
)

// ErrMoved says that somebody else enrolled recipients meanwhile.
var ErrMoved = errors.New("store: somebody else enrolled recipients")

// EnrolIn adds recipients to a draft within a transaction of the caller's, up to the end of the segment in which `from`
// lies: from is the number of the first of them, and ErrMoved where the campaign has another number of recipients. It
// takes as many of the people as fit and tells how many. See Enrol for the order in which they should come.
func (s *Store) EnrolIn(ctx context.Context, tx pgx.Tx, key run.CampaignKey, entry int16, from int64, people []Enrolled) (
	int64, error) {
	have, err := s.lockDraft(ctx, tx, key)
	if err != nil {
		return 0, err
	}
	if have != from {
		return 0, fmt.Errorf("%w: campaign %d has %d recipients, not %d", ErrMoved, key.Campaign, have, from)
	}
	n := min(int64(len(people)), run.SegmentSize-from%run.SegmentSize)
	if n == 0 {
		return 0, nil
	}
	first := people[0].Start
	rows := pgx.CopyFromSlice(int(n), func(i int) ([]any, error) {
		r := &people[i]
		first = min(first, r.Start)
		return []any{key.Account, key.Campaign, from + int64(i), r.Contact, r.Zone, entry, r.Start.Time()}, nil
	})
	names := []string{"account", "campaign", "ordinal", "contact", "zone", "node", "wake_at"}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"recipients"}, names, rows); err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	b.Queue(s.q.get("enrol_segment"), key.Account, key.Campaign, from/run.SegmentSize, n, first.Time())
	b.Queue(s.q.get("enrol_count"), key.Account, key.Campaign, from+n)
	return n, sendAll(ctx, tx, b)
}

// TraceOf gives one recipient's walk; ErrNotFound where there is none.
func (s *Store) TraceOf(ctx context.Context, key run.CampaignKey, ordinal int64) (*Trace, error) {
	t := &Trace{}
	rows, err := s.desk.Query(ctx, `SELECT r.ordinal, r.contact, r.zone, r.node, CASE WHEN a.at IS NULL THEN r.phase ELSE 7::smallint END,
		CASE WHEN a.at IS NULL THEN r.outcome ELSE 3::smallint END, r.attempt, r.key, r.unsure, r.facts, r.entered_at, r.launched_at,
		r.accepted_at, r.wake_at, r.heard, coalesce(a.at, r.ended_at), CASE WHEN a.at IS NULL THEN coalesce(r.reason, '') ELSE 'fault' END
		FROM recipients r
		LEFT JOIN set_aside a ON a.account = r.account AND a.campaign = r.campaign AND a.ordinal = r.ordinal
		WHERE r.account = $1 AND r.campaign = $2 AND r.ordinal = $3`, key.Account, key.Campaign, ordinal)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectExactlyOneRow(rows, func(pgx.CollectableRow) (struct{}, error) {
		r := reader{values: rows.RawValues()}
		t.Recipient = run.Recipient{Ordinal: r.int64(), Contact: r.int64(), Zone: r.text()}
		readState(&r, &t.Recipient.State)
		t.Ended, t.Reason = r.instant(), r.text()
		if r.bad {
			return struct{}{}, errShape
		}
		return struct{}{}, nil
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: recipient %d of campaign %d", ErrNotFound, ordinal, key.Campaign)
	}
	if err != nil {
		return nil, err
	}
	return t, s.traceWalk(ctx, key, t)
}

// FactName names a stored code of a fact, as links do.
func FactName(code int32) string { return factName(code) }
