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
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
)

// kinds are configs of every block that may stand in a cascade, with what links of it may take.
var kinds = []struct {
	kind, config string
	outcomes     []string
}{
	{"viber", `{"sender": "S", "text": "{{ link(\"https://shop.example/\") }}", "decision_time": "2h"}`,
		[]string{"status=spam", "status=unsubscribed", "status=clicked", "status=viewed", "status=delivered", "status=not_delivered",
			`reply=says(reply, "да")`, "reply", "error", "error=rejected"}},
	{"viber", `{"sender": "S", "text": "Hello", "decision_time": "30m", "window": {"zone": "sender", "days": [1, 3, 6], "from": "22:00", "to": "03:00"}}`,
		[]string{"status=viewed", "status=clicked", "status=delivered", "status=not_delivered", "error=window_closed"}},
	{"sms", `{"sender": "S", "text": "Hello"}`, []string{"status=delivered", "status=not_delivered", "reply", "error=unsubscribed"}},
	{"vk", `{"sender": "S", "text": "{{ link(\"https://shop.example/\") }}"}`, []string{"status=clicked", "status=viewed", "reply=len(reply) > 3"}},
	{"ok", `{"sender": "S", "text": "Hello"}`, []string{"status=viewed", "status=delivered", "status=not_delivered"}},
	{"whatsapp", `{"sender": "S", "template": "t", "decision_time": "1m"}`,
		[]string{"status=unsubscribed", "status=clicked", "status=delivered", "status=not_delivered", "error"}},
	{"voice", `{"sender": "S", "text": "Hello", "redial": {"attempts": 3, "interval": "10m"},
		"ivr": {"1": {"action": "record"}, "2": {"action": "repeat"}, "9": {"action": "unsubscribe"}}}`,
		[]string{"status=unsubscribed", "status=answered", "status=no_answer", "ivr=1", "error=no_funds"}},
	{"delay", `{"for": "1d2h", "until": {"time": "02:30", "days": [1, 4, 7]}}`, []string{"next"}},
	{"split", `{"variants": [{"id": "a", "weight": 3}, {"id": "b", "weight": 2}], "winner": {"share": 20, "wait": "4h", "metric": "clicked", "min": 1}}`,
		[]string{"variant=a", "variant=b"}},
	{"goal", `{}`, []string{"next"}},
	{"condition", `{"branches": [{"id": "a", "when": "contact.attributes.city == \"Омск\""}]}`, []string{"branch=a", "branch=else"}},
	{"webhook", `{"url": "https://crm.example/"}`, []string{"next", "error", "error=500"}},
	{"update", `{"set": {"city": "\"Омск\""}, "add_tags": ["x"]}`, []string{"next"}},
}

type object = map[string]any

func oneOf[T any](d *rand.Rand, list []T) T { return list[d.IntN(len(list))] }

// anyScheme draws a cascade in which every block can be reached, and gives it with its blocks' ids.
func anyScheme(t *rapid.T, d *rand.Rand) ([]byte, []string) {
	n := 1 + d.IntN(8)
	var nodes, links []object
	var ids []string
	var free [][2]string // outcomes without a link, with their block
	for i := range n {
		k := oneOf(d, kinds)
		id := fmt.Sprint("n", i)
		draw := func(j int, at string) {
			kind, value, _ := strings.Cut(free[j][1], "=")
			links = append(links, object{"id": fmt.Sprint("l", len(links)), "from": free[j][0], "to": at, "type": kind, "value": value})
			free = slices.Delete(free, j, j+1)
		}
		if i > 0 {
			if len(free) == 0 {
				break
			}
			for range 1 + d.IntN(min(4, len(free))) {
				draw(d.IntN(len(free)), id)
			}
		}
		nodes, ids = append(nodes, object{"id": id, "type": k.kind, "name": id, "x": 0, "y": 0, "config": json.RawMessage(k.config)}), append(ids, id)
		for _, o := range k.outcomes {
			free = append(free, [2]string{id, o})
		}
	}
	if links == nil {
		links = []object{}
	}
	doc, err := json.Marshal(object{"kind": "cascade", "name": "any", "nodes": nodes, "links": links})
	require.NoError(t, err)
	return doc, ids
}

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
		doc, ids := anyScheme(t, d)
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
