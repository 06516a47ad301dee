package api_test

import (
	"log/slog"
	"net/http"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/api/v1"
	"kaskad/engine/ids"
)

const builtPage = `<html><head><meta name="kaskad-nonce" content="" /></head><body><div id="root"></div></body></html>`

func builtApp() fstest.MapFS {
	return fstest.MapFS{
		"index.html":       {Data: []byte(builtPage)},
		"assets/a-1.js":    {Data: []byte("1")},
		"assets/a-1.css":   {Data: []byte("a{}")},
		"secret.txt":       {Data: []byte("no")},
		"assets/deep/b.js": {Data: []byte("2")},
	}
}

func TestTheApplicationAnswersAllItsAddresses(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{App: builtApp()})
	nonces := map[string]bool{}
	for _, place := range []string{"/app/", "/app/cascades", "/app/cascades/7?x=1", "/app/index.html", "/app/secret.txt"} {
		w := ask(h, http.MethodGet, place, "Accept", "text/html")
		require.Equal(t, http.StatusOK, w.Code, place)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		nonce := regexp.MustCompile(`name="kaskad-nonce" content="([\w-]{22})"`).FindStringSubmatch(w.Body.String())
		require.NotNil(t, nonce, w.Body.String())
		policy := w.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "style-src 'self' 'nonce-"+nonce[1]+"'")
		require.Contains(t, policy, "default-src 'self'")
		require.NotContains(t, policy, "unsafe")
		require.Contains(t, policy, "media-src 'self' blob:")
		require.Contains(t, w.Header().Get("Permissions-Policy"), "microphone=(self)")
		nonces[nonce[1]] = true
	}
	require.Len(t, nonces, 5, "every page has a nonce of its own")
	w := ask(h, http.MethodGet, "/app")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/app/", w.Header().Get("Location"))
}

// Whoever comes by a one-time link begins in the application, where there is one.
func TestAOneTimeLinkLeadsToTheApplication(t *testing.T) {
	t.Parallel()
	office := &v1.Options{Clock: newClock().now, NewID: func() ids.ID { return 1 }, Log: slog.New(slog.DiscardHandler)}
	with, without := handler(t, api.Options{App: builtApp(), Office: office}), handler(t, api.Options{Office: office})
	for address, want := range map[string]string{"/sign-in?code=x": "/app/", "/sign-in?code=x&next=/y": "/y", "/sign-in": "/"} {
		require.Contains(t, ask(with, http.MethodGet, address).Body.String(), `data-next="`+want+`"`, address)
	}
	require.Contains(t, ask(without, http.MethodGet, "/sign-in?code=x").Body.String(), `data-next="/"`)
}

func TestTheApplicationsFilesAreKeptForEver(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{App: builtApp()})
	w := ask(h, http.MethodGet, "/app/assets/a-1.js")
	require.Equal(t, "1", w.Body.String())
	require.Contains(t, w.Header().Get("Content-Type"), "javascript")
	require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
	require.NotContains(t, w.Header().Get("Content-Security-Policy"), "nonce")
	for _, missing := range []string{"/app/assets/none.js", "/app/assets/", "/app/assets/deep", "/app/assets/../index.html", "/app/assets/%2e%2e/secret.txt", "/app/assets//a-1.js"} {
		require.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, missing).Code, missing)
	}
	require.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, "/app/cascades", "Accept", "application/json").Code)
	require.Equal(t, http.StatusMethodNotAllowed, ask(h, http.MethodPost, "/app/cascades").Code)
}

func TestAnApplicationThatWasNotBuiltSaysSo(t *testing.T) {
	t.Parallel()
	w := ask(handler(t, api.Options{App: fstest.MapFS{".keep": {}}}), http.MethodGet, "/app/cascades", "Accept", "text/html")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "make build")

	_, err := api.New(api.Options{Clock: newClock().now, Log: slog.New(slog.DiscardHandler), Gate: everybody(),
		App: fstest.MapFS{"index.html": {Data: []byte("<html></html>")}}})
	require.ErrorContains(t, err, "kaskad-nonce")
}
