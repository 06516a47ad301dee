package expression

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// Error says where and what is wrong in an expression or a template.
type Error struct {
	Line    int    // from 1, within the whole text
	Column  int    // from 1, in characters
	Snippet string // the text around the place, at most 60 characters of its line
	Msg     string
}

func (e *Error) Error() string {
	if e.Snippet == "" {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("line %d, column %d: %s, near: %s", e.Line, e.Column, e.Msg, e.Snippet)
}

// place is where an expression stands in the text that the user wrote.
type place struct {
	text   string
	offset int // bytes before the expression
}

// errorAt builds the error for a position counted in characters from the start of the expression.
func (p place) errorAt(chars int, format string, args ...any) *Error {
	at := p.offset
	for ; chars > 0 && at < len(p.text); chars-- {
		_, size := utf8.DecodeRuneInString(p.text[at:])
		at += size
	}
	return p.errorAtByte(at, format, args...)
}

func (p place) errorAtByte(at int, format string, args ...any) *Error {
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
		Msg:     fmt.Sprintf(format, args...),
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

// wrap turns an error of the library into one with a position in the user's text.
func (p place) wrap(err error, hint string) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	if lib, ok := errors.AsType[*file.Error](err); ok {
		return p.errorAt(lib.From, "%s%s", plainMessage(lib.Message), hint)
	}
	return p.errorAt(0, "%s%s", plainMessage(err.Error()), hint)
}

var messageWords = strings.NewReplacer(
	"interface conversion: interface {} is ", "the value is ",
	"invalid memory address or nil pointer dereference", "a value is lacking",
	fnMethod, "", "<nil>", "nothing", "float64", "number", "map[string]interface {}", "map", "[]interface {}", "list",
	"interface {}", "value",
)

func plainMessage(s string) string { return messageWords.Replace(s) }

// kindName names the type of a value as a marketer would.
func kindName(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case int, int64, float64:
		return "a number"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("%T", v)
}
