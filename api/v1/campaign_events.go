package v1

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

const (
	// liveEvery is how often figures are looked at for those who watch: once for all who watch a campaign.
	liveEvery = time.Second
	// maxStreams and maxAccountStreams bound the streams of this process.
	maxStreams        = 2000
	maxAccountStreams = 200
	// fullAgain is when to try again where there are too many, in seconds.
	fullAgain = 10
)

// liveReports reads figures for all who watch a campaign.
type liveReports struct {
	api *API

	mu      sync.Mutex
	seen    map[liveKey]*liveReport
	streams map[ids.ID]int // by account
	all     int
}

type liveKey struct{ account, campaign ids.ID }

// liveReport is what was read last. Whoever reads it anew holds its lock, and the others wait for what comes.
type liveReport struct {
	mu       sync.Mutex
	watchers int // guarded by liveReports
	at       time.Time
	figures  *Figures
	err      error
}

func newLiveReports(a *API) *liveReports {
	return &liveReports{api: a, seen: map[liveKey]*liveReport{}, streams: map[ids.ID]int{}}
}

// enter counts a stream; leave must be called when it ends.
func (l *liveReports) enter(key liveKey) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxStreams || l.streams[key.account] >= maxAccountStreams {
		f := fault.New(fault.TooMany, "streams_full", "")
		f.After = fullAgain
		return nil, f
	}
	l.all++
	l.streams[key.account]++
	if l.seen[key] == nil {
		l.seen[key] = &liveReport{}
	}
	l.seen[key].watchers++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.streams[key.account]--; l.streams[key.account] == 0 {
			delete(l.streams, key.account)
		}
		if l.seen[key].watchers--; l.seen[key].watchers == 0 {
			delete(l.seen, key)
		}
	}, nil
}

// look gives the figures, read within the last moment. The figures are shared: they are not to be changed.
func (l *liveReports) look(ctx context.Context, key liveKey) (*Figures, error) {
	l.mu.Lock()
	r := l.seen[key]
	l.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := l.api.Clock().Sub(r.at); r.figures != nil && r.err == nil && age >= 0 && age < liveEvery/2 {
		return r.figures, nil
	}
	c, made, err := l.api.Campaigns.Report(ctx, key.account, key.campaign)
	if r.err = err; err != nil {
		return nil, err
	}
	r.at, r.figures = l.api.Clock(), figuresOf(c, made)
	return r.figures, nil
}

// FiguresChange is what is otherwise than before; what is the same is absent.
type FiguresChange struct {
	State      string           `json:"state,omitempty"`
	Recipients *int64           `json:"recipients,omitempty"`
	Open       *int64           `json:"open,omitempty"`
	Endings    map[string]int64 `json:"endings,omitempty"`
	Blocks     []BlockFigures   `json:"blocks,omitempty" doc:"The blocks whose figures changed, whole."`
}

// changeOf compares figures; nil: nothing changed.
func changeOf(old, now *Figures) *FiguresChange {
	c := &FiguresChange{}
	if old.State != now.State {
		c.State = string(now.State)
	}
	if old.Recipients != now.Recipients {
		c.Recipients = &now.Recipients
	}
	if old.Open != now.Open {
		c.Open = &now.Open
	}
	if !maps.Equal(old.Endings, now.Endings) {
		c.Endings = now.Endings
	}
	for i := range now.Blocks {
		if i >= len(old.Blocks) || !reflect.DeepEqual(old.Blocks[i], now.Blocks[i]) {
			c.Blocks = append(c.Blocks, now.Blocks[i])
		}
	}
	if c.State == "" && c.Recipients == nil && c.Open == nil && c.Endings == nil && c.Blocks == nil {
		return nil
	}
	return c
}

func (c *campaignRoutes) events() {
	const path = "/campaigns/{campaign}/events"
	handle(c.API, operation{id: "watch-campaign", method: http.MethodGet, path: path, tag: campaignsTag, scope: access.ReadReports,
		summary: "Watch a campaign",
		description: "Server-sent events: an event state with all figures, as the report gives them, then an event change with what is " +
			"otherwise than before, at most once a second. After a minute the server ends the stream, and the client connects " +
			"again and gets an event state first."}, c.watch)
	c.streams(path, "text/event-stream", "Events named state, whose data are Figures, and change, with the changed fields of Figures.")
}

func (c *campaignRoutes) watch(ctx context.Context, who *access.Principal, in *CampaignPath) (*huma.StreamResponse, error) {
	key := liveKey{who.Account, in.Campaign}
	if _, err := c.Campaigns.Get(ctx, who.Account, in.Campaign); err != nil {
		return nil, err
	}
	leave, err := c.live.enter(key)
	if err != nil {
		return nil, err
	}
	return c.API.events(func(ctx context.Context, send func(name string, data any) error) error {
		defer leave()
		last, err := c.live.look(ctx, key)
		if err != nil {
			return err
		}
		if err := send("state", last); err != nil {
			return err
		}
		tick := time.NewTicker(liveEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			now, err := c.live.look(ctx, key)
			if err != nil {
				return err
			}
			if change := changeOf(last, now); change != nil {
				if err := send("change", change); err != nil {
					return err
				}
			}
			last = now
		}
	}), nil
}
