package contacts

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

// Get gives a contact. One that was merged into another is not found; the fault tells into which.
func (s *Store) Get(ctx context.Context, account, id ids.ID) (audience.Contact, error) {
	h, err := s.home(ctx, s.desk, account)
	if err != nil {
		return audience.Contact{}, err
	}
	c, err := s.read(ctx, s.desk, account, id, "")
	if err != nil {
		return c, err
	}
	one := []audience.Contact{c}
	err = s.placeAll(ctx, account, h, one)
	return one[0], err
}

func (s *Store) read(ctx context.Context, db rower, account, id ids.ID, lock string) (audience.Contact, error) {
	c, err := scanContact(db.QueryRow(ctx, s.q.Get("contact")+" WHERE c.account = $1 AND c.contact = $2"+lock, int64(account), int64(id)))
	if !errors.Is(err, pgx.ErrNoRows) {
		return c, err
	}
	var into int64
	err = db.QueryRow(ctx, s.q.Get("merged_into"), int64(account), int64(id)).Scan(&into)
	if err != nil {
		return c, found(err, "contact_not_found", "path.contact")
	}
	return c, fault.New(fault.NotFound, "contact_merged", "path.contact", "into", ids.ID(into).String())
}

// Create makes a contact. A phone that another one has is a fault of the kind Conflict that names it.
func (s *Store) Create(ctx context.Context, actor access.Actor, d audience.NewContact) (audience.Contact, error) {
	account, id := actor.Account, s.NewID()
	err := s.change(ctx, func(tx pgx.Tx) error {
		h, known, err := s.rules(ctx, tx, account)
		if err != nil {
			return err
		}
		c, err := d.Make(h.Country, known)
		if err != nil {
			return err
		}
		if c.Source == "" {
			c.Source = "api"
		}
		if err := s.groupsThere(ctx, tx, account, d.Groups, "body.groups"); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, s.q.Get("contact_add"), int64(account), int64(id), c.Phone, c.Name, c.Email, c.Zone, c.Tags,
			c.Attributes, c.Addresses, c.Source, s.Clock())
		if err != nil {
			return err
		}
		if err := s.define(ctx, tx, account, known, c.Attributes); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("members_set"), int64(account), int64(id), numbers(d.Groups), s.Clock()); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "contact.created", "contact", id, nil)
	})
	if err != nil {
		return audience.Contact{}, s.phoneTaken(ctx, account, err, d.Phone)
	}
	return s.Get(ctx, account, id)
}

// Change changes a contact.
func (s *Store) Change(ctx context.Context, actor access.Actor, id ids.ID, ch audience.Change) (audience.Contact, error) {
	account := actor.Account
	err := s.change(ctx, func(tx pgx.Tx) error {
		h, known, err := s.rules(ctx, tx, account)
		if err != nil {
			return err
		}
		old, err := s.read(ctx, tx, account, id, " FOR UPDATE OF c")
		if err != nil {
			return err
		}
		c, err := old.Apply(ch, h.Country, known)
		if err != nil {
			return err
		}
		if c.Name == "" && c.Phone == "" && c.Email == "" && len(c.Addresses) == 0 {
			return fault.New(fault.Invalid, "contact_empty", "body")
		}
		_, err = tx.Exec(ctx, s.q.Get("contact_set"), int64(account), int64(id), c.Phone, c.Name, c.Email, c.Zone, c.Tags,
			c.Attributes, c.Addresses)
		if err != nil {
			return err
		}
		if err := s.define(ctx, tx, account, known, ch.Attributes); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "contact.changed", "contact", id, map[string]any{"fields": fieldsOf(ch)})
	})
	if err != nil {
		phone := ""
		if ch.Phone != nil {
			phone = *ch.Phone
		}
		return audience.Contact{}, s.phoneTaken(ctx, account, err, phone)
	}
	return s.Get(ctx, account, id)
}

// fieldsOf names what a change touches. The values stay out of the log, from which nobody could be erased.
func fieldsOf(ch audience.Change) []string {
	var list []string
	for _, f := range []struct {
		name string
		has  bool
	}{{"name", ch.Name != nil}, {"phone", ch.Phone != nil}, {"email", ch.Email != nil}, {"zone", ch.Zone != nil},
		{"tags", ch.Tags != nil || len(ch.AddTags) > 0 || len(ch.RemoveTags) > 0}} {
		if f.has {
			list = append(list, f.name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ch.Attributes)) {
		list = append(list, "attributes."+key)
	}
	for _, channel := range slices.Sorted(maps.Keys(ch.Addresses)) {
		list = append(list, "addresses."+channel)
	}
	return list
}

// phoneTaken says which contact has the phone already.
func (s *Store) phoneTaken(ctx context.Context, account ids.ID, err error, phone string) error {
	if !taken(err, "contacts_account_phone_key") {
		return err
	}
	h, e := s.home(ctx, s.desk, account)
	if e != nil {
		return e
	}
	phone, _ = audience.NormalisePhone(phone, h.Country)
	var id int64
	if e := s.desk.QueryRow(ctx, s.q.Get("contact_of_phone"), int64(account), phone).Scan(&id); e != nil {
		return fault.New(fault.Conflict, "phone_taken", "body.phone", "contact", "")
	}
	return fault.New(fault.Conflict, "phone_taken", "body.phone", "contact", ids.ID(id).String())
}

// rules are what a contact of the account is checked by.
func (s *Store) rules(ctx context.Context, tx pgx.Tx, account ids.ID) (home, map[string]audience.Attribute, error) {
	h, err := s.home(ctx, tx, account)
	if err != nil {
		return h, nil, err
	}
	list, err := s.definitions(ctx, tx, account)
	known := make(map[string]audience.Attribute, len(list))
	for _, a := range list {
		known[a.Key] = a
	}
	return h, known, err
}

// define makes definitions of the keys that have none yet.
func (s *Store) define(ctx context.Context, tx pgx.Tx, account ids.ID, known map[string]audience.Attribute, values map[string]any) error {
	var keys, types []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, there := known[key]; there || values[key] == nil {
			continue
		}
		if a, ok := audience.Guess(key, values[key]); ok {
			keys, types = append(keys, key), append(types, string(a.Type))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if len(known)+len(keys) > audience.MaxDefinitions {
		return fault.New(fault.Invalid, "too_many_definitions", "body.attributes", "max", audience.MaxDefinitions)
	}
	_, err := tx.Exec(ctx, s.q.Get("attributes_seen"), int64(account), keys, types, s.Clock())
	return err
}

// groupsThere checks that the account has the groups.
func (s *Store) groupsThere(ctx context.Context, db rower, account ids.ID, list []ids.ID, field string) error {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	var n int
	if err := db.QueryRow(ctx, s.q.Get("groups_there"), int64(account), numbers(list)).Scan(&n); err != nil {
		return err
	}
	if n != len(list) {
		return fault.New(fault.Invalid, "group_unknown", field)
	}
	return nil
}
