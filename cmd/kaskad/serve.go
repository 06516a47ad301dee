package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"kaskad/api"
	"kaskad/engine/run"
	webeditor "kaskad/web-editor"
)

// shutdownWithin bounds how long requests may go on after a stop.
const shutdownWithin = 5 * time.Second

func serve(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	demonstrate := false
	c, ok := configure(t, args, append(l.pick("profile", "seed", "hurry", "lang"), demoSwitch(&demonstrate))...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) > 0 {
		return t.refuseUsage("serve")
	}
	if demonstrate && l.hurry == 1 {
		l.hurry = demoHurry
	}
	l.language = languageOf(l.language, t.env)
	log := logger(c, t)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return t.refuse(err)
	}
	defer d.close()
	if _, err := ensureAccount(ctx, d, c); err != nil {
		return t.refuse(err)
	}
	if demonstrate {
		if err := startDemo(ctx, t, c, l, d, log); err != nil {
			return t.refuse(fault("serve.demo", "cause", err))
		}
	}
	if err := serveAll(ctx, t, c, d, demoSettings{l.profile, l.seed, l.hurry}, log); err != nil {
		return t.refuse(err)
	}
	return exitOK
}

// demoSwitch is the flag of the demonstration.
func demoSwitch(on *bool) setting {
	return setting{flag: "demo", help: "flag.demo",
		set: func(_ *Config, v string) error { *on = v == "true"; return nil }}
}

// serveAll runs what the roles ask for until ctx ends, or until one part fails.
func serveAll(ctx context.Context, t terminal, c Config, d *database, settings demoSettings, log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	o, err := openOffice(ctx, d, settings.hurry, log)
	if err != nil {
		return err
	}
	defer o.close()
	w, err := startWorks(ctx, c, d, settings, log)
	if err != nil {
		return err
	}
	o.campaigns.Entrance = w.enter
	worked := make(chan error, 1)
	if c.HasRole("worker") {
		warnOfLocks(ctx, d, log)
		go func() { worked <- o.work(ctx) }()
	} else {
		worked <- nil
	}
	served := make(chan error, 1)
	if c.HasRole("api") {
		if err := listen(ctx, t, c, o, w, log, served); err != nil {
			stop()
			return errors.Join(err, w.wait(), <-worked)
		}
	} else {
		served <- nil
		log.Info("the workers run", "database", "joined")
	}
	done := w.wait()
	stop()
	return errors.Join(done, <-served, <-worked)
}

// warnOfLocks says when the server has too few places for the locks of all segments.
func warnOfLocks(ctx context.Context, d *database, log *slog.Logger) {
	locks, err := d.Locks(ctx)
	switch {
	case err != nil:
		log.Warn("the places for locks could not be counted", "error", err)
	case locks.Short():
		log.Warn("the places for locks in the database are few", "locks", locks.String())
	}
}

// listen serves HTTP; it returns once the address is taken, and served tells when the server has stopped.
func listen(ctx context.Context, t terminal, c Config, o *office, w *works, log *slog.Logger, served chan<- error) error {
	socket, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fault("serve.listen", "address", c.Listen, "cause", err)
	}
	base := baseURL(c, listening(c.Listen, socket.Addr()))
	handler, err := api.New(serverOptions(ctx, c, o, w, base, log))
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	server := api.Server(c.Listen, handler)
	go func() {
		if err := server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the HTTP server ended", "error", err)
		}
	}()
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
		defer cancel()
		served <- server.Shutdown(closing)
	}()
	fmt.Fprintf(t.out, "Kaskad: http://%s/\n", socket.Addr())
	return o.welcome(ctx, t, c, base)
}

// serverOptions puts together what HTTP serves.
func serverOptions(ctx context.Context, c Config, o *office, w *works, base string, log *slog.Logger) api.Options {
	d := o.d
	return api.Options{
		Version: version(), Clock: now, Log: log, Stopping: ctx.Done(),
		Checks: []api.Check{{Name: "database", Run: d.Ping}},
		Notes: []api.Note{{Name: "durability", Read: func(ctx context.Context) (string, error) {
			durability, err := d.Durability(ctx)
			return durability.String(), err
		}}, {Name: "locks", Read: func(ctx context.Context) (string, error) {
			locks, err := d.Locks(ctx)
			return locks.String(), err
		}}},
		Runtime: w.figures, Tracer: w.traces.requests(),
		Lag: func(ctx context.Context) (time.Duration, error) {
			depths, err := d.Depths(ctx)
			return depths.Lag, err
		},
		Campaigns: views{d}, Linker: w.linker, Links: links{d}, Inbox: w.inbox,
		Files: o.files, FileAddresses: w.files,
		App: webeditor.Files(), Office: o.options(base), MetricsToken: c.MetricsToken.Reveal(), Proxies: c.Proxies,
	}
}

// figures are the runtime's, none where this process has no workers.
func (w *works) figures() run.Figures {
	if w.Runtime == nil {
		return run.Figures{}
	}
	return w.Figures()
}
