package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// UnderWay gives the campaigns that stand in the way of a closing: those that send, are going to, or are being launched.
func (s *Store) UnderWay(ctx context.Context, account ids.ID) ([]access.Named, error) {
	return s.underWay(ctx, s.desk, account)
}

func (s *Store) underWay(ctx context.Context, from asker, account ids.ID) ([]access.Named, error) {
	rows, err := from.Query(ctx, s.q.Get("under_way"), account)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[access.Named])
}

// CheckClose tells whether a closing is confirmed by the account's name.
func (s *Store) CheckClose(ctx context.Context, account ids.ID, name string) error {
	a, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	return confirmed(a.Name, name)
}

func confirmed(name, by string) error {
	if strings.TrimSpace(by) != name {
		return fault.New(fault.Invalid, "close_name", "body.name", "name", name)
	}
	return nil
}

// CloseAccount closes an account: its sessions end, its tokens do not work, and its background work is cancelled. A
// campaign that is under way is a fault of the kind Conflict.
func (s *Store) CloseAccount(ctx context.Context, who access.Actor, name string) (access.Closing, error) {
	c := access.Closing{ID: who.Account, At: s.clock().UTC().Truncate(time.Microsecond)}
	c.Until = c.At.Add(access.KeepClosed)
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, s.q.Get("closing"), who.Account).Scan(&c.Name); err != nil {
			return found(err, "account")
		}
		if err := confirmed(c.Name, name); err != nil {
			return err
		}
		list, err := s.underWay(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return access.InTheWay(list)
		}
		b := &pgx.Batch{}
		b.Queue(s.q.Get("close"), who.Account, c.At, clean(who.Name))
		b.Queue(s.q.Get("close_tasks"), who.Account)
		b.Queue(s.q.Get("close_sessions"), who.Account)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return Audit(ctx, tx, who, "account.closed", "account", 0, map[string]any{"name": c.Name, "until": c.Until})
	})
	return c, err
}

// Reopen opens a closed account again, by its name or id: for the commands of who runs the installation. Of several of a
// name the id is needed.
func (s *Store) Reopen(ctx context.Context, name string) (id ids.ID, err error) {
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, s.q.Get("closed"), strings.TrimSpace(clean(name)))
		if err != nil {
			return err
		}
		type closed struct {
			ID      ids.ID
			Name    string
			At      time.Time
			Closer  string
			Erasing bool
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
		if open := slices.DeleteFunc(slices.Clone(list), func(c closed) bool { return c.Erasing }); len(open) > 0 {
			list = open
		} else {
			list = list[:min(len(list), 1)] // none can be opened: the one that was closed last says why
		}
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.New(fault.NotFound, "no_closed_account", "")
		case len(list) > 1:
			all := make([]string, len(list))
			for i, a := range list {
				all[i] = a.ID.String()
			}
			return fault.New(fault.Conflict, "closed_accounts", "", "ids", strings.Join(all, ", "))
		}
		a := list[0]
		switch days := int(access.KeepClosed / (24 * time.Hour)); {
		case a.Erasing:
			return fault.New(fault.Conflict, "closed_erased", "", "days", days)
		case !s.clock().Before(a.At.Add(access.KeepClosed)):
			return fault.New(fault.Conflict, "closed_too_long", "", "days", days)
		}
		id = a.ID
		if _, err := tx.Exec(ctx, s.q.Get("reopen"), id); err != nil {
			return err
		}
		return Audit(ctx, tx, access.System(id), "account.reopened", "account", 0, map[string]any{"closed_at": a.At.UTC(), "closed_by": a.Closer})
	})
	return id, err
}

// Closed tells whether an account is closed.
func (s *Store) Closed(ctx context.Context, account ids.ID) (yes bool, err error) {
	err = s.desk.QueryRow(ctx, s.q.Get("is_closed"), account).Scan(&yes)
	return yes, found(err, "account")
}
