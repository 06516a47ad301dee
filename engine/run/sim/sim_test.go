package sim

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kaskad/engine/run/virtual"
)

// A seed that failed is played again, with its schedule, by
//
//	go test ./engine/run/sim -run TestSeeds -seed 12345 -v
//
// KASKAD_SEEDS plays so many seeds instead of the usual number, and KASKAD_FIRST_SEED begins elsewhere.
var oneSeed = flag.Int64("seed", -1, "play this seed alone, and print its schedule")

func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	if *oneSeed >= 0 {
		r := play(t, seed(*oneSeed), virtual.Flaws{}, true)
		for _, line := range r.lines {
			t.Log(line)
		}
		require.Empty(t, r.wrongs)
		return
	}
	first, n := number(t, "KASKAD_FIRST_SEED", 1), number(t, "KASKAD_SEEDS", usualSeeds)
	parts := runtime.GOMAXPROCS(0)
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			stats, spent, began := map[string]int{}, time.Duration(0), time.Now()
			for s := first + part; s < first+n; s += parts {
				r := play(t, seed(s), virtual.Flaws{}, false)
				assert.Empty(t, r.wrongs, "play it again: go test ./engine/run/sim -run TestSeeds -seed %d -v", s)
				spent += r.spent
				for k, v := range r.stats {
					stats[k] += v
				}
			}
			t.Logf("%v, %s lived in %s", stats, spent.Round(time.Second), time.Since(began).Round(time.Millisecond))
			require.NotZero(t, stats["messages"])
		})
	}
}

// Two runs of a seed are the same to the last commit.
func TestASeedIsOneRun(t *testing.T) {
	t.Parallel()
	for s := range seed(number(t, "KASKAD_SEEDS", usualSeeds) / 16) {
		one, two := play(t, 1000+s, virtual.Flaws{}, false), play(t, 1000+s, virtual.Flaws{}, false)
		assert.Equal(t, one.hash, two.hash, "seed %d", 1000+s)
		assert.Equal(t, one.spent, two.spent)
	}
}
