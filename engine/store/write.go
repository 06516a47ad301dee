package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
)

// entry is what one transaction of the inbox writes.
type entry struct {
	answers []answerRow
	facts   []fact // of known messages
	unknown []fact
	settled []fact // unknown ones that are known now
	held    func(run.SegmentKey) bool
}

// write stores an entry. It returns the unknown facts that waited for the answers among it. Rows go sorted by key: two
// transactions that store the same rows wait for each other in one order.
func (s *Store) write(ctx context.Context, e entry) (run.Saved, []fact, error) {
	rows, err := s.rows(ctx, e.facts)
	if err != nil {
		return run.Saved{}, nil, err
	}
	if len(e.answers)+len(rows)+len(e.unknown)+len(e.settled) == 0 {
		return run.Saved{Repeats: len(e.facts), Touched: []run.SegmentKey{}}, nil, nil
	}
	slices.SortFunc(e.answers, compareAnswers)
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return run.Saved{}, nil, err
	}
	defer conn.Release() // one with a broken transaction is not used again
	for attempt := range writeAttempts {
		w := inboxWriter{q: s.q, touched: map[run.SegmentKey]bool{}}
		how := s.repeats.look(attempt)
		many := attempt < writeAttempts-1 && len(e.answers)+len(rows) >= manyRows
		if many {
			err = w.many(ctx, conn.Conn(), &e, rows, how)
		} else {
			err = w.few(ctx, conn.Conn(), &e, rows, how == lookAtNone)
		}
		s.repeats.note(how, isConflict(err))
		if err == nil {
			if many { // else an answer of another process may have been there
				s.memory.accepted(e.answers)
			}
			s.memory.stored(rows)
		}
		if !isConflict(err) {
			return w.result(&e, err)
		}
		if _, rollback := conn.Exec(ctx, "ROLLBACK"); rollback != nil {
			return run.Saved{}, nil, rollback
		}
	}
	return run.Saved{}, nil, err
}

// few stores an entry of a few rows in one round trip. Where no repeats are expected, only those facts go by the slower
// statement of which it is not known that they are new; one of the others that is there fails all of it.
func (w *inboxWriter) few(ctx context.Context, conn *pgx.Conn, e *entry, rows []fact, mostlyNew bool) error {
	w.exec("BEGIN")
	w.answers(e.answers)
	if mostlyNew {
		var sure, unsure []fact
		for i := range rows {
			if rows[i].unsure() {
				unsure = append(unsure, rows[i])
			} else {
				sure = append(sure, rows[i])
			}
		}
		w.newFacts(sure)
		w.facts(unsure)
	} else {
		w.facts(rows)
	}
	w.rest(e, rows, mostlyNew)
	return w.send(ctx, conn)
}

// manyRows is from how many rows an entry is stored by many, which needs more round trips.
const manyRows = 100

// writeAttempts is how often an entry is tried that somebody stores the same rows beside.
const writeAttempts = 3

// lookAfter is for how many entries of many rows it is asked which facts exist, once one was met.
const lookAfter = 100

// look says of which facts it is asked whether they exist.
type look uint8

const (
	lookAtNone look = iota
	lookAtUnsure
	lookAtAll
)

// repeats says whether facts that are stored already have to be expected, from what was met before.
type repeats struct{ unsure, all atomic.Int32 }

func (r *repeats) look(attempt int) look {
	switch {
	case attempt > 0 || r.all.Load() > 0:
		return lookAtAll
	case r.unsure.Load() > 0:
		return lookAtUnsure
	}
	return lookAtNone
}

// note takes in how an entry went: with what look, and whether it met a fact that it had not looked for.
func (r *repeats) note(how look, met bool) {
	switch {
	case met && how == lookAtNone:
		r.unsure.Store(lookAfter)
	case met:
		r.all.Store(lookAfter)
	default:
		for _, left := range []*atomic.Int32{&r.unsure, &r.all} {
			if n := left.Load(); n > 0 {
				left.CompareAndSwap(n, n-1)
			}
		}
	}
}

// inboxWriter queues the statements of an entry, and what reads their results.
type inboxWriter struct {
	b       pgx.Batch
	q       queries
	read    []func(pgx.BatchResults) error
	saved   run.Saved
	touched map[run.SegmentKey]bool
	last    run.SegmentKey // touched
	waiting []fact
}

func (w *inboxWriter) exec(sql string, arguments ...any) {
	w.b.Queue(sql, arguments...)
	w.read = append(w.read, func(r pgx.BatchResults) error {
		_, err := r.Exec()
		return err
	})
}

// segments reads the segments that a statement wrote rows of, and adds their numbers to n.
func (w *inboxWriter) segments(n *int) {
	w.read = append(w.read, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := reader{values: rows.RawValues()}
			key := run.SegmentKey{Account: r.int64(), Campaign: r.int64(), Segment: r.int32()}
			if count := r.int64(); count > 0 {
				*n += int(count)
				w.touched[key] = true
			}
		}
		rows.Close()
		return rows.Err()
	})
}

// send sends what is queued, in one round trip, and reads the results.
func (w *inboxWriter) send(ctx context.Context, conn *pgx.Conn) error {
	results := conn.SendBatch(ctx, &w.b)
	for _, read := range w.read {
		if err := read(results); err != nil {
			_ = results.Close() // tells the same error again
			return err
		}
	}
	w.b, w.read = pgx.Batch{}, nil
	return results.Close()
}

func (w *inboxWriter) result(e *entry, err error) (run.Saved, []fact, error) {
	if err != nil {
		return run.Saved{}, nil, err
	}
	w.saved.Repeats = len(e.facts) - w.saved.Facts
	w.saved.Unknown = len(e.unknown)
	w.saved.Touched = sortedSegments(w.touched)
	return w.saved, w.waiting, nil
}

// rest queues what comes after answers and facts, of which all rows may be new or certainly are.
func (w *inboxWriter) rest(e *entry, rows []fact, certain bool) {
	w.unknown(e.unknown)
	if len(e.settled) > 0 {
		c := columns(5, len(e.settled))
		for i := range e.settled {
			f := &e.settled[i]
			putSource(c, f.source)
			c[3].int32(f.code)
			c[4].text(f.unique)
		}
		w.exec(w.q.get("unknown_known"), args(c)...)
	}
	woken := w.wake(e, rows, certain)
	w.exec("COMMIT")
	if woken {
		w.exec(w.q.get("notify"))
	}
}

func (w *inboxWriter) answers(list []answerRow) {
	if len(list) == 0 {
		return
	}
	c, sources := columns(7, len(list)), columns(3, len(list))
	for i := range list {
		a := &list[i]
		putSource(c, a.source)
		putSource(sources, a.source)
		c[3].int64(a.key.Campaign)
		c[4].int64(a.key.Ordinal)
		c[5].int16(a.key.Node)
		c[6].int16(int16(a.key.Attempt))
	}
	w.b.Queue(w.q.get("answers"), args(c)...)
	accepted := 0
	w.segments(&accepted)
	w.waitingFor(sources)
}

// waitingFor asks for the facts that came before these answers.
func (w *inboxWriter) waitingFor(sources []column) {
	w.b.Queue(w.q.get("waiting_for"), args(sources)...)
	w.read = append(w.read, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		w.waiting, err = readUnknown(rows)
		return err
	})
}

func (w *inboxWriter) facts(list []fact) {
	if len(list) == 0 {
		return
	}
	c := factColumns(list)
	names := columns(2, 16)
	for bit := engine.Facts(1); bit != 0; bit <<= 1 {
		names[0].int32(int32(bit))
		names[1].text(bit.String())
	}
	w.b.Queue(w.q.get("facts"), append(args(c), args(names)...)...)
	w.segments(&w.saved.Facts)
}

// newFacts stores facts of which every one is new; a repeat fails it.
func (w *inboxWriter) newFacts(list []fact) {
	if len(list) == 0 {
		return
	}
	w.exec(w.q.get("facts_new"), args(factColumns(list))...)
	var counts tally
	for i := range list {
		w.fresh(&list[i], &counts)
	}
	w.counters(&counts)
}

func factColumns(list []fact) []column {
	c := columns(12, len(list))
	for i := range list {
		f := &list[i]
		putKey(c, f.key)
		c[5].int32(f.code)
		c[6].text(f.value)
		c[7].text(f.unique)
		c[8].int16(int16(f.scope))
		c[9].bool(f.implied)
		c[10].int32(f.later)
		c[11].instant(f.at)
	}
	return c
}

// unknown keeps the reports of messages that nobody knows, each once with the number of times.
func (w *inboxWriter) unknown(list []fact) {
	if len(list) == 0 {
		return
	}
	type id struct {
		source source
		code   int32
		unique string
	}
	times := map[id]int64{}
	rows := make([]fact, 0, len(list))
	for _, f := range list {
		k := id{f.source, f.code, f.unique}
		if times[k]++; times[k] == 1 {
			rows = append(rows, f)
		}
	}
	slices.SortFunc(rows, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.source.account, b.source.account), strings.Compare(a.source.connection, b.source.connection),
			strings.Compare(a.source.provider, b.source.provider), cmp.Compare(a.code, b.code), strings.Compare(a.unique, b.unique))
	})
	c := columns(9, len(rows))
	for i := range rows {
		f := &rows[i]
		putSource(c, f.source)
		c[3].int32(f.code)
		c[4].text(f.value)
		c[5].text(f.unique)
		c[6].int16(int16(f.scope))
		c[7].instant(f.at)
		c[8].int64(times[id{f.source, f.code, f.unique}])
	}
	w.exec(w.q.get("unknown"), args(c)...)
}

// wake wakes the segments that are not held here and got something.
func (w *inboxWriter) wake(e *entry, rows []fact, certain bool) bool {
	far := map[run.SegmentKey]bool{}
	var last run.SegmentKey
	add := func(k run.SegmentKey) {
		if k != last { // neighbours are of the same one as a rule
			far[k], last = true, k
		}
	}
	for i := range e.answers {
		add(segmentOf(e.answers[i].key))
	}
	for i := range rows {
		if !certain || !rows[i].implied {
			add(segmentOf(rows[i].key))
		}
	}
	c := columns(3, len(far))
	for _, k := range sortedSegments(far) {
		if e.held != nil && e.held(k) {
			continue
		}
		c[0].int64(k.Account)
		c[1].int64(k.Campaign)
		c[2].int32(k.Segment)
	}
	if c[0].rows > 0 {
		w.exec(w.q.get("wake"), args(c, certain)...)
	}
	return c[0].rows > 0
}
