package run

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
)

// What a worker had planned for a segment goes with it: were the segment claimed again by the same worker, a message of
// which nobody knows would pass for one that is asked about already, and nobody would ask.
func TestRetriesGoWithTheirSegment(t *testing.T) {
	t.Parallel()
	given, kept := &segment{}, &segment{}
	asked := channel.Message{Key: channel.Key{Account: 1, Campaign: 1, Ordinal: 1, Attempt: 1}}
	other := channel.Message{Key: channel.Key{Account: 1, Campaign: 1, Ordinal: 2, Attempt: 1}}
	w := NewWorker("w", Deps{Registry: NewRegistry()})
	w.ask(retry{at: 1, seg: given, message: asked})
	w.retries.add(retry{at: 1, seg: given, message: asked})
	w.ask(retry{at: 1, seg: kept, message: other})
	w.dropRetries(given)
	require.Zero(t, w.retries.planned[asked.Key])
	require.NotContains(t, w.asking, asked.Key)
	require.False(t, w.retries.has(given))
	require.True(t, w.retries.has(kept))
	require.Equal(t, kept, w.asking[other.Key])
	due := w.retries.take(1)
	require.Len(t, due, 1)
	require.Equal(t, other.Key, due[0].message.Key)
}
