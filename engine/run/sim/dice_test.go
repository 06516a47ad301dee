package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// seed is what everything in a world follows from. Dice are drawn by name, not one after another: who of two goroutines that
// run at the same instant comes first then changes nothing.
type seed uint64

func (s seed) dice(name ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintln(h, name...)
	return rand.New(rand.NewPCG(uint64(s), h.Sum64()))
}

func chance(d *rand.Rand, percent float64) bool { return d.Float64()*100 < percent }

// between draws a span to the nanosecond, so that no two things happen at the same instant.
func between(d *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64(most-least)))
}

func oneOf[T any](d *rand.Rand, list ...T) T { return list[d.IntN(len(list))] }
