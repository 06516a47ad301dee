package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/campaigns"
)

// book is what an address book gave.
type book struct {
	Contacts    int    `json:"contacts"`
	Doubles     int    `json:"doubles"`
	Refused     int    `json:"refused"`
	RefusedFile string `json:"refused_file,omitempty"`
	ZonesKnown  int    `json:"zones_known"`
	ZonesNot    int    `json:"zones_unknown"`

	groups []campaign.Group // the contacts by zone
}

// importBook reads an address book into the account. Rows that cannot be taken go to the refused file, each with its
// reason, and do not stop the others.
func importBook(ctx context.Context, d *database, path string, l *launch, account store.Account, newID func() int64) (*book, error) {
	reader, closeFile, err := audience.OpenFile(path, audience.Options{Country: l.country})
	var missing *os.PathError
	if errors.As(err, &missing) {
		return nil, fault("file.wrong", "path", path, "cause", errors.Unwrap(missing))
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = closeFile() }()
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
	return b, b.group(imported, where)
}

// group sorts the contacts by zone. The names were found by the zones' own resolver, or are the account's.
func (b *book) group(contacts []int64, where []string) error {
	at := map[string]int{}
	for i, contact := range contacts {
		g, known := at[where[i]]
		if !known {
			zone, err := campaigns.ZoneOf(where[i])
			if err != nil {
				return err
			}
			g = len(b.groups)
			at[where[i]] = g
			b.groups = append(b.groups, campaign.Group{Zone: zone})
		}
		b.groups[g].Contacts = append(b.groups[g].Contacts, contact)
	}
	return nil
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
			return fault("file.refused", "cause", err)
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
