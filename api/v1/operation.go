package v1

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Gate tells who asks. The errors are faults of the kind Unknown or Forbidden.
type Gate interface {
	// Session gives the principal of a session's secret.
	Session(ctx context.Context, secret string) (*access.Principal, error)
	// Token gives the principal of an API token's secret.
	Token(ctx context.Context, secret string) (*access.Principal, error)
}

// Repeats remembers what came of requests with an Idempotency-Key, for a day.
type Repeats interface {
	// Begin reserves a key. done is the kept answer where the request was made before; a fault of the kind Conflict where
	// the key was used for another request, or that one is still under way.
	Begin(ctx context.Context, account ids.ID, key, operation string, request [32]byte) (done []byte, err error)
	// Finish keeps the answer; nil gives the key free again, because nothing was done.
	Finish(ctx context.Context, account ids.ID, key, operation string, answer []byte) error
}

// The bounds of bodies, in bytes.
const (
	usualBody = 1 << 20
	largeBody = 8 << 20 // thousands of ids or recipients
)

// bodyWithin is how long a body may take, and longer by what the largest one takes at slowest bytes a second.
const (
	bodyWithin = 30 * time.Second
	slowest    = 256 << 10
)

// operation is a route with what holds for it. One without a scope needs a sign-in and no more.
type operation struct {
	id, method, path string // path begins after Base
	tag, summary     string
	description      string
	scope            access.Scope
	public           bool // nobody needs to have signed in
	sessionOnly      bool // a token may not
	creates          bool // takes an Idempotency-Key
	status           int  // of success; 0: 200
	maxBody          int64
}

// call is what the wrapper knows of a request.
type call struct {
	api       *API
	principal *access.Principal
	language  string
	key       string // Idempotency-Key
	ip        string
	agent     string
	secret    string // of the session
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// handle adds an operation. What f returns as a fault is told in the reader's language, anything else is logged and
// answered with 500.
func handle[I, O any](a *API, op operation, f func(ctx context.Context, who *access.Principal, in *I) (*O, error)) {
	huma.Register(a.huma, a.described(op), func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		out, err := once(a, ctx, op, c, in, func() (*O, error) { return f(ctx, c.principal, in) })
		if err != nil {
			return nil, a.told(ctx, op, err)
		}
		return out, nil
	})
	made := operationOf(a.huma.OpenAPI(), op.method, Base+op.path)
	mustTakePath(made)
	takeIDs(made)
}

// described makes huma's form of an operation.
func (a *API) described(op operation) huma.Operation {
	h := huma.Operation{OperationID: op.id, Method: op.method, Path: Base + op.path, Tags: []string{op.tag},
		Summary: op.summary, Description: op.description, DefaultStatus: op.status, MaxBodyBytes: op.maxBody,
		Middlewares: huma.Middlewares{a.enter(op)}}
	if h.MaxBodyBytes == 0 {
		h.MaxBodyBytes = usualBody
	}
	h.BodyReadTimeout = bodyWithin + time.Duration(h.MaxBodyBytes/slowest)*time.Second
	if op.method != http.MethodGet && op.method != http.MethodDelete {
		h.Errors = append(h.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		h.Extensions = map[string]any{"x-max-body": h.MaxBodyBytes}
	}
	h.Errors = append(h.Errors, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError)
	if !op.public {
		h.Errors = append(h.Errors, http.StatusUnauthorized, http.StatusForbidden)
		h.Security = []map[string][]string{{"session": {}}}
		if !op.sessionOnly {
			h.Security = append(h.Security, map[string][]string{"token": scopeList(op.scope)})
		}
	}
	if strings.Contains(op.path, "{") {
		h.Errors = append(h.Errors, http.StatusNotFound)
	}
	if op.creates {
		h.Errors = append(h.Errors, http.StatusConflict)
		h.Parameters = append(h.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "A name for this request of at most 128 characters, such as a UUID. The same request with the same " +
				"key within a day is not done again, but answered as the first was.",
			Schema: &huma.Schema{Type: "string", MaxLength: new(128)}})
	}
	return h
}

func scopeList(s access.Scope) []string {
	if s == "" {
		return []string{}
	}
	return []string{string(s)}
}

// enter finds out who asks and whether that one may, before anything of the body is read.
func (a *API) enter(op operation) func(huma.Context, func(huma.Context)) {
	return func(h huma.Context, next func(huma.Context)) {
		g := humagin.Unwrap(h)
		c := &call{api: a, language: languageOf(h), key: h.Header("Idempotency-Key"), ip: g.ClientIP(), agent: g.Request.UserAgent()}
		ctx := huma.WithValue(h, callKey{}, c)
		if err := a.admit(ctx.Context(), op, h, c); err != nil {
			a.refuse(ctx, op, err)
			return
		}
		// huma bounds what it reads itself; this is for forms and streams, and one more so that it says what is wrong.
		g.Request.Body = http.MaxBytesReader(g.Writer, g.Request.Body, h.Operation().MaxBodyBytes+1)
		next(ctx)
	}
}

// maxKey bounds an Idempotency-Key.
const maxKey = 128

func (a *API) admit(ctx context.Context, op operation, h huma.Context, c *call) error {
	if err := refusedText(humagin.Unwrap(h).Request); err != nil {
		return err
	}
	if len(c.key) > maxKey || !printable(c.key) {
		return fault.New(fault.Invalid, "bad_idempotency_key", "header.Idempotency-Key", "max", maxKey)
	}
	if cookie, err := huma.ReadCookie(h, SessionCookie); err == nil {
		c.secret = cookie.Value
	}
	token, bearer := strings.CutPrefix(h.Header("Authorization"), "Bearer ")
	if !bearer {
		if err := a.crossOrigin(humagin.Unwrap(h).Request); err != nil {
			return err
		}
	}
	if op.public {
		return nil
	}
	var err error
	switch {
	case bearer && op.sessionOnly:
		return fault.New(fault.Forbidden, "session_needed", "")
	case bearer:
		c.principal, err = a.Entrance.Token(ctx, strings.TrimSpace(token))
	case c.secret != "":
		c.principal, err = a.Entrance.Session(ctx, c.secret)
	default:
		return fault.New(fault.Unknown, "sign_in", "")
	}
	if err != nil {
		return err
	}
	c.principal.IP = c.ip
	if op.scope != "" && !c.principal.May(op.scope) {
		return fault.New(fault.Forbidden, "scope_needed", "", "scope", string(op.scope))
	}
	return nil
}

// printable tells whether a text is ASCII that can be seen.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// once does what f does, at most once for an Idempotency-Key.
func once[I, O any](a *API, ctx context.Context, op operation, c *call, in *I, f func() (*O, error)) (*O, error) {
	if !op.creates || c.key == "" || c.principal == nil {
		return f()
	}
	request, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	account := c.principal.Account
	done, err := a.Repeat.Begin(ctx, account, c.key, op.id, sha256.Sum256(request))
	if err != nil {
		return nil, err
	}
	out := new(O)
	if done != nil {
		return out, json.Unmarshal(done, out)
	}
	out, err = f()
	var answer []byte
	if err == nil {
		if answer, err = json.Marshal(out); err != nil {
			return nil, err
		}
	}
	// The client may have gone; what was done must be kept all the same.
	if e := a.Repeat.Finish(context.WithoutCancel(ctx), account, c.key, op.id, answer); err == nil {
		err = e
	}
	return out, err
}

// told makes of an error what people and programs are told.
func (a *API) told(ctx context.Context, op operation, err error) *Problem {
	language := "en"
	if c := callOf(ctx); c != nil {
		language = c.language
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return a.words.problem(language, f)
	case errors.Is(err, context.Canceled):
		return a.words.problem(language, fault.New(fault.Unavailable, "cancelled", ""))
	}
	a.Log.Error("a request failed", "operation", op.id, "error", err)
	return a.words.broken(language)
}

// refuse answers a request that does not come as far as its handler.
func (a *API) refuse(h huma.Context, op operation, err error) {
	p := a.told(h.Context(), op, err)
	for name, values := range p.GetHeaders() {
		h.SetHeader(name, values[0])
	}
	h.SetHeader("Content-Type", problemType)
	h.SetStatus(p.Status)
	_ = jsonFormat.Marshal(h.BodyWriter(), p)
}
