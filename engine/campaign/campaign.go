package campaign

import (
	"encoding/json"
	"time"

	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// State is where a campaign stands.
type State string

// The states.
const (
	Draft      State = "draft"
	Moderation State = "moderation" // waits for an admin's approval
	Scheduled  State = "scheduled"  // launched; its start is yet to come
	Running    State = "running"
	Paused     State = "paused"    // nobody is launched; facts are recorded and decided
	Finishing  State = "finishing" // nobody is to be launched any more, but walks are open
	Finished   State = "finished"  // nobody is open
	Cancelled  State = "cancelled"
)

// States are all of them, in the order of a campaign's life.
func States() []State {
	return []State{Draft, Moderation, Scheduled, Running, Paused, Finishing, Finished, Cancelled}
}

// Kind says where a campaign's recipients come from.
type Kind string

// The kinds.
const (
	Closed Kind = "closed" // from a list, taken once at the launch
	Open   Kind = "open"   // one by one, as things happen, until it is closed
)

// MadeAs says how a campaign came from another one.
type MadeAs string

// The ways.
const (
	ByHand     MadeAs = ""
	Copy       MadeAs = "copy"
	Repeat     MadeAs = "repeat"     // launched again as it was
	FollowUp   MadeAs = "follow_up"  // for those of the earlier one who did not get it
	Repetition MadeAs = "repetition" // made by the schedule of a repeated campaign
	Test       MadeAs = "test"       // to a few numbers
)

// Audience is who gets a campaign. The stop list is taken off it in any case.
type Audience struct {
	Groups      []ids.ID `json:"groups,omitempty" maxItems:"100" nullable:"false" doc:"Contacts of any of these groups; with none given, all contacts."`
	Filter      string   `json:"filter,omitempty" maxLength:"4000" doc:"A condition that a contact has to meet, in the language of scheme conditions, such as \"vip\" in tags && attributes.city == \"Казань\"."`
	MinusGroups []ids.ID `json:"minus_groups,omitempty" maxItems:"100" nullable:"false" doc:"Contacts of these groups are left out."`
	Follows     *Follows `json:"follows,omitempty" doc:"Only people of an earlier campaign."`
}

// Why picks people of an earlier campaign by what came of it.
type Why string

// What people of an earlier campaign may have missed.
const (
	NotDelivered Why = "not_delivered" // no message was delivered
	NotViewed    Why = "not_viewed"    // none was viewed
	NotClicked   Why = "not_clicked"   // none was clicked
	NoGoal       Why = "no_goal"       // no goal was reached
	CutShort     Why = "interrupted"   // the end, the window or a cancellation came first
)

// Follows names the people of an earlier campaign.
type Follows struct {
	Campaign ids.ID `json:"campaign" doc:"The earlier campaign: one that has been launched."`
	Who      Why    `json:"who" enum:"not_delivered,not_viewed,not_clicked,no_goal,interrupted" doc:"Which of its recipients: those to whom no message was delivered, who viewed none, who clicked none, who reached no goal, or whose walk the campaign's end, its window or a cancellation interrupted. Whoever said stop is left out in any case."`
}

// When says what kind of start a campaign has.
type When string

// The kinds of start.
const (
	Now   When = "now"   // as soon as everybody is enrolled
	At    When = "at"    // at an instant
	Local When = "local" // at a wall-clock time in each recipient's zone
	Cron  When = "cron"  // repeatedly; each repetition is a campaign of its own
)

// Start is when a campaign begins.
type Start struct {
	When  When       `json:"when" enum:"now,at,local,cron" doc:"now: at once. at: at an instant. local: at a wall-clock time in each recipient's own zone. cron: again and again, each repetition being a campaign of its own."`
	At    *time.Time `json:"at,omitempty" doc:"The instant, of at."`
	Local string     `json:"local,omitempty" maxLength:"16" doc:"The wall-clock time, of local, such as 2026-06-15 10:00."`
	Cron  string     `json:"cron,omitempty" maxLength:"200" doc:"Five fields, of cron: minute, hour, day of the month, month, day of the week. 0 10 * * 1 is every Monday at ten. Not more often than every ten minutes."`
	Zone  string     `json:"zone,omitempty" maxLength:"64" doc:"The IANA zone in which cron is read; the campaign's own where it is empty."`
	Until *time.Time `json:"until,omitempty" doc:"No repetition begins after this instant, of cron."`
}

// Again says when a contact may enter an open campaign another time.
type Again string

// The rules.
const (
	Never      Again = "never"
	AfterEnd   Again = "after_end"   // once the last walk has ended
	AfterPause Again = "after_pause" // once a pause since the last entry has passed
	Always     Again = "always"
)

// Entry is how recipients enter an open campaign.
type Entry struct {
	Again Again  `json:"again" enum:"never,after_end,after_pause,always" doc:"When a contact may enter another time."`
	Pause string `json:"pause,omitempty" maxLength:"40" doc:"How long after the last entry, of after_pause, such as 1d12h: from 1s to 366d."`
	Limit int64  `json:"limit,omitempty" minimum:"0" maximum:"1000000000" doc:"How many recipients it takes in all; 0: any number."`
}

// Terms are what people decide about a campaign.
type Terms struct {
	Name         string         `json:"name,omitempty" required:"true" maxLength:"200" doc:"The name, for people and for templates."`
	Kind         Kind           `json:"kind,omitempty" enum:"closed,open" doc:"closed (as it is by default): the audience is taken once, at the launch. open: recipients are entered one by one through the API until it is closed."`
	Version      ids.ID         `json:"version,omitempty" required:"true" doc:"The published version of a cascade that it runs."`
	Audience     Audience       `json:"audience,omitzero" doc:"Who gets it, of a closed one. A change replaces it whole."`
	Start        Start          `json:"start,omitzero" doc:"When it begins; at once by default. A change replaces it whole."`
	Window       *scheme.Window `json:"window,omitempty" doc:"The hours in which messages may be launched; null: at any hour."`
	End          *time.Time     `json:"end,omitempty" doc:"Nothing is launched from this instant on."`
	EndAfter     string         `json:"end_after,omitempty" maxLength:"40" doc:"Of a repeated campaign: how long each repetition launches, such as 12h, up to 366d."`
	Smooth       bool           `json:"smooth,omitempty" doc:"The starts are spread evenly over the open time up to the end."`
	Rate         *int           `json:"rate,omitempty" minimum:"1" maximum:"1000000" doc:"At most so many launches a second; null: as fast as it goes."`
	Zone         string         `json:"zone,omitempty" maxLength:"64" doc:"The sender's IANA zone; the account's by default."`
	Connection   string         `json:"connection,omitempty" maxLength:"100" doc:"Through which connection messages go out."`
	Advertising  bool           `json:"advertising,omitempty" doc:"It is advertising: it reaches only those who agreed to that, channel by channel."`
	UnknownZones string         `json:"unknown_zones,omitempty" enum:"careful,account" doc:"careful (as it is by default): whose zone is not known is sent to only in hours that are open in every zone of the country. account: the account's zone is taken."`
	Tags         []string       `json:"tags,omitempty" maxItems:"50" nullable:"false" doc:"For finding it, and for templates."`
	Entry        *Entry         `json:"entry,omitempty" doc:"How recipients enter, of an open one."`
}

// Campaign is a campaign as people see it.
type Campaign struct {
	ID    ids.ID `json:"id"`
	State State  `json:"state" enum:"draft,moderation,scheduled,running,paused,finishing,finished,cancelled" doc:"Where it stands."`
	Terms
	Test       bool             `json:"test,omitempty" doc:"A test send: it counts in no cap."`
	Parent     ids.ID           `json:"parent,omitempty" doc:"The campaign that it was made of."`
	MadeAs     MadeAs           `json:"made_as,omitempty" enum:"copy,repeat,follow_up,repetition,test" doc:"How it was made of it."`
	Author     string           `json:"author,omitempty" doc:"Who made it."`
	Note       string           `json:"note,omitempty" doc:"What the moderator said."`
	Task       ids.ID           `json:"task,omitempty" doc:"The task of a launch that is under way."`
	Launching  bool             `json:"launching,omitempty" doc:"A launch is under way: its audience is being enrolled."`
	Recipients int64            `json:"recipients" doc:"How many were enrolled."`
	Open       int64            `json:"open" doc:"How many walks have not ended."`
	Selected   int64            `json:"selected,omitempty" doc:"How many contacts the audience had at the launch."`
	Refused    map[string]int64 `json:"refused,omitempty" doc:"How many of them were not taken, by reason: no_address, stopped, stopped_channel, no_consent, shared_address."`
	Hurry      int              `json:"hurry,omitempty" doc:"A demonstration: all durations pass so many times quicker than drawn."`
	CreatedAt  time.Time        `json:"created_at"`
	LaunchedAt *time.Time       `json:"launched_at,omitempty" doc:"When the launch was complete."`
	StartsAt   *time.Time       `json:"starts_at,omitempty" doc:"When the first recipient begins."`
	FinishedAt *time.Time       `json:"finished_at,omitempty" doc:"When the last walk had ended."`
	ClosedAt   *time.Time       `json:"closed_at,omitempty" doc:"When an open campaign was closed."`
	ArchivedAt *time.Time       `json:"archived_at,omitempty"`
	NextAt     *time.Time       `json:"next_at,omitempty" doc:"When the next repetition begins."`
	Made       int64            `json:"made,omitempty" doc:"How many repetitions there were."`
	Missed     int64            `json:"missed,omitempty" doc:"How many repetitions were passed over because nothing ran."`
}

// Query chooses campaigns of a list. Empty fields choose all.
type Query struct {
	States   []State
	Tag      string
	Scheme   ids.ID
	Version  ids.ID
	Parent   ids.ID
	From, To time.Time // when it was made
	Words    string    // in its name, case aside
	Archived bool      // the archived ones too
	Tests    bool      // test sends too
	Sort     string    // created_at, name, start or state, with - the last first; empty: -created_at
}

// Change is an entry of a campaign's history.
type Change struct {
	ID     ids.ID          `json:"id"`
	At     time.Time       `json:"at"`
	User   ids.ID          `json:"user,omitempty" doc:"Absent where a token or the system did it."`
	Token  ids.ID          `json:"token,omitempty"`
	By     string          `json:"by" doc:"Who did it, by the name of that time."`
	What   string          `json:"what" doc:"What was done, such as campaign.paused."`
	Change json.RawMessage `json:"change,omitempty" doc:"What of; its fields depend on what was done."`
}
