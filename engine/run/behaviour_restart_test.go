package run_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
)

func TestARestartLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const people = 300
	key := l.campaign(draw(viber("v", "1d"), sms("s", "1d"), goal("g"), link("v", "status:delivered", "s"),
		link("s", "status:delivered", "g")), l.people(people), func(c *run.Campaign) { c.Rate = 400 })
	// Every message is delivered, told by whoever is there to hear it.
	var mu sync.Mutex
	told := map[channel.Key]bool{}
	p := l.provider(nil)
	tell := func(r *process) {
		var reports []channel.Report
		mu.Lock()
		defer mu.Unlock()
		for _, h := range p.all() {
			if !told[h.Key] {
				told[h.Key] = true
				reports = append(reports, fact(h.Key, engine.Delivered))
			}
		}
		if len(reports) > 0 {
			r.report(reports...)
		}
	}
	for n := 60; n <= 480; n += 60 {
		r := l.start(p)
		l.eventually("a part is done", func() bool {
			tell(r)
			return p.count() >= n
		})
		r.stop()
	}
	r := l.start(p)
	l.eventually("the campaign is finished", func() bool {
		tell(r)
		return l.state(key) == "finished"
	})
	l.sound(key)
	p.oncePerMessage()
	require.Equal(t, 2*people, p.count())
	require.EqualValues(t, people, l.figure(key, "", "end:goal"))
	require.EqualValues(t, people, l.figure(key, "s", "delivered"))
}

// Messages that certainly no provider has are sent after the stop, whatever the provider can do.
func TestWhatWasNotTakenBeforeAStopIsSentAfterIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(5))
	var up atomic.Bool
	p := l.provider(func(m channel.Message, _ int) channel.Result {
		if up.Load() {
			return accepted(m)
		}
		return notTaken()
	})
	p.limits.Concurrent = 1
	first := l.start(p, times(func(t *run.Times) { t.RetryPause = time.Hour }))
	l.eventually("each was tried", func() bool { return p.count() >= 5 })
	first.stop()
	up.Store(true)
	r := l.start(p)
	l.eventually("all are accepted", func() bool { return l.figure(key, "s", "accepted") == 5 })
	for i := range 5 {
		r.report(fact(l.message(key, i, "s"), engine.Delivered))
	}
	l.finished(key)
	require.EqualValues(t, 5, l.figure(key, "", "end:goal"))
}

// stranded starts a campaign and stops its process while it does not know what became of its messages; the provider
// answers again for the next process.
func stranded(t *testing.T, people int) (l *lab, key run.CampaignKey, p *provider, after *atomic.Bool) {
	t.Helper()
	l = newLab(t)
	key = l.campaign(toGoal("1d", "status:not_delivered", "error"), l.people(people))
	after = &atomic.Bool{}
	p = l.provider(func(m channel.Message, _ int) channel.Result {
		if after.Load() {
			return accepted(m)
		}
		return uncertain()
	})
	return l, key, p, after
}

// A process that ended without a word leaves intents without an answer: here its last results never reached anybody.
func (l *lab) forgetAnswers(key run.CampaignKey) {
	l.Helper()
	l.db.Exec(`UPDATE recipients SET unsure = false WHERE campaign = $1`, key.Campaign)
}

func TestAnUnansweredIntentIsAskedFor(t *testing.T) {
	t.Parallel()
	l, key, p, after := stranded(t, 4)
	l.start(p, soon).launchedAndStopped(key, 4)
	l.forgetAnswers(key)
	after.Store(true)
	a := &askable{provider: p, know: func(k channel.Key) channel.Result {
		switch k.Ordinal {
		case 0:
			return channel.Result{Status: channel.Accepted, ProviderID: providerID(k)}
		case 1:
			return refused(engine.BadAddress)
		case 2:
			return notTaken()
		}
		return uncertain()
	}}
	handed := l.handBy(l.message(key, 0, "s"))
	r := l.start(a, soon)
	l.becomes(key, 1, "s error:bad_address, g goal, goal (goal)")
	require.GreaterOrEqual(t, l.trace(key, 1).Ended, engine.Instant(handed).Add(200*time.Millisecond),
		"nothing is judged while the former owner's sender may be at work")
	l.eventually("the one that was not taken is sent", func() bool { return len(p.of(l.message(key, 2, "s"))) == 2 })
	l.eventually("nobody knows of the last", func() bool { return l.trace(key, 3).Recipient.State.Unsure })
	r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 2, "s"), engine.Delivered))
	l.becomes(key, 0, "s delivered, g goal, goal (goal)")
	l.becomes(key, 2, "s delivered, g goal, goal (goal)")
	for _, i := range []int{0, 1, 3} {
		require.Len(t, p.of(l.message(key, i, "s")), 1, "never sent again blindly")
	}
	require.Subset(t, a.questions(), []channel.Key{l.message(key, 0, "s"), l.message(key, 1, "s"), l.message(key, 2, "s"), l.message(key, 3, "s")})
}

func TestAnUnansweredIntentIsRepeatedWhereRepeatsAreDropped(t *testing.T) {
	t.Parallel()
	l, key, p, after := stranded(t, 2)
	l.start(p, soon).launchedAndStopped(key, 2)
	l.forgetAnswers(key)
	after.Store(true)
	p.limits.Repeats = true
	r := l.start(p, soon)
	l.eventually("both are accepted", func() bool { return l.figure(key, "s", "accepted") == 2 })
	for i := range 2 {
		heard := p.of(l.message(key, i, "s"))
		require.Len(t, heard, 2)
		require.Equal(t, heard[0].Content, heard[1].Content, "the very same content under the same key")
		require.Equal(t, heard[0].Address, heard[1].Address)
		require.Equal(t, heard[0].TimeToLive, heard[1].TimeToLive)
		r.report(fact(l.message(key, i, "s"), engine.Delivered))
	}
	l.finished(key)
	require.EqualValues(t, 2, l.figure(key, "", "end:goal"))
}

func TestAnUnansweredIntentIsElseLeftToItsFacts(t *testing.T) {
	t.Parallel()
	l, key, p, after := stranded(t, 2)
	l.start(p, soon).launchedAndStopped(key, 2)
	l.forgetAnswers(key)
	after.Store(true)
	r := l.start(p, soon)
	l.eventually("nobody knows", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND unsure`, key.Campaign) == 2
	})
	byKey := channel.Report{Account: account, Connection: connection, Key: l.message(key, 1, "s"), Fact: engine.Delivered}
	r.report(byKey)
	l.becomes(key, 1, "s delivered, g goal, goal (goal)")
	p.oncePerMessage()
}

// launchedAndStopped waits until so many messages are handed over, and stops the process.
func (p *process) launchedAndStopped(key run.CampaignKey, n int) {
	p.lab.Helper()
	p.lab.eventually("nobody knows what became of them", func() bool {
		return p.lab.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND unsure`, key.Campaign) == int64(n)
	})
	p.stop()
}

func TestASegmentAtRestIsPutAwayAndWokenByAFact(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(2))
	p := l.provider(nil)
	r := l.start(p, times(func(t *run.Times) { t.RestAfter = 50 * time.Millisecond }))
	p.hears(2)
	l.eventually("it is put away", func() bool { return l.holder(key) == "" && r.Figures().Held == 0 })
	list, err := l.store.Segments(t.Context(), key)
	require.NoError(t, err)
	first := min(l.deadline(key, 0), l.deadline(key, 1))
	require.Equal(t, first, engine.At(*list[0].Due), "until the first deadline")
	epoch := list[0].Epoch
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.becomes(key, 0, "s delivered, g goal, goal (goal)")
	l.eventually("it is put away again", func() bool { return l.holder(key) == "" && r.Figures().Held == 0 })
	list, err = l.store.Segments(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, epoch+1, list[0].Epoch)
	require.Equal(t, l.deadline(key, 1), engine.At(*list[0].Due))
	require.Zero(t, l.db.Count(`SELECT count(*) FROM wakes`))
	require.Equal(t, 1, list[0].Open)
}

// deadline is the end of the decision time at the block where a recipient waits.
func (l *lab) deadline(key run.CampaignKey, i int) engine.Instant {
	l.Helper()
	return l.trace(key, i).Recipient.State.Accepted.Add(time.Hour)
}

func TestAWorkerThatLostItsSegmentWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(1))
	p := l.provider(nil)
	r := l.start(p, times(func(t *run.Times) { t.RestUnless = 24 * time.Hour })) // it keeps its segment
	p.hears(1)
	l.becomes(key, 0, "s waiting")
	// Another owner takes the segment over behind the worker's back.
	require.EqualValues(t, 1, l.db.Exec(`UPDATE segments SET epoch = epoch + 1, holder = 'another' WHERE campaign = $1`, key.Campaign))
	before := l.figures(key)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.eventually("the worker has noticed", func() bool { return r.Figures().Lost == 1 })
	after := l.figures(key)
	delete(after, run.Counter{Campaign: key, Node: 0, What: "delivered"}) // the inbox's own
	if l.state(key) == "running" {
		require.Equal(t, before, after)
	}
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, 0))
	require.EqualValues(t, 1, l.figure(key, "g", "goal"))
	require.EqualValues(t, 1, r.Figures().Lost)
	p.oncePerMessage()
}

func TestFactsReachTheProcessThatHoldsTheSegment(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var keys []run.CampaignKey
	people := l.people(3)
	for range 4 {
		keys = append(keys, l.campaign(toGoal("1h"), people))
	}
	p := l.provider(nil)
	keep := times(func(t *run.Times) { t.RestUnless = 24 * time.Hour })
	one, two := l.start(p, keep), l.start(p, keep)
	p.hears(12)
	l.eventually("both have a part", func() bool { return one.Figures().Held > 0 && two.Figures().Held > 0 })
	for _, key := range keys {
		for i := range people {
			from := []*process{one, two}[i%2]
			from.report(fact(l.message(key, i, "s"), engine.Delivered))
		}
	}
	for _, key := range keys {
		l.finished(key)
		require.EqualValues(t, 3, l.figure(key, "", "end:goal"), fmt.Sprint(key))
	}
	p.oncePerMessage()
}

// Whoever is to end a frozen process may have to wait for what that one has locked: it beats all the same.
func TestAFrozenProcessIsEndedByOneThatWaitsForIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1d")), l.people(1))
	frozen := storetest.Connect(t, l.url)
	frozen.Exec(`INSERT INTO processes (process, workers, pids, started, seen_at, format)
		SELECT 'frozen', 1, array[pid], array[backend_start], now() + interval '1 hour', 1 FROM pg_stat_activity WHERE pid = pg_backend_pid()`)
	pid := frozen.Count("SELECT pg_backend_pid()")
	frozen.Exec("BEGIN")
	frozen.Exec("SELECT FROM campaigns WHERE account = $1 AND campaign = $2 FOR SHARE", account, key.Campaign)
	l.start(l.provider(nil))
	l.eventually("the campaign's start waits for the frozen process", func() bool {
		return l.db.Count("SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", pid) > 0
	})
	require.Equal(t, "scheduled", l.state(key))
	l.db.Exec("UPDATE processes SET seen_at = now() - interval '11 seconds' WHERE process = 'frozen'")
	l.eventually("the campaign has started", func() bool { return l.state(key) != "scheduled" })
}
