package scheme

import "time"

// Scope is the set of names that an expression may use.
type Scope uint8

// The scopes.
const (
	ScopeCampaign Scope = iota // contact, campaign, data
	ScopeReply                 // reply, contact
	ScopeDialog                // contact, campaign (all of it lacking), data, dialog, message
)

// Language compiles the conditions and templates of a document. Its implementation is handed in, so that the
// document and the interpreter stay free of it. Compiling is done when a scheme is saved, never while sending.
// What it returns is safe for use by many goroutines at once.
type Language interface {
	// Condition compiles an expression that must be true or false.
	Condition(source string, scope Scope) (Condition, error)
	// Template compiles a text with {{ expressions }} in it.
	Template(source string, scope Scope) (Template, error)
	// Value compiles an expression of any type (the `set` of an update).
	Value(source string, scope Scope) (Value, error)
}

// Condition is a compiled condition. An error means that it failed on these very values (a missing attribute, a
// wrong type, a bound exceeded); the caller counts it as false and says so.
type Condition interface {
	Holds(v *Vars) (bool, error)
}

// Template is a compiled text. Rendering an expression that fails or lacks its value gives the empty string there;
// the error, if any, tells of the first failure, and the text is usable all the same.
type Template interface {
	// Render fills the template in. link turns an address into the tracked short link of this very message.
	Render(v *Vars, link func(url string) string) (string, error)
	// HasLink reports whether the text contains a tracked link.
	HasLink() bool
	// Constant gives the text when no part of it depends on the values.
	Constant() (string, bool)
}

// Value is a compiled expression of any type.
type Value interface {
	Eval(v *Vars) (any, error)
}

// Vars are the values that expressions see. A nil part, an empty string (but for Reply) and a missing key are nil to
// them.
type Vars struct {
	Contact  *Contact
	Campaign *Campaign
	Data     map[string]any
	Dialog   *Dialog
	Message  string // message.text
	Reply    string // trimmed and lower-cased
	Now      time.Time
}

// Contact is a person as expressions see one.
type Contact struct {
	Name       string            `json:"name,omitempty"`
	Phone      string            `json:"phone,omitempty"` // E.164
	Email      string            `json:"email,omitempty"`
	Zone       string            `json:"zone,omitempty"` // IANA
	Tags       []string          `json:"tags,omitempty"`
	Attributes map[string]any    `json:"attributes,omitempty"`
	Addresses  map[string]string `json:"addresses,omitempty"` // by channel type, where it is not the phone
}

// Campaign is a campaign as expressions see one.
type Campaign struct {
	ID   string   `json:"id,omitempty"`
	Name string   `json:"name,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

// Dialog is a conversation as expressions see one.
type Dialog struct {
	Channel   string   `json:"channel,omitempty"`
	Page      string   `json:"page,omitempty"`
	Source    string   `json:"source,omitempty"`
	Language  string   `json:"language,omitempty"`
	Returning bool     `json:"returning,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Priority  int      `json:"priority,omitempty"`
	Waiting   int      `json:"waiting,omitempty"` // seconds
}
