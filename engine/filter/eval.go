package filter

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Contact is what a filter looks at. Attributes hold what encoding/json makes of JSON.
type Contact struct {
	Name, Phone, Email, Zone, Source string
	Tags                             []string
	Groups                           []Group
	Attributes                       map[string]any
	Addresses                        map[string]string
	Consents                         map[string]bool
	CreatedAt, UpdatedAt             time.Time
}

// Group is a group that a contact is in.
type Group struct{ ID, Name string }

// Fold leaves case and ё aside, as the database's function folded does. For letters outside Latin, Greek and Cyrillic
// whose capitals have no single small letter, the database's own rules hold.
func Fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r == 'ё' {
			return 'е'
		}
		return r
	}, s)
}

// Holds tells whether a filter is true of a contact. zone is the account's, in which days begin.
func Holds(n Node, c *Contact, zone *time.Location) bool {
	switch n := n.(type) {
	case And:
		return !slices.ContainsFunc(n.Of, func(part Node) bool { return !Holds(part, c, zone) })
	case Or:
		return slices.ContainsFunc(n.Of, func(part Node) bool { return Holds(part, c, zone) })
	case Not:
		return !Holds(n.Of, c, zone)
	case Compare:
		return c.compare(n, zone)
	case In:
		return slices.ContainsFunc(n.Values, func(v Value) bool { return equal(c.value(n.Field), v) })
	case Has:
		return c.has(n)
	case Match:
		return c.matches(n)
	case Empty:
		return c.empty(n.Field)
	}
	return true
}

// value gives a field: a string, []string, time.Time, bool, or whatever an attribute holds; nil for one that is lacking.
func (c *Contact) value(f Field) any {
	text := ""
	switch f.Name {
	case ContactName:
		text = c.Name
	case Phone:
		text = c.Phone
	case Email:
		text = c.Email
	case Zone:
		text = c.Zone
	case Source:
		text = c.Source
	case Addresses:
		text = c.Addresses[f.Key]
	case Tags:
		return c.Tags
	case Attributes:
		return c.Attributes[f.Key]
	case Consents:
		return c.Consents[f.Key]
	case CreatedAt:
		return c.CreatedAt
	case UpdatedAt:
		return c.UpdatedAt
	}
	if text == "" {
		return nil
	}
	return text
}

func equal(have any, want Value) bool {
	switch want := want.(type) {
	case string:
		text, ok := have.(string)
		return ok && text == want
	case float64:
		number, ok := have.(float64)
		return ok && number == want
	case bool:
		flag, ok := have.(bool)
		return ok && flag == want
	}
	return false
}

func (c *Contact) compare(n Compare, zone *time.Location) bool {
	have := c.value(n.Field)
	if n.Op == Equal {
		return equal(have, n.Value)
	}
	order := 0
	switch have := have.(type) {
	case string:
		want, ok := n.Value.(string)
		if !ok {
			return false
		}
		order = strings.Compare(have, want)
	case float64:
		want, ok := n.Value.(float64)
		switch {
		case !ok:
			return false
		case have < want:
			order = -1
		case have > want:
			order = 1
		}
	case time.Time:
		switch want := n.Value.(type) {
		case Day:
			order = have.Compare(want.Start(zone))
		case time.Time:
			order = have.Compare(want)
		default:
			return false
		}
	default:
		return false
	}
	return n.Op.fits(order)
}

func (o Op) fits(order int) bool {
	switch o {
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	}
	return order == 0
}

func (c *Contact) has(n Has) bool {
	switch n.Field.Name {
	case Tags:
		text, ok := n.Value.(string)
		return ok && slices.Contains(c.Tags, text)
	case Groups:
		text, ok := n.Value.(string)
		return ok && slices.ContainsFunc(c.Groups, func(g Group) bool { return g.ID == text || Fold(g.Name) == Fold(text) })
	}
	list, ok := c.value(n.Field).([]any)
	return ok && slices.ContainsFunc(list, func(have any) bool { return equal(have, n.Value) })
}

func (c *Contact) matches(n Match) bool {
	text, ok := c.value(n.Field).(string)
	if !ok {
		return false
	}
	text, want := Fold(text), Fold(n.Text)
	switch n.How {
	case StartsWith:
		return strings.HasPrefix(text, want)
	case EndsWith:
		return strings.HasSuffix(text, want)
	}
	return strings.Contains(text, want)
}

func (c *Contact) empty(f Field) bool {
	if f.Name == Groups {
		return len(c.Groups) == 0
	}
	switch have := c.value(f).(type) {
	case nil:
		return true
	case string:
		return have == ""
	case []string:
		return len(have) == 0
	case []any:
		return len(have) == 0
	case bool:
		return f.Name == Consents && !have
	}
	return false
}
