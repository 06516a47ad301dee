package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/channel"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/run/conformance"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Test(t, func(t *testing.T) conformance.World {
		w := &conforming{world: &world{T: t, url: storetest.New(t)}}
		w.store = w.open()
		w.db = w.connect()
		require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: conformance.Account, Name: "Лавка"}))
		require.NoError(t, w.store.PublishVersion(t.Context(), conformance.Account, 1, "Viber, then SMS", []byte(`{"kind":"cascade"}`), 1))
		return w
	})
}

// conforming is a world of the conformance suite on PostgreSQL.
type conforming struct{ *world }

func (w *conforming) Open() run.Store {
	w.Helper()
	s, err := store.Open(w.Context(), w.url, store.Options{Connections: 4, Compile: conformance.Program})
	require.NoError(w, err)
	w.Cleanup(s.Close)
	return s
}

func (w *conforming) Contact(c scheme.Contact, agreed ...string) int64 {
	w.Helper()
	ids, err := w.store.ImportContacts(w.Context(), conformance.Account, func(yield func(scheme.Contact) bool) { yield(c) },
		func() int64 { return w.last.Add(1) }, store.Keep)
	require.NoError(w, err)
	require.Len(w, ids, 1)
	for _, channel := range agreed {
		w.exec(w.db, `INSERT INTO consents (account, consent, contact, channel, text, source, given_at) VALUES ($1, $2, $3, $4, 'да', 'сайт', now())`,
			conformance.Account, w.last.Add(1), ids[0], channel)
	}
	return ids[0]
}

func (w *conforming) Campaign(contacts ...int64) run.CampaignKey {
	return w.campaign(w.last.Add(1), contacts)
}

func (w *conforming) OpenCampaign(limit int64) run.CampaignKey {
	rule := `{"again": "never"}`
	if limit > 0 {
		rule = fmt.Sprintf(`{"again": "never", "limit": %d}`, limit)
	}
	return w.openCampaign(w.last.Add(1), rule, "")
}

func (w *conforming) SetState(key run.CampaignKey, state string) {
	w.Helper()
	require.NoError(w, w.store.SetState(w.Context(), key, state))
}

// SetTerms changes them by the product's own way.
func (w *conforming) SetTerms(key run.CampaignKey, t conformance.Terms) {
	w.Helper()
	terms := map[string]any{"window": t.Window, "end": nil, "rate": nil}
	if t.End != 0 {
		terms["end"] = t.End.Time()
	}
	if t.Rate != 0 {
		terms["rate"] = t.Rate
	}
	change, err := json.Marshal(terms)
	require.NoError(w, err)
	desk, err := campaigns.New(campaigns.Options{Store: w.store, Connections: []string{conformance.Connection}})
	require.NoError(w, err)
	_, err = desk.Change(w.Context(), access.System(conformance.Account), ids.ID(key.Campaign), change)
	require.NoError(w, err)
}

func (w *conforming) Cap(n int) {
	w.exec(w.db, "UPDATE accounts SET cap_day = nullif($2::smallint, 0) WHERE account = $1", conformance.Account, n)
}

func (w *conforming) Test(key run.CampaignKey) {
	w.exec(w.db, "UPDATE campaigns SET test = true WHERE account = $1 AND campaign = $2", key.Account, key.Campaign)
}

func (w *conforming) Spoil(contact int64) {
	w.exec(w.db, "UPDATE contacts SET attributes = '[1, 2]' WHERE account = $1 AND contact = $2", conformance.Account, contact)
}

func (w *conforming) Hold() (end func()) {
	w.Helper()
	held := w.connect()
	w.exec(held, "BEGIN")
	w.exec(held, "SELECT pg_current_xact_id()")
	return func() { w.exec(held, "COMMIT") }
}

func (w *conforming) Kill(worker string) {
	w.Helper()
	const of = "FROM pg_stat_activity WHERE application_name = $1 AND pid IN (SELECT split_part(holder, ' ', 2)::integer FROM segments WHERE holder LIKE $2)"
	name, holder := "kaskad "+worker, worker+" %"
	require.NotZero(w, w.count("SELECT count(pg_terminate_backend(pid)) "+of, name, holder))
	require.Eventually(w, func() bool { return w.count("SELECT count(*) "+of, name, holder) == 0 }, 10*time.Second, time.Millisecond)
}

func (w *conforming) Segment(key run.SegmentKey) (s conformance.Segment) {
	w.Helper()
	var due *time.Time
	require.NoError(w, w.db.QueryRow(w.Context(), `SELECT open, due, epoch FROM segments WHERE account = $1 AND campaign = $2 AND segment = $3`,
		key.Account, key.Campaign, key.Segment).Scan(&s.Open, &due, &s.Epoch))
	if due != nil {
		s.Due = engine.At(*due)
	}
	s.Woken = w.count("SELECT count(*) FROM wakes WHERE account = $1 AND campaign = $2 AND segment = $3", key.Account, key.Campaign, key.Segment) > 0
	return s
}

// Walk reads a recipient's walk by its phone, which must be its alone.
func (w *conforming) Walk(key run.CampaignKey, ordinal int64) (out conformance.Walk) {
	w.Helper()
	phones, err := storetest.Column[string](storetest.Connect(w.T, w.url), `SELECT c.phone FROM recipients r JOIN contacts c USING (account, contact)
		WHERE r.campaign = $1 AND r.ordinal = $2`, key.Campaign, ordinal)
	require.NoError(w, err)
	require.Len(w, phones, 1)
	list, err := w.store.Trace(w.Context(), key, phones[0])
	require.NoError(w, err)
	for i := range list {
		t := &list[i]
		if t.Recipient.Ordinal != ordinal {
			continue
		}
		out = conformance.Walk{State: t.Recipient.State, Ended: t.Ended, Reason: t.Reason, Steps: t.Steps}
		for _, m := range t.Messages {
			out.Messages = append(out.Messages, run.MessageRow{LaunchedAt: engine.At(m.Launched), HandBy: engine.At(m.HandBy), Address: m.Address,
				Text: m.Text, Content: m.Content, Key: messageAt(key, ordinal, m.Node, m.Attempt)})
		}
	}
	return out
}

func (w *conforming) Figures(key run.CampaignKey) map[run.Counter]int64 {
	w.Helper()
	list, err := w.store.Figures(w.Context(), key)
	require.NoError(w, err)
	return list
}

func (w *conforming) Recount(key run.CampaignKey) map[run.Counter]int64 {
	w.Helper()
	list, err := w.store.Recount(w.Context(), key)
	require.NoError(w, err)
	return list
}

func (w *conforming) Stopped(address string) []string {
	w.Helper()
	list, err := storetest.Column[string](storetest.Connect(w.T, w.url), "SELECT channel FROM stop_list WHERE account = $1 AND address = $2 ORDER BY 1",
		conformance.Account, address)
	require.NoError(w, err)
	return list
}

func (w *conforming) Read(contact int64) (c scheme.Contact) {
	w.Helper()
	require.NoError(w, w.db.QueryRow(w.Context(), "SELECT phone, name, attributes, tags FROM contacts WHERE account = $1 AND contact = $2",
		conformance.Account, contact).Scan(&c.Phone, &c.Name, &c.Attributes, &c.Tags))
	return c
}

func (w *conforming) Troubles(key run.CampaignKey) (reported, aside int) {
	w.Helper()
	return int(w.count("SELECT count(*) FROM troubles WHERE campaign = $1", key.Campaign)),
		int(w.count("SELECT count(*) FROM set_aside WHERE campaign = $1", key.Campaign))
}

func (w *conforming) Unknown() int {
	w.Helper()
	return int(w.count("SELECT count(*) FROM unknown_facts"))
}

func messageAt(c run.CampaignKey, ordinal int64, node, attempt int16) channel.Key {
	return channel.Key{Account: c.Account, Campaign: c.Campaign, Ordinal: ordinal, Node: node, Attempt: uint8(attempt)}
}
