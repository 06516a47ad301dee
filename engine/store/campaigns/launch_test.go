package campaigns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/storetest"
)

func TestLaunch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 90)
	w.db.Exec("INSERT INTO stop_list (account, address, channel, reason, source) VALUES (7, '+79160000001', '', 'asked', 'test'), (7, '+79160000002', 'viber', 'spam', 'test')")
	c := w.draft(nil)
	require.Equal(t, campaign.Draft, c.State)
	require.Zero(t, w.launchedRows(c.ID))
	c = w.launched(c.ID)
	require.Equal(t, campaign.Scheduled, c.State)
	require.EqualValues(t, 89, c.Recipients)
	require.EqualValues(t, 90, c.Selected)
	require.Equal(t, map[string]int64{"stopped": 1}, c.Refused)
	require.False(t, c.Launching)
	require.NotNil(t, c.LaunchedAt)
	require.EqualValues(t, 89, w.launchedRows(c.ID))
	require.EqualValues(t, 89, w.db.Count("SELECT sum(open) FROM segments WHERE campaign = $1", int64(c.ID)))
	require.Zero(t, w.db.Count("SELECT count(*) FROM campaign_audience"))
	require.Equal(t, "campaign.created campaign.launched", w.whats(c.ID))
	zones := w.db.Texts("SELECT zone FROM recipients WHERE campaign = $1 ORDER BY ordinal", int64(c.ID))
	changes := 0
	for i := 1; i < len(zones); i++ {
		if zones[i] != zones[i-1] {
			changes++
		}
	}
	require.Equal(t, 2, changes, "zone by zone: %v", zones)
	require.Contains(t, zones, "unknown/Europe/Moscow")
	session, err := w.hot.Session(t.Context(), "worker")
	require.NoError(t, err)
	defer session.Close()
	claimed, err := session.Claim(t.Context(), 10, time.Second)
	require.NoError(t, err)
	require.Len(t, claimed, 1, "a worker may take it")
	require.Len(t, claimed[0].Recipients, 89)

	_, err = w.Launch(t.Context(), admin(), c.ID, -1)
	refused(t, err, fault.Conflict, "campaign_is_scheduled", "")
	_, err = w.Get(t.Context(), theirs, c.ID)
	refused(t, err, fault.NotFound, "campaign_not_found", "path.campaign")
}

// launchedRows is how many recipients a campaign has in the database.
func (w *world) launchedRows(id ids.ID) int64 {
	return w.db.Count("SELECT count(*) FROM recipients WHERE campaign = $1", int64(id))
}

// TestLaunchTakenUpAgain loses the process at every commit in turn.
func TestLaunchTakenUpAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 10_500) // two segments
	for crash := 1; ; crash++ {
		c, err := w.Launch(t.Context(), admin(), w.draft(nil).ID, 10_500)
		require.NoError(t, err)
		k := &work{world: w, id: c.Task, object: c.ID, failAt: crash}
		_, err = w.RunLaunch(t.Context(), k)
		if err == nil {
			require.Greater(t, crash, 5, "every piece was lost once")
			return
		}
		require.ErrorIs(t, err, errCrash)
		require.NotEqual(t, campaign.Running, w.got(c.ID).State)
		k.failAt = 0
		_, err = w.RunLaunch(t.Context(), k)
		require.NoError(t, err, "after a crash in commit %d", crash)
		w.finishTask(c.Task)
		c = w.got(c.ID)
		require.Equal(t, campaign.Scheduled, c.State)
		require.EqualValues(t, 10_500, c.Recipients)
		require.EqualValues(t, 10_500, w.db.Count("SELECT count(DISTINCT contact) FROM recipients WHERE campaign = $1", int64(c.ID)))
		require.EqualValues(t, 10_500, w.launchedRows(c.ID))
	}
}

func TestLaunchGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 10_100)
	c, err := w.Launch(t.Context(), admin(), w.draft(nil).ID, -1)
	require.NoError(t, err)
	_, err = w.RunLaunch(t.Context(), &work{world: w, id: c.Task, object: c.ID, failAt: 7})
	require.ErrorIs(t, err, errCrash)
	require.Positive(t, w.launchedRows(c.ID))
	_, err = w.Change(t.Context(), marketer().Actor, c.ID, []byte(`{"name": "Лето"}`))
	refused(t, err, fault.Conflict, "campaign_launching", "")
	w.db.Exec("UPDATE tasks SET state = 'cancelled', finished_at = now() WHERE task = $1", int64(c.Task))

	c = w.got(c.ID)
	require.Equal(t, campaign.Draft, c.State)
	require.False(t, c.Launching)
	require.Zero(t, c.Recipients, "nothing of an abandoned launch is seen")
	c, err = w.Change(t.Context(), marketer().Actor, c.ID, []byte(`{"audience": {"filter": "zone == \"Asia/Vladivostok\""}}`))
	require.NoError(t, err)
	c = w.launched(c.ID)
	require.Equal(t, w.db.Count("SELECT count(*) FROM contacts WHERE zone = 'Asia/Vladivostok'"), c.Recipients)
	require.Equal(t, c.Recipients, w.launchedRows(c.ID))

	c, err = w.Launch(t.Context(), admin(), w.draft(nil).ID, -1)
	require.NoError(t, err)
	_, err = w.RunLaunch(t.Context(), &work{world: w, id: c.Task, object: c.ID, failAt: 7})
	require.ErrorIs(t, err, errCrash)
	w.finishTask(c.Task)
	require.NoError(t, w.Delete(t.Context(), marketer().Actor, c.ID))
	require.Zero(t, w.launchedRows(c.ID))
	require.Zero(t, w.db.Count("SELECT count(*) FROM campaign_audience WHERE campaign = $1", int64(c.ID)))
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 30)
	w.db.Exec(`INSERT INTO contacts (account, contact, phone, name, zone, addresses) VALUES
		(7, 101, NULL, 'Без адреса', 'Europe/Moscow', '{"vk": "1"}'),
		(7, 102, NULL, 'Чужой номер', 'Europe/Moscow', '{"viber": "+79160000005"}'),
		(7, 103, NULL, 'Тот же', 'Europe/Moscow', '{"viber": "u-1", "sms": "+79161000103"}'),
		(7, 104, NULL, 'Тоже тот же', 'Europe/Moscow', '{"viber": "u-1"}'),
		(7, 105, '+79161000105', 'Один канал', 'Europe/Moscow', '{}'),
		(7, 106, '+79161000106', 'Ни одного', 'Europe/Moscow', '{}'),
		(7, 107, '+79161000103', 'За третьим', 'Europe/Moscow', '{}')`)
	w.db.Exec(`INSERT INTO stop_list (account, address, channel, reason, source) VALUES (7, '+79160000001', '', 'asked', 'test'),
		(7, '+79161000105', 'viber', 'spam', 'test'), (7, '+79161000106', 'viber', 'spam', 'test'), (7, '+79161000106', 'sms', 'spam', 'test'),
		(8, '+79160000002', '', 'asked', 'of another account')`)
	w.db.Exec("UPDATE accounts SET cap_day = 1 WHERE account = 7")
	w.db.Exec("INSERT INTO contact_caps VALUES (7, 3, ARRAY[1], ARRAY[now()]), (7, 4, ARRAY[1], ARRAY[now() - interval '3 days'])")
	rate := 1
	c := w.draft(func(s *campaign.Terms) { s.Rate = &rate })
	e, err := w.Estimate(t.Context(), marketer().Actor, c.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"no_address": 1, "stopped": 1, "stopped_channel": 1, "shared_address": 3}, e.Refused)
	require.EqualValues(t, 37, e.Selected)
	require.EqualValues(t, 31, e.Recipients)
	require.EqualValues(t, 1, e.Capped)
	require.EqualValues(t, 10, e.ZoneUnknown)
	require.Equal(t, map[string]int64{"viber": 30, "sms": 31}, e.Channels)
	require.Len(t, e.Zones, 3)
	require.NotNil(t, e.LaunchedBy)
	require.InDelta(t, 31, e.LaunchedBy.Sub(*e.StartsAt).Seconds(), 2, "one a second")
	require.Equal(t, 26*time.Hour, e.EndsBy.Sub(*e.LaunchedBy), "two hours, then a day")
	require.NotEmpty(t, e.Examples)

	_, err = w.Launch(t.Context(), admin(), c.ID, 30)
	refused(t, err, fault.Conflict, "recipients_differ", "body.expected_recipients")
	c = w.launched(c.ID)
	require.Equal(t, e.Recipients, c.Recipients, "what was told is what is done")
	require.Equal(t, e.Refused, c.Refused)
	taken, err := storetest.Column[int64](w.db,
		"SELECT contact FROM recipients WHERE campaign = $1 AND contact IN (5, 102, 103, 104, 105, 107) ORDER BY 1", int64(c.ID))
	require.NoError(t, err)
	require.Equal(t, []int64{5, 103, 105}, taken)
}
