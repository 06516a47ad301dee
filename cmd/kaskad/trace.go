package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kaskad/engine/audience"
	"kaskad/engine/report/trace"
	"kaskad/engine/run"
	"kaskad/engine/store"
	"kaskad/engine/store/campaigns"
)

func traceRecipient(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	c, ok := configure(t, args, l.pick("lang", "country")...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) != 2 {
		return t.refuseUsage("trace")
	}
	campaign, err := strconv.ParseInt(c.Args[0], 10, 64)
	if err != nil {
		return t.refuse(fault("trace.campaign", "value", c.Args[0]))
	}
	phone, why := audience.NormalisePhone(c.Args[1], l.country)
	if why != "" {
		return t.refuse(fault("trace.phone", "value", c.Args[1], "why", (&audience.Refusal{Code: why}).Message(audience.Lang(t.lang))))
	}
	d, err := openDatabase(ctx, c, quiet(c, t))
	if err != nil {
		return t.refuse(err)
	}
	defer d.close()
	w := speak(languageOf(l.language, t.env))
	key := run.CampaignKey{Account: defaultAccount, Campaign: campaign}
	walks, err := d.Trace(ctx, key, phone)
	if errors.Is(err, store.ErrNotFound) {
		fmt.Fprintln(t.err, w.say("trace_none", phone, c.Args[0]))
		return exitNo
	}
	if err != nil {
		return t.refuse(err)
	}
	info, err := d.Campaign(ctx, key)
	if err != nil {
		return t.refuse(err)
	}
	program, err := compileScheme(info.Document)
	if err != nil {
		return t.refuse(err)
	}
	for i := range walks {
		walk := campaigns.WalkOf(info, program, phone, &walks[i])
		told := trace.Tell(walk, languageOf(l.language, t.env))
		fmt.Fprintln(t.out, told.Title)
		for _, line := range told.Lines {
			fmt.Fprintln(t.out, "  "+line.At.In(walk.Clock()).Format("2006-01-02 15:04:05.000")+"  "+line.Text)
		}
	}
	return exitOK
}

// pick gives some of the flags of `kaskad run`.
func (l *launch) pick(names ...string) []setting {
	var list []setting
	for _, s := range l.flags() {
		if slices.Contains(names, s.flag) {
			list = append(list, s)
		}
	}
	return list
}
