package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/report"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

func TestOf(t *testing.T) {
	t.Parallel()
	checked, found := scheme.Check([]byte(`{"kind": "cascade", "name": "x", "nodes": [
		{"id": "s", "type": "sms", "name": "First", "config": {"sender": "SHOP", "text": "hi"}},
		{"id": "g", "type": "goal", "config": {}}],
		"links": [{"id": "1", "from": "s", "to": "g", "type": "status", "value": "delivered"}]}`), nodes.All(), expression.New())
	require.False(t, scheme.HasErrors(found), "%v", found)
	program, err := engine.Compile(checked)
	require.NoError(t, err)
	got := report.Of(program, 10, report.Figures{
		-1: {"end:goal": 4, "end:failed": 1},
		0:  {"entered": 9, "sent": 8, "delivered": 5, "accepted": 8, "error:no_address": 1, "link:0": 4, "ended": 1},
		1:  {"entered": 4, "goal": 4, "ended": 4},
	})
	require.Equal(t, int64(5), got.Open)
	require.Equal(t, map[string]int64{"goal": 4, "completed": 0, "failed": 1, "interrupted": 0}, got.Endings)
	require.Equal(t, report.Block{ID: "s", Type: "sms", Name: "First", Entered: 9, Sent: 8,
		Facts: map[string]int64{"delivered": 5, "accepted": 8}, Errors: map[string]int64{"no_address": 1},
		Links: []report.Link{{ID: "1", Type: "status", Value: "delivered", To: "g", Count: 4}}, Ended: 1, Open: 4}, got.Blocks[0])
	require.Zero(t, got.Blocks[1].Open)
}
