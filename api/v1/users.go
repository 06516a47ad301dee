package v1

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// People keeps the users of accounts.
type People interface {
	Members(ctx context.Context, account ids.ID, q access.Seek, r paging.Request) (paging.Page[access.Member], error)
	Member(ctx context.Context, account, user ids.ID) (access.Member, error)
	ChangeRole(ctx context.Context, who *access.Principal, user ids.ID, role access.Role) (access.Member, error)
	RemoveMember(ctx context.Context, who *access.Principal, user ids.ID) error
	ResetPassword(ctx context.Context, who *access.Principal, user ids.ID, digest []byte, expires time.Time) error
	Invite(ctx context.Context, who *access.Principal, i *access.Invitation, digest []byte) error
	Invitations(ctx context.Context, account ids.ID, q access.SeekInvitations, r paging.Request) (paging.Page[access.Invitation], error)
	DropInvitation(ctx context.Context, who access.Actor, id ids.ID) error
}

// OneTimeLink lets one person in, once. There is no mail server: whoever made it hands it over.
type OneTimeLink struct {
	Code    string    `json:"code" doc:"The secret part of the link. It is shown this once."`
	Link    string    `json:"link" doc:"The page where it is used. Hand it over on a safe way."`
	Expires time.Time `json:"expires_at"`
}

func (a *API) oneTimeLink(code string, expires time.Time) OneTimeLink {
	return OneTimeLink{code, a.BaseURL + "/sign-in?code=" + url.QueryEscape(code), expires}
}

func (a *API) registerUsers() {
	handle(a, operation{id: "list-users", method: http.MethodGet, path: "/users", tag: "Users", scope: access.ReadUsers,
		summary: "List users", description: "The users of the account, by e-mail unless another order is asked for."}, a.listUsers)
	handle(a, operation{id: "get-user", method: http.MethodGet, path: "/users/{user}", tag: "Users", scope: access.ReadUsers,
		summary: "Get a user", description: "A user of the account."}, a.getUser)
	handle(a, operation{id: "change-user", method: http.MethodPatch, path: "/users/{user}", tag: "Users", scope: access.WriteUsers,
		summary: "Give a user another role",
		description: "Nobody gives or takes a role that has more permissions than one's own, and an account keeps at least one " +
			"owner."}, a.changeUser)
	handle(a, operation{id: "remove-user", method: http.MethodDelete, path: "/users/{user}", tag: "Users", scope: access.WriteUsers,
		summary: "Remove a user",
		description: "The user does not belong to the account any more, and is signed out of it. The log keeps the name; tokens " +
			"that the user made go on working."}, a.removeUser)
	handle(a, operation{id: "reset-password", method: http.MethodPost, path: "/users/{user}/password-link", tag: "Users",
		scope: access.WriteUsers, status: http.StatusCreated, summary: "Make a link to set a new password",
		description: "Gives a one-time link, good for three days, by which the user sets a new password. Links made before are " +
			"void. A user who also belongs to accounts that the asker does not manage is refused."}, a.resetPassword)
	handle(a, operation{id: "list-invitations", method: http.MethodGet, path: "/invitations", tag: "Users", scope: access.ReadUsers,
		summary: "List invitations", description: "Those that were not used yet, the oldest first unless another order is asked for."}, a.listInvitations)
	handle(a, operation{id: "invite-user", method: http.MethodPost, path: "/invitations", tag: "Users", scope: access.WriteUsers,
		status: http.StatusCreated, summary: "Invite a user",
		description: "Gives a one-time link, good for three days, by which somebody joins the account. An invitation that the " +
			"address had before is void. The link is a secret and shown once, so that there is no Idempotency-Key here: asking " +
			"again makes a new link."}, a.invite)
	handle(a, operation{id: "drop-invitation", method: http.MethodDelete, path: "/invitations/{invitation}", tag: "Users",
		scope: access.WriteUsers, summary: "Withdraw an invitation", description: "Its link does not work any more."}, a.dropInvitation)
	handle(a, operation{id: "list-roles", method: http.MethodGet, path: "/roles", tag: "Users", summary: "List roles",
		description: "The roles, the most powerful first, with what each may do."}, a.listRoles)
}

type seekUsers struct {
	access.Seek
	paging.Request
}

type seekInvitations struct {
	access.SeekInvitations
	paging.Request
}

// UserPath names a user. It is exported because huma looks into no embedded struct that is not.
type UserPath struct {
	User ids.ID `path:"user"`
}

func (a *API) listUsers(ctx context.Context, who *access.Principal, in *seekUsers) (*got[paging.Page[access.Member]], error) {
	p, err := a.People.Members(ctx, who.Account, in.Seek, in.Request)
	return &got[paging.Page[access.Member]]{p}, err
}

func (a *API) getUser(ctx context.Context, who *access.Principal, in *UserPath) (*got[access.Member], error) {
	m, err := a.People.Member(ctx, who.Account, in.User)
	return &got[access.Member]{m}, err
}

type changeUserInput struct {
	UserPath
	Body struct {
		Role access.Role `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
	}
}

func (a *API) changeUser(ctx context.Context, who *access.Principal, in *changeUserInput) (*got[access.Member], error) {
	m, err := a.People.ChangeRole(ctx, who, in.User, in.Body.Role)
	return &got[access.Member]{m}, err
}

func (a *API) removeUser(ctx context.Context, who *access.Principal, in *UserPath) (*struct{}, error) {
	return nil, a.People.RemoveMember(ctx, who, in.User)
}

func (a *API) resetPassword(ctx context.Context, who *access.Principal, in *UserPath) (*got[OneTimeLink], error) {
	code, digest, expires, err := a.Entrance.NewLink()
	if err != nil {
		return nil, err
	}
	err = a.People.ResetPassword(ctx, who, in.User, digest, expires)
	return &got[OneTimeLink]{a.oneTimeLink(code, expires)}, err
}

func (a *API) listInvitations(ctx context.Context, who *access.Principal, in *seekInvitations) (*got[paging.Page[access.Invitation]], error) {
	p, err := a.People.Invitations(ctx, who.Account, in.SeekInvitations, in.Request)
	return &got[paging.Page[access.Invitation]]{p}, err
}

type inviteInput struct {
	Body struct {
		Email string      `json:"email" maxLength:"254"`
		Name  string      `json:"name,omitempty" maxLength:"100"`
		Role  access.Role `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
	}
}

// Invited is an invitation with its link.
type Invited struct {
	access.Invitation
	OneTimeLink OneTimeLink `json:"one_time_link"`
}

func (a *API) invite(ctx context.Context, who *access.Principal, in *inviteInput) (*got[Invited], error) {
	email, err := access.Email(in.Body.Email, "body.email")
	if err != nil {
		return nil, err
	}
	name := in.Body.Name
	if name != "" {
		if name, err = access.Name(name, "body.name"); err != nil {
			return nil, err
		}
	}
	code, digest, expires, err := a.Entrance.NewLink()
	if err != nil {
		return nil, err
	}
	i := access.Invitation{Email: email, Name: name, Role: in.Body.Role, Expires: expires}
	err = a.People.Invite(ctx, who, &i, digest)
	return &got[Invited]{Invited{i, a.oneTimeLink(code, expires)}}, err
}

type invitationPath struct {
	Invitation ids.ID `path:"invitation"`
}

func (a *API) dropInvitation(ctx context.Context, who *access.Principal, in *invitationPath) (*struct{}, error) {
	return nil, a.People.DropInvitation(ctx, who.Actor, in.Invitation)
}

// RoleInfo is a role with what it may do.
type RoleInfo struct {
	Role   access.Role    `json:"role" enum:"owner,admin,marketer,analyst,supervisor,operator"`
	Scopes []access.Scope `json:"scopes" nullable:"false"`
}

type roleList struct {
	Items []RoleInfo `json:"items" nullable:"false"`
}

func (a *API) listRoles(context.Context, *access.Principal, *struct{}) (*got[roleList], error) {
	var l roleList
	for _, r := range access.Roles() {
		l.Items = append(l.Items, RoleInfo{r, access.ScopesOf(r)})
	}
	return &got[roleList]{l}, nil
}
