package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run/virtual"
)

// A database that breaks a promise is found out within so many seeds: what holds in TestSeeds could have failed.
func TestFlawsAreFound(t *testing.T) {
	t.Parallel()
	const within = 60
	for name, flaws := range map[string]virtual.Flaws{
		"epochs are not looked at":                     {Epochs: true},
		"the instant to hand over by is not looked at": {HandBy: true},
		"a running transaction is read past":           {Watermark: true},
		"facts are acknowledged and not committed":     {Acks: true},
		"a repeated fact counts again":                 {Repeats: true},
		"changed terms are given as they were":         {Terms: true},
		"half of a batch that fails is there":          {Halves: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for s := range seed(within) {
				if r := play(t, s+1, flaws, false); len(r.wrongs) > 0 {
					t.Logf("seed %d: %s", s+1, r.wrongs[0])
					return
				}
			}
			require.Failf(t, "it is not found", "within %d seeds", within)
		})
	}
}
