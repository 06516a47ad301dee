package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/store/wire"
)

// Options say how to use the database. The zero value is usable.
type Options struct {
	// Process is the name by which this process beats, unique among those of the database. Once it is silent, others end all
	// connections that were opened under it. Without it they end its sessions alone.
	Process string
	// Connections is the most that the pool opens, 0 for 8. Each session has one of its own besides.
	Connections int
	// Compile makes the program of a stored document: it tells which facts imply which on a block's channel. Without it
	// nothing is implied.
	Compile func(document []byte) (*engine.Program, error)
	// NewID makes the ids of groups that schemes add contacts to and that there are not; without it none are made.
	NewID func() int64
	// Memory bounds the memory of messages that providers report of, in bytes, 0 for 64 MiB: 40 to 80 bytes a message, and as
	// much for each reply and each pressed key. A report of a message that is
	// remembered needs no look at the database before it is stored.
	Memory int
	// Log takes warnings; nil drops them.
	Log *slog.Logger
}

// Store is the database. It is safe for use by many goroutines.
type Store struct {
	pool *pgxpool.Pool
	// desk is for what people ask: searches and lists, whose statements want the ordinary planner and may take a while
	// without keeping the hot ones from a connection.
	desk    *pgxpool.Pool
	pulse   *pgxpool.Pool // one connection, for beats alone: see Beat
	config  *pgx.ConnConfig
	q       queries
	compile func(document []byte) (*engine.Program, error)
	newID   func() int64
	named   string // Options.Process
	log     *slog.Logger

	mu       sync.Mutex
	process  string // that beats through this store, once it has
	sessions map[*Session]struct{}
	known    map[run.CampaignKey]*meaning
	memory   *memory   // guards itself
	alone    turnstile // of Saves that would miss each other
	server   time.Time // that memory was told by: when it started
	repeats  repeats
}

var _ run.Store = (*Store)(nil)

// deskWithin bounds a statement of the desk.
const deskWithin = 30 * time.Second

// Statements look rows up by keys, thousands at a time. Plans other than loops over index scans would be chosen only from
// wrong guesses about the size of an array or of a new table, and a plan made anew for each batch costs more than it
// gains.
var hotSettings = map[string]string{
	"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off", "jit": "off",
	"plan_cache_mode": "force_generic_plan",
}

// The desk has the server's own planner settings, and plans each statement for its arguments and for the tables as they are: a
// plan kept from when a table was empty would read whole accounts. No statement of people's may hold a snapshot for longer than
// deskWithin: it would keep dead rows from being pruned.
var deskSettings = map[string]string{"jit": "off", "plan_cache_mode": "force_custom_plan", "statement_timeout": deskWithin.String()}

// Open connects to a migrated database; ErrPooled where a pooler in between does not pool by session. Close ends it.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	q, err := loadQueries(queryFiles)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errAddress
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config.MaxConns = 8
	if o.Connections > 0 {
		config.MaxConns = int32(o.Connections)
	}
	config.MaxConnLifetime = 24 * time.Hour
	wire.Dial(&config.ConnConfig.Config)
	config.ConnConfig.RuntimeParams["application_name"] = applicationName(config.ConnConfig.RuntimeParams["application_name"], o.Process)
	if err := refusePooler(ctx, config.ConnConfig); err != nil {
		return nil, err
	}
	s := &Store{q: q, compile: o.Compile, newID: o.NewID, named: o.Process, log: o.Log, config: config.ConnConfig.Copy(),
		sessions: map[*Session]struct{}{}, known: map[run.CampaignKey]*meaning{},
		memory: newMemory(o.Memory), alone: make(turnstile, 1)}
	config.AfterConnect = s.prepare
	desk := config.Copy()
	desk.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return s.prepareWith(ctx, conn, deskSettings) }
	desk.MaxConns = max(config.MaxConns/2, 2)
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if s.desk, err = pgxpool.NewWithConfig(ctx, desk); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	pulse := config.Copy()
	pulse.MaxConns = 1
	if s.pulse, err = pgxpool.NewWithConfig(ctx, pulse); err != nil {
		s.pool.Close()
		s.desk.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := s.check(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the pools. Sessions are closed by their users, before.
func (s *Store) Close() {
	s.pool.Close()
	s.desk.Close()
	s.pulse.Close()
}

// Desk is the pool for what people ask: lists, searches, and changes by hand. The packages beside this one, one for each
// area of what people keep, work on it.
func (s *Store) Desk() *pgxpool.Pool { return s.desk }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// check refuses a database that cannot hold what we commit, and warns of a pooler in between.
func (s *Store) check(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("store: connecting: %w", err)
	}
	defer conn.Release()
	var pid uint32
	var version int
	var commit string
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid(), current_setting('server_version_num')::integer,
		current_setting('synchronous_commit')`).Scan(&pid, &version, &commit)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if version < 140_000 {
		return fmt.Errorf("store: the server is PostgreSQL %d: 14 or newer is needed", version/10_000)
	}
	if commit == "off" {
		return errors.New("store: synchronous_commit is off: a crash would lose intents that were sent already; set it to on")
	}
	var ahead bool
	err = conn.QueryRow(ctx, s.q.get("cursors_ahead")).Scan(&ahead)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if ahead {
		return errors.New("store: the database was moved by a dump: its transaction ids began anew, and new facts would look " +
			"read; engine/store/RECOVERY.md says how to mend it")
	}
	if pid != conn.Conn().PgConn().PID() {
		s.log.Warn("a connection pooler is in between; it pools by session, as it must: the locks of segments are the session's")
	}
	return nil
}

// prepare makes a new connection ready: its settings, columns as arguments, and a shard of the counters of its own, so
// that two writers never wait for each other's rows.
func (s *Store) prepare(ctx context.Context, conn *pgx.Conn) error {
	return s.prepareWith(ctx, conn, hotSettings)
}

// applicationName is what the server calls the connections of a process, of which PostgreSQL keeps 63 bytes. It ends in what
// beat_silent knows the process's connections by: nothing has to be stored for a new one, so that one opened in the instant
// of a freeze is known too. Whoever is frozen between two statements of a transaction holds rows, and the watermark of all.
func applicationName(given, process string) string {
	if given == "" {
		given = "kaskad"
	}
	if process == "" {
		return given
	}
	given = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' { // the server writes some of these as four
			return '?'
		}
		return r
	}, given)
	sum := sha256.Sum256([]byte(process))
	return given[:min(len(given), 46)] + " " + hex.EncodeToString(sum[:8])
}

func (s *Store) prepareWith(ctx context.Context, conn *pgx.Conn, settings map[string]string) error {
	registerColumns(conn.TypeMap())
	if err := wire.Settle(ctx, conn, settings); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, s.q.get("session_shard"), pgx.QueryExecModeExec); err != nil {
		return err
	}
	return s.meet(ctx, conn)
}

// meet looks whether a new connection is to the same run of the server as those before. Another one may lack what was
// committed last: after a failover to a standby that was behind. What is remembered of the database is forgotten then.
func (s *Store) meet(ctx context.Context, conn *pgx.Conn) error {
	var started time.Time
	if err := conn.QueryRow(ctx, "SELECT pg_postmaster_start_time()", pgx.QueryExecModeExec).Scan(&started); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.server.IsZero() && !s.server.Equal(started) {
		s.memory.forget()
	}
	s.server = started
	return nil
}

// nameOf names a run of the server by when it started.
func nameOf(started time.Time) int64 { return started.UnixMicro() }

// elsewhere reports whether something was committed by another run of the server than the one that there is now; 0 says that
// it was not.
func (s *Store) elsewhere(server int64) bool {
	if server == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return server != nameOf(s.server)
}

// sendAll sends statements together and waits for all; no results are wanted.
func sendAll(ctx context.Context, c interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}, b *pgx.Batch) error {
	return c.SendBatch(ctx, b).Close()
}
