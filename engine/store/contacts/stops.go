package contacts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

// Stops gives a page of the stop list. Total is counted up to CountUpTo, on the first page.
func (s *Store) Stops(ctx context.Context, account ids.ID, q audience.StopQuery, page paging.Request) (paging.Page[audience.Stop], error) {
	var out paging.Page[audience.Stop]
	var before mark
	if err := paging.Decode(page.Cursor, &before); err != nil {
		return out, err
	}
	name, backwards := strings.CutPrefix(q.Sort, "-")
	switch {
	case name != "created_at" && name != "address":
		return out, fault.New(fault.Invalid, "bad_sort", "query.sort")
	case page.Cursor != "" && before.Sort != q.Sort:
		return out, fault.New(fault.Invalid, "bad_cursor", "query.cursor")
	}
	b := &condition{first: 1, account: account}
	b.arg(int64(account))
	sql, by := s.q.Get("stops"), "s.created_at"
	if q.Removed {
		b.arg(s.Clock().Add(-KeepDeleted))
		sql, by = s.q.Get("stops_removed"), "s.removed_at"
	}
	b.stops(q)
	sign, direction := " > ", ""
	if backwards {
		sign, direction = " < ", " DESC"
	}
	if page.Cursor == "" {
		var err error
		if out.Total, err = s.few(ctx, sql+b.text.String(), CountUpTo, b.args); err != nil {
			return out, err
		}
	} else if name == "address" {
		b.add(" AND (s.address, s.entry)", sign, "(", b.string(storable(before.Text)), ", ", b.arg(int64(before.ID)), "::bigint)")
	} else {
		b.add(" AND (", by, ", s.entry)", sign, "(", b.arg(before.At), "::timestamptz, ", b.arg(int64(before.ID)), "::bigint)")
	}
	if name == "address" {
		by = "s.address"
	}
	sql += b.text.String() + fmt.Sprintf(" ORDER BY %s%s, s.entry%s LIMIT %d", by, direction, direction, page.Limit+1)
	rows, err := s.desk.Query(ctx, sql, b.args...)
	if err != nil {
		return out, err
	}
	if out.Items, err = pgx.CollectRows(rows, scanStop); err != nil {
		return out, err
	}
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		last := &out.Items[page.Limit-1]
		m := mark{Sort: q.Sort, At: last.CreatedAt, ID: last.ID}
		switch {
		case name == "address":
			m.At, m.Text = time.Time{}, last.Address
		case last.RemovedAt != nil:
			m.At = *last.RemovedAt
		}
		out.Next = paging.Encode(m)
	}
	return out, nil
}

func scanStop(row pgx.CollectableRow) (st audience.Stop, err error) {
	to := []any{(*int64)(&st.ID), &st.Address, &st.Channel, &st.Reason, &st.Source, &st.AddedBy, &st.CreatedAt}
	var removed time.Time
	if len(row.FieldDescriptions()) > len(to) {
		to = append(to, &removed, &st.RemovedBy, &st.Because)
	}
	err = row.Scan(to...)
	st.CreatedAt = st.CreatedAt.UTC()
	if !removed.IsZero() {
		removed = removed.UTC()
		st.RemovedAt = &removed
	}
	return st, err
}

// stops adds what a query asks for.
func (b *condition) stops(q audience.StopQuery) {
	if text := strings.TrimSpace(storable(q.Search)); text != "" {
		begins := []string{text}
		if page := audience.PageOf(text); page != "" {
			begins = append(begins, page)
		}
		b.add(" AND (")
		if digits := phoneLike(text); digits != "" {
			begins = append(begins, "+"+digits, "+7"+digits, "+7"+digits[1:])
			end := []byte(digits)
			slices.Reverse(end)
			b.add("reverse(s.address) >= ", b.string(string(end)), " AND reverse(s.address) < ", b.string(after(string(end))), " OR ")
		}
		for i, begin := range begins {
			if i > 0 {
				b.add(" OR ")
			}
			b.add("s.address LIKE ", b.string(likeEscape.Replace(begin)+"%"))
		}
		b.add(")")
	}
	switch q.Channel {
	case "":
	case "all":
		b.add(" AND s.channel = ''")
	default:
		b.add(" AND s.channel = ", b.string(storable(q.Channel)))
	}
	if q.Reason != "" {
		b.add(" AND folded(s.reason) LIKE ", b.string(likeEscape.Replace(filter.Fold(storable(q.Reason)))+"%"))
	}
	if q.Source != "" {
		b.add(" AND folded(s.source) LIKE ", b.string("%"+likeEscape.Replace(filter.Fold(storable(q.Source)))+"%"))
	}
}

// Stop puts addresses, as people write them, on the stop list; those that are none are refused one by one. Who is stopped
// for all channels has the open walks interrupted.
func (s *Store) Stop(ctx context.Context, actor access.Actor, entries []audience.StopEntry) (audience.StopsAdded, error) {
	out := audience.StopsAdded{Added: []ids.ID{}, Refused: []audience.StopRefused{}}
	if err := tooMany(len(entries), "body.addresses"); err != nil {
		return out, err
	}
	h, err := s.home(ctx, s.desk, actor.Account)
	if err != nil {
		return out, err
	}
	good := make([]audience.StopEntry, 0, len(entries))
	for i, e := range entries {
		if code := e.Normalise(h.Country); code != "" {
			out.Refused = append(out.Refused, audience.StopRefused{Index: i, Address: entries[i].Address, Code: code})
			continue
		}
		good = append(good, e)
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		if out.Added, err = s.AddStops(ctx, tx, actor, good); err != nil || len(out.Added) == 0 {
			return err
		}
		return s.auditStops(ctx, tx, actor, "stop.added", out.Added, "")
	})
	out.Already = len(good) - len(out.Added)
	return out, err
}

// auditStops writes one row of the log, without addresses: they are for the list itself.
func (s *Store) auditStops(ctx context.Context, tx pgx.Tx, actor access.Actor, what string, list []ids.ID, why string) error {
	change := map[string]any{"count": len(list), "ids": list[:min(len(list), 100)]}
	if why != "" {
		change["reason"] = why
	}
	id := ids.ID(0)
	if len(list) == 1 {
		id = list[0]
	}
	return accounts.Audit(ctx, tx, actor, what, "stop", id, change)
}

// AddStops adds normalised entries in a transaction, and gives the ids of the new ones. It leaves the log to its caller.
func (s *Store) AddStops(ctx context.Context, tx pgx.Tx, actor access.Actor, entries []audience.StopEntry) ([]ids.ID, error) {
	added := []ids.ID{}
	if len(entries) == 0 {
		return added, nil
	}
	columns := [4][]string{}
	for _, e := range entries {
		for i, v := range []string{e.Address, e.Channel, e.Reason, e.Source} {
			columns[i] = append(columns[i], v)
		}
	}
	rows, err := tx.Query(ctx, s.q.Get("stop_add"), int64(actor.Account), columns[0], columns[1], columns[2], columns[3], actor.Name, s.Clock())
	if err != nil {
		return nil, err
	}
	everywhere, entry, address, channel := []string{}, int64(0), "", ""
	_, err = pgx.ForEachRow(rows, []any{&entry, &address, &channel}, func() error {
		added = append(added, ids.ID(entry))
		if channel == "" {
			everywhere = append(everywhere, address)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, s.interruptStopped(ctx, tx, actor.Account, everywhere)
}

// interruptStopped ends the open walks of those who are stopped for all channels.
func (s *Store) interruptStopped(ctx context.Context, tx pgx.Tx, account ids.ID, addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	b := condition{account: account}
	queries := make([]*string, len(addresses))
	for i, address := range addresses {
		if !strings.HasPrefix(address, "+") {
			query := b.wordQuery(filter.Fold(address))
			queries[i] = &query
		}
	}
	rows, err := tx.Query(ctx, s.q.Get("stopped_people"), int64(account), addresses, queries)
	if err != nil {
		return err
	}
	people, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(people) == 0 {
		return err
	}
	return s.interrupt(ctx, tx, account, people, "unsubscribed")
}

// Unstop takes entries off the list, for a reason that goes into the log. It gives the ids of those that were on it.
func (s *Store) Unstop(ctx context.Context, actor access.Actor, list []ids.ID, why string) ([]ids.ID, error) {
	if err := tooMany(len(list), "body.ids"); err != nil {
		return nil, err
	}
	if why = strings.TrimSpace(storable(why)); why == "" || utf8.RuneCountInString(why) > audience.MaxReason {
		return nil, fault.New(fault.Invalid, "removal_reason", "body.reason", "max", audience.MaxReason)
	}
	var gone []int64
	err := s.change(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, s.q.Get("stop_remove"), int64(actor.Account), numbers(list), s.Clock(), actor.Name, why)
		if err != nil {
			return err
		}
		if gone, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil || len(gone) == 0 {
			return err
		}
		return s.auditStops(ctx, tx, actor, "stop.removed", idsOf(gone), why)
	})
	return idsOf(gone), err
}

// RestoreStops puts entries back that were taken off in the last thirty days.
func (s *Store) RestoreStops(ctx context.Context, actor access.Actor, list []ids.ID) ([]ids.ID, error) {
	if err := tooMany(len(list), "body.ids"); err != nil {
		return nil, err
	}
	back := []ids.ID{}
	err := s.change(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, s.q.Get("stop_restore"), int64(actor.Account), numbers(list), s.Clock().Add(-KeepDeleted))
		if err != nil {
			return err
		}
		everywhere, entry, address, channel := []string{}, int64(0), "", ""
		_, err = pgx.ForEachRow(rows, []any{&entry, &address, &channel}, func() error {
			if back = append(back, ids.ID(entry)); channel == "" {
				everywhere = append(everywhere, address)
			}
			return nil
		})
		if err != nil || len(back) == 0 {
			return err
		}
		if err := s.interruptStopped(ctx, tx, actor.Account, everywhere); err != nil {
			return err
		}
		return s.auditStops(ctx, tx, actor, "stop.restored", back, "")
	})
	return back, err
}
