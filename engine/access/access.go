// Package access says who may do what: accounts, users with a role in each, sessions, API tokens with scopes, and the
// log of what was done.
package access

import (
	"slices"

	"kaskad/engine/ids"
)

// Role is what a user is in an account.
type Role string

// The roles.
const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	Marketer   Role = "marketer"
	Analyst    Role = "analyst"
	Operator   Role = "operator"
	Supervisor Role = "supervisor"
)

// Roles are all of them, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Marketer, Analyst, Supervisor, Operator} }

// Scope is a permission, of a role or of a token: what, and read or more.
type Scope string

// The scopes.
const (
	ReadSchemes     Scope = "schemes:read"
	WriteSchemes    Scope = "schemes:write" // publishing too
	ReadContacts    Scope = "contacts:read"
	WriteContacts   Scope = "contacts:write"
	ReadStops       Scope = "stops:read"
	WriteStops      Scope = "stops:write"
	ReadCampaigns   Scope = "campaigns:read"
	WriteCampaigns  Scope = "campaigns:write"  // drafts, and what may change while running
	LaunchCampaigns Scope = "campaigns:launch" // launch, pause, resume, cancel, test sends
	ModerateScope   Scope = "campaigns:moderate"
	EnterCampaigns  Scope = "campaigns:enter" // recipients of open campaigns
	ReadReports     Scope = "reports:read"
	ReadSettings    Scope = "settings:read"
	WriteSettings   Scope = "settings:write"
	ReadUsers       Scope = "users:read"
	WriteUsers      Scope = "users:write" // users and tokens
	ReadAudit       Scope = "audit:read"
	OwnAccount      Scope = "account:own" // making owners and removing them
)

// Scopes are all of them.
func Scopes() []Scope {
	return []Scope{ReadSchemes, WriteSchemes, ReadContacts, WriteContacts, ReadStops, WriteStops, ReadCampaigns,
		WriteCampaigns, LaunchCampaigns, ModerateScope, EnterCampaigns, ReadReports, ReadSettings, WriteSettings, ReadUsers,
		WriteUsers, ReadAudit, OwnAccount}
}

// ScopesOf are the permissions of a role.
func ScopesOf(r Role) []Scope {
	switch r {
	case Owner:
		return Scopes()
	case Admin:
		return slices.DeleteFunc(Scopes(), func(s Scope) bool { return s == OwnAccount })
	case Marketer:
		return []Scope{ReadSchemes, WriteSchemes, ReadContacts, WriteContacts, ReadStops, WriteStops, ReadCampaigns,
			WriteCampaigns, LaunchCampaigns, EnterCampaigns, ReadReports, ReadSettings}
	case Analyst:
		return []Scope{ReadSchemes, ReadContacts, ReadStops, ReadCampaigns, ReadReports, ReadSettings}
	case Supervisor:
		return []Scope{ReadContacts, ReadStops, WriteStops, ReadCampaigns, ReadReports, ReadSettings, ReadUsers}
	case Operator:
		return []Scope{ReadContacts, ReadStops, WriteStops}
	}
	return nil
}

// Actor is who does something, for the log: a user, or a token.
type Actor struct {
	Account ids.ID
	User    ids.ID // 0: a token, or the system
	Token   ids.ID // 0: a session, or the system
	Name    string // of the user or token as it is now
	IP      string
}

// System is the actor of what nobody asked for: a schedule, a campaign's end.
func System(account ids.ID) Actor { return Actor{Account: account, Name: "system"} }

// Principal is who asks, with what is allowed.
type Principal struct {
	Actor
	Role   Role // of a session
	Scopes []Scope
}

// May tells whether something is allowed.
func (p *Principal) May(s Scope) bool { return slices.Contains(p.Scopes, s) }
