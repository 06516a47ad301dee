package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
)

// status is the page that shows running campaigns live.
type status struct {
	*site
	feeds    *feeds
	version  string
	ticker   func(time.Duration) (<-chan time.Time, func())
	clock    func() time.Time
	stopping <-chan struct{}
	metrics  *metrics
	places   chan struct{}
}

func newStatus(o Options, s *site, m *metrics) *status {
	return &status{site: s, feeds: newFeeds(o), version: o.Version, ticker: o.Ticker, clock: o.Clock, stopping: o.Stopping,
		metrics: m, places: make(chan struct{}, maxStreams)}
}

func (s *status) page(c *gin.Context) {
	seen := s.feeds.of(visitorOf(c).Account).look(c.Request.Context(), s.version)
	body, err := s.pages.Status(languageOf(c), page.ReadQuery(c.Request.URL.Query()), seen)
	if err != nil {
		s.log.Error("the status page could not be drawn", "error", err)
		s.refuse(c, http.StatusInternalServerError, page.Broken, "The page could not be drawn.")
		return
	}
	code := http.StatusOK
	if seen.Failed {
		code = http.StatusServiceUnavailable
	}
	c.Header("Cache-Control", "no-store")
	html(c, code, body)
}

// events streams the changing part of the page that has the same query: one JSON a second while something changes, a
// comment now and then while nothing does.
func (s *status) events(c *gin.Context) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		c.Header("Retry-After", "10")
		writeProblem(c, http.StatusServiceUnavailable, "Too many pages are open; try again later.")
		return
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	beats, stop := s.ticker(streamEvery)
	defer stop()
	w := &streamWriter{w: c.Writer, rc: http.NewResponseController(c.Writer)}
	w.begin()
	lang, query := languageOf(c), page.ReadQuery(c.Request.URL.Query())
	var last string
	until := s.clock().Add(streamLasts)
	feed := s.feeds.of(visitorOf(c).Account)
	for quiet := 0; ; {
		now, err := s.draw(c.Request.Context(), feed, lang, query)
		switch {
		case err != nil:
			s.log.Error("the status page could not be drawn", "error", err)
			return
		case now != last:
			last, quiet = now, 0
			err = w.event(event{At: s.clock().UTC(), HTML: now})
		case quiet+1 >= quietBeats:
			quiet = 0
			err = w.alive()
		default:
			quiet++
		}
		if err != nil || s.clock().After(until) {
			return // the visitor has gone, or has to come anew and show the session
		}
		select {
		case <-beats:
		case <-s.stopping:
			return
		case <-c.Request.Context().Done():
			return
		}
	}
}

func (s *status) draw(ctx context.Context, f *feed, lang string, q page.Query) (string, error) {
	body, err := s.pages.Live(lang, q, f.look(ctx, s.version))
	return string(body), err
}

// event is what a stream says: the part of the page that changes, as it is from At on.
type event struct {
	At   time.Time `json:"at"`
	HTML string    `json:"html"`
}

// streamWriter writes server-sent events. Each write has its own deadline, since the server's is for whole answers; a
// visitor who does not read is given up.
type streamWriter struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

const streamWriteWithin = 10 * time.Second

func (s *streamWriter) begin() {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies pass it on at once
	s.w.WriteHeader(http.StatusOK)
}

func (s *streamWriter) event(e event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.write("data: " + string(data) + "\n\n")
}

func (s *streamWriter) alive() error { return s.write(": alive\n\n") }

func (s *streamWriter) write(text string) error {
	// A recorder in tests has no deadlines; a connection has.
	// The connection's clock is the system's, whatever ours is.
	_ = s.rc.SetReadDeadline(time.Time{})
	_ = s.rc.SetWriteDeadline(time.Now().Add(streamWriteWithin))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}
