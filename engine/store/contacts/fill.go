package contacts

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

// FillKind is the kind of task that FillGroup is.
const FillKind task.Kind = "group_members"

// Starter orders background work: tasks.Store.
type Starter interface {
	Start(ctx context.Context, tx pgx.Tx, actor access.Actor, o task.Order) (task.Task, error)
}

// OrderFill checks a Fill and orders it.
func (s *Store) OrderFill(ctx context.Context, actor access.Actor, f audience.Fill) (task.Task, error) {
	g, err := s.Group(ctx, actor.Account, f.Group)
	if err != nil {
		return task.Task{}, err
	}
	if err := s.CheckSelection(ctx, actor.Account, f.Selection, "body"); err != nil {
		return task.Task{}, err
	}
	var t task.Task
	err = s.change(ctx, func(tx pgx.Tx) error {
		t, err = s.Tasks.Start(ctx, tx, actor, task.Order{Kind: FillKind, Name: g.Name, Object: g.ID,
			Reads: string(access.ReadContacts), Writes: string(access.WriteContacts), Args: f})
		if err != nil {
			return err
		}
		what := "group.members_added"
		if f.Remove {
			what = "group.members_removed"
		}
		return accounts.Audit(ctx, tx, actor, what, "group", g.ID, map[string]any{"task": t.ID, "selection": f.Selection})
	})
	return t, err
}

// CheckSelection says what is wrong with a selection, in fields that begin with a prefix such as body.audience.
func (s *Store) CheckSelection(ctx context.Context, account ids.ID, sel audience.Selection, field string) error {
	if _, err := s.parse(sel.Filter, field+".filter"); err != nil {
		return err
	}
	if err := s.groupsThere(ctx, s.desk, account, sel.Groups, field+".groups"); err != nil {
		return err
	}
	return s.groupsThere(ctx, s.desk, account, sel.MinusGroups, field+".minus_groups")
}

// fillAtOnce is how many contacts a transaction takes.
const fillAtOnce = 5_000

// fillMark is how far a Fill is.
type fillMark struct {
	After int64 `json:"after"`
	audience.Filled
}

// FillGroup does what a Fill says, in pieces; register it under FillKind. What was done until a cancel stands.
func (s *Store) FillGroup(ctx context.Context, r *tasks.Run) (any, error) {
	var f audience.Fill
	if err := r.Args(&f); err != nil {
		return nil, err
	}
	var at fillMark
	if _, err := r.Checkpoint(&at); err != nil {
		return nil, err
	}
	where, args, err := s.Where(r.Account(), f.Selection, 3)
	if err != nil {
		return nil, err
	}
	sql := "SELECT c.contact FROM contacts c WHERE " + where + " AND c.contact > $1 ORDER BY c.contact LIMIT $2"
	for {
		next := at
		var n int
		// The pieces are read where they are written, so that a piece that is begun again is the same one.
		err := r.Commit(ctx, &next, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, sql, append([]any{at.After, fillAtOnce}, args...)...)
			if err != nil {
				return err
			}
			list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if n = len(list); err != nil || n == 0 {
				return err
			}
			changed, err := s.membersIn(ctx, tx, r.Account(), f.Group, list, f.Remove)
			next.After = list[n-1]
			next.Selected += int64(n)
			next.Changed += changed
			return err
		})
		if err != nil {
			return at.Filled, err
		}
		at = next
		r.Progress("storing", at.Selected, 0)
		if n < fillAtOnce {
			return at.Filled, nil
		}
	}
}
