package api

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// runtimeCollector turns a look at the runtime into metrics, so that nothing is counted twice.
type runtimeCollector struct {
	figures func() run.Figures
	plain   []plainMetric
	lanes   []laneMetric
	circuit *prometheus.Desc
	results *prometheus.Desc
}

type plainMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*run.Figures) float64
}

type laneMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*run.ConnectionStats) float64
}

func newRuntimeCollector(figures func() run.Figures) *runtimeCollector {
	r := &runtimeCollector{figures: figures, plain: plainMetrics(), lanes: laneMetrics()}
	r.circuit = prometheus.NewDesc("kaskad_connection_circuit_state",
		"1 for the state that the connection's circuit breaker is in, 0 for the others.", []string{"connection", "state"}, nil)
	r.results = prometheus.NewDesc("kaskad_connection_results_total",
		"Messages by what became of the attempt to hand them to the provider.",
		[]string{"connection", "channel", "status", "reason"}, nil)
	return r
}

func plainMetrics() []plainMetric {
	count := func(name, help string, value func(*run.Figures) int64) plainMetric {
		return plainMetric{prometheus.NewDesc("kaskad_"+name+"_total", help, nil, nil), prometheus.CounterValue,
			func(f *run.Figures) float64 { return float64(value(f)) }}
	}
	gauge := func(name, help string, value func(*run.Figures) int64) plainMetric {
		return plainMetric{prometheus.NewDesc("kaskad_"+name, help, nil, nil), prometheus.GaugeValue,
			func(f *run.Figures) float64 { return float64(value(f)) }}
	}
	return []plainMetric{
		count("batches", "Batches committed by this process.", func(f *run.Figures) int64 { return f.Batches }),
		count("recipients_stepped", "Steps of recipients committed by this process.", func(f *run.Figures) int64 { return f.Recipients }),
		count("messages", "Intents to send committed by this process.", func(f *run.Figures) int64 { return f.Messages }),
		count("events", "Answers and facts taken in by this process.", func(f *run.Figures) int64 { return f.Events }),
		count("segments_lost", "Segments that this process lost to another while it worked on them.", func(f *run.Figures) int64 { return f.Lost }),
		count("batches_refused", "Batches that the database refused for what is in them.", func(f *run.Figures) int64 { return f.Refused }),
		count("walks_isolated", "Walks ended because their data could not be stored.", func(f *run.Figures) int64 { return f.Isolated }),
		count("recipients_set_aside", "Recipients whose own rows could not be changed and who were set aside.", func(f *run.Figures) int64 { return f.Aside }),
		count("rate_leases_denied", "Leases of campaigns' rates that granted nothing.", func(f *run.Figures) int64 { return f.Denied }),
		{prometheus.NewDesc("kaskad_watermark_lag_seconds", "How far behind the database's clock facts are read and deadlines decided.", nil, nil),
			prometheus.GaugeValue, func(f *run.Figures) float64 { return f.WatermarkLag.Seconds() }},
		gauge("segments_held", "Segments that this process holds.", func(f *run.Figures) int64 { return f.Held }),
		gauge("segments_active", "Segments that are due or held, in all processes.", func(f *run.Figures) int64 { return int64(f.Segments) }),
		gauge("workers_living", "Living workers of all processes.", func(f *run.Figures) int64 { return int64(f.Living) }),
		gauge("inbox_waiting", "Parcels of reports that wait to be stored.", func(f *run.Figures) int64 { return int64(f.Waiting) }),
	}
}

func laneMetrics() []laneMetric {
	lane := func(name, help string, kind prometheus.ValueType, value func(*run.ConnectionStats) float64) laneMetric {
		return laneMetric{prometheus.NewDesc("kaskad_connection_"+name, help, []string{"connection"}, nil), kind, value}
	}
	const gauge, count = prometheus.GaugeValue, prometheus.CounterValue
	return []laneMetric{
		lane("queued_messages", "Messages that wait for a call.", gauge, func(s *run.ConnectionStats) float64 { return float64(s.Queued) }),
		lane("in_flight_messages", "Messages in a call.", gauge, func(s *run.ConnectionStats) float64 { return float64(s.InFlight) }),
		lane("free_places", "Messages that the queue would take now.", gauge, func(s *run.ConnectionStats) float64 { return float64(s.Free) }),
		lane("message_rate", "Messages answered a second, smoothed over about ten seconds.", gauge, func(s *run.ConnectionStats) float64 { return s.PerSecond }),
		lane("handed_messages_total", "Messages handed to the dispatcher.", count, func(s *run.ConnectionStats) float64 { return float64(s.Handed) }),
		lane("calls_total", "Calls to the provider.", count, func(s *run.ConnectionStats) float64 { return float64(s.Calls) }),
		lane("failed_calls_total", "Calls in which the provider answered for no message.", count, func(s *run.ConnectionStats) float64 { return float64(s.FailedCalls) }),
		lane("slices_denied_total", "Slices of the connection's limits of which nothing was granted.", count, func(s *run.ConnectionStats) float64 { return float64(s.Denied) }),
		lane("troubles_total", "Calls that panicked or gave a wrong number of results.", count, func(s *run.ConnectionStats) float64 { return float64(s.Troubles) }),
	}
}

// Describe implements prometheus.Collector.
func (r *runtimeCollector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range r.plain {
		out <- m.desc
	}
	for _, m := range r.lanes {
		out <- m.desc
	}
	out <- r.circuit
	out <- r.results
}

// Collect implements prometheus.Collector.
func (r *runtimeCollector) Collect(out chan<- prometheus.Metric) {
	f := r.figures()
	for _, m := range r.plain {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(&f))
	}
	for i := range f.Connections {
		s := &f.Connections[i]
		for _, m := range r.lanes {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s), s.Connection)
		}
		for _, state := range []run.CircuitState{run.CircuitClosed, run.CircuitOpen, run.CircuitProbing} {
			in := 0.0
			if s.Circuit == state {
				in = 1
			}
			out <- prometheus.MustNewConstMetric(r.circuit, prometheus.GaugeValue, in, s.Connection, state.String())
		}
		for labels, n := range resultsOf(s) {
			out <- prometheus.MustNewConstMetric(r.results, prometheus.CounterValue, float64(n), s.Connection, labels[0], labels[1], labels[2])
		}
	}
}

// resultsOf sums the outcomes by labels. A reason that no contract knows counts as "other": a provider's own words are
// without bound.
func resultsOf(s *run.ConnectionStats) map[[3]string]uint64 {
	known := append(engine.ErrorReasons(), "", run.CodeTooLate, run.CodeCircuitOpen, run.CodeStopped,
		run.CodeUnknownConnection, run.CodeNoResult)
	sums := map[[3]string]uint64{}
	for o, n := range s.Outcomes {
		reason := o.Reason
		if !slices.Contains(known, reason) {
			reason = "other"
		}
		sums[[3]string{o.Channel, statusName(o.Status), reason}] += n
	}
	return sums
}

func statusName(s channel.Status) string {
	switch s {
	case channel.Accepted:
		return "accepted"
	case channel.Refused:
		return "refused"
	case channel.NotTaken:
		return "not_taken"
	}
	return "uncertain"
}

// lagCollector asks for the lag when it is looked at. Where that fails there is no figure: 0 would be a lie.
type lagCollector struct {
	lag  func(context.Context) (time.Duration, error)
	log  logger
	desc *prometheus.Desc
}

func newLagCollector(lag func(context.Context) (time.Duration, error), log logger) *lagCollector {
	return &lagCollector{lag, log, prometheus.NewDesc("kaskad_lag_seconds",
		"For how long the segment that is most overdue has been due.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (l *lagCollector) Describe(out chan<- *prometheus.Desc) { out <- l.desc }

// Collect implements prometheus.Collector.
func (l *lagCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), checkWithin)
	defer cancel()
	lag, err := l.lag(ctx)
	if err != nil {
		l.log.Warn("the lag could not be measured", "error", err)
		return
	}
	out <- prometheus.MustNewConstMetric(l.desc, prometheus.GaugeValue, max(lag.Seconds(), 0))
}
