package v1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	v1 "kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
	"kaskad/engine/store/schemes"
)

func (w *world) wireSchemes() {
	kept, err := schemes.New(w.store.Desk(), w.clock.now, w.newID)
	require.NoError(w, err)
	w.parts.Schemes = kept
}

// object is JSON as a client writes it.
type object = map[string]any

// cascade is a small document without mistakes: Viber, and a text message where it was not delivered.
func cascade(name string) object {
	return object{"kind": "cascade", "name": name, "nodes": []object{
		{"id": "v", "type": "viber", "name": "Offer", "x": 80, "y": 60, "config": object{"sender": "SHOP", "text": "20% off",
			"decision_time": "2h"}},
		{"id": "s", "type": "sms", "name": "Fallback", "x": 80, "y": 260, "config": object{"sender": "SHOP",
			"text": `20% off: {{ link("https://shop.example/sale") }}`, "decision_time": "1d"}},
		{"id": "g", "type": "goal", "name": "Visited", "x": 380, "y": 160, "config": object{}},
	}, "links": []object{
		{"id": "1", "from": "v", "to": "g", "type": "status", "value": "delivered"},
		{"id": "2", "from": "v", "to": "s", "type": "status", "value": "not_delivered"},
		{"id": "3", "from": "s", "to": "g", "type": "status", "value": "clicked"},
	}}
}

// changed is the small document with the text of a block changed.
func changed(name, node, text string) object {
	d := cascade(name)
	for _, n := range d["nodes"].([]object) {
		if n["id"] == node {
			n["config"].(object)["text"] = text
		}
	}
	return d
}

// script is one of the simulator's: Viber delivers after five minutes.
func script() object {
	return object{"start": "2026-06-15T09:00:00Z", "campaign": object{"zone": "Europe/Moscow"},
		"recipient": object{"ordinal": 0, "zone": "Europe/Moscow", "contact": object{"phone": "+79161234567"}},
		"events":    []object{{"node": "v", "after": "5m", "type": "status", "value": "delivered"}}}
}

func (c *client) newScheme(document any) library.Scheme {
	c.Helper()
	return into[library.Scheme](c.post("/schemes", object{"document": document}, 201))
}

func schemeAt(id ids.ID, rest ...string) string {
	return "/schemes/" + id.String() + strings.Join(rest, "")
}

func (c *client) match(revision int64) *client {
	return c.with("If-Match", fmt.Sprintf(`"%d"`, revision))
}

// data is the data of a problem.
func data[T any](a answer) T {
	a.Helper()
	return into[struct {
		Data T `json:"data"`
	}](a).Data
}

func TestASchemeFromDraftToVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	made := into[library.Scheme](m.post("/schemes", object{"template": "viber-sms", "tags": []string{" sale ", "sale"}}, 201))
	require.Equal(t, scheme.Cascade, made.Kind)
	require.Equal(t, []string{"sale"}, made.Tags)
	require.EqualValues(t, 1, made.Revision)
	require.Nil(t, made.Published)

	got := m.get(schemeAt(made.ID, "/draft"), 200)
	require.Equal(t, `"1"`, got.header.Get("ETag"))
	require.Empty(t, into[v1.DraftCheckup](got).Findings)

	// Half drawn it is kept all the same, and told what is wrong, in the reader's language.
	half := object{"kind": "cascade", "name": "Половина", "nodes": []any{object{"id": "a", "type": "sms"}, 7}}
	saved := m.russian().match(1).put(schemeAt(made.ID, "/draft"), object{"document": half}, 200)
	require.Equal(t, `"2"`, saved.header.Get("ETag"))
	found := into[v1.DraftCheckup](saved).Findings
	require.NotEmpty(t, found)
	require.Regexp(t, "[а-я]", found[0].Message)
	m.match(2).post(schemeAt(made.ID, "/publish"), object{}, 409).says("scheme_has_errors", "")

	m.match(2).put(schemeAt(made.ID, "/draft"), object{"document": cascade("Весна")}, 200)
	v := into[library.Version](m.match(3).post(schemeAt(made.ID, "/publish"), object{"note": "first"}, 201))
	require.Equal(t, 1, v.Number)
	require.Equal(t, "Весна", v.Name)
	require.Equal(t, m.user, v.By.User)
	again := m.match(3).post(schemeAt(made.ID, "/publish"), object{}, 409)
	again.says("unchanged", "")
	require.Equal(t, library.Unchanged{Version: v.ID, Number: 1}, data[library.Unchanged](again))

	row := into[library.Scheme](m.get(schemeAt(made.ID), 200))
	require.Equal(t, v.ID, row.Published.Version)
	require.False(t, row.Published.Changed)
	renamed := into[v1.DraftCheckup](m.match(3).patch(schemeAt(made.ID, "/draft"), object{"name": "Лето"}, 200))
	require.Equal(t, "Лето", renamed.Name)
	require.Contains(t, string(renamed.Document), `"name":"Лето"`)
	require.True(t, into[library.Scheme](m.get(schemeAt(made.ID), 200)).Published.Changed)
	require.Equal(t, 2, into[library.Version](m.match(4).post(schemeAt(made.ID, "/publish"), object{}, 201)).Number)
}

func TestVersionsAreKeptAndRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	id := m.newScheme(cascade("Весна")).ID
	v := into[library.Version](m.match(1).post(schemeAt(id, "/publish"), object{}, 201)).ID
	m.match(1).patch(schemeAt(id, "/draft"), object{"name": "Лето"}, 200)
	m.match(2).post(schemeAt(id, "/publish"), object{}, 201)

	list := into[paging.Page[library.Version]](m.get(schemeAt(id, "/versions?limit=1"), 200))
	require.Equal(t, 2, list.Items[0].Number)
	list = into[paging.Page[library.Version]](m.get(schemeAt(id, "/versions?limit=1&cursor=", list.Next), 200))
	require.Equal(t, 1, list.Items[0].Number)
	require.Empty(t, list.Next)
	edition := into[library.Edition](m.get(schemeAt(id, "/versions/", v.String()), 200))
	require.Contains(t, string(edition.Document), "20% off")
	require.Equal(t, edition, into[library.Edition](m.get("/versions/"+v.String(), 200)))

	d := into[library.Difference](m.get(schemeAt(id, "/versions/", v.String(), "/difference?with=draft"), 200))
	require.Equal(t, []library.FieldChange{{Field: "/name", Before: json.RawMessage(`"Весна"`), After: json.RawMessage(`"Лето"`)}}, d.Fields)
	require.True(t, into[library.Difference](m.get(schemeAt(id, "/versions/", v.String(), "/difference?with=", v.String()), 200)).Same)
	m.get(schemeAt(id, "/versions/", v.String(), "/difference?with=x"), 422).says("bad_with", "query.with")
	m.get(schemeAt(id, "/versions/", v.String(), "/difference?with=77"), 404).says("no_version", "query.with")

	restored := into[v1.DraftCheckup](m.match(2).post(schemeAt(id, "/versions/", v.String(), "/restore"), nil, 200))
	require.Equal(t, library.Restored, restored.Cause)
	require.Equal(t, "Весна", restored.Name)
	history := into[paging.Page[library.Revision]](m.get(schemeAt(id, "/revisions?limit=2"), 200))
	require.Equal(t, "Лето", history.Items[1].Name, "the draft before is not lost")
	history = into[paging.Page[library.Revision]](m.get(schemeAt(id, "/revisions?limit=2&cursor=", history.Next), 200))
	require.Equal(t, library.Created, history.Items[0].Cause)
	require.Contains(t, string(into[library.Draft](m.get(schemeAt(id, "/revisions/2"), 200)).Document), "Лето")
	require.Equal(t, "Лето", into[v1.DraftCheckup](m.match(3).post(schemeAt(id, "/revisions/2/restore"), nil, 200)).Name)
	m.get(schemeAt(id, "/revisions/99"), 404).says("no_revision", "path.revision")

	// What `kaskad run` publishes belongs to no scheme.
	require.NoError(t, w.store.PublishVersion(t.Context(), int64(mine), 555, "Файл", []byte(`{"kind":"cascade"}`), 1))
	file := into[library.Edition](m.get("/versions/555", 200))
	require.Zero(t, file.Scheme)
	require.Equal(t, scheme.Cascade, file.Kind)
	m.get(schemeAt(id, "/versions/555"), 404).says("no_version", "path.version")
}

func TestTwoPeopleEditOneDraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, ivan := w.as(access.Marketer), w.as(access.Admin)
	id := anna.newScheme(cascade("Весна")).ID
	at := schemeAt(id, "/draft")
	anna.match(1).put(at, object{"document": changed("Весна", "v", "Anna's text")}, 200)

	ivan.put(at, object{"document": cascade("Весна")}, 428).says("if_match_needed", "header.If-Match")
	ivan.with("If-Match", "1").put(at, object{"document": cascade("Весна")}, 422).says("bad_if_match", "header.If-Match")
	refused := ivan.match(1).put(at, object{"document": changed("Весна", "s", "Ivan's text")}, 412)
	refused.says("draft_changed", "header.If-Match")
	c := data[library.Conflict](refused)
	require.EqualValues(t, 2, c.Revision)
	require.EqualValues(t, 1, c.Base)
	require.True(t, c.BaseKept)
	require.Equal(t, anna.user, c.By.User)
	require.WithinDuration(t, w.clock.now(), c.At, time.Second)
	require.Equal(t, "v", c.Theirs.Nodes.Changed[0].ID)
	require.Equal(t, "/config/text", c.Theirs.Nodes.Changed[0].Fields[0].Field)
	require.Equal(t, "s", c.Yours.Nodes.Changed[0].ID)
	require.Empty(t, c.Both)
	require.Contains(t, string(into[library.Draft](ivan.get(at, 200)).Document), "Anna's text", "nothing is overwritten")

	c = data[library.Conflict](ivan.match(1).put(at, object{"document": changed("Весна", "v", "Ivan's text")}, 412))
	require.Equal(t, []library.Place{{Node: "v", Field: "/config/text"}}, c.Both)

	// Saving what is there already is no change: an autosave that was sent twice is not refused.
	same := anna.match(1).put(at, object{"document": changed("Весна", "v", "Anna's text")}, 200)
	require.Equal(t, `"2"`, same.header.Get("ETag"))
	ivan.match(1).post(schemeAt(id, "/publish"), object{}, 412).says("draft_changed", "header.If-Match")
	ivan.match(2).put(at, object{"document": object{"kind": "routing", "nodes": []any{}}}, 422).says("kind_fixed", "body.document.kind")
	require.Contains(t, string(ivan.russian().match(1).patch(at, object{"name": "Лето"}, 412).body), "Ничего не затёрто")
}

func TestSchemesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	var made []ids.ID
	for _, name := range []string{"Осень", "весна 1", "Весна 2", "Зима"} {
		made = append(made, m.newScheme(cascade(name)).ID)
		w.clock.move(time.Second)
	}
	m.patch(schemeAt(made[3]), object{"tags": []string{"vip"}}, 200)
	m.post("/schemes", object{"kind": "routing", "name": "Поддержка"}, 201)
	names := func(query string) []string {
		t.Helper()
		var out []string
		cursor := ""
		for {
			p := into[paging.Page[library.Scheme]](m.get("/schemes?limit=2&cursor="+cursor+"&"+query, 200))
			for _, s := range p.Items {
				out = append(out, s.Name)
			}
			if cursor = p.Next; cursor == "" {
				return out
			}
		}
	}
	require.Equal(t, []string{"Поддержка", "Зима", "Весна 2", "весна 1", "Осень"}, names(""))
	require.Equal(t, []string{"Осень", "весна 1", "Весна 2", "Зима", "Поддержка"}, names("sort=updated"))
	require.Equal(t, []string{"весна 1", "Весна 2", "Зима", "Осень", "Поддержка"}, names("sort=name"))
	require.Equal(t, []string{"Поддержка", "Осень", "Зима", "Весна 2", "весна 1"}, names("sort=-name"))
	require.Equal(t, []string{"Весна 2", "весна 1"}, names("name=%D0%92%D0%95%D0%A1%D0%9D%D0%90"))
	require.Equal(t, []string{"Поддержка"}, names("kind=routing"))
	require.Equal(t, []string{"Зима"}, names("tag=vip"))
	require.Empty(t, names("name=%25"))
	require.Empty(t, names("archived=true"))
	m.post(schemeAt(made[0], "/archive"), nil, 200)
	require.Equal(t, []string{"Осень"}, names("archived=true"))
	require.NotContains(t, names(""), "Осень")
	m.get("/schemes?cursor=x", 422).says("bad_cursor", "query.cursor")
	require.Empty(t, into[paging.Page[library.Scheme]](w.other.get("/schemes", 200)).Items)
}

// A repeated campaign would go on to launch what its author thinks is out of use.
func TestASchemeThatIsRepeatedIsNotArchived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.owner.newScheme(cascade("Весна")).ID
	version := into[library.Version](w.owner.match(1).post(schemeAt(id, "/publish"), object{}, 201)).ID
	repeated := func(name string) string {
		t.Helper()
		path := "/campaigns/" + w.owner.post("/campaigns", object{"name": name, "version": version, "audience": object{},
			"start": object{"when": "cron", "cron": "0 10 * * *"}, "end_after": "12h"}, 201).made().String()
		w.owner.post(path+"/launch", object{}, 202)
		return path
	}
	first, second := repeated("Каждое утро"), repeated("Каждый день")
	p := w.owner.post(schemeAt(id, "/archive"), nil, 409).says("scheme_repeated", "")
	require.Contains(t, p.Detail, "2 (Каждый день; Каждое утро)")
	require.Contains(t, w.owner.russian().post(schemeAt(id, "/archive"), nil, 409).says("scheme_repeated", "").Detail, "2 (Каждый день; Каждое утро)")
	require.Nil(t, into[library.Scheme](w.owner.get(schemeAt(id), 200)).ArchivedAt)
	w.owner.post(first+"/cancel", nil, 200)
	w.owner.post(second+"/pause", nil, 200)
	w.owner.post(schemeAt(id, "/archive"), nil, 409).says("scheme_repeated", "") // it may be resumed
	w.owner.post(second+"/cancel", nil, 200)
	require.NotNil(t, into[library.Scheme](w.owner.post(schemeAt(id, "/archive"), nil, 200)).ArchivedAt)
	draft := w.owner.post(first+"/copy", nil, 201).made().String()
	w.owner.post("/campaigns/"+draft+"/launch", object{}, 409).says("scheme_archived", "")
}

func TestAnArchivedSchemeRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	id := m.newScheme(cascade("Весна")).ID
	m.delete(schemeAt(id), 409).says("scheme_not_archived", "")
	require.NotNil(t, into[library.Scheme](m.post(schemeAt(id, "/archive"), nil, 200)).ArchivedAt)
	m.match(1).put(schemeAt(id, "/draft"), object{"document": cascade("Лето")}, 409).says("scheme_archived", "")
	m.match(1).post(schemeAt(id, "/publish"), object{}, 409).says("scheme_archived", "")
	m.patch(schemeAt(id), object{"tags": nil}, 409).says("scheme_archived", "")
	m.post(schemeAt(id, "/tests"), object{"name": "a", "script": script()}, 409).says("scheme_archived", "")
	require.Nil(t, into[library.Scheme](m.post(schemeAt(id, "/unarchive"), nil, 200)).ArchivedAt)
	m.match(1).post(schemeAt(id, "/publish"), object{}, 201)
	m.post(schemeAt(id, "/archive"), nil, 200)
	m.delete(schemeAt(id), 409).says("scheme_published", "")

	unpublished := m.newScheme(cascade("Черновик")).ID
	m.post(schemeAt(unpublished, "/tests"), object{"name": "a", "script": script()}, 201)
	m.post(schemeAt(unpublished, "/archive"), nil, 200)
	m.post(schemeAt(unpublished, "/archive"), nil, 200)
	m.delete(schemeAt(unpublished), 204)
	m.get(schemeAt(unpublished), 404).says("no_scheme", "path.scheme")
	require.Equal(t, []string{"scheme.created", "scheme.test_added", "scheme.archived", "scheme.deleted"}, w.db.Texts(
		"SELECT what FROM audit WHERE account = $1 AND object_id = $2 ORDER BY id", int64(mine), int64(unpublished)))
}

func TestASchemeBeginsWithSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	m.post("/schemes", object{}, 422).says("one_to_begin_with", "body")
	m.post("/schemes", object{"kind": "cascade", "template": "viber-sms"}, 422).says("one_to_begin_with", "body")
	m.post("/schemes", object{"kind": "cascade"}, 422).says("name_missing", "body.name")
	m.post("/schemes", object{"template": "fax"}, 422).says("no_template", "body.template")
	m.post("/schemes", object{"document": object{"name": "a"}}, 422).says("kind_missing", "body.document.kind")
	m.post("/schemes", object{"document": []int{1}}, 422).says("document_no_object", "body.document")
	m.post("/schemes", object{"document": object{"kind": "cascade", "editor": strings.Repeat("x", scheme.MaxBytes)}}, 413).
		says("json_too_large", "body.document")
	m.post("/schemes", object{"kind": "cascade", "name": "a", "tags": []string{strings.Repeat("x", 65)}}, 422).
		says("text_too_long", "body.tags")
	w.as(access.Analyst).post("/schemes", object{"kind": "cascade", "name": "a"}, 403).says("scope_needed", "")
	require.Equal(t, "Мой", into[library.Scheme](m.post("/schemes", object{"template": "viber-sms", "name": " Мой "}, 201)).Name)

	once := m.with("Idempotency-Key", "k-1")
	first := once.post("/schemes", object{"kind": "cascade", "name": "a"}, 201).made()
	require.Equal(t, first, once.post("/schemes", object{"kind": "cascade", "name": "a"}, 201).made())
	publishing := m.newScheme(cascade("Весна")).ID
	once = m.match(1).with("Idempotency-Key", "k-2")
	v := once.post(schemeAt(publishing, "/publish"), object{}, 201).made()
	require.Equal(t, v, once.post(schemeAt(publishing, "/publish"), object{}, 201).made())
}

func TestASchemeIsCopiedExportedAndImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.as(access.Marketer)
	made := m.newScheme(cascade("Весна"))
	m.post(schemeAt(made.ID, "/tests"), object{"name": "Доставлено", "script": script()}, 201)
	m.patch(schemeAt(made.ID), object{"tags": []string{"vip"}}, 200)
	twin := into[library.Scheme](m.russian().post(schemeAt(made.ID, "/copy"), object{}, 201))
	require.Equal(t, "Весна (копия)", twin.Name)
	require.Equal(t, []string{"vip"}, twin.Tags)
	require.Equal(t, "Весна (copy 2)", into[library.Scheme](m.post(schemeAt(twin.ID, "/copy"), object{}, 201)).Name)
	require.Contains(t, string(m.get(schemeAt(twin.ID, "/tests"), 200).body), "Доставлено")

	file := m.get(schemeAt(made.ID, "/export"), 200)
	require.Contains(t, file.header.Get("Content-Disposition"), "attachment; filename*=utf-8''%D0%92")
	imported := into[v1.Imported](w.other.post("/schemes/import", file.body, 201))
	require.Equal(t, 1, imported.Tests)
	require.Empty(t, imported.Findings)
	require.Equal(t, "Весна", imported.Scheme.Name)
	theirs := into[library.Draft](w.other.get(schemeAt(imported.Scheme.ID, "/draft"), 200))
	require.JSONEq(t, string(into[library.Draft](m.get(schemeAt(made.ID, "/draft"), 200)).Document), string(theirs.Document))
	run := into[v1.TestRun](w.other.post(schemeAt(imported.Scheme.ID, "/tests/run"), nil, 200))
	require.Equal(t, 1, run.Passed)

	alone := into[v1.Imported](m.post("/schemes/import", object{"kind": "cascade", "name": "a", "nodes": []any{}}, 201))
	require.Equal(t, scheme.EmptyScheme, alone.Findings[0].Code)
	m.post("/schemes/import", object{"a": 1}, 422).says("file_unknown", "body")
	m.post("/schemes/import", object{"kaskad_scheme": 2}, 422).says("file_format", "body.kaskad_scheme")
	m.post("/schemes/import", object{"kaskad_scheme": 1, "document": cascade("a"), "tests": 5}, 422).says("file_field", "body.tests")
	m.post("/schemes/import", object{"kaskad_scheme": 1, "document": cascade("a"), "extra": 5}, 422).says("file_fields", "body")
	m.post("/schemes/import", object{"kaskad_scheme": 1, "document": cascade("a"), "tests": []object{{"name": "a", "script": 1}}}, 422).
		says("json_no_object", "body.tests[0].script")
}

func TestAnotherAccountsSchemesAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.owner.newScheme(cascade("Весна")).ID
	test := w.owner.post(schemeAt(id, "/tests"), object{"name": "a", "script": script()}, 201).made().String()
	v := w.owner.match(1).post(schemeAt(id, "/publish"), object{}, 201).made().String()
	o := w.other.match(1)
	for _, path := range []string{"", "/draft", "/findings", "/revisions", "/revisions/1", "/versions", "/versions/" + v, "/tests",
		"/tests/" + test, "/export", "/versions/" + v + "/difference?with=draft"} {
		o.get(schemeAt(id, path), 404)
	}
	for _, path := range []string{"/archive", "/unarchive", "/publish", "/copy", "/tests/run", "/revisions/1/restore", "/versions/" + v + "/restore"} {
		var body any
		if path == "/publish" || path == "/copy" {
			body = object{}
		}
		o.post(schemeAt(id, path), body, 404)
	}
	o.put(schemeAt(id, "/draft"), object{"document": cascade("x")}, 404).says("no_scheme", "path.scheme")
	o.patch(schemeAt(id, "/draft"), object{"name": "x"}, 404)
	o.patch(schemeAt(id), object{"tags": []string{}}, 404)
	o.patch(schemeAt(id, "/tests/", test), object{"name": "x"}, 404)
	o.delete(schemeAt(id, "/tests/", test), 404)
	o.delete(schemeAt(id), 404)
	o.get("/versions/"+v, 404).says("no_version", "path.version")
	o.post("/simulate", object{"scheme": id, "script": script()}, 422).says("no_scheme", "body.scheme")
	o.post("/simulate", object{"version": v, "script": script()}, 422).says("no_version", "body.version")
	own := w.other.newScheme(cascade("Чужая")).ID
	o.get(schemeAt(own, "/versions/", v), 404).says("no_version", "path.version")
}
