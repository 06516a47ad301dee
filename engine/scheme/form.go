package scheme

import "kaskad/engine/words"

// Text is a label in the product's languages, or a message that a block brings with it: see its method With.
type Text = words.Text

// FieldKind says how a setting is filled in.
type FieldKind string

// The kinds of settings.
const (
	FieldText       FieldKind = "text"       // one line
	FieldTemplate   FieldKind = "template"   // text with {{ expressions }}
	FieldExpression FieldKind = "expression" // of any type
	FieldCondition  FieldKind = "condition"  // an expression that is true or false
	FieldNumber     FieldKind = "number"     // Min and Max inclusive
	FieldBoolean    FieldKind = "boolean"
	FieldChoice     FieldKind = "choice"   // one of Choices
	FieldDuration   FieldKind = "duration" // Min and Max inclusive, written as durations
	FieldClock      FieldKind = "clock"    // HH:MM
	FieldDays       FieldKind = "days"     // numbers, 1 is Monday
	FieldZone       FieldKind = "zone"     // an IANA name
	FieldDate       FieldKind = "date"     // YYYY-MM-DD
	FieldWindow     FieldKind = "window"   // a sending window
	FieldAudio      FieldKind = "audio"    // the stored name or the address of a sound
	FieldPicture    FieldKind = "picture"  // the stored name or the address of a picture
	FieldObject     FieldKind = "object"   // an object with Fields
)

// Container says what holds the values of a field.
type Container string

// The containers. None: one value.
const (
	One   Container = ""
	Many  Container = "list" // a list of values
	ByKey Container = "map"  // an object from free keys (of Choices, where there are some) to values
)

// Field describes one setting of a block, so that the editor can draw its form without knowing the block.
type Field struct {
	Name      string    `json:"name"`
	Kind      FieldKind `json:"kind"`
	In        Container `json:"in,omitempty"`
	Label     Text      `json:"label"`
	Required  bool      `json:"required,omitempty"`
	Multiline bool      `json:"multiline,omitempty"`
	Default   string    `json:"default,omitempty"` // as written in the config, without quotes
	Min       string    `json:"min,omitempty"`
	Max       string    `json:"max,omitempty"`
	Choices   []Choice  `json:"choices,omitempty"`
	Fields    []Field   `json:"fields,omitempty"`
	// When tells with which values of a neighbour the field has a meaning; nil: always.
	When *When `json:"when,omitempty"`
	// OneOf names a group of neighbours of which exactly one is to be filled in.
	OneOf string `json:"one_of,omitempty"`
}

// Choice is one value of a choice, or one key of a map.
type Choice struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// When is a condition on a neighbour: its value is one of Values.
type When struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
}
