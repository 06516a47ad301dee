package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
)

// Accounts keeps the settings of accounts, and the log of what was done.
type Accounts interface {
	Account(ctx context.Context, id ids.ID) (access.Account, error)
	ChangeAccount(ctx context.Context, who access.Actor, change func(*access.Account)) (access.Account, error)
	// UnderWay gives the campaigns that stand in the way of a closing.
	UnderWay(ctx context.Context, account ids.ID) ([]access.Named, error)
	CheckClose(ctx context.Context, account ids.ID, name string) error
	CloseAccount(ctx context.Context, who access.Actor, name string) (access.Closing, error)
	Log(ctx context.Context, account ids.ID, q access.Search, r paging.Request) (paging.Page[access.Entry], error)
}

func (a *API) registerAccount() {
	handle(a, operation{id: "list-accounts", method: http.MethodGet, path: "/accounts", tag: "Account", sessionOnly: true,
		summary: "My accounts", description: "The accounts of the user, with the role in each, by name."}, a.listAccounts)
	handle(a, operation{id: "get-account", method: http.MethodGet, path: "/account", tag: "Account", scope: access.ReadSettings,
		summary: "Get the account", description: "The account that is worked in, with its settings."}, a.getAccount)
	handle(a, operation{id: "change-account", method: http.MethodPatch, path: "/account", tag: "Account", scope: access.WriteSettings,
		summary:     "Change the account's settings",
		description: "Changes the named fields. Campaigns under way keep the zone, the window and the stop words they began with."},
		a.changeAccount)
	handle(a, operation{id: "close-account", method: http.MethodPost, path: "/account/close", tag: "Account", scope: access.OwnAccount,
		sessionOnly: true, summary: "Close the account",
		description: "Nobody gets into a closed account any more, neither people nor tokens, its background work is cancelled, and " +
			"nothing is sent from it. Campaigns under way (launched and not finished, open ones too) stand in the way: cancel " +
			"them first, or ask for it here. For 30 days whoever runs the server can open it again with kaskad account reopen; what " +
			"was cancelled stays so. After that all data of the account are deleted for good."}, a.closeAccount)
	handle(a, operation{id: "search-audit", method: http.MethodGet, path: "/audit", tag: "Account", scope: access.ReadAudit,
		summary:     "Search the audit log",
		description: "What was done in the account and by whom, the newest first."}, a.searchAudit)
}

type standingList struct {
	Items []access.Standing `json:"items" nullable:"false"`
}

func (a *API) listAccounts(ctx context.Context, who *access.Principal, _ *struct{}) (*got[standingList], error) {
	list, err := a.Sessions.Standings(ctx, who.User)
	return &got[standingList]{standingList{list}}, err
}

func (a *API) getAccount(ctx context.Context, who *access.Principal, _ *struct{}) (*got[access.Account], error) {
	account, err := a.Accounts.Account(ctx, who.Account)
	return &got[access.Account]{account}, err
}

type changeAccountInput struct {
	Body struct {
		Named
		Name      *string              `json:"name,omitempty" nullable:"false" maxLength:"100"`
		Zone      *string              `json:"zone,omitempty" nullable:"false" maxLength:"64" doc:"Such as Europe/Moscow."`
		Country   *string              `json:"country,omitempty" nullable:"false" minLength:"2" maxLength:"2" doc:"ISO 3166: RU."`
		Language  *string              `json:"language,omitempty" nullable:"false" enum:"ru,en"`
		StopWords Maybe[[]string]      `json:"stop_words,omitzero" doc:"At most 100 words of at most 50 characters; null: the usual ones."`
		Window    Maybe[scheme.Window] `json:"window,omitzero" doc:"Null: any hour."`
		CapDay    Maybe[int]           `json:"cap_day,omitzero" minimum:"1" maximum:"1000" doc:"Campaigns a contact may enter in one of its local days; null: any number."`
		CapWeek   Maybe[int]           `json:"cap_week,omitzero" minimum:"1" maximum:"1000" doc:"The same for a week."`
	}
}

func (a *API) changeAccount(ctx context.Context, who *access.Principal, in *changeAccountInput) (*got[access.Account], error) {
	b := &in.Body
	account, err := a.Accounts.ChangeAccount(ctx, who.Actor, func(c *access.Account) {
		for to, value := range map[*string]*string{&c.Name: b.Name, &c.Zone: b.Zone, &c.Country: b.Country, &c.Language: b.Language} {
			if value != nil {
				*to = *value
			}
		}
		if b.StopWords.Sent {
			c.StopWords = nil
			if b.StopWords.Value != nil {
				c.StopWords = *b.StopWords.Value
			}
		}
		if b.Window.Sent {
			c.Window = b.Window.Value
		}
		if b.CapDay.Sent {
			c.CapDay = b.CapDay.Value
		}
		if b.CapWeek.Sent {
			c.CapWeek = b.CapWeek.Value
		}
	})
	return &got[access.Account]{account}, err
}

type auditInput struct {
	access.Search
	paging.Request
}

func (a *API) searchAudit(ctx context.Context, who *access.Principal, in *auditInput) (*got[paging.Page[access.Entry]], error) {
	p, err := a.Accounts.Log(ctx, who.Account, in.Search, in.Request)
	return &got[paging.Page[access.Entry]]{p}, err
}

type closeAccountInput struct {
	Body struct {
		Name            string `json:"name" maxLength:"100" doc:"The account's name, so that it is not closed by mistake."`
		CancelCampaigns bool   `json:"cancel_campaigns,omitempty" doc:"Cancel the campaigns that are under way: everyone open in them is interrupted, and that cannot be undone."`
	}
}

func (a *API) closeAccount(ctx context.Context, who *access.Principal, in *closeAccountInput) (*got[access.Closing], error) {
	if err := a.Accounts.CheckClose(ctx, who.Account, in.Body.Name); err != nil {
		return nil, err
	}
	cancelled := []ids.ID{}
	if in.Body.CancelCampaigns {
		list, err := a.Accounts.UnderWay(ctx, who.Account)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if _, err := a.Campaigns.Act(ctx, who.Actor, c.ID, campaign.Cancel, ""); err != nil {
				return nil, err
			}
			cancelled = append(cancelled, c.ID)
		}
	}
	c, err := a.Accounts.CloseAccount(ctx, who.Actor, in.Body.Name)
	c.Cancelled = cancelled
	return &got[access.Closing]{c}, err
}
