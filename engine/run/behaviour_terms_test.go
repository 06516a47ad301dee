package run_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

// alter changes a campaign as people do while it runs: what is put away is woken.
func (l *lab) alter(key run.CampaignKey, set string, arguments ...any) {
	l.Helper()
	require.EqualValues(l, 1, l.db.Exec("UPDATE campaigns SET revision = revision + 1, "+set+" WHERE account = $1 AND campaign = $2",
		append([]any{key.Account, key.Campaign}, arguments...)...))
	l.db.Exec(`UPDATE segments SET due = clock_timestamp()
		WHERE account = $1 AND campaign = $2 AND open > 0 AND (due IS NULL OR due > clock_timestamp())`, key.Account, key.Campaign)
}

// hours is a window by the recipient's clock in Moscow, from so many hours after now to so many.
func hours(from, to int) *scheme.Window {
	now := time.Now().In(time.FixedZone("Moscow", 3*3600))
	clock := func(hours int) scheme.Clock {
		at := now.Add(time.Duration(hours) * time.Hour)
		return scheme.Clock(at.Hour()*60 + at.Minute())
	}
	return &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: clock(from), To: clock(to)}
}

func text(t testing.TB, w *scheme.Window) string {
	t.Helper()
	b, err := json.Marshal(w)
	require.NoError(t, err)
	return string(b)
}

func TestAWindowThatIsWidenedSendsAtOnce(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]time.Duration{"held in memory": time.Hour, "put away": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			key := l.campaign(toGoal("1h"), l.people(3), func(c *run.Campaign) { c.Window = hours(-3, -1) })
			p := l.provider(nil)
			r := l.start(p, times(func(t *run.Times) { t.RestAfter = rest }))
			l.becomes(key, 2, "s held")
			l.eventually("its segment is where it is to be", func() bool { return (l.holder(key) == "") == (rest == 1) })
			l.alter(key, "send_window = $3", text(t, hours(-3, 2)))
			p.hears(3)
			for i := range 3 {
				r.report(fact(l.message(key, i, "s"), engine.Delivered))
			}
			l.finished(key)
			p.oncePerMessage()
		})
	}
}

func TestOutsideANarrowedWindowNothingGoesOut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(40), func(c *run.Campaign) { c.Rate, c.Window = 4, hours(-3, 2) })
	p := l.provider(nil)
	l.start(p)
	l.eventually("some are sent", func() bool { return p.count() > 2 })
	l.alter(key, "send_window = $3", text(t, hours(-3, -1)))
	held := func() int64 {
		return l.db.Count("SELECT count(*) FROM recipients WHERE campaign = $1 AND phase = 1 AND wake_at > now() + interval '1 hour'", key.Campaign)
	}
	l.eventually("the others are held", func() bool { return held()+l.figure(key, "s", "sent") == 40 })
	sent := l.figure(key, "s", "sent")
	require.Less(t, sent, int64(30))
	l.alter(key, "end_at = clock_timestamp()")
	l.ended(key, 40-sent)
	require.EqualValues(t, sent, p.count())
	require.Equal(t, 40-sent, l.figure(key, "s", "error:window_closed"))
}

// Whoever has not begun when the end comes does so at the end, wherever that was moved meanwhile.
func TestAnEndThatIsMoved(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	start, people := engine.At(time.Now().Add(2*time.Hour)), l.people(3)
	key := l.campaignOf(toGoal("1h"), func(engine.Instant) (list []store.Enrolled) {
		for _, contact := range people {
			list = append(list, store.Enrolled{Contact: contact, Zone: "Europe/Moscow", Start: start})
		}
		return list
	})
	open := l.campaign(toGoal("1h"), l.people(2), func(c *run.Campaign) { c.Window = hours(2, 4) })
	p := l.provider(nil)
	l.start(p, times(func(t *run.Times) { t.RestAfter = 1 }))
	l.becomes(open, 1, "s held")
	l.alter(key, "end_at = clock_timestamp() + interval '1 hour'")
	l.alter(open, "end_at = clock_timestamp() + interval '1 hour'")
	due := func(key run.CampaignKey) time.Time {
		list, err := l.store.Segments(t.Context(), key)
		require.NoError(t, err)
		if list[0].Due == nil || list[0].Holder != "" {
			return time.Time{}
		}
		return *list[0].Due
	}
	end := func(key run.CampaignKey) time.Time {
		list, err := l.store.Campaign(t.Context(), key)
		require.NoError(t, err)
		return list.End.Time()
	}
	for _, key := range []run.CampaignKey{key, open} {
		l.eventually("it sleeps until the end", func() bool { return due(key).Equal(end(key)) })
	}
	l.alter(key, "end_at = clock_timestamp() + interval '1 day'")
	l.eventually("it sleeps until the start", func() bool { return due(key).Equal(start.Time()) })
	l.alter(open, "end_at = clock_timestamp() + interval '1 day'")
	l.eventually("it sleeps until the window opens", func() bool { return time.Until(due(open)) > 90*time.Minute })
	require.Zero(t, l.db.Count("SELECT count(*) FROM recipients WHERE phase = 7"))
	for _, key := range []run.CampaignKey{key, open} {
		l.alter(key, "end_at = clock_timestamp() + interval '300 milliseconds'")
	}
	l.finished(key)
	l.finished(open)
	require.Equal(t, "s error:window_closed, interrupted (error:window_closed)", l.walk(key, 2))
	require.Zero(t, p.count())
}

func TestARateThatIsLifted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(200), func(c *run.Campaign) { c.Rate = 1 })
	p := l.provider(nil)
	l.start(p)
	l.eventually("it begins", func() bool { return p.count() > 0 })
	l.alter(key, "rate = NULL")
	p.hears(200)
	p.oncePerMessage()
}

func TestACorrectedText(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("a", "1h"), sms("b", "1h"), link("a", "status:delivered", "b")), l.people(100))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(100)
	correct := func(id int, old, text string) {
		l.db.Exec(`INSERT INTO corrections (account, campaign, correction, node, field, old, new, at, name)
			VALUES ($1, $2, $3, 'b', 'text', $4, $5, now(), 'Ольга')`, key.Account, key.Campaign, id, old, text)
		l.alter(key, "name = 'Лето'")
	}
	r.report(fact(l.message(key, 0, "a"), engine.Delivered))
	p.hears(101)
	correct(1, "Здравствуйте", "Здравствуй")
	correct(2, "Здравствуй", "{{ campaign.name }}")
	correct(3, "of another document", "passed over")
	next, before := 1, true
	l.eventually("the new text goes out", func() bool {
		r.report(fact(l.message(key, next, "a"), engine.Delivered))
		p.hears(101 + next)
		before = p.of(l.message(key, next, "b"))[0].Content.Text == "Здравствуйте"
		next++
		return !before
	})
	r.report(fact(l.message(key, 99, "a"), engine.Delivered))
	l.becomes(key, 99, "a delivered, b no_link, completed (no_link)")
	for i, want := range map[int]string{0: "Здравствуйте", next - 1: "Лето", 99: "Лето"} {
		require.Equal(t, want, p.of(l.message(key, i, "b"))[0].Content.Text)
	}
	require.EqualValues(t, next, l.db.Count("SELECT count(*) FROM messages WHERE node = 1 AND text <> 'Лето'")+1, "what was sent stays")
	p.oncePerMessage()
	r.stop()
	r = l.start(p) // another owner takes it up as it is now
	r.report(fact(l.message(key, 98, "a"), engine.Delivered))
	l.becomes(key, 98, "a delivered, b no_link, completed (no_link)")
	require.Equal(t, "Лето", p.of(l.message(key, 98, "b"))[0].Content.Text)
}

// A campaign that takes people in goes on though nobody is in it.
func TestAnOpenCampaignIsFinishedWhenItIsClosed(t *testing.T) {
	t.Parallel()
	for name, close := range map[string]string{"closed": "closed_at = now()", "past its end": "end_at = now()"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			key := l.campaign(toGoal("1h"), nil)
			l.alter(key, "kind = 'open'")
			n, err := l.store.Finish(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, n, fmt.Sprint("it begins: ", l.state(key)))
			n, err = l.store.Finish(t.Context())
			require.NoError(t, err)
			require.Zero(t, n)
			l.alter(key, close)
			_, err = l.store.Finish(t.Context())
			require.NoError(t, err)
			require.Equal(t, "finished", l.state(key))
		})
	}
}
