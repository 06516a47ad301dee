package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/report/trace"
)

type recipientsInput struct {
	CampaignPath
	Words  string            `query:"q" maxLength:"100" doc:"The end of a phone number, of at least four digits, or the beginning of a name."`
	State  campaign.Standing `query:"state" enum:"waiting,open,goal,completed,failed,interrupted" doc:"waiting: the walk has not begun. open: it goes on. The others are how it ended."`
	Node   string            `query:"node" maxLength:"64" doc:"Only recipients who are at this block, or whose walk ended there."`
	Reason string            `query:"reason" maxLength:"100" doc:"Only walks that ended for this reason, such as no_link, unsubscribed or error:no_address; error stands for all errors."`
	paging.Request
}

func (c *campaignRoutes) people() {
	handle(c.API, operation{id: "list-recipients", method: http.MethodGet, path: "/campaigns/{campaign}/recipients",
		tag: campaignsTag, scope: access.ReadReports, summary: "List recipients",
		description: "The recipients of a campaign by their numbers, with where each stands."},
		func(ctx context.Context, who *access.Principal, in *recipientsInput) (*got[paging.Page[campaign.Person]], error) {
			page, err := c.Campaigns.People(ctx, who.Account, in.Campaign, campaign.PeopleQuery{Words: in.Words, State: in.State,
				Node: in.Node, Reason: in.Reason}, in.Request)
			return &got[paging.Page[campaign.Person]]{page}, err
		})
	handle(c.API, operation{id: "export-recipients", method: http.MethodPost, path: "/campaigns/{campaign}/recipients/export",
		tag: campaignsTag, scope: access.ReadReports, creates: true, status: http.StatusAccepted, summary: "Export recipients",
		description: "Gives the task that writes a CSV or XLSX file of a campaign's recipients, to be downloaded from the task: who, " +
			"where they stand and why, the last status, and the status of each block, in the reader's language. Cells that a " +
			"spreadsheet might take for a formula begin with an apostrophe. Recipients are written as they were when their page was " +
			"read."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body campaign.PeopleExport
		}) (*taskBody, error) {
			t, err := c.Campaigns.Export(ctx, who.Actor, in.Campaign, in.Body, readerLanguage(ctx))
			return &taskBody{t}, err
		})
	handle(c.API, operation{id: "trace-recipient", method: http.MethodGet, path: "/campaigns/{campaign}/recipients/{recipient}",
		tag: campaignsTag, scope: access.ReadReports, summary: "Trace a recipient",
		description: "Everything that happened to one recipient: every block, instant, message and fact, why it was held, which link " +
			"led on and why, as data and told in words in both languages. The instants within the words are on the recipient's clock."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Recipient int64 `path:"recipient" minimum:"0" doc:"The recipient's number, from 0."`
		}) (*got[trace.Shown], error) {
			t, err := c.Campaigns.Trace(ctx, who.Account, in.Campaign, in.Recipient)
			if err != nil {
				return nil, err
			}
			return &got[trace.Shown]{*t}, nil
		})
	handle(c.API, operation{id: "list-walks", method: http.MethodGet, path: "/contacts/{contact}/walks", tag: campaignsTag,
		scope: access.ReadReports, summary: "A contact's walks",
		description: "The campaigns that a contact was a recipient of, the newest first, with where it stands in each."},
		func(ctx context.Context, who *access.Principal, in *struct {
			Contact ids.ID `path:"contact"`
			paging.Request
		}) (*got[paging.Page[campaign.Walk]], error) {
			page, err := c.Campaigns.Walks(ctx, who.Account, in.Contact, in.Request)
			return &got[paging.Page[campaign.Walk]]{page}, err
		})
}
