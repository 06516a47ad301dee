package main

import (
	"context"
	_ "embed" // the cascade
	"log/slog"
	"os"
	"path/filepath"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience/sample"
	"kaskad/engine/expression"
	identity "kaskad/engine/ids"
	"kaskad/engine/scheme"
	"kaskad/engine/store/campaigns"
	catalogue "kaskad/engine/words"
	"kaskad/nodes"
)

//go:embed demo/cascade.json
var demoCascade []byte

// The demonstration: four hours of the cascade pass in a minute, and messages go out at a pace that one can watch.
const (
	demoHurry = 240
	demoRate  = 150
)

// startDemo makes the campaign of the demonstration, unless one is under way.
func startDemo(ctx context.Context, t terminal, c Config, l *launch, d *database, log *slog.Logger) error {
	running, err := d.Campaigns(ctx, defaultAccount, shownCampaigns)
	if err != nil {
		return err
	}
	for _, r := range running {
		if r.Finished == nil {
			return nil
		}
	}
	checked, found := scheme.Check(demoCascade, nodes.All(), expression.New())
	if checked == nil {
		return &catalogue.Error{Message: found[0].Text}
	}
	r := &campaignRun{t: t, c: c, l: l, w: speak(l.language), d: d, log: log}
	if r.program, err = engine.Compile(checked); err != nil {
		return err
	}
	if r.account, err = ensureAccount(ctx, d, c); err != nil {
		return err
	}
	folder := filepath.Join(c.Data, "demo")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	path, err := sampleFile(folder, sample.Contacts)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	l.rate, l.country, l.refused = demoRate, r.account.Country, filepath.Join(folder, "refused.csv")
	b, err := importBook(ctx, d, path, l, r.account, r.ids.next)
	if err != nil {
		return err
	}
	r.tell("demo")
	if err := r.create(ctx, checked, demoCascade, b); err != nil {
		return err
	}
	made, err := d.CampaignInfo(ctx, r.key)
	if err != nil {
		return err
	}
	return campaigns.Tell(ctx, d.Store, access.System(identity.ID(r.key.Account)), identity.ID(r.key.Campaign), identity.ID(made.Version),
		made.Name, made.Recipients)
}
