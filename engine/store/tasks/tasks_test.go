package tasks_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/paging"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

func TestATaskIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	seen := make(chan struct{})
	s.Register("count", func(ctx context.Context, r *tasks.Run) (any, error) {
		var n int
		require.NoError(w, r.Args(&n))
		r.Progress("counting", 1, int64(n))
		select {
		case <-seen:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		f, err := r.Create(ctx, "count.csv", "text/csv")
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(f, "one;two"); err != nil {
			return nil, err
		}
		r.Progress("counting", int64(n), int64(n))
		return map[string]int{"counted": n}, f.Close()
	})
	w.work(s)
	begun := w.start(s, "count", 3)
	require.Equal(t, task.Waiting, begun.State)
	require.Equal(t, "Анна", begun.By)
	running := begun
	for running.Progress.Done == 0 {
		var err error
		running, err = s.Watch(t.Context(), who(), begun.ID, running)
		require.NoError(t, err)
	}
	require.Equal(t, task.Progress{Step: "counting", Done: 1, Total: 3}, running.Progress)
	require.Equal(t, task.Running, running.State)
	close(seen)
	done := w.until(s, begun.ID, task.Done)
	require.JSONEq(t, `{"counted": 3}`, string(done.Result))
	require.Equal(t, []task.File{{Name: "count.csv", Type: "text/csv", Size: 7}}, done.Files)
	require.Equal(t, int64(3), done.Progress.Done)
	require.NotNil(t, done.StartedAt)
	require.NotNil(t, done.FinishedAt)
	_, err := s.Cancel(t.Context(), who(), begun.ID)
	requireFault(t, err, fault.Conflict, "task_finished")
}

func requireFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, kind, f.Kind)
	require.Equal(t, code, f.Code)
}

func TestTasksOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	made, err := s.Start(t.Context(), nil, who().Actor, task.Order{Kind: "x", Reads: "contacts:read", Writes: "contacts:write"})
	require.NoError(t, err)
	other := who(access.Scopes()...)
	other.Account++
	for _, p := range []*access.Principal{other, who(), who(access.ReadReports)} {
		_, err := s.Get(t.Context(), p, made.ID)
		requireFault(t, err, fault.NotFound, "task_not_found")
		_, err = s.Cancel(t.Context(), p, made.ID)
		requireFault(t, err, fault.NotFound, "task_not_found")
		page, err := s.List(t.Context(), p, task.Query{}, paging.Request{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, page.Items)
	}
	_, err = s.Cancel(t.Context(), who(access.ReadContacts), made.ID)
	requireFault(t, err, fault.Forbidden, "scope_needed")
	_, err = s.Get(t.Context(), who(access.ReadContacts), made.ID)
	require.NoError(t, err)
}

func TestListsGoByPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	for range 5 {
		w.start(s, "x", nil)
	}
	w.start(s, "y", nil)
	var seen []int
	page := paging.Request{Limit: 2}
	for {
		list, err := s.List(t.Context(), who(), task.Query{Kind: "x", State: task.Waiting}, page)
		require.NoError(t, err)
		for _, it := range list.Items {
			seen = append(seen, int(it.ID))
		}
		if page.Cursor = list.Next; list.Next == "" {
			break
		}
	}
	require.IsDecreasing(t, seen)
	require.Len(t, seen, 5)
	_, err := s.List(t.Context(), who(), task.Query{}, paging.Request{Limit: 2, Cursor: "?"})
	requireFault(t, err, fault.Invalid, "bad_cursor")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := quick()
	o.AtOnce = 1
	s := w.process(o)
	s.Register("wait", func(ctx context.Context, r *tasks.Run) (any, error) {
		<-ctx.Done()
		require.ErrorIs(w, context.Cause(ctx), tasks.ErrCancelled)
		return map[string]int{"until_then": 5}, ctx.Err()
	})
	w.work(s)
	runs := w.start(s, "wait", nil)
	w.until(s, runs.ID, task.Running)
	waits := w.start(s, "wait", nil)

	cancelled, err := s.Cancel(t.Context(), who(), waits.ID)
	require.NoError(t, err)
	require.Equal(t, task.Cancelled, cancelled.State)

	asked := time.Now()
	_, err = s.Cancel(t.Context(), who(), runs.ID)
	require.NoError(t, err)
	ended := w.until(s, runs.ID, task.Cancelled)
	require.Less(t, time.Since(asked), 10*time.Second)
	require.JSONEq(t, `{"until_then": 5}`, string(ended.Result))
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM audit WHERE what = 'task.cancelled'"))
	require.EqualValues(t, 0, w.db.Count("SELECT attempts FROM tasks WHERE task = $1", int64(waits.ID)))
}

func TestMistakesAndFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	s.Register("mistake", func(context.Context, *tasks.Run) (any, error) {
		return "so far", fault.New(fault.Invalid, "no_phone_column", "", "line", 3)
	})
	var tries, panics atomic.Int64
	s.Register("flaky", func(context.Context, *tasks.Run) (any, error) {
		if tries.Add(1) < 3 {
			return nil, errors.New("the connection broke")
		}
		return nil, nil
	})
	s.Register("broken", func(context.Context, *tasks.Run) (any, error) {
		panics.Add(1)
		panic("oops")
	})
	w.work(s)
	mistake, flaky, broken := w.start(s, "mistake", nil), w.start(s, "flaky", nil), w.start(s, "broken", nil)
	failed := w.until(s, mistake.ID, task.Failed)
	require.Equal(t, &task.Failure{Code: "no_phone_column", Args: map[string]any{"line": 3.0}}, failed.Error)
	require.JSONEq(t, `"so far"`, string(failed.Result))
	w.until(s, flaky.ID, task.Done)
	require.EqualValues(t, 3, tries.Load())
	require.Equal(t, "task_gave_up", w.until(s, broken.ID, task.Failed).Error.Code)
	require.EqualValues(t, 5, panics.Load())
}

func TestAtMostTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	var now, most atomic.Int64
	s.Register("work", func(ctx context.Context, r *tasks.Run) (any, error) {
		n := now.Add(1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		defer now.Add(-1)
		return nil, r.Commit(ctx, nil, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SELECT pg_sleep(0.02)")
			return err
		})
	})
	w.work(s)
	var last task.Task
	for range 6 {
		last = w.start(s, "work", nil)
	}
	for id := last.ID - 5; id <= last.ID; id++ {
		w.until(s, id, task.Done)
	}
	require.EqualValues(t, 2, most.Load())
}

// steps is a task of ten rows. The first process to work on it stands still before the fifth.
type steps struct {
	w     *world
	stuck chan struct{} // closed when the first stands still
	free  chan struct{} // lets it go on
	once  sync.Once
	zeal  chan error // what its next commit gave
}

func (p *steps) frozen(ctx context.Context, r *tasks.Run) (any, error) { return p.do(ctx, r, 5) }

func (p *steps) well(ctx context.Context, r *tasks.Run) (any, error) { return p.do(ctx, r, 0) }

func (p *steps) do(ctx context.Context, r *tasks.Run, stop int) (any, error) {
	var at int
	if _, err := r.Checkpoint(&at); err != nil {
		return nil, err
	}
	for at < 10 {
		at++
		if at == stop {
			p.once.Do(func() { close(p.stuck) })
			<-p.free
			ctx = context.WithoutCancel(ctx)
		}
		err := r.Commit(ctx, at, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO did VALUES ($1)", at)
			return err
		})
		if at == stop {
			p.zeal <- err
		}
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

func TestAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec("CREATE TABLE did (n integer)")
	p := &steps{w: w, stuck: make(chan struct{}), free: make(chan struct{}), zeal: make(chan error, 1)}
	frozen := quick()
	frozen.Beat, frozen.Stale = time.Hour, time.Hour // it does not notice that it is taken for dead
	one, two := w.process(frozen), w.process(hasty())
	one.Register("steps", p.frozen)
	two.Register("steps", p.well)
	w.work(one)
	begun := w.start(one, "steps", nil)
	<-p.stuck
	w.work(two)
	done := w.until(two, begun.ID, task.Done)
	require.JSONEq(t, "10", string(done.Result))
	close(p.free)
	require.ErrorIs(t, <-p.zeal, tasks.ErrLost)
	require.EqualValues(t, 10, w.db.Count("SELECT count(*) FROM did"))
	require.EqualValues(t, 10, w.db.Count("SELECT count(DISTINCT n) FROM did"))
}

func TestAStoppedProcessLeavesItsTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.process(quick()), w.process(quick())
	one.Register("long", func(ctx context.Context, r *tasks.Run) (any, error) {
		<-ctx.Done()
		require.ErrorIs(w, context.Cause(ctx), tasks.ErrStopping)
		return nil, ctx.Err()
	})
	two.Register("long", func(context.Context, *tasks.Run) (any, error) { return "well", nil })
	stop := w.work(one)
	begun := w.start(one, "long", nil)
	w.until(one, begun.ID, task.Running)
	stop()
	w.work(two)
	require.JSONEq(t, `"well"`, string(w.until(two, begun.ID, task.Done).Result))
	require.EqualValues(t, 1, w.db.Count("SELECT attempts FROM tasks"))
}

func TestATaskWhoseJobIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(hasty())
	s.Register("x", func(context.Context, *tasks.Run) (any, error) { return nil, nil })
	begun := w.start(s, "x", nil)
	require.EqualValues(t, 1, w.db.Exec("DELETE FROM river_job"))
	w.work(s)
	w.until(s, begun.ID, task.Done)
}

func TestAKillingTaskIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	begun := w.start(s, "x", nil)
	w.db.Exec("UPDATE tasks SET state = 'running', attempts = 5, beat_at = now() - interval '1 hour'")
	w.work(s)
	require.Equal(t, "task_gave_up", w.until(s, begun.ID, task.Failed).Error.Code)
}

func TestProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { w.process(quick()) })
	}
	all.Wait()
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'river_job'"))
}

func TestATaskBeginsWithItsTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(quick())
	err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
		_, err := s.Start(t.Context(), tx, who().Actor, task.Order{Kind: "x"})
		require.NoError(t, err)
		return io.ErrUnexpectedEOF
	})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Zero(t, w.db.Count("SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM river_job)"))
}

func TestKindsAreRegisteredOnce(t *testing.T) {
	t.Parallel()
	s := newWorld(t).process(quick())
	f := func(context.Context, *tasks.Run) (any, error) { return nil, nil }
	s.Register("x", f)
	require.Panics(t, func() { s.Register("x", f) })
	require.Panics(t, func() { s.Register("", f) })
	require.Panics(t, func() { s.Register("y", nil) })
}
