package v1

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/report"
	"kaskad/engine/report/trace"
	"kaskad/engine/scheme"
	"kaskad/engine/task"
)

// Campaigns keeps campaigns. Its errors that people cause are faults.
type Campaigns interface {
	List(ctx context.Context, account ids.ID, q campaign.Query, page paging.Request) (paging.Page[campaign.Campaign], error)
	Get(ctx context.Context, account, id ids.ID) (*campaign.Campaign, error)
	Create(ctx context.Context, actor access.Actor, terms campaign.Terms) (*campaign.Campaign, error)
	// Change changes the fields that a JSON object names; null clears.
	Change(ctx context.Context, actor access.Actor, id ids.ID, change []byte) (*campaign.Campaign, error)
	Delete(ctx context.Context, actor access.Actor, id ids.ID) error
	History(ctx context.Context, account, id ids.ID, page paging.Request) (paging.Page[campaign.Change], error)
	Correct(ctx context.Context, actor access.Actor, id ids.ID, x campaign.Correction) (*campaign.Correction, error)
	Corrections(ctx context.Context, account, id ids.ID) ([]campaign.Correction, error)

	// Estimate names a task where looking at everybody takes long.
	Estimate(ctx context.Context, actor access.Actor, id ids.ID) (*campaign.Estimate, error)
	// Launch begins a launch, or asks for an approval; expected is -1 where any number of recipients will do.
	Launch(ctx context.Context, who *access.Principal, id ids.ID, expected int64) (*campaign.Campaign, error)
	Act(ctx context.Context, actor access.Actor, id ids.ID, a campaign.Action, note string) (*campaign.Done, error)
	Restore(ctx context.Context, actor access.Actor, id ids.ID) (*campaign.Campaign, error)
	Another(ctx context.Context, actor access.Actor, id ids.ID, as campaign.MadeAs, who campaign.Why, name string) (*campaign.Campaign, error)
	Test(ctx context.Context, actor access.Actor, id ids.ID, phones []string) (*campaign.Campaign, error)
	Moderation(ctx context.Context, account ids.ID) (bool, error)
	SetModeration(ctx context.Context, actor access.Actor, needed bool) error

	Report(ctx context.Context, account, id ids.ID) (*campaign.Campaign, *report.Campaign, error)
	People(ctx context.Context, account, id ids.ID, q campaign.PeopleQuery, page paging.Request) (paging.Page[campaign.Person], error)
	// Export gives the task that writes recipients into a file.
	Export(ctx context.Context, actor access.Actor, id ids.ID, o campaign.PeopleExport, lang audience.Lang) (task.Task, error)
	Trace(ctx context.Context, account, id ids.ID, recipient int64) (*trace.Shown, error)
	Troubles(ctx context.Context, account, id ids.ID, search string, page paging.Request) (paging.Page[campaign.Trouble], error)
	Unknown(ctx context.Context, account ids.ID, page paging.Request) (paging.Page[campaign.UnknownFact], error)
	Walks(ctx context.Context, account, contact ids.ID, page paging.Request) (paging.Page[campaign.Walk], error)
}

const campaignsTag = "Campaigns"

// campaignRoutes are the operations of campaigns.
type campaignRoutes struct {
	*API
	live *liveReports
}

func (a *API) registerCampaigns() {
	c := &campaignRoutes{API: a, live: newLiveReports(a)}
	c.kept()
	c.corrected()
	c.actions()
	c.makings()
	c.moderated()
	c.people()
	c.reports()
	c.events()
}

// CampaignPath names a campaign.
type CampaignPath struct {
	Campaign ids.ID `path:"campaign" doc:"The campaign's id."`
}

type campaignOutput = got[campaign.Campaign]

func shown(c *campaign.Campaign, err error) (*campaignOutput, error) {
	if err != nil {
		return nil, err
	}
	return &campaignOutput{*c}, nil
}

type campaignsInput struct {
	State    []campaign.State `query:"state" maxItems:"8" enum:"draft,moderation,scheduled,running,paused,finishing,finished,cancelled" doc:"Only campaigns in one of these states."`
	Tag      string           `query:"tag" maxLength:"64" doc:"Only campaigns with this tag."`
	Scheme   ids.ID           `query:"scheme" doc:"Only campaigns that run a version of this scheme."`
	Version  ids.ID           `query:"version" doc:"Only campaigns that run this version."`
	Parent   ids.ID           `query:"parent" doc:"Only campaigns that were made of this one: its repetitions, repeats, follow-ups, copies."`
	From     time.Time        `query:"from" doc:"Only campaigns made at this instant or later."`
	To       time.Time        `query:"to" doc:"Only campaigns made before this instant."`
	Words    string           `query:"q" maxLength:"200" doc:"Only campaigns whose name has this in it, case aside."`
	Archived bool             `query:"archived" doc:"The archived ones too."`
	Tests    bool             `query:"tests" doc:"Test sends too."`
	Sort     string           `query:"sort" enum:"created_at,-created_at,name,-name,start,-start,state,-state" default:"-created_at" doc:"By what; with - the last first. By start, campaigns whose start is not known yet come last; by state, in the order of a campaign's life."`
	paging.Request
}

// ChangeCampaign names what is to change.
type ChangeCampaign struct {
	Name         Maybe[string]            `json:"name,omitzero" maxLength:"200"`
	Kind         Maybe[campaign.Kind]     `json:"kind,omitzero" enum:"closed,open"`
	Version      Maybe[ids.ID]            `json:"version,omitzero"`
	Audience     Maybe[campaign.Audience] `json:"audience,omitzero" doc:"The whole audience."`
	Start        Maybe[campaign.Start]    `json:"start,omitzero" doc:"The whole start."`
	Window       Maybe[scheme.Window]     `json:"window,omitzero" doc:"Null: at any hour."`
	End          Maybe[time.Time]         `json:"end,omitzero" doc:"Null: none."`
	EndAfter     Maybe[string]            `json:"end_after,omitzero" maxLength:"40"`
	Smooth       Maybe[bool]              `json:"smooth,omitzero"`
	Rate         Maybe[int]               `json:"rate,omitzero" minimum:"1" maximum:"1000000" doc:"Launches a second; null: as fast as it goes."`
	Zone         Maybe[string]            `json:"zone,omitzero" maxLength:"64"`
	Connection   Maybe[string]            `json:"connection,omitzero" maxLength:"100"`
	Advertising  Maybe[bool]              `json:"advertising,omitzero"`
	UnknownZones Maybe[string]            `json:"unknown_zones,omitzero" enum:"careful,account"`
	Tags         Maybe[[]string]          `json:"tags,omitzero" maxItems:"50"`
	Entry        Maybe[campaign.Entry]    `json:"entry,omitzero"`
}

func (c *campaignRoutes) kept() {
	handle(c.API, operation{id: "list-campaigns", method: http.MethodGet, path: "/campaigns", tag: campaignsTag,
		scope: access.ReadCampaigns, summary: "List campaigns",
		description: "Campaigns with their states and progress, the newest first unless another order is asked for."}, c.list)
	handle(c.API, operation{id: "create-campaign", method: http.MethodPost, path: "/campaigns", tag: campaignsTag,
		scope: access.WriteCampaigns, creates: true, status: http.StatusCreated, summary: "Create a campaign",
		description: "Makes a draft: a published version, an audience, and when and how fast to send. Nothing is sent before it " +
			"is launched. Without a window it gets the account's."},
		func(ctx context.Context, who *access.Principal, in *struct{ Body campaign.Terms }) (*campaignOutput, error) {
			return shown(c.Campaigns.Create(ctx, who.Actor, in.Body))
		})
	handle(c.API, operation{id: "get-campaign", method: http.MethodGet, path: "/campaigns/{campaign}", tag: campaignsTag,
		scope: access.ReadCampaigns, summary: "Get a campaign", description: "Its terms, its state and how far it is."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*campaignOutput, error) {
			return shown(c.Campaigns.Get(ctx, who.Account, in.Campaign))
		})
	handle(c.API, operation{id: "change-campaign", method: http.MethodPatch, path: "/campaigns/{campaign}", tag: campaignsTag,
		scope: access.WriteCampaigns, summary: "Change a campaign",
		description: "Changes the named fields; null clears. Of a draft everything may change. Of a launched campaign the name, " +
			"the tags, the window, the end and the rate may; of a repeated one also when it is repeated. The drawing may not: " +
			"mistakes in texts are corrected by corrections."}, c.change)
	handle(c.API, operation{id: "delete-campaign", method: http.MethodDelete, path: "/campaigns/{campaign}", tag: campaignsTag,
		scope: access.WriteCampaigns, status: http.StatusNoContent, summary: "Delete a draft",
		description: "Only drafts can be deleted. What was launched is kept, and can be archived once it has ended."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*struct{}, error) {
			return nil, c.Campaigns.Delete(ctx, who.Actor, in.Campaign)
		})
	handle(c.API, operation{id: "list-campaign-history", method: http.MethodGet, path: "/campaigns/{campaign}/history",
		tag: campaignsTag, scope: access.ReadCampaigns, summary: "A campaign's history",
		description: "Every change of the campaign, with who made it, the newest first."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			paging.Request
		}) (*got[paging.Page[campaign.Change]], error) {
			page, err := c.Campaigns.History(ctx, who.Account, in.Campaign, in.Request)
			return &got[paging.Page[campaign.Change]]{page}, err
		})
}

func (c *campaignRoutes) list(ctx context.Context, who *access.Principal, in *campaignsInput) (
	*got[paging.Page[campaign.Campaign]], error) {
	page, err := c.Campaigns.List(ctx, who.Account, campaign.Query{States: in.State, Tag: in.Tag, Scheme: in.Scheme,
		Version: in.Version, Parent: in.Parent, From: in.From, To: in.To, Words: in.Words, Archived: in.Archived, Tests: in.Tests,
		Sort: in.Sort}, in.Request)
	return &got[paging.Page[campaign.Campaign]]{page}, err
}

func (c *campaignRoutes) change(ctx context.Context, who *access.Principal, in *struct {
	CampaignPath
	Body ChangeCampaign
}) (*campaignOutput, error) {
	change, err := json.Marshal(in.Body) // names what was named, and nothing else
	if err != nil {
		return nil, err
	}
	return shown(c.Campaigns.Change(ctx, who.Actor, in.Campaign, change))
}

// NewCorrection is a mistake and what it should be.
type NewCorrection struct {
	Node  string `json:"node" minLength:"1" maxLength:"64" doc:"The block."`
	Field string `json:"field" minLength:"1" maxLength:"40" doc:"The setting: text, button.text, button.url, or parameters.0 and so on."`
	Old   string `json:"old" maxLength:"65536" doc:"The whole text as it is now."`
	New   string `json:"new" minLength:"1" maxLength:"65536" doc:"The whole text as it should be."`
}

type correctionList struct {
	Items []campaign.Correction `json:"items" nullable:"false"`
}

func (c *campaignRoutes) corrected() {
	handle(c.API, operation{id: "list-corrections", method: http.MethodGet, path: "/campaigns/{campaign}/corrections",
		tag: campaignsTag, scope: access.ReadCampaigns, summary: "List corrections",
		description: "What was corrected in the texts of a launched campaign, the oldest first."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*got[correctionList], error) {
			list, err := c.Campaigns.Corrections(ctx, who.Account, in.Campaign)
			return &got[correctionList]{correctionList{list}}, err
		})
	handle(c.API, operation{id: "correct-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/corrections",
		tag: campaignsTag, scope: access.LaunchCampaigns, creates: true, status: http.StatusCreated, summary: "Correct a text",
		description: "Corrects a mistake in a text of a launched campaign. What is launched from then on has the new text; what " +
			"was sent stays as it was, and so does the published version. The block keeps its form: the new text must compile, " +
			"take as many SMS as the old one, and have a tracked link if the old one had."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body NewCorrection
		}) (*got[campaign.Correction], error) {
			x, err := c.Campaigns.Correct(ctx, who.Actor, in.Campaign, campaign.Correction{Node: in.Body.Node, Field: in.Body.Field,
				Old: in.Body.Old, New: in.Body.New})
			if err != nil {
				return nil, err
			}
			return &got[campaign.Correction]{*x}, nil
		})
}
