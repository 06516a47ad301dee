package main

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"kaskad/engine/report/trace"
	"kaskad/engine/run"
)

// What the runtime says of a trouble is told in the reader's language: the trace knows each of its words.
func TestATraceKnowsTheRuntimesTroubles(t *testing.T) {
	t.Parallel()
	program, err := compileScheme(demoCascade)
	require.NoError(t, err)
	for _, what := range []string{run.TroubleExpression, run.TroubleStored, run.TroubleAside} {
		w := &trace.Walk{Program: program, Campaign: trace.Campaign{Name: "Весна"}, Zone: "Europe/Moscow",
			Troubles: []trace.Trouble{{What: what, At: time.Unix(1, 0)}}}
		told := ""
		for _, l := range trace.Tell(w, "ru").Lines {
			if strings.HasPrefix(l.Text, "затруднение: ") {
				told = l.Text
			}
		}
		require.NotEmpty(t, told, what)
		require.False(t, strings.ContainsFunc(told, func(r rune) bool { return unicode.Is(unicode.Latin, r) }), told)
	}
}
