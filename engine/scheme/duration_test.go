package scheme_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/scheme"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"1w2d3h4m5s": 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second, "90m": 90 * time.Minute, "0s": 0, "1d2h": day + 2*time.Hour,
		"01h": time.Hour, "366d": 366 * day, "86400s": day,
	} {
		d, err := scheme.ParseDuration(s)
		require.NoError(t, err, s)
		require.Equal(t, want, d.Total(), s)
	}
	for _, s := range []string{"", "5", "5x", "1h1d", "1h1h", "1.5h", "-1h", "+1h", " 1h", "1h ", "h", "1H", "1ms", "1h 30m", "9999999999s",
		"999999999w", "999999999h", "213504d", "5124096h", "307445735m", "36601d", "1h٣m", "1\u0000h"} {
		_, err := scheme.ParseDuration(s)
		require.Error(t, err, s)
	}
	var d scheme.Duration
	for _, s := range []string{`5`, `null`, `"5"`, `{}`} {
		require.Error(t, json.Unmarshal([]byte(s), &d), s)
	}
}

func TestDurationIsReadBackAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := scheme.Duration{Days: rapid.IntRange(0, 36_600).Draw(t, "days"),
			Elapsed: time.Duration(rapid.IntRange(0, 1_000_000_000).Draw(t, "seconds")) * time.Second}
		text, err := json.Marshal(d)
		require.NoError(t, err)
		var back scheme.Duration
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, d, back)
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1w2d3h4m5s", "5x", "", "999999999w", "1h1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := scheme.ParseDuration(s)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, d.Total(), time.Duration(0), s)
		back, err := scheme.ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d.Total(), back.Total())
	})
}
