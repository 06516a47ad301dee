package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

func TestPublishedVersionsNeverChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.ErrorIs(t, w.store.CreateAccount(t.Context(), store.Account{ID: account, Name: "again"}), store.ErrExists)
	require.ErrorIs(t, w.store.PublishVersion(t.Context(), account, 1, "again", []byte("{}"), 1), store.ErrExists)
	_, err := w.db.Exec(t.Context(), "UPDATE versions SET document = '{}'")
	require.ErrorContains(t, err, "never changes")
	a, err := w.store.AccountOf(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, store.Account{ID: account, Name: "Лавка", Zone: "Europe/Moscow", Country: "RU"}, a)
	_, err = w.store.AccountOf(t.Context(), 99)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestImportingContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	load := func(rule store.Existing, list ...scheme.Contact) []int64 {
		ids, err := w.store.ImportContacts(t.Context(), account, slices.Values(list), func() int64 { return w.last.Add(1) }, rule)
		require.NoError(t, err)
		require.Len(t, ids, len(list))
		return ids
	}
	first := load(store.Keep, scheme.Contact{Phone: "+79001", Name: "Анна", Tags: []string{"a"}, Attributes: map[string]any{"x": 1, "y": "\x00"}},
		scheme.Contact{Name: "no phone"}, scheme.Contact{Name: "no phone"}, scheme.Contact{Phone: "+79000", Addresses: map[string]string{"vk": "5"}},
		scheme.Contact{Phone: "+79001", Name: "Яна"})
	require.Equal(t, first[0], first[4])
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(first))), 4)
	require.Equal(t, []int64{first[3]}, load(store.Keep, scheme.Contact{Phone: "+79000", Name: "kept out"}))
	require.Equal(t, first[0], load(store.Merge, scheme.Contact{Phone: "+79001", Tags: []string{"b"}, Attributes: map[string]any{"x": 2}},
		scheme.Contact{Phone: "+79001", Zone: "Asia/Omsk", Attributes: map[string]any{"z": true}})[1])
	s := w.session(w.store)
	found, err := s.Begin(t.Context(), map[int64][]int64{account: first})
	require.NoError(t, err)
	require.Equal(t, scheme.Contact{Phone: "+79001", Name: "Анна", Zone: "Asia/Omsk", Tags: []string{"a", "b"},
		Attributes: map[string]any{"x": 2.0, "y": "", "z": true}}, found[run.PersonKey{Account: account, Contact: first[0]}].Contact)
	require.Equal(t, scheme.Contact{Phone: "+79000", Addresses: map[string]string{"vk": "5"}},
		found[run.PersonKey{Account: account, Contact: first[3]}].Contact)
	require.Len(t, w.people(12_000), 12_000, "in several transactions")
}

// Plans are kept by connections. One that was made for an empty table must not serve a full one: it would read the whole account
// for each contact, for minutes, and hold up every campaign with its transaction.
func TestImportingIntoAnEmptyTableIsNotQuadratic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1)
	const n = 2_000
	w.people(n)
	require.GreaterOrEqual(t, w.count("SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts'::regclass"), int64(n), "workers plan anew")
	w.store.Close() // the server has all of its counts then
	count := func(what string) int64 {
		return w.count("SELECT coalesce(sum(" + what + "), 0) FROM pg_stat_user_indexes WHERE schemaname = current_schema() AND relname = 'contacts'")
	}
	require.Eventually(t, func() bool { return count("idx_scan") >= n }, time.Minute, 20*time.Millisecond, "the lookups are counted")
	require.Less(t, count("idx_tup_read"), int64(5*n))
}

func TestEnrollingFillsSegments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := run.CampaignKey{Account: account, Campaign: 1}
	start := engine.At(time.Now().Add(time.Hour))
	c := &run.Campaign{Key: key, Version: 1, Name: "Весна", Zone: "Europe/Moscow", Connection: "demo", Start: start,
		End: start.Add(time.Hour), Rate: 5, Tags: []string{"x"},
		Window: &scheme.Window{Zone: scheme.ZoneRecipient, From: 600, To: 1260}}
	require.NoError(t, w.store.CreateCampaign(t.Context(), c))
	require.ErrorIs(t, w.store.CreateCampaign(t.Context(), c), store.ErrExists)
	bad := *c
	bad.Key.Campaign, bad.Version = 2, 77
	require.ErrorIs(t, w.store.CreateCampaign(t.Context(), &bad), store.ErrNotFound)
	enrol := func(n int) {
		got, err := w.store.Enrol(t.Context(), key, sms, func(yield func(store.Enrolled) bool) {
			for i := range n {
				if !yield(store.Enrolled{Contact: int64(i), Zone: "Asia/Omsk", Start: start.Add(time.Duration(i) * time.Second)}) {
					return
				}
			}
		})
		require.NoError(t, err)
		require.EqualValues(t, n, got)
	}
	enrol(9_990)
	enrol(10_020)
	list, err := w.store.Segments(t.Context(), key)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, []int{10_000, 10_000, 10}, []int{list[0].Open, list[1].Open, list[2].Open})
	require.Equal(t, start.Time(), list[0].Due.UTC())
	read, err := w.store.Campaign(t.Context(), key)
	require.NoError(t, err)
	c.State, c.Document, c.Hurry = "draft", []byte(`{"kind":"cascade"}`), 1
	require.Equal(t, c, read)
	info, err := w.store.CampaignInfo(t.Context(), key)
	require.NoError(t, err)
	require.EqualValues(t, 20_010, info.Recipients)
	require.EqualValues(t, 20_010, info.Open)
	all, err := w.store.Campaigns(t.Context(), account, 10)
	require.NoError(t, err)
	require.Equal(t, []store.CampaignInfo{info}, all)
	require.NoError(t, w.store.SetState(t.Context(), key, "scheduled"))
	_, err = w.store.Enrol(t.Context(), key, sms, func(func(store.Enrolled) bool) {})
	require.ErrorContains(t, err, "before it is scheduled")
}

func TestStatesOfACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	state := func() string {
		states, err := w.store.States(t.Context(), []run.CampaignKey{camp, {Account: 1, Campaign: 1}})
		require.NoError(t, err)
		require.Len(t, states, 1)
		return states[camp].State
	}
	require.Equal(t, "running", state())
	require.NoError(t, w.store.SetState(t.Context(), camp, "paused"))
	require.Error(t, w.store.SetState(t.Context(), camp, "scheduled"))
	held.Revision++ // the holder has seen that
	w.releaseRead(s, held)
	w.claimNone(s)
	require.NoError(t, w.store.SetState(t.Context(), camp, "running"))
	held = w.claim(s)
	w.releaseRead(s, held)
	require.NoError(t, w.store.SetState(t.Context(), camp, "cancelled"))
	held = w.claim(s)
	n, err := w.store.Finish(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "a recipient is open")
	w.end(s, held)
	n, err = w.store.Finish(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, "cancelled", state())
	require.Error(t, w.store.SetState(t.Context(), camp, "running"))
	require.ErrorIs(t, w.store.SetState(t.Context(), run.CampaignKey{Account: account, Campaign: 9}, "paused"), store.ErrNotFound)
	n, err = w.store.Finish(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestTrace(t *testing.T) {
	t.Parallel()
	w, camp, s, held := launched(t, 3)
	w.accept(camp, 1)
	w.save(report("p1", engine.Clicked, ""), report("p1", engine.Replied, "да"))
	w.end(s, held)
	require.NoError(t, s.Commit(t.Context(), &run.Batch{Troubles: []run.TroubleRow{{Campaign: camp, Ordinal: 1, Node: sms, What: "no city", At: 5}}}))
	walks, err := w.store.Trace(t.Context(), camp, phone(1))
	require.NoError(t, err)
	require.Len(t, walks, 1)
	walk := walks[0]
	require.EqualValues(t, 1, walk.Recipient.Ordinal)
	require.Equal(t, engine.Ended, walk.Recipient.State.Phase)
	require.Equal(t, "no_link", walk.Reason)
	require.NotZero(t, walk.Ended)
	require.Len(t, walk.Steps, 1)
	require.Equal(t, "no_link", walk.Steps[0].Reason)
	require.Len(t, walk.Messages, 1)
	require.Equal(t, "Скидка", walk.Messages[0].Text)
	require.Equal(t, "p1", walk.Answers[0].ProviderID)
	var names []string
	for _, f := range walk.Facts {
		names = append(names, f.Name)
	}
	require.ElementsMatch(t, []string{"clicked", "viewed", "delivered", "reply"}, names)
	require.Equal(t, "no city", walk.Troubles[0].What)
	_, err = w.store.Trace(t.Context(), camp, "+70000000000")
	require.ErrorIs(t, err, store.ErrNotFound)
	w.recounts(camp)
}

func TestDepths(t *testing.T) {
	t.Parallel()
	w, camp, _, _ := launched(t, 3)
	w.campaign(2, w.people(2))
	failed := channel.Report{Account: account, Connection: "demo", Key: message(camp, 0), Fact: engine.Failed, Value: "rejected"}
	_, err := w.store.Save(t.Context(), nil, []channel.Report{failed, report("who", engine.Viewed, "")}, nobody)
	require.NoError(t, err)
	d, err := w.store.Depths(t.Context())
	require.NoError(t, err)
	require.Positive(t, d.Lag)
	d.Lag = 0
	require.Equal(t, store.Depths{Due: 1, Held: 1, Open: 5, Wakes: 1, Unknown: 1}, d)
	require.EqualValues(t, 1, w.figures(camp, viber)["error"])
}

func TestOpening(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.store.Ping(t.Context()))
	durability, err := w.store.Durability(t.Context())
	require.NoError(t, err)
	require.Equal(t, "on", durability.Commit)
	_, err = store.Open(t.Context(), "postgres://user:secret@[::1", store.Options{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.store.Session(ctx, "w")
	require.Error(t, err)
	_, err = w.store.Campaign(t.Context(), run.CampaignKey{Account: account, Campaign: 404})
	require.ErrorIs(t, err, store.ErrNotFound)
}
