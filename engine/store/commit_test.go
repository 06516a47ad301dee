package store_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

func TestStatesComeBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(20))
	instant := rapid.OneOf(rapid.Just(engine.Instant(0)), rapid.Map(rapid.Int64Range(1, 4e15), func(i int64) engine.Instant { return engine.Instant(i) }))
	state := rapid.Custom(func(t *rapid.T) engine.State {
		s := engine.State{Node: rapid.Int16Range(0, 499).Draw(t, "node"), Phase: engine.Phase(rapid.IntRange(0, 6).Draw(t, "phase")),
			Attempt: rapid.Uint8Range(0, 10).Draw(t, "attempt"), Key: rapid.SampledFrom([]byte("\x00019*#")).Draw(t, "key"),
			Unsure: rapid.Bool().Draw(t, "unsure"), Facts: engine.Facts(rapid.Uint16Range(0, 2047).Draw(t, "facts")),
			Entered: instant.Draw(t, "entered"), Launched: instant.Draw(t, "launched"), Accepted: instant.Draw(t, "accepted"),
			Wake: instant.Draw(t, "wake")}
		if heard := rapid.SliceOfN(rapid.Int32(), 0, 3).Draw(t, "heard"); len(heard) > 0 {
			s.Heard = heard
		}
		return s
	})
	rapid.Check(t, func(rt *rapid.T) {
		s := w.session(w.store)
		defer s.Close()
		var held run.Claimed
		require.Eventually(t, func() bool { // the last session's end
			list, err := s.Claim(t.Context(), 1, time.Second)
			require.NoError(t, err)
			if len(list) == 1 {
				held = list[0]
			}
			return len(list) == 1
		}, 10*time.Second, time.Millisecond)
		b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch}}}
		want := map[int64]engine.State{}
		for _, r := range held.Recipients {
			want[r.Ordinal] = r.State
		}
		for ordinal := range want {
			if rapid.Bool().Draw(rt, "changed") {
				want[ordinal] = state.Draw(rt, "state")
				b.Recipients = append(b.Recipients, run.RecipientUpdate{Campaign: camp, Ordinal: ordinal, State: want[ordinal]})
			}
		}
		require.NoError(t, s.Commit(t.Context(), b))
		_, err := s.Release(t.Context(), held, 1)
		require.NoError(t, err)
		again := w.claim(s)
		require.Len(t, again.Recipients, len(want))
		for _, r := range again.Recipients {
			state := want[r.Ordinal]
			require.True(t, r.State.Equal(&state), "%+v\n%+v", r.State, state)
		}
	})
}

func TestUpdatesAreHOT(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2000))
	s := w.session(w.store)
	held := w.claim(s)
	require.Len(t, held.Recipients, 2000)
	// One round: rows that were updated before make room only once no snapshot of another test sees them.
	b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch, Applied: 5}}}
	for _, r := range held.Recipients {
		b.Recipients = append(b.Recipients, run.RecipientUpdate{Campaign: camp, Ordinal: r.Ordinal,
			State: engine.State{Phase: engine.Waiting, Wake: 77, Entered: 5, Launched: 6, Accepted: 7, Heard: []int32{1}}})
	}
	require.NoError(t, s.Commit(t.Context(), b))
	s.Close() // which reports its figures
	const figure = "(SELECT %s FROM pg_stat_user_tables WHERE relid = 'recipients'::regclass)"
	require.Eventually(t, func() bool { return w.count("SELECT "+fmt.Sprintf(figure, "n_tup_upd")) == 2000 },
		10*time.Second, 10*time.Millisecond)
	require.EqualValues(t, 2000, w.count("SELECT "+fmt.Sprintf(figure, "n_tup_hot_upd")))
}

func TestPeopleAndTheirStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.people(3)
	w.exec(w.db, `UPDATE contacts SET attributes = '{"city": "Москва", "n": 1.5}', tags = '{vip,"a,b"}', addresses = '{"vk": "123"}'
		WHERE contact = $1`, people[0])
	s := w.session(w.store)
	begin := func() map[run.PersonKey]run.Person {
		found, err := s.Begin(t.Context(), map[int64][]int64{account: {people[0], people[1], people[0], 999}, 8: {1}})
		require.NoError(t, err)
		require.NoError(t, s.Rollback(t.Context()))
		return found
	}
	found := begin()
	require.Len(t, found, 2)
	anna := found[run.PersonKey{Account: account, Contact: people[0]}]
	require.Empty(t, anna.Stops)
	require.Equal(t, phone(0), anna.Contact.Phone)
	require.Equal(t, []string{"vip", "a,b"}, anna.Contact.Tags)
	require.Equal(t, map[string]any{"city": "Москва", "n": 1.5}, anna.Contact.Attributes)
	require.Equal(t, map[string]string{"vk": "123"}, anna.Contact.Addresses)
	for _, row := range [][]any{{account, phone(0), "viber"}, {account, "123", "vk"}, {account, "123", "ok"},
		{account, phone(1), ""}, {8, phone(0), ""}} {
		w.exec(w.db, "INSERT INTO stop_list (account, address, channel, reason, source) VALUES ($1, $2, $3, 'spam', 'x')", row...)
	}
	found = begin()
	require.ElementsMatch(t, []string{"viber", "vk"}, found[run.PersonKey{Account: account, Contact: people[0]}].Stops)
	require.Equal(t, []string{""}, found[run.PersonKey{Account: account, Contact: people[1]}].Stops)
}

func TestAStopOfAllChannelsInterruptsTheOtherWalks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.people(2)
	one, two, three := w.campaign(1, people), w.campaign(2, people), w.campaign(3, people[1:])
	s := w.session(w.store)
	list, err := s.Claim(t.Context(), 10, time.Second)
	require.NoError(t, err)
	require.Len(t, list, 3)
	held := map[run.CampaignKey]run.Claimed{}
	for _, c := range list {
		held[run.CampaignKey{Account: account, Campaign: c.Key.Campaign}] = c
	}
	row := run.StopRow{Account: account, Address: phone(0), Reason: "unsubscribed", Source: "Весна / v", Contact: people[0],
		Except: message(one, 0)}
	narrow := run.StopRow{Account: account, Address: phone(1), Channel: "viber", Reason: "spam", Contact: people[1]}
	b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held[one].Key, Epoch: held[one].Epoch}}, Stops: []run.StopRow{row, narrow, row}}
	require.NoError(t, s.Commit(t.Context(), b))
	require.NoError(t, s.Commit(t.Context(), b), "the same stop again")
	require.EqualValues(t, 2, w.count("SELECT count(*) FROM stop_list"))
	var events []run.Incoming
	require.Eventually(t, func() bool {
		for _, key := range []run.CampaignKey{one, two, three} {
			c := held[key]
			tick := w.tick(s, &c)
			events, c.Applied = append(events, tick.Events...), tick.Below
			held[key] = c
		}
		return len(events) > 0
	}, 10*time.Second, time.Millisecond)
	require.Len(t, events, 1)
	require.Equal(t, engine.Interrupt, events[0].Kind)
	require.Equal(t, "unsubscribed", events[0].Value)
	require.Equal(t, channel.Key{Account: account, Campaign: two.Campaign, Ordinal: 0, Node: -1}, events[0].Key)
	require.NotZero(t, w.count("SELECT count(*) FROM wakes WHERE campaign = 2"))
}

func TestContactChangesAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.people(2)
	w.exec(w.db, `UPDATE contacts SET attributes = '{"kept": 1, "city": "Омск"}', tags = '{old,gone}' WHERE contact = $1`, people[0])
	s := w.session(w.store)
	require.NoError(t, s.Commit(t.Context(), &run.Batch{Contacts: []run.ContactRow{
		{Account: account, Contact: people[0], Set: map[string]any{"city": "Москва"}, AddTags: []string{"new", "old"}, RemoveTags: []string{"gone"}},
		{Account: account, Contact: people[1], Set: map[string]any{"nul": "a\x00b", "deep": []any{"c\x00", math.NaN()}}},
		{Account: account, Contact: people[0], Set: map[string]any{"age": 30}, RemoveTags: []string{"new"}, AddTags: []string{"gone"}},
	}}))
	found, err := s.Begin(t.Context(), map[int64][]int64{account: people})
	require.NoError(t, err)
	anna := found[run.PersonKey{Account: account, Contact: people[0]}].Contact
	require.Equal(t, map[string]any{"kept": 1.0, "city": "Москва", "age": 30.0}, anna.Attributes)
	require.Equal(t, []string{"old", "gone"}, anna.Tags)
	require.Equal(t, map[string]any{"nul": "ab", "deep": []any{"c", nil}}, found[run.PersonKey{Account: account, Contact: people[1]}].Contact.Attributes)
}

func TestUnansweredIntents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(4))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients[:3])
	w.accept(camp, 0)
	failed := report("", engine.Failed, engine.Rejected)
	failed.Key = message(camp, 1)
	_, err := w.store.Save(t.Context(), nil, []channel.Report{failed}, here)
	require.NoError(t, err)
	keys := []channel.Key{message(camp, 0), message(camp, 1), message(camp, 2), message(camp, 3)}
	rows, err := s.Unanswered(t.Context(), keys)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, message(camp, 2), rows[0].Key)
	require.Equal(t, "Скидка", rows[0].Text)
	require.Nil(t, rows[0].Content)
	later := rows[0].HandBy.Add(time.Minute)
	require.NoError(t, s.Commit(t.Context(), &run.Batch{Extended: keys[2:3], HandBy: later}))
	rows, err = s.Unanswered(t.Context(), keys)
	require.NoError(t, err)
	require.Equal(t, later, rows[0].HandBy)
}

func TestOnePersonsTextDoesNotFailTheBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	require.NoError(t, s.Commit(t.Context(), &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch}},
		Messages: []run.MessageRow{{Key: message(camp, 0), LaunchedAt: 1, HandBy: 2, Address: "+7", Text: "a\x00b\xff",
			Content: []byte(`{"image": "\u0000"}`)}},
		Troubles: []run.TroubleRow{{Campaign: camp, What: "nil\x00", At: 1}, {Campaign: camp, What: "nil\x00", At: 1}}}))
	rows, err := s.Unanswered(t.Context(), []channel.Key{message(camp, 0)})
	require.NoError(t, err)
	require.Equal(t, "ab\uFFFD", rows[0].Text)
	require.JSONEq(t, `{"image": "\u0000"}`, string(rows[0].Content))
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM troubles"))
}

// What the database refuses for its content is told apart from a broken session, which goes on after a rollback.
func TestABatchWithBadDataDoesNotBreakTheSession(t *testing.T) {
	t.Parallel()
	w, camp, s, held := launched(t, 600)
	again := func(n int) *run.Batch {
		b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch}}}
		for i := range n {
			b.Messages = append(b.Messages, run.MessageRow{Key: message(camp, int64(i)), LaunchedAt: 1, HandBy: 2})
		}
		return b
	}
	for _, n := range []int{1, 600} {
		require.ErrorIs(t, s.Commit(t.Context(), again(n)), run.ErrData)
		require.NoError(t, s.Rollback(t.Context()))
	}
	bad := &run.Batch{Contacts: []run.ContactRow{{Account: account, Contact: 1, Set: map[string]any{"f": func() {}}}}}
	require.ErrorIs(t, s.Commit(t.Context(), bad), run.ErrData)
	require.NoError(t, s.Rollback(t.Context()))
	w.end(s, held)
	require.EqualValues(t, 600, w.count("SELECT count(*) FROM messages"))
}
