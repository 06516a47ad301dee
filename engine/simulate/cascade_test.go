package simulate_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/simulate"
)

var update = flag.Bool("update", false, "rewrite the results of testdata/cascade")

// cascadeCase is a file of testdata/cascade: one walk, named after what it shows, with the section of the contract
// (engine/scheme/CONTRACT.md) that demands its result.
type cascadeCase struct {
	Name   string          `json:"name"`
	Rule   string          `json:"rule"`
	Scheme json.RawMessage `json:"scheme"`
	Script json.RawMessage `json:"script"`
	Result json.RawMessage `json:"result"`
}

// TestCascadeScripts runs the walks of testdata/cascade. After a wanted change `go test ./engine/simulate -update`
// rewrites the results; read the difference against the contract.
func TestCascadeScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cascade/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var c cascadeCase
			require.NoError(t, json.Unmarshal(data, &c))
			require.NotEmpty(t, c.Rule)
			result, err := simulate.Cascade(compile(t, c.Scheme), c.Script, nil)
			require.NoError(t, err)
			got, err := json.Marshal(result)
			require.NoError(t, err)
			if !*update {
				require.JSONEq(t, string(c.Result), string(got))
				return
			}
			c.Result = got
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			require.NoError(t, e.Encode(c))
			require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
		})
	}
}
