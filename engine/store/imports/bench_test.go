package imports_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/audience"
	"kaskad/engine/store/tasks"
)

// BenchmarkImport imports a file of IMPORT_ROWS rows (10,000 where nothing is said) into an empty account and prints the
// times of its steps, the most memory that the process had, and the disk that the contacts take:
//
//	IMPORT_ROWS=1000000 go test -run '^$' -bench Import -benchtime 1x -timeout 1h ./engine/store/imports
func BenchmarkImport(b *testing.B) {
	rows := 10_000
	if text := os.Getenv("IMPORT_ROWS"); text != "" {
		var err error
		rows, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	for b.Loop() {
		p := newWorld(b).process(tasks.Options{})
		began := time.Now()
		draft := p.upload(audience.ImportContacts, &book{rows: rows})
		uploaded := time.Since(began)
		p.work()
		begun := p.start(draft.ID)
		began = time.Now()
		var read time.Duration
		for !begun.State.Final() {
			var err error
			begun, err = p.tasks.Watch(b.Context(), who(), begun.ID, begun)
			require.NoError(b, err)
			if begun.Progress.Step == "storing" && read == 0 {
				read = time.Since(began)
			}
		}
		_, result := p.ended(begun.ID)
		require.Equal(b, rows, result.Added)
		total := time.Since(began)
		size := p.db.Count("SELECT pg_total_relation_size('contacts')")
		b.ReportMetric(uploaded.Seconds(), "s/upload")
		b.ReportMetric(read.Seconds(), "s/reading")
		b.ReportMetric((total - read).Seconds(), "s/storing")
		b.ReportMetric(float64(rows)/total.Seconds(), "rows/s")
		b.ReportMetric(float64(size)/float64(rows), "disk-B/row")
		b.ReportMetric(peak(b), "peak-MB")
	}
}

// peak is the most resident memory that this process has had, in MB.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(b, err)
	return float64(kb) / 1024
}
