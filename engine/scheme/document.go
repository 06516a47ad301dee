// Package scheme is the document that a drawing is stored as: its shape, its checks, and the small languages inside
// it that need no evaluator (durations, times of day, windows).
package scheme

import "encoding/json"

// Kind says what a scheme is for.
type Kind string

// The kinds of scheme.
const (
	Cascade Kind = "cascade"
	Routing Kind = "routing"
)

// FormatVersion is the newest version of the document format that this build understands.
const FormatVersion = 1

// Limits of a document. A larger one is refused with `too_large`.
const (
	MaxNodes = 500
	MaxLinks = 2000
	MaxBytes = 1 << 20
)

// LinkType is the kind of outcome that a link takes.
type LinkType string

// The types of link.
const (
	LinkStatus       LinkType = "status"
	LinkReply        LinkType = "reply"
	LinkIVR          LinkType = "ivr"
	LinkError        LinkType = "error"
	LinkNext         LinkType = "next"
	LinkVariant      LinkType = "variant"
	LinkBranch       LinkType = "branch"
	LinkOption       LinkType = "option"
	LinkTimeout      LinkType = "timeout"
	LinkNotAccepted  LinkType = "not_accepted"
	LinkNobodyOnline LinkType = "nobody_online"
)

// Document is a scheme as it is drawn and stored.
type Document struct {
	Format int             `json:"format,omitempty"`
	Kind   Kind            `json:"kind"`
	Name   string          `json:"name"`
	Entry  string          `json:"entry,omitempty"`
	Nodes  []Node          `json:"nodes"`
	Links  []Link          `json:"links"`
	Editor json.RawMessage `json:"editor,omitempty"`
}

// Node is a block on the canvas.
type Node struct {
	ID     string          `json:"id"`
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	X      float64         `json:"x"`
	Y      float64         `json:"y"`
	Config json.RawMessage `json:"config"`
	Editor json.RawMessage `json:"editor,omitempty"`
}

// Link leads from an outcome of one block to another block.
type Link struct {
	ID    string   `json:"id"`
	From  string   `json:"from"`
	To    string   `json:"to"`
	Type  LinkType `json:"type"`
	Value string   `json:"value,omitempty"`
}
