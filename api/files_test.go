package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/engine/fault"
	"kaskad/engine/files"
	"kaskad/engine/ids"
)

// shelf has one file, of account 7, and one that cannot be read.
type shelf struct{}

func (shelf) Fetch(_ context.Context, account ids.ID, mark []byte) (files.File, io.ReadSeeker, error) {
	switch {
	case account == 7 && string(mark) == string(files.Mark("a.mp3")):
		return files.File{ID: 1, Name: "a.mp3", Type: "audio/mpeg", Digest: "abc"}, strings.NewReader("0123456789"), nil
	case account == 8:
		return files.File{}, nil, errors.New("database: hush")
	}
	return files.File{}, nil, fault.New(fault.NotFound, "file_not_found", "")
}

func TestProvidersFetchFilesWithoutSigningIn(t *testing.T) {
	t.Parallel()
	addresses := &files.Addresses{Base: "/f/", Secret: []byte("secret")}
	var journal journal
	h := handler(t, api.Options{Log: journal.log(), Files: shelf{}, FileAddresses: addresses})
	at := addresses.Of(7, "a.mp3")
	w := askFrom("192.0.2.1:80", h, http.MethodGet, at)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "0123456789", w.Body.String())
	for name, want := range map[string]string{"Content-Type": "audio/mpeg", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "cross-origin",
		"Content-Disposition": "inline; filename=a.mp3", "ETag": `"abc"`, "X-Robots-Tag": "noindex, nofollow"} {
		require.Equal(t, want, w.Header().Get(name), name)
	}
	require.Empty(t, w.Header().Get("Set-Cookie"))
	require.NotContains(t, journal.String(), strings.TrimPrefix(at, "/f/"))
	w = ask(h, http.MethodGet, at, "Range", "bytes=-3")
	require.Equal(t, http.StatusPartialContent, w.Code)
	require.Equal(t, "789", w.Body.String())
	require.Empty(t, ask(h, http.MethodHead, at).Body.String())
	for _, missing := range []string{"/f/x", at + "A", addresses.Of(7, "b.mp3"), addresses.Of(9, "a.mp3"), "/f/" + strings.Repeat("A", 5000)} {
		require.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, missing).Code, missing)
	}
	w = ask(h, http.MethodGet, addresses.Of(8, "a.mp3"))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.NotContains(t, w.Body.String(), "hush")
	_, err := api.New(api.Options{Gate: everybody(), Clock: newClock().now, Log: journal.log(), Files: shelf{}})
	require.ErrorContains(t, err, "together")
}
