package paging_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/paging"
)

// A cursor comes from outside: whatever it is, it is read or refused, and what is read says the same when it is written again.
func FuzzDecode(f *testing.F) {
	type key struct {
		Name string
		ID   int64
	}
	f.Add(paging.Encode(key{"Анна", 7}))
	f.Add("")
	f.Add("e30")
	f.Fuzz(func(t *testing.T, cursor string) {
		var k, again key
		if paging.Decode(cursor, &k) != nil {
			return
		}
		require.NoError(t, paging.Decode(paging.Encode(k), &again))
		require.Equal(t, k, again)
	})
}
