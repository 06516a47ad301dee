package contacts

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

// Delete deletes contacts, and interrupts their open walks. They can be restored for KeepDeleted. It gives the ids of
// those that were there.
func (s *Store) Delete(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error) {
	if err := tooMany(len(list), "body.ids"); err != nil {
		return nil, err
	}
	var gone []int64
	err := s.change(ctx, func(tx pgx.Tx) (err error) {
		gone, err = s.delete(ctx, tx, actor, numbers(list), "deleted")
		return err
	})
	return idsOf(gone), err
}

func (s *Store) delete(ctx context.Context, tx pgx.Tx, actor access.Actor, list []int64, why string) ([]int64, error) {
	account := int64(actor.Account)
	rows, err := tx.Query(ctx, s.q.Get("delete"), account, list, s.Clock(), actor.Name)
	if err != nil {
		return nil, err
	}
	gone, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(gone) == 0 {
		return gone, err
	}
	if err := s.interrupt(ctx, tx, actor.Account, gone, why); err != nil {
		return nil, err
	}
	return gone, s.auditMany(ctx, tx, actor, "contact.deleted", gone)
}

// auditMany writes one row for one contact, and one for all where there are many.
func (s *Store) auditMany(ctx context.Context, tx pgx.Tx, actor access.Actor, what string, list []int64) error {
	if len(list) == 1 {
		return accounts.Audit(ctx, tx, actor, what, "contact", ids.ID(list[0]), nil)
	}
	return accounts.Audit(ctx, tx, actor, what, "contact", 0, map[string]any{"count": len(list), "ids": idsOf(list)})
}

// lockCaps keeps the workers' launches of contacts waiting until the transaction ends. It comes before all other locks of what
// changes people under way: a worker that launches under a cap takes these first, contact by contact, and everything else then.
func (s *Store) lockCaps(ctx context.Context, tx pgx.Tx, account ids.ID, list []int64) error {
	for _, statement := range []string{"caps_rows", "caps_lock"} {
		if _, err := tx.Exec(ctx, s.q.Get(statement), int64(account), list); err != nil {
			return err
		}
	}
	return nil
}

// interrupt ends the open walks of contacts, with the reason.
func (s *Store) interrupt(ctx context.Context, tx pgx.Tx, account ids.ID, list []int64, why string) error {
	_, err := tx.Exec(ctx, s.q.Get("interrupt"), int64(account), list, why)
	return err
}

// DeleteOne deletes a contact that has to be there.
func (s *Store) DeleteOne(ctx context.Context, actor access.Actor, id ids.ID) error {
	gone, err := s.Delete(ctx, actor, []ids.ID{id})
	if err == nil && len(gone) == 0 {
		return fault.New(fault.NotFound, "contact_not_found", "path.contact")
	}
	return err
}

// Restore undoes deletions of the last thirty days. It gives the ids of those that are back: left out are those that are
// not deleted and those whose phone another contact has by now. Walks that were interrupted stay so.
func (s *Store) Restore(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error) {
	if err := tooMany(len(list), "body.ids"); err != nil {
		return nil, err
	}
	var back []int64
	err := s.change(ctx, func(tx pgx.Tx) error {
		now := s.Clock()
		rows, err := tx.Query(ctx, s.q.Get("restore"), int64(actor.Account), numbers(list), now.Add(-KeepDeleted), now)
		if err != nil {
			return err
		}
		if back, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(back) == 0 {
			return err
		}
		return s.auditMany(ctx, tx, actor, "contact.restored", back)
	})
	return idsOf(back), err
}

// DeletedList gives those that can be restored, the last deleted first.
func (s *Store) DeletedList(ctx context.Context, account ids.ID, q audience.DeletedQuery, page paging.Request) (paging.Page[audience.Deleted], error) {
	var out paging.Page[audience.Deleted]
	var after mark
	if err := paging.Decode(page.Cursor, &after); err != nil {
		return out, err
	}
	var at any
	if page.Cursor != "" {
		at = after.At
	}
	rows, err := s.desk.Query(ctx, s.q.Get("deleted"), int64(account), at, int64(after.ID), s.Clock().Add(-KeepDeleted), page.Limit+1,
		paging.Words(q.Search))
	if err != nil {
		return out, err
	}
	out.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (audience.Deleted, error) {
		var d audience.Deleted
		err := row.Scan((*int64)(&d.ID), &d.Name, &d.Phone, &d.Email, &d.DeletedAt, &d.DeletedBy)
		d.DeletedAt = d.DeletedAt.UTC()
		d.Until = d.DeletedAt.Add(KeepDeleted)
		return d, err
	})
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		last := out.Items[page.Limit-1]
		out.Next = paging.Encode(mark{At: last.DeletedAt, ID: last.ID})
	}
	return out, err
}

// purgeAtOnce is how many contacts a statement of Purge takes.
const purgeAtOnce = 5_000

// Purge deletes for good, in all accounts, what was deleted more than KeepDeleted ago. It gives how many rows it took.
func (s *Store) Purge(ctx context.Context) (int64, error) {
	before := s.Clock().Add(-KeepDeleted)
	if _, err := s.desk.Exec(ctx, s.q.Get("purge_stops"), before); err != nil {
		return 0, err
	}
	total, err := s.purgeGroups(ctx, before)
	if err != nil {
		return total, err
	}
	for {
		var n int64
		if err := s.desk.QueryRow(ctx, s.q.Get("purge"), before, purgeAtOnce).Scan(&n); err != nil {
			return total, err
		}
		if total += n; n < purgeAtOnce {
			return total, nil
		}
	}
}
