package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"kaskad/api"
	"kaskad/engine/run"
)

// flushWithin bounds how long a stop waits for the collector of traces.
const flushWithin = 5 * time.Second

// tracing sends traces to a collector, by OTLP over HTTP. One without an endpoint (nil) sends nothing.
type tracing struct {
	provider *sdktrace.TracerProvider
	log      *slog.Logger
}

// startTracing makes the tracing that the configuration asks for: nil where it asks for none. The endpoint is the base
// address, as in https://opentelemetry.io/docs/specs/otel/protocol/exporter/: traces go to /v1/traces below it. The
// other variables of that page (headers, certificates, time-outs) and those of the sampler and the resource are the
// library's to read. A collector that is down holds nothing up: spans wait in a bounded queue, and then are dropped.
func startTracing(ctx context.Context, c Config, process string, log *slog.Logger) (*tracing, error) {
	if c.OTLPEndpoint == "" {
		return nil, nil
	}
	base, err := url.Parse(c.OTLPEndpoint)
	if err != nil {
		return nil, fault("config.secret", "setting", "OTEL_EXPORTER_OTLP_ENDPOINT (--otlp-endpoint)", "cause", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(base.JoinPath("v1/traces").String()))
	if err != nil {
		return nil, fault("config.secret", "setting", "OTEL_EXPORTER_OTLP_ENDPOINT (--otlp-endpoint)", "cause", err)
	}
	who, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "kaskad"),
		attribute.String("service.version", version()), attribute.String("service.instance.id", process)), resource.WithFromEnv())
	if err != nil {
		log.Warn("a part of the variables that describe this service to the collector of traces cannot be read", "error", err)
	}
	return &tracing{log: log, provider: sdktrace.NewTracerProvider(sdktrace.WithResource(who),
		sdktrace.WithBatcher(&candid{SpanExporter: exporter, log: log}))}, nil
}

// tracer is what the runtime records with.
func (t *tracing) tracer() run.Tracer {
	if t == nil {
		return nil
	}
	return tracer{t.provider.Tracer("kaskad/engine/run")}
}

// requests is what HTTP records with.
func (t *tracing) requests() api.Tracer {
	if t == nil {
		return nil
	}
	return requestTracer{t.provider.Tracer("kaskad/api")}
}

// requestTracer names and describes spans as https://opentelemetry.io/docs/specs/semconv/http/http-spans/ has it.
type requestTracer struct{ inner trace.Tracer }

func (t requestTracer) Request(ctx context.Context, method, route string) (on context.Context, end func(status int)) {
	name := method
	if name == "other" {
		name, method = "HTTP", "_OTHER"
	}
	about := []attribute.KeyValue{attribute.String("http.request.method", method)}
	if route != "" {
		name += " " + route
		about = append(about, attribute.String("http.route", route))
	}
	ctx, s := t.inner.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(about...))
	return ctx, func(status int) {
		s.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError { // what a visitor did wrong is no error of ours
			s.SetAttributes(attribute.String("error.type", strconv.Itoa(status)))
			s.SetStatus(codes.Error, "")
		}
		s.End()
	}
}

// stop sends what is left, if the collector takes it in time.
func (t *tracing) stop(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last traces could not be sent", "error", err)
	}
}

// tracer is OpenTelemetry's.
type tracer struct{ inner trace.Tracer }

func (t tracer) Start(ctx context.Context, name string) (context.Context, run.Span) {
	ctx, s := t.inner.Start(ctx, name)
	return ctx, span{s}
}

type span struct{ inner trace.Span }

func (s span) Set(name string, n int) { s.inner.SetAttributes(attribute.Int("kaskad."+name, n)) }
func (s span) Tell(name, text string) { s.inner.SetAttributes(attribute.String("kaskad."+name, text)) }
func (s span) Drop()                  {} // what is not ended is not sent

func (s span) End(err error) {
	if err != nil {
		s.inner.SetStatus(codes.Error, err.Error())
	}
	s.inner.End()
}

// candid logs when the collector stops taking traces, and when it takes them again: once each, not every time.
type candid struct {
	sdktrace.SpanExporter
	log  *slog.Logger
	down atomic.Bool
}

func (c *candid) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	switch was := c.down.Swap(err != nil); {
	case err != nil && !was:
		c.log.Warn("traces cannot be sent and are dropped; the work goes on", "error", err)
	case err == nil && was:
		c.log.Info("traces can be sent again")
	}
	return nil // the library would print it too
}
