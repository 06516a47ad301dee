package nodes_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

type findingsCase struct {
	Name   string          `json:"name"`
	Scheme json.RawMessage `json:"scheme"`
	Must   []scheme.Code   `json:"must"`
	May    []scheme.Code   `json:"may"`
}

func findingsCases(t testing.TB) []findingsCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "findings.json"))
	require.NoError(t, err)
	var cases []findingsCase
	require.NoError(t, json.Unmarshal(data, &cases))
	return cases
}

// TestFindings runs the contract's own cases: what must be found, once each, and nothing but what may be besides.
func TestFindings(t *testing.T) {
	t.Parallel()
	types, lang := nodes.All(), expression.New()
	for _, c := range findingsCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			_, findings := scheme.Check(c.Scheme, types, lang)
			found := map[scheme.Code]int{}
			for _, f := range findings {
				found[f.Code]++
				require.True(t, slices.Contains(c.Must, f.Code) || slices.Contains(c.May, f.Code), "%+v", f)
			}
			for _, code := range c.Must {
				require.Equal(t, 1, found[code], code)
			}
		})
	}
}
