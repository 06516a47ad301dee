package campaigns_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/scheme"
	"kaskad/engine/store/campaigns"
)

func (w *world) estimated(c *campaign.Campaign) *campaign.Estimate {
	w.Helper()
	e, err := w.Estimate(w.Context(), marketer().Actor, c.ID)
	require.NoError(w, err)
	return e
}

// Who is capped is told by the days of the contact's own zone, of the zone of its phone, or of the account's where neither
// is known: an entry of just after midnight there is of today, one of just before is not.
func TestCapsAreForetoldInTheContactsDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec("UPDATE accounts SET cap_day = 1, cap_week = 2 WHERE account = $1", int64(mine))
	now := time.Now()
	id := int64(0)
	enters := func(phone, own, zone string, from func(day, week time.Time) []time.Time) {
		loc, err := scheme.LoadZone(zone)
		require.NoError(t, err)
		id++
		w.db.Exec("INSERT INTO contacts (account, contact, phone, zone) VALUES ($1, $2, $3, $4)", int64(mine), id, phone, own)
		at := from(campaign.Days(now, loc))
		w.db.Exec("INSERT INTO contact_caps (account, contact, campaigns, at) VALUES ($1, $2, $3, $4)", int64(mine), id, make([]int64, len(at)), at)
	}
	for i, x := range []struct{ phone, own, zone string }{
		{"+791600000", "Asia/Vladivostok", "Asia/Vladivostok"}, {"+791600001", "America/Sao_Paulo", "America/Sao_Paulo"},
		{"+791600002", "Europe/Moscow", "Europe/Moscow"}, {"+742320000", "", "Asia/Vladivostok"}, {"+791600004", "", "Europe/Moscow"},
	} {
		today := func(day, _ time.Time) []time.Time { return []time.Time{day.Add(time.Second)} }
		yesterday := func(day, _ time.Time) []time.Time { return []time.Time{day.Add(-time.Second)} }
		week := func(_, week time.Time) []time.Time { return []time.Time{week.Add(time.Second), week.Add(time.Minute)} }
		before := func(_, week time.Time) []time.Time { return []time.Time{week.Add(-time.Second), week.Add(time.Minute)} }
		have := w.capped()
		enters(x.phone+"10", x.own, x.zone, yesterday)
		enters(x.phone+"11", x.own, x.zone, before)
		require.Equal(t, have, w.capped(), "%d: neither today nor twice in the week", i)
		enters(x.phone+"12", x.own, x.zone, today)
		enters(x.phone+"13", x.own, x.zone, week)
		require.Equal(t, have+2, w.capped(), "%d", i)
	}
}

func (w *world) capped() int64 { return w.estimated(w.draft(nil)).Capped }

// A short window is open at no instant in all zones of the country: whose zone is not known would get nothing, and whoever
// launches is told so before.
func TestAWindowThatNeverOpensIsToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 9) // three of them Russian mobiles without a zone
	narrow := func(s *campaign.Terms) {
		s.Window = &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: 10 * 60, To: 12 * 60}
	}
	e := w.estimated(w.draft(narrow))
	require.EqualValues(t, 9, e.Recipients)
	require.EqualValues(t, 3, e.NeverOpen)
	require.EqualValues(t, 3, e.Unlaunched)
	require.Len(t, e.Warnings, 1)
	require.Equal(t, []any{"window_never_open", int64(3), []string{"v", "s"}},
		[]any{e.Warnings[0].Code, e.Warnings[0].Recipients, e.Warnings[0].Blocks})
	require.Contains(t, e.Warnings[0].Message.EN, "numbering plan")
	require.Contains(t, e.Warnings[0].Message.RU, "план нумерации")
	for _, z := range e.Zones {
		require.Equal(t, !z.Known, z.NeverOpen)
	}
	for name, change := range map[string]func(*campaign.Terms){
		"the account's zone": func(s *campaign.Terms) { narrow(s); s.UnknownZones = "account" },
		"the sender's clock": func(s *campaign.Terms) { narrow(s); s.Window.Zone = scheme.ZoneSender },
		"a long window":      func(s *campaign.Terms) { narrow(s); s.Window.From, s.Window.To = 9*60, 21*60 },
		"no window":          nil,
	} {
		e := w.estimated(w.draft(change))
		require.Zero(t, e.NeverOpen, name)
		require.Empty(t, e.Warnings, name)
	}
}

// In a large account the request names a task, whose result is the estimate.
func TestALargeEstimateIsATask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 9)
	small := w.Store
	large, err := campaigns.New(campaigns.Options{Store: w.hot, Select: small.Select, Zones: small.Zones, Takers: small.Takers, Tasks: w.tasks,
		Compile: compile, NewID: w.newID, Seed: small.Seed, Connections: small.Connections, Large: 8})
	require.NoError(t, err)
	c := w.draft(nil)
	w.Store = large
	named := w.estimated(c)
	require.NotZero(t, named.Task)
	require.Zero(t, named.Recipients)
	result, err := w.RunEstimate(t.Context(), &work{world: w, id: named.Task, object: c.ID})
	require.NoError(t, err)
	w.Store = small
	want := w.estimated(c)
	for _, e := range []*campaign.Estimate{want, result.(*campaign.Estimate)} { // taken at two instants
		e.StartsAt, e.LaunchedBy, e.EndsBy = nil, nil, nil
		require.Len(t, e.Examples, 3)
		e.Examples = nil // any three of them
		for i := range e.Zones {
			e.Zones[i].StartsAt = nil
		}
	}
	wanted, err := json.Marshal(want)
	require.NoError(t, err)
	have, err := json.Marshal(result)
	require.NoError(t, err)
	require.JSONEq(t, string(wanted), string(have))

	// A mistake is told at once, and the number that whoever launches expects is looked at by the launch's task.
	w.Store = large
	bad := w.draft(nil)
	w.db.Exec(`UPDATE campaigns SET audience = '{"groups": ["5"]}' WHERE campaign = $1`, int64(bad.ID))
	_, err = w.Estimate(t.Context(), marketer().Actor, bad.ID)
	refused(t, err, fault.Invalid, "campaign_group", "body.audience.groups[0]")
	launch := func(expected int64) error {
		c, err = w.Launch(t.Context(), admin(), c.ID, expected)
		require.NoError(t, err)
		_, err = w.RunLaunch(t.Context(), &work{world: w, id: c.Task, object: c.ID})
		w.finishTask(c.Task)
		return err
	}
	refused(t, launch(8), fault.Conflict, "recipients_differ", "body.expected_recipients")
	require.Equal(t, campaign.Draft, w.got(c.ID).State)
	require.NoError(t, launch(9))
	require.EqualValues(t, 9, w.got(c.ID).Recipients)
}
