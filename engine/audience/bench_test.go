package audience

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// book writes an address book of any length as it is read.
type book struct {
	row, rows int
	rest      []byte
}

func (b *book) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		switch {
		case b.row > b.rows:
			return 0, io.EOF
		case b.row == 0:
			b.rest = []byte("Телефон;Имя;Город;Часовой пояс;Дата рождения;Метки\r\n")
		default:
			b.rest = fmt.Appendf(nil, "8 (9%02d) %03d-%02d-%02d;Анна;Омск;Asia/Omsk;26.01.2005;vip\r\n",
				b.row/10_000_000, b.row/10_000%1000, b.row/100%100, b.row%100)
		}
		b.row++
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// It is not parallel: it measures the heap, and tests that are not parallel run alone.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it measures what the whole process holds
	const rows = 50_000
	rd, err := Read(&book{rows: rows}, Options{})
	require.NoError(t, err)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for err == nil {
		_, _, err = rd.Next()
	}
	require.ErrorIs(t, err, io.EOF)
	grown := int64(heap()) - int64(before)
	require.Equal(t, rows, rd.Summary().Contacts)
	require.Less(t, grown, int64(rows*60), "bytes kept for %d contacts", rows)
}

func BenchmarkRead(b *testing.B) {
	rd, err := Read(&book{rows: b.N}, Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	for err == nil {
		_, _, err = rd.Next()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkZones(b *testing.B) {
	plan, _, err := LoadPlan(bytes.NewReader([]byte(planText)))
	require.NoError(b, err)
	z := NewZones(plan)
	for _, phone := range []string{"+79000062000", "+74951234567", "+375291234567"} {
		b.Run(phone, func(b *testing.B) {
			c := &scheme.Contact{Phone: phone}
			for b.Loop() {
				z.Of(c)
			}
		})
	}
}
