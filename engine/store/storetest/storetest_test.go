//go:build unix

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func tables(t *testing.T, address string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

func TestEachTestHasASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	one, two, empty := New(t), New(t), Empty(t)
	require.NotEqual(t, one, two)
	require.Contains(t, tables(t, one), "goose_db_version")
	require.ElementsMatch(t, tables(t, one), tables(t, two))
	require.Empty(t, tables(t, empty))
}

func TestASchemaIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("test", func(t *testing.T) { //nolint:paralleltest // the outer test waits for its end
		address = New(t)
		require.NotEmpty(t, tables(t, address))
	})
	_, err := pgx.Connect(t.Context(), address)
	require.ErrorContains(t, err, "does not exist")
}

func TestOnlyOldDatabasesAreLeftovers(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	require.True(t, leftover(fmt.Sprintf("test_%d_ab", now.Add(-3*time.Hour).Unix()), now))
	require.False(t, leftover(fmt.Sprintf("test_%d_ab", now.Add(-time.Hour).Unix()), now))
	require.False(t, leftover("test_of_mine", now))
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(b)
	}
}

func BenchmarkEmpty(b *testing.B) {
	for b.Loop() {
		Empty(b)
	}
}
