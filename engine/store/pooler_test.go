package store_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store"
	"kaskad/engine/store/storetest"
)

// Behind a pooler that gives another connection to each transaction no lock of a segment holds, so nothing is begun there.
func TestAPoolerByTransactionIsRefused(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]storetest.Pooling{"the one used last first": storetest.ByTransaction,
		"in turn": storetest.ByTransactionInTurn} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := storetest.Empty(t)
			pooled := storetest.Pooler(t, address, way)
			require.ErrorIs(t, store.Migrate(t.Context(), pooled), store.ErrPooled)
			_, err := store.Open(t.Context(), pooled, store.Options{})
			require.ErrorIs(t, err, store.ErrPooled)
			require.ErrorContains(t, err, "pool_mode = session", "it says the way out")
			require.Zero(t, storetest.Connect(t, address).Count(`SELECT count(*) FROM pg_class
				WHERE relnamespace = current_schema()::regnamespace`), "nothing was made")
		})
	}
}

// One that pools by session is told of, and does no harm.
func TestAPoolerBySessionIsWarnedOf(t *testing.T) {
	t.Parallel()
	address := storetest.Empty(t)
	pooled := storetest.Pooler(t, address, storetest.BySession)
	require.NoError(t, store.Migrate(t.Context(), pooled))
	for through, warned := range map[string]bool{pooled: true, address: false} {
		var log bytes.Buffer
		s, err := store.Open(t.Context(), through, store.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		s.Close()
		require.Equal(t, warned, bytes.Contains(log.Bytes(), []byte("a connection pooler is in between")), log.String())
	}
}

// Either end of every connection gives up soon when the other is gone; nobody's transaction or statement stays open.
func TestSessionsNoticeAPeerThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settings := func(conn *pgx.Conn) map[string]string {
		list := map[string]string{}
		for _, name := range []string{"tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count",
			"idle_in_transaction_session_timeout", "statement_timeout", "enable_seqscan", "plan_cache_mode"} {
			var value string
			require.NoError(t, conn.QueryRow(t.Context(), "SHOW "+name).Scan(&value))
			list[name] = value
		}
		return list
	}
	hot := map[string]string{"tcp_user_timeout": "10000", "tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2",
		"tcp_keepalives_count": "3", "idle_in_transaction_session_timeout": "30s", "statement_timeout": "0",
		"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
	desk := map[string]string{"tcp_user_timeout": "10000", "tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2",
		"tcp_keepalives_count": "3", "idle_in_transaction_session_timeout": "30s", "statement_timeout": "30s",
		"enable_seqscan": "on", "plan_cache_mode": "force_custom_plan"}
	session := w.session(w.store)
	pooled, err := w.store.HotPool().Acquire(t.Context())
	require.NoError(t, err)
	defer pooled.Release()
	people, err := w.store.Desk().Acquire(t.Context())
	require.NoError(t, err)
	defer people.Release()
	for name, c := range map[string]struct {
		conn *pgx.Conn
		want map[string]string
	}{"a worker's session": {store.ConnOf(session), hot}, "the pool": {pooled.Conn(), hot}, "the desk": {people.Conn(), desk}} {
		require.Equal(t, c.want, settings(c.conn), name)
		requireUserTimeout(t, c.conn.PgConn().Conn())
	}
}
