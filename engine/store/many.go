package store

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine"
	"kaskad/engine/run"
)

// many stores an entry of many rows: it looks, where repeats are expected, which of the facts are there, and brings the
// others by COPY, which takes half the time of an INSERT that minds conflicts. A row that is there, or that somebody else
// stores meanwhile, is a duplicate and fails it: then all of it has to be tried again with a look, or go the other way.
func (w *inboxWriter) many(ctx context.Context, conn *pgx.Conn, e *entry, rows []fact, look bool) error {
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
	there := map[int]bool{}
	if look {
		there = w.there(rows)
	}
	if err := w.send(ctx, conn); err != nil {
		return err
	}
	counts := map[run.Counter]int64{}
	if len(e.answers) > 0 {
		if err := w.copyAnswers(ctx, conn, e.answers, at, counts); err != nil {
			return err
		}
	}
	fresh, promoted := partFacts(rows, there)
	if len(fresh) > 0 {
		if err := w.copyFacts(ctx, conn, fresh, at, counts); err != nil {
			return err
		}
	}
	writer{b: &w.b, q: w.q}.counters(counts)
	if len(counts) > 0 {
		w.read = append(w.read, skip)
	}
	w.facts(promoted)
	w.rest(e)
	return w.send(ctx, conn)
}

func skip(results pgx.BatchResults) error {
	_, err := results.Exec()
	return err
}

// there asks which facts exist: by place, and whether that one was only implied.
func (w *inboxWriter) there(rows []fact) map[int]bool {
	found := map[int]bool{}
	if len(rows) == 0 {
		return found
	}
	c := columns(7, len(rows))
	for i := range rows {
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
			place := int(r.int64()) - 1
			found[place] = r.bool()
		}
		rows.Close()
		return rows.Err()
	})
	return found
}

// partFacts parts the rows into new ones, and those that make an implied one real. The others are repeats.
func partFacts(rows []fact, there map[int]bool) (fresh, promoted []fact) {
	for i := range rows {
		implied, exists := there[i]
		switch {
		case !exists:
			fresh = append(fresh, rows[i])
		case implied && !rows[i].implied:
			promoted = append(promoted, rows[i])
		}
	}
	return fresh, promoted
}

func (w *inboxWriter) copyAnswers(ctx context.Context, conn *pgx.Conn, list []answerRow, at engine.Instant,
	counts map[run.Counter]int64) error {
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
		counts[run.Counter{Campaign: run.CampaignKey{Account: a.key.Account, Campaign: a.key.Campaign}, Node: a.key.Node,
			What: "accepted"}]++
	}
	if _, err := conn.PgConn().CopyFrom(ctx, data.end(), w.q.get("answers_copy")); err != nil {
		return err
	}
	w.waitingFor(sources)
	return nil
}

func (w *inboxWriter) copyFacts(ctx context.Context, conn *pgx.Conn, list []fact, at engine.Instant,
	counts map[run.Counter]int64) error {
	data := newCopyData(len(list))
	for i := range list {
		f := &list[i]
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
		if !f.implied {
			w.saved.Facts++
			w.touched[segmentOf(f.key)] = true
		}
		if what := figure(f); what != "" {
			counts[run.Counter{Campaign: run.CampaignKey{Account: f.key.Account, Campaign: f.key.Campaign}, Node: f.key.Node,
				What: what}]++
		}
	}
	_, err := conn.PgConn().CopyFrom(ctx, data.end(), w.q.get("facts_copy"))
	return err
}

// figure names the figure that a fact counts in, as the statement `facts` does; empty where it counts in none.
func figure(f *fact) string {
	if f.code >= run.HookDoneCode {
		return ""
	}
	what := engine.Facts(f.code).String()
	if f.code == int32(engine.Pressed) && len(f.value) == 1 && strings.Contains("0123456789*#", f.value) {
		return what + ":" + f.value
	}
	return what
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
