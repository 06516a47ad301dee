package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
)

// Limit grants a slice of a connection's limits. In no second do the messages granted to all processes exceed the limit:
// each counts for run.LimitUse longer than a second, because it may be used that much later, and a little more for its way
// here. Calls at once are shared out evenly among the processes that ask, and come free by themselves when one is silent for
// run.LimitCalls. It is one statement on one row, sent with its commit, which waits for no disk: a process that
// freezes holds nobody up, and what a crash of the server gives twice is a slice.
func (s *Store) Limit(ctx context.Context, a run.LimitAsk) (run.LimitGrant, error) {
	g, err := s.limit(ctx, a)
	if !errors.Is(err, pgx.ErrNoRows) {
		return g, err
	}
	if _, err := s.pool.Exec(ctx, s.q.get("limit_row"), a.Account, a.Connection); err != nil {
		return g, err
	}
	return s.limit(ctx, a)
}

// limitWindow is for how long a granted message counts.
const limitWindow = time.Second + 2*run.LimitUse

func (s *Store) limit(ctx context.Context, a run.LimitAsk) (g run.LimitGrant, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue("SET LOCAL synchronous_commit = off")
	b.Queue(s.q.get("limit_lease"), a.Account, a.Connection, storable(a.Process), a.PerSecond, a.Messages, a.Concurrent, a.Calls,
		a.Busy, limitWindow, run.LimitCalls)
	b.Queue("COMMIT")
	results := s.pool.SendBatch(ctx, b)
	for range 2 {
		if _, err := results.Exec(); err != nil {
			return g, errors.Join(err, results.Close())
		}
	}
	var now time.Time
	err = results.QueryRow().Scan(&g.Messages, &g.Calls, &g.Processes, &now, &g.Again)
	g.At = engine.At(now)
	if closing := results.Close(); err == nil {
		err = closing
	}
	return g, err
}
