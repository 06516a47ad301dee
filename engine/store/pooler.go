package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrPooled says that a pooler is in between which does not pool by session.
var ErrPooled = errors.New("store: a connection pooler is in between that gives another connection to each transaction: the locks " +
	"of segments are the session's, so it has to pool by session (PgBouncer: pool_mode = session), or kaskad has to connect to the " +
	"server itself")

const (
	poolerRounds = 3
	poolerWithin = 20 * time.Second
)

// refusePooler tells whether two connections keep their sessions: ErrPooled where one of them meets another backend than
// before, or that of the other. The second one holds a transaction open meanwhile, so that a pooler by transaction, which
// likes to give the backend that was used last, has to give the first one another. Nothing is left behind in a backend that
// others may get.
func refusePooler(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, poolerWithin)
	defer cancel()
	var ends [2]*pgconn.PgConn
	for i := range ends {
		conn, err := pgconn.ConnectConfig(ctx, &config.Copy().Config)
		if err != nil {
			return fmt.Errorf("store: connecting: %w", err)
		}
		defer conn.Close(context.WithoutCancel(ctx))
		ends[i] = conn
	}
	first, err := backend(ctx, ends[0], "")
	for round := 0; round < poolerRounds && err == nil; round++ {
		var second, again int
		if second, err = backend(ctx, ends[1], "BEGIN; "); err != nil {
			break
		}
		if second == first {
			return ErrPooled
		}
		if again, err = backend(ctx, ends[0], ""); err != nil {
			break
		}
		if again != first {
			return ErrPooled
		}
		_, err = ends[1].Exec(ctx, "COMMIT").ReadAll()
	}
	if err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "08P01" { // by statement: PgBouncer refuses the transaction
			return fmt.Errorf("%w (%w)", ErrPooled, err)
		}
		return fmt.Errorf("store: whether a pooler is in between could not be found out: %w", err)
	}
	return nil
}

// backend is the process that serves a connection now.
func backend(ctx context.Context, conn *pgconn.PgConn, before string) (int, error) {
	results, err := conn.Exec(ctx, before+"SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return 0, err
	}
	last := results[len(results)-1]
	if last.Err != nil || len(last.Rows) != 1 {
		return 0, errors.Join(errShape, last.Err)
	}
	return strconv.Atoi(string(last.Rows[0][0]))
}

// errAddress keeps the address, and so the password, to itself.
var errAddress = errors.New("store: the database's address cannot be read: give postgres://user:password@host:port/database")
