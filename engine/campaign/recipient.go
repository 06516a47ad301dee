package campaign

import (
	"time"

	"kaskad/engine/ids"
)

// Standing is where a recipient stands, in a few words.
type Standing string

// The standings. The last four are the endings.
const (
	NotBegun    Standing = "waiting" // its walk has not begun
	Walking     Standing = "open"
	Goal        Standing = "goal"
	Completed   Standing = "completed"
	Failed      Standing = "failed"
	Interrupted Standing = "interrupted"
)

// Person is a recipient in a list.
type Person struct {
	Number  int64      `json:"recipient" doc:"The recipient's number in the campaign, from 0."`
	Contact ids.ID     `json:"contact"`
	Name    string     `json:"name,omitempty"`
	Phone   string     `json:"phone,omitempty"`
	Zone    string     `json:"zone" doc:"The IANA zone by which it is sent to; unknown/ before it: the zone is not known."`
	State   Standing   `json:"state" enum:"waiting,open,goal,completed,failed,interrupted" doc:"waiting: the walk has not begun. open: it goes on. The others are how it ended."`
	Node    string     `json:"node" doc:"The block where the recipient is or where its walk ended."`
	Block   string     `json:"block,omitempty" doc:"That block's name."`
	Entered *time.Time `json:"entered_at,omitempty" doc:"When it came to that block."`
	Wakes   *time.Time `json:"wakes_at,omitempty" doc:"When something is due: the start, a launch, the end of a delay."`
	Ended   *time.Time `json:"ended_at,omitempty"`
	Reason  string     `json:"reason,omitempty" doc:"Why the walk ended: no_link, goal, timeout, unsubscribed, error:no_address and so on."`
}

// PeopleQuery chooses recipients. Empty fields choose all.
type PeopleQuery struct {
	Words  string   // the end of a phone of four digits or more, else the beginning of a name
	State  Standing // where they stand
	Node   string   // the block where they are or ended
	Reason string   // why the walk ended, or what it begins with: error
}

// Walk is a contact's walk through a campaign.
type Walk struct {
	Campaign ids.ID `json:"campaign"`
	Title    string `json:"campaign_name"`
	Test     bool   `json:"test,omitempty"`
	Person
}

// Trouble is something in a recipient's data that broke while the others went on.
type Trouble struct {
	Number int64     `json:"recipient"`
	Phone  string    `json:"phone,omitempty"`
	Node   string    `json:"node"`
	Block  string    `json:"block,omitempty"`
	What   string    `json:"what" doc:"What broke, mostly an expression on this recipient's data."`
	At     time.Time `json:"at"`
}

// UnknownFact is a provider's report of a message that nobody knows (yet).
type UnknownFact struct {
	Connection string     `json:"connection"`
	ProviderID string     `json:"provider_id"`
	Fact       string     `json:"fact" doc:"What was reported, as links name it: delivered, viewed, reply and so on."`
	Value      string     `json:"value,omitempty"`
	Times      int64      `json:"times" doc:"How often."`
	Recorded   time.Time  `json:"recorded_at" doc:"When it was reported last."`
	ProviderAt *time.Time `json:"provider_at,omitempty" doc:"By the provider's clock."`
}
