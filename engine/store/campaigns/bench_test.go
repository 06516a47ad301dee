package campaigns_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// million is how many contacts the benchmarks have: a third without a zone of its own.
const million = 1_000_000

// BenchmarkMillion estimates and launches a campaign to a million contacts:
//
//	go test -run - -bench Million -benchtime 1x ./engine/store/campaigns
//
// It reports seconds, megabytes of heap at the most, and megabytes of disk and of the database's log.
func BenchmarkMillion(b *testing.B) {
	w := newWorld(b)
	w.people(1, million)
	w.db.Exec("INSERT INTO stop_list (account, address, channel, reason, source) SELECT 7, phone, '', 'asked', 'test' FROM contacts WHERE contact % 100 = 0")
	w.db.Exec("UPDATE contacts SET addresses = jsonb_build_object('viber', phone || 'v') WHERE contact % 10 = 0")
	w.db.Exec("ANALYZE")
	for b.Loop() {
		heap := watchHeap()
		log := w.db.Count("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
		began := time.Now()
		e, err := w.Estimate(b.Context(), marketer().Actor, w.draft(nil).ID)
		require.NoError(b, err)
		require.EqualValues(b, million-million/100, e.Recipients)
		b.ReportMetric(time.Since(began).Seconds(), "estimate-s")
		began = time.Now()
		c := w.launched(w.draft(nil).ID)
		b.ReportMetric(time.Since(began).Seconds(), "launch-s")
		require.EqualValues(b, million-million/100, c.Recipients)
		b.ReportMetric(float64(heap()>>20), "heap-MB")
		b.ReportMetric(float64(w.db.Count("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")-log)/(1<<20), "log-MB")
		b.ReportMetric(float64(w.db.Count("SELECT pg_total_relation_size('recipients') + pg_total_relation_size('segments')"))/(1<<20), "disk-MB")
		b.ReportMetric(float64(w.db.Count("SELECT pg_total_relation_size('campaign_audience')"))/(1<<20), "staging-MB")
		began = time.Now()
		_, _, err = w.Store.Report(b.Context(), mine, c.ID)
		require.NoError(b, err)
		b.ReportMetric(time.Since(began).Seconds()*1000, "report-ms")
	}
}

// watchHeap looks at the heap until the returned function is called, which gives the most that there was.
func watchHeap() func() uint64 {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan struct{})
	var most atomic.Uint64
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return most.Load()
	}
}
