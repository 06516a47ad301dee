package library

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/scheme"
)

// maxDepth is how deep a document may nest, as the package scheme has it.
const maxDepth = 64

// Drawing is a document that may be kept as a draft: one JSON object of bounded size and depth, without white space
// around its parts. Nothing else is known of it.
type Drawing struct {
	Document json.RawMessage
	Name     string      // at most MaxName characters; empty where it has none
	Kind     scheme.Kind // empty where it says none that is known
}

// ReadDrawing takes a document from outside. The error is a fault of the field.
func ReadDrawing(data []byte, field string) (Drawing, error) {
	var d Drawing
	text, err := bounded(data, field, scheme.MaxBytes)
	if err != nil {
		return d, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return d, fault.New(fault.Invalid, "document_no_object", field)
	}
	d.Document = text
	var name, kind string
	_ = json.Unmarshal(members["name"], &name) // not a text: a finding
	_ = json.Unmarshal(members["kind"], &kind)
	d.Name = storableName(name)
	if k := scheme.Kind(kind); k == scheme.Cascade || k == scheme.Routing {
		d.Kind = k
	}
	return d, nil
}

// bounded checks JSON from outside and takes the white space out.
func bounded(data []byte, field string, most int) ([]byte, error) {
	if len(data) > 2*most {
		return nil, fault.New(fault.TooLarge, "json_too_large", field, "max", most>>10)
	}
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, fault.New(fault.Invalid, "json_unreadable", field)
	}
	if depth(data) > maxDepth {
		return nil, fault.New(fault.Invalid, "json_too_deep", field, "max", maxDepth)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		return nil, fault.New(fault.Invalid, "json_unreadable", field)
	}
	if out.Len() > most {
		return nil, fault.New(fault.TooLarge, "json_too_large", field, "max", most>>10)
	}
	return out.Bytes(), nil
}

// depth is how deep valid JSON nests.
func depth(data []byte) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// storableName makes a name for lists: a draft's may be of any length, and hold what a database does not take.
func storableName(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\x00", ""))
	if runes := []rune(s); len(runes) > MaxName {
		s = strings.TrimSpace(string(runes[:MaxName-1])) + "…"
	}
	return s
}

// Blank is the document of a scheme with nothing drawn.
func Blank(kind scheme.Kind, name string) []byte {
	text, err := encode(scheme.Document{Format: scheme.FormatVersion, Kind: kind, Name: name, Nodes: []scheme.Node{},
		Links: []scheme.Link{}})
	if err != nil {
		return nil // cannot be: there is nothing in it that JSON cannot hold
	}
	return text
}

// CheckName refuses a name that a person gives.
func CheckName(name, field string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", fault.New(fault.Invalid, "name_missing", field)
	}
	return name, checkText(name, field, MaxName)
}

// Renamed gives a document another name and leaves all else as it is written.
func Renamed(document []byte, name string) []byte {
	quoted, err := encode(name)
	if err != nil {
		return document // cannot be: it is a text
	}
	d := json.NewDecoder(bytes.NewReader(document))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return document
	}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return document
		}
		if key == "name" {
			end := int(d.InputOffset())
			return bytes.Join([][]byte{document[:end-len(value)], quoted, document[end:]}, nil)
		}
	}
	at := bytes.IndexByte(document, '{') + 1
	member := append([]byte(`"name":`), quoted...)
	if rest := bytes.TrimSpace(document[at:]); len(rest) > 0 && rest[0] != '}' {
		member = append(member, ',')
	}
	return bytes.Join([][]byte{document[:at], member, document[at:]}, nil)
}

// copies are the words for a copy, by language.
var copies = map[string]string{"en": "copy", "ru": "копия"}

// CopyName names a copy: "X (copy)", and the copy of that one "X (copy 2)". Another language than en and ru is en.
func CopyName(name, language string) string {
	word, ok := copies[language]
	if !ok {
		word = copies["en"]
	}
	n := 1
	if open := strings.LastIndex(name, " ("); open >= 0 && strings.HasSuffix(name, ")") {
		inside := name[open+2 : len(name)-1]
		for _, w := range copies {
			number, numbered := strings.CutPrefix(inside, w+" ")
			had, err := strconv.Atoi(number)
			if inside == w {
				had, numbered, err = 1, true, nil
			}
			if numbered && err == nil && had > 0 && had < 1<<20 {
				n, name = had+1, name[:open]
				break
			}
		}
	}
	suffix := " (" + word + ")"
	if n > 1 {
		suffix = fmt.Sprintf(" (%s %d)", word, n)
	}
	if runes := []rune(name); len(runes)+len([]rune(suffix)) > MaxName {
		name = strings.TrimSpace(string(runes[:MaxName-len([]rune(suffix))-1])) + "…"
	}
	return name + suffix
}

// encode writes JSON without escaping what HTML would need.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
