package store

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// TestAMovedDatabaseIsRefused: after a dump and restore transaction ids begin anew, and cursors of the old server would
// skip what comes.
func TestAMovedDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := storetest.New(t)
	s, err := Open(ctx, url, Options{})
	require.NoError(t, err)
	s.Close()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `INSERT INTO segments (account, campaign, segment, open, due, applied)
		VALUES (1, 1, 0, 1, now(), (pg_current_xact_id()::text::bigint + 1000000)::text::xid8)`)
	require.NoError(t, err)
	_, err = Open(ctx, url, Options{})
	require.ErrorContains(t, err, "moved by a dump")
}
