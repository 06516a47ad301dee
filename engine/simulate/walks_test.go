package simulate_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	"kaskad/nodes"
)

// walk is a scheme, a script and the result that the contract demands.
type walk struct {
	Scheme json.RawMessage `json:"scheme"`
	Script json.RawMessage `json:"script"`
	Result json.RawMessage `json:"result"`
}

func compile(t testing.TB, document []byte) *engine.Program {
	t.Helper()
	checked, findings := scheme.Check(document, nodes.All(), expression.New())
	require.False(t, scheme.HasErrors(findings), "%v", findings)
	program, err := engine.Compile(checked)
	require.NoError(t, err)
	return program
}

// TestWalksOfTheContract runs every example walk that came with the contract.
func TestWalksOfTheContract(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/walks.json"} {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var walks []walk
		require.NoError(t, json.Unmarshal(data, &walks))
		require.NotEmpty(t, walks)
		for _, w := range walks {
			var doc scheme.Document
			require.NoError(t, json.Unmarshal(w.Scheme, &doc))
			t.Run(doc.Name, func(t *testing.T) {
				t.Parallel()
				result, err := simulate.Cascade(compile(t, w.Scheme), w.Script, nil)
				require.NoError(t, err)
				got, err := json.Marshal(result)
				require.NoError(t, err)
				require.JSONEq(t, string(w.Result), string(got))
			})
		}
	}
}
