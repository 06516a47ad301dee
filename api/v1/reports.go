package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/report"
)

// Figures are a campaign's counters.
type Figures struct {
	Campaign   ids.ID           `json:"campaign"`
	State      campaign.State   `json:"state"`
	Recipients int64            `json:"recipients"`
	Open       int64            `json:"open" doc:"Walks that have not ended, those that have not begun included."`
	Endings    map[string]int64 `json:"endings" doc:"How many walks ended how: goal, completed, failed, interrupted."`
	Blocks     []BlockFigures   `json:"blocks" nullable:"false"`
}

// BlockFigures are a block's.
type BlockFigures struct {
	ID        string           `json:"id"`
	Type      string           `json:"type"`
	Name      string           `json:"name"`
	Entered   int64            `json:"entered" doc:"How many came to it."`
	Sent      int64            `json:"sent" doc:"How many messages were launched, further calls apart."`
	Redialled int64            `json:"redialled,omitempty" doc:"How many further calls were made."`
	Facts     map[string]int64 `json:"facts" doc:"To how many it happened: accepted, delivered, viewed, clicked, reply, answered and so on."`
	Errors    map[string]int64 `json:"errors" doc:"How many could not be launched, by reason."`
	Links     []LinkFigures    `json:"links" nullable:"false"`
	Ended     int64            `json:"ended" doc:"How many walks ended here."`
	Open      int64            `json:"open" doc:"How many are here now."`
}

// LinkFigures tell how many a link led on.
type LinkFigures struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Value string `json:"value,omitempty"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

func figuresOf(c *campaign.Campaign, r *report.Campaign) *Figures {
	f := &Figures{Campaign: c.ID, State: c.State, Recipients: r.Recipients, Open: r.Open, Endings: r.Endings,
		Blocks: make([]BlockFigures, 0, len(r.Blocks))}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		links := make([]LinkFigures, len(b.Links))
		for j, l := range b.Links {
			links[j] = LinkFigures(l)
		}
		f.Blocks = append(f.Blocks, BlockFigures{ID: b.ID, Type: b.Type, Name: b.Name, Entered: b.Entered, Sent: b.Sent,
			Redialled: b.Redialled, Facts: b.Facts, Errors: b.Errors, Links: links, Ended: b.Ended, Open: b.Open})
	}
	return f
}

func (c *campaignRoutes) reports() {
	handle(c.API, operation{id: "get-campaign-report", method: http.MethodGet, path: "/campaigns/{campaign}/report",
		tag: campaignsTag, scope: access.ReadReports, summary: "A campaign in figures",
		description: "People by ending, and by block what was sent, what became of it and which link led how many on. The figures are " +
			"kept with what they count, in one transaction."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*got[Figures], error) {
			now, r, err := c.Campaigns.Report(ctx, who.Account, in.Campaign)
			if err != nil {
				return nil, err
			}
			return &got[Figures]{*figuresOf(now, r)}, nil
		})
	handle(c.API, operation{id: "list-troubles", method: http.MethodGet, path: "/campaigns/{campaign}/troubles", tag: campaignsTag,
		scope: access.ReadReports, summary: "List troubles",
		description: "Recipients whose data broke an expression, and the like, while the others went on."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Search string `query:"q" maxLength:"200" doc:"Only troubles in whose recipient's number, phone, block or text each of these words is, case aside."`
			paging.Request
		}) (*got[paging.Page[campaign.Trouble]], error) {
			page, err := c.Campaigns.Troubles(ctx, who.Account, in.Campaign, in.Search, in.Request)
			return &got[paging.Page[campaign.Trouble]]{page}, err
		})
	handle(c.API, operation{id: "list-unknown-facts", method: http.MethodGet, path: "/unknown-facts", tag: campaignsTag,
		scope: access.ReadReports, summary: "List unknown facts",
		description: "What providers reported of messages that nobody knows: kept in case their acceptance comes later, and a hint " +
			"that a provider's settings are wrong."},
		func(ctx context.Context, who *access.Principal, in *struct{ paging.Request }) (*got[paging.Page[campaign.UnknownFact]], error) {
			page, err := c.Campaigns.Unknown(ctx, who.Account, in.Request)
			return &got[paging.Page[campaign.UnknownFact]]{page}, err
		})
}
