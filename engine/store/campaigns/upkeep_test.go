package campaigns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/store/campaigns"
)

// entered makes an open campaign with n entries, each with a key.
func (w *world) entered(n int) *campaign.Campaign {
	w.Helper()
	c := w.draft(func(t *campaign.Terms) { t.Kind, t.Entry = campaign.Open, &campaign.Entry{Again: campaign.Always} })
	_, err := w.Launch(w.Context(), admin(), c.ID, -1)
	require.NoError(w, err)
	list := make([]run.Entrant, n)
	for i := range list {
		list[i] = run.Entrant{Campaign: run.CampaignKey{Account: int64(mine), Campaign: int64(c.ID)}, Contact: int64(i + 1), Zone: "Europe/Moscow",
			Data: []byte(`{"order": 1}`), Key: "order " + ids.ID(i).String()}
	}
	got, _, err := w.hot.Enter(w.Context(), list, nil)
	require.NoError(w, err)
	require.Len(w, got, n)
	return c
}

// An entry goes once its walk has ended, whoever else's goes on; a key when its time is over.
func TestEntriesAndKeysAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 12_000 // several pages
	c := w.entered(n)
	began := time.Now()
	tidy := func(at time.Time) campaigns.Tidied {
		done, err := w.Tidy(t.Context(), at)
		require.NoError(t, err)
		return done
	}
	require.Zero(t, tidy(began), "nobody is a recipient yet")
	w.db.Exec(`INSERT INTO recipients (account, campaign, ordinal, contact, zone, phase, outcome, ended_at, reason)
		SELECT account, campaign, ordinal, contact, zone, CASE WHEN ordinal % 3 = 0 THEN 7 ELSE 2 END, CASE WHEN ordinal % 3 = 0 THEN 2 ELSE 0 END,
		CASE WHEN ordinal % 3 = 0 THEN now() END, CASE WHEN ordinal % 3 = 0 THEN 'no_link' END FROM entries WHERE ordinal < 9000`)
	w.db.Exec(`INSERT INTO set_aside (account, campaign, ordinal, node, why, at) VALUES ($1, $2, 1, 0, 'x', now())`, int64(mine), int64(c.ID))
	require.Equal(t, campaigns.Tidied{Entries: 3001, Entered: 3001}, tidy(began))
	require.EqualValues(t, n-3001, w.db.Count(`SELECT count(*) FROM entries`))
	require.Zero(t, w.db.Count(`SELECT count(*) FROM entries WHERE ordinal IN (0, 1, 8997)`))
	require.EqualValues(t, 3, w.db.Count(`SELECT count(*) FROM entries WHERE ordinal IN (2, 8999, 9000)`), "a walk that goes on needs its data")

	// Somebody who comes with a key again is answered as before, though the entry has gone.
	again := []campaign.Entrant{{Contact: 1, Key: "order 0"}}
	w.Store.Entrance = gone{}
	r, err := w.Enter(t.Context(), marketer().Actor, c.ID, again)
	require.NoError(t, err)
	require.EqualValues(t, 0, *r.Recipients[0].Recipient)
	require.EqualValues(t, 1, r.Recipients[0].Contact)
	require.True(t, r.Recipients[0].Repeated)

	require.Zero(t, tidy(began.Add(campaign.KeyFor-time.Minute)))
	w.db.Exec(`UPDATE entry_keys SET at = at + interval '1 day' WHERE key = 'order 7'`)
	require.Equal(t, campaigns.Tidied{Keys: n - 1}, tidy(time.Now().Add(campaign.KeyFor+time.Minute)))
	require.EqualValues(t, 1, w.db.Count(`SELECT count(*) FROM entry_keys`))
	require.Zero(t, tidy(began), "and nothing is left to do")
}

// gone is an entrance that nobody comes to.
type gone struct{ campaigns.Entrance }

// Who entered last is known as long as the campaign's rule asks for it, and as long as the walk goes on.
func TestLastEntriesAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 5_002 // more than a page
	open := map[campaign.Again]*campaign.Campaign{}
	for _, again := range []campaign.Again{campaign.Never, campaign.AfterPause, campaign.AfterEnd, campaign.Always} {
		c := w.draft(func(s *campaign.Terms) {
			s.Kind, s.Entry = campaign.Open, &campaign.Entry{Again: again}
			if again == campaign.AfterPause {
				s.Entry.Pause = "30d"
			}
		})
		_, err := w.Launch(t.Context(), admin(), c.ID, -1)
		require.NoError(t, err)
		open[again] = c
		// Of every three walks one has ended, one goes on, one has yet to begin.
		w.db.Exec(`INSERT INTO entered (account, contact, campaign, ordinal, at) SELECT $1, i, $2, i, now() FROM generate_series(1, $3::bigint) AS i`,
			int64(mine), int64(c.ID), n)
		w.db.Exec(`INSERT INTO recipients (account, campaign, ordinal, contact, zone, phase, outcome, ended_at)
			SELECT $1, $2, i, i, '', CASE i % 3 WHEN 0 THEN 7 ELSE 2 END, CASE i % 3 WHEN 0 THEN 2 ELSE 0 END, CASE i % 3 WHEN 0 THEN now() END
			FROM generate_series(1, $3::bigint) AS i WHERE i % 3 < 2`, int64(mine), int64(c.ID), n)
	}
	const ended = n / 3
	left := func(again campaign.Again) int64 {
		return w.db.Count("SELECT count(*) FROM entered WHERE account = $1 AND campaign = $2", int64(mine), int64(open[again].ID))
	}
	tidy := func(at time.Time) int64 {
		done, err := w.Tidy(t.Context(), at)
		require.NoError(t, err)
		return done.Entered
	}
	at := time.Now()
	require.EqualValues(t, 2*ended, tidy(at))
	require.EqualValues(t, []int64{n, n, n - ended, n - ended},
		[]int64{left(campaign.Never), left(campaign.AfterPause), left(campaign.AfterEnd), left(campaign.Always)})
	require.Zero(t, tidy(at.Add(30*24*time.Hour+30*time.Minute)), "clocks may differ")
	require.EqualValues(t, ended, tidy(at.Add(30*24*time.Hour+2*time.Hour)), "the pause is over")
	require.EqualValues(t, n, left(campaign.Never), "who came once is refused as long as somebody may come")
	_, err := w.Act(t.Context(), admin().Actor, open[campaign.Never].ID, campaign.Close, "")
	require.NoError(t, err)
	require.EqualValues(t, ended, tidy(at))
	require.EqualValues(t, n-ended, left(campaign.Never), "of walks that go on the person's data are found by it")
	require.Zero(t, tidy(at))
}
