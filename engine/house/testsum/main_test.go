package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in             string
		passed, failed int
		want, without  []string
	}{
		"all pass": {
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"pass","Package":"p","Elapsed":0.25}`,
			passed: 1, want: []string{"ok   p 0.2s"}, without: []string{"RUN"},
		},
		"a failure shows its words": {
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: not equal\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p","Elapsed":1}`,
			passed: 1, failed: 1, want: []string{"FAIL p TestA\n", "a_test.go:7: not equal", "FAIL p 1.0s"}, without: []string{"RUN"},
		},
		"a package that is not built": {
			in: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"a.go:3:1: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			failed: 1, want: []string{"FAIL p (not built)", "undefined: x"},
		},
		"a crash": {
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: no\n"}
{"Action":"output","Package":"p","Output":"exit status 2\n"}
{"Action":"fail","Package":"p"}`,
			failed: 1, want: []string{"FAIL p TestA (was running)", "panic: no", "exit status 2"},
		},
		"other words": {in: "go: downloading x\n", want: []string{"go: downloading x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			s, err := summarise(strings.NewReader(c.in), &out)
			require.NoError(t, err)
			require.Equal(t, []int{c.passed, c.failed}, []int{s.passed, s.failed})
			for _, want := range c.want {
				require.Contains(t, out.String(), want)
			}
			for _, without := range c.without {
				require.NotContains(t, out.String(), without)
			}
		})
	}
}

func TestLongOutputKeepsItsEnd(t *testing.T) {
	t.Parallel()
	s := &summary{output: map[string]string{}}
	s.keep("a", strings.Repeat("x", maxOutput))
	s.keep("a", "end")
	require.Len(t, s.output["a"], maxOutput)
	require.True(t, strings.HasSuffix(s.output["a"], "end"))
}
