package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/net/idna"

	"kaskad/api/page"
	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// A visitor waits clickWithin at most for the click to be stored, and maxClicks visitors at once.
const (
	clickWithin   = 2 * time.Second
	resolveWithin = 2 * time.Second
	maxClicks     = 1024
)

// follower leads visitors of tracked links on.
type follower struct {
	*site
	linker  *run.Linker
	links   Links
	inbox   channel.Inbox
	clock   func() time.Time
	metrics *metrics
	places  chan struct{}
}

func newFollower(o Options, s *site, m *metrics) *follower {
	return &follower{site: s, linker: o.Linker, links: o.Links, inbox: o.Inbox, clock: o.Clock, metrics: m,
		places: make(chan struct{}, maxClicks)}
}

func (f *follower) follow(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer") // the shop need not know the code
	c.Header("X-Robots-Tag", "noindex, nofollow")
	key, n, err := f.linker.Read(c.Param("code"))
	if err != nil {
		f.unknown(c)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), resolveWithin)
	defer cancel()
	target, err := f.links.Resolve(ctx, key, n)
	if err == nil {
		target, err = redirectable(target)
	}
	switch {
	case errors.Is(err, ErrNoLink):
		f.unknown(c)
		return
	case err != nil:
		f.log.Warn("a tracked link could not be resolved", "message", key.String(), "link", n, "error", err)
		c.Header("Retry-After", "30")
		f.refuse(c, http.StatusServiceUnavailable, page.Away, "The link cannot be looked up right now.")
		return
	}
	f.count(c, key)
	http.Redirect(c.Writer, c.Request, target, http.StatusFound)
}

func (f *follower) unknown(c *gin.Context) {
	f.metrics.clicks.WithLabelValues(clickUnknown).Inc()
	f.refuse(c, http.StatusNotFound, page.MissingLink, "There is no such link.")
}

// count stores the click before the visitor is led on, since afterwards nobody would repeat it. Where it cannot be
// stored in time, or too many wait for that, the visitor is led on all the same: a lost click is better than a lost
// visitor.
func (f *follower) count(c *gin.Context, key channel.Key) {
	if isMachine(c.Request) {
		f.metrics.clicks.WithLabelValues(clickIgnored).Inc()
		return
	}
	if err := f.store(c.Request.Context(), key); err != nil {
		f.metrics.clicks.WithLabelValues(clickLost).Inc()
		f.log.Warn("a click was lost", "message", key.String(), "error", err)
		return
	}
	f.metrics.clicks.WithLabelValues(clickStored).Inc()
}

var errBusy = errors.New("api: too many clicks wait to be stored")

func (f *follower) store(ctx context.Context, key channel.Key) error {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	default:
		return errBusy
	}
	// A visitor who closes the page has clicked all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clickWithin)
	defer cancel()
	return f.inbox.Receive(ctx, []channel.Report{{Account: key.Account, Key: key, Fact: engine.Clicked, At: f.clock().UTC()}})
}

// redirectable gives an address as a Location header can carry it. Only the web is led to: what else stands there is as
// good as no link.
func redirectable(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", ErrNoLink
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err == nil && host != u.Hostname() {
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	return u.String(), nil
}
