package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

// nowhere takes reports and stores nothing.
type nowhere struct{}

func (nowhere) Receive(context.Context, []channel.Report) error { return nil }

// each is how many statuses a batched request has, rounds how often the endpoints take turns.
const (
	each   = 100
	rounds = 4
)

// inboxOutcome is the endpoint with the real inbox and without a database, in turns.
type inboxOutcome struct {
	single, singleEmpty traffic
	many, manyEmpty     traffic
	far, farEmpty       traffic // batches, of messages that another process handed over
}

// inboxRun has messages reported that lie at random among all of a large campaign, of which most have facts already.
func (m *machine) inboxRun(messages, singles, batched, far int) (o inboxOutcome) {
	w := m.newWorld("bench_inbox", 1, time.Now().Add(time.Hour))
	defer w.remove()
	random := rand.New(rand.NewPCG(1, 2))
	order := random.Perm(messages)
	require.Greater(m, messages, singles+batched+far)
	w.accepted(messages, order[singles+batched+far:])
	other, err := store.Open(m.Context(), w.url, store.Options{Compile: compile})
	require.NoError(m, err)
	defer other.Close()
	before := m.number(w.db, "SELECT count(*) FROM facts WHERE NOT implied")

	here, stopHere := m.inboxAt(w.store)
	there, stopThere := m.inboxAt(other)
	empty, stopEmpty := m.endpoint(nowhere{})
	told := map[callback]bool{}
	turn := func(real string, with, without *traffic, list []int, size int) {
		for r := range rounds {
			calls := stream(list[len(list)*r/rounds:len(list)*(r+1)/rounds], random)
			for _, c := range calls {
				told[callback{ID: c.ID, Status: c.Status, Text: c.Text}] = true
			}
			m.report(without, empty, calls, size)
			m.report(with, real, calls, size)
		}
	}
	turn(here, &o.single, &o.singleEmpty, order[:singles], 1)
	turn(here, &o.many, &o.manyEmpty, order[singles:singles+batched], each)
	turn(there, &o.far, &o.farEmpty, order[singles+batched:singles+batched+far], each)
	stopHere()
	stopThere()
	stopEmpty()
	require.EqualValues(m, len(told), m.number(w.db, "SELECT count(*) FROM facts WHERE NOT implied")-before, "each fact once")
	kept, err := w.store.Figures(m.Context(), inboxCampaign)
	require.NoError(m, err)
	counted, err := w.store.Recount(m.Context(), inboxCampaign)
	require.NoError(m, err)
	require.Equal(m, counted, kept)
	return o
}

// inboxAt serves callbacks into a store.
func (m *machine) inboxAt(s *store.Store) (address string, stop func()) {
	inbox := run.NewInbox(s, run.NewRegistry(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(m.Context())
	var done sync.WaitGroup
	done.Go(func() { inbox.Run(ctx) })
	address, stopServer := m.endpoint(inbox)
	return address, func() {
		stopServer()
		cancel()
		done.Wait()
	}
}

var inboxCampaign = run.CampaignKey{Account: account, Campaign: 2}

// accepted has a campaign of Viber messages with a button accepted by their provider, through the store, and some of
// them delivered and viewed.
func (w *world) accepted(messages int, told []int) {
	ctx := w.Context()
	document := []byte(`{"format": 1, "kind": "cascade", "name": "bench", "nodes": [{"id": "v", "type": "viber", "name": "v",
		"x": 0, "y": 0, "config": {"sender": "SHOP", "format": "text_button", "text": "-20%", "decision_time": "1d",
		"button": {"text": "Купить", "url": "https://shop.example"}}}], "links": []}`)
	require.NoError(w, w.store.PublishVersion(ctx, account, 2, "callbacks", document, scheme.FormatVersion))
	require.NoError(w, w.store.CreateCampaign(ctx, &run.Campaign{Key: inboxCampaign, Version: 2, Name: "callbacks",
		Zone: "Europe/Moscow", Connection: connection, Start: engine.At(time.Now().Add(time.Hour))}))
	w.exec(w.db, `INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text)
		SELECT $1, $2, o, 0, 1, now(), now(), '+79000000000', '-20%' FROM generate_series(0, $3 - 1) AS o`, account,
		inboxCampaign.Campaign, messages)
	w.exec(w.db, `INSERT INTO counters (account, campaign, shard, node, what, n) VALUES ($1, $2, 0, 0, 'sent', $3)`, account,
		inboxCampaign.Campaign, messages)
	nobody := func(run.SegmentKey) bool { return false }
	for first := 0; first < messages; first += batch {
		var answers []run.Answer
		for i := first; i < min(first+batch, messages); i++ {
			answers = append(answers, run.Answer{Connection: connection, ProviderID: reportID(i), Key: channel.Key{Account: account,
				Campaign: inboxCampaign.Campaign, Ordinal: int64(i), Attempt: 1}})
		}
		_, err := w.store.Save(ctx, answers, nil, nobody)
		require.NoError(w, err)
	}
	for first := 0; first < len(told); first += batch {
		var reports []channel.Report
		for _, i := range told[first:min(first+batch, len(told))] {
			for _, fact := range []engine.Facts{engine.Delivered, engine.Viewed} {
				reports = append(reports, channel.Report{Account: account, Connection: connection, ProviderID: reportID(i), Fact: fact})
			}
		}
		_, err := w.store.Save(ctx, nil, reports, nobody)
		require.NoError(w, err)
	}
	w.exec(w.db, "ANALYZE")
}

func (m *machine) inboxBars(t *table, s sizes) {
	o := m.inboxRun(s.reported, s.single, s.batched, s.far)
	say := func(what string, with, without *traffic) {
		t.say("callbacks a second, "+what, with.perSecond(), "/s", "without a database "+figure(without.perSecond()))
	}
	at := func(with, without *traffic) string {
		return fmt.Sprintf("50th %s ms; without a database %s ms", figure(millis(with.times[len(with.times)/2])), figure(millis(without.p99())))
	}
	say("single", &o.single, &o.singleEmpty)
	t.atLeast("4 of the endpoint without a database, single", o.single.perSecond()/o.singleEmpty.perSecond(), 0.35, "", "")
	say("batches of 100", &o.many, &o.manyEmpty)
	t.atLeast("4 of the endpoint without a database, batches of 100", o.many.perSecond()/o.manyEmpty.perSecond(), 0.4, "", "")
	t.atMost("4 99th percentile, 64 connections, single", millis(o.single.p99()), 30, "ms", at(&o.single, &o.singleEmpty))
	t.atMost("4 99th percentile, 64 connections, batches of 100", millis(o.many.p99()), 30, "ms", at(&o.many, &o.manyEmpty))
	say("batches, handed over by another process", &o.far, &o.farEmpty)
	t.say("  of the endpoint without a database", o.far.perSecond()/o.farEmpty.perSecond(), "", "")
	t.say("  99th percentile", millis(o.far.p99()), "ms", at(&o.far, &o.farEmpty))
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkInbox measures the bar of the callbacks alone.
func BenchmarkInbox(b *testing.B) {
	m := newMachine(b)
	t := &table{setting: m.setting()}
	m.inboxBars(t, m.sizes())
	t.print(os.Stdout)
}
