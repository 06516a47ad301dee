package engine

import (
	"time"

	"kaskad/engine/scheme"
)

// Block is what one block does, compiled from its settings: one of the behaviours of this file or of routing.go. A
// new block type picks a behaviour; the interpreter knows no block type by name.
type Block interface{ behaviour() }

// Compiler is implemented by the settings of every block type: it makes the behaviour. The settings are of a scheme
// without errors, so compiling cannot fail.
type Compiler interface {
	Compile() Block
}

// Facts is a set of what has come true for a message.
type Facts uint16

// The facts.
const (
	Delivered Facts = 1 << iota
	Viewed
	Clicked
	Replied
	Answered // an answered call has ended
	Pressed  // a key of the menu was pressed
	NotDelivered
	NoAnswer
	Spam
	Unsubscribed
	Failed // the message could not be launched: an error with a reason
)

// Final are the facts after which nothing else can come true.
const Final = NotDelivered | NoAnswer | Answered | Spam | Unsubscribed | Failed

// KeyAction is what a key of a voice menu does.
type KeyAction uint8

// The actions of a key.
const (
	KeyRecord KeyAction = iota + 1 // counts the key as the person's answer
	KeyConnect
	KeyUnsubscribe
	KeyRepeat
)

// Message is the behaviour of a channel block: send, wait for facts, decide by the strongest.
type Message struct {
	Channel   string        // the channel's name, as in the block type
	Offers    Facts         // statuses that the channel can report, Replied for replies, Pressed for a menu
	Clickable bool          // there is something to click
	Decision  time.Duration // decision time, 1s to 14d
	Window    *scheme.Window
	Attempts  int           // calls in all, 1 to 10
	Interval  time.Duration // from the failure of a call to the next, 1s to 1d
	Keys      map[byte]KeyAction
	Content   Renderer
	// RepliesToChat: replies also open a dialog.
	RepliesToChat bool
}

// Call reports whether the message is a phone call.
func (m *Message) Call() bool { return m.Offers&Answered != 0 }

// Renderer fills in a message for one recipient. It is safe for use by many goroutines.
type Renderer interface {
	// Render gives the content. The error tells of the first expression that failed on this recipient's data; the
	// content is usable all the same, with nothing in that place.
	Render(v *scheme.Vars, link func(url string) string) (Content, error)
}

// Content is a message as it is handed to a provider. Fields that the channel lacks are empty.
type Content struct {
	Sender     string              `json:"sender"`
	Format     string              `json:"format,omitempty"`
	Text       string              `json:"text,omitempty"`
	Image      string              `json:"image,omitempty"`
	ButtonText string              `json:"button_text,omitempty"`
	ButtonURL  string              `json:"button_url,omitempty"`
	Template   string              `json:"template,omitempty"`
	Parameters []string            `json:"parameters,omitempty"`
	Audio      string              `json:"audio,omitempty"`
	Recording  string              `json:"recording,omitempty"`
	Voice      string              `json:"voice,omitempty"`
	Speed      float64             `json:"speed,omitempty"`
	Language   string              `json:"language,omitempty"`
	Keys       map[string]KeyPress `json:"keys,omitempty"`
	Attempts   int                 `json:"-"`
	TimeToLive time.Duration       `json:"-"`
	// Links are the addresses behind the tracked links, in the order of their numbers.
	Links []string `json:"links,omitempty"`
}

// Fetched replaces the stored names of pictures and sounds by the addresses at which providers fetch them.
func (c *Content) Fetched(address func(name string) string) {
	for _, at := range []*string{&c.Image, &c.Audio, &c.Recording} {
		if *at != "" && scheme.CheckAddress(*at) != nil {
			*at = address(*at)
		}
	}
}

// Plain reports whether the sender and the text are all there is.
func (c *Content) Plain() bool {
	return c.Image == "" && c.ButtonText == "" && c.ButtonURL == "" && c.Template == "" && len(c.Parameters) == 0 &&
		c.Audio == "" && c.Recording == "" && c.Voice == "" && c.Speed == 0 && c.Language == "" && len(c.Keys) == 0 &&
		len(c.Links) == 0
}

// KeyPress is a key of a voice menu as a provider needs it.
type KeyPress struct {
	Action string `json:"action"` // record, connect, unsubscribe, repeat
	Number string `json:"number,omitempty"`
}

// Wait is the behaviour of a block that waits for a time and leaves by `next`.
type Wait struct {
	// Until gives the instant at which the wait ends, from the entry and the recipient's zone.
	Until func(entered time.Time, zone *time.Location) time.Time
}

// Choose is the behaviour of a block that leaves at once by an outcome picked from the recipient's data.
type Choose struct {
	Type scheme.LinkType // of its links
	// Pick gives the value of the outcome; failed counts the expressions that failed on this data.
	Pick func(v *scheme.Vars) (value string, failed int)
}

// Split is the behaviour of an A/B test.
type Split struct {
	Variants []Variant
	Winner   *Winner // nil: everyone is drawn at entry
}

// Variant is one side of an A/B test.
type Variant struct {
	ID     string
	Weight int64 // above 0
}

// Winner says how the better variant is found and given to the rest.
type Winner struct {
	Share  int           // percent drawn at entry, 1 to 99
	Wait   time.Duration // from the campaign's start
	Metric string        // delivered, clicked, replied, goal
	Min    int64         // people a variant below which the first variant is taken
}

// Goal is the behaviour of a goal: reached at entry.
type Goal struct{}

// Hook is the behaviour of a block that calls out and waits for the answer: `next` when it succeeded, else `error`.
type Hook struct {
	Method  string
	URL     scheme.Template
	Headers map[string]string
	Body    scheme.Template // nil: none
	Timeout time.Duration
}

// Update is the behaviour of a block that changes the contact.
type Update struct {
	Set          []Assignment
	AddTags      []string
	RemoveTags   []string
	AddGroups    []string
	RemoveGroups []string
}

// Assignment sets one attribute.
type Assignment struct {
	Key   string
	Value scheme.Value
}

func (*Message) behaviour() {}
func (*Wait) behaviour()    {}
func (*Choose) behaviour()  {}
func (*Split) behaviour()   {}
func (*Goal) behaviour()    {}
func (*Hook) behaviour()    {}
func (*Update) behaviour()  {}
