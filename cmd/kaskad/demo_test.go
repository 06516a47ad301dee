//go:build unix

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// The campaign of the demonstration looks like any that was launched, so that it can be repeated and followed up; a second start
// makes no other.
func TestTheDemonstrationIsALaunchedCampaign(t *testing.T) {
	t.Parallel()
	address := storetest.New(t)
	l := &launch{}
	c, errs := parseConfig([]string{"--database", address, "--data", t.TempDir()}, func(string) string { return "" }, l.flags()...)
	require.Empty(t, errs)
	require.NoError(t, l.finish())
	l.hurry = demoHurry
	log := quiet(c, terminal{err: t.Output()})
	d, err := openDatabase(t.Context(), c, log)
	require.NoError(t, err)
	t.Cleanup(d.close)
	shown := terminal{out: t.Output(), err: t.Output(), env: func(string) string { return "" }}
	for range 2 {
		require.NoError(t, startDemo(t.Context(), shown, c, l, d, log))
	}
	db := storetest.Connect(t, address)
	made := storetest.Rows[struct {
		State    string
		Launched *time.Time
		People   int64
	}](db, "SELECT state, launched_at, recipients FROM campaigns")
	require.Len(t, made, 1)
	require.Equal(t, "scheduled", made[0].State)
	require.NotNil(t, made[0].Launched)
	require.Positive(t, made[0].People)
	require.Equal(t, []string{"campaign.created", "campaign.launched"},
		db.Texts("SELECT what FROM audit WHERE object = 'campaign' AND name = 'system' ORDER BY id"))
	require.Equal(t, made[0].People, db.Count("SELECT (change->>'recipients')::bigint FROM audit WHERE what = 'campaign.launched'"))
}
