package api_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/engine/ids"
)

// requestSpans keeps what ended: method, route and status.
type requestSpans struct {
	mu   sync.Mutex
	list [][3]any
}

type spanMark struct{}

func (s *requestSpans) Request(ctx context.Context, method, route string) (context.Context, func(int)) {
	return context.WithValue(ctx, spanMark{}, route), func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, [3]any{method, route, status})
	}
}

// inside is a page that looks whether it works inside the request's span.
type inside struct {
	campaigns
	route any
}

func (i *inside) List(ctx context.Context, account ids.ID) ([]api.CampaignView, error) {
	i.route = ctx.Value(spanMark{})
	return i.campaigns.List(ctx, account)
}

func TestRequestsAreTraced(t *testing.T) {
	t.Parallel()
	spans, pages := &requestSpans{}, &inside{}
	h := handler(t, api.Options{Tracer: spans, Campaigns: pages})
	for _, target := range []string{"/healthz", "/readyz", "/metrics", "/assets/status.css"} {
		ask(h, http.MethodGet, target)
	}
	require.Empty(t, spans.list, "what is asked for all the time is left out")
	ask(h, http.MethodGet, "/?token=hush")
	ask(h, http.MethodGet, "/nope/hush")
	ask(h, "HUSH", "/")
	broken := handler(t, api.Options{Tracer: spans, Campaigns: &campaigns{panic: true}})
	ask(broken, http.MethodGet, "/")
	require.Equal(t, [][3]any{
		{"GET", "/", http.StatusOK}, {"GET", "", http.StatusNotFound}, {"other", "", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusInternalServerError},
	}, spans.list)
	require.Equal(t, "/", pages.route, "the work is done inside the span")
}
