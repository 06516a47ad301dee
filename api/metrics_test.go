package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

func figures() run.Figures {
	return run.Figures{Held: 3, Batches: 10, Recipients: 200, Messages: 50, Events: 70, Lost: 1, Refused: 4, Isolated: 3, Aside: 1, Denied: 8,
		WatermarkLag: 250 * time.Millisecond, Living: 4, Segments: 9, Waiting: 2,
		Connections: []run.ConnectionStats{{Connection: "demo-1", Queued: 7, InFlight: 5, Free: 88, Circuit: run.CircuitOpen, Handed: 50,
			Calls: 6, FailedCalls: 2, Troubles: 1, Denied: 6, PerSecond: 12.5, Outcomes: map[run.DispatchOutcome]uint64{
				{Channel: "sms", Status: channel.Accepted}:                                40,
				{Channel: "sms", Status: channel.Refused, Reason: engine.BadAddress}:      3,
				{Channel: "sms", Status: channel.Refused, Reason: "provider's words 1"}:   1,
				{Channel: "sms", Status: channel.Refused, Reason: "provider's words 2"}:   2,
				{Channel: "viber", Status: channel.NotTaken, Reason: run.CodeCircuitOpen}: 4,
				{Channel: "viber", Status: channel.Uncertain}:                             5,
				{Channel: "viber", Status: channel.Uncertain, Reason: run.CodeNoResult}:   6,
			}}}}
}

func scrape(t *testing.T, o api.Options) string {
	t.Helper()
	h := handler(t, o)
	ask(h, http.MethodGet, "/healthz")
	ask(h, http.MethodGet, "/some/made/up/path")
	w := ask(h, http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	own := prometheus.NewGauge(prometheus.GaugeOpts{Name: "kaskad_own", Help: "Handed in."})
	body := scrape(t, api.Options{Version: "v1", Runtime: figures, Collectors: []prometheus.Collector{own},
		Lag: func(context.Context) (time.Duration, error) { return 1500 * time.Millisecond, nil }})
	for _, line := range []string{
		"kaskad_batches_total 10", "kaskad_recipients_stepped_total 200", "kaskad_messages_total 50", "kaskad_events_total 70",
		"kaskad_segments_lost_total 1", "kaskad_segments_held 3", "kaskad_segments_active 9", "kaskad_workers_living 4",
		"kaskad_batches_refused_total 4", "kaskad_walks_isolated_total 3", "kaskad_recipients_set_aside_total 1", "kaskad_rate_leases_denied_total 8",
		"kaskad_watermark_lag_seconds 0.25", `kaskad_connection_slices_denied_total{connection="demo-1"} 6`,
		"kaskad_inbox_waiting 2", "kaskad_lag_seconds 1.5", "kaskad_own 0", `kaskad_build_info{version="v1"} 1`, "kaskad_http_streams 0",
		`kaskad_connection_queued_messages{connection="demo-1"} 7`, `kaskad_connection_in_flight_messages{connection="demo-1"} 5`,
		`kaskad_connection_message_rate{connection="demo-1"} 12.5`, `kaskad_connection_failed_calls_total{connection="demo-1"} 2`,
		`kaskad_connection_circuit_state{connection="demo-1",state="open"} 1`, `kaskad_connection_circuit_state{connection="demo-1",state="closed"} 0`,
		`kaskad_connection_results_total{channel="sms",connection="demo-1",reason="",status="accepted"} 40`,
		`kaskad_connection_results_total{channel="sms",connection="demo-1",reason="bad_address",status="refused"} 3`,
		`kaskad_connection_results_total{channel="sms",connection="demo-1",reason="other",status="refused"} 3`,
		`kaskad_http_request_duration_seconds_count{code="200",method="GET",route="/healthz"} 1`,
		`kaskad_http_request_duration_seconds_count{code="404",method="GET",route="none"} 1`,
		"go_goroutines ", "process_start_time_seconds ",
	} {
		require.Contains(t, body, "\n"+line, line)
	}
	require.NotContains(t, body, "made")
	require.NotContains(t, body, "words")
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestALagThatCannotBeMeasuredIsNoFigure(t *testing.T) {
	t.Parallel()
	body := scrape(t, api.Options{Lag: func(context.Context) (time.Duration, error) { return 0, errors.New("down") }})
	require.NotContains(t, body, "kaskad_lag_seconds")
	require.NotContains(t, body, "kaskad_batches_total", "a process without a runtime has none of its figures")
	require.Contains(t, body, "go_goroutines ")
}
