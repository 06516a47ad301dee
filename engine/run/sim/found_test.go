package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kaskad/engine/run/virtual"
)

// What the simulation has found is kept here, by the seed that found it. Some more about it is in the tests of the part that
// was mended.
func TestWhatWasFoundStaysMended(t *testing.T) {
	t.Parallel()
	for s, found := range map[seed]struct {
		changed bool // terms were, when it was found
		what    string
	}{
		207:  {false, "a window that is shut for good let everybody pass the rate"},
		318:  {false, "a window that is shut for good let everybody pass the rate"},
		6:    {true, "whoever rested at two tests in a row until the same instant never left the second one"},
		6447: {true, "a message that waited for the window to be sent again kept its segment from resting after all walks had ended"},
	} {
		r := playWith(t, s, virtual.Flaws{}, false, func(p *plan) {
			p.plain()
			p.changed = found.changed
		})
		assert.Empty(t, r.wrongs, "%s: seed %d", found.what, s)
	}
}

// What bad data brought to light in worlds of all kinds.
func TestWhatBadDataHasFoundStaysMended(t *testing.T) {
	t.Parallel()
	for s, what := range map[seed]string{
		59:  "data that could not be read was read again with everybody who was tried: they were ended in its stead, and it never was",
		92:  "somebody took the number of one who was found on a server that is gone, and was ended in its stead",
		126: "segments of a cancelled campaign were put away before their turn came to be interrupted",
		143: "one contact that could not be read kept everybody's messages from being sent again and asked for",
	} {
		r := play(t, s, virtual.Flaws{}, false)
		assert.Empty(t, r.wrongs, "%s: seed %d", what, s)
	}
}

// A session whose locks were taken from it, as a pooler in between can, claimed its own segments once more, and launched
// everybody in them twice.
func TestASegmentIsNotHeldTwiceByOneSession(t *testing.T) {
	t.Parallel()
	messages := 0
	for s := range seed(6) {
		r := playWith(t, 2000+s, virtual.Flaws{}, false, func(p *plan) {
			p.faults, p.kills, p.unlocks, p.processes = faults{}, nil, nil, 1
			for at := time.Second; at < p.storm; at += 1500 * time.Millisecond {
				p.unlocks = append(p.unlocks, at+time.Duration(s+1))
			}
		})
		require.Empty(t, r.wrongs, "seed %d", 2000+s)
		messages += r.stats["messages"]
	}
	require.NotZero(t, messages)
}
