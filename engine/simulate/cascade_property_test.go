package simulate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/run/sim/drawn"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
)

type object = map[string]any

func oneOf[T any](d *rand.Rand, list []T) T { return list[d.IntN(len(list))] }

func anyScript(t *rapid.T, d *rand.Rand, ids []string) []byte {
	pairs := []string{"status:delivered", "status:delivered", "status:viewed", "status:clicked", "status:not_delivered", "status:spam",
		"status:unsubscribed", "status:answered", "status:no_answer", "status:no_answer", "reply:Да!", "reply:нет", "reply:стоп", "ivr:1",
		"ivr:2", "ivr:9", "ivr:#", "error:rejected", "error:500", "error:unsubscribed"}
	events := []object{}
	for range d.IntN(15) {
		kind, value, _ := strings.Cut(oneOf(d, pairs), ":")
		e := object{"node": oneOf(d, ids), "type": kind, "value": value,
			"after": oneOf(d, []string{"0s", "0s", "1s", "1m", "10m", "30m", "1h", "2h", "1d"})}
		if d.IntN(3) == 0 {
			e["attempt"] = 1 + d.IntN(3)
		}
		events = append(events, e)
	}
	campaign := object{"id": "c", "zone": "Europe/Berlin"}
	if d.IntN(3) == 0 {
		campaign["window"] = object{"zone": "recipient", "days": []int{1, 2, 5, 7}, "from": "10:00", "to": "21:00"}
	}
	if d.IntN(3) == 0 {
		campaign["end"] = "2026-03-31T12:00:00Z"
	}
	script, err := json.Marshal(object{"start": "2026-03-28T08:00:00Z", "campaign": campaign, "events": events, "recipient": object{
		"ordinal": d.IntN(100), "zone": oneOf(d, []string{"Europe/Berlin", "Asia/Tokyo"})}})
	require.NoError(t, err)
	return script
}

func TestAnyScript(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Drawn from a seed: rapid's own ranges prefer small numbers, and walks would seldom go far.
		d := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		doc, ids := drawn.Cascade(d)
		p := compileRouting(t, doc)
		for range 10 {
			script := anyScript(t, d, ids)
			result, err := simulate.Cascade(p, script, nil)
			require.NoError(t, err)
			again, err := simulate.Cascade(p, script, nil)
			require.NoError(t, err)
			require.Equal(t, asText(t, result), asText(t, again))
			checkSteps(t, p, result)
			checkLists(t, script, result)
		}
	})
}

func asText(t require.TestingT, r *simulate.Result) string {
	data, err := json.Marshal(r)
	require.NoError(t, err)
	return string(data)
}

// checkSteps requires a path along links from the entry, with one ending.
func checkSteps(t *rapid.T, p *engine.Program, r *simulate.Result) {
	require.Contains(t, []string{"goal", "completed", "failed", "interrupted"}, r.Outcome)
	require.NotEmpty(t, r.Steps)
	at, entered := p.Nodes[p.Entry].ID, time.Date(2026, 3, 28, 8, 0, 0, 0, time.UTC)
	for i, s := range r.Steps {
		require.Equal(t, at, s.Node)
		require.Equal(t, entered, time.Time(s.EnteredAt), "entered when the block before was left")
		require.False(t, time.Time(s.DecidedAt).Before(entered))
		n, _ := p.NodeIndex(s.Node)
		if s.SentAt != nil {
			sent := time.Time(*s.SentAt)
			require.False(t, sent.Before(entered) || sent.After(time.Time(s.DecidedAt)))
			if m, ok := p.Nodes[n].Block.(*engine.Message); ok && m.Window != nil {
				berlin, err := scheme.LoadZone("Europe/Berlin")
				require.NoError(t, err)
				open, _, ok := m.Window.Next(sent, berlin)
				require.True(t, ok && open.Equal(sent), "sent outside the window")
			}
		}
		entered = time.Time(s.DecidedAt)
		if i == len(r.Steps)-1 {
			require.Empty(t, s.Link)
			require.Equal(t, time.Time(r.EndedAt), entered)
			break
		}
		link := slices.IndexFunc(p.Nodes[n].Links, func(l engine.Link) bool { return l.ID == s.Link })
		require.GreaterOrEqual(t, link, 0)
		at = p.Nodes[p.Nodes[n].Links[link].To].ID
	}
}

// checkLists requires that each event is in one of the two lists at most, in the script's order, and that what belongs
// to a block that was never entered is unused.
func checkLists(t *rapid.T, script []byte, r *simulate.Result) {
	var s simulate.Script
	require.NoError(t, json.Unmarshal(script, &s))
	key := func(e simulate.Event) string {
		return fmt.Sprint(e.Node, " ", e.After, " ", max(e.Attempt, 1), " ", e.Type, " ", e.Value)
	}
	left, unused, visited := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, e := range s.Events {
		left[key(e)]++
	}
	for _, step := range r.Steps {
		visited[step.Node] = true
	}
	for _, list := range [][]simulate.Event{r.Late, r.Unused} {
		from := 0
		for _, e := range list {
			left[key(e)]--
			require.GreaterOrEqual(t, left[key(e)], 0, "in both lists")
			at := slices.IndexFunc(s.Events[from:], func(o simulate.Event) bool { return key(o) == key(e) })
			require.GreaterOrEqual(t, at, 0, "in the script's order")
			from += at + 1
		}
	}
	for _, e := range r.Late {
		require.True(t, visited[e.Node], "late at a block that was never entered")
	}
	for _, e := range r.Unused {
		unused[key(e)]++
	}
	for _, e := range s.Events {
		if !visited[e.Node] {
			require.Positive(t, unused[key(e)])
		}
	}
}
