//go:build unix

package main

import (
	"slices"
	"testing"

	"kaskad/engine/run"
)

// slowed lets a demo provider take its time before and after it takes a batch, so that a process is mostly killed while
// messages are on their way: a fifth of a second before the request is written down, and as long before it is answered.
// The times are those of a provider that is 10,000 times faster than life.
func slowed(preset string) string {
	return `{"preset": "` + preset + `", "faults": {"slow": {"typical": "25m", "longest": "1h"}, "timeout": "30m",
		"pause": "1h", "outage_every": "14h", "outage_for": "1h"}}`
}

const crashHurry = 10_000

// A process that is killed at any moment loses nothing, repeats nothing and miscounts nothing.
func TestKilledTenTimes(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"faulty", "faulty_repeats", "faulty_blind"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			const people, kills = 2_000, 10
			w := newWorld(t, "testdata/crash.json", slowed(profile), crashHurry)
			w.campaign(run.Campaign{Rate: 300}, inMoscow(w.people(0, people)))
			moments := make([]int64, kills)
			for i := range moments {
				moments[i] = 1 + w.random.Int64N(2*people*9/10)
			}
			slices.Sort(moments)
			t.Log("killed at", moments)
			for _, moment := range moments {
				p := w.serveWorkers()
				w.reach(moment, p)
				p.kill()
			}
			p := w.serveWorkers()
			w.finish(p)
			w.check(p)
		})
	}
}
