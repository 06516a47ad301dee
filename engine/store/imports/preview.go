package imports

import (
	"context"
	"errors"
	"io"

	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// preview shows what comes of the first rows as the draft is set now; what stands in the way of a start is its problem.
func (s *Store) preview(ctx context.Context, db querier, account ids.ID, k *kept, lang audience.Lang) error {
	k.Preview, k.Problem = audience.Preview{Header: []string{}, Rows: []audience.PreviewRow{}}, nil
	err := s.show(ctx, db, account, k, lang)
	var file *audience.FileError
	switch {
	case errors.As(err, &file):
		// What the storage says is not the file's fault.
		if file.Code == audience.ReadFailed {
			return err
		}
		k.Problem = &audience.Remark{Code: "file_" + string(file.Code), Value: file.Detail, Message: file.Message(lang)}
	case err != nil:
		return err
	case !k.Settings.Complete(k.Kind):
		file = &audience.FileError{Code: audience.NoPhoneColumn}
		k.Problem = &audience.Remark{Code: "file_" + string(file.Code), Message: file.Message(lang)}
	}
	return nil
}

func (s *Store) show(ctx context.Context, db querier, account ids.ID, k *kept, lang audience.Lang) error {
	t, err := s.table(ctx, account, k)
	if err != nil {
		return err
	}
	k.Preview.Header = t.Header()
	complete := k.Settings.Complete(k.Kind)
	for len(k.Preview.Rows) < audience.PreviewRows {
		rec, err := t.Record()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		row := audience.PreviewRow{Line: rec.Line, Cells: short(rec.Cells), Warnings: []audience.Remark{}}
		if rec.Bad != nil {
			row.Cells, row.Refused = short(rec.Bad.Record), rec.Bad.Remark(lang)
		} else if complete {
			listed(&row, k, rec, lang)
		}
		k.Preview.Rows = append(k.Preview.Rows, row)
	}
	if k.Kind != audience.ImportContacts || !complete {
		return nil
	}
	return s.showContacts(ctx, db, account, k, lang)
}

// short gives cells as a preview shows them.
func short(cells []string) []string {
	const most = 200
	out := make([]string, len(cells))
	for i, c := range cells {
		if out[i] = c; len(c) > most {
			n := 0
			for at := range c {
				if n++; n > most {
					out[i] = c[:at] + "…"
					break
				}
			}
		}
	}
	return out
}

// listed shows a row of a stop list or of members.
func listed(row *audience.PreviewRow, k *kept, rec audience.Record, lang audience.Lang) {
	var refused *audience.Refusal
	switch k.Kind {
	case audience.ImportStops:
		var e audience.StopEntry
		if e, refused = audience.StopOf(k.Settings.Columns, rec, k.Settings.Country, usual(k)); refused == nil {
			row.Stop = &audience.PreviewStop{Address: e.Address, Channel: e.Channel, Reason: e.Reason}
		}
	case audience.ImportMembers:
		var m audience.Sought
		if m, refused = audience.MemberOf(k.Settings.Columns, rec, k.Settings.Country); refused == nil {
			row.Member = &m
		}
	}
	if refused != nil {
		row.Refused = refused.Remark(lang)
	}
}

// usual is what rows of a stop list are where they do not say otherwise.
func usual(k *kept) audience.StopEntry {
	e := audience.StopEntry{Channel: k.Settings.Channel, Reason: k.Settings.Reason, Source: k.Settings.Source}
	if e.Source == "" {
		e.Source = "import:" + k.Name
	}
	if e.Reason == "" {
		e.Reason = "imported"
	}
	return e
}

// showContacts shows the rows as contacts.
func (s *Store) showContacts(ctx context.Context, db querier, account ids.ID, k *kept, lang audience.Lang) error {
	from, err := s.source(ctx, account, k)
	if err != nil {
		return err
	}
	rd, err := s.reader(ctx, db, account, k, from, k.Settings.Doubles == audience.FirstWins)
	if err != nil {
		return err
	}
	for i := range k.Preview.Rows {
		row, refused, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		shown := &k.Preview.Rows[i]
		if refused != nil {
			shown.Refused = refused.Remark(lang)
			continue
		}
		shown.Contact = &audience.PreviewContact{Contact: tagged(row.Contact, k.Settings.Tags)}
		for _, w := range row.Warnings {
			shown.Warnings = append(shown.Warnings, w.Remark(lang))
		}
	}
	return nil
}

// tagged adds the tags of all contacts of the file.
func tagged(c scheme.Contact, tags []string) scheme.Contact {
	if len(tags) == 0 {
		return c
	}
	return audience.Merge(c, scheme.Contact{Tags: tags})
}

// reader reads contacts as the settings say, by the definitions of the attributes that there are or will be.
func (s *Store) reader(ctx context.Context, db querier, account ids.ID, k *kept, from audience.Source, refuseDoubles bool) (*audience.Reader, error) {
	known, err := s.attributes(ctx, db, account)
	if err != nil {
		return nil, err
	}
	for _, a := range k.Settings.Settle(known) {
		known[a.Key] = a
	}
	return audience.OpenContacts(from, audience.Options{Country: k.Settings.Country, Mapping: k.Settings.Columns,
		NoHeader: !k.Settings.Header, KeepDoubles: !refuseDoubles, WithoutPhone: k.Settings.WithoutPhone, Attributes: known})
}
