//go:build unix

package migrate_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/migrate"
	"kaskad/engine/store/storetest"
)

// Older processes go on working while a newer one migrates. A migration that they are in the way of lets them go on and is tried
// again.
func TestAMigrationGivesWayAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	address := storetest.Empty(t)
	worker, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer worker.Close(t.Context())
	watcher, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer watcher.Close(t.Context())
	_, err = worker.Exec(t.Context(), "CREATE TABLE hot (n int)")
	require.NoError(t, err)
	batch, err := worker.Begin(t.Context())
	require.NoError(t, err)
	_, err = batch.Exec(t.Context(), "INSERT INTO hot VALUES (1)")
	require.NoError(t, err)

	done := make(chan error, 1)
	files := fstest.MapFS{"00001_wider.sql": {Data: []byte("-- +goose Up\nALTER TABLE hot ADD COLUMN m int;\n-- +goose Down\nSELECT 1;\n")}}
	go func() { done <- migrate.Apply(t.Context(), address, files) }()
	waits := func(wanted bool) {
		deadline := time.After(20 * time.Second)
		look := time.NewTicker(10 * time.Millisecond)
		defer look.Stop()
		for {
			var n int
			require.NoError(t, watcher.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
				WHERE c.oid = 'hot'::regclass AND NOT granted`).Scan(&n))
			if (n > 0) == wanted {
				return
			}
			select {
			case <-look.C:
			case err := <-done:
				require.Fail(t, "the migration ended", "%v", err)
			case <-deadline:
				require.Fail(t, "it does not wait, or does not give way")
			}
		}
	}
	waits(true)
	waits(false) // it gave way: whoever came after it may go on
	require.NoError(t, batch.Commit(t.Context()))
	require.NoError(t, <-done)
	var column string
	require.NoError(t, watcher.QueryRow(t.Context(), `SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = 'hot' AND column_name = 'm'`).Scan(&column))
}
