package tasks_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

const account = ids.ID(7)

// world is a database with one or more processes on it.
type world struct {
	*testing.T
	address string
	db      *storetest.Database
	last    atomic.Int64
}

func newWorld(t *testing.T) *world {
	address := storetest.New(t)
	return &world{T: t, address: address, db: storetest.Connect(t, address)}
}

// quick is a process that notices everything soon, but thinks nobody dead who is only slow.
func quick() tasks.Options {
	return tasks.Options{Beat: 10 * time.Millisecond, Stale: 5 * time.Second, Again: time.Nanosecond}
}

// hasty is one that takes others for dead soon.
func hasty() tasks.Options {
	o := quick()
	o.Stale = 500 * time.Millisecond
	return o
}

// process opens a store as another process would. It does not work yet.
func (w *world) process(o tasks.Options) *tasks.Store {
	w.Helper()
	desk, err := pgxpool.New(w.Context(), w.address+"&pool_max_conns=4")
	require.NoError(w, err)
	o.Clock, o.Log = time.Now, slog.New(slog.DiscardHandler)
	o.NewID = func() ids.ID { return ids.ID(w.last.Add(1)) }
	s, err := tasks.New(w.Context(), desk, o)
	require.NoError(w, err)
	w.Cleanup(func() {
		s.Close()
		desk.Close()
	})
	return s
}

// work lets a process work; stop ends it and waits.
func (w *world) work(s *tasks.Store) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(w, <-ended)
	})
	w.Cleanup(stop)
	return stop
}

func who(scopes ...access.Scope) *access.Principal {
	return &access.Principal{Actor: access.Actor{Account: account, User: 3, Name: "Анна", IP: "192.0.2.1"}, Scopes: scopes}
}

func (w *world) start(s *tasks.Store, kind task.Kind, args any) task.Task {
	w.Helper()
	t, err := s.Start(w.Context(), nil, who().Actor, task.Order{Kind: kind, Name: "контакты.csv", Args: args})
	require.NoError(w, err)
	return t
}

// until waits for a state.
func (w *world) until(s *tasks.Store, id ids.ID, state task.State) task.Task {
	w.Helper()
	var t task.Task
	for t.State != state {
		var err error
		t, err = s.Watch(w.Context(), who(), id, t)
		require.NoError(w, err)
		if t.State.Final() {
			require.Equal(w, state, t.State, "%+v", t)
		}
	}
	return t
}
