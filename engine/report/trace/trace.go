// Package trace shows one recipient's walk through a campaign: as data, and told in words in each language. Both say every
// block, instant, message and fact, why a message was held, which link led on and why.
package trace

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// Walk is what is known of a walk. Nodes and links are indexes in the program.
type Walk struct {
	Program  *engine.Program // of the version, not hastened
	Campaign Campaign
	Phone    string
	Ordinal  int64
	Contact  int64
	Zone     string   // by which the recipient is sent to
	Maybe    []string // the zones that it may be in where its own is not known
	State    engine.State
	Steps    []engine.Record
	Messages []Message
	Answers  []Answer
	Facts    []Fact
	Troubles []Trouble
	Ended    engine.Instant // 0: it goes on
}

// Campaign is what of a campaign a walk depends on.
type Campaign struct {
	ID         int64
	Name       string
	Start, End engine.Instant
	Window     *scheme.Window
	Zone       string // the sender's
	Hurry      int    // by how much durations are shortened
}

// Message is an intent.
type Message struct {
	Node             int16
	Attempt          int
	Launched, HandBy time.Time
	Address, Text    string
	Content          []byte // JSON; nil where the text says it all
}

// Answer is a provider's acceptance.
type Answer struct {
	Node                   int16
	Attempt                int
	Connection, ProviderID string
	Recorded               time.Time
}

// Fact is what was reported of a message.
type Fact struct {
	Node        int16
	Attempt     int
	Name, Value string
	Implied     bool // it follows from another one
	Recorded    time.Time
	At          *time.Time // by the provider's clock
}

// Trouble is something in the recipient's data that broke.
type Trouble struct {
	Node int16
	What string
	At   time.Time
}

// Shown is a walk as data.
type Shown struct {
	Campaign ids.ID         `json:"campaign"`
	Number   int64          `json:"recipient" doc:"The recipient's number in the campaign, from 0."`
	Contact  ids.ID         `json:"contact"`
	Phone    string         `json:"phone,omitempty"`
	Zone     string         `json:"zone" doc:"The IANA zone by which it is sent to."`
	Known    bool           `json:"zone_known" doc:"False: the zone is not known, and messages go out only in hours that are open in every zone of the country."`
	State    string         `json:"state" enum:"waiting,open,goal,completed,failed,interrupted"`
	Node     string         `json:"node" doc:"The block where it is, or where the walk ended."`
	WaitsFor *time.Time     `json:"waits_until,omitempty" doc:"When something is due."`
	Ended    *time.Time     `json:"ended_at,omitempty"`
	Steps    []ShownStep    `json:"steps" nullable:"false" doc:"The blocks that were left, in order, and the one where it is."`
	Messages []ShownMessage `json:"messages" nullable:"false"`
	Facts    []ShownFact    `json:"facts" nullable:"false"`
	Troubles []ShownTrouble `json:"troubles" nullable:"false" doc:"What broke in the recipient's data, while the walk went on."`
	Words    Words          `json:"words" doc:"The walk told in words."`
}

// Words are the moments of a walk in both languages, in order.
type Words struct {
	EN Told `json:"en"`
	RU Told `json:"ru"`
}

// Told is a walk told in one language.
type Told struct {
	Title string `json:"title"`
	Lines []Line `json:"lines" nullable:"false"`
}

// Line is one moment.
type Line struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// ShownStep is a block that the recipient came to.
type ShownStep struct {
	Node      string     `json:"node"`
	Type      string     `json:"type"`
	Name      string     `json:"name,omitempty"`
	Entered   time.Time  `json:"entered_at"`
	HeldUntil *time.Time `json:"held_until,omitempty" doc:"When the sending window opened, where the message had to wait for that."`
	HeldFor   string     `json:"held_for,omitempty" doc:"How long the message then waited for its turn, by the rate or the provider's queue."`
	Sent      *time.Time `json:"sent_at,omitempty"`
	Decided   *time.Time `json:"decided_at,omitempty" doc:"Absent: the recipient is here."`
	Link      string     `json:"link,omitempty" doc:"The link that led on; absent: none did."`
	To        string     `json:"to,omitempty" doc:"The block that it leads to."`
	Reason    string     `json:"reason,omitempty" doc:"Why: the outcome that fired the link, or why the walk ended here."`
	Chosen    string     `json:"chosen,omitempty" doc:"The variant or branch that was chosen."`
	Facts     []string   `json:"facts,omitempty" doc:"What had come true when the block was left."`
}

// ShownMessage is a message that was sent.
type ShownMessage struct {
	Node       string     `json:"node"`
	Attempt    int        `json:"attempt"`
	Launched   time.Time  `json:"launched_at"`
	Address    string     `json:"address"`
	Text       string     `json:"text"`
	Accepted   *time.Time `json:"accepted_at,omitempty" doc:"When the provider took it."`
	Connection string     `json:"connection,omitempty"`
	ProviderID string     `json:"provider_id,omitempty"`
}

// ShownFact is what was reported.
type ShownFact struct {
	Node     string     `json:"node"`
	Attempt  int        `json:"attempt"`
	Fact     string     `json:"fact" doc:"As links name it: delivered, viewed, clicked, reply and so on."`
	Value    string     `json:"value,omitempty"`
	Implied  bool       `json:"implied,omitempty" doc:"It was not reported but follows from what was."`
	Late     bool       `json:"late,omitempty" doc:"It came after the block was left."`
	Recorded time.Time  `json:"recorded_at"`
	At       *time.Time `json:"provider_at,omitempty" doc:"By the provider's clock."`
}

// ShownTrouble is something that broke.
type ShownTrouble struct {
	Node string    `json:"node"`
	What string    `json:"what"`
	At   time.Time `json:"at"`
}
