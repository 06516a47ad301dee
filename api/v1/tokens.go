package v1

import (
	"context"
	"net/http"
	"time"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

// Tokens keeps API tokens.
type Tokens interface {
	MakeToken(ctx context.Context, who *access.Principal, t *access.Token, digest []byte) error
	Tokens(ctx context.Context, account ids.ID, q access.SeekTokens, r paging.Request) (paging.Page[access.Token], error)
	OneToken(ctx context.Context, account, id ids.ID) (access.Token, error)
	EndToken(ctx context.Context, who access.Actor, id ids.ID) error
}

func (a *API) registerTokens() {
	handle(a, operation{id: "list-tokens", method: http.MethodGet, path: "/tokens", tag: "Tokens", scope: access.ReadUsers,
		summary: "List API tokens", description: "The tokens of the account, the oldest first. Their secrets are not kept."}, a.listTokens)
	handle(a, operation{id: "make-token", method: http.MethodPost, path: "/tokens", tag: "Tokens", scope: access.WriteUsers,
		status: http.StatusCreated, summary: "Make an API token",
		description: "Gives a token for the header Authorization: Bearer. It may do no more than its maker. The secret is shown " +
			"once and not kept, so that there is no Idempotency-Key here."}, a.makeToken)
	handle(a, operation{id: "get-token", method: http.MethodGet, path: "/tokens/{token}", tag: "Tokens", scope: access.ReadUsers,
		summary: "Get an API token", description: "A token without its secret."}, a.getToken)
	handle(a, operation{id: "end-token", method: http.MethodDelete, path: "/tokens/{token}", tag: "Tokens", scope: access.WriteUsers,
		summary: "End an API token", description: "It does not work any more."}, a.endToken)
}

type seekTokens struct {
	access.SeekTokens
	paging.Request
}

func (a *API) listTokens(ctx context.Context, who *access.Principal, in *seekTokens) (*got[paging.Page[access.Token]], error) {
	p, err := a.Tokens.Tokens(ctx, who.Account, in.SeekTokens, in.Request)
	return &got[paging.Page[access.Token]]{p}, err
}

type makeTokenInput struct {
	Body struct {
		Name    string         `json:"name" minLength:"1" maxLength:"100" doc:"What it is for."`
		Scopes  []access.Scope `json:"scopes" nullable:"false" minItems:"1" maxItems:"50" doc:"What it may do; GET /roles shows all there are."`
		Expires *time.Time     `json:"expires_at,omitempty" doc:"When it ends to work; absent: never."`
	}
}

// MadeToken is a new token with its secret.
type MadeToken struct {
	access.Token
	Secret string `json:"secret" doc:"For the header Authorization: Bearer. It is shown this once."`
}

func (a *API) makeToken(ctx context.Context, who *access.Principal, in *makeTokenInput) (*got[MadeToken], error) {
	name, err := access.Name(in.Body.Name, "body.name")
	if err != nil {
		return nil, err
	}
	secret, prefix, digest, err := a.Entrance.NewToken()
	if err != nil {
		return nil, err
	}
	t := access.Token{Name: name, Prefix: prefix, Scopes: in.Body.Scopes, Expires: in.Body.Expires}
	err = a.Tokens.MakeToken(ctx, who, &t, digest)
	return &got[MadeToken]{MadeToken{t, secret}}, err
}

type tokenPath struct {
	Token ids.ID `path:"token"`
}

func (a *API) getToken(ctx context.Context, who *access.Principal, in *tokenPath) (*got[access.Token], error) {
	t, err := a.Tokens.OneToken(ctx, who.Account, in.Token)
	return &got[access.Token]{t}, err
}

func (a *API) endToken(ctx context.Context, who *access.Principal, in *tokenPath) (*struct{}, error) {
	return nil, a.Tokens.EndToken(ctx, who.Actor, in.Token)
}
