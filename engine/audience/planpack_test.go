package audience

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAPackedPlanIsTheSamePlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b PlanBuilder
		zones := []string{"Europe/Moscow", "Asia/Omsk", "Asia/Tomsk", ""}
		for code := range rapid.IntRange(1, 4).Draw(t, "codes") {
			at := 0
			for at < 9_000_000 {
				from := at + rapid.IntRange(0, 1_000_000).Draw(t, "gap")
				to := min(from+rapid.IntRange(0, 4_000_000).Draw(t, "length"), 9_999_999)
				require.NoError(t, b.Add(PlanRange{Code: 900 + 33*code, From: from, To: to, Zone: rapid.SampledFrom(zones).Draw(t, "zone")}))
				at = to + 1
			}
		}
		plan, err := b.Plan()
		require.NoError(t, err)
		packed, err := plan.MarshalBinary()
		require.NoError(t, err)
		var got Plan
		require.NoError(t, got.UnmarshalBinary(packed))
		require.Equal(t, *plan, got)
		for cut := range len(packed) {
			require.Error(t, new(Plan).UnmarshalBinary(packed[:cut]))
		}
	})
	require.Error(t, new(Plan).UnmarshalBinary(nil))
	require.Error(t, new(Plan).UnmarshalBinary([]byte{9}))
}

func FuzzUnpackPlan(f *testing.F) {
	plan, _, err := LoadPlan(strings.NewReader("АВС/ DEF;От;До;Емкость;Оператор;Регион\n913;0;4999999;5;М;Омская обл.\n914;7;9;3;М;Томская обл.\n"))
	require.NoError(f, err)
	packed, err := plan.MarshalBinary()
	require.NoError(f, err)
	f.Add(packed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Plan
		if p.UnmarshalBinary(data) != nil {
			return
		}
		require.NotPanics(t, func() { p.Zone("+79130000001") })
		again, err := p.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, new(Plan).UnmarshalBinary(again))
	})
}
