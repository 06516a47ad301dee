package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
)

// Consents keeps what contacts agreed to.
type Consents interface {
	Consents(ctx context.Context, account, contact ids.ID) ([]audience.Consent, error)
	GiveConsent(ctx context.Context, actor access.Actor, contact ids.ID, g audience.Agreement) (audience.Consent, error)
	WithdrawConsent(ctx context.Context, actor access.Actor, contact ids.ID, channel string) error
}

const consentsTag = "Consents"

func (a *API) registerConsents() {
	handle(a, operation{id: "list-consents", method: http.MethodGet, path: "/contacts/{contact}/consents", tag: consentsTag,
		scope: access.ReadContacts, summary: "List a contact's consents",
		description: "All that the contact agreed to, with what was withdrawn, the newest first. A campaign marked as advertising " +
			"reaches only those with a valid consent for the channel."}, a.listConsents)
	handle(a, operation{id: "give-consent", method: http.MethodPost, path: "/contacts/{contact}/consents", tag: consentsTag,
		scope: access.WriteContacts, creates: true, status: http.StatusCreated, summary: "Write down a consent",
		description: "Keeps the text that the contact agreed to, when and where. Earlier ones stay in the history."}, a.giveConsent)
	handle(a, operation{id: "withdraw-consent", method: http.MethodDelete, path: "/contacts/{contact}/consents/{channel}", tag: consentsTag,
		scope: access.WriteContacts, status: http.StatusNoContent, summary: "Withdraw consent for a channel",
		description: "Ends all that is valid for the channel; the history stays. This does not put anybody on the stop list: POST /stops does."},
		a.withdrawConsent)
}

func (a *API) listConsents(ctx context.Context, who *access.Principal, in *ContactPath) (*got[Listed[audience.Consent]], error) {
	list, err := a.Consents.Consents(ctx, who.Account, in.Contact)
	return &got[Listed[audience.Consent]]{Listed[audience.Consent]{list}}, err
}

func (a *API) giveConsent(ctx context.Context, who *access.Principal, in *struct {
	ContactPath
	Body audience.Agreement
}) (*got[audience.Consent], error) {
	c, err := a.Consents.GiveConsent(ctx, who.Actor, in.Contact, in.Body)
	return &got[audience.Consent]{c}, err
}

func (a *API) withdrawConsent(ctx context.Context, who *access.Principal, in *struct {
	ContactPath
	Channel string `path:"channel" maxLength:"32" doc:"The channel, such as sms."`
}) (*struct{}, error) {
	return nil, a.Consents.WithdrawConsent(ctx, who.Actor, in.Contact, in.Channel)
}
