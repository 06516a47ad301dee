package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/api/v1"
	"kaskad/engine/ids"
)

// office is an interface with nothing behind it, for what is not asked of anything behind it.
func office(t *testing.T) http.Handler {
	t.Helper()
	return handler(t, api.Options{Campaigns: &campaigns{}, Office: &v1.Options{Clock: newClock().now,
		NewID: func() ids.ID { return 1 }, Log: slog.New(slog.DiscardHandler), BaseURL: "https://kaskad.example/go"}})
}

func TestTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	h := office(t)
	w := askFrom(elsewhere, h, http.MethodGet, v1.Base+"/openapi.json")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	whole, err := v1.Document()
	require.NoError(t, err)
	require.Equal(t, len(whole), w.Body.Len())
	require.True(t, json.Valid(w.Body.Bytes()))
	same := askFrom(elsewhere, h, http.MethodGet, v1.Base+"/openapi.json", "If-None-Match", w.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, same.Code)
	require.Empty(t, same.Body.String())
}

func TestTheReferenceIsServed(t *testing.T) {
	t.Parallel()
	h := office(t)
	for lang, want := range map[string]string{"en": "API reference", "ru": "Справочник API"} {
		w := askFrom(elsewhere, h, http.MethodGet, v1.Base+"/docs?lang="+lang)
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Body.String(), want)
		require.Contains(t, w.Body.String(), "/api/v1/users/{user}")
		require.Equal(t, lang, w.Header().Get("Content-Language"))
		require.NotContains(t, w.Body.String(), "http://", "nothing comes from elsewhere")
		require.NotContains(t, w.Body.String(), "<script", "it needs none")
	}
}

func TestThePageToSignIn(t *testing.T) {
	t.Parallel()
	h := office(t)
	w := askFrom(elsewhere, h, http.MethodGet, "/sign-in?code=x&lang=ru")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "Задайте пароль")
	require.NotContains(t, w.Body.String(), "code=x")
	require.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Contains(t, w.Body.String(), `data-next="/"`)
	require.Equal(t, http.StatusOK, askFrom(elsewhere, h, http.MethodGet, "/assets/signin.js").Code)
	require.Equal(t, http.StatusNotFound, askFrom(elsewhere, handler(t, api.Options{}), http.MethodGet, "/sign-in").Code)
}

func TestTheOfficeBehindTheCommonHandler(t *testing.T) {
	t.Parallel()
	h := office(t)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, v1.Base+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		method, path, body, code string
		status                   int
	}{
		{http.MethodGet, "/users", "", "sign_in", 401},
		{http.MethodPost, "/session", `{"email":`, "bad_json", 400},
		{http.MethodPost, "/session", `{"email":"` + strings.Repeat("x", 2<<20) + `"}`, "too_large", 413},
		{http.MethodGet, "/nothing", "", "", 404},
		{http.MethodPut, "/users", "", "", 405},
	} {
		w := ask(c.method, c.path, c.body)
		require.Equal(t, c.status, w.Code, c.path)
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		var p v1.Problem
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		require.Equal(t, c.code, p.Code)
	}
	_, err := api.New(api.Options{Clock: newClock().now, Log: slog.New(slog.DiscardHandler), Proxies: []string{"nonsense"}})
	require.Error(t, err)
}
