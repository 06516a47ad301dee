package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store"
)

func TestTheServersRoomForLocks(t *testing.T) {
	t.Parallel()
	l := store.Locks{PerTransaction: 64, Transactions: 100, Segments: 3200}
	require.EqualValues(t, 3200, l.Room())
	require.False(t, l.Short())
	require.Equal(t, "room for 3200 held segments, 3200 have open recipients", l.String())
	l.Segments = 3201
	require.True(t, l.Short())
	require.Contains(t, l.String(), "max_locks_per_transaction to 65 or more")

	w := newWorld(t)
	w.campaign(1, w.people(3))
	got, err := w.store.Locks(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, got.Segments)
	require.Equal(t, w.count("SELECT current_setting('max_locks_per_transaction')::bigint"), got.PerTransaction)
	beat, err := w.store.Beat(t.Context(), "one", 2, time.Minute)
	require.NoError(t, err)
	require.EqualValues(t, got.Room(), beat.Room)
	require.Equal(t, []int{2, 1}, []int{beat.Workers, beat.Segments})
}
