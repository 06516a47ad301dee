package files

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"kaskad/engine/scheme"
)

// Use is a place in a scheme that names a stored file.
type Use struct {
	Node  string
	Field string // JSON pointer from the document's root
	Name  string
	Kind  Kind
}

// Uses gives the places in a document that name stored files, in its order. What cannot be read names none: that is told
// of by the document's own checks.
func Uses(document []byte, types scheme.Types) []Use {
	var d struct {
		Nodes []struct {
			ID     string                     `json:"id"`
			Type   string                     `json:"type"`
			Config map[string]json.RawMessage `json:"config"`
		} `json:"nodes"`
	}
	if json.Unmarshal(document, &d) != nil {
		return nil
	}
	var out []Use
	for i, n := range d.Nodes {
		for _, f := range types[n.Type].Fields {
			kind, ok := kindOf(f.Kind)
			var name string
			if !ok || json.Unmarshal(n.Config[f.Name], &name) != nil || name == "" || scheme.CheckAddress(name) == nil {
				continue
			}
			out = append(out, Use{Node: n.ID, Field: fmt.Sprintf("/nodes/%d/config/%s", i, f.Name), Name: name, Kind: kind})
		}
	}
	return out
}

func kindOf(k scheme.FieldKind) (Kind, bool) {
	switch k {
	case scheme.FieldAudio:
		return Audio, true
	case scheme.FieldPicture:
		return Picture, true
	}
	return "", false
}

// Names gives the names of uses, each once, sorted.
func Names(uses []Use) []string {
	out := make([]string, 0, len(uses))
	for _, u := range uses {
		out = append(out, u.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Written gives the forms that a name takes in the text of a document: as it is, and with what is not ASCII escaped.
func Written(name string) []string {
	var escaped strings.Builder
	for _, r := range name {
		switch {
		case r < 0x80:
			escaped.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&escaped, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
	}
	return []string{`"` + name + `"`, `"` + escaped.String() + `"`}
}
