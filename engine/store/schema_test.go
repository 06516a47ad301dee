package store

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// installation are the tables that belong to the installation, not to an account: who signs in is found before the account
// is known, and may belong to several.
var installation = []string{"processes", "goose_db_version", "users", "sessions", "resets", "attempts"}

func TestTheAccountLeadsEveryPrimaryKey(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.New(t))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT c.relname::text, coalesce((
			SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = c.oid AND (i.indisprimary OR c.relname = 'wakes')), '')
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`)
	require.NoError(t, err)
	seen := 0
	for rows.Next() {
		var table, first string
		require.NoError(t, rows.Scan(&table, &first))
		if seen++; !slices.Contains(installation, table) {
			require.Equal(t, "account", first, table)
		}
	}
	require.NoError(t, rows.Err())
	require.Greater(t, seen, 15)
	var sequences []string
	rows, err = conn.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace`)
	require.NoError(t, err)
	sequences, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Subset(t, []string{"goose_db_version_id_seq"}, sequences)
}

func TestEveryQueryIsThereAndUsed(t *testing.T) {
	t.Parallel()
	q, err := loadQueries(queryFiles)
	require.NoError(t, err)
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var code strings.Builder
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			code.Write(text)
		}
	}
	for _, m := range regexp.MustCompile(`q\.get\("(\w+)"\)|w\.queue\("(\w+)"|s\.copy\(ctx, "(\w+)"`).FindAllStringSubmatch(code.String(), -1) {
		require.Contains(t, q, m[1]+m[2]+m[3])
	}
	for name := range maps.Keys(q) {
		require.Contains(t, code.String(), `"`+name+`"`, "not used")
	}
}

func TestEveryQueryIsUnderstoodByTheServer(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), storetest.New(t), Options{})
	require.NoError(t, err)
	defer s.Close()
	for name, text := range s.q {
		if strings.HasPrefix(text, "COPY") {
			continue // cannot be prepared
		}
		conn, err := s.pool.Acquire(t.Context())
		require.NoError(t, err)
		_, err = conn.Conn().Prepare(t.Context(), "check_"+name, text)
		conn.Release()
		require.NoError(t, err, name)
	}
}

func TestQueryFilesAreRead(t *testing.T) {
	t.Parallel()
	file := func(text string) fstest.MapFS { return fstest.MapFS{"queries/a.sql": {Data: []byte(text)}} }
	q, err := loadQueries(file("-- name: one\n-- why\nSELECT 1\n\n-- name: two\nSELECT\n  2\n"))
	require.NoError(t, err)
	require.Equal(t, queries{"one": "SELECT 1", "two": "SELECT\n  2"}, q)
	for _, bad := range []string{"SELECT 1\n", "-- name: a\n", "-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n"} {
		_, err := loadQueries(file(bad))
		require.Error(t, err, bad)
	}
}
