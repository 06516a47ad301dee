package v1

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"kaskad/engine/fault"
	say "kaskad/engine/words"
)

// maxNesting bounds how deep a body may be nested: a scheme, the deepest there is, needs a dozen.
const maxNesting = 64

// jsonFormat is the only form of bodies. What it refuses can be stored nowhere: texts that are no UTF-8, NUL, halves of
// characters, and nests without an end.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if f := inspect(data); f != nil {
			return carried(f)
		}
		if _, ok := v.(change); ok {
			if f := nulls(data, reflect.TypeOf(v).Elem()); f != nil {
				return carried(f)
			}
		}
		return explained(data, json.Unmarshal(data, v))
	},
}

// Named is embedded in the body of a change that names what is to change. In such a body null is for the fields that can
// be cleared, those of the type [Maybe]; anywhere else it is refused, because it would do nothing.
type Named struct{}

func (Named) names() {}

type change interface{ names() }

// nulls looks for a null that clears nothing.
func nulls(data []byte, body reflect.Type) (f *fault.Error) {
	var sent map[string]json.RawMessage
	if json.Unmarshal(data, &sent) != nil {
		return nil //nolint:nilerr // the decoder tells
	}
	for _, field := range reflect.VisibleFields(body) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if value, ok := sent[name]; !ok || string(value) != "null" || reflect.PointerTo(field.Type).Implements(clearing) {
			continue
		}
		if wrong := fault.New(fault.Invalid, "not_clearable", "body."+name); f == nil {
			f = wrong
		} else {
			f.More = append(f.More, wrong)
		}
	}
	return f
}

// inspect looks for what no text may hold; it leaves the grammar to the decoder.
func inspect(data []byte) *fault.Error {
	if !utf8.Valid(data) {
		return fault.New(fault.Invalid, "not_utf8", "body")
	}
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			skip, f := escaped(data[i:])
			if f != nil {
				return f
			}
			i += skip
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return fault.New(fault.Invalid, "too_deep", "body", "max", maxNesting)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// escaped looks at an escape and tells how many more bytes it has.
func escaped(data []byte) (more int, f *fault.Error) {
	if len(data) < 6 || data[1] != 'u' {
		return 1, nil
	}
	unit, ok := codeUnit(data)
	switch {
	case !ok:
		return 1, nil
	case unit == 0:
		return 0, fault.New(fault.Invalid, "nul_character", "body")
	case unit < 0xD800 || unit > 0xDFFF:
		return 5, nil
	}
	if low, ok := codeUnit(data[6:]); unit < 0xDC00 && ok && low >= 0xDC00 && low <= 0xDFFF {
		return 11, nil
	}
	return 0, fault.New(fault.Invalid, "half_character", "body")
}

func codeUnit(data []byte) (uint64, bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return unit, err == nil
}

// explained makes a fault of what the decoder says.
func explained(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var f *fault.Error
	var said say.Sayer
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return carried(f)
	case errors.As(err, &said):
		m := said.Said()
		return carried(fault.New(fault.Invalid, "said", "body", "en", m.In(say.English), "ru", m.In(say.Russian)))
	case errors.As(err, &syntax):
		line, column := position(data, int(syntax.Offset))
		return carried(fault.New(fault.Invalid, "bad_json", "body", "line", line, "column", column))
	case errors.As(err, &kind):
		field := "body"
		if kind.Field != "" {
			field += "." + kind.Field
		}
		if strings.HasPrefix(kind.Value, "number") {
			return carried(fault.New(fault.Invalid, "number_out_of_range", field))
		}
		return carried(fault.New(fault.Invalid, "wrong_type", field))
	}
	return err
}

// position is where a byte is, both from 1; columns count characters.
func position(data []byte, offset int) (line, column int) {
	before := string(data[:max(min(offset-1, len(data)), 0)])
	line = strings.Count(before, "\n") + 1
	return line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

// huma keeps of an error only its text, so a fault travels in one.
const carrier = "fault:"

type carriedFault struct {
	Code, Field string
	Args        map[string]any
	More        []carriedFault `json:",omitempty"`
}

func carry(f *fault.Error) carriedFault {
	c := carriedFault{Code: f.Code, Field: f.Field, Args: f.Args}
	for _, m := range f.More {
		c.More = append(c.More, carry(m))
	}
	return c
}

func carried(f *fault.Error) error {
	text, err := json.Marshal(carry(f))
	if err != nil {
		return err
	}
	return errors.New(carrier + string(text))
}

// arrived gives what a text carries.
func arrived(text string) ([]carriedFault, bool) {
	text, ok := strings.CutPrefix(text, carrier)
	if !ok {
		return nil, false
	}
	var c carriedFault
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // 5 is not to become 5e+00
	if d.Decode(&c) != nil {
		return nil, false
	}
	return append([]carriedFault{c}, c.More...), true
}

// badText looks for what no text may hold, outside JSON.
func badText(text, field string) *fault.Error {
	switch {
	case !utf8.ValidString(text):
		return fault.New(fault.Invalid, "not_utf8", field)
	case strings.ContainsRune(text, 0):
		return fault.New(fault.Invalid, "nul_character", field)
	}
	return nil
}
