package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the figures of this package and the registry of all.
type metrics struct {
	registry *prometheus.Registry
	log      logger
	requests *prometheus.HistogramVec
	clicks   *prometheus.CounterVec
	streams  prometheus.Gauge
}

// What became of a visit to a tracked link.
const (
	clickStored  = "stored"
	clickLost    = "lost"    // the visitor was led on, but the click could not be stored
	clickIgnored = "ignored" // a machine's look
	clickUnknown = "unknown" // no such link
)

func newMetrics(o Options) (*metrics, error) {
	m := &metrics{registry: prometheus.NewRegistry(), log: o.Log}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "kaskad_http_request_duration_seconds",
		Help: "Time taken by HTTP requests other than streams.", Buckets: []float64{.005, .02, .1, .5, 2, 10}},
		[]string{"route", "method", "code"})
	m.clicks = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kaskad_link_visits_total",
		Help: "Visits to tracked links by what became of them."}, []string{"result"})
	for _, result := range []string{clickStored, clickLost, clickIgnored, clickUnknown} {
		m.clicks.WithLabelValues(result)
	}
	m.streams = prometheus.NewGauge(prometheus.GaugeOpts{Name: "kaskad_http_streams",
		Help: "Streams of events that are open."})
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "kaskad_build_info", Help: "Always 1; the label is the version.",
		ConstLabels: prometheus.Labels{"version": o.Version}})
	build.Set(1)
	all := []prometheus.Collector{m.requests, m.clicks, m.streams, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	if o.Runtime != nil {
		all = append(all, newRuntimeCollector(o.Runtime))
	}
	if o.Lag != nil {
		all = append(all, newLagCollector(o.Lag, o.Log))
	}
	for _, c := range slices.Concat(all, o.Collectors) {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// handler gives the metrics out. One collector that fails does not hide the others.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError,
		ErrorLog: scrapeLog{m.log}, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

type scrapeLog struct{ log logger }

func (l scrapeLog) Println(v ...any) { l.log.Warn("metrics could not be gathered whole", "error", v) }

// observed measures requests. Labels come from closed sets: routes, known methods, codes.
func (m *metrics) observed(clock func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		begun := clock()
		defer func() {
			route := c.FullPath()
			if route == "/events" {
				return
			}
			if route == "" {
				route = "none"
			}
			m.requests.WithLabelValues(route, method(c), strconv.Itoa(c.Writer.Status())).Observe(clock().Sub(begun).Seconds())
		}()
		c.Next()
	}
}

// method is the request's, or "other": a client can make methods up.
func method(c *gin.Context) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions}
	if slices.Contains(known, c.Request.Method) {
		return c.Request.Method
	}
	return "other"
}
