package imports_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/audience"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

// quick notices cancels soon.
func quick() tasks.Options {
	return tasks.Options{Beat: 10 * time.Millisecond, Stale: 5 * time.Second, Again: time.Nanosecond}
}

// hasty takes others for dead soon; frozen does not notice when that happens to it.
func hasty() tasks.Options {
	o := quick()
	o.Stale = 500 * time.Millisecond
	return o
}

func frozen() tasks.Options {
	return tasks.Options{Beat: time.Hour, Stale: time.Hour, Again: time.Nanosecond}
}

// agreed is a consent, for which the import asks for an id with every contact that it stores.
func agreed() audience.ImportChange {
	return audience.ImportChange{Consent: &audience.ImportConsent{Channels: []string{"sms"}, Text: "Согласен", Source: "анкета"}}
}

// A process dies while it reads the file, or while it stores the rows; or the database loses the import's own table besides.
func TestAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	const rows = 12_000
	for name, c := range map[string]struct {
		at    int64 // the id at which the first process dies; the import is asked for one itself
		crash bool
	}{
		"reading":                      {7_000, false},
		"storing":                      {1 + rows + 7_000, false},
		"storing, and the table empty": {1 + rows + 7_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			one, two := w.process(frozen()), w.process(hasty())
			stuck, free := make(chan struct{}), make(chan struct{})
			one.made = func(n int64) {
				if n == c.at {
					close(stuck)
					<-free
				}
			}
			draft := one.upload(audience.ImportContacts, &book{rows: rows})
			one.change(draft.ID, agreed())
			begun := one.start(draft.ID)
			stop := one.work()
			<-stuck
			one.kill()
			if c.crash {
				w.db.Exec(fmt.Sprintf("TRUNCATE import_stage_%d", draft.ID))
			}
			two.work()
			ended, result := two.ended(begun.ID)
			require.Equal(t, task.Done, ended.State, "%+v", ended.Error)
			close(free)
			stop()
			require.Equal(t, rows, result.Rows)
			require.Equal(t, rows, result.Added)
			require.Zero(t, result.Skipped)
			require.EqualValues(t, rows, w.db.Count("SELECT count(*) FROM contacts"))
			require.EqualValues(t, rows, w.db.Count("SELECT count(*) FROM consents"))
			require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM audit WHERE what = 'import.done'"))
			require.Empty(t, stages(w))
		})
	}
}

// stages are the tables of imports that there are.
func stages(w *world) []string {
	return w.db.Texts("SELECT relname::text FROM pg_class WHERE relname LIKE 'import\\_stage%' AND relkind = 'r' AND relnamespace = current_schema()::regnamespace")
}

// A cancel while the file is read changes nothing; later what was stored stays, and is told.
func TestCancel(t *testing.T) {
	t.Parallel()
	const rows = 40_000
	for name, at := range map[string]int64{"reading": 3_000, "storing": 1 + rows + 8_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.process(quick())
			var begun task.Task
			started := make(chan struct{})
			p.made = func(n int64) {
				if n == at {
					<-started
					_, err := p.tasks.Cancel(context.Background(), who(), begun.ID)
					require.NoError(w, err)
				}
			}
			draft := p.upload(audience.ImportContacts, &book{rows: rows})
			p.change(draft.ID, agreed())
			begun = p.start(draft.ID)
			close(started)
			p.work()
			ended, result := p.ended(begun.ID)
			require.Equal(t, task.Cancelled, ended.State)
			stored := w.db.Count("SELECT count(*) FROM contacts")
			require.EqualValues(t, stored, result.Added)
			require.Equal(t, stored, w.db.Count("SELECT count(*) FROM consents"))
			if name == "reading" {
				require.Zero(t, stored)
			} else {
				require.Positive(t, stored)
				require.Equal(t, rows-result.Added, result.Skipped)
				require.Positive(t, result.Skipped)
			}
			require.Empty(t, stages(w))
		})
	}
}

// The statistics are for quick plans alone: what is stored is stored, though the server gives up making them.
func TestAnImportIsDoneThoughItsStatisticsAreNot(t *testing.T) {
	t.Parallel()
	const rows = 2_000
	w := newWorld(t)
	one := w.process(quick())
	draft := one.upload(audience.ImportContacts, &book{rows: rows})
	blocking := storetest.Connect(t, w.address)
	blocking.Exec("BEGIN")
	// Statistics wait for this; rows are written nevertheless.
	blocking.Exec("LOCK TABLE contacts IN SHARE UPDATE EXCLUSIVE MODE")
	begun := one.start(draft.ID)
	one.work()
	// What the server does when the desk's time for a statement is over.
	const stop = `SELECT count(*) FILTER (WHERE pg_cancel_backend(l.pid)) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.relation = 'contacts'::regclass AND NOT l.granted AND a.query = 'ANALYZE contacts'`
	for w.db.Count(stop) == 0 {
		require.NoError(t, t.Context().Err())
		runtime.Gosched()
	}
	ended, result := one.ended(begun.ID)
	require.Equal(t, task.Done, ended.State, "%+v", ended.Error)
	require.Equal(t, rows, result.Added)
	require.EqualValues(t, rows, w.db.Count("SELECT count(*) FROM contacts"))
	blocking.Exec("ROLLBACK")
}

// A file that breaks off in its middle changes nothing.
func TestABrokenFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process(quick())
	var file strings.Builder
	file.WriteString("phone;name\n")
	for i := range 6_000 {
		fmt.Fprintf(&file, "+7916%07d;x\n", i)
	}
	file.WriteString(strings.Repeat("a", audience.MaxRecord+10))
	draft := p.upload(audience.ImportContacts, strings.NewReader(file.String()))
	begun := p.start(draft.ID)
	p.work()
	ended := p.until(begun.ID, func(t task.Task) bool { return t.State.Final() })
	require.Equal(t, task.Failed, ended.State)
	require.Equal(t, "file_record_too_long", ended.Error.Code)
	require.Equal(t, 6002.0, ended.Error.Args["line"])
	require.Zero(t, w.db.Count("SELECT count(*) FROM contacts"))
	require.Empty(t, stages(w))
}

// Two imports at once, of the same people in another order, do not stand in each other's way.
func TestImportsCross(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process(quick())
	files := [2]strings.Builder{}
	for i := range files {
		files[i].WriteString("phone;name\n")
		for j := range 8_000 {
			fmt.Fprintf(&files[i], "+7916%07d;x%d\n", (j*(7-4*i))%8_000, i)
		}
	}
	var begun [2]task.Task
	for i := range files {
		begun[i] = p.start(p.upload(audience.ImportContacts, strings.NewReader(files[i].String())).ID)
	}
	p.work()
	var all sync.WaitGroup
	var added [2]int
	for i := range begun {
		all.Go(func() {
			_, result := p.ended(begun[i].ID)
			added[i] = result.Added
		})
	}
	all.Wait()
	require.Equal(t, 8_000, added[0]+added[1])
	require.EqualValues(t, 8_000, w.db.Count("SELECT count(*) FROM contacts"))
}

// It is not parallel: it measures the heap, and tests that are not parallel run alone.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it measures what the whole process holds
	const rows = 50_000
	p := newWorld(t).process(quick())
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools hold goes with the second
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, most := heap(), int64(0)
	p.made = func(n int64) {
		if n%2_500 == 0 {
			most = max(most, heap()-before)
		}
	}
	draft := p.upload(audience.ImportContacts, &book{rows: rows})
	begun := p.start(draft.ID)
	p.work()
	_, result := p.ended(begun.ID)
	require.Equal(t, rows, result.Added)
	// A piece of rows, and what the connections hold; 50,000 rows kept would take over 40 MB.
	require.Less(t, most, int64(16<<20), "bytes for %d rows", rows)
}
