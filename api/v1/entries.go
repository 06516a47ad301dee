package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
)

// Entries takes recipients into open campaigns.
type Entries interface {
	Enter(ctx context.Context, actor access.Actor, id ids.ID, list []campaign.Entrant) (*campaign.EntryResult, error)
}

// NewEntries are recipients to be.
type NewEntries struct {
	Recipients []campaign.Entrant `json:"recipients" minItems:"1" maxItems:"5000" nullable:"false" doc:"One or up to 5,000."`
}

func (a *API) registerEntries() {
	handle(a, operation{id: "enter-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/entries", tag: campaignsTag,
		scope: access.EnterCampaigns, maxBody: largeBody, summary: "Enter an open campaign",
		description: "Takes recipients into an open campaign that was launched and is not closed: an order's status, an access code, a " +
			"taxi that has come. Each walk begins at once, or with the campaign where that is yet to start, or goes on when a pause is " +
			"over. One who cannot enter hinders nobody else: the answer says of each what came of it, in order. Entries with keys can be " +
			"sent again after any failure."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body NewEntries
		}) (*got[campaign.EntryResult], error) {
			r, err := a.Entries.Enter(ctx, who.Actor, in.Campaign, in.Body.Recipients)
			if err != nil {
				return nil, err
			}
			return &got[campaign.EntryResult]{*r}, nil
		})
}
