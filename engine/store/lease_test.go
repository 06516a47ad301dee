package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

func (w *world) lease(s run.Session, c run.CampaignKey, rate, n int) int {
	w.Helper()
	got, err := s.Lease(w.Context(), c, rate, n)
	require.NoError(w, err)
	return got
}

func TestARateDoesNotBurst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.store)
	fast := run.CampaignKey{Account: account, Campaign: 1}
	for range 2 {
		got := w.lease(s, fast, 1000, 100_000)
		require.LessOrEqual(t, got, 250, "a slice of a quarter of a second")
		require.GreaterOrEqual(t, got, 249)
		w.exec(w.db, "UPDATE rates SET granted_to = now() - interval '8 hours'") // a night
	}
	slow := run.CampaignKey{Account: account, Campaign: 2}
	require.Equal(t, 1, w.lease(s, slow, 1, 10), "one at a time where a slice is less than one")
	require.Equal(t, 0, w.lease(s, slow, 1, 10))
	w.exec(w.db, "UPDATE rates SET granted_to = granted_to - interval '1 second' WHERE campaign = 2")
	require.Equal(t, 1, w.lease(s, slow, 1, 10))
	require.Zero(t, w.lease(s, slow, 1, 0))
	require.Zero(t, w.lease(s, slow, 0, 5))
}

// However many sessions ask, and for how much, no more is granted than the rate and a slice allow in the time that
// went by on the database's clock.
func TestSessionsShareARate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []run.Session{w.session(w.store), w.session(w.open()), w.session(w.open())}
	campaign := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.SampledFrom([]int{1, 3, 50, 2000}).Draw(rt, "rate")
		wants := rapid.SliceOfN(rapid.IntRange(1, 300), 1, 12).Draw(rt, "wants")
		campaign++
		key := run.CampaignKey{Account: account, Campaign: campaign}
		before := time.Now()
		results := make(chan int)
		for i, s := range stores {
			go func() {
				total := 0
				for j, n := range wants {
					if j%len(stores) == i {
						got, err := s.Lease(t.Context(), key, rate, n)
						if err != nil || got > n {
							got = 1 << 30 // fails below
						}
						total += got
					}
				}
				results <- total
			}()
		}
		total := 0
		for range stores {
			total += <-results
		}
		took := time.Since(before) + time.Millisecond
		require.LessOrEqual(t, float64(total), max(1, float64(rate)*0.25)+float64(rate)*took.Seconds())
		require.Positive(t, total)
	})
}

// drawn is a campaign whose recipients stand behind an A/B test, by turns a and b, each with a message launched.
func drawn(t *testing.T, n int) (*world, run.CampaignKey, run.Session) {
	t.Helper()
	w := newWorld(t)
	camp := w.campaign(1, w.people(n))
	s := w.session(w.store)
	held := w.claim(s)
	b := &run.Batch{Segments: []run.SegmentUpdate{{Key: held.Key, Epoch: held.Epoch}}}
	for i, r := range held.Recipients {
		key := message(camp, r.Ordinal)
		key.Node = sms
		before := key
		before.Node = 9
		b.Messages = append(b.Messages, run.MessageRow{Key: before, LaunchedAt: 50, HandBy: 60}, run.MessageRow{Key: key, LaunchedAt: 100, HandBy: 200})
		b.Steps = append(b.Steps, run.StepRow{Campaign: camp, Ordinal: r.Ordinal, Step: engine.Record{Node: viber, Entered: 90,
			Decided: 100, Reason: "variant", Chosen: []string{"a", "b"}[i%2]}})
	}
	require.NoError(t, s.Commit(t.Context(), b))
	return w, camp, s
}

func TestTheWinnerIsDecidedOnce(t *testing.T) {
	t.Parallel()
	w, camp, s := drawn(t, 8)
	clicked := func(node int16, ordinals ...int64) {
		var reports []channel.Report
		for _, o := range ordinals {
			key := message(camp, o)
			key.Node = node
			reports = append(reports, channel.Report{Account: account, Connection: "demo", Key: key, Fact: engine.Clicked})
		}
		require.Equal(t, len(ordinals), w.save(reports...).Facts)
	}
	clicked(9, 0, 2, 4, 6) // before the draw
	clicked(sms, 0, 1, 3)
	rule := &engine.Winner{Metric: "clicked", Min: 4}
	won := func(variants []string, rule *engine.Winner) string {
		v, err := s.Winner(t.Context(), camp, viber, variants, rule, []int16{goal})
		require.NoError(t, err)
		return v
	}
	require.Equal(t, "b", won([]string{"a", "b"}, rule))
	clicked(sms, 2, 4, 6)
	require.Equal(t, "b", won([]string{"a", "b"}, rule), "decided already")
	again := func() { w.exec(w.db, "DELETE FROM winners") }
	again()
	require.Equal(t, "a", won([]string{"a", "b"}, rule))
	again()
	require.Equal(t, "c", won([]string{"c", "b", "a"}, rule), "nobody was drawn for the first: too few")
	again()
	require.Equal(t, "b", won([]string{"b", "a"}, &engine.Winner{Metric: "clicked", Min: 5}), "too few people")
	again()
	require.Equal(t, "b", won([]string{"b", "a"}, &engine.Winner{Metric: "goal"}), "a draw")
	w.exec(w.db, `INSERT INTO steps SELECT account, campaign, ordinal, $1, -1, 0, 0, entered_at, NULL, decided_at, 'goal', ''
		FROM steps WHERE chosen = 'a' AND ordinal < 3`, goal)
	again()
	require.Equal(t, "a", won([]string{"b", "a"}, &engine.Winner{Metric: "goal"}))
	again()
	_, err := s.Winner(t.Context(), camp, viber, []string{"a"}, &engine.Winner{Metric: "luck"}, nil)
	require.ErrorContains(t, err, "luck")
}
