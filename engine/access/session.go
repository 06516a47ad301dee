package access

import (
	"time"

	"kaskad/engine/ids"
)

// How long a session lasts: since it was last used, and in all.
const (
	SessionIdle = 7 * 24 * time.Hour
	SessionMost = 30 * 24 * time.Hour
	// seenEvery is how exactly the last use is kept.
	seenEvery = time.Minute
)

// Session is a sign-in of a user.
type Session struct {
	ID      ids.ID    `json:"id"`
	User    ids.ID    `json:"-"`
	Account ids.ID    `json:"-"` // the one that is worked in
	Created time.Time `json:"created_at" doc:"When the user signed in."`
	Seen    time.Time `json:"seen_at" doc:"The last use, to the minute."`
	IP      string    `json:"ip" doc:"Where the sign-in came from."`
	Agent   string    `json:"agent" doc:"The browser, as it named itself."`
	Current bool      `json:"current" doc:"Whether this request belongs to it."`
}

// Over tells whether a session has ended by itself.
func (s *Session) Over(now time.Time) bool {
	return now.Sub(s.Seen) >= SessionIdle || now.Sub(s.Created) >= SessionMost
}

// Visit is a session with who it is and what that one is in the session's account.
type Visit struct {
	Session
	Email, Name string
	Role        Role
}

// Token lets a program in, without a user.
type Token struct {
	ID      ids.ID     `json:"id"`
	Account ids.ID     `json:"-"`
	Name    string     `json:"name" doc:"What it is for."`
	Prefix  string     `json:"prefix" doc:"The beginning of the secret, to know the token by."`
	Scopes  []Scope    `json:"scopes" nullable:"false" doc:"What it may do."`
	MadeBy  ids.ID     `json:"made_by" doc:"The user or token that made it."`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty" doc:"When it ends to work; absent: never."`
	Used    *time.Time `json:"used_at,omitempty" doc:"The last use, to the minute; absent: never used."`
}

// Over tells whether a token has expired.
func (t *Token) Over(now time.Time) bool { return t.Expires != nil && !now.Before(*t.Expires) }
