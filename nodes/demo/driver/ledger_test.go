package driver

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// Whatever a message says, the ledger says it too.
func TestLedgerLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\\\t\n\rtnr я]*`))
		want := Request{At: time.UnixMicro(rapid.Int64Range(0, 1<<55).Draw(t, "at")).UTC(),
			Key: channel.Key{Account: rapid.Int64().Draw(t, "account"), Campaign: rapid.Int64().Draw(t, "campaign"),
				Ordinal: rapid.Int64().Draw(t, "ordinal"), Node: rapid.Int16().Draw(t, "node"), Attempt: rapid.Uint8().Draw(t, "attempt")},
			Asking:   rapid.IntRange(1, 255).Draw(t, "asking"),
			Decision: demo.Decision(rapid.SampledFrom([]byte("tulrdnx")).Draw(t, "decision")),
			Channel:  text.Draw(t, "channel"), Address: text.Draw(t, "address"), Reason: text.Draw(t, "reason"),
			Text: text.Draw(t, "text"), Traits: demo.Traits(rapid.Uint16().Draw(t, "traits"))}
		line := appendRequest(nil, micros(want.At), &demo.Request{Key: want.Key, Asking: uint8(want.Asking),
			Traits: want.Traits}, want.Decision, want.Reason, &message{want.Channel, want.Address, want.Text})
		require.Len(t, slices.DeleteFunc(slices.Clone(line), func(c byte) bool { return c != '\n' }), 1)
		got, err := parseRequest(line[:len(line)-1])
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("r\t1700000000000000\t3\t9\t1\t2\t1\t1\tt\t0\tsms\t+7\t\ttext\\n\\x\\"))
	f.Add([]byte("r\t"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRequest(line)
		if err != nil {
			return
		}
		again := appendRequest(nil, micros(r.At), &demo.Request{Key: r.Key, Asking: uint8(r.Asking), Traits: r.Traits},
			r.Decision, r.Reason, &message{r.Channel, r.Address, r.Text})
		other, err := parseRequest(again[:len(again)-1])
		require.NoError(t, err)
		require.Equal(t, r, other)
	})
}

func TestLastLine(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, 20<<10))
	for text, want := range map[string]struct {
		line string
		end  int64
	}{
		"":                    {"", 0},
		"torn":                {"", 0},
		"one\n":               {"one", 4},
		"one\ntwo\nto":        {"two", 8},
		"one\n" + long + "\n": {long, int64(len(long)) + 5},
		"one\ne\n" + long:     {"e", 6},
	} {
		path := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		f, err := os.Open(path)
		require.NoError(t, err)
		line, end, err := lastLine(f)
		require.NoError(t, err)
		require.Equal(t, want.line, line)
		require.Equal(t, want.end, end)
		require.NoError(t, f.Close())
	}
}

// The plan gives events in order of time, however they came.
func TestPlanGivesInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		due := rapid.SliceOf(rapid.Int64Range(0, 1000)).Draw(t, "due")
		var h heap
		for _, at := range due {
			h.push(entry{due: at})
		}
		var got []int64
		for len(h) > 0 {
			got = append(got, h.pop().due)
		}
		slices.Sort(due)
		require.Equal(t, append([]int64(nil), due...), got)
	})
}

// A mark never passes what is still to be reported.
func TestMarks(t *testing.T) {
	t.Parallel()
	now := time.UnixMicro(1000)
	p := newPlan(func() time.Time { return now }, 1)
	require.Equal(t, int64(1000), p.reported())
	call, at, _, ok := p.begin(10)
	require.True(t, ok)
	now = time.UnixMicro(2000)
	require.Equal(t, int64(1000), p.reported(), "a call is under way")
	p.end(call, at, []entry{{due: 1000}}, []entry{{due: 1500}, {due: math.MaxInt64 / 2}})
	require.Equal(t, int64(1000), p.reported())
	batch, ok := p.take(0, nil, nil, 1)
	require.True(t, ok)
	require.Equal(t, int64(1500), batch[0].due, "what waited comes first")
	require.Equal(t, int64(1000), p.reported())
	batch, ok = p.take(0, nil, nil, 1)
	require.True(t, ok)
	require.Equal(t, int64(1000), batch[0].due)
	require.Equal(t, int64(1000), p.reported(), "the reporter has it")
	p.close()
	_, ok = p.take(0, nil, nil, 1)
	require.False(t, ok)
	require.Equal(t, int64(2000), p.reported())
	_, _, full, ok := p.begin(10)
	require.False(t, ok)
	require.False(t, full)
}
