package api

import (
	"context"
	"sync"
	"time"

	"kaskad/api/page"
)

// What was read stays fresh for freshFor, so that visitors cost the database nothing; a read gets readDataWithin.
const (
	freshFor       = 500 * time.Millisecond
	readDataWithin = 3 * time.Second
)

// feed reads campaigns for all who look at them.
type feed struct {
	campaigns Campaigns
	clock     func() time.Time
	log       logger
	speeds    *page.Speeds

	mu     sync.Mutex
	at     time.Time
	failed bool
	known  bool
	list   []CampaignView
	rates  map[CampaignKey]page.Speed
	blocks map[CampaignKey]seenBlocks
}

type seenBlocks struct {
	at     time.Time
	blocks []BlockView
	err    error
}

func newFeed(o Options) *feed {
	return &feed{campaigns: o.Campaigns, clock: o.Clock, log: o.Log, speeds: page.NewSpeeds(),
		blocks: map[CampaignKey]seenBlocks{}}
}

// look gives what the page is drawn from. What it gives is not to be changed.
func (f *feed) look(ctx context.Context, version string) page.Status {
	// Not the visitor's context: what is read is for the others too.
	ctx = context.WithoutCancel(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known || !f.fresh(f.at) {
		f.read(ctx)
	}
	return page.Status{Version: version, Campaigns: f.list, Speeds: f.rates, Failed: f.failed,
		Blocks: func(key CampaignKey) ([]BlockView, error) { return f.blocksOf(ctx, key) }}
}

func (f *feed) fresh(at time.Time) bool {
	age := f.clock().Sub(at)
	return age >= 0 && age < freshFor
}

func (f *feed) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readDataWithin)
	defer cancel()
	list, err := f.campaigns.List(ctx)
	f.at = f.clock()
	if err != nil && (!f.failed || !f.known) {
		f.log.Warn("campaigns could not be read", "error", err)
	}
	f.known, f.failed, f.list = true, err != nil, list
	if err == nil {
		f.rates = f.speeds.Look(f.at, list)
	}
}

func (f *feed) blocksOf(ctx context.Context, key CampaignKey) ([]BlockView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if seen, ok := f.blocks[key]; ok && f.fresh(seen.at) {
		return seen.blocks, seen.err
	}
	for k, seen := range f.blocks {
		if !f.fresh(seen.at) {
			delete(f.blocks, k)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readDataWithin)
	defer cancel()
	blocks, err := f.campaigns.Blocks(ctx, key)
	if err != nil {
		f.log.Warn("the blocks of a campaign could not be read", "campaign", key.String(), "error", err)
	}
	f.blocks[key] = seenBlocks{f.clock(), blocks, err}
	return blocks, err
}
