package contacts_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/channel"
	"kaskad/engine/ids"
	"kaskad/engine/run"
)

// TestChangesOfPeopleUnderWayMeetNoWorkerCrosswise lets a worker that launches under a cap write all it may about a person
// while that one is erased, merged or deleted: neither may wait for the other in a circle.
func TestChangesOfPeopleUnderWayMeetNoWorkerCrosswise(t *testing.T) {
	t.Parallel()
	changes := map[string]func(w *world, one, other ids.ID) error{
		"erased": func(w *world, one, _ ids.ID) error { _, err := w.Erase(w.Context(), actor(mine), one); return err },
		"merged": func(w *world, one, other ids.ID) error {
			_, err := w.Merge(w.Context(), actor(mine), audience.Merging{Keep: other, Drop: []ids.ID{one}})
			return err
		},
		"kept of two": func(w *world, one, other ids.ID) error {
			_, err := w.Merge(w.Context(), actor(mine), audience.Merging{Keep: one, Drop: []ids.ID{other}})
			return err
		},
		"deleted": func(w *world, one, other ids.ID) error {
			_, err := w.Delete(w.Context(), actor(mine), []ids.ID{other, one})
			return err
		},
	}
	for name, change := range changes {
		for _, capped := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, capped %t", name, capped), func(t *testing.T) {
				t.Parallel()
				meet(t, capped, change)
			})
		}
	}
}

// meet has the worker ask first, then the change begin and wait or not, then the worker write.
func meet(t *testing.T, capped bool, change func(w *world, one, other ids.ID) error) {
	w := newWorld(t)
	list := w.make(audience.NewContact{Name: "Анна", Phone: "+79161234567"}, audience.NewContact{Name: "Анна", Phone: "+79161234568"})
	one, other := list[0], list[1]
	w.walk(1, one, "Здравствуйте")
	w.walk(2, one, "И снова")
	w.walk(3, other, "Здравствуйте")
	_, err := w.Stop(t.Context(), actor(mine), []audience.StopEntry{{Address: "+79161234567", Channel: "sms", Reason: "x"}})
	require.NoError(t, err)
	w.db.Exec(`INSERT INTO troubles (account, campaign, ordinal, node, what, at) VALUES ($1, 1, 0, 0, 'x', now())`, int64(mine))
	w.db.Exec(`UPDATE accounts SET cap_day = 3 WHERE account = $1`, int64(mine))
	w.db.Exec(`INSERT INTO contact_caps (account, contact, campaigns, at) VALUES ($1, $2, '{9}', '{2026-05-01Z}')`, int64(mine), int64(one))
	w.db.Exec(`INSERT INTO groups (account, group_id, name) VALUES ($1, 1, 'Все')`, int64(mine))

	sum := sha256.Sum256([]byte(w.db.Texts("SELECT current_schema()::text")[0]))
	worker := hex.EncodeToString(sum[:8])
	session, err := w.hot.Session(t.Context(), worker)
	require.NoError(t, err)
	t.Cleanup(session.Close)
	_, err = session.Begin(t.Context(), map[int64][]int64{int64(mine): {int64(one), int64(other)}},
		run.Launching{Account: int64(mine), Contact: int64(one), Campaign: 1, Capped: capped})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- change(w, one, other) }()
	var done []error
	for capped && len(done) == 0 && !w.waitsFor(worker) {
		select {
		case err := <-ended: // it needs nothing that the worker has
			done = append(done, err)
		default:
			runtime.Gosched()
		}
	}
	key := func(campaign int64) channel.Key {
		return channel.Key{Account: int64(mine), Campaign: campaign, Attempt: 1}
	}
	held := func(campaign int64) run.SegmentUpdate {
		return run.SegmentUpdate{Key: run.SegmentKey{Account: int64(mine), Campaign: campaign}, Epoch: 3}
	}
	err = session.Commit(t.Context(), &run.Batch{
		Segments: []run.SegmentUpdate{held(1), held(2), held(3)},
		Extended: []channel.Key{key(1), key(2)},
		Troubles: []run.TroubleRow{{Campaign: run.CampaignKey{Account: int64(mine), Campaign: 1}, What: "x", At: engine.At(w.at)}},
		Contacts: []run.ContactRow{{Account: int64(mine), Contact: int64(one), AddTags: []string{"vip"}, AddGroups: []string{"Все"}},
			{Account: int64(mine), Contact: int64(other), AddTags: []string{"vip"}, AddGroups: []string{"Все"}}},
		Stops: []run.StopRow{{Account: int64(mine), Address: "+79161234567", Channel: "sms", Reason: "unsubscribed", Contact: int64(one)},
			{Account: int64(mine), Address: "+79161234567", Reason: "unsubscribed", Contact: int64(one), Except: key(1)}},
	})
	if !capped {
		// Whoever was first may have taken the segment, or won; a worker does what it lost again.
		if err != nil {
			require.ErrorIs(t, err, run.ErrLost)
		}
	} else {
		require.NoError(t, err)
	}
	if len(done) == 0 {
		done = append(done, <-ended)
	}
	require.NoError(t, done[0])
}

// waitsFor tells whether somebody waits for a worker's locks.
func (w *world) waitsFor(worker string) bool {
	return w.db.Count(`SELECT count(*) FROM pg_stat_activity a WHERE a.wait_event_type = 'Lock' AND EXISTS (
		SELECT FROM pg_stat_activity s WHERE s.application_name = $1 AND s.pid = ANY (pg_blocking_pids(a.pid)))`, "kaskad "+worker) > 0
}
