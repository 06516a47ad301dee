package imports_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/imports"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

const account = ids.ID(7)

// world is a database with an account.
type world struct {
	testing.TB
	address string
	db      *storetest.Database
	last    atomic.Int64
}

func newWorld(t testing.TB) *world {
	address := storetest.New(t)
	w := &world{TB: t, address: address, db: storetest.Connect(t, address)}
	w.last.Store(1_000_000)
	w.db.Exec("INSERT INTO accounts (account, name) VALUES ($1, 'Лавка')", int64(account))
	return w
}

// process is a store as a process has it.
type process struct {
	*world
	imports *imports.Store
	tasks   *tasks.Store
	// made is called with the number of ids that the import has asked for: one for each row that it reads, and one for each
	// consent that it stores.
	made  func(n int64)
	count atomic.Int64
}

func (w *world) process(o tasks.Options) *process {
	w.Helper()
	p := &process{world: w, made: func(int64) {}}
	desk, err := pgxpool.New(w.Context(), w.address+"&pool_max_conns=6&application_name="+fmt.Sprintf("%p", p))
	require.NoError(w, err)
	o.Clock, o.Log = time.Now, slog.New(slog.DiscardHandler)
	o.NewID = func() ids.ID { return ids.ID(w.last.Add(1)) }
	p.tasks, err = tasks.New(w.Context(), desk, o)
	require.NoError(w, err)
	people, err := contacts.New(desk, contacts.Options{Parse: expression.ParseFilter, Clock: o.Clock, NewID: o.NewID})
	require.NoError(w, err)
	p.imports, err = imports.New(desk, imports.Options{Clock: o.Clock, NewID: p.newID, Tasks: p.tasks, Stops: people})
	require.NoError(w, err)
	w.Cleanup(func() {
		p.tasks.Close()
		desk.Close()
	})
	return p
}

func (p *process) newID() ids.ID {
	p.made(p.count.Add(1))
	return ids.ID(p.last.Add(1))
}

// kill ends the connections of a process, as its death would.
func (p *process) kill() {
	p.db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", fmt.Sprintf("%p", p))
}

func (p *process) work() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.tasks.Work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(p, <-ended)
	})
	p.Cleanup(stop)
	return stop
}

func who() *access.Principal {
	return &access.Principal{Actor: access.Actor{Account: account, User: 3, Name: "Анна"}, Scopes: access.Scopes()}
}

// upload keeps a file.
func (p *process) upload(kind audience.Purpose, file io.Reader) audience.Import {
	p.Helper()
	draft, err := p.imports.Upload(p.Context(), who(), kind, "x.csv", file, audience.English)
	require.NoError(p, err)
	return draft
}

func (p *process) change(id ids.ID, c audience.ImportChange) {
	p.Helper()
	_, err := p.imports.Change(p.Context(), who(), id, c, audience.English)
	require.NoError(p, err)
}

func (p *process) start(id ids.ID) task.Task {
	p.Helper()
	t, err := p.imports.Start(p.Context(), who(), id, audience.English)
	require.NoError(p, err)
	return t
}

// until waits until a task is as it is asked for.
func (p *process) until(id ids.ID, is func(task.Task) bool) task.Task {
	p.Helper()
	var t task.Task
	for {
		var err error
		t, err = p.tasks.Watch(p.Context(), who(), id, t)
		require.NoError(p, err)
		if is(t) {
			return t
		}
		require.False(p, t.State.Final(), "%+v", t)
	}
}

func (p *process) ended(id ids.ID) (task.Task, audience.ImportResult) {
	p.Helper()
	t := p.until(id, func(t task.Task) bool { return t.State.Final() })
	var r audience.ImportResult
	require.NoError(p, json.Unmarshal(t.Result, &r), "%+v", t)
	return t, r
}

// book writes an address book of any length as it is read.
type book struct {
	row, rows int
	rest      []byte
}

func (b *book) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		switch {
		case b.row > b.rows:
			return 0, io.EOF
		case b.row == 0:
			b.rest = []byte("Телефон;Имя;Email;Город;Дата рождения;Метки\r\n")
		default:
			// The phones are in no order, as in life.
			n := b.row * 7_368_787 % 1_000_000_007 % 1_000_000_000
			b.rest = fmt.Appendf(nil, "8 (9%02d) %03d-%02d-%02d;Анна;anna%d@example.com;Омск;26.01.2005;vip\r\n",
				n/10_000_000, n/10_000%1000, n/100%100, n%100, b.row)
		}
		b.row++
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}
