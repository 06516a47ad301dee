// Package migrate brings a database to the state that this build expects.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"kaskad/engine/store/wire"
	"kaskad/migrations"
)

// ErrTooNew says that a newer build has migrated the database further than this build knows.
var ErrTooNew = errors.New("the database was migrated by a newer version of kaskad: use that version")

// Up applies the migrations that the database lacks. Several processes may call it at once: one migrates, the others
// wait for it. Tables are made in the first schema of the address's search_path, and so is the table of versions.
func Up(ctx context.Context, url string) error {
	return apply(ctx, url, migrations.Files)
}

func apply(ctx context.Context, url string, files fs.FS) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("migrate: the database's address: %w", hidePassword(err))
	}
	wire.Dial(&config.Config)
	// Older processes go on working meanwhile: a migration that waits for a table holds up all who come after it.
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return wire.Settle(ctx, conn, map[string]string{"lock_timeout": waitForTable})
	}))
	defer db.Close()
	// Not goose's own lock: it tries again only every few seconds, and is one for all schemas of a database.
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate: connecting: %w", err)
	}
	defer conn.Close()
	unlock, err := lock(ctx, conn)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer unlock()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate: reading the migrations: %w", err)
	}
	if err := up(ctx, provider); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if current > known {
		return fmt.Errorf("migrate: %w (it is at %d, this one knows %d)", ErrTooNew, current, known)
	}
	return nil
}

const (
	waitForTable = "2s"
	tries        = 30 // of a migration that others are in the way of
	pauseBetween = 200 * time.Millisecond
)

// up applies what is lacking. A migration that could not lock its tables in time, or that the server ended because it and the
// work of another process waited for each other, has changed nothing and is tried again.
func up(ctx context.Context, provider *goose.Provider) error {
	for try := 1; ; try++ {
		_, err := provider.Up(ctx)
		if err == nil || try == tries || !inTheWay(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pauseBetween):
		}
	}
}

// inTheWay says whether an error is that others held a table: lock_not_available or deadlock_detected.
func inTheWay(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "55P03" || refused.Code == "40P01")
}

// lockEvery is how often a lock that another process holds is tried again.
const lockEvery = 50 * time.Millisecond

// lockKey is a number of our own, mixed with the schema: migrations of different schemas need not wait for each other.
const lockKey = `hashtextextended('kaskad migrations in ' || coalesce(current_schema(), ''), 0)`

// lock takes an advisory lock of the session. It asks again and again and does not wait inside the database: a waiting
// statement holds a snapshot, which a migration that builds an index concurrently would wait for in turn.
func lock(ctx context.Context, conn *sql.Conn) (unlock func(), err error) {
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		var locked bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock("+lockKey+")").Scan(&locked); err != nil {
			return nil, fmt.Errorf("taking the lock: %w", err)
		}
		if locked {
			// The session ends with the connection right after, and the lock with it; this is only to be quick.
			return func() {
				_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+lockKey+")")
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another process to migrate: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// hidePassword keeps the reason of a bad address and drops the address, which may hold a password that the driver did
// not recognise as one.
func hidePassword(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		if reason := errors.Unwrap(parse); reason != nil {
			return reason
		}
		return errors.New("it cannot be read: give postgres://user:password@host:port/database")
	}
	return err
}
