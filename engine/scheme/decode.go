package scheme

import (
	"encoding/json"
	"math"
	"strconv"
)

// readDocument decodes the shape of the document. It reports false where nothing more can be said.
func (c *checker) readDocument() bool {
	for _, f := range c.src.flaws {
		c.badDocument(f.at, f.value, f.key)
	}
	root := &c.src.root
	if root.kind != objectValue {
		c.badDocument("", shown(root), "document.no_object")
		return false
	}
	if !c.readFormat(root) {
		return false
	}
	f := newFields(c, root, "")
	kind, _ := f.text("kind")
	c.doc.Kind = Kind(kind)
	known := c.doc.Kind == Cascade || c.doc.Kind == Routing
	if v, given := root.get("kind"); !known && (!given || v.kind == textValue) {
		c.badDocument("/kind", clip(kind), "document.kind")
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
		c.report(Finding{Severity: Error, Code: EmptyScheme, Field: "/nodes"}, "scheme.empty")
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
	c.badDocument("/format", shown(v), "document.format", "known", FormatVersion)
	return false
}

func (c *checker) tooMany(nodes, links []value) bool {
	if len(nodes) > MaxNodes {
		c.report(Finding{Severity: Error, Code: TooLarge, Field: "/nodes", Value: strconv.Itoa(len(nodes))},
			"scheme.too_many_blocks", "most", MaxNodes)
	}
	if len(links) > MaxLinks {
		c.report(Finding{Severity: Error, Code: TooLarge, Field: "/links", Value: strconv.Itoa(len(links))},
			"scheme.too_many_links", "most", MaxLinks)
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
		n.ID, ok = f.id("block.no_id")
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
			c.report(Finding{Severity: Error, Code: DuplicateID, Node: n.ID, Field: check.at + "/id", Value: n.ID},
				"block.duplicate", "id", clip(n.ID))
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
		l.ID, ok = f.id("link.no_id")
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
			c.report(Finding{Severity: Error, Code: DuplicateID, Link: l.ID, Field: check.at + "/id", Value: l.ID},
				"link.duplicate", "id", clip(l.ID))
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
	room       [8]string // for known: no object of the document has more fields
}

func (c *checker) object(v *value, at string) (*fields, bool) {
	if v.kind != objectValue {
		c.badDocument(at, shown(v), "setting.object_wanted", "other", v.kind.said())
		return nil, false
	}
	return newFields(c, v, at), true
}

func newFields(c *checker, v *value, at string) *fields {
	f := &fields{c: c, v: v, at: at}
	f.known = f.room[:0]
	return f
}

func (f *fields) know(key string) { f.known = append(f.known, key) }

func (f *fields) bad(field, value, key string, pairs ...any) {
	f.c.report(Finding{Severity: Error, Code: BadDocument, Node: f.node, Link: f.link, Field: pointer(f.at, field),
		Value: value}, key, pairs...)
}

// get finds a member of the wanted kind. An absent one is fine; ok is false only where a mistake was reported.
func (f *fields) get(key string, kind valueKind) (v *value, ok bool) {
	f.know(key)
	v, given := f.v.get(key)
	if !given {
		return nil, true
	}
	if v.kind != kind {
		f.bad(key, shown(v), "document.wrong_kind", "name", key, "kind", kind.said(), "other", v.kind.said())
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
		f.bad(key, shown(v), "document.coordinate", "name", key)
		return 0
	}
	return n
}

// id reads an id. A malformed one still names its block, so that its links are no second mistake.
func (f *fields) id(lacking string) (string, bool) {
	v, ok := f.get("id", textValue)
	if v == nil {
		if ok {
			f.bad("id", "", lacking)
		}
		return "", false
	}
	if !validID(v.text) {
		f.bad("id", clip(v.text), "document.id")
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
		f.bad(key, clip(key), "document.unknown_field", "name", clip(key))
	}
}
