package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

// A slow rate is for messages: a great many who are outside their hours do not hold up those who come after them.
func TestThoseOutsideTheirHoursHoldNobodyUp(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const outside = 1_000
	people := l.people(outside + 1)
	moscow, err := time.LoadLocation("Europe/Moscow")
	require.NoError(t, err)
	now := time.Now().In(moscow)
	minute := func(at time.Time) scheme.Clock { return scheme.Clock(at.Hour()*60 + at.Minute()) }
	window := &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: minute(now.Add(-time.Hour)),
		To: minute(now.Add(time.Hour))}
	key := l.campaignOf(toGoal("1h"), func(start engine.Instant) []store.Enrolled {
		list := make([]store.Enrolled, len(people))
		for i, p := range people {
			list[i] = store.Enrolled{Contact: p, Zone: "Asia/Vladivostok", Start: start}
		}
		list[outside].Zone = "Europe/Moscow"
		return list
	}, func(c *run.Campaign) { c.Rate, c.Window = 1, window })
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	require.EqualValues(t, outside, p.all()[0].Key.Ordinal)
	require.Less(t, r.Figures().Batches, int64(50), "they are entered in sets, not one for each message that the rate allows")
	l.becomes(key, 0, "s held")
	require.Equal(t, 1, p.count())
}
