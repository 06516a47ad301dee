package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

func TestAPauseHoldsLaunchesAndKeepsFacts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("a", "1h"), block("d", "delay", `{"for":"10m"}`), sms("b", "1h"), goal("g"),
		link("a", "status:delivered", "d"), link("d", "next", "b"), link("b", "status:delivered", "g")), l.people(2), hurry(600))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(2)
	l.set(key, "paused")
	r.report(fact(l.message(key, 0, "a"), engine.Delivered))
	l.becomes(key, 0, "a delivered, d next, b held")
	r.report(fact(l.message(key, 1, "a"), engine.Delivered))
	l.becomes(key, 1, "a delivered, d next, b held")
	require.Equal(t, 2, p.count())
	l.set(key, "running")
	p.hears(4)
	r.report(fact(l.message(key, 0, "b"), engine.Delivered), fact(l.message(key, 1, "b"), engine.Delivered))
	l.finished(key)
	require.Equal(t, "a delivered, d next, b delivered, g goal, goal (goal)", l.walk(key, 1))
	p.oncePerMessage()
}

// Who has not entered yet does not enter while the campaign is paused; the same process goes on with them afterwards.
func TestAPauseBeforeTheEntry(t *testing.T) {
	t.Parallel()
	for name, drawing := range map[string]string{
		"a message":   toGoal("1h"),
		"a condition": draw(block("c", "condition", `{"branches":[{"id":"a","when":"true"}]}`), sms("s", "1h"), link("c", "branch:a", "s")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			people := l.people(1)
			key := l.campaign(drawing, people)
			l.set(key, "paused")
			p := l.provider(nil)
			r := l.start(p)
			l.eventually("a worker has it", func() bool { return r.Figures().Held == 1 })
			other := l.campaign(toGoal("1h"), people) // launched after the first one was looked at
			p.hears(1)
			require.Equal(t, other.Campaign, p.all()[0].Key.Campaign)
			require.Contains(t, l.walk(key, 0), "fresh")
			l.set(key, "running")
			p.hears(2)
			require.Equal(t, key.Campaign, p.all()[1].Key.Campaign)
		})
	}
}

func TestACancelledCampaignInterruptsEveryone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(4)
	asleep := l.campaign(viberDelaySMS("2h"), people)
	queued := l.campaign(toGoal("1h"), l.people(30), func(c *run.Campaign) { c.Rate = 2 })
	p := l.provider(nil)
	r := l.start(p, times(func(t *run.Times) { t.RestAfter = 1 }))
	l.accepted(asleep, "v", 4)
	r.report(fact(l.message(asleep, 0, "v"), engine.Delivered))
	l.becomes(asleep, 0, "v delivered, d pausing")
	l.eventually("its segment is put away", func() bool { return l.holder(asleep) == "" })
	l.set(asleep, "cancelled")
	l.set(queued, "cancelled")
	l.ended(asleep, 4)
	l.ended(queued, 30)
	require.Equal(t, "v delivered, d cancelled, interrupted (cancelled)", l.walk(asleep, 0))
	require.Equal(t, "v cancelled, interrupted (cancelled)", l.walk(asleep, 1))
	sent := l.db.Count(`SELECT count(*) FROM messages WHERE campaign = $1`, queued.Campaign)
	require.Less(t, sent, int64(20))
	require.Equal(t, 30-sent, l.db.Count(`SELECT count(*) FROM recipients r WHERE campaign = $1 AND reason = 'cancelled'
		AND NOT EXISTS (SELECT FROM steps s WHERE s.campaign = r.campaign AND s.ordinal = r.ordinal)`, queued.Campaign))
	for key, n := range map[run.CampaignKey]int64{asleep: 4, queued: 30} {
		l.eventually("the instant of the last ending is noted", func() bool {
			info, err := l.store.CampaignInfo(t.Context(), key)
			require.NoError(t, err)
			return info.Finished != nil
		})
		require.Equal(t, "cancelled", l.state(key))
		require.Equal(t, n, l.figure(key, "", "end:interrupted"))
		l.sound(key)
	}
	r.report(fact(l.message(asleep, 1, "v"), engine.Delivered)) // late: counted, and nobody moves
	require.EqualValues(t, 2, l.figure(asleep, "v", "delivered"))
	require.EqualValues(t, 4+sent, p.count())
}

func (l *lab) holder(key run.CampaignKey) string {
	l.Helper()
	list, err := l.store.Segments(l.Context(), key)
	require.NoError(l, err)
	return list[0].Holder
}

func TestTheCampaignsEndClosesWhatIsNotSent(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), sms("n", "1h"), goal("g"), link("s", "status:delivered", "g"),
		link("s", "status:not_delivered", "n")), l.people(50), func(c *run.Campaign) {
		c.Rate, c.End = 4, engine.At(time.Now().Add(3*time.Second))
	})
	p := l.provider(nil)
	r := l.start(p)
	l.eventually("who was not sent to has ended", func() bool {
		return l.figure(key, "", "end:interrupted")+l.figure(key, "s", "sent") == 50
	})
	sent, unsent := p.all(), 0
	require.NotEmpty(t, sent)
	for len(p.of(l.message(key, unsent, "s"))) > 0 {
		unsent++
	}
	require.Less(t, len(sent), 20)
	require.Equal(t, "running", l.state(key), "the end touches only what is not yet launched")
	for _, h := range sent {
		require.EqualValues(t, 0, h.Key.Node)
		r.report(fact(h.Key, engine.Delivered))
	}
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, int(sent[0].Key.Ordinal)))
	require.Equal(t, "s error:window_closed, n error:window_closed, interrupted (error:window_closed)", l.walk(key, unsent))
	require.EqualValues(t, 50-len(sent), l.figure(key, "n", "error:window_closed"))
}

func TestTheEndOfAPausedCampaign(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(3), func(c *run.Campaign) { c.End = engine.At(time.Now().Add(700 * time.Millisecond)) })
	l.set(key, "paused")
	p := l.provider(nil)
	l.start(p)
	l.ended(key, 3)
	require.Equal(t, "s error:window_closed, interrupted (error:window_closed)", l.walk(key, 2))
	require.Zero(t, p.count())
	l.finished(key)
}

func TestOutsideTheWindowAMessageIsHeld(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	zone, err := time.LoadLocation("Europe/Moscow")
	require.NoError(t, err)
	now := time.Now().In(zone)
	// A window that opened three hours ago and closed an hour ago, by the recipient's clock.
	clock := func(hours int) scheme.Clock {
		at := now.Add(time.Duration(hours) * time.Hour)
		return scheme.Clock(at.Hour()*60 + at.Minute())
	}
	window := &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: clock(-3), To: clock(-1)}
	key := l.campaign(toGoal("1h"), l.people(1), func(c *run.Campaign) { c.Window = window })
	open := l.campaign(toGoal("1h"), l.people(1), func(c *run.Campaign) {
		c.Window = &scheme.Window{Zone: scheme.ZoneSender,
			Days: scheme.EveryDay, From: clock(-1), To: clock(1)}
	})
	p := l.provider(nil)
	l.start(p)
	l.becomes(key, 0, "s held")
	l.becomes(open, 0, "s waiting")
	state := l.trace(key, 0).Recipient.State
	next, _, ok := window.Next(now, zone)
	require.True(t, ok)
	require.Equal(t, engine.At(next), state.Wake)
	require.Equal(t, 1, p.count())
	l.eventually("its segment is put away until then", func() bool { return l.holder(key) == "" })
	list, err := l.store.Segments(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, next.UTC(), list[0].Due.UTC())
	require.Equal(t, []channel.Key{l.message(open, 0, "s")}, keysOf(p.all()))
}
