package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"kaskad/engine"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/report"
	"kaskad/engine/report/trace"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
)

// defaultAccount is the account that the command line works in.
const defaultAccount = 1

// pollEvery is how often a running campaign is looked at for the progress bar.
const pollEvery = 250 * time.Millisecond

// outcome is what `kaskad run --json` prints.
type outcome struct {
	Campaign int64            `json:"campaign,string"`
	Name     string           `json:"name"`
	State    string           `json:"state"`
	Seconds  float64          `json:"seconds"`
	Book     *book            `json:"book"`
	Report   *report.Campaign `json:"report"`
}

// campaignRun is one `kaskad run`.
type campaignRun struct {
	t       terminal
	c       Config
	l       *launch
	w       words
	d       *database
	log     *slog.Logger
	ids     ids
	account store.Account
	program *engine.Program
	files   []string // that the scheme uses
	key     run.CampaignKey
	result  outcome
}

func runCampaign(ctx context.Context, t terminal, args []string) int {
	l := &launch{}
	c, ok := configure(t, args, l.flags()...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) != 2 {
		return t.refuseUsage("run")
	}
	if err := l.finish(); err != nil {
		return t.refuse(err)
	}
	in := languageOfFindings(l.language, t.env)
	l.language = languageOf(l.language, t.env)
	checked, found, err := readScheme(c.Args[0])
	if err != nil {
		return t.refuse(err)
	}
	if checked == nil {
		return t.print(findings{scheme.In(in, found)}, true)
	}
	document, err := readFile(c.Args[0], scheme.MaxBytes)
	if err != nil {
		return t.refuse(err)
	}
	r := &campaignRun{t: t, c: c, l: l, w: speak(l.language), log: quiet(c, t)}
	if r.program, err = engine.Compile(checked); err != nil {
		return t.refuse(err)
	}
	if r.program.Kind != scheme.Cascade {
		return t.refuse(fault("run.routing", "path", c.Args[0]))
	}
	if r.d, err = openDatabase(ctx, c, r.log); err != nil {
		return t.refuse(err)
	}
	defer r.d.close()
	code, err := r.all(ctx, checked, document)
	if err != nil {
		return t.refuse(r.explain(err))
	}
	return code
}

// quiet logs errors only, unless more is asked for: the progress bar is what people look at.
func quiet(c Config, t terminal) *slog.Logger {
	if c.LogLevel == slog.LevelInfo {
		c.LogLevel = slog.LevelError
	}
	return logger(c, t)
}

// explain names the address book where it is to blame.
func (r *campaignRun) explain(err error) error {
	var file *audience.FileError
	if errors.As(err, &file) {
		return fault("file.wrong", "path", r.c.Args[1], "cause", err)
	}
	return err
}

// all imports, publishes, enrols, runs and reports.
func (r *campaignRun) all(ctx context.Context, checked *scheme.Checked, document []byte) (int, error) {
	var err error
	if r.account, err = ensureAccount(ctx, r.d, r.c); err != nil {
		return 0, err
	}
	if err = r.d.mustBeOpen(ctx, r.account.ID); err != nil {
		return 0, err
	}
	if r.files, err = r.d.stored(ctx, r.account.ID, r.c.Args[0], document); err != nil {
		return 0, err
	}
	b, err := importBook(ctx, r.d, r.c.Args[1], r.l, r.account, r.ids.next)
	if err != nil {
		return 0, err
	}
	r.result.Book = b
	r.tell("demo")
	r.tell("imported", b.Contacts, b.Doubles, b.Refused)
	if b.RefusedFile != "" {
		r.tell("refused_in", b.RefusedFile)
	}
	if r.l.careless {
		r.tell("zones_account", b.ZonesKnown, b.ZonesNot, r.account.Zone)
	} else {
		r.tell("zones", b.ZonesKnown, b.ZonesNot)
	}
	if err := r.create(ctx, checked, document, b); err != nil {
		return 0, err
	}
	began := time.Now()
	running, stop := context.WithCancel(ctx)
	defer stop()
	works, err := startWorks(running, r.c, r.d, demoSettings{r.l.profile, r.l.seed, r.l.hurry}, r.log)
	if err != nil {
		return 0, err
	}
	err = r.watch(ctx, works)
	stop()
	if e := works.wait(); err == nil {
		err = e
	}
	if err != nil {
		return 0, err
	}
	r.result.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
	return r.finish()
}

// ensureAccount makes the account of the command line the first time.
func ensureAccount(ctx context.Context, d *database, c Config) (store.Account, error) {
	a := store.Account{ID: defaultAccount, Name: "Kaskad", Zone: c.AccountZone.String(), Country: "RU"}
	if err := d.CreateAccount(ctx, a); err != nil && !errors.Is(err, store.ErrExists) {
		return a, err
	}
	return d.AccountOf(ctx, defaultAccount)
}

// create publishes the scheme and makes the campaign with its recipients.
func (r *campaignRun) create(ctx context.Context, checked *scheme.Checked, document []byte, b *book) error {
	version := r.ids.next()
	doc := checked.Document()
	if err := r.d.PublishVersion(ctx, r.account.ID, version, doc.Name, document, scheme.FormatVersion); err != nil {
		return err
	}
	if err := r.d.hold(ctx, r.account.ID, version, r.files); err != nil {
		return err
	}
	name := r.l.name
	if name == "" {
		name = doc.Name
	}
	r.key = run.CampaignKey{Account: r.account.ID, Campaign: r.ids.next()}
	c := &run.Campaign{Key: r.key, Version: version, Name: name, Zone: r.account.Zone, Window: r.l.window,
		Rate: r.l.rate, Connection: demoConnection, Hurry: r.l.hurry}
	if !r.l.end.IsZero() {
		c.End = engine.At(r.l.end)
	}
	plan, err := r.plan(c)
	if err != nil {
		return err
	}
	c.Start, err = plan.First(b.groups)
	switch {
	case errors.Is(err, campaign.ErrPastEnd):
		return fault("run.past_end")
	case errors.Is(err, campaign.ErrTooLong):
		return fault("run.too_long")
	case err != nil:
		return err
	}
	if err := r.d.CreateCampaign(ctx, c); err != nil {
		return err
	}
	shut := campaign.NewShut(r.program, c.Window, plan.Sender())
	for _, g := range b.groups {
		shut.Add(g.Zone, plan.Start(g.Zone), int64(len(g.Contacts)))
	}
	if shut.N > 0 {
		r.tell("never_open", shut.N)
	}
	n, err := r.d.Enrol(ctx, r.key, r.program.Entry, func(yield func(store.Enrolled) bool) {
		for e := range plan.Recipients(b.groups) {
			if !yield(store.Enrolled(e)) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	r.result.Campaign, r.result.Name = r.key.Campaign, name
	r.tell("started", r.key.Campaign, name, n)
	return r.d.SetState(ctx, r.key, "scheduled")
}

// plan says when each recipient begins.
func (r *campaignRun) plan(c *run.Campaign) (*campaign.Plan, error) {
	sender, err := scheme.LoadZone(c.Zone)
	if err != nil {
		return nil, err
	}
	s := campaign.Settings{Start: engine.At(time.Now()), Local: r.l.startLocal, End: c.End, Window: c.Window, Sender: sender,
		Smooth: r.l.smooth, Seed: r.l.seed}
	if !r.l.start.IsZero() {
		s.Start = engine.At(r.l.start)
	}
	return campaign.New(s)
}

// watch shows the progress until the campaign is over or the person stops it.
func (r *campaignRun) watch(ctx context.Context, works *works) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	bar := &progress{w: r.w, lang: r.l.language, out: r.t.err, quiet: r.l.json || !terminalFile(r.t.err), began: time.Now()}
	for {
		info, err := r.d.CampaignInfo(ctx, r.key)
		if err == nil {
			r.result.State = info.State
			bar.show(info, works.Figures())
			if info.Finished != nil {
				bar.end()
				return nil
			}
		} else if ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			bar.end()
			r.result.State = "stopped"
			return nil
		case err := <-works.done:
			works.done <- err
			if err != nil {
				return err
			}
		case <-tick.C:
		}
	}
}

// finish prints the figures.
func (r *campaignRun) finish() (int, error) {
	ctx := context.Background()
	info, err := r.d.CampaignInfo(ctx, r.key)
	if err != nil {
		return 0, err
	}
	figures, err := readFigures(ctx, r.d, r.key)
	if err != nil {
		return 0, err
	}
	made := report.Of(r.program, info.Recipients, figures)
	r.result.Report = made
	code := exitOK
	if info.Finished == nil {
		code = exitNo
	}
	if r.l.json {
		r.t.print(r.result, false)
		return code, nil
	}
	if info.Finished == nil {
		r.tell("stopped")
	} else {
		r.tell("finished", trace.Lasting(time.Duration(r.result.Seconds*float64(time.Second)), r.l.language))
	}
	table(r.t.out, r.w, made)
	return code, r.troubles(ctx)
}

// shownTroubles is how many troubles are named; kaskad trace tells of the others.
const shownTroubles = 5

// troubles tells of recipients whose data broke something.
func (r *campaignRun) troubles(ctx context.Context) error {
	n, list, err := r.d.Troubles(ctx, r.key, shownTroubles)
	if err != nil || n == 0 {
		return err
	}
	r.tell("troubles", n)
	for _, x := range list {
		name := r.program.Nodes[x.Node].Name
		r.tell("trouble", x.Ordinal, x.Phone, cmp.Or(name, r.program.Nodes[x.Node].ID), clip(x.What, 120))
	}
	return nil
}

// readFigures sums the counters up by block.
func readFigures(ctx context.Context, d *database, key run.CampaignKey) (report.Figures, error) {
	counters, err := d.Figures(ctx, key)
	if err != nil {
		return nil, err
	}
	figures := report.Figures{}
	for c, n := range counters {
		if figures[c.Node] == nil {
			figures[c.Node] = map[string]int64{}
		}
		figures[c.Node][c.What] += n
	}
	return figures, nil
}

// tell says something beside the result; with --json nobody listens.
func (r *campaignRun) tell(key string, args ...any) {
	if !r.l.json {
		fmt.Fprintln(r.t.err, r.w.say(key, args...))
	}
}

// terminalFile reports whether a bar that is drawn over itself makes sense there.
func terminalFile(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
