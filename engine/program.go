// Package engine is the interpreter: what a drawing does to one recipient or one dialog. It is a pure machine. An
// event and the state go in; the new state, what is to be done and what is to be remembered come out. There is no
// clock, no randomness and no I/O in it: the instant comes with the event, expressions and block types come in as
// values.
package engine

import (
	"fmt"

	"kaskad/engine/scheme"
)

// Program is a scheme compiled for running. It never changes once made and is safe for use by many goroutines.
type Program struct {
	Kind  scheme.Kind
	Entry int16
	Nodes []Node
	index map[string]int16
}

// Node is a block of a program.
type Node struct {
	ID    string
	Type  string
	Name  string
	Block Block
	Links []Link // outgoing, in the document's order
	hold  links
}

// Link is an outgoing link of a block.
type Link struct {
	ID     string
	Type   scheme.LinkType
	Value  string
	To     int16
	When   scheme.Condition // of a reply link with a condition
	reason string           // what a step says when it fired
}

// Checked is a scheme that passed its checks, with everything decoded: what engine/scheme gives to Compile.
type Checked interface {
	Document() *scheme.Document
	Entry() string
	Settings(node string) scheme.Settings
	// Reply gives the compiled condition of a reply link; nil where any reply will do.
	Reply(link string) scheme.Condition
}

// Compile makes a program of a scheme without errors. An error is our fault, not the author's.
func Compile(c Checked) (*Program, error) {
	doc := c.Document()
	p := &Program{Kind: doc.Kind, Nodes: make([]Node, len(doc.Nodes)), index: make(map[string]int16, len(doc.Nodes))}
	for i, n := range doc.Nodes {
		settings, ok := c.Settings(n.ID).(Compiler)
		if !ok {
			return nil, fmt.Errorf("engine: the settings of block type %q cannot be compiled", n.Type)
		}
		p.Nodes[i] = Node{ID: n.ID, Type: n.Type, Name: n.Name, Block: settings.Compile()}
		p.index[n.ID] = int16(i)
	}
	for _, l := range doc.Links {
		from, ok := p.index[l.From]
		to, known := p.index[l.To]
		if !ok || !known {
			return nil, fmt.Errorf("engine: link %q leads nowhere", l.ID)
		}
		link := Link{ID: l.ID, Type: l.Type, Value: l.Value, To: to, reason: reasonOf(l)}
		if l.Type == scheme.LinkReply {
			link.When = c.Reply(l.ID)
		}
		p.Nodes[from].Links = append(p.Nodes[from].Links, link)
	}
	for i := range p.Nodes {
		p.Nodes[i].hold = newLinks(&p.Nodes[i])
	}
	entry, ok := p.index[c.Entry()]
	if !ok {
		return nil, fmt.Errorf("engine: no entry %q", c.Entry())
	}
	p.Entry = entry
	return p, nil
}

// NodeIndex gives the index of a node.
func (p *Program) NodeIndex(id string) (int16, bool) {
	i, ok := p.index[id]
	return i, ok
}

func reasonOf(l scheme.Link) string {
	switch l.Type {
	case scheme.LinkStatus, scheme.LinkError:
		return l.Value
	case scheme.LinkIVR, scheme.LinkVariant, scheme.LinkBranch, scheme.LinkOption:
		return string(l.Type) + ":" + l.Value
	default:
		return string(l.Type)
	}
}
