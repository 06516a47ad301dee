package library

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is what is not the same in two documents, by their meaning: white space and the order of members do not
// count. Both may be half drawn.
type Difference struct {
	Same   bool          `json:"same"`
	Fields []FieldChange `json:"fields" nullable:"false" doc:"Of the document itself: its name, entry and so on."`
	Nodes  Parts         `json:"nodes"`
	Links  Parts         `json:"links"`
}

// Parts are what is not the same in the blocks, or in the links.
type Parts struct {
	Added     []Part        `json:"added" nullable:"false"`
	Removed   []Part        `json:"removed" nullable:"false"`
	Changed   []ChangedPart `json:"changed" nullable:"false"`
	Reordered bool          `json:"reordered" doc:"Those in both stand in another order. That of links decides which reply is tried first."`
}

// Part is a block or a link, as much of it as tells which one it is.
type Part struct {
	ID   string `json:"id" doc:"Empty where it has none."`
	Type string `json:"type,omitempty"`
	Name string `json:"name,omitempty" doc:"Of a block."`
	From string `json:"from,omitempty" doc:"Of a link."`
	To   string `json:"to,omitempty" doc:"Of a link."`
}

// ChangedPart is a block or a link that is in both documents.
type ChangedPart struct {
	Part
	Fields []FieldChange `json:"fields" nullable:"false"`
	Moved  bool          `json:"moved" doc:"Nothing but its place on the canvas changed."`
}

// FieldChange is a field that is not the same.
type FieldChange struct {
	Field  string          `json:"field" doc:"A JSON pointer, from the block, the link or the document."`
	Before json.RawMessage `json:"before,omitempty" doc:"Absent where there was none."`
	After  json.RawMessage `json:"after,omitempty" doc:"Absent where there is none any more."`
}

// Compare tells what has changed from one document to another. What is no JSON object counts as an empty document.
func Compare(before, after []byte) Difference {
	a, b := readObject(before), readObject(after)
	d := Difference{Nodes: compareParts(a["nodes"], b["nodes"]), Links: compareParts(a["links"], b["links"])}
	c := changes{list: []FieldChange{}}
	for _, key := range keys(a, b) {
		_, listA := a[key].([]any)
		_, listB := b[key].([]any)
		if (key == "nodes" || key == "links") && (listA || a[key] == nil) && (listB || b[key] == nil) {
			continue // told part by part
		}
		c.member("", key, a, b)
	}
	d.Fields = c.list
	d.Same = len(d.Fields) == 0 && d.Nodes.none() && d.Links.none()
	return d
}

func (p *Parts) none() bool {
	return len(p.Added)+len(p.Removed)+len(p.Changed) == 0 && !p.Reordered
}

// read takes JSON apart with its numbers as they are written.
func read(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func readObject(data []byte) map[string]any {
	v, _ := read(data)
	o, _ := v.(map[string]any)
	return o
}

// named is a block or link with what it is found by: its id, or where it has none of its own the whole of it.
type named struct {
	key  string
	item any
}

func name(list any) []named {
	items, _ := list.([]any)
	out := make([]named, len(items))
	seen, alike := make(map[string]bool, len(items)), map[string]int{}
	for i, item := range items {
		o, _ := item.(map[string]any)
		id, _ := o["id"].(string)
		key := "id " + id
		if id == "" || seen[key] {
			whole := string(raw(item))
			key = "all " + strconv.Itoa(alike[whole]) + " " + whole
			alike[whole]++
		}
		seen[key] = true
		out[i] = named{key, item}
	}
	return out
}

func compareParts(before, after any) Parts {
	p := Parts{Added: []Part{}, Removed: []Part{}, Changed: []ChangedPart{}}
	a, b := name(before), name(after)
	was := make(map[string]any, len(a))
	for _, n := range a {
		was[n.key] = n.item
	}
	is := make(map[string]bool, len(b))
	var orderB []string
	for _, n := range b {
		is[n.key] = true
		old, there := was[n.key]
		if !there {
			p.Added = append(p.Added, part(n.item))
			continue
		}
		orderB = append(orderB, n.key)
		if c, changed := compareItem(old, n.item); changed {
			p.Changed = append(p.Changed, c)
		}
	}
	var orderA []string
	for _, n := range a {
		if is[n.key] {
			orderA = append(orderA, n.key)
		} else {
			p.Removed = append(p.Removed, part(n.item))
		}
	}
	p.Reordered = !slices.Equal(orderA, orderB)
	return p
}

func compareItem(before, after any) (ChangedPart, bool) {
	if same(before, after) {
		return ChangedPart{}, false
	}
	c := changes{}
	c.value("", before, after)
	out := ChangedPart{Part: part(after), Fields: c.list, Moved: true}
	for _, f := range c.list {
		out.Moved = out.Moved && (f.Field == "/x" || f.Field == "/y")
	}
	return out, true
}

// part tells which block or link it is.
func part(item any) Part {
	o, _ := item.(map[string]any)
	text := func(key string) string {
		s, _ := o[key].(string)
		return s
	}
	return Part{ID: text("id"), Type: text("type"), Name: text("name"), From: text("from"), To: text("to")}
}

// changes collects fields. Objects are gone into, lists are told as a whole.
type changes struct{ list []FieldChange }

func (c *changes) value(at string, before, after any) {
	a, okA := before.(map[string]any)
	b, okB := after.(map[string]any)
	if !okA || !okB {
		if !same(before, after) {
			c.list = append(c.list, FieldChange{Field: at, Before: raw(before), After: raw(after)})
		}
		return
	}
	for _, key := range keys(a, b) {
		c.member(at, key, a, b)
	}
}

var escapes = strings.NewReplacer("~", "~0", "/", "~1")

func (c *changes) member(at, key string, a, b map[string]any) {
	at += "/" + escapes.Replace(key)
	before, was := a[key]
	after, is := b[key]
	switch {
	case was && is:
		c.value(at, before, after)
	case was:
		c.list = append(c.list, FieldChange{Field: at, Before: raw(before)})
	default:
		c.list = append(c.list, FieldChange{Field: at, After: raw(after)})
	}
}

func keys(a, b map[string]any) []string {
	all := make(map[string]bool, len(a))
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func raw(v any) json.RawMessage {
	text, err := encode(v)
	if err != nil {
		return nil // cannot be: it was JSON
	}
	return text
}
