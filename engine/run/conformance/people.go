package conformance

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
)

// capsChange: a cap that is changed is the one that the next transaction is given, and whether there is one is heard of at the
// next look; a test has none.
func capsChange(l *lab) {
	people := l.people(1)
	key, test := l.Campaign(people...), l.Campaign(people...)
	l.Test(test)
	s := l.session(l.store, "one")
	l.claims(s, time.Second)
	now := time.Now()
	for _, n := range []int{0, 2, 1, 0, 3} {
		l.Cap(n)
		found, err := l.store.States(l.Context(), []run.CampaignKey{key, test})
		require.NoError(l, err)
		require.Equal(l, n > 0, found[key].Capped)
		require.Equal(l, n > 0, l.read1(key).Capped)
		require.False(l, found[test].Capped)
		require.False(l, l.read1(test).Capped)
		given, err := s.Begin(l.Context(), map[int64][]int64{Account: people},
			run.Launching{Account: Account, Contact: people[0], Campaign: key.Campaign, Capped: true})
		require.NoError(l, err)
		limit := given[run.PersonKey{Account: Account, Contact: people[0]}].Cap
		require.Equal(l, n > 0, limit != nil)
		if n > 0 {
			require.True(l, limit.Reached(slices.Repeat([]time.Time{now}, n), now, time.UTC))
			require.False(l, limit.Reached(slices.Repeat([]time.Time{now}, n-1), now, time.UTC))
		}
		require.NoError(l, s.Rollback(l.Context()))
	}
}

// unreadable: a contact that cannot be read fails those who ask for it, and nobody else.
func unreadable(l *lab) {
	people := l.people(2)
	_, s, c := l.held(1)
	l.Spoil(people[0])
	_, err := s.Begin(l.Context(), map[int64][]int64{Account: people})
	require.ErrorIs(l, err, run.ErrData)
	require.NoError(l, s.Rollback(l.Context()))
	found, err := s.Begin(l.Context(), map[int64][]int64{Account: people[1:]})
	require.NoError(l, err)
	require.Len(l, found, 1)
	require.NoError(l, s.Commit(l.Context(), &run.Batch{Segments: []run.SegmentUpdate{update(&c)}}), "the session is as good as before")
}
