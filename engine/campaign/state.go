package campaign

import (
	"slices"

	"kaskad/engine/fault"
)

// Action is something that people, or the system, do to a campaign as a whole.
type Action string

// The actions.
const (
	Launch   Action = "launch"
	Approve  Action = "approve"
	Reject   Action = "reject"
	Withdraw Action = "withdraw" // from moderation
	Pause    Action = "pause"
	Resume   Action = "resume"
	Cancel   Action = "cancel"
	Close    Action = "close" // an open campaign takes nobody in any more
	Delete   Action = "delete"
	Archive  Action = "archive"
)

// The permissions that actions need, as package access names them.
const (
	launches  = "campaigns:launch"
	moderates = "campaigns:moderate"
	writes    = "campaigns:write"
)

// ruleOf says from which states an action is possible and what it needs.
type ruleOf struct {
	from  []State
	to    State // empty: the caller knows
	scope string
	what  string // of the log
}

func ruleFor(a Action) ruleOf {
	switch a {
	case Launch:
		return ruleOf{from: []State{Draft}, scope: launches, what: "campaign.launched"}
	case Approve:
		return ruleOf{from: []State{Moderation}, to: Draft, scope: moderates, what: "campaign.approved"}
	case Reject:
		return ruleOf{from: []State{Moderation}, to: Draft, scope: moderates, what: "campaign.rejected"}
	case Withdraw:
		return ruleOf{from: []State{Moderation}, to: Draft, scope: launches, what: "campaign.withdrawn"}
	case Pause:
		return ruleOf{from: []State{Scheduled, Running, Finishing}, to: Paused, scope: launches,
			what: "campaign.paused"}
	case Resume:
		return ruleOf{from: []State{Paused}, scope: launches, what: "campaign.resumed"}
	case Cancel:
		return ruleOf{from: []State{Moderation, Scheduled, Running, Paused, Finishing}, to: Cancelled,
			scope: launches, what: "campaign.cancelled"}
	case Close:
		return ruleOf{from: []State{Scheduled, Running, Paused}, scope: launches, what: "campaign.closed"}
	case Delete:
		return ruleOf{from: []State{Draft}, scope: writes, what: "campaign.deleted"}
	case Archive:
		return ruleOf{from: []State{Finished, Cancelled}, scope: writes, what: "campaign.archived"}
	}
	return ruleOf{}
}

// Scope is the permission that an action needs, as package access names it.
func (a Action) Scope() string { return ruleFor(a).scope }

// What is the action's name in the log of what was done.
func (a Action) What() string { return ruleFor(a).what }

// Actions are all of them.
func Actions() []Action {
	return []Action{Launch, Approve, Reject, Withdraw, Pause, Resume, Cancel, Close, Delete, Archive}
}

// Check tells whether an action is possible now. The error is a fault of the kind Conflict that says why not. While a
// launch is under way only cancelling is possible, which gives the launch up.
func (c *Campaign) Check(a Action) error {
	r := ruleFor(a)
	switch {
	case c.Launching && a == Cancel:
		return nil
	case c.Launching:
		return fault.New(fault.Conflict, "campaign_launching", "")
	case a == Close && c.Kind != Open:
		return fault.New(fault.Conflict, "campaign_not_open", "")
	case a == Close && c.ClosedAt != nil:
		return fault.New(fault.Conflict, "campaign_closed", "")
	case !slices.Contains(r.from, c.State):
		return fault.New(fault.Conflict, "campaign_is_"+string(c.State), "", "action", string(a))
	}
	return nil
}

// Next is the state after an action that Check allows. early tells that the campaign's start is yet to come. After a
// launch it is the state to have when everybody is enrolled, or moderation where that is needed first.
func (c *Campaign) Next(a Action, early, moderated bool) State {
	switch a {
	case Launch:
		if moderated {
			return Moderation
		}
		return Scheduled
	case Resume:
		if early {
			return Scheduled
		}
		return Running
	case Close, Archive, Delete:
		return c.State
	}
	return ruleFor(a).to
}

// Moderated tells whether a launch has to wait for an approval: in an account that wants that, of whoever may not
// approve. Test sends need none, and neither do the repetitions of an approved campaign.
func Moderated(account, mayApprove bool, c *Campaign) bool {
	return account && !mayApprove && !c.Test && c.MadeAs != Repetition
}

// Done is what came of an action.
type Done struct {
	Campaign    *Campaign `json:"campaign"`
	Interrupted int64     `json:"interrupted" doc:"How many walks were open when the campaign was cancelled and are being interrupted."`
}
