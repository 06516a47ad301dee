package scheme

// Type is one kind of block. Each lives in its own folder under nodes/ and is handed in as a value; there is no
// package-level registry.
type Type struct {
	Name    string
	Label   Text
	Cascade bool // may stand in a cascade
	Routing bool // may stand in a routing scheme
	Goal    bool // reaching it is what a cascade is for
	// Fields describe the settings, for the editor's form.
	Fields []Field
	// Decode reads a node's config, reporting what is wrong through c. It returns settings that are usable for
	// the checks of links even when something was wrong, or nil where nothing can be said of the outcomes. What it
	// returns beside a mistake is never compiled.
	Decode func(c *Config) Settings
}

// Settings are a block's decoded config.
type Settings interface {
	// Outcomes lists what links of the block may take, in the order in which a person would want them shown.
	Outcomes() []Outcome
}

// Outcome is something that a block can come to.
type Outcome struct {
	Type  LinkType
	Value string
	// Any: every value is allowed (a webhook's error reasons; a reply's condition, checked as an expression; the keys
	// of a menu that could not be read).
	Any bool
	// Wanted: a warning `unlinked_outcome` where no link takes it.
	Wanted bool
}

// Clicker is implemented by settings of channel blocks that offer `clicked`.
type Clicker interface {
	// Clickable reports whether there is something to click in the message.
	Clickable() bool
}

// Waiter is implemented by settings of routing blocks through which a loop is allowed to go.
type Waiter interface {
	// Waits reports whether leaving by this outcome takes time or a person's act.
	Waits(LinkType) bool
}

// Offerer is implemented by settings of blocks that offer a dialog to operators.
type Offerer interface {
	Offers() bool
}

// Types is the list of block types in use, by name.
type Types map[string]Type

// NewTypes makes a list of block types.
func NewTypes(types ...Type) Types {
	t := make(Types, len(types))
	for _, one := range types {
		t[one.Name] = one
	}
	return t
}
