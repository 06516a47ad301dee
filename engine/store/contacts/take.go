package contacts

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
)

// Taken is the contact that stands for a person, or why there is none.
type Taken struct {
	ID    ids.ID
	Wrong *fault.Error // its field is one of the person's, below body
}

// Take finds or makes the contacts of people who come by themselves, thousands at once: by phone, else by e-mail, else by an
// address. What is said of somebody who is there wins over what was, and the rest stays. The fields Tags, Groups and Source are
// not looked at. Nothing of this goes to the log of what was done: whoever lets people in writes there what came of it.
func (s *Store) Take(ctx context.Context, actor access.Actor, people []audience.NewContact) ([]Taken, error) {
	account := actor.Account
	out := make([]Taken, len(people))
	err := s.change(ctx, func(tx pgx.Tx) error {
		h, known, err := s.rules(ctx, tx, account)
		if err != nil {
			return err
		}
		t := &taking{s: s, account: account, out: out, places: map[string]int{}}
		attributes := map[string]any{}
		for i := range people {
			d := people[i]
			d.Tags, d.Groups = nil, nil
			c, err := d.Make(h.Country, known)
			if err != nil {
				out[i].Wrong = wrongOf(err)
				continue
			}
			maps.Copy(attributes, c.Attributes)
			t.add(i, &c)
		}
		if len(t.list) == 0 {
			return nil
		}
		if err := s.define(ctx, tx, account, known, attributes); err != nil {
			return err
		}
		return t.store(ctx, tx)
	})
	return out, err
}

func wrongOf(err error) *fault.Error {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Invalid, "contact_empty", "body")
}

// taking is one call of Take: the people of it, each once.
type taking struct {
	s       *Store
	account ids.ID
	out     []Taken
	list    []takenPerson
	places  map[string]int // by what each is known by
}

type takenPerson struct {
	Contact    int64             `json:"contact"`
	Phone      string            `json:"phone"`
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Zone       string            `json:"zone"`
	Attributes map[string]any    `json:"attributes"`
	Addresses  map[string]string `json:"addresses"`
	Found      bool              `json:"found"`

	channel, value string // without a phone
	of             []int  // places in the call
}

// add takes one person in; another mention of the same adds to the first.
func (t *taking) add(i int, c *audience.Contact) {
	p := takenPerson{Phone: c.Phone, Name: c.Name, Email: c.Email, Zone: c.Zone, Attributes: c.Attributes, Addresses: c.Addresses}
	key := "phone " + c.Phone
	if c.Phone == "" {
		p.value = c.Email
		if p.value == "" {
			channels := slices.Sorted(maps.Keys(c.Addresses))
			if len(channels) == 0 {
				t.out[i].Wrong = fault.New(fault.Invalid, "contact_empty", "body")
				return
			}
			p.channel, p.value = channels[0], c.Addresses[channels[0]]
		}
		key = p.channel + " " + filter.Fold(p.value)
	}
	at, twice := t.places[key]
	if !twice {
		p.Contact, p.of = int64(t.s.NewID()), []int{i}
		t.places[key] = len(t.list)
		t.list = append(t.list, p)
		return
	}
	have := &t.list[at]
	have.of = append(have.of, i)
	for to, from := range map[*string]string{&have.Name: p.Name, &have.Email: p.Email, &have.Zone: p.Zone} {
		if from != "" {
			*to = from
		}
	}
	maps.Copy(have.Attributes, p.Attributes)
	maps.Copy(have.Addresses, p.Addresses)
}

func (t *taking) store(ctx context.Context, tx pgx.Tx) error {
	if err := t.find(ctx, tx); err != nil {
		return err
	}
	text, err := json.Marshal(t.list)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, t.s.q.Get("take_put"), int64(t.account), string(text), t.s.Clock()); err != nil {
		return err
	}
	phones := make([]string, len(t.list))
	for i := range t.list {
		phones[i] = t.list[i].Phone
	}
	if err := t.learn(ctx, tx, phones); err != nil {
		return err
	}
	for i := range t.list {
		for _, place := range t.list[i].of {
			t.out[place].ID = ids.ID(t.list[i].Contact)
		}
	}
	return nil
}

// find finds those without a phone who are there.
func (t *taking) find(ctx context.Context, tx pgx.Tx) error {
	var values, channels, all, words []string
	var of []int
	for i := range t.list {
		p := &t.list[i]
		if p.Phone != "" {
			continue
		}
		of = append(of, i)
		values = append(values, p.channel+" "+filter.Fold(p.value))
		channels, all, words = append(channels, p.channel), append(all, p.value), append(words, t.word(filter.Fold(p.value)))
	}
	if len(values) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, t.s.q.Get("take_locks"), int64(t.account), values); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, t.s.q.Get("take_find"), int64(t.account), channels, all, words)
	if err != nil {
		return err
	}
	var place, contact int64
	_, err = pgx.ForEachRow(rows, []any{&place, &contact}, func() error {
		p := &t.list[of[place-1]]
		p.Contact, p.Found = contact, true
		return nil
	})
	return err
}

// word is a value as the index of words has it, as a tsquery.
func (t *taking) word(value string) string {
	if utf8.RuneCountInString(value) > 100 {
		value = string([]rune(value)[:100])
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(t.account.String()+":"+value) + "'"
}

// learn reads the ids of those who were there under their phones.
func (t *taking) learn(ctx context.Context, tx pgx.Tx, phones []string) error {
	rows, err := tx.Query(ctx, t.s.q.Get("take_phones"), int64(t.account), phones)
	if err != nil {
		return err
	}
	var place, contact int64
	_, err = pgx.ForEachRow(rows, []any{&place, &contact}, func() error {
		t.list[place-1].Contact = contact
		return nil
	})
	return err
}
