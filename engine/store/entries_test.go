package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
)

// open makes an open campaign with a rule, running unless the change says otherwise.
func (w *world) openCampaign(id int64, entry, change string) run.CampaignKey {
	w.Helper()
	key := run.CampaignKey{Account: account, Campaign: id}
	require.NoError(w, w.store.CreateCampaign(w.Context(), &run.Campaign{Key: key, Version: 1, Name: "Заказы", Zone: "Europe/Moscow",
		Connection: "demo", Start: engine.At(time.Now().Add(-time.Minute))}))
	_, err := w.db.Exec(w.Context(), `UPDATE campaigns SET kind = 'open', state = 'running', entry = $2 WHERE campaign = $1`, id, entry)
	require.NoError(w, err)
	if change != "" {
		_, err := w.db.Exec(w.Context(), `UPDATE campaigns SET `+change+` WHERE campaign = $1`, id)
		require.NoError(w, err)
	}
	return key
}

func nobodyHolds(run.SegmentKey) bool { return false }

// enters tells what came of entries: a number, or why not, with ! where the key was known.
func (w *world) enters(list ...run.Entrant) string {
	w.Helper()
	got, _, err := w.store.Enter(w.Context(), list, nobodyHolds)
	require.NoError(w, err)
	require.Len(w, got, len(list))
	text := ""
	for _, e := range got {
		word := string(e.Refused)
		if word == "" {
			word = fmt.Sprint(e.Ordinal)
		}
		if e.Again {
			word += "!"
		}
		text += " " + word
	}
	return text[1:]
}

func entrant(key run.CampaignKey, contact int64, name string) run.Entrant {
	return run.Entrant{Campaign: key, Contact: contact, Zone: "Europe/Moscow", Key: name}
}

func TestWhoMayEnterAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	never := w.openCampaign(11, `{"again": "never"}`, "")
	ended := w.openCampaign(12, `{"again": "after_end"}`, "")
	pause := w.openCampaign(13, `{"again": "after_pause", "pause": "1h"}`, "")
	always := w.openCampaign(14, `{"again": "always"}`, "")
	for key, want := range map[run.CampaignKey]string{never: "0 already_in 1", ended: "0 already_in 1", pause: "0 too_soon 1", always: "0 1 2"} {
		require.Equal(t, want, w.enters(entrant(key, 1, ""), entrant(key, 1, ""), entrant(key, 2, "")), "%d: within a call", key.Campaign)
	}
	require.Equal(t, "already_in already_in too_soon 3",
		w.enters(entrant(never, 1, ""), entrant(ended, 1, ""), entrant(pause, 1, ""), entrant(always, 1, "")), "of several campaigns")
	_, err := w.db.Exec(t.Context(), `INSERT INTO recipients (account, campaign, ordinal, contact, zone, phase, outcome, ended_at, reason)
		SELECT account, campaign, ordinal, contact, zone, 7, 2, now(), 'no_link' FROM entries WHERE campaign = 12`)
	require.NoError(t, err)
	_, err = w.db.Exec(t.Context(), `UPDATE entered SET at = at - interval '61 minutes' WHERE campaign = 13`)
	require.NoError(t, err)
	require.Equal(t, "already_in 2 2", w.enters(entrant(never, 1, ""), entrant(ended, 1, ""), entrant(pause, 1, "")))
	require.Equal(t, "already_in too_soon", w.enters(entrant(ended, 1, ""), entrant(pause, 1, "")))
}

func TestAKeyEntersOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.openCampaign(11, `{"again": "always", "limit": 3}`, "")
	other := w.openCampaign(12, `{"again": "never"}`, "")
	require.Equal(t, "0 1 0!", w.enters(entrant(key, 1, "a"), entrant(key, 1, "b"), entrant(key, 9, "a")))
	require.Equal(t, "1! 0! 0", w.enters(entrant(key, 1, "b"), entrant(key, 1, "a"), entrant(other, 1, "a")))
	require.Equal(t, "already_in 2 limit", w.enters(entrant(other, 1, "b"), entrant(key, 3, "c"), entrant(key, 4, "d")))
	require.Equal(t, "already_in! 2! limit", w.enters(entrant(other, 1, "b"), entrant(key, 3, "c"), entrant(key, 4, "d")))
	// The same key from many sides at the same time.
	more := w.openCampaign(13, `{"again": "always"}`, "")
	stores := []func() ([]run.Entry, error){}
	second := w.open()
	for i := range 16 {
		s := w.store
		if i%2 == 1 {
			s = second
		}
		stores = append(stores, func() ([]run.Entry, error) {
			got, _, err := s.Enter(t.Context(), []run.Entrant{entrant(more, 1, "same"), entrant(more, 1, fmt.Sprint("own ", i))}, nobodyHolds)
			return got, err
		})
	}
	var work sync.WaitGroup
	results, errs := make([][]run.Entry, len(stores)), make([]error, len(stores))
	for i, enter := range stores {
		work.Go(func() { results[i], errs[i] = enter() })
	}
	work.Wait()
	seen := map[int64]bool{}
	for i := range results {
		require.NoError(t, errs[i])
		require.Equal(t, results[0][0].Ordinal, results[i][0].Ordinal)
		require.False(t, seen[results[i][1].Ordinal])
		seen[results[i][1].Ordinal] = true
	}
	require.Len(t, seen, 16)
	var n int
	require.NoError(t, w.db.QueryRow(t.Context(), `SELECT count(*) FROM entries WHERE campaign = 13`).Scan(&n))
	require.Equal(t, 17, n)
}

func TestWhatCampaignsTakeNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, x := range []struct{ change, want string }{
		{"", "0"}, {"state = 'paused'", "0"}, {"state = 'scheduled', start_at = now() + interval '1 hour'", "0"},
		{"state = 'draft'", "not_running"}, {"state = 'cancelled'", "not_running"}, {"state = 'finished'", "not_running"},
		{"closed_at = now()", "closed"}, {"start_at = now() - interval '2 hours', end_at = now() - interval '1 hour'", "closed"},
		{"kind = 'closed'", "not_open"},
	} {
		key := w.openCampaign(int64(20+i), `{"again": "never"}`, x.change)
		require.Equal(t, x.want, w.enters(entrant(key, 1, "")), x.change)
	}
	require.Equal(t, "not_open", w.enters(entrant(run.CampaignKey{Account: account, Campaign: 99}, 1, "")))
	require.Equal(t, "not_open", w.enters(entrant(run.CampaignKey{Account: 8, Campaign: 20}, 1, "")), "another account's")
	soon := w.openCampaign(40, `{"again": "never"}`, "end_at = now() + interval '1 hour'")
	late := entrant(soon, 1, "")
	late.Start = engine.At(time.Now().Add(2 * time.Hour))
	require.Equal(t, "start_past_end 0", w.enters(late, entrant(soon, 1, "")))
}

func TestTheEndClosesAnOpenCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openCampaign(11, `{"again": "never"}`, "start_at = now() - interval '2 hours', end_at = now() - interval '1 hour'")
	going := w.openCampaign(12, `{"again": "never"}`, "")
	unread := w.openCampaign(13, `{"again": "never"}`, "")
	require.Equal(t, "0", w.enters(entrant(unread, 1, "")))
	_, err := w.db.Exec(t.Context(), `UPDATE campaigns SET closed_at = now() WHERE campaign = 13`)
	require.NoError(t, err)
	_, err = w.store.Finish(t.Context())
	require.NoError(t, err)
	state := func(id int64) (state string, closed bool, recipients int64) {
		require.NoError(t, w.db.QueryRow(t.Context(), `SELECT state, closed_at IS NOT NULL, recipients FROM campaigns WHERE campaign = $1`, id).
			Scan(&state, &closed, &recipients))
		return state, closed, recipients
	}
	for id, want := range map[int64]string{11: "finished true 0", going.Campaign: "running false 0", unread.Campaign: "running true 1"} {
		s, closed, n := state(id)
		require.Equal(t, want, fmt.Sprint(s, " ", closed, " ", n), "campaign %d", id)
	}
}
