package run

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
)

// Whatever is set, taken and put away, the timers of the segments that are held come up in their order, all of them, and those
// of the others never; and the others' are never more than half of what is kept.
func TestTimersComeUpInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var timers timers
		segments := []*segment{{}, {}, {}, {}}
		left := map[*segment][]engine.Instant{}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				s, due := rapid.SampledFrom(segments).Draw(t, "segment"), engine.Instant(rapid.IntRange(1, 50).Draw(t, "due"))
				timers.push(timer{due: due, seg: s})
				left[s] = append(left[s], due)
			},
			"pop": func(t *rapid.T) {
				var all []engine.Instant
				for _, list := range left {
					all = append(all, list...)
				}
				due, ok := timers.peek()
				require.Equal(t, len(all) > 0, ok)
				if !ok {
					return
				}
				require.Equal(t, slices.Min(all), due)
				x := timers.pop()
				require.Equal(t, due, x.due)
				at := slices.Index(left[x.seg], due)
				require.GreaterOrEqual(t, at, 0, "it is of a segment that is held")
				left[x.seg] = slices.Delete(left[x.seg], at, at+1)
			},
			"put away": func(t *rapid.T) {
				i := rapid.IntRange(0, len(segments)-1).Draw(t, "segment")
				timers.drop(segments[i])
				delete(left, segments[i])
				segments[i] = &segment{} // claimed again, it is another one
			},
			"": func(t *rapid.T) { require.LessOrEqual(t, 2*timers.gone, len(timers.heap)+1) },
		})
	})
}
