package expression

import (
	"errors"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"

	"kaskad/engine/words"
)

// Error says where and what is wrong in an expression or a template.
type Error struct {
	Line    int    // from 1, within the whole text
	Column  int    // from 1, in characters
	Snippet string // the text around the place, at most 60 characters of its line
	What    words.Message
}

// Error implements error, in English.
func (e *Error) Error() string { return e.Said().In(words.English) }

// Said gives what is wrong with its place.
func (e *Error) Said() words.Message {
	if e.Snippet == "" {
		return words.Say("expression.at", "line", e.Line, "column", e.Column, "what", e.What)
	}
	return words.Say("expression.at_near", "line", e.Line, "column", e.Column, "what", e.What, "snippet", e.Snippet)
}

// place is where an expression stands in the text that the user wrote.
type place struct {
	text   string
	offset int // bytes before the expression
}

// errorAt builds the error for a position counted in characters from the start of the expression.
func (p place) errorAt(chars int, what words.Message) *Error {
	at := p.offset
	for ; chars > 0 && at < len(p.text); chars-- {
		_, size := utf8.DecodeRuneInString(p.text[at:])
		at += size
	}
	return p.errorAtByte(at, what)
}

func (p place) errorAtByte(at int, what words.Message) *Error {
	before := p.text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	line := p.text[start:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	column := utf8.RuneCountInString(before[start:])
	return &Error{
		Line:    strings.Count(before, "\n") + 1,
		Column:  column + 1,
		Snippet: window(line, column),
		What:    what,
	}
}

// window cuts at most 60 characters of a line around a column.
func window(line string, column int) string {
	const width = 60
	runes := []rune(strings.ToValidUTF8(line, "�"))
	if len(runes) > width {
		from := min(max(column-width/2, 0), len(runes)-width)
		runes = runes[from : from+width]
	}
	return strings.TrimSpace(string(runes))
}

// wrap turns an error of the library, or one of this package's functions that the library passes on, into one with a
// position in the user's text.
func (p place) wrap(err error) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	lib, inText := errors.AsType[*file.Error](err)
	if own, ok := errors.AsType[*words.Error](err); ok {
		if inText {
			return p.errorAt(lib.From, own.Said())
		}
		return p.errorAt(0, own.Said())
	}
	if inText {
		return p.errorAt(lib.From, libraryMessage(lib.Message))
	}
	return p.errorAt(0, libraryMessage(err.Error()))
}

// kindName names the type of a value as a marketer would.
func kindName(v any) words.Message {
	switch v.(type) {
	case nil:
		return words.Say("type.nothing")
	case bool:
		return words.Say("type.bool")
	case string:
		return words.Say("type.text")
	case int, int64, float64:
		return words.Say("type.number")
	case []any, []string:
		return words.Say("type.list")
	case map[string]any:
		return words.Say("type.map")
	case time.Time:
		return words.Say("type.instant")
	case time.Duration:
		return words.Say("type.duration")
	}
	return typeName(reflect.TypeOf(v))
}

// typeName names a type as a marketer would.
func typeName(t reflect.Type) words.Message {
	if t == nil {
		return words.Say("type.nothing")
	}
	switch t.Kind() {
	case reflect.Bool:
		return words.Say("type.bool")
	case reflect.String:
		return words.Say("type.text")
	case reflect.Int, reflect.Int64, reflect.Float64:
		return words.Say("type.number")
	case reflect.Slice, reflect.Array:
		return words.Say("type.list")
	case reflect.Map:
		return words.Say("type.map")
	case reflect.Func:
		return words.Say("type.function")
	}
	return words.Say("type.other")
}
