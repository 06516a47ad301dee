package audience

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a file of the numbering plan holds, it is read or refused; what is taken is a range of a Russian mobile's numbers.
func FuzzReadPlan(f *testing.F) {
	f.Add([]byte("АВС/ DEF;От;До;Емкость;Оператор;Регион\n900;0000000;0061999;62000;ООО \"Т2 Мобайл\";Краснодарский край\n"))
	f.Add([]byte("\xef\xbb\xbfАВС/ DEF;От;До;Емкость;Оператор;Регион\r\n999;5;4;0;;\r\n"))
	f.Add([]byte("code,from,to\n900,1,2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := 0
		summary, err := ReadPlan(bytes.NewReader(text), func(r PlanRange) error {
			require.LessOrEqual(t, r.From, r.To)
			require.True(t, 300 <= r.Code && r.Code <= 999 && 0 <= r.From && r.To <= 9999999, "%+v", r)
			n++
			return nil
		})
		if err == nil {
			require.Equal(t, n, summary.Ranges)
		}
	})
}
