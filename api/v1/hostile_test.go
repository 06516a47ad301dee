package v1_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// hostile is a world with one object of each kind in the account mine, and the routes of the document.
type hostile struct {
	*world
	document document
	routes   []route
	objects  map[string]string // by path parameter
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{world: newWorld(t)}
	h.document, _ = readDocument(t)
	h.routes = h.document.routes(t)
	h.makeObjects()
	for _, r := range h.routes {
		for _, p := range r.Parameters {
			if p.In == "path" {
				require.NotEmpty(t, h.objects[p.Name], "%s has {%s}: make one of these in makeObjects", r.ID, p.Name)
			}
		}
	}
	return h
}

// makeObjects makes what path parameters stand for, as the owner of the account mine.
func (h *hostile) makeObjects() {
	h.Helper()
	o := h.owner
	first := func(path string) string {
		h.Helper()
		return into[struct {
			Items []struct {
				ID ids.ID `json:"id"`
			} `json:"items"`
		}](o.get(path, 200)).Items[0].ID.String()
	}
	scheme := o.post("/schemes", object{"document": cascade("Весна")}, 201).made().String()
	version := into[struct {
		ID ids.ID `json:"id"`
	}](o.with("If-Match", `"1"`).post("/schemes/"+scheme+"/publish", object{}, 201)).ID.String()
	contact := o.post("/contacts", object{"name": "Анна", "phone": "+79161234567"}, 201).made().String()
	o.post("/stops", object{"addresses": []string{"+79161234568"}, "reason": "Просит"}, 201)
	imported := o.with("Content-Type", "text/csv").post("/imports?name=a.csv", "Телефон\n+79161234569\n", 201).made().String()
	started := o.with("Content-Type", "text/csv").post("/imports?name=b.csv", "Телефон\n+79161234570\n", 201).made().String()
	h.objects = map[string]string{
		"user": o.user.String(), "session": first("/sessions"), "scheme": scheme, "version": version, "revision": "1",
		"invitation": o.post("/invitations", object{"email": "anna@example.org", "role": "analyst"}, 201).made().String(),
		"token":      o.post("/tokens", object{"name": "CRM", "scopes": []string{"schemes:read"}}, 201).made().String(),
		"test":       o.post("/schemes/"+scheme+"/tests", object{"name": "Доставлено", "script": script()}, 201).made().String(),
		"contact":    contact, "channel": "sms", "entry": first("/stops"), "template": "viber-sms",
		"group":     o.post("/groups", object{"name": "Лето"}, 201).made().String(),
		"attribute": o.post("/attributes", object{"key": "city", "type": "text"}, 201).made().String(),
		"campaign":  o.post("/campaigns", object{"name": "Весна", "version": version}, 201).made().String(), "recipient": "1",
		"import": imported, "task": o.post("/imports/"+started+"/start", nil, 202).made().String(), "file": "refused.csv", "upload": o.file("a.wav", wav, 201).made().String(),
	}
}

// ofEverybody are path parameters that stand for what belongs to no account.
var ofEverybody = []string{"template"}

// address fills a route's path in, after /api/v1.
func (h *hostile) address(r *route, with map[string]string) string {
	path := strings.TrimPrefix(r.Path, v1.Base)
	for name, value := range h.objects {
		if v, ok := with[name]; ok {
			value = v
		}
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	query := url.Values{}
	for _, p := range r.Parameters {
		if p.In == "query" && p.Required {
			query.Set(p.Name, fmt.Sprint(h.value(p.Schema, 0)))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// sample is a body that a route's schema takes; nil where it has none.
func (h *hostile) sample(r *route) any {
	media, ok := r.Body["application/json"]
	if !ok {
		return nil
	}
	return h.value(media.Schema, 0)
}

// value makes something that a schema takes: what is required, and no more.
func (h *hostile) value(s map[string]any, depth int) any {
	if ref, ok := s["$ref"].(string); ok {
		return h.value(h.document.Components.Schemas[ref[strings.LastIndexByte(ref, '/')+1:]], depth+1)
	}
	if all, ok := s["enum"].([]any); ok {
		return all[0]
	}
	kind, _ := s["type"].(string)
	if list, ok := s["type"].([]any); ok {
		kind, _ = list[0].(string)
	}
	switch kind {
	case "string":
		switch s["format"] {
		case "id":
			return "777"
		case "date-time":
			return "2030-01-01T10:00:00Z"
		}
		return "x2x"
	case "integer", "number":
		if least, ok := s["minimum"].(float64); ok {
			return least
		}
		return 1
	case "boolean":
		return true
	case "array":
		item, _ := s["items"].(map[string]any)
		return []any{h.value(item, depth+1)}
	case "object":
		out := map[string]any{}
		properties, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		for _, name := range required {
			if property, ok := properties[name.(string)].(map[string]any); ok && depth < 8 {
				out[name.(string)] = h.value(property, depth+1)
			}
		}
		return out
	}
	return map[string]any{}
}

// by asks for a route with a body that its schema takes.
func (h *hostile) by(c *client, r *route) answer {
	c = c.with("If-Match", `"1"`)
	if _, json := r.Body["application/json"]; len(r.Body) > 0 && !json {
		return c.with("Content-Type", "text/csv").send(r.Method, h.address(r, nil), "Телефон\n+79161234571\n")
	}
	return c.send(r.Method, h.address(r, nil), h.sample(r))
}

// problem requires a refusal in our form.
func (h *hostile) problem(a answer, r *route, about any) v1.Problem {
	h.Helper()
	require.GreaterOrEqual(h, a.status, 400, "%s %s: %v: %s", r.Method, r.Path, about, a.body)
	require.Less(h, a.status, 500, "%s %s: %v: %s\n%s", r.Method, r.Path, about, a.body, h.journal)
	require.Equal(h, "application/problem+json", a.header.Get("Content-Type"), "%s %s: %v: %s", r.Method, r.Path, about, a.body)
	p := into[v1.Problem](a)
	require.NotEqual(h, p.Code, p.Detail, "%s: no words for it", r.ID)
	require.Equal(h, a.status, p.Status)
	return p
}

// rows tells what is in every table, but for those that count requests and those of the tasks' own machine.
func (h *hostile) rows() map[string]string {
	h.Helper()
	all := map[string]string{}
	for _, table := range h.db.Texts(`SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()
		AND tablename NOT LIKE 'river%' AND tablename NOT IN ('attempts', 'tokens', 'processes') ORDER BY 1`) {
		all[table] = h.db.Texts(fmt.Sprintf(`SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')
			FROM %q t`, table))[0]
	}
	return all
}

func TestNobodyComesInWithoutSigningIn(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	before := h.rows()
	for _, r := range h.routes {
		if r.public() {
			continue
		}
		for name, c := range map[string]*client{"nobody": h.stranger(), "an old session": h.stranger().with("Cookie", "kaskad_session=old"),
			"a made-up token": h.stranger().with("Authorization", "Bearer kaskad_made-up")} {
			a := h.by(c, &r)
			if _, tokens := r.scope(); !tokens && strings.Contains(name, "token") {
				require.Equal(t, http.StatusForbidden, a.status, r.ID)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, a.status, "%s as %s: %s", r.ID, name, a.body)
			h.problem(a, &r, name)
			require.NotEmpty(t, a.header.Get("WWW-Authenticate"))
		}
	}
	require.Equal(t, before, h.rows())
}

func TestNobodyDoesWhatTheRoleDoesNotAllow(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	without := map[access.Scope]*client{}
	for _, s := range access.Scopes() {
		// A token that may do everything else.
		all := slices.DeleteFunc(access.Scopes(), func(o access.Scope) bool { return o == s })
		made := into[v1.MadeToken](h.owner.post("/tokens", object{"name": "all but " + string(s), "scopes": all}, 201))
		without[s] = h.stranger().with("Authorization", "Bearer "+made.Secret)
		for _, role := range access.Roles() {
			h.as(role)
		}
	}
	before := h.rows()
	for _, r := range h.routes {
		scope, tokens := r.scope()
		if r.public() || tokens && scope == "" {
			continue
		}
		if !tokens {
			a := h.by(without[access.OwnAccount], &r)
			require.Equal(t, http.StatusForbidden, a.status, "%s takes a token: %s", r.ID, a.body)
			a.says("session_needed", "")
			continue
		}
		a := h.by(without[scope], &r)
		require.Equal(t, http.StatusForbidden, a.status, "%s needs %s: %s", r.ID, scope, a.body)
		a.says("scope_needed", "")
		for _, role := range access.Roles() {
			if slices.Contains(access.ScopesOf(role), scope) {
				continue
			}
			a := h.by(h.as(role), &r)
			require.Equal(t, http.StatusForbidden, a.status, "%s as %s: %s", r.ID, role, a.body)
		}
	}
	require.Equal(t, before, h.rows())
}

func TestNothingOfAnotherAccountIsThere(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	before := h.rows()
	tried := 0
	for _, r := range h.routes {
		if !strings.Contains(r.Path, "{") || slices.ContainsFunc(ofEverybody, func(n string) bool { return strings.Contains(r.Path, "{"+n+"}") }) {
			continue
		}
		a := h.by(h.other, &r)
		require.Equal(t, http.StatusNotFound, a.status, "%s %s by another account's owner: %s", r.Method, r.Path, a.body)
		p := h.problem(a, &r, "another account")
		for _, e := range p.Errors {
			require.True(t, strings.HasPrefix(e.Location, "path."), "%s: %s", r.ID, a.body)
		}
		tried++
	}
	require.Greater(t, tried, 50)
	require.Equal(t, before, h.rows())
	for _, r := range h.routes { // lists show nothing of it
		if r.Method != http.MethodGet || strings.Contains(r.Path, "{") {
			continue
		}
		a := h.other.send(r.Method, h.address(&r, nil), nil)
		for _, object := range []string{"Анна", "Весна", "Лето", h.objects["campaign"], h.objects["scheme"], h.objects["contact"]} {
			require.NotContains(t, string(a.body), object, r.ID)
		}
	}
}

// deep is JSON that is nested without an end.
func deep(n int) string { return strings.Repeat(`{"a":[`, n) + strings.Repeat(`]}`, n) }

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	before := h.rows()
	large := `{"a":"` + strings.Repeat("x", 16<<20) + `"}`
	tried := 0
	for _, r := range h.routes {
		if _, ok := r.Body["application/json"]; !ok {
			continue
		}
		c := h.owner.with("If-Match", `"1"`)
		at := h.address(&r, nil)
		require.Less(t, r.MaxBody, len(large), r.ID)
		for _, body := range []string{`{"a":`, `{`, `[1,2`, `"`, `nul`, "{}{}", deep(100_000), deep(40), "{\"name\":\"\xff\xfe\"}", `{"name":"a\u0000b"}`,
			`{"name":"\ud800"}`, `{"name":1e999}`, large[:r.MaxBody+1], "\x00", "[]", `"text"`, "5", "true",
			`{"no_such_field_of_anything":1}`} {
			h.problem(c.send(r.Method, at, body), &r, body[:min(len(body), 40)])
			tried++
		}
		require.Equal(t, http.StatusRequestEntityTooLarge, c.send(r.Method, at, large[:r.MaxBody+1]).status, r.ID)
		require.Equal(t, http.StatusUnsupportedMediaType, c.with("Content-Type", "application/xml").send(r.Method, at, "<a/>").status, r.ID)
		h.wrongFields(c, &r, at)
	}
	require.Greater(t, tried, 500)
	require.Equal(t, before, h.rows())
}

// wrongFields gives each field of a body that needs one a value of another type.
func (h *hostile) wrongFields(c *client, r *route, at string) {
	h.Helper()
	sample, ok := h.sample(r).(map[string]any)
	if !ok {
		return
	}
	for name, right := range sample {
		for _, wrong := range []any{nil, 5, "text", []any{[]any{}}, map[string]any{"a": 1}, json.Number("1e30"), json.Number("-1"), true} {
			if fmt.Sprintf("%T", wrong) == fmt.Sprintf("%T", right) || fmt.Sprintf("%T", right) == "map[string]interface {}" {
				continue // of the right type, or anything goes
			}
			body := maps.Clone(sample)
			body[name] = wrong
			a := c.send(r.Method, at, body)
			require.Less(h, a.status, 500, "%s: %s = %v: %s\n%s", r.ID, name, wrong, a.body, h.journal)
			if wrong != nil {
				h.problem(a, r, fmt.Sprint(name, " = ", wrong))
			}
		}
	}
}

func TestHostileParameters(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	before := h.rows()
	texts := []string{"\x00", "\xff", strings.Repeat("x", 20_000), "<script>alert(1)</script>", "-1", "0", "99999999999999999999", "1e5", "'; --",
		"%", "null", "../..", "\u202e", "a\nb"}
	for _, r := range h.routes {
		if r.Method != http.MethodGet && !strings.Contains(r.Path, "{") || strings.HasSuffix(r.Path, "/events") {
			continue
		}
		for _, p := range r.Parameters {
			for _, text := range texts {
				switch p.In {
				case "path":
					if strings.Contains(text, "/") {
						continue // another address
					}
					at := h.address(&r, map[string]string{p.Name: url.PathEscape(text)})
					a := h.owner.with("If-Match", `"1"`).send(r.Method, at, h.sample(&r))
					if p.Name == "channel" && a.status == http.StatusNoContent {
						continue // a channel of which nothing is to be withdrawn
					}
					h.problem(a, &r, p.Name+"="+text[:min(len(text), 30)])
				case "query":
					if r.Method != http.MethodGet {
						continue
					}
					at, _, _ := strings.Cut(h.address(&r, nil), "?")
					a := h.owner.send(r.Method, at+"?"+p.Name+"="+url.QueryEscape(text), nil)
					require.Less(t, a.status, 500, "%s: %s = %q: %s\n%s", r.ID, p.Name, text[:min(len(text), 30)], a.body, h.journal)
				}
			}
		}
	}
	require.Equal(t, before, h.rows())
}

// TestScriptsInNamesAreOnlyText: a name may be anything that is text; it comes back as JSON and never as a page.
func TestScriptsInNamesAreOnlyText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = `<script>alert("1")</script>&'`
	a := w.owner.patch("/account", object{"name": name}, 200)
	require.Equal(t, name, into[access.Account](a).Name)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	w.owner.post("/tokens", object{"name": name, "scopes": []string{"audit:read"}}, 201)
	log := w.owner.get("/audit", 200)
	require.Equal(t, "application/json", log.header.Get("Content-Type"))
	require.NotEmpty(t, into[paging.Page[access.Entry]](log).Items)
}
