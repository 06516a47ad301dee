package scheme

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// readDocument decodes the shape of the document. It reports false where nothing more can be said.
func (c *checker) readDocument() bool {
	for _, f := range c.src.flaws {
		c.badDocument(f.at, f.value, f.message)
	}
	root := &c.src.root
	if root.kind != objectValue {
		c.badDocument("", shown(root), "a scheme is a JSON object with kind, name, nodes and links")
		return false
	}
	if !c.readFormat(root) {
		return false
	}
	f := &fields{c: c, v: root}
	kind, _ := f.text("kind")
	c.doc.Kind = Kind(kind)
	known := c.doc.Kind == Cascade || c.doc.Kind == Routing
	if v, given := root.get("kind"); !known && (!given || v.kind == textValue) {
		c.badDocument("/kind", clip(kind), `the kind of a scheme is "cascade" or "routing"`)
	}
	c.doc.Name, _ = f.text("name")
	var entryOK bool
	c.doc.Entry, entryOK = f.text("entry")
	c.entryLost = !entryOK
	c.doc.Editor = f.editor()
	nodes, nodesOK := f.list("nodes")
	links, linksOK := f.list("links")
	f.know("format")
	f.unknown()
	c.lostLinks = !linksOK
	if c.tooMany(nodes, links) || !nodesOK {
		return false
	}
	c.readNodes(nodes)
	c.readLinks(links)
	if len(nodes) == 0 {
		c.report(Finding{Severity: Error, Code: EmptyScheme, Field: "/nodes",
			Message: "there is no block in the scheme: put at least one on the canvas"})
		return false
	}
	return known
}

func (c *checker) readFormat(root *value) bool {
	v, given := root.get("format")
	c.doc.Format = FormatVersion
	if !given {
		return true
	}
	if n, ok := whole(v); ok && n == FormatVersion {
		return true
	}
	c.findings = nil // of a format that we do not know nothing else can be said
	c.badDocument("/format", shown(v), fmt.Sprintf("this build knows format %d of schemes: use a newer build, or leave format out",
		FormatVersion))
	return false
}

func (c *checker) tooMany(nodes, links []value) bool {
	if len(nodes) > MaxNodes {
		c.report(Finding{Severity: Error, Code: TooLarge, Field: "/nodes", Value: strconv.Itoa(len(nodes)),
			Message: fmt.Sprintf("a scheme has at most %d blocks: split it in two", MaxNodes)})
	}
	if len(links) > MaxLinks {
		c.report(Finding{Severity: Error, Code: TooLarge, Field: "/links", Value: strconv.Itoa(len(links)),
			Message: fmt.Sprintf("a scheme has at most %d links: split it in two", MaxLinks)})
	}
	return len(nodes) > MaxNodes || len(links) > MaxLinks
}

func (c *checker) readNodes(list []value) {
	c.index = make(map[string]int, len(list))
	c.doc.Nodes, c.nodes = make([]Node, len(list)), make([]nodeCheck, len(list))
	for i := range list {
		n, check := &c.doc.Nodes[i], &c.nodes[i]
		check.at = pointerIndex("/nodes", i)
		f, ok := c.object(&list[i], check.at)
		if !ok {
			check.lost, check.typeLost, c.lostNodes = true, true, true
			continue
		}
		var typeOK bool
		n.ID, ok = f.id("a block")
		if !ok {
			check.lost, c.lostNodes = true, true
		}
		f.node = n.ID
		n.Type, typeOK = f.text("type")
		check.typeLost = !typeOK
		n.Name, _ = f.text("name")
		n.X, n.Y = f.number("x"), f.number("y")
		n.Editor = f.editor()
		n.Config, check.config = f.config()
		f.unknown()
		if check.lost {
			continue
		}
		if _, twice := c.index[n.ID]; twice {
			check.lost = true
			c.report(Finding{Severity: Error, Code: DuplicateID, Node: n.ID, Field: check.at + "/id", Value: n.ID,
				Message: fmt.Sprintf("two blocks have the id %q: give one of them another", clip(n.ID))})
			continue
		}
		c.index[n.ID] = i
	}
}

func (c *checker) readLinks(list []value) {
	seen := make(map[string]bool, len(list))
	c.doc.Links, c.links = make([]Link, len(list)), make([]linkCheck, len(list))
	for i := range list {
		l, check := &c.doc.Links[i], &c.links[i]
		check.at = pointerIndex("/links", i)
		f, ok := c.object(&list[i], check.at)
		if !ok {
			check.lost, c.lostLinks = true, true
			continue
		}
		l.ID, ok = f.id("a link")
		f.link = l.ID
		var fromOK, toOK, typeOK, valueOK bool
		l.From, fromOK = f.text("from")
		l.To, toOK = f.text("to")
		kind, typeOK := f.text("type")
		l.Type = LinkType(kind)
		l.Value, valueOK = f.text("value")
		f.unknown()
		if !fromOK || !toOK {
			check.lost, c.lostLinks = true, true
		}
		if !typeOK || !valueOK {
			check.unknown, c.lostLinks = true, true
		}
		if ok && seen[l.ID] {
			c.report(Finding{Severity: Error, Code: DuplicateID, Link: l.ID, Field: check.at + "/id", Value: l.ID,
				Message: fmt.Sprintf("two links have the id %q: give one of them another", clip(l.ID))})
		}
		seen[l.ID] = true
	}
}

// fields reads the members of an object whose shape is the document's own.
type fields struct {
	c          *checker
	v          *value
	at         string
	node, link string
	known      []string
}

func (c *checker) object(v *value, at string) (*fields, bool) {
	if v.kind != objectValue {
		c.badDocument(at, shown(v), "an object is wanted here, not "+v.kind.String())
		return nil, false
	}
	return &fields{c: c, v: v, at: at}, true
}

func (f *fields) know(key string) { f.known = append(f.known, key) }

func (f *fields) bad(key, value, message string) {
	f.c.report(Finding{Severity: Error, Code: BadDocument, Node: f.node, Link: f.link, Field: pointer(f.at, key),
		Value: value, Message: message})
}

// get finds a member of the wanted kind. An absent one is fine; ok is false only where a mistake was reported.
func (f *fields) get(key string, kind valueKind) (v *value, ok bool) {
	f.know(key)
	v, given := f.v.get(key)
	if !given {
		return nil, true
	}
	if v.kind != kind {
		f.bad(key, shown(v), fmt.Sprintf("%s must be %s, not %s", key, kind, v.kind))
		return nil, false
	}
	return v, true
}

func (f *fields) text(key string) (string, bool) {
	v, ok := f.get(key, textValue)
	if v == nil {
		return "", ok
	}
	return v.text, true
}

func (f *fields) list(key string) ([]value, bool) {
	v, ok := f.get(key, listValue)
	if v == nil {
		return nil, ok
	}
	return v.items, true
}

func (f *fields) number(key string) float64 {
	v, _ := f.get(key, numberValue)
	if v == nil {
		return 0
	}
	n, err := strconv.ParseFloat(v.text, 64)
	if err != nil || math.IsInf(n, 0) {
		f.bad(key, shown(v), key+" is not a number that a canvas can have")
		return 0
	}
	return n
}

// id reads an id. A malformed one still names its block, so that its links are no second mistake.
func (f *fields) id(what string) (string, bool) {
	v, ok := f.get("id", textValue)
	if v == nil {
		if ok {
			f.bad("id", "", what+" needs an id")
		}
		return "", false
	}
	if !validID(v.text) {
		f.bad("id", clip(v.text), "an id is 1 to 64 of A-Z a-z 0-9 _ -")
		return v.text, v.text != ""
	}
	return v.text, true
}

func validID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, b := range []byte(s) {
		if b != '_' && b != '-' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
			return false
		}
	}
	return true
}

// editor gives the editor's own part as it was written; it may hold anything.
func (f *fields) editor() json.RawMessage {
	v, _ := f.get("editor", objectValue)
	return f.raw(v)
}

func (f *fields) raw(v *value) json.RawMessage {
	if v == nil {
		return nil
	}
	return json.RawMessage(f.c.src.data[v.start:v.end:v.end])
}

// config gives the settings; absent ones are as good as none. Nil: a mistake was reported.
func (f *fields) config() (json.RawMessage, *value) {
	v, ok := f.get("config", objectValue)
	if !ok {
		return nil, nil
	}
	if v == nil {
		return json.RawMessage("{}"), &value{kind: objectValue}
	}
	return f.raw(v), v
}

func (f *fields) unknown() {
next:
	for _, key := range f.v.keys {
		for _, k := range f.known {
			if k == key {
				continue next
			}
		}
		f.bad(key, clip(key), fmt.Sprintf("there is no field %q here: remove it, or put it under editor", clip(key)))
	}
}
