package conformance

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Terms are what people may change of a campaign while it runs.
type Terms struct {
	Window *scheme.Window
	End    engine.Instant // 0: none
	Rate   int            // 0: no limit
}

// termsChange: what is changed is read, and heard of at the next look; what was put away is due at once, and what is held is
// not put away by the terms of before.
func termsChange(l *lab) {
	key, s, c := l.launched(2)
	before := l.read1(key)
	require.Equal(l, before.Revision, c.Revision)
	at := engine.At(time.Now().Add(time.Hour).Truncate(time.Second))
	for _, t := range []Terms{
		{Window: &scheme.Window{Zone: scheme.ZoneRecipient, Days: 31, From: 540, To: 1260}, End: at, Rate: 40},
		{Window: &scheme.Window{Zone: "Asia/Omsk", Days: 127, From: 1320, To: 180}, Rate: 7},
		{End: at.Add(time.Minute)},
		{},
	} {
		l.SetTerms(key, t)
		got := l.read1(key)
		require.Equal(l, t, Terms{got.Window, got.End, got.Rate})
		require.Greater(l, got.Revision, before.Revision)
		found, err := l.store.States(l.Context(), []run.CampaignKey{key})
		require.NoError(l, err)
		require.Equal(l, run.Standing{State: "running", Revision: got.Revision}, found[key])
		require.Equal(l, []string{before.State, before.Name, before.Zone, before.Connection},
			[]string{got.State, got.Name, got.Zone, got.Connection}, "nothing else is changed")
		require.Equal(l, before.Start, got.Start)
		require.Equal(l, before.Document, got.Document)
		before = got
	}
	require.False(l, l.release(s, c, 0), "by terms of before")
	c.Revision = before.Revision
	require.True(l, l.release(s, c, l.tick(s, &c).Now.Add(time.Hour)))
	require.Empty(l, l.claims(s, time.Second))
	l.SetTerms(key, Terms{Rate: 3})
	again := l.claim(s)
	require.Equal(l, before.Revision+1, again.Revision)
	require.Len(l, again.Recipients, 2)
	require.Equal(l, engine.Sending, again.Recipients[0].State.Phase, "walks stay as they are")
}

// termsShut: whoever is not let in because of the end is let in when it is moved, and an end that has come closes a campaign
// that has nobody for good.
func termsShut(l *lab) {
	people := l.people(3)
	key := l.OpenCampaign(0)
	now := engine.At(time.Now())
	l.SetTerms(key, Terms{End: now.Add(time.Hour)})
	late := entrant(key, people[0], "late")
	late.Start = now.Add(2 * time.Hour)
	got, _ := l.enter(late, entrant(key, people[1], "in"))
	require.Equal(l, []run.Entry{{Refused: run.StartsLate}, {Ordinal: 0}}, got)
	l.SetTerms(key, Terms{End: now.Add(3 * time.Hour)})
	got, _ = l.enter(late)
	require.Equal(l, []run.Entry{{Ordinal: 1}}, got, "what the end was is not kept under the key")
	l.SetTerms(key, Terms{End: now.Add(-time.Second)})
	got, _ = l.enter(entrant(key, people[2], "shut"))
	require.Equal(l, []run.Entry{{Refused: run.Shut}}, got)
	_, err := l.store.Finish(l.Context())
	require.NoError(l, err)
	l.SetTerms(key, Terms{End: now.Add(time.Hour)})
	got, _ = l.enter(entrant(key, people[2], "shut"))
	require.Equal(l, []run.Entry{{Refused: run.Shut}}, got, "it was closed at its end")
}

// termsRate: a rate that is changed holds from the next lease on, whatever was left of the old one.
func termsRate(l *lab) {
	key := l.Campaign(l.people(1)...)
	s := l.session(l.store, "one")
	took := func(rate int) (sum int) {
		for range 5 {
			n, err := s.Lease(l.Context(), key, rate, 1_000_000)
			require.NoError(l, err)
			sum += n
		}
		return sum
	}
	began := time.Now()
	require.GreaterOrEqual(l, took(4000), 1000)
	slow := took(2)
	require.LessOrEqual(l, slow, 1+2*int(time.Since(began).Seconds()), "a quarter of a second of the rate is kept, and one at least")
	require.LessOrEqual(l, took(1000), int(1000*(time.Since(began)+250*time.Millisecond).Seconds())+1)
}

func (l *lab) read1(key run.CampaignKey) *run.Campaign {
	l.Helper()
	c, err := l.store.Campaign(l.Context(), key)
	require.NoError(l, err)
	return c
}

// accountsApart: an account neither tells of another's messages, nor are its own found by what that one calls its.
func accountsApart(l *lab) {
	key, s, c := l.launched(2)
	l.save(here, []run.Answer{answer(key, 0)})
	l.read(s, &c, 1)
	foreign := func(r channel.Report) channel.Report {
		r.Account++
		return r
	}
	byKey := channel.Report{Account: Account, Connection: Connection, Key: message(key, 0), Fact: engine.Viewed}
	other := report(0, engine.Clicked)
	other.Connection = "other"
	saved := l.save(here, nil, foreign(report(0, engine.Delivered)), foreign(byKey), other)
	require.Equal(l, run.Saved{Unknown: 3, Touched: saved.Touched}, saved)
	require.Empty(l, saved.Touched)
	require.Equal(l, 3, l.Unknown())
	saved = l.save(here, nil, byKey, report(0, engine.Delivered))
	require.Equal(l, 0, saved.Unknown)
	require.Equal(l, []string{"0 delivered", "0 viewed"}, names(l.read(s, &c, 2)))
	require.Zero(l, l.figure(key, Viber, "clicked"))
	alike := run.CampaignKey{Account: Account + 1, Campaign: key.Campaign}
	states, err := l.store.States(l.Context(), []run.CampaignKey{alike})
	require.NoError(l, err)
	require.Empty(l, states)
	n, err := s.Lease(l.Context(), key, 1, 1)
	require.NoError(l, err)
	require.Equal(l, 1, n)
	n, err = s.Lease(l.Context(), alike, 1, 1)
	require.NoError(l, err)
	require.Equal(l, 1, n, "a rate is its account's")
}

// lostIntents: after a failover that lost the last commits, what providers and webhooks answer to what was lost is not stored,
// and does not stand in the way of what is then sent in its place.
func lostIntents(l *lab) {
	key, s, c := l.held(2)
	server := l.tick(s, &c).Server
	require.NotZero(l, server)
	require.Equal(l, server, l.tick(l.session(l.Open(), "two"), &c).Server)
	lost := answer(key, 0)
	lost.Server = server + 1
	saved := l.save(here, []run.Answer{lost}, report(0, engine.Delivered))
	require.Equal(l, run.Saved{Unknown: 1, Touched: saved.Touched}, saved)
	require.Empty(l, saved.Touched)
	hook := run.HookResult{Key: message(key, 0), Server: server + 1}
	saved, err := l.store.SaveHooks(l.Context(), []run.HookResult{hook}, here)
	require.NoError(l, err)
	require.Zero(l, saved.Facts)
	require.Empty(l, l.tick(s, &c).Events)
	l.commit(s, launchBatch(&c))
	there := answer(key, 1)
	there.Server = server + 1
	own := answer(key, 0)
	own.Server = server
	l.save(here, []run.Answer{own, there})
	require.Equal(l, []string{"0 accepted", "0 delivered", "1 accepted"}, names(l.read(s, &c, 3)), "what was told of it is found")
	require.EqualValues(l, 2, l.figure(key, Viber, "accepted"))
	calling := update(&c)
	l.commit(s, &run.Batch{Segments: []run.SegmentUpdate{calling}, Recipients: []run.RecipientUpdate{{Campaign: key, Ordinal: 0,
		State: engine.State{Node: Viber, Phase: engine.Calling, Entered: 1_000_000}}}})
	saved, err = l.store.SaveHooks(l.Context(), []run.HookResult{hook, {Key: message(key, 1), Server: server + 1}}, here)
	require.NoError(l, err)
	require.Equal(l, 1, saved.Facts, "of the one that waits for it")
	require.Equal(l, []string{"0 done"}, names(l.read(s, &c, 1)))
}
