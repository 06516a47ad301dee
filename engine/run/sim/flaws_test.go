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
		"an account's fact is another's":               {virtual.Flaws{Foreign: true}, steady},
		"rows of caps are not locked":                  {virtual.Flaws{Caps: true}, steady},
		"a connection's limit is every process's":      {virtual.Flaws{Limits: true}, asItIs},
		"answers of what was lost are stored":          {virtual.Flaws{Early: true}, losing},
		"tests count and are capped":                   {virtual.Flaws{Tests: true}, asItIs},
		"an account's first cap is given for good":     {virtual.Flaws{OldCaps: true}, recapping},
		"who was set aside is given to the next":       {virtual.Flaws{Aside: true}, spoiling},
		"somebody's neighbours are refused too":        {virtual.Flaws{Refusals: true}, spoiling},
		"a standby that was waited for lacks commits": {virtual.Flaws{}, func(p *plan) {
			losing(p)
			p.failovers[0].lies = true
		}},
		"what is heard under a former claim is taken for true": {virtual.Flaws{}, func(p *plan) {
			sticking(p)
			p.wrong.Claims = true
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

// sticking has processes freeze with messages that others then send.
func sticking(p *plan) {
	p.processes, p.workers, p.stuck, p.faults, p.failovers, p.caps, p.kills = 3, 1, 20, faults{slow: 1}, nil, nil, nil
	p.storm, p.cancelled = time.Minute, 2*time.Minute
	for i := range p.offers {
		p.offers[i].kind, p.offers[i].limits.Repeats = asked, false
	}
}

// steady has good data and caps that stay, and nobody who freezes in a call.
func steady(p *plan) { p.stuck, p.bad, p.tests, p.recapped = 0, 0, false, false }

// recapping has caps that are changed, and reached.
func recapping(p *plan) {
	p.recapped, p.failovers = true, nil
	for i := range p.caps {
		p.caps[i] = caps{day: 1}
	}
}

// spoiling has much bad data.
func spoiling(p *plan) { p.bad = 10 }

// losing has the commits of some seconds lost in which most worlds launch.
func losing(p *plan) {
	p.failovers = []failover{{at: 6 * time.Second, cut: 5 * time.Second, down: time.Second + time.Millisecond}}
}
