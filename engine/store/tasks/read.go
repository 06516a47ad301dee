package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
	"kaskad/engine/task"
)

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (s *Store) read(ctx context.Context, from querier, account, id ids.ID) (task.Task, error) {
	list, err := s.collect(ctx, from, account, "get", int64(account), int64(id))
	if err != nil {
		return task.Task{}, err
	}
	if len(list) == 0 {
		return task.Task{}, task.NotFound()
	}
	return list[0], nil
}

// collect reads tasks with their files.
func (s *Store) collect(ctx context.Context, from querier, account ids.ID, query string, args ...any) ([]task.Task, error) {
	rows, err := from.Query(ctx, s.q.Get(query), args...)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	if len(list) == 0 {
		return list, nil
	}
	at := make(map[int64]int, len(list))
	owners := make([]int64, len(list))
	for i := range list {
		owners[i] = int64(list[i].ID)
		at[owners[i]] = i
	}
	rows, err = from.Query(ctx, s.q.Get("files"), int64(account), owners)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	var owner int64
	var f task.File
	_, err = pgx.ForEachRow(rows, []any{&owner, &f.Name, &f.Type, &f.Size}, func() error {
		t := &list[at[owner]]
		t.Files = append(t.Files, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return list, nil
}

func scan(row pgx.CollectableRow) (task.Task, error) {
	t := task.Task{Files: []task.File{}}
	var id, object int64
	var kind, state string
	var result, errorArgs []byte
	var code *string
	err := row.Scan(&id, &kind, &t.Name, &object, &state, &t.Cancelling, &t.Progress.Step, &t.Progress.Done, &t.Progress.Total,
		&result, &code, &errorArgs, &t.By, &t.CreatedAt, &t.StartedAt, &t.FinishedAt, &t.Reads, &t.Writes)
	if err != nil {
		return t, err
	}
	t.ID, t.Object, t.Kind, t.State, t.Result = ids.ID(id), ids.ID(object), task.Kind(kind), task.State(state), result
	t.CreatedAt, t.StartedAt, t.FinishedAt = t.CreatedAt.UTC(), utc(t.StartedAt), utc(t.FinishedAt)
	if code != nil {
		t.Error = &task.Failure{Code: *code}
		if errorArgs != nil {
			err = json.Unmarshal(errorArgs, &t.Error.Args)
		}
	}
	return t, err
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// Get gives a task, where the principal may see it.
func (s *Store) Get(ctx context.Context, who *access.Principal, id ids.ID) (task.Task, error) {
	t, err := s.read(ctx, s.desk, who.Account, id)
	if err == nil && t.Reads != "" && !who.May(access.Scope(t.Reads)) {
		return task.Task{}, task.NotFound()
	}
	return t, err
}

// List gives the tasks that the principal may see, the newest first unless the other order is asked for.
func (s *Store) List(ctx context.Context, who *access.Principal, q task.Query, page paging.Request) (paging.Page[task.Task], error) {
	var out paging.Page[task.Task]
	var last ids.ID
	if err := paging.Decode(page.Cursor, &last); err != nil {
		return out, err
	}
	scopes := make([]string, len(who.Scopes))
	for i, sc := range who.Scopes {
		scopes[i] = string(sc)
	}
	query := "list"
	if q.Sort == "created_at" {
		query = "list_oldest"
	}
	list, err := s.collect(ctx, s.desk, who.Account, query, int64(who.Account), int64(last), string(q.Kind), string(q.State),
		scopes, page.Limit+1, paging.Words(q.Search), int64(q.Object))
	if err != nil {
		return out, err
	}
	out.Items = list
	if len(list) > page.Limit {
		out.Items = list[:page.Limit]
		out.Next = paging.Encode(out.Items[page.Limit-1].ID)
	}
	return out, nil
}

// Cancel ends a task: one that waits at once, one that runs within a second. What was done until then stands. A task that
// is being cancelled already is given as it is.
func (s *Store) Cancel(ctx context.Context, who *access.Principal, id ids.ID) (task.Task, error) {
	t, err := s.Get(ctx, who, id)
	switch {
	case err != nil:
		return t, err
	case t.Writes != "" && !who.May(access.Scope(t.Writes)):
		return t, fault.New(fault.Forbidden, "scope_needed", "", "scope", t.Writes)
	case t.State.Final():
		return t, task.Finished(t.State)
	case t.Cancelling:
		return t, nil
	}
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("cancel"), int64(who.Account), int64(id))
		if err != nil {
			return fmt.Errorf("tasks: %w", err)
		}
		if t, err = s.read(ctx, tx, who.Account, id); err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return task.Finished(t.State)
		}
		return accounts.Audit(ctx, tx, who.Actor, "task.cancelled", "task", id, map[string]any{"kind": t.Kind, "name": t.Name})
	})
	return t, err
}

// Watch gives a task when it is otherwise than seen, or has ended; the zero Task is otherwise than all. It looks as often
// as progress is written.
func (s *Store) Watch(ctx context.Context, who *access.Principal, id ids.ID, seen task.Task) (task.Task, error) {
	tick := time.NewTicker(s.o.Beat)
	defer tick.Stop()
	for {
		t, err := s.Get(ctx, who, id)
		if err != nil || t.State.Final() || !same(t, seen) {
			return t, err
		}
		select {
		case <-ctx.Done():
			return t, ctx.Err()
		case <-tick.C:
		}
	}
}

func same(a, b task.Task) bool {
	return a.ID == b.ID && a.State == b.State && a.Cancelling == b.Cancelling && a.Progress == b.Progress &&
		slices.Equal(a.Files, b.Files)
}
