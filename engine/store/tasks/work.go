package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

const (
	// maxAttempts is how often a task is begun where processes die over it or errors of ours end it.
	maxAttempts = 5
	// elsewhere is how long a job waits that this process will not do.
	elsewhere = 2 * time.Second
	// stopWithin bounds how long the tasks of a stopping process may take to notice.
	stopWithin = 10 * time.Second
	// expireEvery is how often old files are looked for.
	expireEvery = 10 * time.Minute
)

// Work works on tasks until ctx ends; those that run then are left to other processes, or to this one's next start.
func (s *Store) Work(ctx context.Context) error {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{s: s, stopping: ctx}); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{
		Logger: s.quiet(), Schema: s.schema, Workers: workers, JobTimeout: -1, RescueStuckJobsAfter: 7 * 24 * time.Hour,
		Queues: map[string]river.QueueConfig{queue: {MaxWorkers: s.o.AtOnce}},
	})
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	s.tend(ctx)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := client.StopAndCancel(stop); err != nil {
		return fmt.Errorf("tasks: stopping: %w", err)
	}
	return nil
}

// tend finds tasks that were lost, and files that nobody needs any more, until ctx ends.
func (s *Store) tend(ctx context.Context) {
	tick := time.NewTicker(max(s.o.Stale/3, time.Millisecond))
	defer tick.Stop()
	var expired time.Time
	for {
		if err := s.recover(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Error("looking for lost tasks", "error", err)
		}
		if now := s.o.Clock(); now.Sub(expired) >= expireEvery {
			expired = now
			if err := s.expire(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.Error("removing old files", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// recover gives tasks whose process is gone, or whose job is, to River again.
func (s *Store) recover(ctx context.Context) error {
	stale := float64(s.o.Stale.Milliseconds())
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, q := range []struct {
			name string
			args []any
		}{{"abandoned", []any{stale, maxAttempts}}, {"forgotten", []any{stale}}} {
			rows, err := tx.Query(ctx, s.q.Get(q.name), q.args...)
			if err != nil {
				return err
			}
			var account, id int64
			var state string
			var lost [][2]ids.ID
			_, err = pgx.ForEachRow(rows, []any{&account, &id, &state}, func() error {
				s.o.Log.Warn("a task lost its process", "account", account, "task", id, "now", state)
				if task.State(state) == task.Waiting {
					lost = append(lost, [2]ids.ID{ids.ID(account), ids.ID(id)})
				}
				return nil
			})
			if err != nil {
				return err
			}
			for _, t := range lost {
				if err := s.enqueue(ctx, tx, t[0], t[1], time.Time{}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Store) expire(ctx context.Context) error {
	for {
		tag, err := s.pool.Exec(ctx, s.q.Get("files_expire"), float64(s.o.Keep.Milliseconds()))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
	}
}

// worker takes tasks from River. River's own states mean nothing: the task's row says whether there is work.
type worker struct {
	river.WorkerDefaults[job]
	s        *Store
	stopping context.Context
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	s := w.s
	if w.stopping.Err() != nil {
		return river.JobSnooze(elsewhere)
	}
	var kind string
	err := s.pool.QueryRow(ctx, s.q.Get("kind"), j.Args.Account, j.Args.Task).Scan(&kind)
	if none(err) {
		return nil // cancelled, or another's
	}
	if err != nil {
		return err
	}
	f := s.funcOf(task.Kind(kind))
	if f == nil {
		return river.JobSnooze(elsewhere) // of a newer build, which runs elsewhere
	}
	r, err := s.claim(ctx, j.Args)
	if none(err) {
		return nil
	}
	if err != nil {
		return err
	}
	result, err := w.run(ctx, r, f)
	return s.ended(context.WithoutCancel(ctx), r, result, err)
}

func (s *Store) claim(ctx context.Context, j job) (*Run, error) {
	r := &Run{s: s, id: ids.ID(j.Task), actor: access.Actor{Account: ids.ID(j.Account)}}
	var kind string
	var user, token int64
	var object *int64
	err := s.pool.QueryRow(ctx, s.q.Get("claim"), j.Account, j.Task).Scan(&r.epoch, &r.attempts, &kind, &r.args, &r.checkpoint,
		&user, &token, &r.actor.Name, &r.actor.IP, &r.progress.Step, &r.progress.Done, &r.progress.Total, &object)
	r.kind, r.actor.User, r.actor.Token = task.Kind(kind), ids.ID(user), ids.ID(token)
	if object != nil {
		r.object = ids.ID(*object)
	}
	return r, err
}

// run calls f with a context that ends when the task was cancelled or lost, or the process stops. The error tells which
// where that is so, unless f got to its end all the same.
func (w *worker) run(outer context.Context, r *Run, f Func) (result any, err error) {
	// River ends outer when it is told to stop, with a cause of its own, and may be quicker than the end of w.stopping is heard:
	// neither may pass for a failure of the task.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(outer))
	defer cancel(nil)
	for _, end := range []context.Context{w.stopping, outer} {
		defer context.AfterFunc(end, func() { cancel(ErrStopping) })()
	}
	beats := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(beats)
		w.s.beats(ctx, r, cancel, ended)
	}()
	result, err = call(ctx, r, f)
	close(ended)
	<-beats
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return result, err
}

// call makes an error of a panic: one task must not end the process.
func call(ctx context.Context, r *Run, f Func) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fmt.Errorf("tasks: %s: panic: %v\n%s", r.kind, p, debug.Stack())
		}
	}()
	return f(ctx, r)
}

// beats writes the progress until the task has ended, and notices what ends it from outside.
func (s *Store) beats(ctx context.Context, r *Run, cancel context.CancelCauseFunc, ended <-chan struct{}) {
	tick := time.NewTicker(s.o.Beat)
	defer tick.Stop()
	last := s.o.Clock()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p := r.at()
		var cancelling bool
		err := s.pool.QueryRow(ctx, s.q.Get("beat"), int64(r.actor.Account), int64(r.id), r.epoch, p.Step, p.Done, p.Total).
			Scan(&cancelling)
		now := s.o.Clock()
		switch {
		case none(err), err != nil && now.Sub(last) > s.o.Stale:
			cancel(ErrLost)
		case err == nil && cancelling:
			cancel(ErrCancelled)
		case err == nil:
			last = now
		}
	}
}

// ended writes what came of a task.
func (s *Store) ended(ctx context.Context, r *Run, result any, failure error) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Stale)
	defer cancel()
	var told *fault.Error
	switch {
	case failure == nil:
		return s.finish(ctx, r, task.Done, result, nil)
	case errors.Is(failure, ErrLost):
		return nil
	case errors.Is(failure, ErrCancelled):
		return s.finish(ctx, r, task.Cancelled, result, nil)
	case errors.Is(failure, ErrStopping):
		return s.requeue(ctx, r, 1, time.Time{})
	case errors.As(failure, &told):
		return s.finish(ctx, r, task.Failed, result, told)
	}
	s.o.Log.Error("a task failed", "account", r.Account(), "task", r.id, "kind", r.kind, "attempt", r.attempts, "error", failure)
	if r.attempts >= maxAttempts {
		return s.finish(ctx, r, task.Failed, result, fault.New(fault.Unavailable, "task_gave_up", ""))
	}
	return s.requeue(ctx, r, 0, s.o.Clock().Add(s.o.Again))
}

func (s *Store) finish(ctx context.Context, r *Run, state task.State, result any, why *fault.Error) error {
	var text, args []byte
	var code *string
	var err error
	if result != nil {
		if text, err = json.Marshal(result); err != nil {
			return fmt.Errorf("tasks: the result of %s: %w", r.kind, err)
		}
	}
	if why != nil {
		code = &why.Code
		if args, err = json.Marshal(why.Args); err != nil {
			return fmt.Errorf("tasks: the error of %s: %w", r.kind, err)
		}
	}
	p := r.at()
	_, err = s.pool.Exec(ctx, s.q.Get("finish"), int64(r.Account()), int64(r.id), r.epoch, string(state), text, code, args,
		p.Step, p.Done, p.Total)
	return err
}

// requeue gives a task back; counts is by how much its attempts are fewer again.
func (s *Store) requeue(ctx context.Context, r *Run, counts int, at time.Time) error {
	p := r.at()
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("requeue"), int64(r.Account()), int64(r.id), r.epoch, p.Step, p.Done, p.Total, counts)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.enqueue(ctx, tx, r.Account(), r.id, at)
	})
}
