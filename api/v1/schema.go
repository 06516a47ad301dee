package v1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// idForm marks the schema of an id; it is a format of our own.
const idForm = "id"

// idSchema stands for ids.ID in the document: a string of digits.
type idSchema struct{}

// Schema implements huma.SchemaProvider.
func (idSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: idForm, Pattern: "^[1-9][0-9]{0,18}$",
		PatternDescription: "an id: a string of 1 to 19 digits, as the API gave it", Examples: []any{"7012345678901234567"}}
}

// clockSchema and daysSchema stand for the parts of a window.
type (
	clockSchema struct{}
	daysSchema  struct{}
)

// Schema implements huma.SchemaProvider.
func (clockSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", PatternDescription: "HH:MM",
		Description: "A time of day; 24:00 only as an end.", Examples: []any{"09:00"}}
}

// Schema implements huma.SchemaProvider.
func (daysSchema) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, 7.0
	return &huma.Schema{Type: huma.TypeArray, UniqueItems: true, Description: "Days of the week, 1 is Monday.",
		Items: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most}, Examples: []any{[]int{1, 2, 3, 4, 5}}}
}

// knowTypes tells the document what those types look like whose JSON is not what they are in Go.
func knowTypes(r huma.Registry) {
	for t, as := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[ids.ID]():       reflect.TypeFor[idSchema](),
		reflect.TypeFor[scheme.Clock](): reflect.TypeFor[clockSchema](),
		reflect.TypeFor[scheme.Days]():  reflect.TypeFor[daysSchema](),
	} {
		r.RegisterTypeAlias(t, as)
	}
}

// namer names the types in the document by their Go names, with the package before a name that another type has already.
func namer() func(reflect.Type, string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name := huma.DefaultSchemaNamer(t, hint)
		if other, ok := taken[name]; ok && other != t && t.Name() != "" && t.Kind() == reflect.Struct {
			name = ""
			outer, inner, _ := strings.Cut(t.Name(), "[")
			if inner == "" {
				outer = path.Base(t.PkgPath()) + " " + outer
			}
			for _, part := range strings.FieldsFunc(outer+"["+inner, func(r rune) bool { return strings.ContainsRune("[], *", r) }) {
				for word := range strings.SplitSeq(path.Base(part), ".") {
					name += strings.ToUpper(word[:1]) + word[1:]
				}
			}
		}
		taken[name] = t
		return name
	}
}

var blanks = regexp.MustCompile(`\{([a-z_]+)\}`)

// mustTakePath panics where a parameter of the path has no field: huma leaves out embedded structs that are not exported.
func mustTakePath(o *huma.Operation) {
	for _, name := range blanks.FindAllStringSubmatch(o.Path, -1) {
		if !slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name[1] }) {
			panic(fmt.Sprintf("v1: %s %s: no exported field takes {%s}", o.Method, o.Path, name[1]))
		}
	}
}

// takeIDs lets an operation take ids in its path and query. huma reads them as the numbers that they are in Go, while the
// document calls them strings: what is checked and what is told are parted here.
func takeIDs(o *huma.Operation) {
	for _, p := range o.Parameters {
		switch {
		case p.Schema == nil:
		case p.Schema.Format == idForm:
			told, least := *p.Schema, 1.0
			*p.Schema = huma.Schema{Type: huma.TypeInteger, Minimum: &least}
			p.Schema.PrecomputeMessages()
			p.Schema = &told
		case p.Schema.Items != nil && p.Schema.Items.Format == idForm:
			panic(fmt.Sprintf("v1: %s %s: huma cannot read a list of ids from %s.%s", o.Method, o.Path, p.In, p.Name))
		}
	}
}

// operationOf finds an operation in the document.
func operationOf(d *huma.OpenAPI, method, path string) *huma.Operation {
	item := d.Paths[path]
	if item == nil {
		return nil
	}
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete, http.MethodHead: item.Head}[method]
}

// Maybe is a field of a change that may be absent, null or a value: null clears what is there. Its tags are
// `json:"name,omitzero"`.
type Maybe[T any] struct {
	Sent  bool // it was in the body
	Value *T   // nil: null
}

// clearing tells a Maybe from other types.
var clearing = reflect.TypeFor[interface{ clears() }]()

func (Maybe[T]) clears() {}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Maybe[T]) UnmarshalJSON(data []byte) error {
	*m = Maybe[T]{Sent: true}
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	m.Value = new(T)
	return json.Unmarshal(data, m.Value)
}

// MarshalJSON implements json.Marshaler, for the digest of a request.
func (m Maybe[T]) MarshalJSON() ([]byte, error) { return json.Marshal(m.Value) }

// IsZero makes an absent field stay absent.
func (m Maybe[T]) IsZero() bool { return !m.Sent }

// Schema implements huma.SchemaProvider: the value's, or null.
func (m Maybe[T]) Schema(r huma.Registry) *huma.Schema {
	// Not a reference: huma has no null beside one.
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = s.Type != "" // what has no type may be null anyway
	return &s
}
