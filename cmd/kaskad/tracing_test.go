package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collected is a collector of traces, and what it took.
type collected struct {
	*httptest.Server
	mu    sync.Mutex
	paths []string
	about map[string]string // the resource
	spans []*traces.Span
}

func newCollector(t *testing.T, status int) *collected {
	c := &collected{about: map[string]string{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.paths = append(c.paths, r.URL.Path)
		for _, rs := range request.GetResourceSpans() {
			for _, a := range rs.GetResource().GetAttributes() {
				c.about[a.GetKey()] = a.GetValue().GetStringValue()
			}
			for _, ss := range rs.GetScopeSpans() {
				c.spans = append(c.spans, ss.GetSpans()...)
			}
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(c.Close)
	return c
}

func TestWithoutAnEndpointNothingIsTraced(t *testing.T) {
	t.Parallel()
	tr, err := startTracing(t.Context(), Config{}, "p", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, tr)
	require.Nil(t, tr.tracer(), "not an interface around nothing")
	require.Nil(t, tr.requests(), "likewise")
	tr.stop(t.Context())
}

// TestRequestsAreSpansOfAServer holds the spans against the conventions for HTTP: https://opentelemetry.io/docs/specs/semconv/http/http-spans/.
func TestRequestsAreSpansOfAServer(t *testing.T) {
	t.Parallel()
	c := newCollector(t, http.StatusOK)
	tr, err := startTracing(t.Context(), Config{OTLPEndpoint: c.URL}, "host-1", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, r := range []struct {
		method, route string
		status        int
	}{{"GET", "/l/:code", 302}, {"other", "", 405}, {"POST", "/api/v1/campaigns", 500}} {
		ctx, end := tr.requests().Request(t.Context(), r.method, r.route)
		_, inner := tr.tracer().Start(ctx, "save")
		inner.Drop()
		end(r.status)
	}
	tr.stop(t.Context())
	var seen []map[string]any
	for _, s := range c.spans {
		require.Equal(t, traces.Span_SPAN_KIND_SERVER, s.GetKind())
		about := map[string]any{"name": s.GetName(), "error": s.GetStatus().GetCode() == traces.Status_STATUS_CODE_ERROR}
		for _, a := range s.GetAttributes() {
			about[a.GetKey()] = a.GetValue().GetStringValue()
			if n := a.GetValue().GetIntValue(); n != 0 {
				about[a.GetKey()] = n
			}
		}
		seen = append(seen, about)
	}
	require.Equal(t, []map[string]any{
		{"name": "GET /l/:code", "error": false, "http.request.method": "GET", "http.route": "/l/:code", "http.response.status_code": int64(302)},
		{"name": "HTTP", "error": false, "http.request.method": "_OTHER", "http.response.status_code": int64(405)},
		{"name": "POST /api/v1/campaigns", "error": true, "http.request.method": "POST", "http.route": "/api/v1/campaigns",
			"http.response.status_code": int64(500), "error.type": "500"},
	}, seen)
}

func TestSpansArriveAtTheCollector(t *testing.T) {
	t.Parallel()
	c := newCollector(t, http.StatusOK)
	tr, err := startTracing(t.Context(), Config{OTLPEndpoint: c.URL + "/base/"}, "host-1", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, turn := tr.tracer().Start(t.Context(), "turn")
	_, commit := tr.tracer().Start(ctx, "commit")
	commit.Set("recipients", 5000)
	commit.Tell("connection", "demo")
	commit.End(errors.New("the database is gone"))
	turn.End(nil)
	_, idle := tr.tracer().Start(t.Context(), "claim")
	idle.Drop()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	tr.stop(stopped) // a stop comes with a context that has ended

	require.Equal(t, []string{"/base/v1/traces"}, c.paths)
	require.Equal(t, "kaskad", c.about["service.name"])
	require.Equal(t, "host-1", c.about["service.instance.id"])
	require.Len(t, c.spans, 2, "what was dropped is not sent")
	inner, outer := c.spans[0], c.spans[1]
	require.Equal(t, "commit", inner.GetName())
	require.Equal(t, "turn", outer.GetName())
	require.Equal(t, outer.GetSpanId(), inner.GetParentSpanId())
	require.Equal(t, traces.Status_STATUS_CODE_ERROR, inner.GetStatus().GetCode())
	require.Equal(t, "the database is gone", inner.GetStatus().GetMessage())
	require.Equal(t, traces.Status_STATUS_CODE_UNSET, outer.GetStatus().GetCode())
	require.Equal(t, "kaskad.recipients", inner.GetAttributes()[0].GetKey())
	require.EqualValues(t, 5000, inner.GetAttributes()[0].GetValue().GetIntValue())
	require.Equal(t, "demo", inner.GetAttributes()[1].GetValue().GetStringValue())
}

func TestACollectorThatRefusesIsToldOfOnce(t *testing.T) {
	t.Parallel()
	c := newCollector(t, http.StatusBadRequest)
	var log bytes.Buffer
	tr, err := startTracing(t.Context(), Config{OTLPEndpoint: c.URL}, "host-1", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	for range 2 {
		_, s := tr.tracer().Start(t.Context(), "turn")
		s.End(nil)
		require.NoError(t, tr.provider.ForceFlush(t.Context()))
	}
	tr.stop(t.Context())
	require.Equal(t, []string{"/v1/traces", "/v1/traces"}, c.paths)
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("traces cannot be sent")))
}
