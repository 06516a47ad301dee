package imports

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/audience"
)

// listRow is a row of a stop list or of members.
type listRow struct {
	record audience.Record
	stop   audience.StopEntry
	member audience.Sought
}

// list reads a stop list or members, and stores them piece by piece. What was stored before the process died is read again,
// for the file of refused rows, and not stored again.
func (j *job) list(ctx context.Context) error {
	if _, err := j.r.Checkpoint(&j.mark); err != nil {
		return err
	}
	from, progress, done, err := j.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	t, err := audience.Open(from, !j.Settings.Header, 0, j.Settings.Country)
	if err != nil {
		return err
	}
	j.refused.header = t.Header()
	if j.mark.ByReason == nil {
		j.mark.ByReason, j.mark.Warnings = map[audience.Code]int{}, map[audience.Code]int{}
	}
	read := 0
	for more := true; more; {
		var records []audience.Record
		if records, more, err = some(t); err != nil {
			return err
		}
		again := read < j.mark.Past
		read += len(records)
		if err := j.listPiece(ctx, records, read, again); err != nil {
			return err
		}
		j.said(progress, read)
	}
	return j.refused.close()
}

// some reads the next rows; more is false at the end of the file.
func some(t *audience.Table) (list []audience.Record, more bool, err error) {
	for len(list) < pieceRows {
		rec, err := t.Record()
		if errors.Is(err, io.EOF) {
			return list, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		list = append(list, rec)
	}
	return list, true, nil
}

// listPiece stores some rows; again: that was done before, and only the refused ones are wanted.
func (j *job) listPiece(ctx context.Context, records []audience.Record, read int, again bool) error {
	rows, refused := j.readList(records)
	var next mark
	var all []*audience.Refusal
	err := j.commit(ctx, &next, func(tx pgx.Tx) error {
		next, all = j.mark, slices.Clone(refused)
		if _, err := tx.Exec(ctx, j.s.q.Get("by_keys")); err != nil {
			return err
		}
		if j.Kind == audience.ImportStops && again {
			return nil
		}
		added, unknown, err := j.putList(ctx, tx, rows, again)
		all = append(all, unknown...)
		if err != nil || again {
			return err
		}
		next.ByReason = maps.Clone(next.ByReason)
		next.Past, next.Rows = read, read
		next.Added += added
		next.Kept += len(records) - len(all) - added
		next.Refused += len(all)
		for _, r := range all {
			next.ByReason[r.Code]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	j.mark = next
	slices.SortFunc(all, func(a, b *audience.Refusal) int { return a.Line - b.Line })
	for _, r := range all {
		if err := j.refused.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// readList makes entries or members of rows.
func (j *job) readList(records []audience.Record) (rows []listRow, refused []*audience.Refusal) {
	rows = make([]listRow, 0, len(records))
	for _, rec := range records {
		row, refusal := listRow{record: rec}, (*audience.Refusal)(nil)
		if j.Kind == audience.ImportStops {
			row.stop, refusal = audience.StopOf(j.Settings.Columns, rec, j.Settings.Country, usual(&j.kept))
		} else {
			row.member, refusal = audience.MemberOf(j.Settings.Columns, rec, j.Settings.Country)
		}
		if refusal != nil {
			refused = append(refused, refusal)
			continue
		}
		rows = append(rows, row)
	}
	return rows, refused
}

func (j *job) putList(ctx context.Context, tx pgx.Tx, rows []listRow, again bool) (added int, unknown []*audience.Refusal, err error) {
	if j.Kind == audience.ImportMembers {
		return j.members(ctx, tx, rows, again)
	}
	added, err = j.stops(ctx, tx, rows)
	return added, nil, err
}

func (j *job) stops(ctx context.Context, tx pgx.Tx, rows []listRow) (added int, err error) {
	entries := make([]audience.StopEntry, len(rows))
	for i := range rows {
		entries[i] = rows[i].stop
	}
	list, err := j.s.Stops.AddStops(ctx, tx, j.r.Actor(), entries)
	return len(list), err
}

// members finds the contacts of rows and puts them into the groups. Rows whose contact nobody has are refused.
func (j *job) members(ctx context.Context, tx pgx.Tx, rows []listRow, again bool) (added int, unknown []*audience.Refusal, err error) {
	phones, emails, list := make([]string, len(rows)), make([]string, len(rows)), make([]int64, len(rows))
	for i := range rows {
		phones[i], emails[i], list[i] = rows[i].member.Phone, rows[i].member.Email, rows[i].member.ID
	}
	found, err := tx.Query(ctx, j.s.q.Get("members_find"), int64(j.r.Account()), phones, emails, list)
	if err != nil {
		return 0, nil, err
	}
	of := make([][]int64, len(rows))
	var i, contact int64
	var all []int64
	if _, err := pgx.ForEachRow(found, []any{&i, &contact}, func() error {
		of[i-1] = append(of[i-1], contact)
		all = append(all, contact)
		return nil
	}); err != nil {
		return 0, nil, err
	}
	for i := range rows {
		if of[i] == nil {
			unknown = append(unknown, audience.Unknown(rows[i].record))
		}
	}
	if again {
		return 0, unknown, nil
	}
	put, err := tx.Query(ctx, j.s.q.Get("members_put"), int64(j.r.Account()), numbers(j.Settings.Groups), all, j.s.Clock())
	if err != nil {
		return 0, nil, err
	}
	fresh := map[int64]bool{}
	if _, err := pgx.ForEachRow(put, []any{&contact}, func() error {
		fresh[contact] = true
		return nil
	}); err != nil {
		return 0, nil, err
	}
	for i := range of {
		isNew := false
		for _, c := range of[i] {
			isNew = isNew || fresh[c]
			delete(fresh, c) // a second row of the same contact finds it there
		}
		if isNew {
			added++
		}
	}
	return added, unknown, nil
}
