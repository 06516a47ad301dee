package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kaskad/engine"
)

// rows gives the rows to store, each once and sorted by key: the facts, and what they imply; not those that are known to
// be stored.
func (s *Store) rows(ctx context.Context, facts []fact) ([]fact, error) {
	s.memory.repeats(facts)
	meanings := meanings{store: s}
	u := unordered{given: facts, places: make([]place, 0, len(facts))}
	for i := range facts {
		f := &facts[i]
		f.later = int32(i)
		if f.repeated() {
			continue
		}
		u.places = append(u.places, placeOf(f, int32(i)))
		m, err := meanings.of(ctx, &f.key)
		if err != nil {
			return nil, err
		}
		implied := m.implied(f.key.Node, f.code)
		for bit := engine.Facts(1); implied != 0; bit <<= 1 {
			if implied&bit == 0 {
				continue
			}
			implied &^= bit
			if too := (fact{key: f.key, id: f.id, code: int32(bit), implied: true, later: f.later, at: f.at, stored: f.stored,
				real: f.real}); !too.repeated() {
				u.places = append(u.places, placeOf(&too, int32(len(facts)+len(u.implied))))
				u.implied = append(u.implied, too)
			}
		}
	}
	return u.inOrder(), nil
}

// unordered are rows as they came, and those that they imply.
type unordered struct {
	given, implied []fact
	places         []place
}

func (u *unordered) at(i int32) *fact {
	if int(i) < len(u.given) {
		return &u.given[i]
	}
	return &u.implied[int(i)-len(u.given)]
}

// place is what rows are sorted by: moving rows themselves would take longer than comparing them.
type place struct {
	account, campaign, ordinal int64
	kind                       uint64 // block, attempt and fact, in this order
	at                         int32
}

func placeOf(f *fact, at int32) place {
	kind := uint64(uint16(f.key.Node)^1<<15)<<48 | uint64(f.key.Attempt)<<40 | uint64(uint32(f.code))
	return place{f.key.Account, f.key.Campaign, f.key.Ordinal, kind, at}
}

// inOrder gives the rows sorted by key, each once: a real one rather than one that is implied, the first rather than a
// later one. Two facts of a person lie so many microseconds apart as they do in the call, so that their order is kept.
func (u *unordered) inOrder() []fact {
	slices.SortFunc(u.places, func(a, b place) int {
		if a.ordinal != b.ordinal && a.campaign == b.campaign && a.account == b.account {
			return cmp.Compare(a.ordinal, b.ordinal)
		}
		if c := cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.campaign, b.campaign),
			cmp.Compare(a.ordinal, b.ordinal), cmp.Compare(a.kind, b.kind)); c != 0 {
			return c
		}
		x, y := u.at(a.at), u.at(b.at)
		if c := strings.Compare(x.unique, y.unique); c != 0 {
			return c
		}
		if x.implied != y.implied {
			if x.implied {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.at, b.at)
	})
	list := make([]fact, 0, len(u.places))
	first := 0 // of the person's rows
	for i, p := range u.places {
		f := u.at(p.at)
		if i > 0 && samePerson(p, u.places[i-1]) {
			if before := &list[len(list)-1]; before.key == f.key && before.code == f.code && before.unique == f.unique {
				continue
			}
		} else {
			sinceFirst(list[first:])
			first = len(list)
		}
		list = append(list, *f)
	}
	sinceFirst(list[first:])
	return list
}

func samePerson(a, b place) bool {
	return a.ordinal == b.ordinal && a.campaign == b.campaign && a.account == b.account
}

// sinceFirst lets a person's facts be counted from the first.
func sinceFirst(rows []fact) {
	if len(rows) == 0 {
		return
	}
	first := slices.MinFunc(rows, func(a, b fact) int { return cmp.Compare(a.later, b.later) }).later
	for i := range rows {
		rows[i].later -= first
	}
}
