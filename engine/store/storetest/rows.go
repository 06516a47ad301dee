//go:build unix

package storetest

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Rows gives the rows of a query; the columns go into T's fields by place.
func Rows[T any](d *Database, query string, arguments ...any) []T {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	rows, err := d.conn.Query(context.WithoutCancel(d.t.Context()), query, arguments...)
	require.NoError(d.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	require.NoError(d.t, err)
	return list
}
