package v1_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
)

// baseURL is how browsers reach a world.
const baseURL = "https://kaskad.example"

// The accounts of a world.
const (
	mine   = ids.ID(1)
	theirs = ids.ID(2)
)

// world is an installation with two accounts: a schema of its own, the whole interface, and people signed in to it.
type world struct {
	*testing.T
	url     string // of the database
	store   *store.Store
	db      *storetest.Database // for looking at rows and for changing them behind the interface's back
	handler http.Handler
	clock   *clock
	journal *journal
	parts   v1.Parts

	owner *client // of account mine
	other *client // the owner of account theirs

	accounts *accounts.Store
	people   *contacts.Store
	tasks    *tasks.Store
	work     func() // lets the tasks work
	lastID   atomic.Int64
	mu       sync.Mutex
	roles    map[access.Role]*client
}

// newWorld makes one; several tests' worlds know nothing of each other.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, url: storetest.New(t), clock: newClock(), journal: &journal{}, roles: map[access.Role]*client{}}
	w.lastID.Store(1_000_000)
	var err error
	w.store, err = store.Open(t.Context(), w.url, store.Options{Connections: 4})
	require.NoError(t, err)
	t.Cleanup(w.store.Close)
	w.db = storetest.Connect(t, w.url)
	require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: int64(mine), Name: "Лавка"}))
	require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: int64(theirs), Name: "Другая лавка"}))
	w.wire()
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	require.NoError(t, e.SetTrustedProxies(nil))
	_, err = v1.Mount(e, v1.Options{Clock: w.clock.now, NewID: w.newID, Log: w.journal.log(),
		BaseURL: baseURL, Parts: w.parts})
	require.NoError(t, err)
	w.handler = e
	w.owner = w.signedIn(mine, access.Owner)
	w.other = w.signedIn(theirs, access.Owner)
	return w
}

// wire puts the parts together, area by area.
func (w *world) wire() {
	w.wireAccess()
	w.wireTasks()
	w.wireContacts()
	w.wireImports()
	w.wireSchemes()
	w.wireFiles()
	w.wireCampaigns()
	w.wireEntries()
}

func (w *world) wireAccess() {
	var err error
	w.accounts, err = accounts.New(w.store.Desk(), w.clock.now, w.newID)
	require.NoError(w, err)
	// Quick, where a real one is slow.
	passwords, err := access.NewPasswords(argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, 4)
	require.NoError(w, err)
	door := &access.Door{Keeper: w.accounts, Passwords: passwords, Clock: w.clock.now, Random: rand.Reader}
	w.parts.Entrance, w.parts.Sessions, w.parts.People = door, w.accounts, w.accounts
	w.parts.Tokens, w.parts.Accounts, w.parts.Repeat = w.accounts, w.accounts, w.accounts
}

// newID counts, so that what was made later has the higher id.
func (w *world) newID() ids.ID { return ids.ID(w.lastID.Add(1)) }

// as gives a client whose user has a role in the account mine.
func (w *world) as(role access.Role) *client {
	w.mu.Lock()
	defer w.mu.Unlock()
	if role == access.Owner {
		return w.owner
	}
	if w.roles[role] == nil {
		w.roles[role] = w.signedIn(mine, role)
	}
	return w.roles[role]
}

// signedIn makes a user and a session, straight in the database.
func (w *world) signedIn(account ids.ID, role access.Role) *client {
	w.Helper()
	ctx := context.Background()
	user, err := w.accounts.CreateUser(ctx, access.System(account), accounts.NewUser{Account: account, Role: role,
		Email: fmt.Sprintf("%s@%s.example", role, account), Name: string(role), Language: "en", Zone: "Europe/Moscow"})
	require.NoError(w, err)
	secret := fmt.Sprintf("secret-of-%s", user)
	require.NoError(w, w.accounts.BeginSession(ctx, access.NewSession{Digest: access.Digest(secret), User: user, Account: account,
		IP: "192.0.2.1", Agent: "test"}))
	return &client{world: w, headers: http.Header{"Cookie": {"kaskad_session=" + secret}}, user: user, account: account}
}

// client asks as somebody. It is not changed by asking.
type client struct {
	*world
	headers http.Header
	user    ids.ID
	account ids.ID
}

// stranger has not signed in.
func (w *world) stranger() *client { return &client{world: w, headers: http.Header{}} }

// with gives a client that sends a header too: Idempotency-Key, If-Match, Accept-Language, Authorization.
func (c *client) with(name, value string) *client {
	other := *c
	other.headers = c.headers.Clone()
	other.headers.Set(name, value)
	return &other
}

// russian gives a client that reads Russian.
func (c *client) russian() *client { return c.with("Accept-Language", "ru") }

// answer is what came back.
type answer struct {
	*world
	status int
	header http.Header
	body   []byte
}

// The paths begin after /api/v1. A body may be nil, text (sent as it is) or anything that is JSON. want is the status.

func (c *client) get(path string, want int) answer {
	c.Helper()
	return c.ask(http.MethodGet, path, nil, want)
}

func (c *client) post(path string, body any, want int) answer {
	c.Helper()
	return c.ask(http.MethodPost, path, body, want)
}

func (c *client) put(path string, body any, want int) answer {
	c.Helper()
	return c.ask(http.MethodPut, path, body, want)
}

func (c *client) patch(path string, body any, want int) answer {
	c.Helper()
	return c.ask(http.MethodPatch, path, body, want)
}

func (c *client) delete(path string, want int) answer {
	c.Helper()
	return c.ask(http.MethodDelete, path, nil, want)
}

// ask makes a request and requires its status.
func (c *client) ask(method, path string, body any, want int) answer {
	c.Helper()
	a := c.send(method, path, body)
	require.Equal(c, want, a.status, "%s %s: %s\n%s", method, path, a.body, c.journal)
	return a
}

// send makes a request, whatever comes of it.
func (c *client) send(method, path string, body any) answer {
	c.Helper()
	var content []byte
	switch b := body.(type) {
	case nil:
	case string:
		content = []byte(b)
	case []byte:
		content = b
	default:
		var err error
		content, err = json.Marshal(body)
		require.NoError(c, err)
	}
	r := httptest.NewRequestWithContext(c.Context(), method, v1.Base+path, bytes.NewReader(content))
	for name, values := range c.headers {
		r.Header[name] = values
	}
	if body != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, r)
	return answer{c.world, rec.Code, rec.Header(), rec.Body.Bytes()}
}

// into decodes an answer.
func into[T any](a answer) T {
	a.Helper()
	var v T
	require.NoError(a, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

// made is the id of what was created.
func (a answer) made() ids.ID {
	a.Helper()
	return into[struct {
		ID ids.ID `json:"id"`
	}](a).ID
}

// says requires a problem with a code and, unless it is empty, a field with that code.
func (a answer) says(code, field string) v1.Problem {
	a.Helper()
	require.Equal(a, "application/problem+json", a.header.Get("Content-Type"), "%s", a.body)
	p := into[v1.Problem](a)
	require.Equal(a, a.status, p.Status)
	require.NotEmpty(a, p.Detail)
	if field == "" {
		require.Equal(a, code, p.Code, "%s", a.body)
		return p
	}
	for _, e := range p.Errors {
		if e.Code == code && e.Location == field {
			require.NotEqual(a, code, e.Message, "the catalogue has no words for it")
			return p
		}
	}
	require.Failf(a, "another problem", "want %s at %s, have %s", code, field, a.body)
	return p
}

// clock is one that a test moves; it begins at the machine's time, since the database has a clock too.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now().UTC().Truncate(time.Microsecond)} }

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
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String is what was logged.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
