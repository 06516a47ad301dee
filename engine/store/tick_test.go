package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// releaseRead reads a segment to its end and puts it away until a wake.
func (w *world) releaseRead(s run.Session, c run.Claimed) run.Claimed {
	w.Helper()
	require.Eventually(w, func() bool {
		c.Applied = w.tick(s, &c).Below
		ok, err := s.Release(w.Context(), c, 0)
		require.NoError(w, err)
		return ok
	}, 10*time.Second, time.Millisecond)
	return c
}

func TestTickReadsEachEventOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	w.accept(camp, 0, 1)
	_, err := w.store.Save(t.Context(), nil, []channel.Report{report("p0", engine.Clicked, ""),
		report("p1", engine.Replied, "да"), report("p1", engine.Replied, "нет")}, here)
	require.NoError(t, err)
	var events []run.Incoming
	require.Eventually(t, func() bool { // other tests' transactions hold xmin
		tick := w.tick(s, &held)
		events = append(events, tick.Events...)
		require.LessOrEqual(t, tick.Watermark, tick.Now)
		held.Applied = tick.Below
		return len(events) >= 5
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"clicked", acceptance, acceptance, "reply", "reply"}, kinds(events), "nothing implied")
	require.Empty(t, w.tick(s, &held).Events)
	var said []string
	for i, e := range events {
		if i > 0 {
			require.GreaterOrEqual(t, e.Recorded, events[i-1].Recorded)
		}
		if e.Kind == engine.Fact && e.Fact == engine.Replied {
			said = append(said, e.Value)
			require.Equal(t, message(camp, 1), e.Key)
		}
	}
	require.Equal(t, []string{"да", "нет"}, said, "in the order of the call")
}

// A fact whose transaction commits late must be neither skipped nor overtaken by the watermark, and one whose
// transaction has a higher id and commits earlier must not lead past it.
func TestALateCommitIsNotSkippedAndHoldsTheWatermark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	slow := w.connect()
	tx, err := slow.Begin(t.Context())
	require.NoError(t, err)
	var recorded time.Time
	require.NoError(t, tx.QueryRow(t.Context(), `INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, recorded_at)
		VALUES ($1, $2, 0, 0, 0, 1, 1, recorded()) RETURNING recorded_at`, camp.Account, camp.Campaign).Scan(&recorded))
	w.accept(camp, 1)
	for range 3 {
		tick := w.tick(s, &held)
		require.Empty(t, tick.Events, "the answer's id is higher than the open transaction's")
		require.Less(t, tick.Watermark, engine.At(recorded))
		require.Greater(t, tick.Now, engine.At(recorded))
		held.Applied = tick.Below
		ok, err := s.Release(t.Context(), held, 0)
		require.NoError(t, err)
		require.False(t, ok, "an answer is visible and unread")
	}
	require.NoError(t, tx.Commit(t.Context()))
	var events []run.Incoming
	require.Eventually(t, func() bool {
		tick := w.tick(s, &held)
		events = append(events, tick.Events...)
		held.Applied = tick.Below
		return tick.Watermark >= engine.At(recorded)
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"delivered", acceptance}, kinds(events), "visible once the watermark has passed")
}

// An id that is assigned but whose transaction has written nothing yet is not below the snapshot's xmax: a watermark
// made from that would pass a fact recorded before.
func TestTheNewestTransactionHoldsTheWatermarkToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	slow := w.connect()
	for range 5 {
		tx, err := slow.Begin(t.Context())
		require.NoError(t, err)
		var recorded time.Time
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT recorded()").Scan(&recorded))
		require.Less(t, w.tick(s, &held).Watermark, engine.At(recorded))
		require.Less(t, w.tick(s, &held).Watermark, engine.At(recorded))
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

func TestTheWatermarkComesToTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	first := w.tick(s, &held).Now
	require.Eventually(t, func() bool { return w.tick(s, &held).Watermark >= first }, 10*time.Second, time.Millisecond)
}

func TestReleaseWithUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	w.accept(camp, 0)
	ok, err := s.Release(t.Context(), held, 0)
	require.NoError(t, err)
	require.False(t, ok)
	w.claimNone(w.session(w.store))
	held = w.releaseRead(s, held)
	w.claimNone(s)
}

func TestWakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	w.accept(camp, 0)
	w.releaseRead(s, held)
	require.Zero(t, w.count("SELECT count(*) FROM wakes"), "stored where it is held")

	heard := make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.store.Listen(ctx, func() { heard <- struct{}{} }) }()
	<-heard
	for _, fact := range []engine.Facts{engine.Delivered, engine.Viewed, engine.Viewed} {
		_, err := w.store.Save(t.Context(), nil, []channel.Report{report("p0", fact, "")}, nobody)
		require.NoError(t, err)
	}
	<-heard
	cancel()
	require.Error(t, <-ended)
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM wakes"), "one is enough")
	held = w.claim(s)
	require.EqualValues(t, 2, held.Epoch)
	held = w.releaseRead(s, held)
	require.Zero(t, w.count("SELECT count(*) FROM wakes"))
	w.claimNone(s)
}

// Whoever relies on a wake that is there has stored its fact before Release may take the wake away.
func TestReleaseWaitsForWhoRelyOnAWake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	w.exec(w.db, "INSERT INTO wakes (account, campaign, segment) VALUES ($1, $2, 0)", camp.Account, camp.Campaign)
	other := w.connect()
	tx, err := other.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, recorded_at)
		VALUES ($1, $2, 0, 0, 0, 1, 1, recorded())`, camp.Account, camp.Campaign)
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM wakes FOR KEY SHARE")
	require.NoError(t, err)
	type result struct {
		ok  bool
		err error
	}
	released := make(chan result, 1)
	go func() {
		ok, err := s.Release(t.Context(), held, 0)
		released <- result{ok, err}
	}()
	require.Eventually(t, func() bool {
		return w.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM wakes%'"+
			" AND pid IN (SELECT split_part(holder, ' ', 2)::integer FROM segments)") == 1
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	r := <-released
	require.NoError(t, r.err)
	require.False(t, r.ok)
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM wakes"), "given up with the release")
}

func TestALateStopWakesAClosedSegment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	w.launch(s, &held, held.Recipients)
	w.accept(camp, 0)
	w.end(s, held)
	require.EqualValues(t, 0, w.count("SELECT open FROM segments"))
	w.releaseRead(s, held)
	n, err := w.store.Finish(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = w.store.Save(t.Context(), nil, []channel.Report{report("p0", engine.Replied, "Стоп!")}, nobody)
	require.NoError(t, err)
	held = w.claim(s)
	require.Empty(t, held.Recipients)
	var events []run.Incoming
	require.Eventually(t, func() bool {
		tick := w.tick(s, &held)
		events, held.Applied = append(events, tick.Events...), tick.Below
		return len(events) > 0
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, engine.Unsubscribed, events[0].Fact)
	require.Equal(t, engine.AllChannels, events[0].Scope)
	contacts, err := s.ContactsOf(t.Context(), []channel.Key{message(camp, 5), message(camp, 0)})
	require.NoError(t, err)
	require.Equal(t, []int64{0, 1}, contacts)
}

// end ends the walks of a segment's recipients.
func (w *world) end(s run.Session, held run.Claimed) {
	w.Helper()
	now := engine.At(time.Now())
	camp := run.CampaignKey{Account: held.Key.Account, Campaign: held.Key.Campaign}
	b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch, Closed: len(held.Recipients)}},
		Counters: map[run.Counter]int64{}}
	for _, r := range held.Recipients {
		b.Recipients = append(b.Recipients, run.RecipientUpdate{Campaign: camp, Ordinal: r.Ordinal, At: now, Reason: "no_link",
			State: engine.State{Node: viber, Phase: engine.Ended, Outcome: engine.Completed, Attempt: 1, Entered: now, Launched: now}})
		b.Steps = append(b.Steps, run.StepRow{Campaign: camp, Ordinal: r.Ordinal, Step: engine.Record{Node: viber, Link: -1,
			Attempts: 1, Entered: now, Sent: now, Decided: now, Reason: "no_link"}})
		b.Counters[run.Counter{Campaign: camp, Node: viber, What: "ended"}]++
		b.Counters[run.Counter{Campaign: camp, Node: -1, What: "end:completed"}]++
	}
	require.NoError(w, s.Commit(w.Context(), b))
}
