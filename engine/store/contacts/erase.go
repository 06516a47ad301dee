package contacts

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

// Erasure is a person being erased, for Erasers.
type Erasure struct {
	Account, Contact ids.ID
	Needles          []string // texts by which the person is known: the phone, addresses, a name that is long enough
}

// Eraser erases what another area keeps of a person, in the transaction.
type Eraser func(ctx context.Context, tx pgx.Tx, e Erasure) error

// Erase erases a person everywhere, deleted ones too, and interrupts the open walks. Figures stay: who was sent what when
// is counted, and no longer says whom or what. Entries of the stop list stay too: without the address nobody could keep
// to the refusal. It cannot be undone.
func (s *Store) Erase(ctx context.Context, actor access.Actor, id ids.ID) (audience.Erased, error) {
	var out audience.Erased
	err := s.change(ctx, func(tx pgx.Tx) error {
		var c audience.Contact
		err := tx.QueryRow(ctx, s.q.Get("erase_who"), int64(actor.Account), int64(id)).
			Scan((*int64)(&c.ID), &c.Name, &c.Phone, &c.Email, &c.Addresses)
		if err != nil {
			return found(err, "contact_not_found", "path.contact")
		}
		if err := s.lockCaps(ctx, tx, actor.Account, []int64{int64(id)}); err != nil {
			return err
		}
		e := Erasure{Account: actor.Account, Contact: id, Needles: needles(&c)}
		if err := s.erase(ctx, tx, e, &c, &out); err != nil {
			return err
		}
		for _, eraser := range s.Erasers {
			if err := eraser(ctx, tx, e); err != nil {
				return err
			}
		}
		return accounts.Audit(ctx, tx, actor, "contact.erased", "contact", id, out)
	})
	return out, err
}

// erase runs the statements, in the order in which a worker's batch takes its locks: caps, entries, messages, troubles, the
// contact, its groups, the stop list, facts. Two who take theirs crosswise would wait for each other.
func (s *Store) erase(ctx context.Context, tx pgx.Tx, e Erasure, c *audience.Contact, out *audience.Erased) error {
	addresses, _ := addressesOf(c)
	if c.Email != "" {
		addresses = append(addresses, c.Email)
	}
	patterns := make([]string, len(e.Needles))
	for i, n := range e.Needles {
		patterns[i] = "%" + likeEscape.Replace(n) + "%"
	}
	if addresses == nil {
		addresses = []string{}
	}
	for _, step := range []struct {
		query string
		arg   any // instead of the contact
		count *int64
	}{
		{query: "erase_caps"}, {query: "erase_entries"}, {query: "erase_entered"}, {query: "erase_messages", count: &out.Messages},
		{query: "erase_troubles"}, {query: "erase_contact"}, {query: "erase_groups"}, {query: "erase_removed_stops", arg: addresses},
		{query: "erase_stops", arg: addresses, count: &out.Stops}, {query: "erase_interrupt"},
		{query: "erase_facts", count: &out.Replies}, {query: "erase_unknown_facts", arg: patterns},
		{query: "erase_repeats", arg: e.Needles}, {query: "erase_audit"}, {query: "erase_consents", count: &out.Consents},
		{query: "erase_audience"}, {query: "erase_deleted"},
	} {
		if step.query == "erase_interrupt" {
			if err := s.interrupt(ctx, tx, e.Account, []int64{int64(e.Contact)}, "deleted"); err != nil {
				return err
			}
			continue
		}
		var arg any = int64(e.Contact)
		if step.arg != nil {
			arg = step.arg
		}
		tag, err := tx.Exec(ctx, s.q.Get(step.query), int64(e.Account), arg)
		if err != nil {
			return fmt.Errorf("contacts: %s: %w", step.query, err)
		}
		if step.count != nil {
			*step.count = tag.RowsAffected()
		}
	}
	return nil
}

// minNeedle is how long a text must be, in characters, to be looked for in other texts.
const minNeedle = 5

// needles are the texts by which a person is known elsewhere.
func needles(c *audience.Contact) []string {
	list := []string{}
	addresses, _ := addressesOf(c)
	if c.Phone != "" {
		addresses = append(addresses, c.Phone[1:])
	}
	for _, text := range append(addresses, c.Email, c.Name) {
		if utf8.RuneCountInString(text) >= minNeedle {
			list = append(list, text)
		}
	}
	return list
}
