//go:build unix

package recovery_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/recovery"
	"kaskad/engine/store/storetest"
)

// row is a campaign as a test looks at it.
type row struct {
	Campaign int64
	State    string
	Noted    bool
	Held     bool
	Ordered  bool
}

func rows(db *storetest.Database) []row {
	return storetest.Rows[row](db, `SELECT c.campaign, c.state, c.note = 'пауза', coalesce(p.held, false), c.launch_task IS NOT NULL
		FROM campaigns c LEFT JOIN repetitions p ON p.account = c.account AND p.campaign = c.campaign ORDER BY c.campaign`)
}

func TestPause(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	db := storetest.Connect(t, url)
	db.Exec("INSERT INTO accounts (account, name) VALUES (1, 'Shop')")
	db.Exec("INSERT INTO versions (account, version, name, format, document) VALUES (1, 1, 'x', 1, '{}')")
	for i, state := range []string{"draft", "moderation", "scheduled", "running", "paused", "finished", "cancelled", "scheduled", "scheduled", "draft"} {
		db.Exec(`INSERT INTO campaigns (account, campaign, version, name, state, zone, connection, start_at)
			VALUES (1, $1, 1, 'Autumn', $2, 'UTC', 'demo', now())`, i+1, state)
	}
	db.Exec("INSERT INTO repetitions (account, campaign, next_at) VALUES (1, 8, now()), (1, 9, NULL)")
	db.Exec("UPDATE campaigns SET launching = 'enrolling', launch_task = 5 WHERE campaign = 10")
	db.Exec("INSERT INTO segments (account, campaign, segment, open) VALUES (1, 4, 0, 5), (1, 4, 1, 2)")
	db.Exec("INSERT INTO users (user_id, email, created_at) VALUES (1, 'a@example.org', now())")
	db.Exec(`INSERT INTO sessions (secret, session_id, user_id, account, created_at, seen_at, ip, agent)
		VALUES ('x', 1, 1, 1, now(), now(), '', '')`)
	db.Exec("INSERT INTO resets (user_id, secret, expires_at) VALUES (1, 'x', now())")
	db.Exec(`INSERT INTO processes (process, workers, pids, started, seen_at, format)
		SELECT 'me', 1, ARRAY[pid], ARRAY[backend_start], now(), 1 FROM pg_stat_activity WHERE pid = pg_backend_pid()`)

	o := recovery.Options{Taken: time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC), Note: map[string]string{"ru": "пауза", "en": "pause"}}
	before := rows(db)
	_, err := recovery.Pause(t.Context(), url, o)
	require.ErrorIs(t, err, recovery.ErrInUse)
	require.Equal(t, before, rows(db))

	db.Exec("UPDATE processes SET started = ARRAY[now() - interval '1 day']")
	r, err := recovery.Pause(t.Context(), url, o)
	require.NoError(t, err)
	require.Len(t, r.Campaigns, 3)
	require.EqualValues(t, 7, r.Campaigns[1].Open)
	require.Equal(t, []string{"scheduled", "running", "scheduled"}, []string{r.Campaigns[0].State, r.Campaigns[1].State, r.Campaigns[2].State})
	require.EqualValues(t, 1, r.Launches)
	require.EqualValues(t, 1, r.Sessions)
	require.Equal(t, []row{{1, "draft", false, false, false}, {2, "moderation", false, false, false}, {3, "paused", true, false, false},
		{4, "paused", true, false, false}, {5, "paused", false, false, false}, {6, "finished", false, false, false},
		{7, "cancelled", false, false, false}, {8, "scheduled", true, true, false}, {9, "scheduled", false, false, false},
		{10, "draft", false, false, false}}, rows(db))
	require.Equal(t, []string{"3", "4", "8"}, db.Texts(`SELECT object_id::text FROM audit WHERE what = 'campaign.paused'
		AND change ->> 'note' = 'пауза' AND change ->> 'taken' = '2026-06-15T09:00:00Z' ORDER BY object_id`))
	require.Zero(t, db.Count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM resets) + (SELECT count(*) FROM processes)"))

	r, err = recovery.Pause(t.Context(), url, o)
	require.NoError(t, err)
	require.Equal(t, recovery.Report{Campaigns: []recovery.Campaign{}}, r, "a second time there is nothing left to do")
}

func TestSchema(t *testing.T) {
	t.Parallel()
	known, err := recovery.Known()
	require.NoError(t, err)
	require.Positive(t, known)
	version, err := recovery.Schema(t.Context(), storetest.New(t))
	require.NoError(t, err)
	require.Equal(t, known, version)
	version, err = recovery.Schema(t.Context(), storetest.Empty(t))
	require.NoError(t, err)
	require.Zero(t, version)
}

func TestNothingIsRebuiltWithoutNeed(t *testing.T) {
	t.Parallel()
	rebuilt, err := recovery.Refresh(t.Context(), storetest.New(t))
	require.NoError(t, err)
	require.False(t, rebuilt)
}
