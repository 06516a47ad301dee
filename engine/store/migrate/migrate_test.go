//go:build unix

package migrate_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/migrate"
	"kaskad/engine/store/storetest"
)

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	address := storetest.Empty(t)
	errs := make([]error, 8)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = migrate.Up(t.Context(), address) })
	}
	wait.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, migrate.Up(t.Context(), address), "again changes nothing")

	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var doubles int
	require.NoError(t, conn.QueryRow(t.Context(),
		"SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version").Scan(&doubles))
	require.Zero(t, doubles)
}

func TestADatabaseOfANewerBuildIsRefused(t *testing.T) {
	t.Parallel()
	address := storetest.New(t)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	require.NoError(t, err)
	require.ErrorIs(t, migrate.Up(t.Context(), address), migrate.ErrTooNew)
}

func TestABadAddressIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://user:hidden@host:notaport/db", "postgres://user:hid den@host/db", "host=x port=none password=hidden",
		"postgres://user:hidden%zz@host/db",
	} {
		err := migrate.Up(t.Context(), address)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hid", address)
	}
}
