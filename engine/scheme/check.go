package scheme

import (
	"bytes"
	"errors"
	"slices"

	"kaskad/engine/words"
)

// maxFindings keeps the answer to a hostile document near its own size. Errors come first, so none is hidden by
// warnings, and a scheme of the largest size may have two for every block and link.
const maxFindings = 2 * (MaxNodes + MaxLinks)

// Source is a document whose JSON was read and whose meaning was not yet looked at.
type Source struct {
	data  []byte
	root  value
	flaws []flaw
	fatal *Finding
}

// Parse reads the JSON of a document. The only error is ErrNotJSON; whatever else is wrong is a finding of Check. A
// byte order mark is passed over. Data is kept and must not be changed afterwards.
func Parse(data []byte) (*Source, error) {
	if len(data) > MaxBytes {
		return &Source{fatal: fatal(TooLarge, words.Say("document.too_large"))}, nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	root, flaws, err := readJSON(data)
	if errors.Is(err, errDeep) {
		return &Source{fatal: fatal(BadDocument, words.Say("document.too_deep", "most", maxDepth))}, nil
	}
	if err != nil {
		return nil, ErrNotJSON
	}
	return &Source{data: data, root: root, flaws: flaws}, nil
}

// Checked is a scheme without errors, with everything in it decoded and compiled. It never changes and is safe for
// use by many goroutines.
type Checked struct {
	doc      Document
	entry    string
	settings map[string]Settings
	replies  map[string]Condition
	findings []Finding
}

// Document is the scheme as it was drawn. It is shared: do not change it.
func (c *Checked) Document() *Document { return &c.doc }

// Entry is the id of the node at which a walk begins.
func (c *Checked) Entry() string { return c.entry }

// Settings are the decoded config of a node; nil for an unknown id.
func (c *Checked) Settings(node string) Settings { return c.settings[node] }

// Reply is the compiled condition of a reply link; nil where any reply will do.
func (c *Checked) Reply(link string) Condition { return c.replies[link] }

// Findings are the warnings.
func (c *Checked) Findings() []Finding { return slices.Clone(c.findings) }

// Check reads a document and tells everything that is wrong with it: errors first, then warnings, each in an order
// that depends on nothing but the document. With an error among them the scheme is nil. Bytes that are no JSON are one
// bad_document; use Parse to tell them apart.
func Check(data []byte, types Types, lang Language) (*Checked, []Finding) {
	s, err := Parse(data)
	if err != nil {
		return nil, []Finding{*fatal(BadDocument, words.Of(err))}
	}
	return s.Check(types, lang)
}

// Check is the function Check for JSON that was read already.
func (s *Source) Check(types Types, lang Language) (*Checked, []Finding) {
	if s.fatal != nil {
		return nil, []Finding{*s.fatal}
	}
	return s.checker(types, lang).check()
}

func (s *Source) checker(types Types, lang Language) *checker {
	return &checker{src: s, types: types, lang: lang, replies: map[string]Condition{}}
}

func (c *checker) check() (*Checked, []Finding) {
	c.run()
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) })
	c.findings = c.findings[:min(len(c.findings), maxFindings)]
	for i := range c.findings {
		c.findings[i].Message = c.findings[i].Text.In(words.English)
	}
	if HasErrors(c.findings) {
		return nil, c.findings
	}
	settings := make(map[string]Settings, len(c.nodes))
	for i := range c.nodes {
		settings[c.doc.Nodes[i].ID] = c.nodes[i].settings
	}
	return &Checked{doc: c.doc, entry: c.doc.Nodes[c.entry].ID, settings: settings, replies: c.replies,
		findings: slices.Clone(c.findings)}, c.findings
}

// fatal is a finding after which nothing else can be said.
func fatal(code Code, text words.Message) *Finding {
	return &Finding{Severity: Error, Code: code, Text: text, Message: text.In(words.English)}
}

func rank(s Severity) int {
	if s == Error {
		return 0
	}
	return 1
}

// checker looks at one document.
type checker struct {
	src      *Source
	types    Types
	lang     Language
	doc      Document
	nodes    []nodeCheck // beside doc.Nodes
	links    []linkCheck // beside doc.Links
	index    map[string]int
	entry    int // -1: none, or not exactly one
	replies  map[string]Condition
	findings []Finding
	// lostNodes and lostLinks tell that a node or link could not be read, so that what seems to be missing from the
	// graph may be it: nothing is said of what is missing.
	lostNodes, lostLinks, entryLost bool
}

type nodeCheck struct {
	at       string // JSON pointer
	lost     bool   // no id to be found by, or the id of an earlier node
	typeLost bool   // the type is not known or of the other kind
	config   *value
	typ      *Type
	settings Settings // nil: nothing can be said of its outcomes
	outcomes []Outcome
}

type linkCheck struct {
	at       string
	lost     bool // unreadable or dangling: counts no further
	from, to int
	refused  bool // the block does not offer it
	unknown  bool // its type or value could not be read
}

func (c *checker) run() {
	if !c.readDocument() {
		return
	}
	c.checkNodes()
	c.checkLinks()
	g := newGraph(c)
	c.checkEntry(g)
	c.checkLoops(g)
	c.warnGraph(g)
	c.warnLinks()
}

// report adds a finding; its text is a key of the catalogue with pairs of a name and a value.
func (c *checker) report(f Finding, key string, pairs ...any) { c.tell(f, words.Say(key, pairs...)) }

// tell adds a finding with what it says. Only what is left in the end is put into words.
func (c *checker) tell(f Finding, text words.Message) {
	f.Text = text
	c.findings = append(c.findings, f)
}

func (c *checker) badDocument(at, value, key string, pairs ...any) {
	c.report(Finding{Severity: Error, Code: BadDocument, Field: at, Value: value}, key, pairs...)
}
