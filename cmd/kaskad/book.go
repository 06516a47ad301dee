package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

// book is what an address book gave.
type book struct {
	Contacts    int    `json:"contacts"`
	Doubles     int    `json:"doubles"`
	Refused     int    `json:"refused"`
	RefusedFile string `json:"refused_file,omitempty"`
	ZonesKnown  int    `json:"zones_known"`
	ZonesNot    int    `json:"zones_unknown"`

	people []store.Enrolled
}

// importBook reads an address book into the account. Rows that cannot be taken go to the refused file, each with its
// reason, and do not stop the others.
func importBook(ctx context.Context, d *database, path string, l *launch, account store.Account, newID func() int64) (*book, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	reader, err := audience.Read(f, audience.Options{Country: l.country})
	if err != nil {
		return nil, err
	}
	b := &book{}
	refusals := refusals{path: l.refused, lang: audience.Lang(l.language), header: reader.Header()}
	if refusals.path == "" {
		refusals.path = path + ".refused.csv"
	}
	zones := audience.NewZones(nil)
	var where []string
	var failed error
	contacts := func(yield func(scheme.Contact) bool) {
		for {
			row, refusal, err := reader.Next()
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				failed = err
				return
			case refusal != nil:
				if failed = refusals.add(refusal); failed != nil {
					return
				}
				continue
			}
			zone, _ := zones.Of(&row.Contact)
			if zone == "" {
				b.ZonesNot++
				if zone = account.Zone; !l.careless {
					zone = run.Doubtful + account.Zone
				}
			} else {
				b.ZonesKnown++
			}
			where = append(where, zone)
			if !yield(row.Contact) {
				return
			}
		}
	}
	imported, err := d.ImportContacts(ctx, account.ID, contacts, newID, store.Merge)
	if err = errors.Join(err, failed, refusals.close()); err != nil {
		return nil, err
	}
	sum := reader.Summary()
	b.Contacts, b.Doubles, b.Refused = sum.Contacts, sum.Doubles, sum.Refused
	if refusals.n > 0 {
		b.RefusedFile = refusals.path
	}
	for i, id := range imported {
		b.people = append(b.people, store.Enrolled{Contact: id, Zone: where[i]})
	}
	return b, nil
}

// order numbers the recipients zone by zone, so that a segment sleeps while its zone does, and shuffles within a zone,
// because A/B variants go by number. The same seed gives the same order.
func (b *book) order(start engine.Instant, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(b.people), func(i, j int) { b.people[i], b.people[j] = b.people[j], b.people[i] })
	slices.SortStableFunc(b.people, func(x, y store.Enrolled) int { return strings.Compare(x.Zone, y.Zone) })
	for i := range b.people {
		b.people[i].Start = start
	}
}

// refusals writes the refused rows to a file, which is made for the first of them.
type refusals struct {
	path   string
	lang   audience.Lang
	header []string
	n      int
	file   *os.File
	out    *audience.RefusedWriter
}

func (r *refusals) add(refusal *audience.Refusal) error {
	if r.file == nil {
		var err error
		if r.file, err = os.Create(r.path); err != nil {
			return fmt.Errorf("the file of refused rows: %w", err)
		}
		if r.out, err = audience.NewRefusedWriter(r.file, r.header, r.lang); err != nil {
			return err
		}
	}
	r.n++
	return r.out.Write(refusal)
}

func (r *refusals) close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.out.Flush(), r.file.Close())
}

// sampleFile writes a book that is in memory to a file, for what reads files.
func sampleFile(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, "contacts-*.csv")
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = io.Copy(f, bytes.NewReader(data))
	return f.Name(), err
}
