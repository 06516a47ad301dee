package run

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// looking is a session that looks at a server and gives back whatever it is told to.
type looking struct {
	Session
	server   int64
	released []SegmentKey
}

func (l *looking) Tick(context.Context, []Cursor) (*Tick, error) {
	return &Tick{Now: 1, Watermark: 1, Server: l.server}, nil
}

func (l *looking) Release(_ context.Context, c Claimed, _ engine.Instant) (bool, error) {
	l.released = append(l.released, c.Key)
	return true, nil
}

// holding makes a worker that holds a segment with a recipient who waits for a launch a day ahead, and one who has been launched.
func holding(c *campaign) (w *Worker, s *segment, l *looking) {
	l = &looking{server: 1}
	w = NewWorker("w", Deps{Registry: NewRegistry(), Dispatcher: &Dispatcher{}, Clock: func() time.Time { return time.Unix(1_000_000, 0) }})
	w.session, w.now, w.watermark = l, 1_000_000_000_000, 1_000_000_000_000
	c.program = &engine.Program{Nodes: []engine.Node{{ID: "s", Block: &engine.Message{Channel: "sms"}}}}
	w.keepCampaign(c)
	s = newSegment(Claimed{Key: SegmentKey{1, 2, 0}, Recipients: []Recipient{
		{Ordinal: 0, State: engine.State{Phase: engine.Held, Wake: w.now.Add(24 * time.Hour)}},
		{Ordinal: 1, State: engine.State{Phase: engine.Sending, Attempt: 1, Unsure: true}},
	}}, c, func(string) int16 { return 0 })
	s.judging, s.left = false, nil
	w.keep(s)
	w.turn.reset()
	return w, s, l
}

// Not everybody has a turn at once. Whoever has not been interrupted yet, or has not been looked at since the terms changed, does
// not sleep until an instant of before.
func TestASegmentThatWaitsForItsTurnIsNotPutAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state             string
		revision, revised int64
		away              bool
	}{
		"it rests":                          {"running", 4, 4, true},
		"it is cancelled":                   {"cancelled", 4, 4, false},
		"its terms are not looked at again": {"running", 4, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, l := holding(&campaign{Campaign: Campaign{Key: CampaignKey{1, 2}, State: c.state, Revision: c.revision}})
			s.revised = c.revised
			require.NoError(t, w.tidy(t.Context()))
			require.Equal(t, c.away, len(l.released) == 1)
			require.Equal(t, c.away, w.segs[s.Key] == nil)
		})
	}
}

// While somebody is looked for, what is left out of a turn is taken again later, whether it is stored or not, and nothing is read
// for it.
func TestWhatIsLeftOutOfATurnIsTakenAgain(t *testing.T) {
	t.Parallel()
	w, s, _ := holding(&campaign{Campaign: Campaign{Key: CampaignKey{1, 2}, State: "running", Open: true}})
	key := channel.Key{Account: 1, Campaign: 2, Ordinal: 1, Attempt: 1}
	w.uncertain(place{s, 1}, key)
	w.turn.want(place{s, 0})
	w.leaveIn([]recipientKey{{CampaignKey{1, 2}, 0}})
	require.Empty(t, w.turn.events)
	require.Empty(t, w.turn.wanted)
	require.Empty(t, w.turn.wantedData)
	w.turn.reset()
	w.takeDoubts()
	require.Len(t, w.turn.events, 1)
	require.Equal(t, key, w.turn.events[0].in.Key)
	require.Equal(t, engine.Uncertainty, w.turn.events[0].in.Kind)
	w.turn.reset()
	w.takeDoubts()
	require.Empty(t, w.turn.events, "once")
}

// A server that took over may lack the recipients that were found on the one before, and give their numbers to others.
func TestWhoIsFoundOnAServerIsForgottenOnAnother(t *testing.T) {
	t.Parallel()
	w, _, l := holding(&campaign{Campaign: Campaign{Key: CampaignKey{1, 2}, State: "running"}})
	look := func() {
		_, err := w.look(t.Context(), time.Unix(1_000_000, 0))
		require.NoError(t, err)
	}
	look()
	w.isolation.bad = map[recipientKey]int{{CampaignKey{1, 2}, 0}: 1}
	look()
	require.Len(t, w.isolation.bad, 1)
	l.server = 2
	look()
	require.Empty(t, w.isolation.bad)
}
