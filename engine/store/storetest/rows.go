//go:build unix

package storetest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Rows reads rows with a statement of the test's own, in its schema: what the store says of itself can be held against
// them. The columns go into T's fields by place.
func Rows[T any](t testing.TB, address, query string, arguments ...any) []T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), schemaLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, query, arguments...)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	require.NoError(t, err)
	return list
}
