package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

// What ends the context of a task; context.Cause tells which.
var (
	// ErrCancelled says that a person cancelled the task.
	ErrCancelled = errors.New("tasks: the task was cancelled")
	// ErrLost says that the task was taken from this process, which was silent for too long.
	ErrLost = errors.New("tasks: the task was taken by another process")
	// ErrStopping says that this process stops; another goes on with the task.
	ErrStopping = errors.New("tasks: the process stops")
)

// Run is a task at work in this process. Its methods are safe for use by many goroutines.
type Run struct {
	s          *Store
	id         ids.ID
	object     ids.ID
	kind       task.Kind
	actor      access.Actor
	epoch      int64
	attempts   int
	args       []byte
	checkpoint []byte

	mu       sync.Mutex
	progress task.Progress
}

// ID is the task's.
func (r *Run) ID() ids.ID { return r.id }

// Object is what the task was ordered for.
func (r *Run) Object() ids.ID { return r.object }

// Account is whose task it is.
func (r *Run) Account() ids.ID { return r.actor.Account }

// Actor is who asked for it.
func (r *Run) Actor() access.Actor { return r.actor }

// Args reads what the task was ordered with.
func (r *Run) Args(into any) error {
	if err := json.Unmarshal(r.args, into); err != nil {
		return fmt.Errorf("tasks: the arguments of %s: %w", r.kind, err)
	}
	return nil
}

// Checkpoint reads what Commit kept last, in this process or one before; found is false where the task begins.
func (r *Run) Checkpoint(into any) (found bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checkpoint == nil {
		return false, nil
	}
	if err := json.Unmarshal(r.checkpoint, into); err != nil {
		return false, fmt.Errorf("tasks: the checkpoint of %s: %w", r.kind, err)
	}
	return true, nil
}

// Progress says how far the task is; it is written at the next beat, at most twice a second. total 0: not known.
func (r *Run) Progress(step string, done, total int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = task.Progress{Step: step, Done: done, Total: total}
}

func (r *Run) at() task.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// Commit does a piece of the work in a transaction together with the checkpoint behind it; a nil checkpoint keeps the last.
// Where another process has taken the task meanwhile nothing is done, and the error is ErrLost. f may be called once only:
// what it changes outside the transaction is its own affair.
func (r *Run) Commit(ctx context.Context, checkpoint any, f func(tx pgx.Tx) error) error {
	var text []byte
	err := pgx.BeginFunc(ctx, r.s.pool, func(tx pgx.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		if checkpoint != nil {
			var err error
			if text, err = json.Marshal(checkpoint); err != nil {
				return fmt.Errorf("tasks: the checkpoint of %s: %w", r.kind, err)
			}
		}
		// The task's own row comes last, so that the beats need not wait for the transaction.
		tag, err := tx.Exec(ctx, r.s.q.Get("fence"), int64(r.actor.Account), int64(r.id), r.epoch, text)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrLost
		}
		return err
	})
	if err == nil && text != nil {
		r.mu.Lock()
		r.checkpoint = text
		r.mu.Unlock()
	}
	return err
}

// Create begins a file that can be downloaded once the Writer was closed, in place of one of the same name.
func (r *Run) Create(ctx context.Context, name, mediaType string) (*Writer, error) {
	return r.s.Create(ctx, r.actor.Account, r.id, name, mediaType)
}
