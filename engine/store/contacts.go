package store

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/audience"
	"kaskad/engine/scheme"
	"kaskad/engine/store/grown"
)

// Existing says what an import does to a contact that is there already, by its phone.
type Existing uint8

// The rules. Merge lets what the import says win, keeps what it does not, and adds tags.
const (
	Keep Existing = iota
	Merge
)

// importRows is how many contacts a transaction takes.
const importRows = 5_000

// ImportContacts adds contacts to an account, and returns the id of each, in order: a new one of newID, or that of the
// contact with the same phone. After an error the ids tell how many were stored. A contact without a phone is always new.
func (s *Store) ImportContacts(ctx context.Context, account int64, contacts iter.Seq[scheme.Contact], newID func() int64,
	rule Existing) ([]int64, error) {
	var ids []int64
	chunk := make([]scheme.Contact, 0, importRows)
	flush := func() error {
		part, err := s.importChunk(ctx, account, chunk, newID, rule)
		ids, chunk = append(ids, part...), chunk[:0]
		return err
	}
	for c := range contacts {
		if chunk = append(chunk, c); len(chunk) == importRows {
			if err := flush(); err != nil {
				return ids, err
			}
		}
	}
	if len(chunk) > 0 {
		if err := flush(); err != nil {
			return ids, err
		}
	}
	grown.Contacts(ctx, s.pool, int64(len(ids)))
	return ids, nil
}

func (s *Store) importChunk(ctx context.Context, account int64, chunk []scheme.Contact, newID func() int64, rule Existing) (
	[]int64, error) {
	rows, place := uniqueContacts(chunk, rule)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(rows[a].Phone, rows[b].Phone) })
	c, phones := columns(8, len(rows)), columns(1, len(rows))
	ids := make([]int64, len(rows))
	for _, i := range order {
		ids[i] = newID()
		if err := putContact(c, ids[i], &rows[i]); err != nil {
			return nil, err
		}
		phones[0].text(rows[i].Phone)
	}
	query := "contacts_keep"
	if rule == Merge {
		query = "contacts_merge"
	}
	b := &pgx.Batch{}
	b.Queue(s.q.get("plan_anew"))
	b.Queue(s.q.get(query), append([]any{account}, args(c)...)...)
	b.Queue(s.q.get("contacts_by_phone"), account, &phones[0]).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			r := reader{values: rows.RawValues()}
			i := order[r.int64()-1]
			ids[i] = r.int64()
		}
		return rows.Err()
	})
	if err := sendAll(ctx, s.pool, b); err != nil {
		return nil, err
	}
	all := make([]int64, len(chunk))
	for i := range chunk {
		all[i] = ids[place[i]]
	}
	return all, nil
}

// uniqueContacts gives the contacts of a chunk, each phone once, and the place of each input among them.
func uniqueContacts(chunk []scheme.Contact, rule Existing) (rows []scheme.Contact, place []int) {
	byPhone := map[string]int{}
	place = make([]int, len(chunk))
	for i, c := range chunk {
		c.Phone = storable(c.Phone)
		at, twice := byPhone[c.Phone]
		if c.Phone != "" && twice {
			if rule == Merge {
				rows[at] = audience.Merge(rows[at], c)
			}
			place[i] = at
			continue
		}
		place[i] = len(rows)
		byPhone[c.Phone] = len(rows)
		rows = append(rows, c)
	}
	return rows, place
}

func putContact(c []column, id int64, contact *scheme.Contact) error {
	c[0].int64(id)
	c[1].text(contact.Phone)
	c[2].text(contact.Name)
	c[3].text(contact.Email)
	c[4].text(contact.Zone)
	addresses := make(map[string]any, len(contact.Addresses))
	for channel, address := range contact.Addresses {
		addresses[channel] = address
	}
	for i, part := range []any{contact.Tags, contact.Attributes, addresses} {
		text, err := storableJSON(part)
		if err != nil {
			return err
		}
		c[5+i].text(text)
	}
	return nil
}
