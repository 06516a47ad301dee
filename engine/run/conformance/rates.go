package conformance

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

func capsAndConsents(l *lab) {
	l.Cap(1)
	anna := l.Contact(scheme.Contact{Phone: "+79000000001"}, "sms", "viber")
	boris := l.Contact(scheme.Contact{Phone: "+79000000002"})
	key := l.Campaign(anna, boris)
	states, err := l.store.States(l.Context(), []run.CampaignKey{key})
	require.NoError(l, err)
	require.True(l, states[key].Capped)
	one, two := l.session(l.store, "one"), l.session(l.store, "two")
	c := l.claim(one)
	ask := run.Launching{Account: Account, Contact: anna, Campaign: key.Campaign, Ordinal: 0, Capped: true, Advertising: true}
	who := run.PersonKey{Account: Account, Contact: anna}
	people, err := one.Begin(l.Context(), map[int64][]int64{Account: {anna, boris}}, ask)
	require.NoError(l, err)
	require.ElementsMatch(l, []string{"sms", "viber"}, people[who].Agreed)
	require.NotNil(l, people[who].Cap)
	require.Empty(l, people[who].Counted)
	require.Nil(l, people[run.PersonKey{Account: Account, Contact: boris}].Cap, "nobody asked")
	now := time.UnixMicro(time.Now().UnixMicro()).UTC()
	result := make(chan run.Person, 1)
	go func() {
		defer close(result)
		people, err := two.Begin(l.Context(), map[int64][]int64{Account: {anna}}, ask)
		if err == nil {
			result <- people[who]
		}
	}()
	require.NoError(l, one.Commit(l.Context(), &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Messages: launchBatch(&c).Messages[:1],
		Counted: []run.CountedRow{{Account: Account, Contact: anna, Counted: run.Counted{Campaign: key.Campaign, At: now}}}}))
	second, ok := <-result
	require.True(l, ok)
	require.NotEmpty(l, second.Counted, "whoever comes second sees what the first one counted")
	require.Equal(l, key.Campaign, second.Counted[0].Campaign)
	require.True(l, second.Counted[0].At.Equal(now))
	require.True(l, second.Cap.Reached([]time.Time{now}, now, time.UTC))
	require.False(l, second.Cap.Reached(nil, now, time.UTC))
	require.NoError(l, two.Rollback(l.Context()))
}

func rates(l *lab) {
	key := l.Campaign(l.people(1)...)
	one, two := l.session(l.store, "one"), l.session(l.Open(), "two")
	lease := func(s run.Session, rate, n int) int {
		got, err := s.Lease(l.Context(), key, rate, n)
		require.NoError(l, err)
		require.True(l, got >= 0 && got <= n)
		return got
	}
	require.Zero(l, lease(one, 0, 10))
	require.Zero(l, lease(one, 10, 0))
	began, sum := time.Now(), 0
	for range 60 {
		sum += lease(one, 100, 7) + lease(two, 100, 7)
	}
	most := 100*(time.Since(began)+250*time.Millisecond).Seconds() + 1
	require.LessOrEqual(l, float64(sum), most)
	require.GreaterOrEqual(l, sum, 25, "a quarter of a second's at once")
}

func limits(l *lab) {
	other := l.Open()
	ask := func(s run.Store, process string, messages, calls, busy int) run.LimitGrant {
		g, err := s.Limit(l.Context(), run.LimitAsk{Account: Account, Connection: Connection, Process: process, PerSecond: 20,
			Messages: messages, Concurrent: 4, Calls: calls, Busy: busy})
		require.NoError(l, err)
		require.NotZero(l, g.At)
		return g
	}
	g := ask(l.store, "one", 15, 4, 0)
	require.Equal(l, []int{15, 4, 1}, []int{g.Messages, g.Calls, g.Processes})
	g = ask(other, "two", 15, 4, 0)
	require.Equal(l, []int{0, 0, 2}, []int{g.Messages, g.Calls, g.Processes}, "all calls are lent")
	g = ask(l.store, "one", 0, 4, 1)
	require.Equal(l, 2, g.Calls, "half of them, as another waits")
	g = ask(other, "two", 15, 4, 0)
	require.Equal(l, 2, g.Calls)
	require.LessOrEqual(l, g.Messages, 5, "what is left of the second")
	require.Positive(l, g.Again)
	g = ask(l.store, "one", 0, 0, 3)
	require.GreaterOrEqual(l, g.Calls, 3, "what is under way is lent")
	ask(l.store, "one", 0, 0, 0)
	require.Equal(l, 4, ask(other, "two", 0, 4, 2).Calls, "what was given back")
	free := run.LimitAsk{Account: Account + 1, Connection: Connection, Process: "one", Messages: 1000, Concurrent: 2, Calls: 2}
	g, err := l.store.Limit(l.Context(), free)
	require.NoError(l, err)
	require.Equal(l, []int{1000, 2}, []int{g.Messages, g.Calls}, "another account, and no limit of messages")
}

func winners(l *lab) {
	key, s, c := l.held(6)
	b := launchBatch(&c)
	for i := range b.Recipients {
		chosen := []string{"a", "b"}[i%2]
		b.Recipients[i].State.Node = SMS
		b.Steps = append(b.Steps, run.StepRow{Campaign: key, Ordinal: int64(i), Step: engine.Record{Node: Goal, Link: 0, Entered: 1_000_000,
			Decided: 1_000_000, Reason: "variant:" + chosen, Chosen: chosen}})
	}
	l.commit(s, b)
	l.save(here, []run.Answer{answer(key, 1), answer(key, 3), answer(key, 0)}, report(1, engine.Clicked), report(3, engine.Clicked), report(0, engine.Clicked))
	two := l.session(l.Open(), "two")
	best := &engine.Winner{Metric: "clicked", Min: 1}
	won, err := s.Winner(l.Context(), key, Goal, []string{"a", "b"}, best, nil)
	require.NoError(l, err)
	require.Equal(l, "b", won)
	won, err = two.Winner(l.Context(), key, Goal, []string{"a", "b"}, &engine.Winner{Metric: "clicked", Min: 100}, nil)
	require.NoError(l, err)
	require.Equal(l, "b", won, "it is decided")
	won, err = s.Winner(l.Context(), key, SMS, []string{"a", "b"}, &engine.Winner{Metric: "delivered", Min: 5}, nil)
	require.NoError(l, err)
	require.Equal(l, "a", won, "too few people: the first one")
	_, err = s.Winner(l.Context(), key, Viber, nil, best, nil)
	require.Error(l, err)
}

func states(l *lab) {
	key, s, c := l.held(1)
	missing := run.CampaignKey{Account: Account, Campaign: 424242}
	_, err := l.store.Campaign(l.Context(), missing)
	require.Error(l, err)
	got, err := l.store.Campaign(l.Context(), key)
	require.NoError(l, err)
	require.Equal(l, key, got.Key)
	require.Equal(l, "running", got.State)
	require.Equal(l, Connection, got.Connection)
	require.NotEmpty(l, got.Document)
	require.False(l, got.Open)
	found, err := l.store.States(l.Context(), []run.CampaignKey{key, missing})
	require.NoError(l, err)
	require.Equal(l, map[run.CampaignKey]run.Standing{key: {State: "running", Revision: got.Revision}}, found)
	n, err := l.store.Finish(l.Context())
	require.NoError(l, err)
	require.Zero(l, n, "somebody is open")
	over := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Recipients: []run.RecipientUpdate{{Campaign: key, Ordinal: 0, At: 5_000_000,
		Reason: "no_link", State: engine.State{Phase: engine.Ended, Outcome: engine.Completed}}}}
	over.Segments[0].Closed = 1
	l.commit(s, over)
	n, err = l.store.Finish(l.Context())
	require.NoError(l, err)
	require.Equal(l, 1, n)
	found, err = l.store.States(l.Context(), []run.CampaignKey{key})
	require.NoError(l, err)
	require.Equal(l, "finished", found[key].State)
	n, err = l.store.Finish(l.Context())
	require.NoError(l, err)
	require.Zero(l, n)
}

func entrant(key run.CampaignKey, contact int64, name string) run.Entrant {
	return run.Entrant{Campaign: key, Contact: contact, Zone: "Europe/Moscow", Key: name, Data: []byte(`{"order": 7}`)}
}

func (l *lab) enter(list ...run.Entrant) ([]run.Entry, []run.SegmentKey) {
	l.Helper()
	got, touched, err := l.store.Enter(l.Context(), list, nobody)
	require.NoError(l, err)
	require.Len(l, got, len(list))
	return got, touched
}

func entering(l *lab) {
	people := l.people(4)
	key, closed := l.OpenCampaign(3), l.Campaign(people[0])
	got, touched := l.enter(entrant(key, people[0], "k0"), entrant(key, people[0], ""), entrant(key, people[1], "k1"), entrant(key, people[2], "k0"),
		entrant(closed, people[0], "x"), entrant(run.CampaignKey{Account: Account, Campaign: 424242}, people[0], ""))
	require.Equal(l, []run.Entry{{Ordinal: 0}, {Refused: run.InAlready}, {Ordinal: 1}, {Ordinal: 0, Again: true}, {Refused: run.NotOpen},
		{Refused: run.NotOpen}}, got)
	segment := run.SegmentKey{Account: Account, Campaign: key.Campaign}
	require.Equal(l, []run.SegmentKey{segment}, touched)
	require.True(l, l.Segment(segment).Woken)
	require.Zero(l, l.Segment(segment).Open, "they are no recipients yet")
	again, touched := l.enter(entrant(key, people[0], "k0"), entrant(key, people[1], "k9"), entrant(key, people[1], "k9"))
	require.Equal(l, []run.Entry{{Ordinal: 0, Again: true}, {Refused: run.InAlready}, {Refused: run.InAlready, Again: true}}, again)
	require.Empty(l, touched)
	late := entrant(key, people[2], "")
	got, _ = l.enter(late, entrant(key, people[3], "full"))
	require.Equal(l, []run.Entry{{Ordinal: 2}, {Refused: run.Full}}, got)
	l.SetState(key, "cancelled")
	got, _ = l.enter(entrant(key, people[3], "full"))
	require.Equal(l, []run.Entry{{Refused: run.NotRunning}}, got, "what the campaign said is not kept under the key")
	got, _ = l.enter()
	require.Empty(l, got)
}

func entriesRead(l *lab) {
	people := l.people(2)
	key := l.OpenCampaign(0)
	l.enter(entrant(key, people[0], ""), entrant(key, people[1], ""))
	n, err := l.store.Finish(l.Context())
	require.NoError(l, err)
	require.Zero(l, n, "more may come")
	s := l.session(l.store, "one")
	c := l.claim(s)
	require.Empty(l, c.Recipients)
	require.False(l, l.release(s, c, 0), "somebody is unread")
	var t *run.Tick
	l.eventually("they are read", func() bool {
		t = l.tick(s, &c, true)
		return len(t.Entries) == 2
	})
	require.Empty(l, l.tick(s, &c).Entries, "only where they are asked for")
	b := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}}
	for _, a := range t.Entries {
		require.Equal(l, c.Key, a.Key)
		require.LessOrEqual(l, a.Start, t.Now)
		require.Equal(l, "Europe/Moscow", a.Zone)
		require.Equal(l, people[a.Ordinal], a.Contact)
		if a.Ordinal == 0 {
			b.Entered = append(b.Entered, run.NewRecipient{Campaign: key, Recipient: run.Recipient{Ordinal: a.Ordinal, Contact: a.Contact,
				Zone: a.Zone, State: engine.State{Wake: a.Start}}})
		}
	}
	b.Segments[0].Entered = 1
	l.commit(s, b)
	require.Equal(l, 1, l.Segment(c.Key).Open)
	require.NotZero(l, l.Segment(c.Key).Due)
	left := l.tick(s, &c, true)
	require.Len(l, left.Entries, 1, "but for those that have a row")
	require.EqualValues(l, 1, left.Entries[0].Ordinal)
	_, err = s.Begin(l.Context(), nil)
	require.NoError(l, err)
	keys := []run.RecipientKey{{Campaign: key, Ordinal: 0}, {Campaign: key, Ordinal: 99}}
	data, err := s.Data(l.Context(), keys)
	require.NoError(l, err)
	require.Len(l, data, 1)
	require.JSONEq(l, `{"order": 7}`, string(data[keys[0]]))
	require.NoError(l, s.Rollback(l.Context()))
	_, err = s.Begin(l.Context(), nil)
	require.NoError(l, err)
	err = s.Commit(l.Context(), b)
	require.ErrorIs(l, err, run.ErrData, "%v: who is there does not enter again", err)
	require.NoError(l, s.Rollback(l.Context()))
	l.Kill("one")
	again := l.claim(l.session(l.store, "two"))
	require.Len(l, again.Recipients, 1)
	require.Equal(l, engine.Fresh, again.Recipients[0].State.Phase)
	require.NotZero(l, again.Recipients[0].State.Wake)
}
