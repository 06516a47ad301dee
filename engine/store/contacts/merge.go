package contacts

import (
	"context"
	"maps"
	"slices"
	"strings"
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

// Merge makes one contact of several. Open walks, groups, consents and refusals follow. It cannot be undone.
func (s *Store) Merge(ctx context.Context, actor access.Actor, m audience.Merging) (audience.Contact, error) {
	drop := slices.Compact(slices.Sorted(slices.Values(m.Drop)))
	if slices.Contains(drop, m.Keep) || len(drop) == 0 {
		return audience.Contact{}, fault.New(fault.Invalid, "merge_itself", "body.drop")
	}
	err := s.change(ctx, func(tx pgx.Tx) error { return s.merge(ctx, tx, actor, m.Keep, drop, m.Rule == "newest") })
	if err != nil {
		return audience.Contact{}, err
	}
	return s.Get(ctx, actor.Account, m.Keep)
}

func (s *Store) merge(ctx context.Context, tx pgx.Tx, actor access.Actor, keep ids.ID, drop []ids.ID, newest bool) error {
	account, all := int64(actor.Account), numbers(append([]ids.ID{keep}, drop...))
	if err := s.lockCaps(ctx, tx, actor.Account, all); err != nil {
		return err
	}
	if err := s.moveWalks(ctx, tx, account, int64(keep), numbers(drop)); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, s.q.Get("contact")+" WHERE c.account = $1 AND c.contact = ANY ($2::bigint[]) ORDER BY c.contact FOR UPDATE OF c",
		account, all)
	if err != nil {
		return err
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (audience.Contact, error) { return scanContact(row) })
	if err != nil {
		return err
	}
	place := slices.IndexFunc(people, func(c audience.Contact) bool { return c.ID == keep })
	switch {
	case place < 0:
		return fault.New(fault.Invalid, "merge_unknown", "body.keep")
	case len(people) != len(drop)+1:
		return fault.New(fault.Invalid, "merge_unknown", "body.drop")
	}
	kept := people[place]
	others := slices.Delete(slices.Clone(people), place, place+1)
	one := joined(kept, others, newest)
	if err := s.moveAll(ctx, tx, account, int64(keep), numbers(drop)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, s.q.Get("contact_set"), account, int64(keep), one.Phone, one.Name, one.Email, one.Zone, one.Tags,
		one.Attributes, one.Addresses)
	if err != nil {
		return err
	}
	if err := s.moveStops(ctx, tx, actor.Account, one, people); err != nil {
		return err
	}
	return accounts.Audit(ctx, tx, actor, "contact.merged", "contact", keep, map[string]any{"dropped": drop})
}

// moveWalks gives the walks of the dropped contacts to the one that stays: before the contacts are locked, as workers lock.
// Where a contact turns out not to be there the transaction fails, and nothing was moved.
func (s *Store) moveWalks(ctx context.Context, tx pgx.Tx, account, keep int64, drop []int64) error {
	b := &pgx.Batch{}
	b.Queue(s.q.Get("merge_segments"), account, drop)
	for _, name := range []string{"merge_entered", "merge_recipients"} {
		b.Queue(s.q.Get(name), account, drop, keep)
	}
	return tx.SendBatch(ctx, b).Close()
}

// moveAll gives what the dropped contacts have otherwise to the one that stays.
func (s *Store) moveAll(ctx context.Context, tx pgx.Tx, account, keep int64, drop []int64) error {
	b := &pgx.Batch{}
	now := s.Clock()
	for _, name := range []string{"merge_consents", "merge_caps", "merge_audience", "merge_chain"} {
		b.Queue(s.q.Get(name), account, drop, keep)
	}
	b.Queue(s.q.Get("merge_groups"), account, drop, keep, now)
	b.Queue(s.q.Get("merge_groups_left"), account, drop)
	b.Queue(s.q.Get("merge_delete"), account, drop)
	b.Queue(s.q.Get("merge_note"), account, drop, keep, now)
	return tx.SendBatch(ctx, b).Close()
}

// moveStops makes the refusals at all addresses of all of them hold for the addresses that are left.
func (s *Store) moveStops(ctx context.Context, tx pgx.Tx, account ids.ID, one audience.Contact, people []audience.Contact) error {
	var from, to, channels []string
	for _, c := range people {
		addresses, _ := addressesOf(&c)
		from = append(from, addresses...)
	}
	to, channels = addressesOf(&one)
	if len(to) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, s.q.Get("merge_stops"), int64(account), from, to, channels)
	if err != nil {
		return err
	}
	added, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Contains(added, "") {
		return err
	}
	return s.interrupt(ctx, tx, account, []int64{int64(one.ID)}, "unsubscribed")
}

// addressesOf gives the addresses of a contact with their channels, a phone's being empty.
func addressesOf(c *audience.Contact) (list, channels []string) {
	if c.Phone != "" {
		list, channels = append(list, c.Phone), append(channels, "")
	}
	for _, channel := range slices.Sorted(maps.Keys(c.Addresses)) {
		list, channels = append(list, c.Addresses[channel]), append(channels, channel)
	}
	return list, channels
}

// joined makes one of several; the values of the first in the order win.
func joined(kept audience.Contact, others []audience.Contact, newest bool) audience.Contact {
	order := append([]audience.Contact{kept}, others...)
	if newest {
		slices.SortStableFunc(order, func(a, b audience.Contact) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	}
	one := audience.Contact{ID: kept.ID, Tags: []string{}, Attributes: map[string]any{}, Addresses: map[string]string{}}
	for i := range order {
		c := &order[i]
		for to, from := range map[*string]string{&one.Name: c.Name, &one.Phone: c.Phone, &one.Email: c.Email, &one.Zone: c.Zone} {
			if *to == "" {
				*to = from
			}
		}
		for _, tag := range c.Tags {
			if !slices.Contains(one.Tags, tag) && len(one.Tags) < audience.MaxTags {
				one.Tags = append(one.Tags, tag)
			}
		}
		for key, value := range c.Attributes {
			if have, ok := one.Attributes[key]; !ok || have == nil {
				one.Attributes[key] = value
			}
		}
		for channel, address := range c.Addresses {
			if one.Addresses[channel] == "" {
				one.Addresses[channel] = address
			}
		}
	}
	return one
}

// DoublesList gives a page of contacts that share their e-mail address, an address in a channel or (by name) their name of
// two words or more: of those in what is shared each word of a search begins one. Two contacts never share a phone.
func (s *Store) DoublesList(ctx context.Context, account ids.ID, by, search string, page paging.Request) (paging.Page[audience.Doubles], error) {
	var out paging.Page[audience.Doubles]
	var after mark
	if err := paging.Decode(page.Cursor, &after); err != nil {
		return out, err
	}
	if by != "name" && by != "email" && by != "address" {
		return out, fault.New(fault.Invalid, "bad_doubles", "query.by")
	}
	words, b, queries := paging.Words(search), condition{account: account}, []string{}
	for _, w := range words {
		if query := b.wordQuery(filter.Fold(w)); query != "" {
			queries = append(queries, "("+query+")")
		}
	}
	rows, err := s.desk.Query(ctx, s.q.Get("doubles_"+by), int64(account), storable(after.Text), page.Limit+1, words,
		strings.Join(queries, " & "))
	if err != nil {
		return out, err
	}
	var last string
	var people [][]int64
	out.Items = []audience.Doubles{}
	var key string
	var d audience.Doubles
	var list []int64
	_, err = pgx.ForEachRow(rows, []any{&d.By, &key, &d.Value, &list, &d.Count}, func() error {
		if len(out.Items) < page.Limit {
			out.Items, people, last = append(out.Items, d), append(people, list), key
		} else {
			out.Next = paging.Encode(mark{Text: last, At: time.Time{}})
		}
		list = nil
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, s.showDoubles(ctx, account, out.Items, people)
}

func (s *Store) showDoubles(ctx context.Context, account ids.ID, items []audience.Doubles, people [][]int64) error {
	rows, err := s.desk.Query(ctx, s.q.Get("contact")+" WHERE c.account = $1 AND c.contact = ANY ($2::bigint[])", int64(account),
		slices.Concat(people...))
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (audience.Contact, error) { return scanContact(row) })
	if err != nil {
		return err
	}
	h, err := s.home(ctx, s.desk, account)
	if err != nil {
		return err
	}
	if err := s.placeAll(ctx, account, h, list); err != nil {
		return err
	}
	known := make(map[int64]audience.Contact, len(list))
	for _, c := range list {
		known[int64(c.ID)] = c
	}
	for i := range items {
		items[i].Contacts = []audience.Contact{}
		for _, id := range people[i] {
			if c, ok := known[id]; ok {
				items[i].Contacts = append(items[i].Contacts, c)
			}
		}
	}
	return nil
}
