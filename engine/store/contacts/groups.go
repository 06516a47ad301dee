package contacts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

func scanGroup(row pgx.CollectableRow) (audience.Group, error) {
	var g audience.Group
	err := row.Scan((*int64)(&g.ID), &g.Name, &g.Size, &g.CreatedAt, &g.UpdatedAt)
	g.CreatedAt, g.UpdatedAt = g.CreatedAt.UTC(), g.UpdatedAt.UTC()
	return g, err
}

// Groups gives a page of the groups, by name, or of the deleted ones, the last deleted first.
func (s *Store) Groups(ctx context.Context, account ids.ID, query audience.GroupQuery, page paging.Request) (paging.Page[audience.Group], error) {
	if query.Deleted {
		return s.deletedGroups(ctx, account, query.Search, page)
	}
	var out paging.Page[audience.Group]
	var after mark
	if err := paging.Decode(page.Cursor, &after); err != nil {
		return out, err
	}
	sql, args := s.q.Get("groups"), []any{int64(account)}
	if q := storable(query.Search); q != "" {
		args = append(args, "%"+likeEscape.Replace(filter.Fold(q))+"%")
		sql += fmt.Sprintf(` AND folded(g.name) COLLATE "C" LIKE $%d`, len(args))
	}
	if page.Cursor != "" {
		args = append(args, storable(after.Text))
		sql += fmt.Sprintf(` AND folded(g.name) COLLATE "C" > folded($%d::text)`, len(args))
	}
	sql += fmt.Sprintf(` ORDER BY folded(g.name) COLLATE "C" LIMIT %d`, page.Limit+1)
	rows, err := s.desk.Query(ctx, sql, args...)
	if err != nil {
		return out, err
	}
	if out.Items, err = pgx.CollectRows(rows, scanGroup); err != nil {
		return out, err
	}
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		out.Next = paging.Encode(mark{Text: out.Items[page.Limit-1].Name})
	}
	return out, nil
}

func (s *Store) deletedGroups(ctx context.Context, account ids.ID, q string, page paging.Request) (paging.Page[audience.Group], error) {
	var out paging.Page[audience.Group]
	var after mark
	if err := paging.Decode(page.Cursor, &after); err != nil {
		return out, err
	}
	var at any
	if page.Cursor != "" {
		at = after.At
	}
	rows, err := s.desk.Query(ctx, s.q.Get("groups_deleted"), int64(account), s.Clock().Add(-KeepDeleted), at, int64(after.ID),
		storable(q), page.Limit+1)
	if err != nil {
		return out, err
	}
	out.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (audience.Group, error) {
		var g audience.Group
		var gone time.Time
		err := row.Scan((*int64)(&g.ID), &g.Name, &g.Size, &g.CreatedAt, &g.UpdatedAt, &gone, &g.DeletedBy)
		g.CreatedAt, g.UpdatedAt, gone = g.CreatedAt.UTC(), g.UpdatedAt.UTC(), gone.UTC()
		until := gone.Add(KeepDeleted)
		g.DeletedAt, g.Until = &gone, &until
		return g, err
	})
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		last := out.Items[page.Limit-1]
		out.Next = paging.Encode(mark{At: *last.DeletedAt, ID: last.ID})
	}
	return out, err
}

// Group gives one.
func (s *Store) Group(ctx context.Context, account, id ids.ID) (audience.Group, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("groups")+" AND g.group_id = $2", int64(account), int64(id))
	if err != nil {
		return audience.Group{}, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanGroup)
	return g, found(err, "group_not_found", "path.group")
}

// CreateGroup makes a group. A name that another one has, case aside, is a fault of the kind Conflict.
func (s *Store) CreateGroup(ctx context.Context, actor access.Actor, name string) (audience.Group, error) {
	name, err := audience.GroupName(name)
	if err != nil {
		return audience.Group{}, err
	}
	id := s.NewID()
	err = s.change(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.q.Get("group_add"), int64(actor.Account), int64(id), name, s.Clock()); err != nil {
			return nameTaken(err)
		}
		return accounts.Audit(ctx, tx, actor, "group.created", "group", id, map[string]any{"name": name})
	})
	if err != nil {
		return audience.Group{}, err
	}
	return s.Group(ctx, actor.Account, id)
}

func nameTaken(err error) error {
	if taken(err, "groups_name") {
		return fault.New(fault.Conflict, "group_name_taken", "body.name")
	}
	return err
}

// RenameGroup gives a group another name.
func (s *Store) RenameGroup(ctx context.Context, actor access.Actor, id ids.ID, name string) (audience.Group, error) {
	name, err := audience.GroupName(name)
	if err != nil {
		return audience.Group{}, err
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("group_set"), int64(actor.Account), int64(id), name, s.Clock())
		if err != nil {
			return nameTaken(err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "group_not_found", "path.group")
		}
		return accounts.Audit(ctx, tx, actor, "group.renamed", "group", id, map[string]any{"name": name})
	})
	if err != nil {
		return audience.Group{}, err
	}
	return s.Group(ctx, actor.Account, id)
}

// DeleteGroup deletes a group; its contacts stay. It can be restored for KeepDeleted.
func (s *Store) DeleteGroup(ctx context.Context, actor access.Actor, id ids.ID) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		var name string
		err := tx.QueryRow(ctx, s.q.Get("group_delete"), int64(actor.Account), int64(id), s.Clock(), actor.Name).Scan(&name)
		if err != nil {
			return found(err, "group_not_found", "path.group")
		}
		return accounts.Audit(ctx, tx, actor, "group.deleted", "group", id, map[string]any{"name": name})
	})
}

// RestoreGroup brings a group back that was deleted in the last thirty days, with those of its contacts that there are. A name
// that another group has by now is a fault of the kind Conflict.
func (s *Store) RestoreGroup(ctx context.Context, actor access.Actor, id ids.ID) (audience.Group, error) {
	err := s.change(ctx, func(tx pgx.Tx) error {
		var name string
		now := s.Clock()
		err := tx.QueryRow(ctx, s.q.Get("group_restore"), int64(actor.Account), int64(id), now.Add(-KeepDeleted), now).Scan(&name)
		if taken(err, "groups_name") {
			return fault.New(fault.Conflict, "group_restore_taken", "path.group")
		}
		if err != nil {
			return found(err, "group_not_found", "path.group")
		}
		return accounts.Audit(ctx, tx, actor, "group.restored", "group", id, map[string]any{"name": name})
	})
	if err != nil {
		return audience.Group{}, err
	}
	return s.Group(ctx, actor.Account, id)
}

// AddMembers puts contacts into a group, RemoveMembers takes them out. Contacts that there are not are passed over. Both
// give how many changed.
func (s *Store) AddMembers(ctx context.Context, actor access.Actor, group ids.ID, list []ids.ID) (int64, error) {
	return s.members(ctx, actor, group, list, false)
}

// RemoveMembers takes contacts out of a group.
func (s *Store) RemoveMembers(ctx context.Context, actor access.Actor, group ids.ID, list []ids.ID) (int64, error) {
	return s.members(ctx, actor, group, list, true)
}

func (s *Store) members(ctx context.Context, actor access.Actor, group ids.ID, list []ids.ID, remove bool) (n int64, err error) {
	if err := tooMany(len(list), "body.ids"); err != nil {
		return 0, err
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		if n, err = s.membersIn(ctx, tx, actor.Account, group, numbers(list), remove); err != nil || n == 0 {
			return err
		}
		what := "group.members_added"
		if remove {
			what = "group.members_removed"
		}
		return accounts.Audit(ctx, tx, actor, what, "group", group, map[string]any{"count": n})
	})
	return n, err
}

// membersIn changes the members in a transaction.
func (s *Store) membersIn(ctx context.Context, tx pgx.Tx, account, group ids.ID, list []int64, remove bool) (int64, error) {
	var name string
	// A group that is being deleted takes nobody in any more.
	err := tx.QueryRow(ctx, s.q.Get("group_lock"), int64(account), int64(group)).Scan(&name)
	if err != nil {
		return 0, found(err, "group_not_found", "path.group")
	}
	if remove {
		tag, err := tx.Exec(ctx, s.q.Get("members_remove"), int64(account), int64(group), list)
		return tag.RowsAffected(), err
	}
	tag, err := tx.Exec(ctx, s.q.Get("members_add"), int64(account), int64(group), list, s.Clock())
	return tag.RowsAffected(), err
}
