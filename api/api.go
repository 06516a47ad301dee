// Package api is what the outside reaches over HTTP: health, metrics, the status page, and tracked links. It declares
// what it needs of the rest as values and small interfaces, and knows no database.
package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"kaskad/api/page"
	"kaskad/api/v1"
	"kaskad/engine/channel"
	"kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/run"
)

// What the status page shows.
type (
	CampaignKey  = page.Key
	CampaignView = page.Campaign
	BlockView    = page.Block
)

// Campaigns reads what the status page shows. It is called at most twice a second for an account's list, and for each
// campaign whose blocks somebody looks at, however many look.
type Campaigns interface {
	// List gives all campaigns of an account, in any order, with their figures.
	List(ctx context.Context, account ids.ID) ([]CampaignView, error)
	// Blocks gives the table of one campaign, in the document's order.
	Blocks(ctx context.Context, key CampaignKey) ([]BlockView, error)
}

// Links knows the addresses behind tracked links.
type Links interface {
	// Resolve gives the address of the n-th link of a message, or an error that wraps ErrNoLink.
	Resolve(ctx context.Context, key channel.Key, n int) (string, error)
}

// ErrNoLink says that a message does not exist or has no such link.
var ErrNoLink = errors.New("api: no such link")

// Check is something without which the process is not ready.
type Check struct {
	Name string // snake_case: database, migrations
	// Run returns nil when all is well. What it says otherwise goes to the log only.
	Run func(ctx context.Context) error
}

// Note is shown beside the checks and changes nothing: whether a commit waits for a standby, for instance.
type Note struct {
	Name string
	Read func(ctx context.Context) (string, error)
}

// Options are the parts of the HTTP side. Clock and Log are needed, the rest may be left out: what needs it is then not
// there, so that a process without the role `api` serves health and metrics alone.
type Options struct {
	Version string
	Clock   func() time.Time
	// Ticker beats for one stream of events until stop is called; nil: a time.Ticker.
	Ticker func(every time.Duration) (beats <-chan time.Time, stop func())
	Log    *slog.Logger
	// Stopping is closed when the process begins to stop: it is not ready from then on, and streams end. It has to be
	// closed before http.Server.Shutdown is called, which waits for them.
	Stopping <-chan struct{}

	Checks []Check
	Notes  []Note

	Runtime func() run.Figures
	// Lag is for how long the segment that is most overdue has been due, 0 when none is.
	Lag func(ctx context.Context) (time.Duration, error)
	// Collectors are further metrics, of the database's connections for instance.
	Collectors []prometheus.Collector
	// Tracer records requests; nil: none.
	Tracer Tracer

	Campaigns Campaigns // the status page; it needs Gate

	// Office is the interface under /api/v1; nil: it is not there.
	Office *v1.Options
	// App is the built web application, served under /app. nil: it is not there.
	App fs.FS
	// Gate knows who has signed in. Office brings one.
	Gate v1.Gate
	// Proxies are the addresses and networks of reverse proxies, whose X-Forwarded-For says where a request comes from. Without
	// them all who come through a proxy look like one, and share one count of failed sign-ins.
	Proxies []string
	// MetricsToken lets scrapers on other machines read the metrics; empty: only API tokens do.
	MetricsToken string

	// Tracked links: all three or none.
	Linker *run.Linker
	Links  Links
	Inbox  channel.Inbox

	// Public addresses of files: both or none.
	Files         PublicFiles
	FileAddresses *files.Addresses
}

// Limits of the status page's streams.
const (
	maxStreams  = 64
	streamEvery = time.Second
	streamLasts = 10 * time.Minute // browsers come again by themselves
	quietBeats  = 15               // beats without a change after which a stream says that it is alive
)

// maxBody bounds what a request may bring outside /api/v1, where each operation has a bound of its own.
const maxBody = 1 << 20

// New makes the handler of everything.
func New(o Options) (http.Handler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	pages, err := page.New()
	if err != nil {
		return nil, err
	}
	metrics, err := newMetrics(o)
	if err != nil {
		return nil, err
	}
	// The mode is gin's only switch for its own printing; ours is the log.
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed, e.RedirectTrailingSlash = true, false
	if err := e.SetTrustedProxies(o.Proxies); err != nil {
		return nil, err
	}
	s := &site{pages: pages, log: o.Log, app: o.App != nil}
	e.Use(s.logged(o.Clock), metrics.observed(o.Clock), traced(o.Tracer), s.recovered, secured)
	e.NoRoute(s.missing)
	e.NoMethod(s.notAllowed)
	read := []string{http.MethodGet, http.MethodHead}
	h := newHealth(o)
	e.Match(read, "/healthz", h.alive)
	e.Match(read, "/readyz", h.ready)
	g := &gate{site: s, people: o.Gate, metricsToken: o.MetricsToken}
	e.Match(read, "/metrics", g.scraper, gin.WrapH(metrics.handler()))
	e.Match(read, "/assets/:file", s.asset)
	if o.Campaigns != nil {
		st := newStatus(o, s, metrics)
		e.Match(read, "/", g.signedIn, st.page)
		e.GET("/events", g.signedIn, st.events)
	}
	if o.Office != nil {
		e.Match(read, "/sign-in", s.signIn)
		if err := s.openOffice(e, *o.Office); err != nil {
			return nil, err
		}
	}
	if o.App != nil {
		if err := s.openApplication(e, o.App); err != nil {
			return nil, err
		}
	}
	if o.Files != nil {
		f := &fetcher{site: s, files: o.Files, addresses: o.FileAddresses}
		e.Match(read, "/f/:token", f.fetch)
	}
	if o.Links != nil {
		e.Match(read, "/l/:code", newFollower(o, s, metrics).follow)
	}
	return e, nil
}

func (o *Options) check() error {
	links := []bool{o.Linker != nil, o.Links != nil, o.Inbox != nil}
	names := map[string]bool{}
	for _, c := range o.Checks {
		if c.Name == "" || c.Run == nil || names[c.Name] {
			return fmt.Errorf("api: check %q has no name or nothing to run, or its name twice", c.Name)
		}
		names[c.Name] = true
	}
	for _, n := range o.Notes {
		if n.Name == "" || n.Read == nil {
			return fmt.Errorf("api: note %q has no name or nothing to read", n.Name)
		}
	}
	switch {
	case o.Clock == nil || o.Log == nil:
		return errors.New("api: a clock and a log are needed")
	case o.Campaigns != nil && o.Gate == nil && o.Office == nil:
		return errors.New("api: the status page needs a Gate, or Office")
	case slices.Contains(links, true) && slices.Contains(links, false):
		return errors.New("api: tracked links need Linker, Links and Inbox together")
	}
	if (o.Files == nil) != (o.FileAddresses == nil) {
		return errors.New("api: public addresses of files need Files and FileAddresses together")
	}
	if o.Gate == nil && o.Office != nil {
		o.Gate = o.Office.Entrance
	}
	if o.Ticker == nil {
		o.Ticker = realTicker
	}
	return nil
}

func realTicker(every time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}
