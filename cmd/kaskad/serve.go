package main

import (
	"context"

	"kaskad/engine/audience/sample"
)

func serve(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	demonstrate := false
	c, ok := configure(t, args, append(l.only("profile", "seed", "hurry", "lang"), setting{flag: "demo",
		help: "start a demonstration campaign of a made-up address book, unless one is running",
		set:  func(_ *Config, v string) error { demonstrate = v == "true"; return nil }})...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) > 0 {
		return t.refuse("usage: kaskad serve [flags] (kaskad help lists the flags)")
	}
	log := logger(c, t)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	defer d.close()
	if _, err := ensureAccount(ctx, d, c); err != nil {
		return t.refuse("kaskad: %v", err)
	}
	_, _ = demonstrate, sample.Contacts
	works, err := startWorks(ctx, c, d, demoSettings{l.profile, l.seed, l.hurry}, log)
	if err != nil {
		return t.refuse("kaskad: %v", err)
	}
	log.Info("ready")
	if err := works.wait(); err != nil {
		return t.refuse("kaskad: %v", err)
	}
	return exitOK
}
