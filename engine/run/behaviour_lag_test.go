package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
)

// A transaction that has written and stays open holds the watermark; the figures tell.
func TestTheWatermarksLagIsSeen(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(1))
	p := l.provider(nil)
	r := l.start(p)
	l.accepted(key, "s", 1)
	other := storetest.Connect(t, l.url)
	other.Exec("BEGIN")
	other.Exec("SELECT pg_current_xact_id()")
	l.eventually("it is behind", func() bool { return r.Figures().WatermarkLag > 500*time.Millisecond })
	other.Exec("COMMIT")
	l.eventually("it has caught up", func() bool { return r.Figures().WatermarkLag < 300*time.Millisecond })
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.finished(key)
}

func TestLeasesThatGrantNothingAreCounted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(3), func(c *run.Campaign) { c.Rate = 4 })
	p := l.provider(nil)
	r := l.start(p)
	l.accepted(key, "s", 3)
	require.Positive(t, r.Figures().Denied)
}
