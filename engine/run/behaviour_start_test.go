package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// apart enrols people whose walks begin one after another.
func apart(people []int64, by time.Duration) func(engine.Instant) []store.Enrolled {
	return func(start engine.Instant) (list []store.Enrolled) {
		for i, contact := range people {
			list = append(list, store.Enrolled{Contact: contact, Zone: "Europe/Moscow", Start: start.Add(time.Duration(i) * by)})
		}
		return list
	}
}

// Everybody enters at the instant of their own start, neither earlier nor, on paper, later, and what lasts is counted from
// there. A hurry shortens what lasts, not the way to the start.
func TestEveryoneEntersAtTheirOwnStart(t *testing.T) {
	t.Parallel()
	for name, drawing := range map[string]string{
		"a message": toGoal("1h"),
		"a delay":   draw(block("d", "delay", `{"for":"10m"}`), sms("s", "1h"), goal("g"), link("d", "next", "s"), link("s", "status:delivered", "g")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			const n, by = 12, 80 * time.Millisecond
			people := l.people(n)
			var start engine.Instant
			key := l.campaignOf(drawing, apart(people, by), hurry(3000), func(c *run.Campaign) { start = c.Start })
			p := l.provider(nil)
			r := l.start(p)
			p.hears(n)
			for i := range n {
				r.report(fact(l.message(key, i, "s"), engine.Delivered))
			}
			l.finished(key)
			for i := range n {
				own := start.Add(time.Duration(i) * by)
				steps := l.trace(key, i).Steps
				require.Equal(t, own, steps[0].Entered, "recipient %d", i)
				sent := steps[0]
				if name == "a delay" {
					require.Equal(t, own.Add(200*time.Millisecond), steps[0].Decided, "ten minutes, three thousand times faster")
					sent = steps[1]
					require.Equal(t, steps[0].Decided, sent.Entered)
				}
				require.GreaterOrEqual(t, sent.Sent, sent.Entered, "nothing is sent before the start")
			}
			p.oncePerMessage()
		})
	}
}

// A segment with starts far apart sleeps in between, and a pause moves no start.
func TestStartsOutliveSleepAndPause(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	var start engine.Instant
	const by = 4 * time.Second
	key := l.campaignOf(toGoal("1h"), apart(people, by), func(c *run.Campaign) { start = c.Start })
	p := l.provider(nil)
	r := l.start(p, times(func(t *run.Times) { t.RestAfter, t.RestUnless = 1, 1 }))
	p.hears(1)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.becomes(key, 0, "s delivered, g goal, goal (goal)")
	l.set(key, "paused")
	due := start.Add(by)
	l.throughout("the second one's start has come", func() bool {
		return l.db.Count(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`) > int64(due.Add(300*time.Millisecond))
	}, func() { require.Contains(t, l.walk(key, 1), "fresh") })
	l.set(key, "running")
	p.hears(2)
	r.report(fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, due, l.trace(key, 1).Steps[0].Entered)
	p.oncePerMessage()
}

// Whose start is not before the campaign's end enters there, and gets nothing.
func TestAStartAtTheEndIsTooLate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	end := engine.At(time.Now().Add(1500 * time.Millisecond))
	key := l.campaignOf(toGoal("1h", "error:window_closed"), func(start engine.Instant) []store.Enrolled {
		return []store.Enrolled{{Contact: people[0], Zone: "Europe/Moscow", Start: start}, {Contact: people[1], Zone: "Europe/Moscow", Start: end}}
	}, func(c *run.Campaign) { c.End = end })
	p := l.provider(nil)
	r := l.start(p)
	l.becomes(key, 1, "s error:window_closed, g goal, goal (goal)")
	require.Equal(t, end, l.trace(key, 1).Steps[0].Entered)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, 1, p.count())
}
