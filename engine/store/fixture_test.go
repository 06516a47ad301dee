package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/storetest"
)

const account = 7

// viber and sms are the blocks of the program that all campaigns here run.
const (
	viber = int16(0)
	sms   = int16(1)
	goal  = int16(2)
)

func compile([]byte) (*engine.Program, error) {
	return &engine.Program{Kind: scheme.Cascade, Nodes: []engine.Node{
		{ID: "v", Block: &engine.Message{Channel: "viber", Clickable: true, Attempts: 1, Decision: time.Hour,
			Offers: engine.Delivered | engine.Viewed | engine.Clicked | engine.Replied | engine.NotDelivered | engine.Unsubscribed}},
		{ID: "s", Block: &engine.Message{Channel: "sms", Attempts: 1, Decision: time.Hour,
			Offers: engine.Delivered | engine.Clicked | engine.Replied | engine.NotDelivered}},
		{ID: "g", Block: &engine.Goal{}},
	}}, nil
}

// world is a database with an account, and the campaigns that a test makes.
type world struct {
	*testing.T
	url   string
	store *store.Store
	db    *pgx.Conn // of its own, for looking and for standing in the way
	last  atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, url: storetest.New(t)}
	w.store = w.open()
	w.db = w.connect()
	require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: account, Name: "Лавка"}))
	require.NoError(t, w.store.PublishVersion(t.Context(), account, 1, "Viber, then SMS", []byte(`{"kind":"cascade"}`), 1))
	return w
}

func (w *world) open() *store.Store {
	w.Helper()
	s, err := store.Open(w.Context(), w.url, store.Options{Connections: 4, Compile: compile})
	require.NoError(w, err)
	w.Cleanup(s.Close)
	return s
}

func (w *world) connect() *pgx.Conn {
	w.Helper()
	c, err := pgx.Connect(w.Context(), w.url)
	require.NoError(w, err)
	w.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// people imports n contacts with phones +7900...
func (w *world) people(n int) []int64 {
	w.Helper()
	ids, err := w.store.ImportContacts(w.Context(), account, func(yield func(scheme.Contact) bool) {
		for i := range n {
			if !yield(scheme.Contact{Phone: phone(i), Name: fmt.Sprint("Анна ", i)}) {
				return
			}
		}
	}, func() int64 { return w.last.Add(1) }, store.Keep)
	require.NoError(w, err)
	return ids
}

func phone(i int) string { return fmt.Sprintf("+7900%07d", i) }

// campaign makes a running campaign with these people.
func (w *world) campaign(id int64, people []int64) run.CampaignKey {
	w.Helper()
	key := run.CampaignKey{Account: account, Campaign: id}
	start := engine.At(time.Now().Add(-time.Minute))
	require.NoError(w, w.store.CreateCampaign(w.Context(), &run.Campaign{Key: key, Version: 1, Name: "Весна",
		Zone: "Europe/Moscow", Connection: "demo", Start: start}))
	n, err := w.store.Enrol(w.Context(), key, viber, func(yield func(store.Enrolled) bool) {
		for _, contact := range people {
			if !yield(store.Enrolled{Contact: contact, Zone: "Europe/Moscow", Start: start}) {
				return
			}
		}
	})
	require.NoError(w, err)
	require.EqualValues(w, len(people), n)
	require.NoError(w, w.store.SetState(w.Context(), key, "scheduled"))
	_, err = w.store.Finish(w.Context())
	require.NoError(w, err)
	return key
}

func (w *world) session(s *store.Store) run.Session {
	w.Helper()
	session, err := s.Session(w.Context(), "worker")
	require.NoError(w, err)
	w.Cleanup(session.Close)
	return session
}

// claim takes exactly one segment.
func (w *world) claim(s run.Session) run.Claimed {
	w.Helper()
	list, err := s.Claim(w.Context(), 10, time.Second)
	require.NoError(w, err)
	require.Len(w, list, 1)
	return list[0]
}

func (w *world) claimNone(s run.Session) {
	w.Helper()
	list, err := s.Claim(w.Context(), 10, time.Second)
	require.NoError(w, err)
	require.Empty(w, list)
}

// launch commits the intents of some recipients of a claimed segment, at block viber.
func (w *world) launch(s run.Session, c *run.Claimed, some []run.Recipient) {
	w.Helper()
	now := engine.At(time.Now())
	camp := run.CampaignKey{Account: c.Key.Account, Campaign: c.Key.Campaign}
	b := &run.Batch{Segments: []run.SegmentUpdate{{Key: c.Key, Epoch: c.Epoch, Applied: c.Applied}},
		Counters: map[run.Counter]int64{
			{Campaign: camp, Node: viber, What: "entered"}: int64(len(some)),
			{Campaign: camp, Node: viber, What: "sent"}:    int64(len(some))}}
	wanted := map[int64][]int64{}
	for _, r := range some {
		st := engine.State{Node: viber, Phase: engine.Sending, Attempt: 1, Entered: now, Launched: now}
		b.Recipients = append(b.Recipients, run.RecipientUpdate{Campaign: camp, Ordinal: r.Ordinal, State: st})
		b.Messages = append(b.Messages, run.MessageRow{Key: message(camp, r.Ordinal), LaunchedAt: now,
			HandBy: now.Add(run.HandWithin), Address: "+79000000000", Text: "Скидка"})
		wanted[account] = append(wanted[account], r.Contact)
	}
	_, err := s.Begin(w.Context(), wanted)
	require.NoError(w, err)
	require.NoError(w, s.Commit(w.Context(), b))
}

func message(c run.CampaignKey, ordinal int64) channel.Key {
	return channel.Key{Account: c.Account, Campaign: c.Campaign, Ordinal: ordinal, Node: viber, Attempt: 1}
}

func report(id string, fact engine.Facts, value string) channel.Report {
	return channel.Report{Account: account, Connection: "demo", ProviderID: id, Fact: fact, Value: value}
}

func nobody(run.SegmentKey) bool { return false }
func here(run.SegmentKey) bool   { return true }

// accept stores the provider's answers to some messages: ids p0, p1 ...
func (w *world) accept(c run.CampaignKey, ordinals ...int64) {
	w.Helper()
	var answers []run.Answer
	for _, o := range ordinals {
		answers = append(answers, run.Answer{Key: message(c, o), Connection: "demo", ProviderID: fmt.Sprint("p", o)})
	}
	_, err := w.store.Save(w.Context(), answers, nil, here)
	require.NoError(w, err)
}

func (w *world) tick(s run.Session, c *run.Claimed) *run.Tick {
	w.Helper()
	t, err := s.Tick(w.Context(), []run.Cursor{{Key: c.Key, Applied: c.Applied}})
	require.NoError(w, err)
	return t
}

func (w *world) count(query string, arguments ...any) (n int64) {
	w.Helper()
	require.NoError(w, w.db.QueryRow(w.Context(), query, arguments...).Scan(&n))
	return n
}

func (w *world) exec(c *pgx.Conn, query string, arguments ...any) {
	w.Helper()
	_, err := c.Exec(w.Context(), query, arguments...)
	require.NoError(w, err)
}

func kinds(events []run.Incoming) []string {
	var list []string
	for _, e := range events {
		if e.Kind == engine.Fact {
			list = append(list, e.Fact.String())
		} else {
			list = append(list, fmt.Sprint("kind ", e.Kind))
		}
	}
	slices.Sort(list)
	return list
}

const acceptance = "kind 1"
