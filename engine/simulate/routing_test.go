package simulate_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	"kaskad/engine/words"
	"kaskad/nodes"
)

var updateRouting = flag.Bool("update-routing", false, "rewrite the results of testdata/routing")

// routingCase is a file of testdata/routing.
type routingCase struct {
	Name   string          `json:"name"`
	Scheme json.RawMessage `json:"scheme"`
	Script json.RawMessage `json:"script"`
	Result json.RawMessage `json:"result"`
}

func compileRouting(t require.TestingT, doc []byte) *engine.Program {
	checked, findings := scheme.Check(doc, nodes.All(), expression.New())
	require.False(t, scheme.HasErrors(findings), "%v", findings)
	p, err := engine.Compile(checked)
	require.NoError(t, err)
	return p
}

func TestRoutingScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/routing/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var c routingCase
			require.NoError(t, json.Unmarshal(data, &c))
			result, err := simulate.Routing(compileRouting(t, c.Scheme), c.Script, nil)
			require.NoError(t, err)
			got, err := json.Marshal(result)
			require.NoError(t, err)
			if *updateRouting {
				c.Result = got
				var b bytes.Buffer
				e := json.NewEncoder(&b)
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				require.NoError(t, e.Encode(c))
				require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
				return
			}
			require.JSONEq(t, string(c.Result), string(got))
		})
	}
}

const loneOperation = `{"kind": "routing", "name": "case", "nodes": [{"id": "d", "type": "distribute", "name": "d", "x": 0, "y": 0,
	"config": {"to": {"all": true}, "mode": "round_robin", "timeout": "60s"}}, {"id": "w", "type": "webhook", "name": "w", "x": 0, "y": 0,
	"config": {"url": "https://crm.example/"}}], "links": [{"id": "1", "from": "d", "to": "w", "type": "not_accepted"}]}`

func TestRoutingScriptMistakes(t *testing.T) {
	t.Parallel()
	p := compileRouting(t, []byte(loneOperation))
	// with gives a good script with one part replaced.
	with := func(part, value string) string {
		parts := map[string]string{"start": `"2026-06-15T09:00:00Z"`, "operators": `[{"id": "anna", "online": true, "limit": 1}]`}
		parts[part] = value
		var list []string
		for k, v := range parts {
			list = append(list, fmt.Sprintf("%q: %s", k, v))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	_, err := simulate.Routing(p, []byte(with("message", `"hi"`)), nil)
	require.NoError(t, err)
	cases := []struct{ script, names string }{
		{with("start", `""`), `"start"`},
		{with("start", `"yesterday"`), `"start"`},
		{with("start", `5`), `"start"`},
		{with("begin", `1`), `"begin"`},
		{with("zone", `"Mars"`), `"zone"`},
		{with("contact", `{"zone": "Mars"}`), `"contact.zone"`},
		{with("contact", `{"nickname": "A"}`), `"nickname"`},
		{with("dialog", `{"priority": 11}`), `"dialog.priority"`},
		{with("dialog", `{"colour": "red"}`), `"colour"`},
		{with("until", `"soon"`), `"until"`},
		{with("until", `"367d"`), `"until"`},
		{with("operators", `[{"online": true}]`), `"operators[0].id"`},
		{with("operators", `[{"id": "a"}, {"id": "a"}]`), `"operators[1].id"`},
		{with("operators", `[{"id": "a", "limit": -1}]`), `"operators[0].limit"`},
		{with("operators", `[{"id": "a", "open": -1}]`), `"operators[0].open"`},
		{with("operators", `[{"id": "a", "name": "Anna"}]`), `"name"`},
		{with("operators", `{}`), `"operators"`},
		{with("operators", `[`+strings.Repeat(`{"id": "a"}, `, 200)+`{"id": "b"}]`), `"operators"`},
		{with("operators", `[{"id": "a", "skills": [`+strings.Repeat(`"s", `, 50)+`"t"]}]`), `"operators[0].skills"`},
		{with("operators", `[{"id": "a", "groups": [`+strings.Repeat(`"s", `, 50)+`"t"]}]`), `"operators[0].groups"`},
		{with("events", `[`+strings.Repeat(`{"after": "1s", "type": "message"}, `, 2000)+`{"after": "1s", "type": "message"}]`), `"events"`},
		{with("events", `[{"type": "accept", "operator": "anna"}]`), `"events[0].after"`},
		{with("events", `[{"after": "1s", "type": "shout", "operator": "anna"}]`), `"events[0].type"`},
		{with("events", `[{"after": "1s", "type": "accept", "operator": "ivan"}]`), `"events[0].operator"`},
		{with("events", `[{"after": "1s", "type": "message", "operator": "anna"}]`), `"events[0].operator"`},
		{with("events", `[{"after": "1s", "type": "accept", "operator": "anna", "node": "w"}]`), `"events[0].node"`},
		{with("events", `[{"after": "1s", "type": "message", "node": "w"}]`), `"events[0].node"`},
		{with("events", `[{"after": "1s", "type": "accept", "operator": "anna", "value": 1}]`), `"events[0].value"`},
		{with("events", `[{"after": "1s", "type": "limit", "operator": "anna"}]`), `"events[0].value"`},
		{with("events", `[{"after": "1s", "type": "limit", "operator": "anna", "value": "many"}]`), `"events[0].value"`},
		{with("events", `[{"after": "1s", "type": "limit", "operator": "anna", "value": null}]`), `"events[0].value"`},
		{with("events", `[{"after": "1s", "type": "message", "value": 5}]`), `"events[0].value"`},
		{with("events", `[{"after": "1s", "type": "error", "node": "d"}]`), `"events[0].node"`},
		{with("events", `[{"after": "1s", "type": "error"}]`), `"events[0].node"`},
		{with("events", `[{"after": "1s", "type": "accept", "operater": "anna"}]`), `"operater"`},
		{`{} {}`, "end"},
		{`[]`, ""},
		{``, ""},
	}
	for _, tc := range cases {
		_, err := simulate.Routing(p, []byte(tc.script), nil)
		require.ErrorContains(t, err, tc.names, tc.script)
		require.Regexp(t, `\p{Cyrillic}`, words.Of(err).In(words.Russian), tc.script)
	}
}

func TestRoutingRefusesACascade(t *testing.T) {
	t.Parallel()
	_, err := simulate.Routing(&engine.Program{Kind: scheme.Cascade}, []byte(`{}`), nil)
	require.ErrorContains(t, err, "routing scheme")
}

func TestRoutingStopsALoopThatIsTooLong(t *testing.T) {
	t.Parallel()
	p := compileRouting(t, []byte(`{"kind": "routing", "name": "case", "entry": "d", "nodes": [{"id": "d", "type": "distribute", "name": "d",
		"x": 0, "y": 0, "config": {"to": {"all": true}, "timeout": "1s"}}], "links": [{"id": "1", "from": "d", "to": "d", "type": "not_accepted"}]}`))
	_, err := simulate.Routing(p, []byte(`{"start": "2026-06-15T09:00:00Z"}`), nil)
	require.ErrorContains(t, err, `"until"`)
}

func TestRoutingEventsWithoutEffect(t *testing.T) {
	t.Parallel()
	const script = `{"start": "2026-06-15T09:00:00Z", "operators": [{"id": "anna", "online": true, "limit": 1}, {"id": "ivan", "online": true}],
		"events": [{"after": "5s", "type": "accept", "operator": "ivan"}, {"after": "6s", "type": "accept", "operator": "anna"},
		{"after": "7s", "type": "decline", "operator": "anna"}, {"after": "8s", "type": "message", "value": "hi"},
		{"after": "1s", "type": "error", "node": "w", "value": "500"}, {"after": "11m", "type": "message"}], "until": "10m"}`
	r, err := simulate.Routing(compileRouting(t, []byte(loneOperation)), []byte(script), nil)
	require.NoError(t, err)
	require.Equal(t, "accepted", r.Outcome)
	after := func(events []simulate.RoutingEvent) (list []string) {
		for _, e := range events {
			list = append(list, e.After)
		}
		return list
	}
	require.Equal(t, []string{"7s", "8s"}, after(r.Late))
	require.Equal(t, []string{"5s", "1s", "11m"}, after(r.Unused))
}

// TestRoutingTakesTheZoneOfThePhone: a delay until a time of day follows the visitor's clock.
func TestRoutingTakesTheZoneOfThePhone(t *testing.T) {
	t.Parallel()
	p := compileRouting(t, []byte(`{"kind": "routing", "name": "case", "nodes": [{"id": "w", "type": "delay", "name": "w", "x": 0, "y": 0,
		"config": {"until": {"time": "10:00"}}}, {"id": "x", "type": "close", "name": "x", "x": 0, "y": 0, "config": {"reason": "done"}}],
		"links": [{"id": "1", "from": "w", "to": "x", "type": "next"}]}`))
	zone := func(phone string) string {
		require.Equal(t, "+79241234567", phone)
		return "Asia/Vladivostok"
	}
	r, err := simulate.Routing(p, []byte(`{"start": "2026-06-15T09:00:00Z", "contact": {"phone": "+79241234567"}}`), zone)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 6, 16, 0, 0, 0, 0, time.UTC), time.Time(*r.EndedAt))
}

// TestAnyRoutingScript: whatever happens, at most one operator accepts, who held an offer, and it happens again in the
// same way.
func TestAnyRoutingScript(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/routing/*.json")
	require.NoError(t, err)
	var programs []*engine.Program
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var c routingCase
		require.NoError(t, json.Unmarshal(data, &c))
		programs = append(programs, compileRouting(t, c.Scheme))
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(programs).Draw(t, "scheme")
		script := anyRoutingScript(t)
		r, err := simulate.Routing(p, script, nil)
		require.NoError(t, err)
		first, err := json.Marshal(r)
		require.NoError(t, err)
		again, err := simulate.Routing(p, script, nil)
		require.NoError(t, err)
		second, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
		checkRoutingResult(t, r)
	})
}

func anyRoutingScript(t *rapid.T) []byte {
	who := rapid.SampledFrom([]string{"anna", "ivan", "olga"})
	type object = map[string]any
	var operators, events []object
	for _, id := range []string{"anna", "ivan", "olga"} {
		operators = append(operators, object{"id": id, "online": rapid.Bool().Draw(t, "online"), "limit": rapid.IntRange(0, 2).Draw(t, "limit"),
			"open": rapid.IntRange(0, 1).Draw(t, "open"), "groups": []string{"sales", "help"}, "skills": []string{"ru", "en", "vip"}})
	}
	for range rapid.IntRange(0, 15).Draw(t, "events") {
		e := object{"after": fmt.Sprintf("%ds", rapid.IntRange(0, 200).Draw(t, "after")),
			"type": rapid.SampledFrom([]string{"online", "offline", "limit", "accept", "accept", "accept", "decline", "message"}).Draw(t, "type")}
		switch e["type"] {
		case "message":
			e["value"] = rapid.SampledFrom([]string{"1", "человек", "?"}).Draw(t, "text")
		case "limit":
			e["operator"], e["value"] = who.Draw(t, "who"), rapid.IntRange(0, 2).Draw(t, "new limit")
		default:
			e["operator"] = who.Draw(t, "who")
		}
		events = append(events, e)
	}
	script, err := json.Marshal(object{"start": "2026-06-15T09:00:00Z", "operators": operators, "events": events, "until": "5m"})
	require.NoError(t, err)
	return script
}

func checkRoutingResult(t *rapid.T, r *simulate.RoutingResult) {
	require.NotEmpty(t, r.Steps)
	last := r.Steps[len(r.Steps)-1]
	require.Equal(t, r.Outcome == "waiting", r.EndedAt == nil)
	require.Equal(t, r.Outcome == "waiting", last.DecidedAt == nil)
	require.Equal(t, r.Outcome == "accepted", r.Operator != "")
	for i, s := range r.Steps {
		if i < len(r.Steps)-1 {
			require.NotNil(t, s.DecidedAt)
			require.NotEmpty(t, s.Reason)
		}
		by, accepted := strings.CutPrefix(s.Reason, "accepted:")
		held := false
		for _, o := range s.Offers {
			held = held || o.Operator == by && !time.Time(*s.DecidedAt).After(time.Time(o.Until))
		}
		require.Equal(t, accepted, accepted && held, "accepted without an offer")
	}
	if r.Outcome == "accepted" {
		require.Equal(t, "accepted:"+r.Operator, last.Reason)
		require.Equal(t, *last.DecidedAt, *r.EndedAt)
	}
}

// FuzzRoutingScript: a hostile script is refused or walked through, never more.
func FuzzRoutingScript(f *testing.F) {
	p := compileRouting(f, []byte(loneOperation))
	f.Add([]byte(`{"start": "2026-06-15T09:00:00Z", "operators": [{"id": "anna", "online": true}], "until": "1m"}`))
	f.Add([]byte(`{"start": "2026-06-15T09:00:00Z", "events": [{"after": "1s", "type": "error", "node": "w", "value": "500"}]}`))
	f.Add([]byte(`{"start": 1}`))
	f.Fuzz(func(t *testing.T, script []byte) {
		r, err := simulate.Routing(p, script, nil)
		require.Equal(t, err == nil, r != nil)
	})
}
