package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

func keysOf(c run.CampaignKey, ordinals ...int64) (keys []channel.Key) {
	for _, o := range ordinals {
		keys = append(keys, message(c, o))
	}
	return keys
}

func eventsOnce(l *lab) {
	key, s, c := l.launched(3)
	before := l.tick(s, &c)
	l.save(here, []run.Answer{answer(key, 0), answer(key, 1)})
	l.save(here, nil, report(1, engine.Viewed), report(0, engine.NotDelivered))
	old := c
	list := l.read(s, &c, 4)
	require.Equal(l, []string{"0 accepted", "0 not_delivered", "1 accepted", "1 viewed"}, names(list), "what is implied is no event")
	for i := 1; i < len(list); i++ {
		require.LessOrEqual(l, list[i-1].Recorded, list[i].Recorded, "in the order of recording")
	}
	last := list[3].Recorded
	require.Greater(l, last, before.Now)
	require.Empty(l, l.tick(s, &c).Events)
	require.Len(l, l.read(s, &old, 4), 4, "read again from where the cursor was")
	require.Empty(l, l.tick(s, &run.Claimed{Key: run.SegmentKey{Account: Account, Campaign: key.Campaign + 1}}).Events, "of the segments asked for alone")
	mark, now, below := engine.Instant(0), engine.Instant(0), uint64(0)
	l.eventually("the watermark has passed them", func() bool {
		t := l.tick(s, &c)
		require.True(l, t.Watermark >= mark && t.Now > now && t.Below >= below && t.Watermark < t.Now, "they never go back")
		mark, now, below = t.Watermark, t.Now, t.Below
		return t.Watermark > last
	})
}

func eventsBehind(l *lab) {
	key, s, c := l.launched(2)
	held := l.Hold()
	ended := false
	defer func() {
		if !ended {
			held()
		}
	}()
	l.save(here, []run.Answer{answer(key, 0)}, report(0, engine.Delivered))
	first := l.tick(s, &c)
	for range 5 {
		t := l.tick(s, &c)
		require.Empty(l, t.Events, "a transaction before it is still running, and may bring more")
		require.LessOrEqual(l, first.Below, t.Below, "an older one of somebody else's may have ended meanwhile")
		require.LessOrEqual(l, t.Watermark, first.Now, "and may have recorded that")
	}
	other := l.Open()
	_, err := other.Save(l.Context(), []run.Answer{answer(key, 1)}, nil, here)
	require.NoError(l, err)
	held()
	ended = true
	list := l.read(s, &c, 3)
	require.Equal(l, []string{"0 accepted", "0 delivered", "1 accepted"}, names(list))
	l.eventually("the watermark goes on", func() bool { return l.tick(s, &c).Watermark > list[2].Recorded })
}

func factsUnique(l *lab) {
	key, s, c := l.launched(2)
	l.save(here, []run.Answer{answer(key, 0), answer(key, 0), answer(key, 1)})
	l.save(here, []run.Answer{answer(key, 0)})
	require.EqualValues(l, 2, l.figure(key, Viber, "accepted"))
	saved := l.save(here, nil, report(0, engine.Clicked), report(0, engine.Clicked), report(1, engine.Viewed))
	require.Equal(l, []int{2, 1, 0}, []int{saved.Facts, saved.Repeats, saved.Unknown})
	require.EqualValues(l, 1, l.figure(key, Viber, "clicked"))
	require.EqualValues(l, 2, l.figure(key, Viber, "viewed"), "implied by the click")
	require.EqualValues(l, 2, l.figure(key, Viber, "delivered"))
	saved = l.save(here, nil, report(0, engine.Delivered), report(1, engine.Viewed))
	require.Equal(l, []int{1, 1}, []int{saved.Facts, saved.Repeats}, "what was only implied becomes a fact of its own")
	require.EqualValues(l, 2, l.figure(key, Viber, "delivered"), "and counts once")
	byKey := channel.Report{Account: Account, Connection: Connection, Key: message(key, 1), Fact: engine.NotDelivered}
	require.Equal(l, 1, l.save(here, nil, byKey).Facts)
	byKey.Account = Account + 1
	require.Equal(l, 1, l.save(here, nil, byKey).Unknown, "by the key of another account's message")
	require.Equal(l, []string{"0 accepted", "0 clicked", "0 delivered", "1 accepted", "1 not_delivered", "1 viewed"}, names(l.read(s, &c, 6)))
	for _, fact := range []engine.Facts{0, engine.Delivered | engine.Viewed} {
		_, err := l.store.Save(l.Context(), nil, []channel.Report{report(0, fact)}, here)
		require.ErrorContains(l, err, "exactly one")
	}
	saved = l.save(here, nil)
	require.Zero(l, saved.Facts+saved.Repeats+saved.Unknown)
}

func factsEarly(l *lab) {
	key, s, c := l.launched(3)
	saved := l.save(here, nil, report(0, engine.Delivered), report(0, engine.Delivered), report(1, engine.Replied, "да"))
	require.Equal(l, []int{0, 3}, []int{saved.Facts, saved.Unknown})
	require.Empty(l, saved.Touched)
	require.Equal(l, 2, l.Unknown(), "kept once each")
	require.Empty(l, l.tick(s, &c).Events)
	saved = l.save(here, []run.Answer{answer(key, 0), answer(key, 2)}, report(2, engine.Viewed))
	require.Equal(l, 2, saved.Facts, "one that waited, and one of an answer that is stored with it")
	require.Contains(l, saved.Touched, c.Key)
	require.Equal(l, 1, l.Unknown())
	require.EqualValues(l, 2, l.figure(key, Viber, "delivered"))
	require.Equal(l, []string{"0 accepted", "0 delivered", "2 accepted", "2 viewed"}, names(l.read(s, &c, 4)))
	n, err := l.store.Rematch(l.Context(), nobody)
	require.NoError(l, err)
	require.Zero(l, n, "its message has no answer")
	_, err = l.Open().Save(l.Context(), []run.Answer{answer(key, 1)}, nil, here)
	require.NoError(l, err)
	_, err = l.store.Rematch(l.Context(), nobody)
	require.NoError(l, err)
	require.Zero(l, l.Unknown())
	require.EqualValues(l, 1, l.figure(key, Viber, "reply"))
}

func repliesAndStops(l *lab) {
	key, s, c := l.launched(2)
	l.save(here, []run.Answer{answer(key, 0), answer(key, 1)})
	named := func(name, text string) channel.Report {
		r := report(0, engine.Replied, text)
		r.Unique = name
		return r
	}
	timed := func(second int64) channel.Report {
		r := report(0, engine.Replied, "да")
		r.At = time.Unix(second, 500)
		return r
	}
	require.Equal(l, 2, l.save(here, nil, named("a", "да"), named("b", "да")).Facts, "told apart by the provider's id")
	require.Equal(l, 2, l.save(here, nil, named("a", "нет"), named("b", "да")).Repeats)
	require.Equal(l, 2, l.save(here, nil, timed(1), timed(2), timed(1)).Facts, "or by the provider's second")
	require.EqualValues(l, 4, l.figure(key, Viber, "reply"))
	require.Equal(l, 1, l.save(here, nil, report(1, engine.Replied, "Стоп!")).Facts)
	require.EqualValues(l, 4, l.figure(key, Viber, "reply"), "a stop is no reply")
	require.EqualValues(l, 1, l.figure(key, Viber, "unsubscribed"))
	narrow := report(1, engine.Unsubscribed)
	narrow.Scope = engine.ThisChannel
	require.Equal(l, 1, l.save(here, nil, narrow).Facts, "another one than the stop of all channels")
	require.Equal(l, 1, l.save(here, nil, report(1, engine.Replied, "stop")).Repeats)
	scopes := map[engine.Scope]int{}
	for _, in := range l.read(s, &c, 8) {
		if in.Fact == engine.Unsubscribed {
			scopes[in.Scope]++
		}
	}
	require.Equal(l, map[engine.Scope]int{engine.AllChannels: 1, engine.ThisChannel: 1}, scopes)
}

func webhooks(l *lab) {
	key, s, c := l.held(2)
	results := []run.HookResult{{Key: message(key, 0)}, {Key: message(key, 1), Failed: true, Reason: "500"}}
	saved, err := l.store.SaveHooks(l.Context(), results, nobody)
	require.NoError(l, err)
	require.Equal(l, 2, saved.Facts)
	require.Equal(l, []run.SegmentKey{c.Key}, saved.Touched)
	require.True(l, l.Segment(c.Key).Woken)
	saved, err = l.store.SaveHooks(l.Context(), results, nobody)
	require.NoError(l, err)
	require.Equal(l, []int{0, 2}, []int{saved.Facts, saved.Repeats})
	list := l.read(s, &c, 2)
	require.Equal(l, []string{"0 done", "1 failed"}, names(list))
	require.Equal(l, "500", list[0].Value+list[1].Value)
	require.Empty(l, l.Figures(key))
}

func unanswered(l *lab) {
	key, s, c := l.launched(4)
	l.save(here, []run.Answer{answer(key, 0)})
	l.save(here, nil, channel.Report{Account: Account, Connection: Connection, Key: message(key, 1), Fact: engine.Failed, Value: "rejected"})
	ask := func(ordinals ...int64) map[int64]run.MessageRow {
		rows, err := s.Unanswered(l.Context(), keysOf(key, ordinals...))
		require.NoError(l, err)
		found := map[int64]run.MessageRow{}
		for _, r := range rows {
			found[r.Key.Ordinal] = r
		}
		return found
	}
	found := ask(0, 1, 2, 77)
	require.Len(l, found, 1, "no answer and no fact, and asked for")
	require.Equal(l, []string{"+79000000000", "Скидка"}, []string{found[2].Address, found[2].Text})
	require.Equal(l, l.Walk(key, 2).Messages[0].HandBy, found[2].HandBy)
	require.Empty(l, ask())
	l.commit(s, &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Extended: keysOf(key, 2), HandBy: 99_000_000})
	l.commit(s, &run.Batch{Segments: []run.SegmentUpdate{update(&c)}, Extended: keysOf(key, 3), HandBy: run.Untaken})
	found = ask(2, 3)
	require.EqualValues(l, 99_000_000, found[2].HandBy)
	require.Equal(l, run.Untaken, found[3].HandBy)
}

func interrupts(l *lab) {
	who := l.Contact(scheme.Contact{Phone: "+79000000001", Addresses: map[string]string{"vk": "id1"}})
	one, two := l.Campaign(who), l.Campaign(who, who)
	s := l.session(l.store, "one")
	held := map[int64]run.Claimed{}
	for _, c := range l.claims(s, time.Second) {
		held[c.Key.Campaign] = c
	}
	require.Len(l, held, 2)
	mine, other := held[one.Campaign], held[two.Campaign]
	b := &run.Batch{Segments: []run.SegmentUpdate{update(&mine)}, Stops: []run.StopRow{
		{Account: Account, Address: "+79000000001", Reason: "unsubscribed", Source: "Весна", Contact: who, Except: message(one, 0)},
		{Account: Account, Address: "id1", Reason: "unsubscribed", Source: "Весна", Contact: who, Except: message(one, 0)},
		{Account: Account, Address: "+79000000001", Reason: "spam", Source: "Лето", Contact: who, Except: message(one, 0)}}}
	l.commit(s, b)
	require.Equal(l, []string{""}, l.Stopped("+79000000001"))
	require.Equal(l, []string{""}, l.Stopped("id1"))
	list := l.read(s, &other, 2)
	require.Equal(l, []string{"0 interrupt", "1 interrupt"}, names(list))
	require.Equal(l, "unsubscribed", list[0].Value)
	require.True(l, l.Segment(other.Key).Woken)
	l.read(s, &mine, 0)
	people, err := s.Begin(l.Context(), map[int64][]int64{Account: {who}})
	require.NoError(l, err)
	require.Equal(l, []string{""}, people[run.PersonKey{Account: Account, Contact: who}].Stops)
	require.NoError(l, s.Rollback(l.Context()))
}

func listening(l *lab) {
	key, _, _ := l.launched(1)
	ctx, cancel := context.WithCancel(l.Context())
	told, done := make(chan struct{}, 100), make(chan error, 1)
	listener := l.Open()
	go func() { done <- listener.Listen(ctx, func() { told <- struct{}{} }) }()
	l.save(here, []run.Answer{answer(key, 0)})
	at := int64(0)
	l.eventually("it is told", func() bool { // it may not listen yet
		at++
		l.save(nobody, nil, replyAt(at))
		select {
		case <-told:
			return true
		default:
			return false
		}
	})
	cancel()
	require.Error(l, <-done)
}

func replyAt(second int64) channel.Report {
	r := report(0, engine.Replied, "да")
	r.At = time.Unix(second, 0)
	return r
}

// manySaves: many callers of two processes store the same and other facts at once: nobody fails, everything counts once.
func manySaves(l *lab) {
	const people, callers = 12, 4
	key, s, c := l.launched(people)
	facts := []engine.Facts{engine.Delivered, engine.Viewed, engine.Clicked, engine.Replied}
	stores, errs := []run.Store{l.store, l.Open()}, make(chan error, callers)
	for caller := range callers {
		go func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			var err error
			for _, o := range random.Perm(people) {
				var reports []channel.Report
				for range random.IntN(8) {
					r := report(int64(random.IntN(people)), facts[random.IntN(len(facts))], "да")
					r.Unique = fmt.Sprint(random.IntN(3))
					reports = append(reports, r)
				}
				if _, failed := stores[caller%2].Save(l.Context(), []run.Answer{answer(key, int64(o))}, reports, nobody); failed != nil {
					err = failed
				}
			}
			errs <- err
		}()
	}
	for range callers {
		require.NoError(l, <-errs)
	}
	_, err := l.store.Rematch(l.Context(), nobody)
	require.NoError(l, err)
	require.Zero(l, l.Unknown())
	require.EqualValues(l, people, l.figure(key, Viber, "accepted"))
	var list []run.Incoming
	l.eventually("everybody's answer is read", func() bool {
		t := l.tick(s, &c)
		list, c.Applied = append(list, t.Events...), t.Below
		n := 0
		for _, in := range list {
			if in.Kind == engine.Acceptance {
				n++
			}
		}
		require.LessOrEqual(l, n, people)
		return n == people
	})
}
