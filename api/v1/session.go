package v1

import (
	"context"
	"net/http"
	"time"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Entrance lets people in.
type Entrance interface {
	Gate
	SignIn(ctx context.Context, email, password string, from access.From) (secret string, err error)
	LookAtLink(ctx context.Context, code string) (*access.Link, error)
	UseLink(ctx context.Context, code, password, name string, from access.From) (secret string, err error)
	ChangePassword(ctx context.Context, who *access.Principal, secret, old, password string) error
	NewToken() (secret, prefix string, digest []byte, err error)
	NewLink() (code string, digest []byte, expires time.Time, err error)
}

// Sessions keeps what is open.
type Sessions interface {
	Sessions(ctx context.Context, user ids.ID, digest []byte, search string) ([]access.Session, error)
	EndSession(ctx context.Context, who access.Actor, id ids.ID) error
	SignOut(ctx context.Context, digest []byte) error
	SwitchAccount(ctx context.Context, digest []byte, account ids.ID) error
	Standings(ctx context.Context, user ids.ID) ([]access.Standing, error)
	Member(ctx context.Context, account, user ids.ID) (access.Member, error)
	ChangeProfile(ctx context.Context, who access.Actor, name, language, zone string) error
	Account(ctx context.Context, id ids.ID) (access.Account, error)
}

// got is an answer with a body and nothing else.
type got[T any] struct{ Body T }

// signed is an answer that sets or clears the cookie.
type signed struct {
	Cookie string `header:"Set-Cookie" doc:"The session's secret, in a cookie that scripts cannot read."`
	Body   Me
}

// Me is who asks, and what that one may do.
type Me struct {
	User     *access.Member    `json:"user,omitempty" doc:"Who has signed in; absent for a token."`
	Token    ids.ID            `json:"token,omitzero" doc:"The token; absent for a session."`
	Account  access.Standing   `json:"account" doc:"The account that is worked in. A token has no role."`
	Accounts []access.Standing `json:"accounts" nullable:"false" doc:"The accounts between which a session may switch."`
	Scopes   []access.Scope    `json:"scopes" nullable:"false" doc:"What is allowed in this account."`
}

// cookie makes the header that keeps a session's secret, or with an empty one ends it.
func (a *API) cookie(secret string) string {
	c := http.Cookie{Name: SessionCookie, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: a.secure(), MaxAge: int(access.SessionMost / time.Second)}
	if secret == "" {
		c.MaxAge = -1
	}
	return c.String()
}

func (a *API) registerSession() {
	handle(a, operation{id: "sign-in", method: http.MethodPost, path: "/session", tag: "Session", public: true,
		summary: "Sign in",
		description: "Begins a session by e-mail and password and sets its cookie. After some failures for an e-mail or from an " +
			"address each further attempt has to wait longer; the answer is the same whether the e-mail is known or not."},
		a.signIn)
	handle(a, operation{id: "get-me", method: http.MethodGet, path: "/session", tag: "Session", summary: "Who am I",
		description: "Tells who asks, by a session or a token, in which account, and what is allowed."}, a.whoAmI)
	handle(a, operation{id: "change-me", method: http.MethodPatch, path: "/session", tag: "Session", sessionOnly: true,
		summary: "Change my name, language or zone", description: "Changes the named fields of the user who asks."}, a.changeMe)
	handle(a, operation{id: "sign-out", method: http.MethodDelete, path: "/session", tag: "Session", sessionOnly: true,
		summary: "Sign out", description: "Ends this session and clears its cookie."}, a.signOut)
	handle(a, operation{id: "switch-account", method: http.MethodPut, path: "/session/account", tag: "Session", sessionOnly: true,
		summary:     "Work in another account",
		description: "This session goes on in another account of the user."}, a.switchAccount)
	handle(a, operation{id: "change-password", method: http.MethodPost, path: "/session/password", tag: "Session", sessionOnly: true,
		status: http.StatusNoContent, summary: "Change my password",
		description: "Sets a new password. All other sessions of the user end."}, a.changePassword)
	handle(a, operation{id: "look-at-link", method: http.MethodPost, path: "/session/link/look", tag: "Session", public: true,
		summary:     "What a one-time link is for",
		description: "Tells whose a one-time link is and what it is for, without using it up."}, a.lookAtLink)
	handle(a, operation{id: "use-link", method: http.MethodPost, path: "/session/link", tag: "Session", public: true,
		summary: "Sign in by a one-time link",
		description: "Uses a one-time link up: sets the password, joins the account of an invitation, and begins a session. Who is " +
			"invited to a further account gives the password that is set already."}, a.useLink)
	handle(a, operation{id: "list-sessions", method: http.MethodGet, path: "/sessions", tag: "Session", sessionOnly: true,
		summary: "My sessions", description: "Lists where the user is signed in, this session first."}, a.listSessions)
	handle(a, operation{id: "end-session", method: http.MethodDelete, path: "/sessions/{session}", tag: "Session", sessionOnly: true,
		summary: "End one of my sessions", description: "Signs the user out there."}, a.endSession)
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1000"`
	}
}

func (a *API) signIn(ctx context.Context, _ *access.Principal, in *signInInput) (*signed, error) {
	secret, err := a.Entrance.SignIn(ctx, in.Body.Email, in.Body.Password, fromOf(ctx))
	return a.welcome(ctx, secret, err)
}

// fromOf is where a request comes from.
func fromOf(ctx context.Context) access.From {
	c := callOf(ctx)
	return access.From{IP: c.ip, Agent: c.agent}
}

// welcome answers with a session that has just begun.
func (a *API) welcome(ctx context.Context, secret string, err error) (*signed, error) {
	if err != nil {
		return nil, err
	}
	who, err := a.Entrance.Session(ctx, secret)
	if err != nil {
		return nil, err
	}
	me, err := a.me(ctx, who)
	return &signed{Cookie: a.cookie(secret), Body: me}, err
}

func (a *API) me(ctx context.Context, who *access.Principal) (Me, error) {
	me := Me{Token: who.Token, Accounts: []access.Standing{}, Scopes: who.Scopes}
	account, err := a.Sessions.Account(ctx, who.Account)
	if err != nil {
		return me, err
	}
	me.Account = access.Standing{ID: account.ID, Name: account.Name, Role: who.Role}
	if who.User == 0 {
		return me, nil
	}
	member, err := a.Sessions.Member(ctx, who.Account, who.User)
	if err != nil {
		return me, err
	}
	me.User = &member
	me.Accounts, err = a.Sessions.Standings(ctx, who.User)
	return me, err
}

func (a *API) whoAmI(ctx context.Context, who *access.Principal, _ *struct{}) (*got[Me], error) {
	me, err := a.me(ctx, who)
	return &got[Me]{me}, err
}

type changeMeInput struct {
	Body struct {
		Named
		Name     *string `json:"name,omitempty" nullable:"false" maxLength:"100"`
		Language *string `json:"language,omitempty" nullable:"false" enum:"ru,en"`
		Zone     *string `json:"zone,omitempty" nullable:"false" maxLength:"64" doc:"Such as Europe/Moscow."`
	}
}

func (a *API) changeMe(ctx context.Context, who *access.Principal, in *changeMeInput) (*got[Me], error) {
	m, err := a.Sessions.Member(ctx, who.Account, who.User)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != nil {
		if m.Name, err = access.Name(*in.Body.Name, "body.name"); err != nil {
			return nil, err
		}
	}
	if in.Body.Language != nil {
		m.Language = *in.Body.Language
	}
	if in.Body.Zone != nil {
		m.Zone = *in.Body.Zone
		if err := access.CheckZone(m.Zone, "body.zone"); err != nil {
			return nil, err
		}
	}
	if err := a.Sessions.ChangeProfile(ctx, who.Actor, m.Name, m.Language, m.Zone); err != nil {
		return nil, err
	}
	return a.whoAmI(ctx, who, nil)
}

// cleared is the answer to a sign-out.
type cleared struct {
	Cookie string `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, _ *access.Principal, _ *struct{}) (*cleared, error) {
	return &cleared{a.cookie("")}, a.Sessions.SignOut(ctx, access.Digest(callOf(ctx).secret))
}

type switchInput struct {
	Body struct {
		Account ids.ID `json:"account" doc:"One of the user's accounts."`
	}
}

func (a *API) switchAccount(ctx context.Context, _ *access.Principal, in *switchInput) (*got[Me], error) {
	secret := callOf(ctx).secret
	if err := a.Sessions.SwitchAccount(ctx, access.Digest(secret), in.Body.Account); err != nil {
		return nil, err
	}
	who, err := a.Entrance.Session(ctx, secret)
	if err != nil {
		return nil, err
	}
	return a.whoAmI(ctx, who, nil)
}

type passwordInput struct {
	Body struct {
		Old      string `json:"old" maxLength:"1000" doc:"The present password."`
		Password string `json:"password" maxLength:"1000" doc:"The new one, of 10 to 200 characters."`
	}
}

func (a *API) changePassword(ctx context.Context, who *access.Principal, in *passwordInput) (*struct{}, error) {
	return nil, a.Entrance.ChangePassword(ctx, who, callOf(ctx).secret, in.Body.Old, in.Body.Password)
}

type lookInput struct {
	Body struct {
		Code string `json:"code" maxLength:"100" doc:"The link's code."`
	}
}

func (a *API) lookAtLink(ctx context.Context, _ *access.Principal, in *lookInput) (*got[access.Link], error) {
	l, err := a.Entrance.LookAtLink(ctx, in.Body.Code)
	if err != nil {
		return nil, err
	}
	return &got[access.Link]{*l}, nil
}

type useInput struct {
	Body struct {
		Code     string `json:"code" maxLength:"100" doc:"The link's code."`
		Password string `json:"password" maxLength:"1000" doc:"The password from now on, of 10 to 200 characters."`
		Name     string `json:"name,omitempty" maxLength:"100" doc:"What the user is called; empty: as before, or as whoever invited wrote it. An invitation changes no name of who is a user already."`
	}
}

func (a *API) useLink(ctx context.Context, _ *access.Principal, in *useInput) (*signed, error) {
	secret, err := a.Entrance.UseLink(ctx, in.Body.Code, in.Body.Password, in.Body.Name, fromOf(ctx))
	return a.welcome(ctx, secret, err)
}

type sessionList struct {
	Items []access.Session `json:"items" nullable:"false"`
}

func (a *API) listSessions(ctx context.Context, who *access.Principal, in *struct {
	Search string `query:"q" maxLength:"200" doc:"Only sessions in whose address or browser each of these words is, case aside."`
}) (*got[sessionList], error) {
	list, err := a.Sessions.Sessions(ctx, who.User, access.Digest(callOf(ctx).secret), in.Search)
	return &got[sessionList]{sessionList{list}}, err
}

type sessionPath struct {
	Session ids.ID `path:"session"`
}

func (a *API) endSession(ctx context.Context, who *access.Principal, in *sessionPath) (*struct{}, error) {
	return nil, a.Sessions.EndSession(ctx, who.Actor, in.Session)
}

// crossOrigin refuses what a page of another site has a browser send with our cookie.
func (a *API) crossOrigin(r *http.Request) error {
	if a.cross.Check(r) != nil {
		return fault.New(fault.Forbidden, "cross_origin", "")
	}
	return nil
}
