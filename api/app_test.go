package api_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
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

// Two thirds of the way to the first picture are bytes, so files come compressed to whoever reads that.
func TestTheApplicationsFilesComeCompressed(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("const a = 1;\n", 1000)
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(i * i * 31 >> 3)
	}
	app := builtApp()
	app["assets/long.js"], app["assets/noise.woff2"] = &fstest.MapFile{Data: []byte(script)}, &fstest.MapFile{Data: noise}
	h := handler(t, api.Options{App: app})
	for header, want := range map[string]bool{"gzip, deflate, br": true, "br;q=1.0, gzip;q=0.8": true, "*": true, "": false, "br": false,
		"gzip;q=0": false, "gzip; q=0.0, *": false, "identity, *;q=0": false, "GZIP": true, "gzip;q=0.001": true} {
		w := ask(h, http.MethodGet, "/app/assets/long.js", "Accept-Encoding", header)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		require.Contains(t, w.Header().Get("Content-Type"), "javascript")
		require.Equal(t, want, w.Header().Get("Content-Encoding") == "gzip", header)
		body := io.Reader(w.Body)
		if want {
			require.Less(t, w.Body.Len(), len(script)/10)
			var err error
			body, err = gzip.NewReader(w.Body)
			require.NoError(t, err)
		}
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Equal(t, script, string(text), header)
	}
	w := ask(h, http.MethodGet, "/app/assets/noise.woff2", "Accept-Encoding", "gzip")
	require.Empty(t, w.Header().Get("Content-Encoding"), "what does not shrink goes as it is")
	require.Equal(t, noise, w.Body.Bytes())
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
