// Package filter is the tree of a condition on contacts: what a search asks for and whom a campaign is for. The texts that
// people write are made into it by engine/expression; here it is evaluated in memory, and engine/store/contacts makes a
// condition of the database out of it. Both give the same answer for every contact: a condition is true or false and
// never unknown.
//
//   - Equality is exact, in and of lists too. Contains, StartsWith and EndsWith leave case and ё aside (see Fold).
//   - A text that is empty is the same as one that is lacking. An attribute is lacking where it is not there, null, an
//     empty text or an empty list.
//   - An attribute is compared with a value of its own type; with a value of another type it is unequal, and neither
//     less nor greater.
//   - Texts are less or greater by their bytes, which is right for dates written as 2006-01-02.
package filter

import (
	"time"

	"kaskad/engine/fault"
)

// The bounds of a filter.
const (
	MaxText   = 4_000 // characters
	MaxParts  = 500   // comparisons and what joins them
	MaxDepth  = 50
	MaxValues = 1_000 // of one list
)

// Node is a part of a filter. A nil Node is true of everybody.
type Node interface{ node() }

// And is true where all its parts are, Or where one is; Not where its part is not.
type (
	And struct{ Of []Node }
	Or  struct{ Of []Node }
	Not struct{ Of Node }
)

// Op compares.
type Op uint8

// The comparisons.
const (
	Equal Op = iota + 1
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// Compare compares a field with a value. A list has no order, and a flag is only equal.
type Compare struct {
	Field Field
	Op    Op
	Value Value
}

// In is true where the field equals one of the values.
type In struct {
	Field  Field
	Values []Value
}

// Has is true where a list, or an attribute that holds one, has the value.
type Has struct {
	Field Field
	Value Value
}

// How says where in a text another one is looked for.
type How uint8

// The ways.
const (
	Contains How = iota + 1
	StartsWith
	EndsWith
)

// Match looks for a text in a text, case aside.
type Match struct {
	Field Field
	How   How
	Text  string
}

// Empty is true where the field is lacking or empty.
type Empty struct{ Field Field }

func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (Compare) node() {}
func (In) node()      {}
func (Has) node()     {}
func (Match) node()   {}
func (Empty) node()   {}

// Name is a field of a contact.
type Name string

// The fields.
const (
	ContactName Name = "name"
	Phone       Name = "phone"
	Email       Name = "email"
	Zone        Name = "zone" // the contact's own
	Source      Name = "source"
	Tags        Name = "tags"
	Groups      Name = "groups" // by id, or by name with case aside
	Attributes  Name = "attributes"
	Addresses   Name = "addresses"
	Consents    Name = "consents"
	CreatedAt   Name = "created_at"
	UpdatedAt   Name = "updated_at"
)

// Names are all of them.
func Names() []Name {
	return []Name{ContactName, Phone, Email, Zone, Source, Tags, Groups, Attributes, Addresses, Consents, CreatedAt, UpdatedAt}
}

// Field is what is looked at: a name, with a key for attributes, addresses and consents.
type Field struct {
	Name Name
	Key  string
}

// Kind is what a field holds.
type Kind uint8

// The kinds.
const (
	Text    Kind = iota + 1
	List         // of texts
	Instant      // compared with days and instants
	Flag         // true or false
	Free         // whatever JSON an attribute holds
)

// Kind tells what the field holds, 0 for a field that there is not.
func (f Field) Kind() Kind {
	switch f.Name {
	case ContactName, Phone, Email, Zone, Source, Addresses:
		return Text
	case Tags, Groups:
		return List
	case CreatedAt, UpdatedAt:
		return Instant
	case Consents:
		return Flag
	case Attributes:
		return Free
	}
	return 0
}

// Keyed tells whether a field of this name has a key.
func (n Name) Keyed() bool { return n == Attributes || n == Addresses || n == Consents }

// Value is a constant: a string, a float64, a bool, a time.Time, or a Day.
type Value any

// Day is a date without a zone, 2006-01-02. As an instant it is its first one in the account's zone.
type Day string

// Start is the first instant of the day in a zone.
func (d Day) Start(zone *time.Location) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return day
}

// Error says where and what is wrong in the text of a filter.
type Error struct {
	Code   string // of the catalogues
	Line   int    // from 1
	Column int    // from 1, in characters
	Args   map[string]any
}

// Error implements error, for the log.
func (e *Error) Error() string { return e.Fault("").Error() }

// Fault tells of it as a mistake in a field of a request.
func (e *Error) Fault(field string) *fault.Error {
	f := fault.New(fault.Invalid, e.Code, field, "line", e.Line, "column", e.Column)
	for name, value := range e.Args {
		f.Args[name] = value
	}
	return f
}
