// Package tasks keeps background work: its rows and files, and who works on it. A task is taken by one process at a time.
// What it does goes through Run.Commit, which writes how far it is in the same transaction and refuses a process that the
// task was taken from, so that a task which begins again goes on behind what was done and does nothing twice.
//
// River hands the tasks out to the processes and bounds how many run at once in each. Its tables are made by its own
// migrations, in the schema of the connections.
package tasks

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/task"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Func does the work of a task. What it returns is kept as the task's result, as JSON, whether or not there is an error: so
// it tells what was done until then. An error that is a *fault.Error is told to people; any other is logged, and the work
// is begun again a few times. It must return soon after ctx has ended.
type Func func(ctx context.Context, r *Run) (result any, err error)

// Options say how to work. Clock, NewID and Log are needed.
type Options struct {
	Clock func() time.Time
	NewID func() ids.ID
	Log   *slog.Logger

	AtOnce int           // tasks at once in this process; default 2
	Beat   time.Duration // how often progress is written and a cancel noticed; default 500 ms
	Stale  time.Duration // a process that is silent for so long has lost its tasks; default 15 s
	Keep   time.Duration // how long files are kept; default 7 days
	Again  time.Duration // how long a task waits after an error of ours; default 5 s
}

// Store is the tasks. It is safe for use by many goroutines.
type Store struct {
	desk *pgxpool.Pool
	// pool is for the work itself, so that people do not wait for a connection that a task has.
	pool   *pgxpool.Pool
	q      sqlfile.Queries
	o      Options
	schema string
	// insert adds jobs and works on none.
	insert *river.Client[pgx.Tx]

	mu    sync.Mutex
	funcs map[task.Kind]Func
}

// The defaults of Options.
const (
	usualAtOnce = 2
	usualBeat   = 500 * time.Millisecond
	usualStale  = 15 * time.Second
	usualKeep   = 7 * 24 * time.Hour
	usualAgain  = 5 * time.Second
)

// queue is the name of River's queue.
const queue = "tasks"

// New makes a store on the pool for what people ask, and brings River's tables to the state that this build expects.
// Several processes may do so at once. Close ends it.
func New(ctx context.Context, desk *pgxpool.Pool, o Options) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	if o.AtOnce <= 0 {
		o.AtOnce = usualAtOnce
	}
	for _, d := range []struct {
		at    *time.Duration
		usual time.Duration
	}{{&o.Beat, usualBeat}, {&o.Stale, usualStale}, {&o.Keep, usualKeep},
		{&o.Again, usualAgain}} {
		if *d.at <= 0 {
			*d.at = d.usual
		}
	}
	s := &Store{desk: desk, q: q, o: o, funcs: map[task.Kind]Func{}}
	config := desk.Config()
	// River listens on one, and a task may need two: to read by one and to write by the other.
	config.MinConns, config.MinIdleConns, config.MaxConns = 0, 0, int32(2*o.AtOnce+3)
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	if err = s.prepare(ctx); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return s, nil
}

// Close closes what New opened. Work must have returned.
func (s *Store) Close() { s.pool.Close() }

// Pool is the connections that tasks work on.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

func (s *Store) prepare(ctx context.Context) error {
	if err := s.pool.QueryRow(ctx, s.q.Get("schema")).Scan(&s.schema); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("migrations of River: %w", err)
	}
	var err error
	s.insert, err = river.NewClient(riverpgxv5.New(s.pool), &river.Config{Logger: s.quiet(), Schema: s.schema})
	return err
}

// quiet leaves out what River says of its ordinary course.
func (s *Store) quiet() *slog.Logger { return slog.New(above{s.o.Log.Handler(), slog.LevelWarn}) }

// above is a handler that takes records from a level on.
type above struct {
	slog.Handler
	from slog.Level
}

// Enabled implements slog.Handler.
func (a above) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= a.from && a.Handler.Enabled(ctx, l)
}

// lockEvery is how often a lock that another process holds is tried again.
const lockEvery = 20 * time.Millisecond

// migrate applies River's migrations, one process at a time.
func (s *Store) migrate(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for locked := false; !locked; {
		if err := conn.QueryRow(ctx, s.q.Get("try_lock")).Scan(&locked); err != nil {
			return err
		}
		if locked {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), s.q.Get("unlock")) }()
	m, err := rivermigrate.New(riverpgxv5.New(s.pool), &rivermigrate.Config{Logger: s.quiet(), Schema: s.schema})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Register says what a kind of task does. All kinds are registered before Work begins; a second registration of a kind is a
// mistake of the program and panics.
func (s *Store) Register(kind task.Kind, f Func) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.funcs[kind]; twice || f == nil || kind == "" || len(kind) > task.MaxKind {
		panic("tasks: the kind " + string(kind) + " is registered twice or wrongly")
	}
	s.funcs[kind] = f
}

func (s *Store) funcOf(kind task.Kind) Func {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.funcs[kind]
}

// job is what River knows of a task.
type job struct {
	Account int64 `json:"account"`
	Task    int64 `json:"task"`
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "task" }

// Start adds a task; with a transaction it begins when that is committed. tx may be nil.
func (s *Store) Start(ctx context.Context, tx pgx.Tx, actor access.Actor, o task.Order) (task.Task, error) {
	if tx == nil {
		var t task.Task
		err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) (err error) {
			t, err = s.Start(ctx, tx, actor, o)
			return err
		})
		return t, err
	}
	args, err := json.Marshal(o.Args)
	if err != nil {
		return task.Task{}, fmt.Errorf("tasks: %s: %w", o.Kind, err)
	}
	id := s.o.NewID()
	_, err = tx.Exec(ctx, s.q.Get("start"), int64(actor.Account), int64(id), string(o.Kind), shorten(o.Name), int64(o.Object),
		o.Reads, o.Writes, args, int64(actor.User), int64(actor.Token), shorten(actor.Name), shorten(actor.IP), s.o.Clock())
	if err != nil {
		return task.Task{}, fmt.Errorf("tasks: %w", err)
	}
	if err := s.enqueue(ctx, tx, actor.Account, id, time.Time{}); err != nil {
		return task.Task{}, err
	}
	return s.read(ctx, tx, actor.Account, id)
}

// enqueue gives a waiting task to River; at is when it may begin at the earliest.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, account, id ids.ID, at time.Time) error {
	if !at.After(s.o.Clock()) {
		at = time.Time{} // River looks at what has an instant only every few seconds
	}
	r, err := s.insert.InsertTx(ctx, tx, job{int64(account), int64(id)},
		&river.InsertOpts{Queue: queue, MaxAttempts: 1, ScheduledAt: at})
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	if _, err := tx.Exec(ctx, s.q.Get("set_job"), int64(account), int64(id), r.Job.ID); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	return nil
}

// shorten makes a text that the database takes, of at most task.MaxName characters.
func shorten(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if utf8.RuneCountInString(text) <= task.MaxName {
		return text
	}
	return string([]rune(text)[:task.MaxName-1]) + "…"
}

// none tells that a statement found no row.
func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
