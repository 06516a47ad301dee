package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/api"
)

// stream is an open stream of events.
type stream struct {
	t    *testing.T
	body io.ReadCloser
	scan *bufio.Scanner
}

func open(t *testing.T, client *http.Client, url string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Cookie", "kaskad_session="+analyst)
	answer, err := client.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	scan := bufio.NewScanner(answer.Body)
	scan.Buffer(nil, 1<<20)
	return &stream{t, answer.Body, scan}
}

// next waits for the next line that says something; ok is false at the end of the stream.
func (s *stream) next() (line string, ok bool) {
	for s.scan.Scan() {
		if s.scan.Text() != "" {
			return s.scan.Text(), true
		}
	}
	return "", false
}

// html waits for an event.
func (s *stream) html() string {
	s.t.Helper()
	line, ok := s.next()
	require.True(s.t, ok)
	data, isEvent := strings.CutPrefix(line, "data: ")
	require.True(s.t, isEvent, line)
	var event struct {
		At   time.Time `json:"at"`
		HTML string    `json:"html"`
	}
	require.NoError(s.t, json.Unmarshal([]byte(data), &event))
	require.False(s.t, event.At.IsZero())
	return event.HTML
}

// live is a server of the page whose beats a test gives.
type live struct {
	clock    *clock
	source   *campaigns
	beats    chan time.Time
	stopping chan struct{}
	server   *httptest.Server
}

func newLive(t *testing.T) *live {
	t.Helper()
	l := &live{clock: newClock(), source: &campaigns{list: spring(10)}, beats: make(chan time.Time), stopping: make(chan struct{})}
	l.server = httptest.NewServer(handler(t, api.Options{Clock: l.clock.now, Stopping: l.stopping, Campaigns: l.source,
		Ticker: func(time.Duration) (<-chan time.Time, func()) { return l.beats, func() {} }}))
	t.Cleanup(l.server.Close)
	return l
}

// beat lets a second pass. It returns once the stream has begun the next look.
func (l *live) beat() {
	l.clock.move(time.Second)
	l.beats <- l.clock.now()
}

func TestEventsTellWhatChanges(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	s := open(t, l.server.Client(), l.server.URL+"/events?lang=en")
	first := s.html()
	require.Contains(t, first, "Spring")
	require.Contains(t, first, "1\u00a0%")
	l.source.set(spring(500), nil)
	l.beat()
	second := s.html()
	require.Contains(t, second, "50\u00a0%")
	require.Contains(t, second, "490", "messages a second")
	l.source.set(nil, errors.New("down"))
	l.beat()
	require.Contains(t, s.html(), "could not be read")
	l.source.set(spring(500), nil)
	l.beat()
	require.Contains(t, s.html(), "Spring")
}

func TestEventsOfAQuietPageOnlySayThatTheyAreAlive(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	l.source.set(nil, nil)
	s := open(t, l.server.Client(), l.server.URL+"/events?lang=ru")
	require.Contains(t, s.html(), "Рассылок пока нет")
	for range 15 {
		l.beat()
	}
	line, ok := s.next()
	require.True(t, ok)
	require.Equal(t, ": alive", line)
}

func TestEventsFollowTheQueryOfThePage(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	s := open(t, l.server.Client(), l.server.URL+"/events?lang=en&q=autumn")
	require.Contains(t, s.html(), "Nothing was found for “autumn”")
}

func TestEventsEndWhenTheServerStops(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	s := open(t, l.server.Client(), l.server.URL+"/events")
	s.html()
	close(l.stopping)
	_, ok := s.next()
	require.False(t, ok)
	require.NoError(t, s.scan.Err(), "an end, not a broken connection")
	require.NoError(t, l.server.Config.Shutdown(t.Context()))
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	streams := make([]*stream, 0, 64)
	for range 64 {
		s := open(t, l.server.Client(), l.server.URL+"/events")
		s.html()
		streams = append(streams, s)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.URL+"/events", nil)
	require.NoError(t, err)
	r.Header.Set("Cookie", "kaskad_session="+analyst)
	answer, err := l.server.Client().Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	close(l.stopping)
	for _, s := range streams {
		_, ok := s.next()
		require.False(t, ok)
	}
}

// pipes is a network of one client, in memory, so that its time can be a test's.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestAStreamOutlivesTheTimeOutsOfTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, stopping := &campaigns{list: spring(0)}, make(chan struct{})
		server := api.Server("", handler(t, api.Options{Clock: time.Now, Campaigns: source, Stopping: stopping}))
		network := pipes{make(chan net.Conn)}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(network) }()
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			mine, theirs := net.Pipe()
			network.conns <- theirs
			return mine, nil
		}}}
		s := open(t, client, "http://kaskad/events?lang=en")
		begun := time.Now()
		for i := range int64(300) {
			source.set(spring(i), nil)
			require.Contains(t, s.html(), "Spring")
		}
		require.Greater(t, time.Since(begun), server.WriteTimeout+server.ReadTimeout)
		close(stopping)
		for ok := true; ok; {
			_, ok = s.next()
		}
		require.NoError(t, s.scan.Err())
		client.CloseIdleConnections()
		close(network.conns)
		require.NoError(t, server.Shutdown(t.Context()))
		require.Error(t, <-ended)
	})
}
