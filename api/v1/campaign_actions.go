package v1

import (
	"context"
	"net/http"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
)

// LaunchRequest says what whoever launches knows.
type LaunchRequest struct {
	Expected *int64 `json:"expected_recipients,omitempty" minimum:"0" doc:"How many recipients the estimate gave. Where it is another number by now, nothing is launched; in an account of more than 500,000 contacts the task of the launch finds out, and fails."`
}

// Note is what a moderator says.
type Note struct {
	Note string `json:"note,omitempty" maxLength:"2000" doc:"For whoever launched it."`
}

func (c *campaignRoutes) actions() {
	handle(c.API, operation{id: "estimate-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/estimate",
		tag: campaignsTag, scope: access.ReadCampaigns, summary: "What a launch would do",
		description: "How many recipients, in which zones, how many contacts would be refused and why, how long it would take, and " +
			"when the next repetitions would begin. Nothing is changed. In an account of more than 500,000 contacts the answer " +
			"names a task instead, with its progress, whose result is the estimate; whoever needs it no more cancels the task."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*got[campaign.Estimate], error) {
			e, err := c.Campaigns.Estimate(ctx, who.Actor, in.Campaign)
			if err != nil {
				return nil, err
			}
			return &got[campaign.Estimate]{*e}, nil
		})
	handle(c.API, operation{id: "launch-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/launch",
		tag: campaignsTag, scope: access.LaunchCampaigns, creates: true, status: http.StatusAccepted, summary: "Launch a campaign",
		description: "Takes the audience once and enrols it, by a task that the answer names; the campaign is scheduled when " +
			"everybody is enrolled, and a draft until then. In an account with moderation it waits for an approval first, unless " +
			"whoever launches may give it. An open campaign takes recipients at once; a repeated one waits for its first instant."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body *LaunchRequest
		}) (*campaignOutput, error) {
			expected := int64(-1)
			if in.Body != nil && in.Body.Expected != nil {
				expected = *in.Body.Expected
			}
			return shown(c.Campaigns.Launch(ctx, who, in.Campaign, expected))
		})
	for _, x := range []struct {
		action               campaign.Action
		summary, description string
	}{
		{campaign.Pause, "Pause a campaign", "Nobody is launched until it is resumed; what is reported of messages sent is recorded and decided. Of a repeated campaign: no repetitions are made."},
		{campaign.Resume, "Resume a campaign", "Goes on after a pause. What should have been launched meanwhile goes out by the window and the rate."},
		{campaign.Withdraw, "Take a campaign back from moderation", "It is a draft again."},
		{campaign.Close, "Close an open campaign", "It takes nobody in any more; walks that are open go on to their end."},
		{campaign.Archive, "Archive a campaign", "Campaigns that have ended can be left out of the list."},
	} {
		handle(c.API, operation{id: string(x.action) + "-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/" + string(x.action),
			tag: campaignsTag, scope: access.Scope(x.action.Scope()), summary: x.summary, description: x.description},
			func(ctx context.Context, who *access.Principal, in *CampaignPath) (*campaignOutput, error) {
				done, err := c.Campaigns.Act(ctx, who.Actor, in.Campaign, x.action, "")
				if err != nil {
					return nil, err
				}
				return shown(done.Campaign, nil)
			})
	}
	handle(c.API, operation{id: "unarchive-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/unarchive",
		tag: campaignsTag, scope: access.WriteCampaigns, summary: "Take a campaign out of the archive",
		description: "It is listed again."},
		func(ctx context.Context, who *access.Principal, in *CampaignPath) (*campaignOutput, error) {
			return shown(c.Campaigns.Restore(ctx, who.Actor, in.Campaign))
		})
	handle(c.API, operation{id: "cancel-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/cancel",
		tag: campaignsTag, scope: access.LaunchCampaigns, summary: "Cancel a campaign",
		description: "Interrupts every open walk and tells how many there were. A launch that is under way is given up, and the " +
			"campaign is a draft again. Cancelling cannot be undone."}, c.cancel)
}

func (c *campaignRoutes) cancel(ctx context.Context, who *access.Principal, in *CampaignPath) (*got[campaign.Done], error) {
	now, err := c.Campaigns.Get(ctx, who.Account, in.Campaign)
	if err != nil {
		return nil, err
	}
	if now.Launching {
		if _, err := c.Tasks.Cancel(ctx, who, now.Task); err != nil {
			return nil, err
		}
		if now, err = c.Campaigns.Get(ctx, who.Account, in.Campaign); err != nil {
			return nil, err
		}
		return &got[campaign.Done]{campaign.Done{Campaign: now}}, nil
	}
	done, err := c.Campaigns.Act(ctx, who.Actor, in.Campaign, campaign.Cancel, "")
	if err != nil {
		return nil, err
	}
	return &got[campaign.Done]{*done}, nil
}

// NewName is the name of a new draft.
type NewName struct {
	Name string `json:"name,omitempty" maxLength:"200" doc:"The new draft's name; the old one's by default."`
}

// NewFollowUp says whom a follow-up is for.
type NewFollowUp struct {
	NewName
	Who campaign.Why `json:"who" enum:"not_delivered,not_viewed,not_clicked,no_goal,interrupted" doc:"Recipients whose walk has ended and to whom no message was delivered, who viewed none, who clicked none, who reached no goal, or whose walk the end, the window, the cap or a cancellation interrupted."`
}

// TestPhones are numbers for a test send.
type TestPhones struct {
	Phones []string `json:"phones" minItems:"1" maxItems:"10" nullable:"false" doc:"Up to ten phone numbers."`
}

func (c *campaignRoutes) makings() {
	for _, x := range []struct {
		as                   campaign.MadeAs
		summary, description string
	}{
		{campaign.Copy, "Copy a campaign", "Makes a draft with the same terms. Instants that have passed are left out."},
		{campaign.Repeat, "Repeat a campaign", "Makes a draft to launch a launched campaign again as it was; its audience is taken anew."},
	} {
		handle(c.API, operation{id: string(x.as) + "-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/" + string(x.as),
			tag: campaignsTag, scope: access.WriteCampaigns, creates: true, status: http.StatusCreated, summary: x.summary,
			description: x.description},
			func(ctx context.Context, who *access.Principal, in *struct {
				CampaignPath
				Body *NewName
			}) (*campaignOutput, error) {
				name := ""
				if in.Body != nil {
					name = in.Body.Name
				}
				return shown(c.Campaigns.Another(ctx, who.Actor, in.Campaign, x.as, "", name))
			})
	}
	handle(c.API, operation{id: "follow-up-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/follow-up",
		tag: campaignsTag, scope: access.WriteCampaigns, creates: true, status: http.StatusCreated,
		summary:     "Follow a campaign up",
		description: "Makes a draft for those of a launched campaign who did not get it. Its version can be changed before the launch."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body NewFollowUp
		}) (*campaignOutput, error) {
			return shown(c.Campaigns.Another(ctx, who.Actor, in.Campaign, campaign.FollowUp, in.Body.Who, in.Body.Name))
		})
	handle(c.API, operation{id: "test-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/test", tag: campaignsTag,
		scope: access.LaunchCampaigns, creates: true, status: http.StatusCreated, summary: "Send a test",
		description: "Sends the campaign's messages to a few numbers at once, whatever its window, end and rate. It is a campaign of " +
			"its own, through the same version and connection, that counts in no cap. A number that nobody has becomes a contact " +
			"with the tag test."},
		func(ctx context.Context, who *access.Principal, in *struct {
			CampaignPath
			Body TestPhones
		}) (*campaignOutput, error) {
			return shown(c.Campaigns.Test(ctx, who.Actor, in.Campaign, in.Body.Phones))
		})
}

// ModerationRule says whether launches need an approval.
type ModerationRule struct {
	Needed bool `json:"needed" doc:"Launches of those who may not approve wait for an admin."`
}

func (c *campaignRoutes) moderated() {
	for _, x := range []struct {
		action               campaign.Action
		summary, description string
	}{
		{campaign.Approve, "Approve a campaign", "Launches a campaign that waits on moderation."},
		{campaign.Reject, "Reject a campaign", "Gives a campaign on moderation back as a draft, with a note."},
	} {
		handle(c.API, operation{id: string(x.action) + "-campaign", method: http.MethodPost, path: "/campaigns/{campaign}/" + string(x.action),
			tag: campaignsTag, scope: access.Scope(x.action.Scope()), summary: x.summary, description: x.description},
			func(ctx context.Context, who *access.Principal, in *struct {
				CampaignPath
				Body *Note
			}) (*campaignOutput, error) {
				note := ""
				if in.Body != nil {
					note = in.Body.Note
				}
				done, err := c.Campaigns.Act(ctx, who.Actor, in.Campaign, x.action, note)
				if err != nil {
					return nil, err
				}
				return shown(done.Campaign, nil)
			})
	}
	handle(c.API, operation{id: "get-moderation", method: http.MethodGet, path: "/moderation", tag: campaignsTag,
		scope: access.ReadSettings, summary: "Whether launches need an approval", description: "The account's rule."},
		func(ctx context.Context, who *access.Principal, _ *struct{}) (*got[ModerationRule], error) {
			needed, err := c.Campaigns.Moderation(ctx, who.Account)
			return &got[ModerationRule]{ModerationRule{needed}}, err
		})
	handle(c.API, operation{id: "set-moderation", method: http.MethodPut, path: "/moderation", tag: campaignsTag,
		scope: access.WriteSettings, summary: "Say whether launches need an approval",
		description: "Switching it off approves nothing that waits."},
		func(ctx context.Context, who *access.Principal, in *struct{ Body ModerationRule }) (*got[ModerationRule], error) {
			return &got[ModerationRule]{in.Body}, c.Campaigns.SetModeration(ctx, who.Actor, in.Body.Needed)
		})
}
