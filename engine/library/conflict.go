package library

import (
	"encoding/json"
	"strings"
	"time"
)

// Conflict is why a draft was not saved: somebody else saved it meanwhile. Nothing was overwritten.
type Conflict struct {
	Revision int64       `json:"revision" doc:"The draft's now."`
	By       Author      `json:"by" doc:"Who saved it."`
	At       time.Time   `json:"at"`
	Base     int64       `json:"base" doc:"The revision that the request was for."`
	BaseKept bool        `json:"base_kept" doc:"The base is still in the history. If not, yours is told against the draft as it is now, and theirs is absent."`
	Theirs   *Difference `json:"theirs,omitempty" doc:"What changed since the base."`
	Yours    *Difference `json:"yours,omitempty" doc:"What the request would change of the base; absent where it brings no document."`
	Both     []Place     `json:"both" nullable:"false" doc:"What both changed, and not to the same. Where there is nothing, the two can be joined."`
}

// Place is a field of a document.
type Place struct {
	Node  string `json:"node,omitempty"`
	Link  string `json:"link,omitempty"`
	Field string `json:"field,omitempty" doc:"A JSON pointer, from the block, the link or the document; absent where one of the two added or removed the whole."`
}

// Clash tells what a refused save would have met. base is nil where it is not kept any more, yours where the request
// brings no document.
func Clash(base, theirs, yours []byte) Conflict {
	c := Conflict{BaseKept: base != nil, Both: []Place{}}
	if base != nil {
		c.Theirs = new(Compare(base, theirs))
	}
	if yours == nil {
		return c
	}
	if base == nil {
		c.Yours = new(Compare(theirs, yours))
		return c
	}
	c.Yours = new(Compare(base, yours))
	if !Compare(theirs, yours).Same {
		c.Both = both(c.Theirs.touches(theirs), c.Yours.touches(yours))
	}
	return c
}

// touch is a field that a difference touches, with what it becomes.
type touch struct {
	Place
	after any
}

func (d *Difference) touches(after []byte) []touch {
	var out []touch
	for _, f := range d.Fields {
		out = append(out, touch{Place{Field: f.Field}, parsed(f.After)})
	}
	o := readObject(after)
	out = append(out, d.Nodes.touches(o["nodes"], func(id string) Place { return Place{Node: id} })...)
	return append(out, d.Links.touches(o["links"], func(id string) Place { return Place{Link: id} })...)
}

// touches gives those of blocks or links that have an id: others cannot be the same in two documents.
func (p *Parts) touches(after any, place func(id string) Place) []touch {
	whole := map[string]any{}
	for _, n := range name(after) {
		if id, ok := strings.CutPrefix(n.key, "id "); ok {
			whole[id] = n.item
		}
	}
	var out []touch
	for _, list := range [][]Part{p.Added, p.Removed} {
		for _, part := range list {
			if part.ID != "" {
				out = append(out, touch{place(part.ID), whole[part.ID]})
			}
		}
	}
	for _, c := range p.Changed {
		for _, f := range c.Fields {
			at := place(c.ID)
			at.Field = f.Field
			out = append(out, touch{at, parsed(f.After)})
		}
	}
	return out
}

func parsed(text json.RawMessage) any {
	v, _ := read(text)
	return v
}

// both gives the places that two people touched, and not to the same end.
func both(a, b []touch) []Place {
	type part struct{ node, link string }
	of := map[part][]touch{}
	for _, t := range a {
		of[part{t.Node, t.Link}] = append(of[part{t.Node, t.Link}], t)
	}
	out := []Place{}
	seen := map[Place]bool{}
	for _, t := range b {
		for _, o := range of[part{t.Node, t.Link}] {
			at, met := meet(t, o)
			if met && !seen[at] {
				seen[at] = true
				out = append(out, at)
			}
		}
	}
	return out
}

// meet tells whether two touches are of the same field, or one of what the other's lies in.
func meet(a, b touch) (Place, bool) {
	if a.Field == b.Field {
		return a.Place, !same(a.after, b.after)
	}
	if len(a.Field) > len(b.Field) {
		a, b = b, a
	}
	return a.Place, strings.HasPrefix(b.Field, a.Field+"/")
}
