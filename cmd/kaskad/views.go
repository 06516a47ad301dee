package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"kaskad/api"
	"kaskad/api/page"
	"kaskad/engine"
	"kaskad/engine/channel"
	identity "kaskad/engine/ids"
	"kaskad/engine/report"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// shownCampaigns bounds the list of the status page.
const shownCampaigns = 1_000

// views shows the database to the status page.
type views struct{ d *database }

// List implements api.Campaigns.
func (v views) List(ctx context.Context, account identity.ID) ([]api.CampaignView, error) {
	infos, err := v.d.Campaigns(ctx, int64(account), shownCampaigns)
	if err != nil {
		return nil, err
	}
	list := make([]api.CampaignView, 0, len(infos))
	for _, info := range infos {
		figures, err := readFigures(ctx, v.d, info.Key)
		if err != nil {
			return nil, err
		}
		end := func(o engine.Outcome) int64 { return figures[-1]["end:"+o.String()] }
		view := api.CampaignView{Key: api.CampaignKey(info.Key), Name: info.Name, State: info.State,
			Connection: info.Connection, Demo: info.Connection == demoConnection, Start: info.Start, Recipients: info.Recipients,
			Endings: page.Endings{Goal: end(engine.ReachedGoal), Completed: end(engine.Completed), Failed: end(engine.NotSent),
				Interrupted: end(engine.Interrupted)}}
		if info.Finished != nil {
			view.Finished = *info.Finished
		}
		for node, f := range figures {
			if node >= 0 {
				view.Sent += f["sent"] + f["redialled"]
			}
		}
		list = append(list, view)
	}
	return list, nil
}

// Blocks implements api.Campaigns.
func (v views) Blocks(ctx context.Context, key api.CampaignKey) ([]api.BlockView, error) {
	c, err := v.d.Campaign(ctx, run.CampaignKey(key))
	if err != nil {
		return nil, err
	}
	program, err := compileScheme(c.Document)
	if err != nil {
		return nil, err
	}
	figures, err := readFigures(ctx, v.d, run.CampaignKey(key))
	if err != nil {
		return nil, err
	}
	made := report.Of(program, 0, figures)
	list := make([]api.BlockView, 0, len(made.Blocks))
	for i := range made.Blocks {
		list = append(list, blockView(program, &made.Blocks[i]))
	}
	return list, nil
}

// blockView leaves out the figures that a block cannot have: an SMS is never viewed, a delay sends nothing.
func blockView(p *engine.Program, b *report.Block) api.BlockView {
	v := api.BlockView{ID: b.ID, Type: b.Type, Name: b.Name, Entered: b.Entered, Open: b.Open, Ended: b.Ended,
		Sent: page.None, Delivered: page.None, Viewed: page.None, Clicked: page.None, Replied: page.None, Answered: page.None}
	at, _ := p.NodeIndex(b.ID)
	if m, ok := p.Nodes[at].Block.(*engine.Message); ok {
		v.Sent = b.Sent + b.Redialled
		for fact, into := range map[engine.Facts]*int64{engine.Delivered: &v.Delivered, engine.Viewed: &v.Viewed,
			engine.Clicked: &v.Clicked, engine.Replied: &v.Replied, engine.Answered: &v.Answered} {
			if m.Offers&fact != 0 {
				*into = b.Facts[fact.String()]
			}
		}
	}
	for _, reason := range sorted(b.Errors) {
		v.Errors = append(v.Errors, page.Reason{Reason: reason, Count: b.Errors[reason]})
	}
	for _, l := range b.Links {
		to, _ := p.NodeIndex(l.To)
		v.Links = append(v.Links, page.Link{Type: l.Type, Value: l.Value, To: cmp.Or(p.Nodes[to].Name, l.To), Count: l.Count})
	}
	return v
}

// links finds the addresses behind tracked links.
type links struct{ d *database }

// Resolve implements api.Links.
func (l links) Resolve(ctx context.Context, key channel.Key, n int) (string, error) {
	url, err := l.d.Link(ctx, key, n)
	if errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("%w: %w", api.ErrNoLink, err)
	}
	return url, err
}
