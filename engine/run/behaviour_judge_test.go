package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// soon lets messages of which nobody knows be judged a second after their launch.
var soon = times(func(t *run.Times) { t.HandWithin, t.JudgeAfter = 800*time.Millisecond, 200*time.Millisecond })

func TestAProviderThatCanBeAskedIsAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), goal("g"), goal("refused"), link("s", "status:delivered", "g"),
		link("s", "error", "refused")), l.people(4))
	p := &askable{provider: l.provider(func(m channel.Message, times int) channel.Result {
		if times == 1 {
			return uncertain()
		}
		return accepted(m)
	})}
	p.know = func(k channel.Key) channel.Result {
		switch {
		case k.Ordinal == 1:
			return channel.Result{Status: channel.NotTaken}
		case k.Ordinal == 2:
			return refused(engine.BadAddress)
		case k.Ordinal == 3 && len(p.asked) < 8:
			return uncertain() // it does not answer questions either, for a while
		}
		return channel.Result{Status: channel.Accepted, ProviderID: providerID(k)}
	}
	r := l.start(p, soon)
	l.eventually("the provider's ids are known", func() bool { return l.figure(key, "s", "accepted") == 3 })
	for _, i := range []int{0, 1, 3} {
		r.report(fact(l.message(key, i, "s"), engine.Delivered))
		l.becomes(key, i, "s delivered, g goal, goal (goal)")
	}
	l.finished(key)
	require.Equal(t, "s error:bad_address, refused goal, goal (goal)", l.walk(key, 2))
	for i, want := range []int{1, 2, 1, 1} {
		heard := p.of(l.message(key, i, "s"))
		require.Len(t, heard, want, "recipient %d", i)
		require.Equal(t, heard[0].Content, heard[len(heard)-1].Content)
	}
	for _, k := range p.questions() {
		launched := l.trace(key, int(k.Ordinal)).Messages[0].Launched
		require.Greater(t, time.Since(launched), time.Second, "not while somebody may still be handing it over")
	}
}

func TestAProviderThatDropsRepeatsIsHandedTheMessageAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(1))
	p := l.provider(func(m channel.Message, times int) channel.Result {
		if times < 3 {
			return uncertain()
		}
		return accepted(m)
	})
	p.limits.Repeats = true
	r := l.start(p)
	l.eventually("it is accepted", func() bool { return l.figure(key, "s", "accepted") == 1 })
	p.hears(3)
	for _, h := range p.all() {
		require.Equal(t, l.message(key, 0, "s"), h.Key)
	}
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, 0))
}

// leftBehind puts everyone where a process that was killed right after the commit leaves them.
func (l *lab) leftBehind(key run.CampaignKey, handBy string) {
	l.Helper()
	l.db.Exec(`UPDATE recipients SET phase = 2, attempt = 1, wake_at = NULL, entered_at = clock_timestamp(),
		launched_at = clock_timestamp() WHERE campaign = $1`, key.Campaign)
	l.db.Exec(`INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text)
		SELECT account, campaign, ordinal, node, 1, launched_at, launched_at + $2::interval, '+79990000000', 'as it was'
		FROM recipients WHERE campaign = $1`, key.Campaign, handBy)
	l.db.Exec(`INSERT INTO counters SELECT account, campaign, 0, node, what, count(*) FROM recipients,
		unnest(ARRAY['entered', 'sent']) AS what WHERE campaign = $1 GROUP BY 1, 2, 4, 5`, key.Campaign)
}

// The deadline of a message that was left behind waits until it is known what became of it: otherwise it would say that
// the provider was never reached.
func TestADeadlineWaitsForTheJudgement(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	hasty := l.campaign(toGoal("1s", "status:not_delivered"), people)
	patient := l.campaign(toGoal("1h"), people)
	l.leftBehind(hasty, "1500 milliseconds")
	l.leftBehind(patient, "1500 milliseconds")
	p := &askable{provider: l.provider(nil)}
	p.know = func(k channel.Key) channel.Result {
		if k.Ordinal == 1 {
			return channel.Result{Status: channel.NotTaken}
		}
		return channel.Result{Status: channel.Accepted, ProviderID: providerID(k)}
	}
	r := l.start(p, times(func(t *run.Times) { t.JudgeAfter = 500 * time.Millisecond }))
	l.finished(hasty)
	require.Equal(t, "s timeout, g goal, goal (goal)", l.walk(hasty, 0), "the provider had it")
	require.Equal(t, "s error:unavailable, g goal, goal (goal)", l.walk(hasty, 1), "it had not, and the time was over")
	l.eventually("both have the message", func() bool { return l.figure(patient, "s", "accepted") == 2 })
	for i := range 2 {
		r.report(fact(l.message(patient, i, "s"), engine.Delivered))
	}
	l.finished(patient)
	p.hears(1)
	sent := p.all()[0]
	require.Equal(t, l.message(patient, 1, "s"), sent.Key)
	require.Equal(t, "+79990000000", sent.Address, "what is repeated is what was committed")
	require.Equal(t, "as it was", sent.Content.Text)
}

// A process that joins gets its share also of segments in which something is always under way.
func TestABusySegmentIsSharedOut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(200)
	var keys []run.CampaignKey
	for range 2 {
		keys = append(keys, l.campaign(toGoal("1h"), people, func(c *run.Campaign) { c.Rate = 20 }))
	}
	p := l.provider(func(m channel.Message, times int) channel.Result {
		<-time.After(150 * time.Millisecond)
		if times == 1 && m.Key.Ordinal%4 == 0 {
			return uncertain()
		}
		return accepted(m)
	})
	p.limits.Batch, p.limits.Concurrent = 1, 64
	asked := &askable{provider: p, know: func(k channel.Key) channel.Result {
		return channel.Result{Status: channel.Accepted, ProviderID: providerID(k)}
	}}
	holders := func() int64 {
		return l.db.Count(`SELECT count(DISTINCT split_part(holder, '/', 1)) FROM segments WHERE holder IS NOT NULL`)
	}
	l.start(asked)
	l.eventually("one holds both", func() bool {
		return l.db.Count(`SELECT count(*) FROM segments WHERE holder IS NOT NULL`) == 2 && p.count() > 0
	})
	l.start(asked)
	l.eventually("each holds one", func() bool { return holders() == 2 })
	require.Less(t, l.figure(keys[0], "s", "sent"), int64(len(people)), "there was work left to share")
	for _, key := range keys {
		l.set(key, "cancelled")
		l.ended(key, int64(len(people)))
		l.sound(key)
	}
	p.oncePerMessage()
}

// Facts that other processes stored count at a deadline, if they were recorded before it.
func TestFactsThatAnotherProcessStoredComeBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = 300
	key := l.campaign(draw(sms("s", "1h"), goal("g"), goal("late"), link("s", "status:delivered", "g"),
		link("s", "status:not_delivered", "late")), l.people(n), hurry(3600))
	l.start(l.provider(nil))
	l.eventually("all are accepted", func() bool { return l.figure(key, "s", "accepted") == n })
	other := l.open()
	pace := time.NewTicker(3 * time.Millisecond)
	defer pace.Stop()
	for i := range n {
		<-pace.C
		_, err := other.Save(t.Context(), nil, []channel.Report{fact(l.message(key, i, "s"), engine.Delivered)},
			func(run.SegmentKey) bool { return false })
		require.NoError(t, err)
	}
	l.finished(key)
	require.Zero(t, l.db.Count(`SELECT count(*) FROM steps s JOIN facts f USING (account, campaign, ordinal, node)
		WHERE s.campaign = $1 AND s.reason = 'timeout' AND f.recorded_at <= s.decided_at`, key.Campaign))
	require.Positive(t, l.db.Count(`SELECT count(*) FROM steps WHERE campaign = $1 AND reason = 'delivered'`, key.Campaign))
}
