package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run/virtual"
)

// A database that breaks a promise is found out within so many seeds: what holds in TestSeeds could have failed.
func TestFlawsAreFound(t *testing.T) {
	t.Parallel()
	const within = 60
	asItIs := func(*plan) {}
	for name, world := range map[string]struct {
		flaws  virtual.Flaws
		change func(*plan)
	}{
		"epochs are not looked at":                     {virtual.Flaws{Epochs: true}, asItIs},
		"the instant to hand over by is not looked at": {virtual.Flaws{HandBy: true}, asItIs},
		"a running transaction is read past":           {virtual.Flaws{Watermark: true}, asItIs},
		"facts are acknowledged and not committed":     {virtual.Flaws{Acks: true}, asItIs},
		"a repeated fact counts again":                 {virtual.Flaws{Repeats: true}, asItIs},
		"changed terms are given as they were":         {virtual.Flaws{Terms: true}, asItIs},
		"half of a batch that fails is there":          {virtual.Flaws{Halves: true}, asItIs},
		"an account's fact is another's":               {virtual.Flaws{Foreign: true}, asItIs},
		"rows of caps are not locked":                  {virtual.Flaws{Caps: true}, asItIs},
		"a connection's limit is every process's":      {virtual.Flaws{Limits: true}, asItIs},
		"answers of what was lost are stored":          {virtual.Flaws{Early: true}, losing},
		"a standby that was waited for lacks commits": {virtual.Flaws{}, func(p *plan) {
			losing(p)
			p.failovers[0].lies = true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for s := range seed(within) {
				if r := playWith(t, s+1, world.flaws, false, world.change); len(r.wrongs) > 0 {
					t.Logf("seed %d: %s", s+1, r.wrongs[0])
					return
				}
			}
			require.Failf(t, "it is not found", "within %d seeds", within)
		})
	}
}

// losing has the commits of some seconds lost in which most worlds launch.
func losing(p *plan) {
	p.failovers = []failover{{at: 6 * time.Second, cut: 5 * time.Second, down: time.Second + time.Millisecond}}
}
