package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api/page"
)

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	p, err := page.New()
	require.NoError(t, err)
	for next, want := range map[string]string{
		"": "/", "/": "/", "/?campaign=1-7": "/?campaign=1-7", "//evil.example": "/", `/\evil.example`: "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/sign-in?next=/": "/", "/\nx": "/", "campaigns": "/",
	} {
		body, err := p.SignIn("en", next)
		require.NoError(t, err)
		require.Contains(t, string(body), `data-next="`+want+`"`, next)
		require.NotContains(t, string(body), "evil")
	}
	for lang, want := range map[string]string{"en": "Set a password", "ru": "Задайте пароль"} {
		body, err := p.SignIn(lang, "/")
		require.NoError(t, err)
		require.Contains(t, string(body), want)
		require.Contains(t, string(body), `<html lang="`+lang+`">`)
	}
	_, err = p.SignIn("de", "/")
	require.Error(t, err)
}

func TestTheStatusPageHasAWayOut(t *testing.T) {
	t.Parallel()
	p, err := page.New()
	require.NoError(t, err)
	for lang, want := range map[string]string{"en": "Sign out", "ru": "Выйти"} {
		body, err := p.Status(lang, page.Query{}, page.Status{})
		require.NoError(t, err)
		require.Regexp(t, `<button id="out"[^>]* hidden>`+want+`</button>`, string(body))
	}
	script, ok := p.Asset("status.js")
	require.True(t, ok)
	require.Contains(t, string(script.Content), `fetch("/api/v1/session", { method: "DELETE"`)
}

func TestTheReferenceShowsADocument(t *testing.T) {
	t.Parallel()
	p, err := page.New()
	require.NoError(t, err)
	document := `{"paths":{"/api/v1/users/{user}":{"patch":{"operationId":"changeUser","tags":["users"],"summary":"Change <b>a</b> user",
		"description":"Gives another role.","security":[{"session":[]},{"token":["users:write"]}],
		"parameters":[{"name":"user","in":"path","required":true,"schema":{"type":"string","format":"id","maxLength":19}}],
		"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Change"}}}},
		"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Change"}}}}}}},
		"get":{"operationId":"look","tags":["users"],"summary":"Look","security":[]}}},
		"components":{"schemas":{"Change":{"type":"object","required":["role"],"properties":{
		"role":{"type":["string","null"],"enum":["owner","admin"],"description":"The role."},"age":{"type":"integer","minimum":1,"maximum":9}}}}}}`
	for lang, words := range map[string][]string{
		"en": {"Needs the permission users:write", "required", "one of owner, admin", "at least 1", "Needs no sign-in", "string or null"},
		"ru": {"Нужно право users:write", "обязательно", "одно из owner, admin", "не меньше 1", "Вход не нужен", "string или null"},
	} {
		body, err := p.Reference(lang, []byte(document), "/api/v1/openapi.json")
		require.NoError(t, err)
		text := string(body)
		for _, w := range append(words, `id="changeUser"`, `href="#type-Change"`, `id="type-Change"`, "[Change]", "/api/v1/openapi.json") {
			require.Contains(t, text, w)
		}
		require.NotContains(t, text, "<b>a</b>")
		require.Less(t, strings.Index(text, `id="look"`), strings.Index(text, `id="changeUser"`), "reading comes first")
	}
	_, err = p.Reference("en", []byte("{"), "x")
	require.Error(t, err)
}
