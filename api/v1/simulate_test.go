package v1_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	v1 "kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/library"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

func TestFindingsOfAnyDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Analyst)
	found := into[v1.Checkup](m.post("/findings", object{"document": cascade("Весна")}, 200))
	require.Empty(t, found.Findings)
	require.Len(t, found.Outcomes, 3)
	require.Contains(t, found.Outcomes["v"], v1.Outcome{Type: scheme.LinkStatus, Value: "delivered"})

	broken := changed("Весна", "v", "{{ contact.nme }}")
	english := into[v1.Checkup](m.post("/findings", object{"document": broken}, 200)).Findings
	russian := into[v1.Checkup](m.russian().post("/findings", object{"document": broken}, 200)).Findings
	require.Equal(t, scheme.BadTemplate, english[0].Code)
	require.Equal(t, "/nodes/0/config/text", english[0].Field)
	require.Regexp(t, "[а-яё]{4}", russian[0].Message)
	require.NotRegexp(t, "[а-яё]", english[0].Message)

	for _, document := range []any{nil, 5, "x", []int{}, object{}} {
		require.True(t, scheme.HasErrors(into[v1.Checkup](m.post("/findings", object{"document": document}, 200)).Findings))
	}
	huge := into[v1.Checkup](m.post("/findings", object{"document": strings.Repeat("x", scheme.MaxBytes)}, 200))
	require.Equal(t, scheme.TooLarge, huge.Findings[0].Code)
	m.post("/findings", object{}, 422).says("missing_field", "body")
	m.post("/findings", `{"document": `+strings.Repeat("[", 100)+strings.Repeat("]", 100)+"}", 422).says("too_deep", "body")
	m.post("/findings", `{"document": "`+strings.Repeat("x", 5<<20)+`"}`, 413)

	id := w.owner.newScheme(broken).ID
	kept := m.get(schemeAt(id, "/findings"), 200)
	require.Equal(t, `"1"`, kept.header.Get("ETag"))
	require.Equal(t, english, into[v1.Checkup](kept).Findings)
}

// large is a document of the largest number of blocks.
func large() object {
	var blocks, links []object
	for i := range scheme.MaxNodes - 1 {
		blocks = append(blocks, object{"id": fmt.Sprint("s", i), "type": "sms", "name": "SMS", "x": i, "y": i, "config": object{
			"sender": "SHOP", "text": `{{ contact.name ?? "Hello" }}, 20% off: {{ link("https://shop.example/sale") }}`}})
		next := fmt.Sprint("s", i+1)
		if i == scheme.MaxNodes-2 {
			next = "g"
		}
		links = append(links,
			object{"id": fmt.Sprint("n", i), "from": fmt.Sprint("s", i), "to": next, "type": "status", "value": "not_delivered"},
			object{"id": fmt.Sprint("c", i), "from": fmt.Sprint("s", i), "to": "g", "type": "status", "value": "clicked"},
			object{"id": fmt.Sprint("r", i), "from": fmt.Sprint("s", i), "to": "g", "type": "reply", "value": `says(reply, "да", "хочу")`})
	}
	blocks = append(blocks, object{"id": "g", "type": "goal", "name": "Goal", "config": object{}})
	return object{"kind": "cascade", "name": "Large", "nodes": blocks, "links": links}
}

func TestTheLargestDocumentIsCheckedQuickly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body, err := json.Marshal(object{"document": large()})
	require.NoError(t, err)
	m := w.as(access.Marketer)
	require.Empty(t, into[v1.Checkup](m.post("/findings", body, 200)).Findings)
	best := time.Hour // of several: other tests run beside it
	for range 5 {
		start := time.Now()
		m.post("/findings", body, 200)
		best = min(best, time.Since(start))
	}
	t.Log("checked in", best)
	require.Less(t, best, time.Second)
}

func TestTheSimulatorAnswersAsTheContractHasIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := os.ReadFile("../../engine/simulate/testdata/walks.json")
	require.NoError(t, err)
	var walks []struct{ Scheme, Script, Result json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &walks))
	require.Greater(t, len(walks), 70)
	m := w.as(access.Marketer)
	for _, walk := range walks {
		got := m.post("/simulate", object{"document": walk.Scheme, "script": walk.Script}, 200)
		require.JSONEq(t, string(walk.Result), string(got.body))
	}
}

func TestTryingASchemeThatIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	id := m.newScheme(cascade("Весна")).ID
	draft := m.post("/simulate", object{"scheme": id, "script": script()}, 200)
	require.Contains(t, string(draft.body), `"outcome":"goal"`)
	v := m.match(1).post(schemeAt(id, "/publish"), object{}, 201).made()
	require.Equal(t, string(draft.body), string(m.post("/simulate", object{"version": v, "script": script()}, 200).body))

	m.post("/simulate", object{"script": script()}, 422).says("one_to_try", "body.document")
	m.post("/simulate", object{"scheme": id, "version": v, "script": script()}, 422).says("one_to_try", "body.document")
	m.post("/simulate", object{"scheme": id, "script": []int{}}, 422).says("json_no_object", "body.script")
	m.post("/simulate", object{"scheme": id, "script": object{"name": strings.Repeat("x", library.MaxScript)}}, 413).
		says("json_too_large", "body.script")
	bad := script()
	bad["events"].([]object)[0]["node"] = "lost"
	m.post("/simulate", object{"scheme": id, "script": bad}, 422).says("bad_script", "body.script.events[0].node")
	told := m.russian().post("/simulate", object{"scheme": id, "script": bad}, 422).says("bad_script", "body.script.events[0].node")
	require.Equal(t, "Скрипт не подходит: блока «lost» нет.", told.Errors[0].Message)
	misfit := script()
	misfit["start"] = 5
	told = m.russian().post("/simulate", object{"scheme": id, "script": misfit}, 422).says("bad_script", "body.script")
	require.NotContains(t, told.Errors[0].Message, "field")
	misfit = script()
	misfit["recipient"] = object{"ordinal": "first"}
	told = m.russian().post("/simulate", object{"scheme": id, "script": misfit}, 422).says("bad_script", "body.script.recipient.ordinal")
	require.Regexp(t, "^Скрипт не подходит: [а-я]", told.Errors[0].Message)
	refused := m.russian().post("/simulate", object{"document": changed("Весна", "v", "{{ x }}"), "script": script()}, 422)
	refused.says("scheme_has_errors", "")
	require.Equal(t, scheme.BadTemplate, data[v1.Checkup](refused).Findings[0].Code)
	require.Regexp(t, "[а-яё]{4}", data[v1.Checkup](refused).Findings[0].Message)
}

// hostileScripts make the simulator work as long as it can.
func hostileScripts() map[string]struct{ document, script object } {
	var events []object
	for range 2500 {
		events = append(events, object{"node": "s0", "after": "1s", "type": "reply", "value": strings.Repeat("а", 20)})
	}
	crowd := []object{}
	for i := range 200 {
		crowd = append(crowd, object{"id": fmt.Sprint("o", i), "online": true, "groups": []string{"a"}})
	}
	var talk []object
	for range 1900 {
		talk = append(talk, object{"after": "1s", "type": "message", "value": "x"})
	}
	loop := object{"kind": "routing", "name": "Loop", "entry": "d",
		"nodes": []object{{"id": "d", "type": "distribute", "config": object{"to": object{"all": true}, "mode": "in_order", "timeout": "1s"}}},
		"links": []object{{"id": "1", "from": "d", "to": "d", "type": "not_accepted"}}}
	recipient := object{"ordinal": 0, "contact": object{"phone": "+79161234567"}}
	return map[string]struct{ document, script object }{
		"many events": {large(), object{"start": "2026-06-15T09:00:00Z", "recipient": recipient, "events": events}},
		"never open": {large(), object{"start": "2026-06-15T09:00:00Z", "recipient": recipient, "events": []object{},
			"campaign": object{"window": object{"zone": "Asia/Tokyo", "days": []int{1}, "from": "10:00", "to": "10:01"}}}},
		"a loop": {loop, object{"start": "2026-06-15T09:00:00Z", "operators": crowd, "events": talk, "until": "366d"}},
	}
}

func TestHostileScriptsEndSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	for name, h := range hostileScripts() {
		start := time.Now()
		a := m.send("POST", "/simulate", object{"document": h.document, "script": h.script})
		t.Log(name, a.status, time.Since(start))
		require.Contains(t, []int{200, 422}, a.status, "%s: %s", name, a.body)
		require.Less(t, time.Since(start), 30*time.Second, name)
	}
}

func TestKeptTestsGuardPublishing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	id := m.newScheme(cascade("Весна")).ID
	tests := schemeAt(id, "/tests")
	kept := into[library.SchemeTest](m.post(tests, object{"name": "Доставлено", "script": script()}, 201))
	require.Contains(t, string(kept.Expected), `"outcome":"goal"`, "filled in from the run")
	at := tests + "/" + kept.ID.String()
	require.Equal(t, kept, into[library.SchemeTest](m.get(at, 200)))
	run := into[v1.TestRun](m.post(tests+"/run", nil, 200))
	require.Equal(t, 1, run.Passed)

	m.patch(at, object{"name": "Другое", "expected": object{"outcome": "failed"}}, 200)
	m.patch(at, object{"expected": 5}, 422).says("json_no_object", "body.expected")
	m.patch(at, object{"name": ""}, 422).says("name_missing", "body.name")
	failed := m.match(1).post(schemeAt(id, "/publish"), object{}, 409)
	failed.says("tests_failed", "")
	results := data[v1.TestsFailed](failed).Results
	require.Len(t, results, 1)
	require.Equal(t, "Другое", results[0].Name)
	require.JSONEq(t, `{"outcome":"failed"}`, string(results[0].Expected))
	require.JSONEq(t, string(kept.Expected), string(results[0].Got))
	require.JSONEq(t, string(kept.Expected), string(into[library.SchemeTest](m.patch(at, object{"expected": nil}, 200)).Expected))

	// A test whose script does not fit any more fails, and says why.
	without := cascade("Весна")
	without["nodes"] = without["nodes"].([]object)[1:]
	without["links"] = without["links"].([]object)[2:]
	m.match(1).put(schemeAt(id, "/draft"), object{"document": without}, 200)
	run = into[v1.TestRun](m.russian().post(tests+"/run", nil, 200))
	require.Equal(t, 1, run.Failed)
	require.Equal(t, "events[0].node", run.Results[0].Field)
	require.NotEmpty(t, run.Results[0].Problem)
	m.delete(at, 204)
	m.delete(at, 404).says("no_test", "path.test")
	m.get(at, 404).says("no_test", "path.test")
	m.patch(at, object{"name": "x"}, 404)
	m.match(2).post(schemeAt(id, "/publish"), object{}, 201)

	m.match(2).put(schemeAt(id, "/draft"), object{"document": changed("Весна", "v", "{{ x }}")}, 200)
	m.post(tests, object{"name": "a", "script": script()}, 409).says("scheme_has_errors", "")
	m.post(tests, object{"name": "a", "script": script(), "expected": object{}}, 201)
	m.post(tests+"/run", nil, 409).says("scheme_has_errors", "")
	for range library.MaxTests - 1 {
		m.post(tests, object{"name": "a", "script": object{}, "expected": object{}}, 201)
	}
	m.post(tests, object{"name": "a", "script": object{}, "expected": object{}}, 409).says("too_many_tests", "")
}

func TestTemplatesAndBlockTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	type items[T any] struct{ Items []T }
	english := into[items[library.SchemeTemplate]](m.get("/templates", 200)).Items
	russian := into[items[library.SchemeTemplate]](m.russian().get("/templates", 200)).Items
	require.Equal(t, "viber-voice-sms", english[0].ID)
	require.Equal(t, []string{"viber", "voice", "sms", "goal"}, english[0].Blocks)
	require.Regexp(t, "^[^а-я]+$", english[0].Description)
	require.Equal(t, "Viber, голос, SMS", russian[0].Name)
	one := into[library.TemplateDocument](m.russian().get("/templates/viber-sms", 200))
	require.Contains(t, string(one.Document), "Предложение")
	m.get("/templates/fax", 404).says("no_template", "path.template")

	types := into[items[v1.BlockType]](m.get("/block-types", 200)).Items
	require.Len(t, types, len(nodes.List()))
	require.Equal(t, "sms", types[0].Type)
	require.NotEmpty(t, types[0].Label.RU)
	require.Contains(t, types[0].Outcomes, v1.Outcome{Type: scheme.LinkStatus, Value: "delivered"})
	for _, b := range types {
		// A test's variants are all its outcomes.
		require.True(t, b.Type == "close" || b.Type == "split" || len(b.Outcomes) > 0, b.Type)
	}
	for _, b := range into[items[v1.BlockType]](m.get("/block-types?kind=routing", 200)).Items {
		require.True(t, b.Routing, b.Type)
	}
}
