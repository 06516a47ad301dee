package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaskad/api"
	"kaskad/api/page"
	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: noon} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// journal is a log that a test reads.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) log() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// campaigns are what the page shows, as a test sets it.
type campaigns struct {
	mu    sync.Mutex
	list  []api.CampaignView
	err   error
	lists int
	panic bool
}

func (f *campaigns) set(list []api.CampaignView, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list, f.err = list, err
}

func (f *campaigns) List(_ context.Context, account ids.ID) ([]api.CampaignView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists++
	if f.panic {
		panic("secret-of-the-panic")
	}
	if account != 1 {
		return nil, f.err
	}
	return f.list, f.err
}

func (f *campaigns) Blocks(context.Context, api.CampaignKey) ([]api.BlockView, error) {
	return []api.BlockView{{ID: "a", Type: "sms", Name: "Fallback", Entered: 5, Sent: 5}}, nil
}

func spring(ended int64) []api.CampaignView {
	return []api.CampaignView{{Key: api.CampaignKey{Account: 1, Campaign: 7}, Name: "Spring", State: "running", Start: noon,
		Recipients: 1000, Sent: ended, Endings: page.Endings{Completed: ended}}}
}

// people are those who have signed in: the secrets of their sessions and tokens.
type people map[string]access.Principal

func (p people) Session(_ context.Context, secret string) (*access.Principal, error) {
	who, ok := p[secret]
	if !ok {
		return nil, fault.New(fault.Unknown, "session_over", "")
	}
	return &who, nil
}

func (p people) Token(ctx context.Context, secret string) (*access.Principal, error) {
	return p.Session(ctx, secret)
}

// analyst is the secret of one who may see the page of account 1.
const analyst = "analyst"

func everybody() people {
	of := func(account ids.ID, role access.Role) access.Principal {
		return access.Principal{Actor: access.Actor{Account: account, User: 1}, Role: role, Scopes: access.ScopesOf(role)}
	}
	return people{analyst: of(1, access.Analyst), "operator": of(1, access.Operator), "other": of(2, access.Owner)}
}

func handler(t *testing.T, o api.Options) http.Handler {
	t.Helper()
	if o.Gate == nil {
		o.Gate = everybody()
	}
	if o.Clock == nil {
		o.Clock = newClock().now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h, err := api.New(o)
	require.NoError(t, err)
	return h
}

// ask makes a request from this machine as one who has signed in; headers are names and values in turn.
func ask(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	return askFrom("127.0.0.1:4711", h, method, target, append([]string{"Cookie", "kaskad_session=" + analyst}, headers...)...)
}

func askFrom(from string, h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	good := api.Options{Clock: newClock().now, Log: slog.New(slog.DiscardHandler)}
	_, err := api.New(api.Options{})
	require.ErrorContains(t, err, "a clock and a log")
	half := good
	half.Links = links{}
	_, err = api.New(half)
	require.ErrorContains(t, err, "Linker, Links and Inbox")
	run := func(context.Context) error { return nil }
	twice := good
	twice.Checks = []api.Check{{"a", run}, {"a", run}}
	_, err = api.New(twice)
	require.ErrorContains(t, err, `"a"`)
	nothing := good
	nothing.Notes = []api.Note{{Name: "b"}}
	_, err = api.New(nothing)
	require.ErrorContains(t, err, `"b"`)
	doubled := good
	doubled.Collectors = []prometheus.Collector{prometheus.NewGauge(prometheus.GaugeOpts{Name: "kaskad_http_streams", Help: "x"})}
	_, err = api.New(doubled)
	require.Error(t, err)
}

func TestAlive(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{Version: "v1", Checks: []api.Check{{"database", func(context.Context) error { return errors.New("down") }}}})
	w := ask(h, http.MethodGet, "/healthz")
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"status":"alive","version":"v1"}`, w.Body.String())
}

func TestReady(t *testing.T) {
	t.Parallel()
	var journal journal
	clock, stopping := newClock(), make(chan struct{})
	var broken error
	runs := 0
	h := handler(t, api.Options{Version: "v1", Clock: clock.now, Log: journal.log(), Stopping: stopping,
		Checks: []api.Check{
			{"database", func(context.Context) error { runs++; return broken }},
			{"migrations", func(context.Context) error { return nil }},
		},
		Notes: []api.Note{
			{"synchronous_commit", func(context.Context) (string, error) { return "on, 1 standby", nil }},
			{"other", func(context.Context) (string, error) { return "", errors.New("hush") }},
		}})
	ready := func(code int, want string) {
		t.Helper()
		w := ask(h, http.MethodGet, "/readyz")
		require.Equal(t, code, w.Code, w.Body)
		require.JSONEq(t, want, w.Body.String())
	}
	const notes = `"version":"v1","notes":{"synchronous_commit":"on, 1 standby","other":"unknown"}}`
	ready(200, `{"status":"ready","checks":{"database":"ok","migrations":"ok","not_stopping":"ok"},`+notes)
	broken = errors.New("host db.internal: hush")
	ready(200, `{"status":"ready","checks":{"database":"ok","migrations":"ok","not_stopping":"ok"},`+notes)
	require.Equal(t, 1, runs, "asking often does not ask the database often")
	for range 3 {
		clock.move(time.Second)
		ready(503, `{"status":"unready","checks":{"database":"failed","migrations":"ok","not_stopping":"ok"},`+notes)
	}
	require.Equal(t, 1, strings.Count(journal.String(), "db.internal"), "the log says it once")
	broken = context.DeadlineExceeded
	clock.move(time.Second)
	ready(503, `{"status":"unready","checks":{"database":"timeout","migrations":"ok","not_stopping":"ok"},`+notes)
	broken = nil
	clock.move(time.Second)
	ready(200, `{"status":"ready","checks":{"database":"ok","migrations":"ok","not_stopping":"ok"},`+notes)
	require.Contains(t, journal.String(), "ready again")
	close(stopping)
	ready(503, `{"status":"unready","checks":{"database":"ok","migrations":"ok","not_stopping":"failed"},`+notes)
}

func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{Campaigns: &campaigns{}})
	for _, c := range []struct{ target, accept, kind, want string }{
		{"/nope?token=hush", "application/json", "application/problem+json", `"status":404`},
		{"/api/v1/x", "", "application/problem+json", `"instance":"/api/v1/x"`},
		{"/nope", "text/html,application/json;q=0.1", "text/html; charset=utf-8", "Страница не найдена"},
		{"/%3Cscript%3E", "", "text/html; charset=utf-8", "Page not found"},
		{"/assets/page.go", "", "text/html; charset=utf-8", "Page not found"},
		{"/assets/..%2fpage.go", "", "text/html; charset=utf-8", "Page not found"},
		{"/l/code", "", "text/html; charset=utf-8", "Page not found"},
	} {
		w := ask(h, http.MethodGet, c.target, "Accept", c.accept)
		require.Equal(t, http.StatusNotFound, w.Code, c)
		require.Equal(t, c.kind, w.Header().Get("Content-Type"), c)
		require.Contains(t, w.Body.String(), c.want, c)
		require.NotContains(t, w.Body.String(), "hush")
		require.NotContains(t, w.Body.String(), "<script>")
	}
	w := ask(h, http.MethodPost, "/healthz")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Contains(t, w.Header().Get("Allow"), "GET")
	require.Equal(t, http.StatusNotFound, ask(handler(t, api.Options{}), http.MethodGet, "/").Code, "no page without campaigns")
}

func TestEveryAnswerIsKeptToItself(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{Campaigns: &campaigns{}})
	for _, target := range []string{"/", "/nope", "/healthz", "/metrics", "/assets/status.js"} {
		header := ask(h, http.MethodGet, target).Header()
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'self'", target)
		require.NotContains(t, header.Get("Content-Security-Policy"), "unsafe", target)
		require.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'none'", target)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), target)
		require.Equal(t, "same-origin", header.Get("Referrer-Policy"), target)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{})
	w := ask(h, http.MethodGet, "/assets/status.css")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	tag := w.Header().Get("ETag")
	require.Equal(t, http.StatusNotModified, ask(h, http.MethodGet, "/assets/status.css", "If-None-Match", tag).Code)
	w = ask(h, http.MethodGet, "/assets/status.css?v="+strings.Trim(tag, `"`))
	require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
}

func TestThePageSpeaksTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	source := &campaigns{list: spring(10)}
	h := handler(t, api.Options{Version: "v1", Campaigns: source})
	for _, c := range []struct{ target, accept, want string }{
		{"/", "", "Рассылки"}, {"/", "en", "Campaigns"}, {"/?lang=ru", "en", "Рассылки"}, {"/?lang=en", "ru", "Campaigns"},
	} {
		w := ask(h, http.MethodGet, c.target, "Accept-Language", c.accept)
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Body.String(), c.want, c)
		require.Contains(t, w.Body.String(), "Spring")
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.Equal(t, "Accept-Language", w.Header().Get("Vary"))
	}
	require.Equal(t, 1, source.lists, "what was read a moment ago is good enough")
	w := ask(h, http.MethodHead, "/")
	require.Equal(t, http.StatusOK, w.Code)
}

func TestThePageWithoutADatabase(t *testing.T) {
	t.Parallel()
	var journal journal
	clock := newClock()
	source := &campaigns{err: errors.New("db.internal: hush")}
	h := handler(t, api.Options{Clock: clock.now, Log: journal.log(), Campaigns: source})
	w := ask(h, http.MethodGet, "/?lang=en")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "could not be read")
	require.NotContains(t, w.Body.String(), "hush")
	require.Contains(t, journal.String(), "hush")
	source.set(nil, nil)
	clock.move(time.Second)
	w = ask(h, http.MethodGet, "/?lang=en")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "There are no campaigns yet")
}

func TestAPanicIsAnAnswerAndALogLine(t *testing.T) {
	t.Parallel()
	var journal journal
	h := handler(t, api.Options{Log: journal.log(), Campaigns: &campaigns{panic: true}})
	w := ask(h, http.MethodGet, "/", "Accept", "application/json")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	var problem map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &problem))
	require.InDelta(t, 500, problem["status"], 0)
	require.Equal(t, "about:blank", problem["type"])
	require.NotContains(t, w.Body.String(), "secret-of")
	require.Contains(t, journal.String(), "secret-of-the-panic")
	require.Contains(t, journal.String(), "campaigns).List", "with the stack")

	w = ask(h, http.MethodGet, "/", "Accept-Language", "en")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, w.Body.String(), "Something broke on our side")
}

func TestTheLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var journal journal
	h := handler(t, api.Options{Log: journal.log(), Campaigns: &campaigns{}})
	ask(h, http.MethodGet, "/?token=hush")
	ask(h, http.MethodGet, "/nope?token=hush", "Authorization", "hush", "Cookie", "hush")
	ask(h, "HUSH", "/healthz?token=hush")
	require.NotContains(t, strings.ToLower(journal.String()), "hush")
	require.Contains(t, journal.String(), `"path":"/nope"`)
	require.Contains(t, journal.String(), `"method":"other"`)
	require.Equal(t, 3, strings.Count(journal.String(), `"msg":"request"`))
}

func TestTheServerHasBounds(t *testing.T) {
	t.Parallel()
	s := api.Server("127.0.0.1:0", http.NotFoundHandler())
	require.Positive(t, s.ReadHeaderTimeout)
	require.Positive(t, s.ReadTimeout)
	require.Positive(t, s.WriteTimeout)
	require.Positive(t, s.IdleTimeout)
	require.LessOrEqual(t, s.MaxHeaderBytes, 1<<20)
	require.NotNil(t, s.Handler)
	w := ask(s.Handler, http.MethodGet, "/")
	body, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	require.NotEmpty(t, body)
}
