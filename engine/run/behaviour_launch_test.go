package run_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// toGoal is one SMS and the goal behind its delivery; further links may lead to the goal too.
func toGoal(decision string, more ...string) string {
	parts := []string{sms("s", decision), goal("g"), link("s", "status:delivered", "g")}
	for _, outcome := range more {
		parts = append(parts, link("s", outcome, "g"))
	}
	return draw(parts...)
}

func (l *lab) handBy(key channel.Key) int64 {
	l.Helper()
	return l.db.Count(`SELECT (extract(epoch FROM hand_by) * 1000000)::bigint FROM messages WHERE campaign = $1 AND ordinal = $2
		AND node = $3 AND attempt = $4`, key.Campaign, key.Ordinal, key.Node, int16(key.Attempt))
}

func TestWhatWasNotTakenIsHandedOverAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(1))
	var handBy []int64
	p := l.provider(func(m channel.Message, times int) channel.Result {
		handBy = append(handBy, m.HandBy.UnixMicro())
		if times < 4 {
			return notTaken()
		}
		return accepted(m)
	})
	l.start(p, times(func(t *run.Times) { t.RetryPause = 100 * time.Millisecond }))
	l.accepted(key, "s", 1)
	heard := p.all()
	require.Len(t, heard, 4)
	pause := 100 * time.Millisecond
	for i := range heard[1:] {
		require.GreaterOrEqual(t, heard[i+1].at.Sub(heard[i].at), pause, "pause %d", i)
		require.Greater(t, handBy[i+1], handBy[i], "the instant by which it must be handed over is a new one")
		pause *= 2
	}
	stored := l.handBy(l.message(key, 0, "s"))
	require.InDelta(t, handBy[3], stored, 1e6, "and it is stored")
	require.Len(t, l.trace(key, 0).Messages, 1)
}

func TestAProviderThatIsNeverReached(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("10m", "error:unavailable"), l.people(1), hurry(400))
	p := l.provider(func(channel.Message, int) channel.Result { return notTaken() })
	l.start(p)
	l.finished(key)
	require.Equal(t, "s error:unavailable, g goal, goal (goal)", l.walk(key, 0))
	step := l.trace(key, 0).Steps[0]
	require.Equal(t, 1500*time.Millisecond, step.Decided.Sub(step.Sent), "the whole decision time from the launch")
	require.Greater(t, p.count(), 3)
	require.EqualValues(t, 1, l.figure(key, "s", "error:unavailable"))
	require.Zero(t, l.figure(key, "s", "accepted"))
}

func TestAnOpenCircuitHoldsLaunchesBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const people = 250
	key := l.campaign(toGoal("1h"), l.people(people))
	var up atomic.Bool
	p := l.provider(func(m channel.Message, _ int) channel.Result {
		if up.Load() {
			return accepted(m)
		}
		return notTaken()
	})
	p.limits = channel.Limits{Batch: 1, Concurrent: 1, PerSecond: 200}
	r := l.start(p, times(func(t *run.Times) { t.HandWithin = time.Second })) // 100 are taken ahead
	open := func() bool { return r.Figures().Connections[0].Circuit == run.CircuitOpen }
	l.eventually("the circuit is open", open)
	launched := l.figure(key, "s", "sent")
	require.LessOrEqual(t, launched, int64(150), "back-pressure: the others wait before their launch")
	l.throughout("it was probed", func() bool { return r.Figures().Connections[0].FailedCalls >= 6 }, func() {
		require.LessOrEqual(t, l.figure(key, "s", "sent"), int64(150))
	})
	up.Store(true)
	l.accepted(key, "s", people)
	require.EqualValues(t, people, l.figure(key, "s", "sent"))
}

func TestAnUncertainMessageIsLeftToItsFactsAndDeadline(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("10m", "status:not_delivered"), l.people(2), hurry(400))
	p := l.provider(func(channel.Message, int) channel.Result { return uncertain() })
	r := l.start(p)
	l.eventually("both are unsure", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND unsure`, key.Campaign) == 2
	})
	byKey := channel.Report{Account: account, Connection: connection, Key: l.message(key, 0, "s"), Fact: engine.Delivered}
	r.report(byKey)
	l.becomes(key, 0, "s delivered, g goal, goal (goal)")
	l.finished(key)
	require.Equal(t, "s timeout, g goal, goal (goal)", l.walk(key, 1))
	step := l.trace(key, 1).Steps[0]
	require.Equal(t, 1500*time.Millisecond, step.Decided.Sub(step.Sent), "it counts as accepted at the launch")
	p.oncePerMessage()
}

func TestAnAnswerAfterTheDecisionTimeIsAnAcceptance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		result channel.Result
		want   string
	}{
		{"accepted", channel.Result{Status: channel.Accepted, ProviderID: "x"}, "s timeout, g goal, goal (goal)"},
		{"refused", refused(engine.BadAddress), "s error:bad_address, g goal, goal (goal)"},
		{"uncertain", uncertain(), "s timeout, g goal, goal (goal)"},
		{"not taken", notTaken(), "s error:unavailable, g goal, goal (goal)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			key := l.campaign(toGoal("10m", "status:not_delivered"), l.people(1), hurry(3000))
			answer := make(chan struct{})
			p := l.provider(func(channel.Message, int) channel.Result {
				select {
				case <-answer:
				case <-l.Context().Done():
				}
				return c.result
			})
			l.start(p)
			p.hears(1)
			deadline := l.trace(key, 0).Recipient.State.Launched.Add(200 * time.Millisecond)
			l.throughout("the decision time is long over", func() bool {
				return l.db.Count(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`) > int64(deadline.Add(200*time.Millisecond))
			}, func() { require.Equal(t, "s sending", l.walk(key, 0)) })
			close(answer)
			l.finished(key)
			require.Equal(t, c.want, l.walk(key, 0))
			require.Equal(t, 1, p.count())
		})
	}
}

func TestRefusalsByReason(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	reasons := []string{engine.NoFunds, engine.BadAddress, engine.TemplateMismatch, "what is this"}
	key := l.campaign(draw(sms("s", "1h"), sms("next", "1h"), goal("funds"), goal("any"), link("s", "error", "any"),
		link("s", "error:no_funds", "funds"), link("s", "status:not_delivered", "next")), l.people(len(reasons)))
	bare := l.campaign(draw(sms("s", "1h"), sms("next", "1h"), goal("g"), link("s", "status:not_delivered", "next"),
		link("next", "status:delivered", "g")), l.people(2))
	p := l.provider(func(m channel.Message, _ int) channel.Result {
		if m.Key.Node == 0 {
			return refused(reasons[m.Key.Ordinal])
		}
		return refused(engine.TooLong)
	})
	l.start(p)
	l.finished(key)
	l.finished(bare)
	require.Equal(t, "s error:no_funds, funds goal, goal (goal)", l.walk(key, 0))
	require.Equal(t, "s error:bad_address, any goal, goal (goal)", l.walk(key, 1))
	require.Equal(t, "s error:template_mismatch, any goal, goal (goal)", l.walk(key, 2))
	require.Equal(t, "s error:rejected, any goal, goal (goal)", l.walk(key, 3))
	require.Equal(t, "s error:no_funds, next error:too_long, failed (error:too_long)", l.walk(bare, 0))
	require.EqualValues(t, 1, l.figure(key, "s", "error:rejected"))
	p.oncePerMessage()
}

func TestTheRateHoldsForAllWorkersTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const rate, people = 100, 230
	key := l.campaign(toGoal("1h"), l.people(people), func(c *run.Campaign) { c.Rate = rate })
	// The recipients of one campaign in two segments, so that two workers have a part each.
	l.db.Exec(`UPDATE recipients SET ordinal = ordinal + 9885 WHERE campaign = $1 AND ordinal >= 115`, key.Campaign)
	l.db.Exec(`UPDATE segments SET open = 115 WHERE campaign = $1`, key.Campaign)
	l.db.Exec(`INSERT INTO segments (account, campaign, segment, open, due) SELECT account, campaign, 1, 115, due FROM segments WHERE campaign = $1`,
		key.Campaign)
	p := l.provider(nil)
	l.start(p)
	l.start(p)
	p.hears(people)
	segments := map[bool]int{}
	launched := l.db.Texts(`SELECT launched_at::text FROM messages WHERE campaign = $1 ORDER BY launched_at`, key.Campaign)
	require.Len(t, launched, people)
	most := l.db.Count(`SELECT max(n) FROM (SELECT count(*) AS n FROM messages m JOIN messages o ON o.launched_at >= m.launched_at
		AND o.launched_at < m.launched_at + interval '1 second' GROUP BY m.ordinal) x`)
	require.LessOrEqual(t, most, int64(rate+rate/4+1), "launches in the fullest second: the rate and one slice of a lease")
	heard := p.all()
	for _, h := range heard {
		segments[h.Key.Ordinal >= 10_000]++
	}
	require.Equal(t, map[bool]int{false: 115, true: 115}, segments)
	require.GreaterOrEqual(t, heard[len(heard)-1].at.Sub(heard[0].at), time.Second)
	epochs, err := l.store.Segments(t.Context(), key)
	require.NoError(t, err)
	require.NotEqual(t, epochs[0].Holder, epochs[1].Holder, "two workers had a part each")
	p.oncePerMessage()
}
