package words

import (
	"fmt"
	"strconv"
	"strings"
)

// Blank is a place of a text that a value fills.
type Blank struct {
	Name  string
	Forms []string // forms of a word that goes with the number; none: the value itself
	Quote bool     // the value in quotes

	Start, End int // its bytes in the text, braces included
}

// Blanks lists the blanks of a text in their order.
func Blanks(text string) []Blank {
	var out []Blank
	for at := 0; ; {
		open := strings.IndexByte(text[at:], '{')
		if open < 0 {
			return out
		}
		at += open
		length := strings.IndexByte(text[at:], '}')
		if length < 0 {
			return out
		}
		if b, ok := blank(text[at+1 : at+length]); ok {
			b.Start, b.End = at, at+length+1
			out = append(out, b)
			at = b.End
		} else {
			at++
		}
	}
}

// blank reads what is between the braces. A name is small letters, digits and _, so that JSON and the braces of
// templates are not taken for blanks.
func blank(s string) (Blank, bool) {
	name, how, given := strings.Cut(s, ":")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return Blank{}, false
	}
	switch {
	case !given:
		return Blank{Name: name}, true
	case how == "q":
		return Blank{Name: name, Quote: true}, true
	case strings.Contains(how, "|"):
		return Blank{Name: name, Forms: strings.Split(how, "|")}, true
	}
	return Blank{}, false
}

// fill puts the values in. A blank that nothing fills stays as it is, so that it is seen.
func fill(l Language, text string, args []Arg) string {
	var out strings.Builder
	at := 0
	for _, b := range Blanks(text) {
		value, ok := find(args, b.Name)
		if !ok {
			continue
		}
		out.WriteString(text[at:b.Start])
		out.WriteString(b.show(l, value))
		at = b.End
	}
	if at == 0 {
		return text
	}
	out.WriteString(text[at:])
	return out.String()
}

func find(args []Arg, name string) (any, bool) {
	for _, a := range args {
		if a.Name == name {
			return a.Value, true
		}
	}
	return nil, false
}

func (b Blank) show(l Language, value any) string {
	switch {
	case b.Forms != nil:
		return b.Forms[min(form(l, value), len(b.Forms)-1)]
	case b.Quote:
		quoted := strconv.Quote(shown(l, value))
		if l == Russian {
			return "«" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "»"
		}
		return quoted
	}
	return shown(l, value)
}

func shown(l Language, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Message:
		return v.In(l)
	case error:
		return Of(v).In(l)
	case []string:
		return strings.Join(v, ", ")
	case []Message:
		list := make([]string, len(v))
		for i := range v {
			list[i] = v[i].In(l)
		}
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(value)
}

// form is which form of a word goes with a number, by https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
// for whole numbers. What is no number takes the last.
func form(l Language, value any) int {
	n, err := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	if err != nil {
		return 2
	}
	if n < 0 {
		n = -n
	}
	switch {
	case l != Russian && n == 1, l == Russian && n%10 == 1 && n%100 != 11:
		return 0
	case l != Russian:
		return 1
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return 1
	}
	return 2
}
