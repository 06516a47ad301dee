package access

import (
	"context"
	"errors"
	"io"
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Keeper is where the door's book is kept. A fault of the kind NotFound says that there is no such thing.
type Keeper interface {
	// VisitOf finds a session by its digest.
	VisitOf(ctx context.Context, digest []byte) (*Visit, error)
	// SessionSeen notes a use.
	SessionSeen(ctx context.Context, id ids.ID, at time.Time) error
	// TokenOf finds a token by its digest.
	TokenOf(ctx context.Context, digest []byte) (*Token, error)
	// TokenUsed notes a use.
	TokenUsed(ctx context.Context, account, id ids.ID, at time.Time) error

	// Attempt counts an attempt to sign in, before it is known whether it succeeds, so that many at once gain nothing. It
	// counts none and tells how long to wait where a pause has not passed.
	Attempt(ctx context.Context, subjects []Subject) (wait time.Duration, err error)
	// Succeeded takes an attempt back, and forgets the failures of the first subject.
	Succeeded(ctx context.Context, subjects []Subject) error
	// Failed notes in the logs of a user's accounts that somebody gave another password.
	Failed(ctx context.Context, c *Credential, ip string) error
	// CredentialOf finds a user by e-mail.
	CredentialOf(ctx context.Context, email string) (*Credential, error)
	// CredentialOfUser finds a user by id.
	CredentialOfUser(ctx context.Context, user ids.ID) (*Credential, error)
	// BeginSession keeps a session; its account 0 is the one that the user joined first. A fault of the kind Forbidden
	// where the user belongs to none.
	BeginSession(ctx context.Context, s NewSession) error

	// LinkOf finds what a one-time link is for, by its digest.
	LinkOf(ctx context.Context, digest []byte) (*Link, error)
	// UseLink uses a link up, in one go: the user is made if need be, gets the password if hash is not empty, joins the
	// account, and a session begins. A name goes to who is made, or gives a link for a password. A fault of the kind
	// NotFound where somebody was quicker.
	UseLink(ctx context.Context, digest []byte, l *Link, hash, name string, s NewSession) error
	// SetPassword changes a password and ends all other sessions of the user.
	SetPassword(ctx context.Context, who Actor, hash string, keep []byte) error
}

// Credential is how a user signs in.
type Credential struct {
	User  ids.ID
	Email string
	Hash  string // empty: no password is set
}

// NewSession is a session to be kept.
type NewSession struct {
	Digest        []byte // of its secret
	User, Account ids.ID
	IP, Agent     string
}

// LinkKind is what a one-time link is for.
type LinkKind string

// The kinds.
const (
	Join  LinkKind = "invitation"
	Reset LinkKind = "password"
)

// Link is a one-time link.
type Link struct {
	Kind    LinkKind `json:"kind" enum:"invitation,password" doc:"Whether it lets somebody join an account, or set a password anew."`
	Email   string   `json:"email" doc:"Whose it is."`
	Name    string   `json:"name"`
	Account string   `json:"account,omitempty" doc:"The account to join."`

	AccountID, ID ids.ID      `json:"-"` // of an invitation
	Role          Role        `json:"-"`
	Known         *Credential `json:"-"` // the user with this e-mail, if there is one
	Expires       time.Time   `json:"expires_at"`
}

// Door lets people and programs in. It is safe for use by many goroutines.
type Door struct {
	Keeper    Keeper
	Passwords *Passwords
	Clock     func() time.Time
	Random    io.Reader // of secrets; crypto/rand.Reader
}

// Session gives the principal of a session's secret; the error is a fault of the kind Unknown.
func (d *Door) Session(ctx context.Context, secret string) (*Principal, error) {
	v, err := d.Keeper.VisitOf(ctx, Digest(secret))
	now := d.Clock()
	if missing(err) || err == nil && v.Over(now) {
		return nil, fault.New(fault.Unknown, "session_over", "")
	}
	if err != nil {
		return nil, err
	}
	if now.Sub(v.Seen) >= seenEvery {
		if err := d.Keeper.SessionSeen(ctx, v.ID, now); err != nil {
			return nil, err
		}
	}
	return &Principal{Actor: Actor{Account: v.Account, User: v.User, Name: shownName(v.Name, v.Email)}, Role: v.Role,
		Scopes: ScopesOf(v.Role)}, nil
}

// Token gives the principal of a token's secret; the error is a fault of the kind Unknown.
func (d *Door) Token(ctx context.Context, secret string) (*Principal, error) {
	t, err := d.Keeper.TokenOf(ctx, Digest(secret))
	now := d.Clock()
	if missing(err) || err == nil && t.Over(now) {
		return nil, fault.New(fault.Unknown, "bad_token", "")
	}
	if err != nil {
		return nil, err
	}
	if t.Used == nil || now.Sub(*t.Used) >= seenEvery {
		if err := d.Keeper.TokenUsed(ctx, t.Account, t.ID, now); err != nil {
			return nil, err
		}
	}
	return &Principal{Actor: Actor{Account: t.Account, Token: t.ID, Name: t.Name}, Scopes: t.Scopes}, nil
}

// From is where a request comes from.
type From struct{ IP, Agent string }

// SignIn begins a session and gives its secret. An e-mail that nobody has is answered as a wrong password is, and as
// slowly.
func (d *Door) SignIn(ctx context.Context, email, password string, from From) (string, error) {
	// What is no address at all is nobody's.
	if clean, err := Email(email, ""); err == nil {
		email = clean
	}
	c, err := d.Keeper.CredentialOf(ctx, email)
	if missing(err) {
		c, err = &Credential{}, nil
	}
	if err != nil {
		return "", err
	}
	if err := d.prove(ctx, email, password, c.Hash, from); err != nil {
		// An address that nobody has belongs to no account's log. What the note takes is little beside the password's check,
		// and the pauses leave too few attempts to measure it.
		if wrong(err) && c.User != 0 {
			if e := d.Keeper.Failed(ctx, c, from.IP); e != nil {
				return "", e
			}
		}
		return "", err
	}
	return d.begin(func(s NewSession) error {
		s.User = c.User
		return d.Keeper.BeginSession(ctx, s)
	}, from)
}

// prove checks a password, slowing down those who guess.
func (d *Door) prove(ctx context.Context, email, password, hash string, from From) error {
	subjects := Subjects(email, from.IP)
	wait, err := d.Keeper.Attempt(ctx, subjects)
	if err != nil {
		return err
	}
	if wait > 0 {
		seconds := int((wait + time.Second - 1) / time.Second)
		f := fault.New(fault.TooMany, "too_many_attempts", "", "seconds", seconds)
		f.After = seconds
		return f
	}
	same, err := d.Passwords.Check(ctx, password, hash)
	if err != nil {
		return err
	}
	if !same {
		return fault.New(fault.Unknown, "wrong_password", "")
	}
	return d.Keeper.Succeeded(ctx, subjects)
}

// begin draws a session's secret and has it kept.
func (d *Door) begin(keep func(NewSession) error, from From) (string, error) {
	secret, err := NewSecret(d.Random)
	if err != nil {
		return "", err
	}
	return secret, keep(NewSession{Digest: Digest(secret), IP: from.IP, Agent: shownAgent(from.Agent)})
}

// LookAtLink tells what a one-time link is for.
func (d *Door) LookAtLink(ctx context.Context, code string) (*Link, error) {
	l, err := d.Keeper.LinkOf(ctx, Digest(code))
	if missing(err) || err == nil && !d.Clock().Before(l.Expires) {
		return nil, fault.New(fault.NotFound, "no_link", "body.code")
	}
	return l, err
}

// UseLink sets the password of a one-time link's user and begins a session. Who is invited and has a password already gives
// that one: an invitation gives nobody power over a user of other accounts.
func (d *Door) UseLink(ctx context.Context, code, password, name string, from From) (string, error) {
	l, err := d.LookAtLink(ctx, code)
	if err != nil {
		return "", err
	}
	if name == "" {
		name = l.Name
	}
	if name != "" {
		if name, err = Name(name, "body.name"); err != nil {
			return "", err
		}
	}
	hash := ""
	if l.Kind == Join && l.Known != nil && l.Known.Hash != "" {
		err = d.prove(ctx, l.Email, password, l.Known.Hash, from)
		if wrong(err) {
			err = fault.New(fault.Invalid, "password_of_invited", "body.password")
		}
	} else {
		hash, err = d.Passwords.Hash(ctx, password, l.Email, "body.password")
	}
	if err != nil {
		return "", err
	}
	return d.begin(func(s NewSession) error {
		err := d.Keeper.UseLink(ctx, Digest(code), l, hash, name, s)
		if missing(err) {
			return fault.New(fault.NotFound, "no_link", "body.code")
		}
		return err
	}, from)
}

// ChangePassword sets a new password and ends all sessions of the user but the one whose secret is given.
func (d *Door) ChangePassword(ctx context.Context, who *Principal, secret, old, password string) error {
	c, err := d.Keeper.CredentialOfUser(ctx, who.User)
	if err != nil {
		return err
	}
	err = d.prove(ctx, c.Email, old, c.Hash, From{IP: who.IP})
	if wrong(err) {
		return fault.New(fault.Invalid, "wrong_old_password", "body.old")
	}
	if err != nil {
		return err
	}
	hash, err := d.Passwords.Hash(ctx, password, c.Email, "body.password")
	if err != nil {
		return err
	}
	return d.Keeper.SetPassword(ctx, who.Actor, hash, Digest(secret))
}

// NewToken draws a token's secret and tells what is kept of it.
func (d *Door) NewToken() (secret, prefix string, digest []byte, err error) {
	secret, err = NewSecret(d.Random)
	if err != nil {
		return "", "", nil, err
	}
	secret = TokenPrefix + secret
	return secret, secret[:shownOfToken], Digest(secret), nil
}

// NewLink draws a one-time link's code.
func (d *Door) NewLink() (code string, digest []byte, expires time.Time, err error) {
	code, err = NewSecret(d.Random)
	return code, Digest(code), d.Clock().Add(LinkLasts), err
}

// shownName is how a user is called in the log.
func shownName(name, email string) string {
	if name == "" {
		return email
	}
	return name
}

const maxAgent = 300 // characters of a browser's name

func shownAgent(agent string) string {
	runes := []rune(agent)
	return string(runes[:min(len(runes), maxAgent)])
}

// wrong tells whether it was the password.
func wrong(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == "wrong_password"
}

func missing(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.NotFound
}
