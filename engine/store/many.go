package store

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// many stores an entry of many rows by COPY, which takes half the time of an INSERT that minds conflicts. Where repeats are
// expected it looks which are there, before: of those that may well be, or of all. Another row that is there, or that
// somebody else stores meanwhile, is a duplicate and fails it: then all of it has to be tried again with a look, or go
// the other way. All new rows go in one sorted COPY: two transactions may wait for each other's rows, but only in one
// order.
func (w *inboxWriter) many(ctx context.Context, conn *pgx.Conn, e *entry, rows []fact, how look) error {
	var at engine.Instant
	w.exec("BEGIN")
	w.b.Queue(w.q.get("recorded"))
	w.read = append(w.read, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := reader{values: rows.RawValues()}
			at = r.instant()
		}
		rows.Close()
		return rows.Err()
	})
	there := w.there(rows, how)
	if err := w.send(ctx, conn); err != nil {
		return err
	}
	counts := tally{}
	if len(e.answers) > 0 {
		if err := w.copyAnswers(ctx, conn, e.answers, at, &counts); err != nil {
			return err
		}
	}
	fresh, promoted := partFacts(rows, there)
	if len(fresh) > 0 {
		if err := w.copyFacts(ctx, conn, rows, fresh, at, &counts); err != nil {
			return err
		}
	}
	w.counters(&counts)
	w.facts(promoted)
	w.rest(e, rows, len(there) == 0)
	return w.send(ctx, conn)
}

func skip(results pgx.BatchResults) error {
	_, err := results.Exec()
	return err
}

// there asks which facts exist, of all or only of those that may well: by place, and whether that one was only implied.
func (w *inboxWriter) there(rows []fact, how look) map[int32]bool {
	var asked []int32
	for i := range rows {
		if how == lookAtAll || how == lookAtUnsure && rows[i].unsure() {
			asked = append(asked, int32(i))
		}
	}
	if len(asked) == 0 {
		return nil
	}
	found := make(map[int32]bool, len(asked))
	c := columns(7, len(asked))
	for _, i := range asked {
		putKey(c, rows[i].key)
		c[5].int32(rows[i].code)
		c[6].text(rows[i].unique)
	}
	w.b.Queue(w.q.get("facts_there"), args(c)...)
	w.read = append(w.read, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := reader{values: rows.RawValues()}
			place := asked[r.int64()-1]
			found[place] = r.bool()
		}
		rows.Close()
		return rows.Err()
	})
	return found
}

// partFacts parts the rows into new ones, by place, and those that make an implied one real. The others are repeats.
func partFacts(rows []fact, there map[int32]bool) (fresh []int32, promoted []fact) {
	fresh = make([]int32, 0, len(rows))
	for i := range int32(len(rows)) {
		implied, exists := there[i]
		if !exists && rows[i].promotes() {
			implied, exists = true, true
		}
		switch {
		case !exists:
			fresh = append(fresh, i)
		case implied && !rows[i].implied:
			promoted = append(promoted, rows[i])
		}
	}
	return fresh, promoted
}

func (w *inboxWriter) copyAnswers(ctx context.Context, conn *pgx.Conn, list []answerRow, at engine.Instant,
	counts *tally) error {
	data, sources := newCopyData(len(list)), columns(3, len(list))
	for i := range list {
		a := &list[i]
		putSource(sources, a.source)
		d := &data.row(9).list[0]
		d.int64(a.source.account)
		d.text(a.source.connection)
		d.text(a.source.provider)
		d.int64(a.key.Campaign)
		d.int32(segmentOf(a.key).Segment)
		d.int64(a.key.Ordinal)
		d.int16(a.key.Node)
		d.int16(int16(a.key.Attempt))
		d.instant(at)
		w.touched[segmentOf(a.key)] = true
		counts.add(&a.key, 0, 0)
	}
	if _, err := conn.PgConn().CopyFrom(ctx, data.end(), w.q.get("answers_copy")); err != nil {
		return err
	}
	w.waitingFor(sources)
	return nil
}

func (w *inboxWriter) copyFacts(ctx context.Context, conn *pgx.Conn, rows []fact, fresh []int32, at engine.Instant,
	counts *tally) error {
	data := newCopyData(len(fresh))
	for _, place := range fresh {
		f := &rows[place]
		d := &data.row(13).list[0]
		d.int64(f.key.Account)
		d.int64(f.key.Campaign)
		d.int32(segmentOf(f.key).Segment)
		d.int64(f.key.Ordinal)
		d.int16(f.key.Node)
		d.int16(int16(f.key.Attempt))
		d.int32(f.code)
		d.text(f.value)
		d.text(f.unique)
		d.int16(int16(f.scope))
		d.bool(f.implied)
		d.instant(at + engine.Instant(f.later))
		d.instant(f.at)
		w.fresh(f, counts)
	}
	_, err := conn.PgConn().CopyFrom(ctx, data.end(), w.q.get("facts_copy"))
	return err
}

// fresh takes a row into account that is new.
func (w *inboxWriter) fresh(f *fact, counts *tally) {
	if !f.implied {
		w.saved.Facts++
		if segment := segmentOf(f.key); segment != w.last { // rows are sorted
			w.touched[segment], w.last = true, segment
		}
	}
	if f.code < run.HookDoneCode {
		counts.add(&f.key, f.code, keyPressed(f))
	}
}

// counters queues what was counted.
func (w *inboxWriter) counters(counts *tally) {
	if named := counts.named(); len(named) > 0 {
		writer{b: &w.b, q: w.q}.counters(named)
		w.read = append(w.read, skip)
	}
}

// tally counts rows by figure.
type tally struct {
	counts map[figure]*int64
	last   figure
	of     *int64 // the last one's
}

// figure is what a row counts in: an acceptance where there is no fact.
type figure struct {
	campaign run.CampaignKey
	node     int16
	pressed  byte // the key
	fact     int32
}

func (t *tally) add(key *channel.Key, fact int32, pressed byte) {
	f := figure{run.CampaignKey{Account: key.Account, Campaign: key.Campaign}, key.Node, pressed, fact}
	if t.of == nil || f != t.last {
		if t.counts == nil {
			t.counts = map[figure]*int64{}
		}
		if t.of = t.counts[f]; t.of == nil {
			t.of = new(int64)
			t.counts[f] = t.of
		}
		t.last = f
	}
	*t.of++
}

// named gives the counts under the names that the statement `facts` gives them.
func (t *tally) named() map[run.Counter]int64 {
	list := make(map[run.Counter]int64, len(t.counts))
	for f, n := range t.counts {
		what := "accepted"
		if f.fact != 0 {
			what = engine.Facts(f.fact).String()
		}
		if f.pressed != 0 {
			what += ":" + string(f.pressed)
		}
		list[run.Counter{Campaign: f.campaign, Node: f.node, What: what}] = *n
	}
	return list
}

// keyPressed is the key where the fact is one of the menu, 0 else.
func keyPressed(f *fact) byte {
	if f.code == int32(engine.Pressed) && len(f.value) == 1 && strings.Contains("0123456789*#", f.value) { //nolint:gocritic // the key is looked for among the keys
		return f.value[0]
	}
	return 0
}

func compareAnswers(a, b answerRow) int {
	return cmp.Or(cmp.Compare(a.source.account, b.source.account), strings.Compare(a.source.connection, b.source.connection),
		strings.Compare(a.source.provider, b.source.provider), compareKeys(a.key, b.key))
}

// isConflict reports whether a row was there already, or two transactions waited for each other's rows.
func isConflict(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "23505" || pgErr.Code == "40P01")
}
