package contacts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

// DropAttributeKind is the kind of task that DropAttribute is.
const DropAttributeKind task.Kind = "attribute_deletion"

// Dropped is what the result of such a task says.
type Dropped struct {
	Contacts int64 `json:"contacts"` // that had a value
}

// dropMembers deletes the memberships of a group piece by piece: one statement for a million would hold a snapshot for
// too long. It can be broken off and done again.
func (s *Store) dropMembers(ctx context.Context, account, group ids.ID, done func(n int64)) error {
	for {
		tag, err := s.desk.Exec(ctx, s.q.Get("group_members_delete"), int64(account), int64(group), fillAtOnce)
		if err != nil {
			return err
		}
		done(tag.RowsAffected())
		if tag.RowsAffected() < fillAtOnce {
			break
		}
	}
	_, err := s.desk.Exec(ctx, s.q.Get("group_sizes_delete"), int64(account), int64(group))
	return err
}

// purgeGroups deletes groups for good that were deleted before an instant. Their memberships are looked for by themselves, so
// that what was broken off is done the next time.
func (s *Store) purgeGroups(ctx context.Context, before time.Time) (total int64, err error) {
	if _, err := s.desk.Exec(ctx, s.q.Get("purge_groups"), before); err != nil {
		return 0, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("groups_left"))
	if err != nil {
		return 0, err
	}
	type left struct{ Account, Group ids.ID }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[left])
	for _, g := range list {
		if err == nil {
			err = s.dropMembers(ctx, g.Account, g.Group, func(n int64) { total += n })
		}
	}
	return total, err
}

// dropAttribute is what a DropAttribute is ordered with.
type dropAttribute struct {
	Key string `json:"key"`
}

// DeleteAttribute deletes a definition and, in all contacts, its values: when that is confirmed, or there are none. It is
// done in the task; until then the attribute is there.
func (s *Store) DeleteAttribute(ctx context.Context, actor access.Actor, key string, confirmed bool) (task.Task, error) {
	var t task.Task
	if _, err := s.Attribute(ctx, actor.Account, key); err != nil {
		return t, err
	}
	if !confirmed {
		var n int64
		if err := s.desk.QueryRow(ctx, s.q.Get("attribute_used"), int64(actor.Account), key).Scan(&n); err != nil {
			return t, err
		}
		if n > 0 {
			return t, fault.New(fault.Conflict, "attribute_used", "query.confirm", "key", key, "contacts", n)
		}
	}
	err := s.change(ctx, func(tx pgx.Tx) (err error) {
		if t, err = s.Tasks.Start(ctx, tx, actor, task.Order{Kind: DropAttributeKind, Name: key, Reads: string(access.ReadContacts),
			Writes: string(access.WriteContacts), Args: dropAttribute{key}}); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "attribute.deleted", "attribute", 0, map[string]any{"key": key})
	})
	return t, err
}

// DropAttribute does what DeleteAttribute ordered; register it under DropAttributeKind. The definition goes last, so that
// what breaks off or is cancelled can be done again.
func (s *Store) DropAttribute(ctx context.Context, r *tasks.Run) (any, error) {
	var order dropAttribute
	if err := r.Args(&order); err != nil {
		return nil, err
	}
	var out Dropped
	for _, statement := range []string{"attribute_values_delete", "attribute_deleted_values"} {
		for after, n := int64(0), int64(fillAtOnce); n == fillAtOnce; {
			err := s.desk.QueryRow(ctx, s.q.Get(statement), int64(r.Account()), order.Key, after, fillAtOnce).Scan(&n, &after)
			if err != nil {
				return out, err
			}
			if statement == "attribute_values_delete" {
				out.Contacts += n
				r.Progress("deleting", out.Contacts, 0)
			}
		}
	}
	_, err := s.desk.Exec(ctx, s.q.Get("attribute_delete"), int64(r.Account()), order.Key)
	return out, err
}
