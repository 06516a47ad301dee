//go:build unix

package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Database is a connection of a test's own to its schema, for looking at rows and for standing in somebody's way. It is
// safe for use by many goroutines, one after the other. Its methods fail the test, so all but Column are for the test's own
// goroutine.
type Database struct {
	t    testing.TB
	mu   sync.Mutex
	conn *pgx.Conn
}

// Connect opens one; it is closed when the test has ended.
func Connect(t testing.TB, address string) *Database {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return &Database{t: t, conn: conn}
}

// Exec runs a statement and gives the number of rows that it touched.
func (d *Database) Exec(statement string, arguments ...any) int64 {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	tag, err := d.conn.Exec(d.t.Context(), statement, arguments...)
	require.NoError(d.t, err)
	return tag.RowsAffected()
}

// fillAtOnce is how many rows a statement of Fill makes.
const fillAtOnce = 5_000

// Fill runs a statement for the numbers from first to last, a piece after the other, each in a transaction of its own: $1 and $2
// are the first and the last of the piece, the arguments come from $3 on. One that makes a hundred thousand rows takes ten
// seconds, and holds up the campaigns of all other tests for as long.
func (d *Database) Fill(first, last int, statement string, arguments ...any) {
	d.t.Helper()
	for ; first <= last; first += fillAtOnce {
		d.Exec(statement, append([]any{first, min(first+fillAtOnce-1, last)}, arguments...)...)
	}
}

// Count gives the one number of a query.
func (d *Database) Count(query string, arguments ...any) int64 {
	d.t.Helper()
	rows, err := Column[int64](d, query, arguments...)
	require.NoError(d.t, err)
	require.Len(d.t, rows, 1)
	return rows[0]
}

// Texts gives the one column of a query.
func (d *Database) Texts(query string, arguments ...any) []string {
	d.t.Helper()
	rows, err := Column[string](d, query, arguments...)
	require.NoError(d.t, err)
	return rows
}

// Column gives the one column of a query, from any goroutine.
func Column[T any](d *Database, query string, arguments ...any) ([]T, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, err := d.conn.Query(context.WithoutCancel(d.t.Context()), query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// Try runs statements over a connection of their own, and tells whether the server was there and took them.
func Try(ctx context.Context, address, statements string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statements)
	return errors.Join(err, conn.Close(ctx))
}
