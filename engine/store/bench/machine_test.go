package bench

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/migrate"
	"kaskad/engine/store/private"
)

// machine is a durable PostgreSQL for the run: BENCH_DATABASE_URL, or a private one that is thrown away.
type machine struct {
	testing.TB
	url string
}

func newMachine(tb testing.TB) *machine {
	tb.Helper()
	m := &machine{TB: tb, url: os.Getenv("BENCH_DATABASE_URL")}
	if m.url != "" {
		return m
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	server, err := private.Start(ctx, private.Options{Dir: tb.TempDir(), MaxConnections: 200})
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(tb, server.Stop(ctx))
	})
	m.url = server.URL()
	return m
}

// setting says on what the figures were measured.
func (m *machine) setting() []string {
	db := m.connect(m.url)
	defer db.Close(context.Background())
	show := func(name string) (v string) {
		require.NoError(m, db.QueryRow(m.Context(), "SELECT current_setting($1)", name).Scan(&v))
		return v
	}
	return []string{
		fmt.Sprintf("machine     %d CPUs (GOMAXPROCS %d), %s, %s/%s, %s", runtime.NumCPU(), runtime.GOMAXPROCS(0), processor(),
			runtime.GOOS, runtime.GOARCH, runtime.Version()),
		fmt.Sprintf("PostgreSQL  %s: fsync %s, synchronous_commit %s, full_page_writes %s, shared_buffers %s, max_wal_size %s",
			show("server_version"), show("fsync"), show("synchronous_commit"), show("full_page_writes"),
			show("shared_buffers"), show("max_wal_size")),
	}
}

// processor is the processor's name where the system tells it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}

func (m *machine) connect(url string) *pgx.Conn {
	db, err := pgx.Connect(m.Context(), url)
	require.NoError(m, err)
	return db
}

// schema makes a migrated schema of the given name and gives its address; it is dropped when drop is called.
func (m *machine) schema(name string) (address string, drop func()) {
	db := m.connect(m.url)
	defer db.Close(context.Background())
	m.exec(db, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
	m.exec(db, "CREATE SCHEMA "+name)
	u, err := url.Parse(m.url)
	require.NoError(m, err)
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	require.NoError(m, migrate.Up(m.Context(), u.String()))
	return u.String(), func() {
		db := m.connect(m.url)
		defer db.Close(context.Background())
		m.exec(db, "DROP SCHEMA "+name+" CASCADE")
	}
}

func (m *machine) exec(db *pgx.Conn, sql string, arguments ...any) {
	_, err := db.Exec(m.Context(), sql, arguments...)
	require.NoError(m, err)
}

// number reads one number.
func (m *machine) number(db *pgx.Conn, sql string, arguments ...any) (n float64) {
	require.NoError(m, db.QueryRow(m.Context(), "SELECT ("+sql+")::float8", arguments...).Scan(&n))
	return n
}

// log is how many bytes the server has written to its log so far.
func (m *machine) log(db *pgx.Conn) float64 {
	return m.number(db, "pg_current_wal_insert_lsn() - '0/0'")
}

// disk is what the tables of the address's schema take, with their indexes.
func (m *machine) disk(db *pgx.Conn) float64 {
	return m.number(db, `SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`)
}

// alone waits until no other connection of ours is left: a backend tells its figures when it ends.
func (m *machine) alone(db *pgx.Conn) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for m.number(db, `SELECT count(*) FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()`) > 0 {
		select {
		case <-tick.C:
		case <-m.Context().Done():
			m.Fatal("the run's connections do not end")
		}
	}
}

// hot is the share of a table's updates that touched no index and stayed in their page.
func (m *machine) hot(db *pgx.Conn, table string) (share, updates float64) {
	updates = m.number(db, "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relid = $1::text::regclass", table)
	hot := m.number(db, "SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = $1::text::regclass", table)
	return hot / max(updates, 1), updates
}

// fillFactor is how full a table's pages are made, in percent; 100 where nothing is set.
func (m *machine) fillFactor(db *pgx.Conn, table string) float64 {
	return m.number(db, `SELECT coalesce((SELECT option_value FROM pg_class c, pg_options_to_table(c.reloptions)
		WHERE c.oid = $1::text::regclass AND option_name = 'fillfactor'), '100')`, table)
}
