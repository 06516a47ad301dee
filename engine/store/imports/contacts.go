package imports

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// contacts reads the file into the import's own table, unless that was done, and then stores the rows.
func (j *job) contacts(ctx context.Context) (err error) {
	defer func() {
		if !lost(ctx, err) {
			_, e := j.s.Tasks.Pool().Exec(context.WithoutCancel(ctx), j.stage("stage_drop"))
			err = errors.Join(err, e)
		}
	}()
	found, err := j.r.Checkpoint(&j.mark)
	if err != nil {
		return err
	}
	whole := false
	if found {
		if whole, err = j.staged(ctx); err != nil {
			return err
		}
	}
	if !whole {
		// Where there is a mark the table was lost with a crash of the database; what was stored stays stored.
		if err := j.read(ctx, j.mark); err != nil {
			return err
		}
	}
	if err := j.define(ctx); err != nil {
		return err
	}
	return j.store(ctx)
}

// staged tells whether the import's own table has all its rows.
func (j *job) staged(ctx context.Context) (bool, error) {
	var there bool
	if err := j.s.Tasks.Pool().QueryRow(ctx, j.stage("stage_there")).Scan(&there); err != nil || !there {
		return false, err
	}
	var n int
	err := j.s.Tasks.Pool().QueryRow(ctx, j.stage("stage_count")).Scan(&n)
	return n == j.mark.Staged, err
}

// staging is a row on its way.
type staging struct {
	contact scheme.Contact
	line    int
	id      int64
	refusal func(first int) *audience.Refusal // of the row as a double
}

// piece is the rows of a transaction, each phone once.
type piece struct {
	rows    []staging
	at      map[string]int
	refused []*audience.Refusal
	doubles []staging // rows left out because the piece has their phone
	merged  int       // rows that went into others
}

func (p *piece) reset() {
	p.rows, p.refused, p.doubles, p.merged = p.rows[:0], p.refused[:0], p.doubles[:0], 0
	clear(p.at)
}

// read reads the whole file into the import's own table. before says what was stored earlier.
func (j *job) read(ctx context.Context, before mark) error {
	from, progress, done, err := j.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	rd, err := j.s.reader(ctx, j.s.Tasks.Pool(), j.r.Account(), &j.kept, from, false)
	if err != nil {
		return err
	}
	j.refused.header = rd.Header()
	j.mark = mark{}
	err = j.commit(ctx, nil, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, j.stage("stage_drop")); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, j.stage("stage_create"))
		return err
	})
	if err != nil {
		return err
	}
	p := &piece{at: map[string]int{}}
	for more := true; more; {
		if more, err = j.fill(rd, p); err != nil {
			return err
		}
		if err := j.put(ctx, p); err != nil {
			return err
		}
		p.reset()
		j.said(progress, rd.Summary().Read)
	}
	if err := j.refused.close(); err != nil {
		return err
	}
	sum := rd.Summary()
	j.mark.After = before.After
	j.mark.ImportResult = audience.ImportResult{Rows: sum.Read, Added: before.Added, Merged: before.Merged, Kept: before.Kept,
		Doubles: j.mark.Doubles, Refused: sum.Refused, ByReason: sum.ByCode, Warnings: sum.Warnings}
	return j.commit(ctx, j.mark, func(pgx.Tx) error { return nil })
}

// fill reads rows into a piece; more is false at the end of the file.
func (j *job) fill(rd *audience.Reader, p *piece) (more bool, err error) {
	first := j.Settings.Doubles == audience.FirstWins
	for range pieceRows {
		row, refusal, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if refusal != nil {
			p.refused = append(p.refused, refusal)
			continue
		}
		one := staging{contact: row.Contact, line: row.Line}
		if first {
			one.refusal = rd.AsDouble()
		}
		known := audience.KnownBy(&row.Contact)
		at, twice := p.at[known]
		switch {
		case !twice:
			p.at[known] = len(p.rows)
			p.rows = append(p.rows, one)
		case first:
			p.doubles = append(p.doubles, one)
		case j.Settings.Doubles == audience.LastWins:
			p.rows[at].contact = row.Contact
			p.merged++
		default:
			p.rows[at].contact = audience.Merge(p.rows[at].contact, row.Contact)
			p.merged++
		}
	}
	return true, nil
}

// put stores a piece in the import's own table, and its refused rows in their file.
func (j *job) put(ctx context.Context, p *piece) error {
	var refused []*audience.Refusal
	var rows []staging
	err := j.commit(ctx, nil, func(tx pgx.Tx) (err error) {
		rows, refused, err = j.meet(ctx, tx, p)
		if err != nil || len(rows) == 0 {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{j.table()}, []string{"phone", "contact", "line", "name", "email", "zone", "tags",
			"attributes", "addresses"}, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return j.values(&rows[i]), nil }))
		return err
	})
	if err != nil {
		return err
	}
	again := 0 // rows in the place of earlier ones
	for i := range rows {
		if rows[i].id != 0 {
			again++
		}
	}
	j.mark.Doubles += p.merged + len(refused) + again
	j.mark.Staged += len(rows) - again
	refused = append(refused, p.refused...)
	slices.SortFunc(refused, func(a, b *audience.Refusal) int { return a.Line - b.Line })
	for _, r := range refused {
		if err := j.refused.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// meet gives the rows to store of a piece: where earlier pieces have the phone, the rule for doubles says which row counts.
// A row that takes the place of an earlier one keeps its id.
func (j *job) meet(ctx context.Context, tx pgx.Tx, p *piece) ([]staging, []*audience.Refusal, error) {
	phones := make([]string, len(p.rows))
	for i := range p.rows {
		phones[i] = audience.KnownBy(&p.rows[i].contact)
	}
	if j.Settings.Doubles == audience.FirstWins {
		return j.first(ctx, tx, p, phones)
	}
	rows, err := tx.Query(ctx, j.stage("stage_take"), phones)
	if err != nil {
		return nil, nil, err
	}
	out := slices.Clone(p.rows)
	var old scheme.Contact
	var id, line int64
	_, err = pgx.ForEachRow(rows, []any{&old.Phone, &id, &line, &old.Name, &old.Email, &old.Zone, &old.Tags, &old.Attributes,
		&old.Addresses}, func() error {
		row := &out[p.at[old.Phone]]
		row.id, old.Phone = id, row.contact.Phone
		if j.Settings.Doubles == audience.MergeRows {
			row.contact = audience.Merge(old, row.contact)
		}
		old = scheme.Contact{}
		return nil
	})
	return out, nil, err
}

// first leaves out the rows whose phone earlier pieces have.
func (j *job) first(ctx context.Context, tx pgx.Tx, p *piece, phones []string) ([]staging, []*audience.Refusal, error) {
	rows, err := tx.Query(ctx, j.stage("stage_lines"), phones)
	if err != nil {
		return nil, nil, err
	}
	there := map[string]int{}
	var phone string
	var line int64
	if _, err := pgx.ForEachRow(rows, []any{&phone, &line}, func() error {
		there[phone] = int(line)
		return nil
	}); err != nil {
		return nil, nil, err
	}
	out := make([]staging, 0, len(p.rows))
	var refused []*audience.Refusal
	for i := range p.rows {
		row := p.rows[i]
		known := audience.KnownBy(&row.contact)
		if line, twice := there[known]; twice {
			refused = append(refused, row.refusal(line))
			continue
		}
		there[known] = row.line
		out = append(out, row)
	}
	for i := range p.doubles {
		refused = append(refused, p.doubles[i].refusal(there[audience.KnownBy(&p.doubles[i].contact)]))
	}
	return out, refused, nil
}

// values are the columns of a row in the import's own table.
func (j *job) values(row *staging) []any {
	c := tagged(row.contact, j.Settings.Tags)
	id := row.id
	if id == 0 {
		id = int64(j.s.NewID())
	}
	if c.Tags == nil {
		c.Tags = []string{}
	}
	if c.Attributes == nil {
		c.Attributes = map[string]any{}
	}
	if c.Addresses == nil {
		c.Addresses = map[string]string{}
	}
	return []any{audience.KnownBy(&row.contact), id, int64(row.line), c.Name, c.Email, c.Zone, c.Tags, c.Attributes, c.Addresses}
}

// define makes the definitions of the attributes that the file adds.
func (j *job) define(ctx context.Context) error {
	known, err := j.s.attributes(ctx, j.s.Tasks.Pool(), j.r.Account())
	if err != nil {
		return err
	}
	added := j.Settings.Settle(known)
	if len(added) == 0 {
		return nil
	}
	var keys, titles, types []string
	for _, a := range added {
		keys, titles, types = append(keys, a.Key), append(titles, a.Title), append(types, string(a.Type))
	}
	return j.commit(ctx, nil, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, j.s.q.Get("attributes_add"), int64(j.r.Account()), keys, titles, types, j.s.Clock())
		return err
	})
}

// store puts the rows among the contacts, piece by piece in the order of their phones.
func (j *job) store(ctx context.Context) error {
	for {
		stored := j.mark.Added + j.mark.Merged + j.mark.Kept
		j.mark.Skipped = j.mark.Staged - stored
		j.r.Progress(stepStoring, int64(stored), int64(j.mark.Staged))
		if j.mark.Skipped <= 0 {
			return nil
		}
		next, n := j.mark, 0
		next.ByReason, next.Warnings = maps.Clone(next.ByReason), maps.Clone(next.Warnings)
		err := j.commit(ctx, &next, func(tx pgx.Tx) (err error) {
			next.After, next.Added, next.Merged, next.Kept = j.mark.After, j.mark.Added, j.mark.Merged, j.mark.Kept
			n, err = j.piece(ctx, tx, &next)
			next.Skipped = j.mark.Skipped - n
			return err
		})
		if err != nil {
			return err
		}
		if j.mark = next; n == 0 {
			return nil
		}
	}
}

// piece stores the next rows and says in m what came of them.
func (j *job) piece(ctx context.Context, tx pgx.Tx, m *mark) (n int, err error) {
	st, after, now := &j.Settings, m.After, j.s.Clock()
	source := st.Source
	if source == "" {
		source = "import:" + j.Name
	}
	args := []any{int64(j.r.Account()), after, pieceRows, source, now}
	if st.Existing == audience.ReplaceExisting {
		args = append(args, j.has(audience.FieldName), j.has(audience.FieldEmail), j.has(audience.FieldZone),
			j.has(audience.FieldTags), j.keys(audience.FieldAttribute), j.keys(audience.FieldAddress))
	}
	var last string
	var added, merged int
	statement := j.stage
	err = tx.QueryRow(ctx, statement("store_"+string(st.Existing)), args...).Scan(&last, &n, &added, &merged)
	if err == nil && n == 0 && st.WithoutPhone {
		// Those without a phone come last.
		if err = j.find(ctx, tx, after); err == nil {
			statement = j.others
			err = tx.QueryRow(ctx, statement("store_"+string(st.Existing)), args...).Scan(&last, &n, &added, &merged)
		}
	}
	if err != nil || n == 0 {
		return n, err
	}
	m.After, m.Added, m.Merged, m.Kept = last, m.Added+added, m.Merged+merged, m.Kept+n-added-merged
	if _, err := tx.Exec(ctx, j.s.q.Get("by_keys")); err != nil {
		return n, err
	}
	if len(st.Groups) > 0 {
		_, err := tx.Exec(ctx, statement("store_groups"), int64(j.r.Account()), after, last, numbers(st.Groups), now)
		if err != nil {
			return n, err
		}
	}
	return n, j.agree(ctx, tx, statement("store_consents"), after, last, n)
}

// find looks the next rows without a phone up among the contacts, by what they are known by.
func (j *job) find(ctx context.Context, tx pgx.Tx, after string) error {
	for _, statement := range []string{"others_lock", "others_find"} {
		if _, err := tx.Exec(ctx, j.stage(statement), int64(j.r.Account()), after, pieceRows); err != nil {
			return err
		}
	}
	return nil
}

// others gives a statement about rows with a phone as it is for those without: their contacts are known by id, where there are
// any. Of two rows of one contact the first in order counts.
func (j *job) others(query string) string {
	return strings.NewReplacer("phone < ','", "phone > ','", "ON CONFLICT (account, phone)", "ON CONFLICT (account, contact)",
		"p.contact, p.phone, p.name", "p.contact, NULL, p.name", "c.phone = p.phone", "c.contact = p.contact", "FROM part p ORDER BY p.phone",
		"FROM (SELECT DISTINCT ON (contact) * FROM part ORDER BY contact, phone) p ORDER BY p.phone").Replace(j.stage(query))
}

// agree writes down what the contacts of a piece agreed to.
func (j *job) agree(ctx context.Context, tx pgx.Tx, statement, after, last string, n int) error {
	c := j.Settings.Consent
	if c == nil {
		return nil
	}
	list := make([]int64, n*len(c.Channels))
	for i := range list {
		list[i] = int64(j.s.NewID())
	}
	now, given := j.s.Clock(), c.GivenAt
	if given == nil {
		given = j.StartedAt
	}
	_, err := tx.Exec(ctx, statement, int64(j.r.Account()), after, last, c.Channels, c.Text, c.Source, given, list, now)
	return err
}

func (j *job) has(f audience.Field) bool {
	return slices.ContainsFunc(j.Settings.Columns, func(c audience.Column) bool { return c.Field == f })
}

func (j *job) keys(f audience.Field) []string {
	keys := []string{}
	for _, c := range j.Settings.Columns {
		if c.Field == f {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// numbers gives ids as the database takes them.
func numbers(list []ids.ID) []int64 {
	out := make([]int64, len(list))
	for i, id := range list {
		out[i] = int64(id)
	}
	return out
}
