package bench

import (
	"runtime"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
)

// holding is what it takes to have n recipients waiting.
type holding struct {
	n          int
	memory     float64 // bytes of the Go heap that are in use, with all held
	againAfter float64 // seconds from opening the database to the first batch with all held
}

// waitingRun has n recipients waiting and starts the runtime, set not to put segments away: it must claim and load all of
// them, and commit its first batch.
func (m *machine) waitingRun(n int) holding {
	w := m.newWaiting("bench_waiting", n)
	defer w.remove()
	h := holding{n: n}
	before := heap()
	began := time.Now()
	w.store.Close()
	w.open()
	x := w.start(run.Times{RestUnless: 48 * time.Hour})
	h.againAfter = w.atWork(x, n, began)
	h.memory = heap() - before
	x.stop()
	return h
}

// atWork waits until all segments are held and the first message is launched.
func (w *world) atWork(x *works, n int, began time.Time) float64 {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	segments := int64((n + run.SegmentSize - 1) / run.SegmentSize)
	for {
		f := x.runtime.Figures()
		if f.Held >= segments && f.Messages > 0 && f.Batches > 0 {
			return time.Since(began).Seconds()
		}
		select {
		case <-tick.C:
		case <-w.Context().Done():
			w.Fatal("the segments were not all taken", f)
		}
		require.Less(w, time.Since(began), 2*time.Minute, "held %d of %d segments", f.Held, segments)
	}
}

// heap is what is in use after everything unused has been given up.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc)
}

// newWaiting makes a world of n recipients, written by statements: all wait for a fact of their first message until a
// deadline in an hour, but the last thousand, whose walk begins now.
func (m *machine) newWaiting(name string, n int) *world {
	w := m.newWorld(name, 1, time.Now())
	m.exec(w.db, "DELETE FROM recipients")
	m.exec(w.db, "DELETE FROM segments")
	m.exec(w.db, "DELETE FROM contacts")
	m.exec(w.db, `INSERT INTO contacts (account, contact, phone, name)
		SELECT $1, i, '+79' || lpad(i::text, 9, '0'), 'Анна ' || i FROM generate_series(1, $2::bigint) AS i`, account, n)
	m.exec(w.db, `INSERT INTO recipients (account, campaign, ordinal, contact, zone, node, phase, attempt, entered_at, launched_at,
			accepted_at, wake_at)
		SELECT $1, $2, i, i + 1, 'Europe/Moscow', 0, CASE WHEN fresh THEN 0 ELSE $4::smallint END, CASE WHEN fresh THEN 0 ELSE 1 END,
			CASE WHEN NOT fresh THEN at END, CASE WHEN NOT fresh THEN at END, CASE WHEN NOT fresh THEN at END,
			CASE WHEN fresh THEN now() END
		FROM (SELECT i, i >= $3::bigint - 1000 AS fresh, now() - interval '1 day' + interval '1 hour' AS at
			FROM generate_series(0, $3::bigint - 1) AS i) u`, account, campaignID, n, int16(engine.Waiting))
	m.exec(w.db, `INSERT INTO segments (account, campaign, segment, open, due)
		SELECT account, campaign, ordinal / $1::bigint, count(*), now() FROM recipients GROUP BY 1, 2, 3`, run.SegmentSize)
	m.exec(w.db, "UPDATE campaigns SET recipients = $1, state = 'running'", n)
	m.exec(w.db, "ANALYZE")
	return w
}
