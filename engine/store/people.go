package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Begin opens the batch's transaction and reads the people concerned, in it, with their stops, and what more launches need.
func (s *Session) Begin(ctx context.Context, people map[int64][]int64, launches ...run.Launching) (
	map[run.PersonKey]run.Person, error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	c, n := peopleColumns(people)
	if n > 0 {
		b.Queue(s.store.q.get("people"), args(c[:2])...)
		b.Queue(s.store.q.get("people_stops"), args(c)...)
	}
	asked := s.store.ask(b, launches)
	results := s.conn.SendBatch(ctx, b)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	s.open = true
	found := make(map[run.PersonKey]run.Person, n)
	if n > 0 {
		if err := readPeople(results, found); err != nil {
			return nil, err
		}
		if err := readStops(results, found); err != nil {
			return nil, err
		}
	}
	for _, read := range asked {
		if err := read(results, found); err != nil {
			return nil, err
		}
	}
	return found, results.Close()
}

// peopleColumns gives the people, each once, and the accounts.
func peopleColumns(people map[int64][]int64) ([]column, int) {
	total := 0
	for _, list := range people {
		total += len(list)
	}
	c := columns(3, total)
	n := 0
	for account, list := range people {
		if len(list) == 0 {
			continue
		}
		list = slices.Clone(list)
		slices.Sort(list)
		list = slices.Compact(list)
		for _, contact := range list {
			c[0].int64(account)
			c[1].int64(contact)
		}
		n += len(list)
		c[2].int64(account)
	}
	return c, n
}

func readPeople(results pgx.BatchResults, found map[run.PersonKey]run.Person) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key := run.PersonKey{Account: r.int64(), Contact: r.int64()}
		contact := scheme.Contact{Phone: r.text(), Name: r.text(), Email: r.text(), Zone: r.text(), Tags: r.texts()}
		attributes, addresses := r.bytes(), r.bytes()
		if r.bad {
			return errShape
		}
		if len(attributes) > 2 { // more than {}
			if err := json.Unmarshal(attributes, &contact.Attributes); err != nil {
				return fmt.Errorf("%w: attributes of contact %d: %w", run.ErrData, key.Contact, err)
			}
		}
		if len(addresses) > 2 {
			if err := json.Unmarshal(addresses, &contact.Addresses); err != nil {
				return fmt.Errorf("%w: addresses of contact %d: %w", run.ErrData, key.Contact, err)
			}
		}
		found[key] = run.Person{Contact: contact}
	}
	rows.Close()
	return rows.Err()
}

func readStops(results pgx.BatchResults, found map[run.PersonKey]run.Person) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key := run.PersonKey{Account: r.int64(), Contact: r.int64()}
		person := found[key]
		person.Stops = append(person.Stops, r.text())
		found[key] = person
	}
	rows.Close()
	return rows.Err()
}

// stops puts addresses on the stop list. A stop of all channels also interrupts the person's other open walks, wherever
// they are: the interruption is stored as an event of each, for whoever holds it, who is to be told then.
func (w writer) stops(list []run.StopRow) (tell bool) {
	if len(list) == 0 {
		return false
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b run.StopRow) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), strings.Compare(a.Address, b.Address),
			strings.Compare(a.Channel, b.Channel))
	})
	type walk struct{ account, contact, campaign, ordinal int64 }
	done := map[walk]bool{}
	c, people := columns(5, len(list)), columns(5, 0)
	for i := range list {
		r := &list[i]
		if r.Address != "" {
			c[0].int64(r.Account)
			c[1].text(r.Address)
			c[2].text(r.Channel)
			c[3].text(r.Reason)
			c[4].text(bounded(r.Source, 500))
		}
		one := walk{r.Account, r.Contact, r.Except.Campaign, r.Except.Ordinal}
		if r.Channel != "" || r.Contact == 0 || done[one] {
			continue
		}
		done[one] = true
		people[0].int64(r.Account)
		people[1].int64(r.Contact)
		people[2].int64(r.Except.Campaign)
		people[3].int64(r.Except.Ordinal)
		people[4].text(r.Reason)
	}
	w.queue("stops", args(c)...)
	if people[0].rows > 0 {
		w.queue("interrupts", args(people)...)
	}
	return people[0].rows > 0
}

// contacts writes the changes of contacts, one row a contact: an UPDATE touches a row once.
func (w writer) contacts(list []run.ContactRow) error {
	if len(list) == 0 {
		return nil
	}
	merged := map[run.PersonKey]*run.ContactRow{}
	keys := make([]run.PersonKey, 0, len(list))
	for i := range list {
		r := &list[i]
		key := run.PersonKey{Account: r.Account, Contact: r.Contact}
		m := merged[key]
		if m == nil {
			m = &run.ContactRow{Set: map[string]any{}}
			merged[key] = m
			keys = append(keys, key)
		}
		mergeChange(m, r)
	}
	slices.SortFunc(keys, func(a, b run.PersonKey) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Contact, b.Contact))
	})
	c := columns(5, len(keys))
	for _, key := range keys {
		m := merged[key]
		c[0].int64(key.Account)
		c[1].int64(key.Contact)
		for i, part := range []any{m.Set, m.AddTags, m.RemoveTags} {
			text, err := storableJSON(part)
			if err != nil {
				return fmt.Errorf("%w: a change of contact %d: %w", run.ErrData, key.Contact, err)
			}
			c[2+i].text(text)
		}
	}
	w.queue("contact_changes", args(c)...)
	w.groups(keys, merged)
	return nil
}

// mergeChange applies a later change on top of m: what it removes is not added any more, and the reverse.
func mergeChange(m *run.ContactRow, r *run.ContactRow) {
	for k, v := range r.Set {
		m.Set[k] = v
	}
	m.AddTags, m.RemoveTags = mergeLists(m.AddTags, m.RemoveTags, r.AddTags, r.RemoveTags)
	m.AddGroups, m.RemoveGroups = mergeLists(m.AddGroups, m.RemoveGroups, r.AddGroups, r.RemoveGroups)
}

// mergeLists puts a later change of a list on top of an earlier one; each removes first and adds then.
func mergeLists(added, removed, add, remove []string) (allAdded, allRemoved []string) {
	move := func(some, from, to []string) ([]string, []string) {
		for _, t := range some {
			from = slices.DeleteFunc(from, func(have string) bool { return have == t })
			if !slices.Contains(to, t) {
				to = append(to, t)
			}
		}
		return from, to
	}
	added, removed = move(remove, added, removed)
	removed, added = move(add, removed, added)
	return added, removed
}

// storableJSON is JSON without what jsonb does not take: NUL in strings; numbers that are none become null.
func storableJSON(v any) (string, error) {
	switch list := v.(type) {
	case []string:
		if list == nil {
			return "[]", nil
		}
	case map[string]any:
		if len(list) == 0 {
			return "{}", nil
		}
	}
	text, err := json.Marshal(clean(v))
	return string(text), err
}

func clean(v any) any {
	switch v := v.(type) {
	case string:
		return storable(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case []string:
		out := make([]string, len(v))
		for i := range v {
			out[i] = storable(v[i])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clean(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[storable(k)] = clean(v[k])
		}
		return out
	}
	return v
}

// instantOrNull is an instant as an argument.
func instantOrNull(i engine.Instant) any {
	if i == 0 {
		return nil
	}
	return i.Time()
}
