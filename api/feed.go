package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"kaskad/api/page"
	"kaskad/engine/ids"
)

// What was read stays fresh for freshFor, so that visitors cost the database nothing; a read gets readDataWithin.
const (
	freshFor       = 500 * time.Millisecond
	readDataWithin = 3 * time.Second
)

// feeds are those of the accounts that somebody looks at.
type feeds struct {
	o Options

	mu  sync.Mutex
	all map[ids.ID]*feed
}

func newFeeds(o Options) *feeds { return &feeds{o: o, all: map[ids.ID]*feed{}} }

// forgetAfter is how long a feed is kept that nobody looks at.
const forgetAfter = 10 * time.Minute

// of gives the feed of an account.
func (f *feeds) of(account ids.ID) *feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one, ok := f.all[account]; ok {
		return one
	}
	for id, one := range f.all {
		if one.idle() {
			delete(f.all, id)
		}
	}
	one := newFeed(f.o, account)
	f.all[account] = one
	return one
}

// feed reads the campaigns of an account for all who look at them.
type feed struct {
	account   ids.ID
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

var errOtherAccount = errors.New("api: a campaign of another account")

type seenBlocks struct {
	at     time.Time
	blocks []BlockView
	err    error
}

func newFeed(o Options, account ids.ID) *feed {
	return &feed{account: account, campaigns: o.Campaigns, clock: o.Clock, log: o.Log, speeds: page.NewSpeeds(),
		blocks: map[CampaignKey]seenBlocks{}}
}

// idle tells whether nobody has looked for long.
func (f *feed) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock().Sub(f.at) > forgetAfter
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
	list, err := f.campaigns.List(ctx, f.account)
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
	if key.Account != int64(f.account) { // an address that somebody made up
		return nil, errOtherAccount
	}
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
