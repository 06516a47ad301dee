package driver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCall(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /lead", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"a":1}` || r.Header.Get("Idempotency-Key") != "k1" || r.Header.Get("X-Token") != "t" {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/lead", http.StatusFound) })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	gone := httptest.NewServer(mux)
	gone.Close()

	lead := Request{Key: "k1", Method: "POST", URL: server.URL + "/lead", Body: `{"a":1}`,
		Headers: map[string]string{"X-Token": "t"}, Timeout: 5 * time.Second}
	with := func(change func(*Request)) Request {
		r := lead
		change(&r)
		return r
	}
	for _, c := range []struct {
		name    string
		private bool
		request Request
		reason  string
	}{
		{"success", true, lead, ""},
		{"a status code", true, with(func(r *Request) { r.URL = server.URL + "/broken" }), "502"},
		{"a redirect is not followed", true, with(func(r *Request) { r.URL = server.URL + "/moved" }), "302"},
		{"timeout", true, with(func(r *Request) { r.URL, r.Timeout = server.URL+"/slow", 50*time.Millisecond }), Timeout},
		{"nobody there", true, with(func(r *Request) { r.URL = gone.URL }), Down},
		{"own network", false, lead, Forbidden},
		{"no address", true, with(func(r *Request) { r.URL = "file:///etc/passwd" }), BadURL},
		{"not to be parsed", true, with(func(r *Request) { r.URL = "http://a b" }), BadURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.reason, New(c.private).Call(context.Background(), c.request))
		})
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34:443": true, "[2606:4700::1111]:443": true,
		"127.0.0.1:80": false, "10.1.2.3:80": false, "192.168.0.1:80": false, "172.16.0.1:80": false, "169.254.169.254:80": false,
		"100.64.0.1:80": false, "0.0.0.0:80": false, "[::1]:80": false, "[fe80::1]:80": false, "[fd00::1]:80": false,
		"[::ffff:127.0.0.1]:80": false, "224.0.0.1:80": false, "nonsense": false,
	} {
		require.Equal(t, want, public(address), address)
	}
}
