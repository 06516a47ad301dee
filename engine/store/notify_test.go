package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// told counts what others are told while something is done. Notifications come in the order of their commits, so that one of the
// test's own is the last. Stores of other tests tell others in the same database; theirs come from other backends.
func (w *world) told(listener *pgx.Conn, do func(), sessions ...*pgx.Conn) (n int) {
	w.Helper()
	do()
	own := map[uint32]bool{}
	for _, c := range sessions {
		own[c.PgConn().PID()] = true
	}
	for _, pool := range []*pgxpool.Pool{w.store.HotPool(), w.store.Desk()} {
		for _, c := range pool.AcquireAllIdle(w.Context()) {
			own[c.Conn().PgConn().PID()] = true
			c.Release()
		}
	}
	w.exec(w.db, "SELECT pg_notify('kaskad_facts', 'the last')")
	for {
		said, err := listener.WaitForNotification(w.Context())
		require.NoError(w, err)
		if said.Payload == "the last" && said.PID == w.db.PgConn().PID() {
			return n
		}
		if own[said.PID] {
			n++
		}
	}
}

// Transactions that notify commit one after another, so there is one for a group, however many rows and segments are in it.
func TestOthersAreToldOnceForEachGroup(t *testing.T) {
	t.Parallel()
	const n = 1500 // goes by COPY
	w := newWorld(t)
	people := w.people(n)
	camps := []run.CampaignKey{w.campaign(1, people), w.campaign(2, people), w.campaign(3, people)}
	s := w.session(w.store)
	list, err := s.Claim(t.Context(), 10, time.Second)
	require.NoError(t, err)
	require.Len(t, list, len(camps))
	for i := range list {
		w.launch(s, &list[i], list[i].Recipients)
	}
	listener := w.connect()
	w.exec(listener, "LISTEN kaskad_facts")
	reports := func(fact engine.Facts, from, to int64, camps ...run.CampaignKey) (out []channel.Report) {
		for _, camp := range camps {
			for o := from; o < to; o++ {
				out = append(out, channel.Report{Account: account, Connection: "demo", Key: message(camp, o), Fact: fact})
			}
		}
		return out
	}
	save := func(held func(run.SegmentKey) bool, answers []run.Answer, list []channel.Report) func() {
		return func() {
			saved, err := w.store.Save(t.Context(), answers, list, held)
			require.NoError(t, err)
			require.Zero(t, saved.Unknown)
			require.Len(t, list, saved.Facts)
		}
	}
	var answers []run.Answer
	for o := range int64(n) {
		answers = append(answers, run.Answer{Key: message(camps[0], o), Connection: "demo"})
	}
	for _, c := range []struct {
		name string
		do   func()
		want int
	}{
		{"one fact", save(nobody, nil, reports(engine.Delivered, 0, 1, camps[0])), 1},
		{"some facts of one segment", save(nobody, nil, reports(engine.Delivered, 1, 20, camps[0])), 1},
		{"some facts of three segments", save(nobody, nil, reports(engine.Delivered, 20, 40, camps...)), 1},
		{"many facts of one segment", save(nobody, nil, reports(engine.Delivered, 40, n, camps[0])), 1},
		{"many facts of three segments", save(nobody, nil, reports(engine.Viewed, 0, n, camps...)), 1},
		{"many answers", save(nobody, answers, nil), 1},
		{"facts of segments that are held here", save(here, nil, reports(engine.Clicked, 0, n, camps...)), 0},
		{"a batch that interrupts many walks of others", func() {
			b := &run.Batch{Segments: []run.SegmentUpdate{{Key: list[0].Key, Epoch: list[0].Epoch, Applied: list[0].Applied}}}
			for i, contact := range people {
				b.Stops = append(b.Stops, run.StopRow{Account: account, Address: phone(i), Reason: "unsubscribed", Contact: contact,
					Except: message(camps[0], int64(i))})
			}
			require.NoError(t, s.Commit(t.Context(), b))
			require.EqualValues(t, 2*n, w.count("SELECT count(*) FROM facts WHERE fact = $1", run.InterruptCode))
		}, 1},
		{"a batch that interrupts nobody", func() {
			require.NoError(t, s.Commit(t.Context(), &run.Batch{Segments: []run.SegmentUpdate{{Key: list[0].Key, Epoch: list[0].Epoch,
				Applied: list[0].Applied}}, Stops: []run.StopRow{{Account: account, Address: phone(0), Channel: "viber", Reason: "spam"}}}))
		}, 0},
	} {
		require.Equal(t, c.want, w.told(listener, c.do, store.ConnOf(s)), c.name)
	}
}

// The entries of many campaigns are one group too.
func TestOthersAreToldOnceForEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.people(50)
	var list []run.Entrant
	for id := range int64(5) {
		camp := w.openCampaign(11+id, `{"again": "never"}`, "")
		for _, contact := range people {
			list = append(list, entrant(camp, contact, ""))
		}
	}
	listener := w.connect()
	w.exec(listener, "LISTEN kaskad_facts")
	require.Equal(t, 1, w.told(listener, func() { w.enters(list...) }))
}
