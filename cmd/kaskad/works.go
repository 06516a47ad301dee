package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/uuid"

	"kaskad/engine/channel"
	"kaskad/engine/files"
	identity "kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/nodes/demo"
	demodriver "kaskad/nodes/demo/driver"
	hookdriver "kaskad/nodes/webhook/driver"
)

// demoConnection is the name of the connection to the demo channel.
const demoConnection = "demo"

// works is everything that walks recipients in this process.
type works struct {
	*run.Runtime
	inbox  *run.Inbox
	enter  *run.Entrance
	linker *run.Linker
	files  *files.Addresses
	traces *tracing
	demo   *demodriver.Driver
	done   chan error
}

// demoSettings say how the demo channel behaves.
type demoSettings struct {
	profile string
	seed    uint64
	hurry   int
}

// startWorks starts the workers and the demo channel. They stop when ctx ends; wait tells when they have.
func startWorks(ctx context.Context, c Config, d *database, settings demoSettings, log *slog.Logger) (*works, error) {
	key, err := secret(c, "link.key")
	if err != nil {
		return nil, fault("works.key", "cause", err)
	}
	w := &works{linker: &run.Linker{Base: baseURL(c, c.Listen) + "/l/", Secret: key},
		files: &files.Addresses{Base: baseURL(c, c.Listen) + "/f/", Secret: key}, done: make(chan error, 1)}
	registry := run.NewRegistry()
	w.inbox, w.enter = run.NewInbox(d.Store, registry, log), run.NewEntrance(d.Store, registry, log)
	traces, err := startTracing(ctx, c, d.process, log)
	if err != nil {
		return nil, err
	}
	w.traces, w.inbox.Tracer = traces, traces.tracer()
	if !c.HasRole("worker") {
		go func() {
			go w.enter.Run(ctx)
			w.inbox.Run(ctx)
			traces.stop(ctx)
			w.done <- nil
		}()
		return w, nil
	}
	if err := w.startWorkers(ctx, c, d, settings, traces, registry, log); err != nil {
		traces.stop(ctx)
		return nil, err
	}
	return w, nil
}

// startWorkers starts what walks recipients, and the demo channel.
func (w *works) startWorkers(ctx context.Context, c Config, d *database, settings demoSettings, traces *tracing, registry *run.Registry, log *slog.Logger) error {
	profile, err := demo.ParseProfile(settings.profile)
	if err != nil {
		return err
	}
	profile.Seed, profile.Scale = settings.seed, float64(max(settings.hurry, 1))
	w.demo, err = demodriver.Open(demodriver.Options{Profile: profile, Connection: demoConnection,
		Dir: filepath.Join(c.Data, "demo"), Inbox: w.inbox, Clock: now, Log: log})
	if err != nil {
		return err
	}
	closeDemo := sync.OnceValue(w.demo.Close)
	w.Runtime, err = run.New(run.Options{
		Process: d.process, Workers: c.Workers, Store: d.Store, Registry: registry, Inbox: w.inbox, Entrance: w.enter,
		Senders: map[string]channel.Sender{demoConnection: w.demo.Sender()}, Caller: caller{hookdriver.New(false)},
		Compile: compileScheme, Link: w.linker.Address, File: w.fileAddress, Tracer: traces.tracer(), Log: log, Clock: now,
		Rand: rand.NewPCG(rand.Uint64(), rand.Uint64()), Closing: func() { _ = closeDemo() },
	})
	if err != nil {
		_ = closeDemo()
		return err
	}
	go func() {
		err := w.Run(ctx)
		if e := closeDemo(); err == nil {
			err = e
		}
		traces.stop(ctx)
		w.done <- err
	}()
	return nil
}

// fileAddress is the address at which providers fetch a stored file.
func (w *works) fileAddress(account int64, name string) string {
	return w.files.Of(identity.ID(account), name)
}

// wait returns once everything has stopped.
func (w *works) wait() error { return <-w.done }

// processName is unique among the processes of a database, and says to people which one it is.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), uuid.NewString()[:8])
}

// caller makes webhooks' calls by HTTP.
type caller struct{ http *hookdriver.Caller }

func (c caller) Call(ctx context.Context, r run.HookRequest) string {
	return c.http.Call(ctx, hookdriver.Request{Key: r.Key.String(), Method: r.Method, URL: r.URL, Headers: r.Headers,
		Body: r.Body, Timeout: r.Timeout})
}
