package run

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// intents is a session that has intents without an answer.
type intents struct {
	Session
	rows []MessageRow
}

func (s intents) Unanswered(context.Context, []channel.Key) ([]MessageRow, error) { return s.rows, nil }

// A process is frozen while its dispatcher has a message; another one takes the segment over, finds out that nobody has the
// message, hands it over and gives the segment back. The first wakes: that it came too late to hand its own copy over says
// nothing of the other's, so the message is not handed over before the provider has been asked.
func TestWhatWasToldUnderAFormerClaimProvesNothing(t *testing.T) {
	t.Parallel()
	key := channel.Key{Account: 1, Campaign: 2, Ordinal: 0, Node: 0, Attempt: 1}
	began, clock := engine.Instant(1_000_000_000_000), time.Unix(1_000_000, 0)
	mine := began.Add(HandWithin)
	for name, c := range map[string]struct {
		handBy  engine.Instant // what the row says
		result  channel.Result
		again   bool
		pause   time.Duration
		inReply bool // the result is there before the judging
	}{
		"another owner has handed it over":    {mine.Add(HandWithin), channel.Result{Status: channel.NotTaken, Code: CodeTooLate}, false, 0, true},
		"nobody has handed it over since":     {mine, channel.Result{Status: channel.NotTaken, Pause: time.Second}, true, time.Second, true},
		"nobody has, but nobody knows either": {mine, channel.Result{Status: channel.Uncertain}, false, 0, true},
		"the other owner knew that none has":  {Untaken, channel.Result{Status: channel.NotTaken}, true, 0, true},
		"nothing was told":                    {mine, channel.Result{}, false, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := NewWorker("w", Deps{Registry: NewRegistry(), Dispatcher: &Dispatcher{}})
			w.now, w.watermark, w.ticked = began, began, clock
			w.session = intents{rows: []MessageRow{{Key: key, HandBy: c.handBy, Content: []byte("{}")}}}
			program := &engine.Program{Nodes: []engine.Node{{ID: "s", Block: &engine.Message{Channel: "sms"}}}}
			s := newSegment(Claimed{Key: segmentOf(key), Recipients: []Recipient{{State: engine.State{Phase: engine.Sending, Attempt: 1}}}},
				&campaign{program: program}, func(string) int16 { return 0 })
			w.segs[s.Key], w.order = s, []*segment{s}
			w.turn.reset()
			if c.inReply {
				w.takeResults([]Answered{{Message: channel.Message{Key: key, HandBy: w.local(mine)}, Result: c.result}})
				require.Empty(t, w.retries.list, "first it is judged")
			}
			require.NoError(t, w.judge(t.Context()))
			require.Len(t, w.retries.list, 1)
			got := w.retries.list[0]
			require.Equal(t, !c.again, got.judge)
			if c.again {
				require.Equal(t, began.Add(c.pause), got.at)
			} else {
				require.Equal(t, c.handBy.Add(JudgeAfter), got.at)
			}
			require.False(t, s.judging)
			require.Empty(t, s.told)
		})
	}
}
