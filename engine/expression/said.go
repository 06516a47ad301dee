package expression

import (
	"errors"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"kaskad/engine/words"
)

// libraryWords begin the keys of what the library says. Its messages are text, so they are recognised by their English
// in the catalogue, and said in the other languages by what fills its blanks.
const libraryWords = "library."

var messageWords = strings.NewReplacer(
	"interface conversion: interface {} is ", "the value is ",
	"invalid memory address or nil pointer dereference", "a value is lacking",
	fnMethod, "", "<nil>", "nothing", "float64", "number", "map[string]interface {}", "map", "[]interface {}", "list",
	"interface {}", "value",
)

// libraryMessage is what the library said. One that is not recognised is passed on as it is.
func libraryMessage(text string) words.Message {
	text = messageWords.Replace(text)
	english := words.Catalogue(words.English)
	best, bestArgs, most := "", []any(nil), -1
	for key, pattern := range english {
		if !strings.HasPrefix(key, libraryWords) || strings.HasPrefix(key, libraryWords+"token.") || key == "library.other" {
			continue
		}
		// The pattern with most of its own text is the one that is meant; of equal ones the first by name.
		if args, own, ok := match(pattern, text); ok && (own > most || own == most && key < best) {
			best, bestArgs, most = key, args, own
		}
	}
	if best == "" {
		return words.Say("library.other", "text", text)
	}
	return words.Say(best, bestArgs...)
}

// match reads a text by a pattern with blanks; own is how much of it is the pattern's own.
func match(pattern, text string) (args []any, own int, ok bool) {
	at := 0
	name := ""
	take := func(literal string, last bool) bool {
		end := strings.Index(text, literal)
		if last {
			if end = len(text) - len(literal); end < 0 || !strings.HasSuffix(text, literal) {
				return false
			}
		}
		if end < 0 || name == "" && end != 0 || name != "" && end == 0 {
			return false
		}
		if name != "" {
			args = append(args, name, partOf(name, text[:end]))
		}
		text, own = text[end+len(literal):], own+len(literal)
		return true
	}
	for _, b := range words.Blanks(pattern) {
		if !take(pattern[at:b.Start], false) {
			return nil, 0, false
		}
		name, at = b.Name, b.End
	}
	return args, own, take(pattern[at:], true)
}

// partOf is the value of a blank.
func partOf(name, text string) any {
	switch name {
	case "type", "other":
		return typeWord(text)
	case "token":
		return tokenWord(text)
	case "detail":
		if strings.Contains(text, "out of range") {
			return words.Text{EN: "{text}", RU: "слишком большое"}.With("text", text)
		}
		return words.Text{EN: "{text}", RU: "так числа не записывают"}.With("text", text)
	}
	return text
}

// typeWord is a type as the library writes it.
func typeWord(text string) words.Message {
	kind := ""
	switch {
	case text == "string":
		kind = "type.text"
	case text == "bool":
		kind = "type.bool"
	case slices.Contains([]string{"int", "int64", "number", "float", "integer"}, text):
		kind = "type.number"
	case text == "nil" || text == "nothing":
		kind = "type.nothing"
	case strings.HasPrefix(text, "[]") || text == "array" || text == "list" || text == "slice":
		kind = "type.list"
	case strings.HasPrefix(text, "map") || strings.HasPrefix(text, "Map"):
		kind = "type.map"
	case strings.HasPrefix(text, "func"):
		kind = "type.function"
	case text == "time.Time":
		kind = "type.instant"
	case text == "time.Duration":
		kind = "type.duration"
	default:
		kind = "type.other"
	}
	return words.Text{EN: "{text}", RU: "{kind}"}.With("text", text, "kind", words.Say(kind))
}

// tokenWord is a piece of the source as the library writes it: Operator("=="), EOF.
func tokenWord(text string) words.Message {
	if text == "EOF" {
		return words.Say("library.token.end")
	}
	kind, value, ok := strings.Cut(text, "(\"")
	value, closed := strings.CutSuffix(value, "\")")
	if !ok || !closed {
		return words.Verbatim(text)
	}
	return words.Text{EN: "{text}", RU: "{value:q}"}.With("text", text, "kind", kind, "value", unquoted(value))
}

// unquoted undoes the escapes of what the library quoted, as far as people write such things.
func unquoted(s string) string { return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s) }

// brokenPattern tells what is wrong with a regular expression.
func brokenPattern(err error) error {
	broken, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return err
	}
	why := map[syntax.ErrorCode]string{
		syntax.ErrInvalidCharClass: "class", syntax.ErrInvalidCharRange: "range", syntax.ErrInvalidEscape: "escape",
		syntax.ErrInvalidNamedCapture: "name", syntax.ErrInvalidPerlOp: "perl", syntax.ErrInvalidRepeatOp: "repeat",
		syntax.ErrInvalidRepeatSize: "count", syntax.ErrInvalidUTF8: "utf8", syntax.ErrMissingBracket: "bracket",
		syntax.ErrMissingParen: "paren", syntax.ErrMissingRepeatArgument: "nothing", syntax.ErrTrailingBackslash: "slash",
		syntax.ErrUnexpectedParen: "open", syntax.ErrNestingDepth: "deep", syntax.ErrLarge: "large",
	}[broken.Code]
	if why == "" {
		why = "other"
	}
	return words.Fail("pattern.broken", "why", words.Say("pattern.why."+why), "part", broken.Expr)
}

// short is the beginning of a text, for a message about it.
func short(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}
