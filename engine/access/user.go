package access

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// Member is a user as an account sees that one.
type Member struct {
	ID       ids.ID    `json:"id"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Role     Role      `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
	Language string    `json:"language" enum:"ru,en"`
	Zone     string    `json:"zone" doc:"The time zone that instants are shown in to this user, such as Europe/Moscow."`
	Ready    bool      `json:"ready" doc:"Whether the user has set a password; before, only a one-time link lets in."`
	Joined   time.Time `json:"joined_at"`
}

// Invitation lets somebody join an account by a one-time link.
type Invitation struct {
	ID      ids.ID    `json:"id"`
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	Role    Role      `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
	MadeBy  ids.ID    `json:"made_by" doc:"The user or token that invited."`
	Created time.Time `json:"created_at"`
	Expires time.Time `json:"expires_at"`
}

// LinkLasts is for how long a one-time link works.
const LinkLasts = 3 * 24 * time.Hour

// The bounds of texts, in characters.
const (
	maxEmail = 254
	maxName  = 100
)

// Email brings an address into the form that it is kept in: without spaces around it and in small letters.
func Email(text, field string) (string, error) {
	whole := utf8.ValidString(text)
	text = strings.ToLower(strings.TrimSpace(text))
	a, err := mail.ParseAddress(text)
	if err != nil || !whole || a.Address != text || len(text) > maxEmail || strings.ContainsFunc(text, unicode.IsControl) {
		return "", fault.New(fault.Invalid, "bad_email", field)
	}
	return text, nil
}

// Name brings a name of a person, token or account into the form that it is kept in.
func Name(text, field string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > maxName || strings.ContainsFunc(text, unicode.IsControl) {
		return "", fault.New(fault.Invalid, "bad_name", field, "max", maxName)
	}
	return text, nil
}

// CheckZone refuses a zone that the database of zones does not have.
func CheckZone(zone, field string) error {
	if _, err := scheme.LoadZone(zone); err != nil {
		return fault.New(fault.Invalid, "bad_zone", field)
	}
	return nil
}

// CheckLanguage refuses a language that we do not speak.
func CheckLanguage(language, field string) error {
	if language != "ru" && language != "en" {
		return fault.New(fault.Invalid, "bad_language", field)
	}
	return nil
}

// CheckGrant refuses to give somebody a role with a permission that the giver does not have; likewise to change, to
// remove, or to let in anew, one who has such a role.
func CheckGrant(who *Principal, role Role, field string) error {
	if !slices.Contains(Roles(), role) {
		return fault.New(fault.Invalid, "bad_role", field)
	}
	for _, s := range ScopesOf(role) {
		if !who.May(s) {
			return fault.New(fault.Forbidden, "role_above_own", field, "role", string(role), "scope", string(s))
		}
	}
	return nil
}

// CheckScopes refuses scopes that do not exist, and those that the giver does not have. It gives them in order, each once.
func CheckScopes(who *Principal, scopes []Scope, field string) ([]Scope, error) {
	if len(scopes) == 0 {
		return nil, fault.New(fault.Invalid, "no_scopes", field)
	}
	for _, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			return nil, fault.New(fault.Invalid, "bad_scope", field, "scope", shortened(string(s)))
		}
		if !who.May(s) {
			return nil, fault.New(fault.Forbidden, "scope_above_own", field, "scope", string(s))
		}
	}
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return !slices.Contains(scopes, s) }), nil
}

// shortened keeps what is told back to a stranger short.
func shortened(text string) string {
	const most = 40
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}
