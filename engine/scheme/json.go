package scheme

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kaskad/engine/words"
)

// maxDepth is how deep a document may nest; no setting needs ten.
const maxDepth = 64

// ErrNotJSON tells that bytes are no JSON at all (or not UTF-8), so that nothing can be said of the document in them.
// What nests deeper than the 10,000 levels of encoding/json counts as none.
var ErrNotJSON error = words.Fail("document.not_json")

var errDeep = errors.New("nested too deeply")

type valueKind uint8

const (
	nullValue valueKind = iota
	boolValue
	numberValue
	textValue
	listValue
	objectValue
)

func (k valueKind) said() words.Message {
	return words.Say([...]string{"kind.null", "kind.bool", "kind.number", "kind.text", "kind.list", "kind.object"}[k])
}

// value is a piece of JSON, kept in the order in which it was written. encoding/json alone would take a key twice, a
// key in other letters and null for anything.
type value struct {
	kind       valueKind
	text       string   // of a text; of a number as written; "true" or "false"
	keys       []string // of an object, beside items
	items      []value
	start, end int // bytes of an object in the source
}

// get finds a member of an object.
func (v *value) get(key string) (*value, bool) {
	for i := range v.keys {
		if v.keys[i] == key {
			return &v.items[i], true
		}
	}
	return nil, false
}

// flaw is a mistake that belongs to the JSON itself.
type flaw struct{ at, value, key string }

// jsonReader walks text that encoding/json found to be valid, so it looks for no mistake of syntax. Its decoder of
// tokens would do as well, at ten times the cost.
type jsonReader struct {
	data  string // texts without escapes are parts of it
	at    int
	path  []string
	flaws []flaw
	items []value // of the lists and objects that are still open, so that each gets a place of its own size
	keys  []string
}

// readJSON reads one piece of JSON. A key written twice and the character U+0000, which a database cannot store, are
// flaws; the first of two values counts.
func readJSON(data []byte) (value, []flaw, error) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return value{}, nil, ErrNotJSON
	}
	r := &jsonReader{data: string(data)}
	v, err := r.value()
	return v, r.flaws, err
}

// peek gives the next byte that is not white space.
func (r *jsonReader) peek() byte {
	for {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
}

func (r *jsonReader) value() (value, error) {
	switch c := r.peek(); c {
	case '{', '[':
		if len(r.path) >= maxDepth {
			return value{}, errDeep
		}
		if c == '{' {
			return r.object()
		}
		return r.list()
	case '"':
		s := r.text()
		r.checkText(s, "")
		return value{kind: textValue, text: s}, nil
	case 't', 'f':
		return value{kind: boolValue, text: r.word()}, nil
	case 'n':
		r.word()
		return value{kind: nullValue}, nil
	default:
		return value{kind: numberValue, text: r.word()}, nil
	}
}

// word takes a number, true, false or null.
func (r *jsonReader) word() string {
	start := r.at
	for r.at < len(r.data) && !strings.ContainsRune(" \t\r\n,]}", rune(r.data[r.at])) {
		r.at++
	}
	return r.data[start:r.at]
}

// text takes a string. One without escapes is what it says; half a surrogate pair becomes U+FFFD.
func (r *jsonReader) text() string {
	start := r.at
	escaped := false
	for r.at++; r.data[r.at] != '"'; r.at++ {
		if r.data[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	r.at++
	if !escaped {
		return r.data[start+1 : r.at-1]
	}
	var s string
	if err := json.Unmarshal([]byte(r.data[start:r.at]), &s); err != nil {
		return "" // cannot be: the text is valid
	}
	return s
}

// more reports whether another item follows in a list or an object, and takes the comma or the closing bracket.
func (r *jsonReader) more(closing byte) bool {
	switch r.peek() {
	case closing:
		r.at++
		return false
	case ',':
		r.at++
	}
	return true
}

func (r *jsonReader) list() (value, error) {
	v := value{kind: listValue}
	first := len(r.items)
	r.at++
	for i := 0; r.more(']'); i++ {
		r.path = append(r.path, strconv.Itoa(i))
		item, err := r.value()
		if err != nil {
			return value{}, err
		}
		r.path = r.path[:len(r.path)-1]
		r.items = append(r.items, item)
	}
	v.items, r.items = slices.Clone(r.items[first:]), r.items[:first]
	return v, nil
}

func (r *jsonReader) object() (value, error) {
	v := value{kind: objectValue, start: r.at}
	firstItem, firstKey := len(r.items), len(r.keys)
	r.at++
	var seen map[string]bool
	for r.more('}') {
		r.peek()
		key := r.text()
		r.path = append(r.path, key)
		r.peek()
		r.at++ // the colon
		item, err := r.value()
		if err != nil {
			return value{}, err
		}
		if has(r.keys[firstKey:], key, &seen) {
			r.flaw(key, "document.twice")
		} else {
			r.checkText(key, key)
			r.keys, r.items = append(r.keys, key), append(r.items, item)
		}
		r.path = r.path[:len(r.path)-1]
	}
	v.end = r.at
	v.items, r.items = slices.Clone(r.items[firstItem:]), r.items[:firstItem]
	v.keys, r.keys = slices.Clone(r.keys[firstKey:]), r.keys[:firstKey]
	return v, nil
}

// has tells whether a key is among those so far. A set is only built where looking through them would be slow.
func has(keys []string, key string, seen *map[string]bool) bool {
	const few = 16
	if len(keys) < few {
		return slices.Contains(keys, key)
	}
	if *seen == nil {
		*seen = make(map[string]bool, 2*few)
		for _, k := range keys {
			(*seen)[k] = true
		}
	}
	had := (*seen)[key]
	(*seen)[key] = true
	return had
}

func (r *jsonReader) checkText(s, value string) {
	if strings.ContainsRune(s, 0) {
		r.flaw(value, "document.null_character")
	}
}

func (r *jsonReader) flaw(value, key string) {
	at := ""
	for _, p := range r.path {
		at = pointer(at, p)
	}
	r.flaws = append(r.flaws, flaw{at, value, key})
}

// pointer adds one step to a JSON pointer (RFC 6901).
func pointer(base, key string) string {
	if strings.ContainsAny(key, "~/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
	}
	return base + "/" + key
}

func pointerIndex(base string, i int) string { return base + "/" + strconv.Itoa(i) }

// whole reads a number that is whole, however it is written (1, 1.0, 1e2), and not beyond a billion.
func whole(v *value) (int, bool) {
	if v.kind != numberValue {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || f < -1e9 || f > 1e9 || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

// shown is a value as a finding quotes it: scalars as written, cut where long.
func shown(v *value) string {
	switch v.kind {
	case listValue, objectValue:
		return ""
	case nullValue:
		return "null"
	default:
		return clip(v.text)
	}
}

func clip(s string) string {
	const most = 200
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
