package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/run"
)

// answer reads what a statement told about people.
type answer func(results pgx.BatchResults, found map[run.PersonKey]run.Person) error

// ask queues what launches need to know about their contacts, and gives what reads it. Rows of caps are locked in the order
// of the contacts.
func (s *Store) ask(b *pgx.Batch, launches []run.Launching) []answer {
	launches = slices.Clone(launches)
	slices.SortFunc(launches, func(a, b run.Launching) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Contact, b.Contact))
	})
	capped, agreed, walks := columns(2, len(launches)), columns(2, len(launches)), columns(4, len(launches))
	var lastCapped, lastAgreed run.PersonKey
	for i := range launches {
		l := &launches[i]
		key := run.PersonKey{Account: l.Account, Contact: l.Contact}
		if l.Capped {
			if key != lastCapped {
				capped[0].int64(l.Account)
				capped[1].int64(l.Contact)
			}
			for j, v := range []int64{l.Account, l.Contact, l.Campaign, l.Ordinal} {
				walks[j].int64(v)
			}
			lastCapped = key
		}
		if l.Advertising && key != lastAgreed {
			agreed[0].int64(l.Account)
			agreed[1].int64(l.Contact)
			lastAgreed = key
		}
	}
	var list []answer
	if capped[0].rows > 0 {
		b.Queue(s.q.get("caps_rows"), args(capped)...)
		b.Queue(s.q.get("caps"), args(capped)...)
		b.Queue(s.q.get("caps_launched"), args(walks)...)
		list = append(list, executed, readCaps, readLaunched)
	}
	if agreed[0].rows > 0 {
		b.Queue(s.q.get("agreed"), args(agreed)...)
		list = append(list, readAgreed)
	}
	return list
}

func executed(results pgx.BatchResults, _ map[run.PersonKey]run.Person) error {
	_, err := results.Exec()
	return err
}

// eachPerson reads rows that begin with an account and a contact.
func eachPerson(results pgx.BatchResults, found map[run.PersonKey]run.Person, take func(r *reader, p *run.Person)) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key := run.PersonKey{Account: r.int64(), Contact: r.int64()}
		person := found[key]
		if take(&r, &person); r.bad {
			return errShape
		}
		found[key] = person
	}
	rows.Close()
	return rows.Err()
}

func readCaps(results pgx.BatchResults, found map[run.PersonKey]run.Person) error {
	return eachPerson(results, found, func(r *reader, p *run.Person) {
		campaigns, at := r.int64s(), r.int64s()
		if len(campaigns) != len(at) {
			r.bad = true
			return
		}
		for i, c := range campaigns {
			p.Counted = append(p.Counted, run.Counted{Campaign: c, At: engine.Instant(at[i] + postgresEpoch).Time()})
		}
		if limits := (campaign.Caps{Day: int(r.int32()), Week: int(r.int32())}); !limits.None() {
			p.Cap = limits
		}
	})
}

// readLaunched counts a campaign as entered that is not in the row any more.
func readLaunched(results pgx.BatchResults, found map[run.PersonKey]run.Person) error {
	return eachPerson(results, found, func(r *reader, p *run.Person) {
		p.Counted = append(p.Counted, run.Counted{Campaign: r.int64(), At: time.Time{}})
	})
}

func readAgreed(results pgx.BatchResults, found map[run.PersonKey]run.Person) error {
	return eachPerson(results, found, func(r *reader, p *run.Person) { p.Agreed = append(p.Agreed, r.text()) })
}

// counted counts campaigns that contacts entered, and drops what counts no more.
func (w writer) counted(list []run.CountedRow) {
	if len(list) == 0 {
		return
	}
	c := columns(4, len(list))
	for i := range list {
		r := &list[i]
		c[0].int64(r.Account)
		c[1].int64(r.Contact)
		c[2].int64(r.Campaign)
		c[3].instant(engine.At(r.At))
	}
	w.queue("caps_counted", args(c, campaign.CapFor)...)
}
