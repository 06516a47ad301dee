package run

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever puts a segment away waits for those who may rely on its being held, and for nobody else.
func TestASegmentIsRemovedWhenNobodyReliesOnIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w, key := NewRegistry(), NewWorker("w", Deps{}), SegmentKey{1, 2, 3}
		r.add(key, w)
		end, removed := make(chan struct{}), false
		go func() {
			_ = r.during(func(held func(SegmentKey) bool) error {
				assert.True(t, held(key))
				<-end
				return nil
			})
		}()
		synctest.Wait()
		go func() {
			r.remove(w, key)
			removed = true
		}()
		synctest.Wait()
		require.False(t, removed)
		require.NoError(t, r.during(func(held func(SegmentKey) bool) error {
			require.False(t, held(key), "whoever comes later knows that it goes")
			return nil
		}))
		require.False(t, removed)
		close(end)
		synctest.Wait()
		require.True(t, removed)
		require.Nil(t, r.owner(key))
	})
}
