package conformance

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

func oneHolder(l *lab) {
	key := l.Campaign(l.people(3)...)
	one, two := l.session(l.store, "one"), l.session(l.Open(), "two")
	c := l.claim(one)
	require.Equal(l, run.SegmentKey{Account: Account, Campaign: key.Campaign}, c.Key)
	require.EqualValues(l, 1, c.Epoch)
	require.Len(l, c.Recipients, 3)
	for i, r := range c.Recipients {
		require.EqualValues(l, i, r.Ordinal)
		require.Equal(l, engine.Fresh, r.State.Phase)
		require.NotZero(l, r.State.Wake)
		require.NotZero(l, r.Contact)
		require.NotEmpty(l, r.Zone)
	}
	require.Empty(l, l.claims(two, time.Hour))
	require.Empty(l, l.claims(one, time.Hour), "not twice by the same session either")
}

func whatIsClaimed(l *lab) {
	people := l.people(2)
	for range 3 {
		l.Campaign(people...)
	}
	paused := l.Campaign(people...)
	l.SetState(paused, "paused")
	s := l.session(l.store, "one")
	some, err := s.Claim(l.Context(), 2, time.Second)
	require.NoError(l, err)
	require.Len(l, some, 2, "no more than asked for")
	none, err := s.Claim(l.Context(), 0, time.Second)
	require.NoError(l, err)
	require.Empty(l, none)
	rest := l.claims(s, time.Second)
	require.Len(l, rest, 2, "a paused campaign's too: its facts count")
	c := rest[0]
	over := engine.State{Node: Goal, Phase: engine.Ended, Outcome: engine.ReachedGoal}
	b := &run.Batch{Segments: []run.SegmentUpdate{update(&c)},
		Recipients: []run.RecipientUpdate{{Campaign: campaignOf(&c), Ordinal: 0, State: over, At: 5_000_000, Reason: "goal"}}}
	b.Segments[0].Closed = 1
	l.commit(s, b)
	require.Equal(l, 1, l.Segment(c.Key).Open)
	require.True(l, l.release(s, c, 1))
	again := l.claim(s)
	require.Equal(l, c.Key, again.Key)
	require.Equal(l, c.Epoch+1, again.Epoch)
	require.Len(l, again.Recipients, 1, "only the open ones")
	require.EqualValues(l, 1, again.Recipients[0].Ordinal)
}

func killed(l *lab) {
	_, one, c := l.launched(2)
	_, err := one.Begin(l.Context(), map[int64][]int64{Account: {c.Recipients[0].Contact}})
	require.NoError(l, err)
	l.Kill("one")
	two := l.session(l.store, "two")
	again := l.claim(two)
	require.Equal(l, c.Epoch+1, again.Epoch)
	require.Equal(l, engine.Sending, again.Recipients[0].State.Phase, "what was committed stays")
	require.Error(l, one.Commit(l.Context(), &run.Batch{Segments: []run.SegmentUpdate{update(&c)}}))
	l.broken(one)
	require.Empty(l, l.claims(l.session(l.store, "three"), time.Hour))
}

func batchWhole(l *lab) {
	key, s, c := l.held(3)
	state := engine.State{Node: SMS, Phase: engine.Waiting, Attempt: 2, Key: '5', Unsure: true, Facts: engine.Delivered | engine.Clicked,
		Entered: 11_000_000, Launched: 12_000_000, Accepted: 13_000_000, Wake: 14_000_000, Heard: []int32{1, 65536, -3}}
	over := engine.State{Node: Goal, Phase: engine.Ended, Outcome: engine.ReachedGoal}
	step := engine.Record{Node: Viber, Link: 2, Attempts: 1, Facts: engine.Clicked, Entered: 1_000_000, Sent: 2_000_000, Decided: 3_000_000,
		Reason: "clicked", Chosen: "a"}
	m := run.MessageRow{Key: message(key, 0), LaunchedAt: 2_000_000, HandBy: 12_000_000, Address: "+79000000000", Text: "Здравствуйте",
		Content: []byte(`{"buttons":["да"]}`)}
	b := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Messages: []run.MessageRow{m},
		Steps: []run.StepRow{{Campaign: key, Ordinal: 0, Step: step}},
		Recipients: []run.RecipientUpdate{{Campaign: key, Ordinal: 0, State: state},
			{Campaign: key, Ordinal: 1, State: over, At: 9_000_000, Reason: "go\x00al"}}, // no text can hold that
		Counters: map[run.Counter]int64{{Campaign: key, Node: SMS, What: "entered"}: 1, {Campaign: key, Node: Viber, What: "entered"}: 1,
			{Campaign: key, Node: Viber, What: "link:2"}: 1, {Campaign: key, Node: Viber, What: "sent"}: 1, {Campaign: key, Node: -1, What: "end:goal"}: 1},
		Troubles: []run.TroubleRow{{Campaign: key, Ordinal: 2, Node: Viber, What: "odd", At: 9_000_000}, {Campaign: key, Ordinal: 2, Node: Viber, What: "odd", At: 9_000_001}},
		Stops:    []run.StopRow{{Account: Account, Address: "+79000000002", Channel: "sms", Reason: "unsubscribed", Source: "Весна"}}}
	b.Segments[0].Closed, b.Segments[0].Applied = 1, c.Applied+5
	l.commit(s, b, c.Recipients[0].Contact)
	w := l.Walk(key, 0)
	require.Equal(l, state, w.State)
	require.Zero(l, w.Ended)
	require.Equal(l, []engine.Record{step}, w.Steps)
	require.Len(l, w.Messages, 1)
	require.JSONEq(l, string(m.Content), string(w.Messages[0].Content))
	w.Messages[0].Content = m.Content
	require.Equal(l, m, w.Messages[0])
	w = l.Walk(key, 1)
	require.Equal(l, engine.Ended, w.State.Phase)
	require.Equal(l, engine.ReachedGoal, w.State.Outcome)
	require.EqualValues(l, 9_000_000, w.Ended)
	require.Equal(l, "goal", w.Reason)
	require.Equal(l, 2, l.Segment(c.Key).Open)
	require.EqualValues(l, 1, l.figure(key, -1, "end:goal"))
	reported, aside := l.Troubles(key)
	require.Equal(l, []int{1, 0}, []int{reported, aside})
	require.Equal(l, []string{"sms"}, l.Stopped("+79000000002"))
	l.Kill("one")
	again := l.claim(l.session(l.store, "two"))
	require.Equal(l, c.Applied+5, again.Applied)
	require.Equal(l, state, again.Recipients[0].State)
}

func batchLost(l *lab) {
	key, s, c := l.held(2)
	for name, epoch := range map[string]int64{"an older one": c.Epoch - 1, "a newer one": c.Epoch + 1} {
		b := launchBatch(&c)
		b.Segments[0].Epoch, b.Segments[0].Closed = epoch, 1
		_, err := s.Begin(l.Context(), map[int64][]int64{Account: {c.Recipients[0].Contact}})
		require.NoError(l, err)
		require.ErrorIs(l, s.Commit(l.Context(), b), run.ErrLost, name)
	}
	strange := launchBatch(&c)
	strange.Segments = append(strange.Segments, run.SegmentUpdate{Key: run.SegmentKey{Account: Account, Campaign: key.Campaign, Segment: 9}, Epoch: 1})
	require.ErrorIs(l, s.Commit(l.Context(), strange), run.ErrLost, "of several segments one is not held")
	require.Equal(l, 2, l.Segment(c.Key).Open)
	require.Empty(l, l.Walk(key, 0).Messages)
	require.Empty(l, l.Figures(key))
	require.NoError(l, s.Rollback(l.Context()))
	l.commit(s, launchBatch(&c))
	require.Len(l, l.Walk(key, 0).Messages, 1, "the session is as good as before")
}

func batchRefused(l *lab) {
	key, s, c := l.launched(2)
	again := launchBatch(&c)
	again.Recipients[0].State.Node = SMS
	twice := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}}
	for range 2 {
		twice.Messages = append(twice.Messages, run.MessageRow{Key: message(key, 5), LaunchedAt: 1, HandBy: 2})
	}
	odd := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Recipients: []run.RecipientUpdate{{Campaign: key, Ordinal: 1,
		State: engine.State{Phase: engine.Ended}, At: 7_000_000, Reason: "no_link"}}}
	for name, b := range map[string]*run.Batch{"a message that is there": again, "a message twice": twice, "an end without an outcome": odd} {
		_, err := s.Begin(l.Context(), map[int64][]int64{Account: {c.Recipients[0].Contact}})
		require.NoError(l, err)
		err = s.Commit(l.Context(), b)
		require.ErrorIs(l, err, run.ErrData, name)
		require.NotErrorIs(l, err, run.ErrLost)
		require.NoError(l, s.Rollback(l.Context()))
	}
	require.Equal(l, Viber, l.Walk(key, 0).State.Node)
	require.Equal(l, engine.Sending, l.Walk(key, 1).State.Phase)
	l.tick(s, &c)
	require.Empty(l, l.claims(l.session(l.store, "two"), time.Hour), "it is still held")
}

func rolledBack(l *lab) {
	key, s, c := l.held(1)
	_, err := s.Begin(l.Context(), map[int64][]int64{Account: {c.Recipients[0].Contact}})
	require.NoError(l, err)
	require.NoError(l, s.Rollback(l.Context()))
	require.NoError(l, s.Rollback(l.Context()), "there is none")
	l.commit(s, launchBatch(&c))
	require.Equal(l, engine.Sending, l.Walk(key, 0).State.Phase)
}

func releasing(l *lab) {
	key, one, c := l.launched(1)
	two := l.session(l.Open(), "two")
	l.save(here, []run.Answer{answer(key, 0)})
	require.False(l, l.release(one, c, 0), "an answer is unread")
	require.Empty(l, l.claims(two, time.Hour))
	l.read(one, &c, 1)
	due := l.tick(one, &c).Now.Add(time.Hour)
	require.True(l, l.release(one, c, due))
	require.Equal(l, due, l.Segment(c.Key).Due)
	require.Empty(l, l.claims(two, time.Second))
	later := l.claims(two, 2*time.Hour)
	require.Len(l, later, 1)
	require.Equal(l, c.Applied, later[0].Applied)
	require.LessOrEqual(l, l.Segment(c.Key).Due, l.tick(two, &later[0]).Now, "a held one is due, whoever asks")
	_, err := one.Release(l.Context(), c, 0)
	require.ErrorIs(l, err, run.ErrLost, "of another epoch")
	require.True(l, l.release(two, later[0], 0))
	require.Empty(l, l.claims(two, 1000*time.Hour), "only a wake moves it")
	l.save(nobody, nil, report(0, engine.Delivered))
	woken := l.claim(one)
	require.Equal(l, []string{"0 delivered"}, names(l.read(one, &woken, 1)))
}

func releasingChanged(l *lab) {
	key, s, c := l.held(1)
	l.SetState(key, "paused")
	require.False(l, l.release(s, c, 0), "by terms of before")
	got, err := l.store.Campaign(l.Context(), key)
	require.NoError(l, err)
	require.Greater(l, got.Revision, c.Revision)
	c.Revision = got.Revision
	require.True(l, l.release(s, c, 0))
	l.SetState(key, "running")
	require.Equal(l, got.Revision+1, l.claim(s).Revision, "whoever changes it wakes what is put away")
}

func wakes(l *lab) {
	key, s, c := l.launched(2)
	saved := l.save(here, []run.Answer{answer(key, 0), answer(key, 1)})
	require.Equal(l, []run.SegmentKey{c.Key}, saved.Touched)
	require.False(l, l.Segment(c.Key).Woken, "it is held where the answer was stored")
	saved = l.save(nobody, nil, report(0, engine.Delivered))
	require.Equal(l, []run.SegmentKey{c.Key}, saved.Touched)
	require.True(l, l.Segment(c.Key).Woken)
	l.read(s, &c, 3)
	require.True(l, l.release(s, c, 0))
	require.False(l, l.Segment(c.Key).Woken, "a wake is done with when everything is read")
	saved = l.save(nobody, nil, report(0, engine.Delivered))
	require.Empty(l, saved.Touched, "a repeat")
	require.False(l, l.Segment(c.Key).Woken)
	require.Empty(l, l.claims(s, 1000*time.Hour))
}

func silence(l *lab) {
	l.Campaign(l.people(1)...)
	quiet, lively := l.store, l.Open()
	beat, err := quiet.Beat(l.Context(), "quiet", 2, time.Hour)
	require.NoError(l, err)
	require.Equal(l, []int{2, 1}, []int{beat.Workers, beat.Segments})
	require.Positive(l, beat.Room)
	one := l.session(quiet, "one") // after the beat
	c := l.claim(one)
	beat, err = lively.Beat(l.Context(), "lively", 3, time.Hour)
	require.NoError(l, err)
	require.Equal(l, []int{5, 1}, []int{beat.Workers, beat.Segments}, "a held segment counts too")
	l.eventually("its time is over", func() bool {
		beat, err = lively.Beat(l.Context(), "lively", 3, 20*time.Millisecond)
		require.NoError(l, err)
		return beat.Workers == 3
	})
	two := l.session(lively, "two")
	l.eventually("its lock is free", func() bool {
		list := l.claims(two, time.Second)
		return slices.ContainsFunc(list, func(x run.Claimed) bool { return x.Key == c.Key && x.Epoch == c.Epoch+1 })
	})
	l.broken(one)
	require.NoError(l, lively.Leave(l.Context(), "lively"))
	l.eventually("it is back, by new connections", func() bool {
		beat, err = quiet.Beat(l.Context(), "quiet", 2, time.Hour)
		return err == nil
	})
	require.Equal(l, 2, beat.Workers, "one is back, and one has left")
}

func setAside(l *lab) {
	key, s, c := l.held(2)
	b := &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Counters: map[run.Counter]int64{{Campaign: key, Node: -1, What: "end:failed"}: 1},
		Aside: []run.TroubleRow{{Campaign: key, Ordinal: 1, Node: Viber, What: "broken", At: 5_000_000}}}
	b.Segments[0].Closed = 1
	l.commit(s, b)
	require.Equal(l, 1, l.Segment(c.Key).Open)
	require.EqualValues(l, 1, l.figure(key, -1, "end:failed"))
	_, aside := l.Troubles(key)
	require.Equal(l, 1, aside)
	l.Kill("one")
	again := l.claim(l.session(l.store, "two"))
	require.Len(l, again.Recipients, 1)
	require.Zero(l, again.Recipients[0].Ordinal)
}

func contacts(l *lab) {
	anna := l.Contact(scheme.Contact{Phone: "+79000000001", Name: "Анна", Email: "a@x.ru", Zone: "Asia/Omsk", Tags: []string{"old", "b"},
		Attributes: map[string]any{"city": "Омск", "n": 1.5}, Addresses: map[string]string{"vk": "id1"}})
	key := l.Campaign(anna)
	s := l.session(l.store, "one")
	c := l.claim(s)
	who := run.PersonKey{Account: Account, Contact: anna}
	people, err := s.Begin(l.Context(), map[int64][]int64{Account: {anna, anna, 999_999}})
	require.NoError(l, err)
	require.Len(l, people, 1, "one that does not exist is left out")
	require.Equal(l, "Анна", people[who].Contact.Name)
	require.Equal(l, map[string]any{"city": "Омск", "n": 1.5}, people[who].Contact.Attributes)
	require.Equal(l, map[string]string{"vk": "id1"}, people[who].Contact.Addresses)
	require.Equal(l, "Asia/Omsk", people[who].Contact.Zone)
	require.NoError(l, s.Commit(l.Context(), &run.Batch{Segments: []run.SegmentUpdate{update(&c)},
		Contacts: []run.ContactRow{{Account: Account, Contact: anna, Set: map[string]any{"city": "Томск"}, AddTags: []string{"new"}, RemoveTags: []string{"old"}},
			{Account: Account, Contact: anna, Set: map[string]any{"seen": true}, AddTags: []string{"new", "old"}, RemoveTags: []string{"b"}}},
		Stops: []run.StopRow{{Account: Account, Address: "id1", Channel: "vk"}, {Account: Account, Address: "id1", Channel: "ok"}}}))
	got := l.Read(anna)
	require.Equal(l, map[string]any{"city": "Томск", "n": 1.5, "seen": true}, got.Attributes)
	slices.Sort(got.Tags)
	require.Equal(l, []string{"new", "old"}, got.Tags)
	people, err = s.Begin(l.Context(), map[int64][]int64{Account: {anna}})
	require.NoError(l, err)
	require.Equal(l, []string{"vk"}, people[who].Stops, "of its channels, that the address is of")
	require.NoError(l, s.Rollback(l.Context()))
	found, err := s.ContactsOf(l.Context(), append(keysOf(key, 0), keysOf(key, 77, 0)...))
	require.NoError(l, err)
	require.Equal(l, []int64{anna, 0, anna}, found)
}
