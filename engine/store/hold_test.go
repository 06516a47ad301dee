package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

func TestASegmentHasOneHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(3))
	one, two := w.session(w.store), w.session(w.store)
	held := w.claim(one)
	require.Len(t, held.Recipients, 3)
	require.EqualValues(t, 1, held.Epoch)
	require.Equal(t, []int64{0, 1, 2}, []int64{held.Recipients[0].Ordinal, held.Recipients[1].Ordinal, held.Recipients[2].Ordinal})
	require.Equal(t, engine.Fresh, held.Recipients[0].State.Phase)
	require.NotZero(t, held.Recipients[0].State.Wake)
	require.Equal(t, "Europe/Moscow", held.Recipients[0].Zone)
	w.claimNone(two)
	w.claimNone(one)
}

func TestManySessionsShareOutTheSegments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id := range int64(9) {
		w.campaign(id+1, w.people(1))
	}
	type result struct {
		list []run.Claimed
		err  error
	}
	results := make(chan result)
	for range 3 {
		s := w.session(w.store)
		go func() {
			list, err := s.Claim(t.Context(), 3, time.Second)
			results <- result{list, err}
		}()
	}
	seen := map[run.SegmentKey]bool{}
	for range 3 {
		r := <-results
		require.NoError(t, r.err)
		require.LessOrEqual(t, len(r.list), 3)
		for _, c := range r.list {
			require.False(t, seen[c.Key])
			seen[c.Key] = true
		}
	}
	require.NotEmpty(t, seen)
}

func TestAKilledSessionGivesItsSegmentsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	one, two := w.session(w.store), w.session(w.store)
	held := w.claim(one)
	require.EqualValues(t, 1, w.count(`SELECT count(pg_terminate_backend(pid::integer))
		FROM (SELECT split_part(holder, ' ', 2) AS pid FROM segments) s`))
	require.Eventually(t, func() bool {
		return w.count(`SELECT count(*) FROM pg_locks l JOIN segments s ON
			(l.classid::bigint << 32) | l.objid::bigint = segment_lock(s.account, s.campaign, s.segment)`) == 0
	}, 10*time.Second, time.Millisecond)
	again := w.claim(two)
	require.EqualValues(t, 2, again.Epoch)
	_, err := one.Tick(t.Context(), nil)
	require.Error(t, err)
	require.NotErrorIs(t, err, run.ErrLost)
	require.Equal(t, camp.Campaign, held.Key.Campaign)
}

func TestABatchOfAnOldEpochWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	s := w.session(w.store)
	held := w.claim(s)
	w.exec(w.db, "UPDATE segments SET epoch = epoch + 1")
	_, err := s.Begin(t.Context(), map[int64][]int64{account: {held.Recipients[0].Contact}})
	require.NoError(t, err)
	err = s.Commit(t.Context(), &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch, Closed: 1}},
		Messages: []run.MessageRow{{Key: message(camp, 0), LaunchedAt: 1, HandBy: 2}}})
	require.ErrorIs(t, err, run.ErrLost)
	require.Zero(t, w.count("SELECT count(*) FROM messages"))
	require.EqualValues(t, 2, w.count("SELECT open FROM segments"))
	require.NoError(t, s.Rollback(t.Context()), "the session is not broken")
	_, err = s.Tick(t.Context(), nil)
	require.NoError(t, err)
}

func TestReleaseAndClaimAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(2))
	one, two := w.session(w.store), w.session(w.store)
	held := w.claim(one)
	tick := w.tick(one, &held)
	held.Applied = tick.Below
	ok, err := one.Release(t.Context(), held, tick.Now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
	w.claimNone(two)
	list, err := two.Claim(t.Context(), 10, 2*time.Hour)
	require.NoError(t, err)
	require.Len(t, list, 1, "due within two hours")
	require.Equal(t, held.Applied, list[0].Applied)
	ok, err = two.Release(t.Context(), list[0], 0)
	require.NoError(t, err)
	require.True(t, ok)
	list, err = one.Claim(t.Context(), 10, 1000*time.Hour)
	require.NoError(t, err)
	require.Empty(t, list, "only a wake can move it")
}

// Whoever put a segment away by terms that are changing would take its due instant from the old ones.
func TestASegmentIsNotPutAwayByOldTerms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	s := w.session(w.store)
	held := w.claim(s)
	held.Applied = w.tick(s, &held).Below
	release := func() bool {
		ok, err := s.Release(t.Context(), held, engine.At(time.Now().Add(time.Hour)))
		require.NoError(t, err)
		return ok
	}
	w.exec(w.db, "BEGIN")
	w.exec(w.db, "UPDATE campaigns SET revision = revision + 1")
	require.False(t, release(), "somebody is changing the campaign")
	w.exec(w.db, "COMMIT")
	require.False(t, release(), "the holder has not seen the change")
	states, err := w.store.States(t.Context(), []run.CampaignKey{camp})
	require.NoError(t, err)
	require.Equal(t, held.Revision+1, states[camp].Revision)
	held.Revision++
	require.True(t, release())
}

func TestReleaseOfALostSegment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(1))
	s := w.session(w.store)
	held := w.claim(s)
	held.Epoch--
	_, err := s.Release(t.Context(), held, 0)
	require.ErrorIs(t, err, run.ErrLost)
}

func TestAHeldSegmentStaysDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	camp := w.campaign(1, w.people(2))
	one, two := w.session(w.store), w.session(w.store)
	held := w.claim(one)
	w.launch(one, &held, held.Recipients)
	w.accept(camp, 0)
	held = w.releaseRead(one, held)
	_, err := w.store.Save(t.Context(), nil, []channel.Report{report("p0", engine.Delivered, "")}, nobody)
	require.NoError(t, err)
	w.claim(one) // woken only: its due was null
	one.Close()
	require.Eventually(t, func() bool {
		list, err := two.Claim(t.Context(), 1, 0)
		require.NoError(t, err)
		return len(list) == 1
	}, 10*time.Second, time.Millisecond)
}

func TestOnlyKnownFormatsAndStartedCampaignsAreClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(1))
	s := w.session(w.store)
	for _, change := range []string{
		"UPDATE campaigns SET state = 'draft'",
		"UPDATE campaigns SET state = 'scheduled', start_at = now() + interval '1 hour'",
		"UPDATE campaigns SET state = 'running'; ALTER TABLE versions DISABLE TRIGGER USER; UPDATE versions SET format = 99",
	} {
		w.exec(w.db, change)
		w.claimNone(s)
	}
	w.exec(w.db, "UPDATE versions SET format = 1")
	w.claim(s)
}

func TestSilentProcessesAreEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(1))
	frozen := w.open()
	first := w.session(frozen)
	_, err := frozen.Beat(t.Context(), "frozen", 2, time.Minute)
	require.NoError(t, err)
	late := w.session(frozen) // opened after the beat, and known all the same
	held := w.claim(late)
	beat, err := w.store.Beat(t.Context(), "alive", 1, time.Minute)
	require.NoError(t, err)
	require.Equal(t, 3, beat.Workers)
	require.Equal(t, 1, beat.Segments)

	w.exec(w.db, "UPDATE processes SET seen_at = seen_at - interval '11 seconds' WHERE process = 'frozen'")
	beat, err = w.store.Beat(t.Context(), "alive", 1, 10*time.Second)
	require.NoError(t, err)
	require.Equal(t, 1, beat.Workers)
	for _, s := range []run.Session{first, late} {
		require.Eventually(t, func() bool {
			_, err := s.Tick(t.Context(), nil)
			return err != nil
		}, 10*time.Second, time.Millisecond)
	}
	s := w.session(w.store)
	require.Equal(t, held.Epoch+1, w.claim(s).Epoch)
	require.Eventually(t, func() bool {
		_, err = w.store.Beat(t.Context(), "alive", 1, 10*time.Second)
		require.NoError(t, err)
		return w.count("SELECT count(*) FROM processes") == 1
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, w.store.Leave(t.Context(), "alive"))
	require.Zero(t, w.count("SELECT count(*) FROM processes"))
}

// A process that is frozen between two statements of a transaction that is no worker's, the inbox's for instance, would hold up
// whoever takes its segments over, and the watermark of everybody.
func TestASilentProcessHoldsNoTransaction(t *testing.T) {
	t.Parallel()
	for name, pool := range map[string]func(*store.Store) *pgxpool.Pool{
		"the hot one": func(s *store.Store) *pgxpool.Pool { return s.HotPool() },
		"the desk":    func(s *store.Store) *pgxpool.Pool { return s.Desk() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			frozen, err := store.Open(t.Context(), w.url, store.Options{Process: "frozen", Connections: 4})
			require.NoError(t, err)
			defer frozen.Close()
			_, err = frozen.Beat(t.Context(), "frozen", 1, time.Hour)
			require.NoError(t, err)
			other, err := pool(frozen).Acquire(t.Context())
			require.NoError(t, err)
			defer other.Release()
			conn, err := pool(frozen).Acquire(t.Context()) // a new one, of which no beat could tell
			require.NoError(t, err)
			defer conn.Release()
			w.exec(conn.Conn(), "BEGIN")
			w.exec(conn.Conn(), "SELECT pg_current_xact_id()")
			open := func() int64 {
				return w.count("SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND backend_xid IS NOT NULL", conn.Conn().PgConn().PID())
			}
			require.EqualValues(t, 1, open())
			w.exec(w.db, "UPDATE processes SET seen_at = now() - interval '11 seconds' WHERE process = 'frozen'")
			_, err = w.store.Beat(t.Context(), "alive", 1, 10*time.Second)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return open() == 0 }, 10*time.Second, time.Millisecond)
		})
	}
}

// A session that was opened while its process beat for the first time, and froze before it beat again.
func TestASessionThatNoBeatToldOfIsEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign(1, w.people(3))
	frozen, err := store.Open(t.Context(), w.url, store.Options{Process: "frozen", Connections: 4})
	require.NoError(t, err)
	defer frozen.Close()
	w.claim(w.session(frozen))
	w.exec(w.db, "INSERT INTO processes (process, workers, pids, started, seen_at, format) VALUES ('frozen', 1, '{}', '{}', now() - interval '11 seconds', 1)")
	require.Eventually(t, func() bool {
		_, err := w.store.Beat(t.Context(), "alive", 1, 10*time.Second)
		require.NoError(t, err)
		return w.count("SELECT count(*) FROM processes WHERE process = 'frozen'") == 0
	}, 10*time.Second, 10*time.Millisecond)
	w.claim(w.session(w.store))
}

// All connections of the pool may wait for what a frozen process has locked.
func TestABeatNeedsNoConnectionOfThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range w.store.HotPool().Config().MaxConns {
		conn, err := w.store.HotPool().Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
	}
	beat, err := w.store.Beat(t.Context(), "alive", 3, time.Second)
	require.NoError(t, err)
	require.Equal(t, 3, beat.Workers)
}

func TestAReusedProcessIDIsSpared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.store)
	w.exec(w.db, `INSERT INTO processes SELECT 'old', 1, array_agg(pid), array_agg(backend_start - interval '1 day'),
		now() - interval '1 hour', 1 FROM pg_stat_activity WHERE application_name = 'kaskad worker'`)
	_, err := w.store.Beat(t.Context(), "alive", 1, time.Second)
	require.NoError(t, err)
	_, err = s.Tick(t.Context(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 1, w.count("SELECT count(*) FROM processes"))
}
