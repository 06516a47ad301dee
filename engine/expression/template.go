package expression

import (
	"strings"
	"unicode/utf8"

	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// template is a compiled text: constant pieces and programs in turn.
type template struct {
	runs     *runPool
	parts    []part
	constant string
	fixed    bool
	hasLink  bool
}

// part is a piece of constant text, then a program if there is one.
type part struct {
	text    string
	program *program
}

// Template implements scheme.Language. The text outside {{ }} is taken as it is. An expression ends at the first
// }} that is outside its quotes and braces.
func (l *Language) Template(source string, scope scheme.Scope) (scheme.Template, error) {
	whole := place{text: source}
	if !utf8.ValidString(source) {
		return nil, whole.errorAt(0, words.Say("expression.utf8"))
	}
	if n := utf8.RuneCountInString(source); n > MaxTemplate {
		return nil, whole.errorAt(0, words.Say("expression.long_template", "count", n, "most", MaxTemplate))
	}
	t := &template{runs: &l.runs}
	var constant []byte
	for at := 0; at < len(source); {
		open := strings.Index(source[at:], "{{")
		if open < 0 {
			constant = append(constant, source[at:]...)
			break
		}
		constant = append(constant, source[at:at+open]...)
		start := at + open + 2
		length := expressionEnd(source[start:])
		if length < 0 {
			return nil, whole.errorAtByte(start-2, words.Say("expression.not_closed"))
		}
		p, found, err := l.compile(place{source, start}, source[start:start+length], scope, scope != scheme.ScopeReply, false)
		if err != nil {
			return nil, err
		}
		t.hasLink = t.hasLink || found.hasLink
		if p.isConstant {
			r := l.runs.get(nil)
			constant, _ = r.appendValue(constant, p.literal, 0)
			l.runs.put(r)
		} else {
			t.parts = append(t.parts, part{string(constant), p})
			constant = constant[:0]
		}
		at = start + length + 2
	}
	t.finish(string(constant))
	return t, nil
}

func (t *template) finish(rest string) {
	if len(t.parts) == 0 {
		t.constant, t.fixed = rest, true
		return
	}
	if rest != "" {
		t.parts = append(t.parts, part{text: rest})
	}
}

// expressionEnd finds the }} that closes an expression, or -1.
func expressionEnd(s string) int {
	braces := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'', '`':
			length := quotedLength(s[i:])
			if length < 0 {
				return -1
			}
			i += length - 1
		case '{':
			braces++
		case '}':
			if braces > 0 {
				braces--
			} else if strings.HasPrefix(s[i:], "}}") {
				return i
			}
		}
	}
	return -1
}

// quotedLength is the length of the quoted text at the start of s with its quotes, or -1 if it is not closed.
func quotedLength(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote && quote == '`' && i+1 < len(s) && s[i+1] == '`':
			i++ // a doubled backtick stands for one
		case s[i] == quote:
			return i + 1
		case s[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}

// Render implements scheme.Template. Without a link function, link(url) gives the address itself.
func (t *template) Render(v *scheme.Vars, link func(url string) string) (string, error) {
	if t.fixed {
		return t.constant, nil
	}
	r := t.runs.get(v)
	defer t.runs.put(r)
	r.link = link
	var first error
	for i := range t.parts {
		p := &t.parts[i]
		r.out = append(r.out, p.text...)
		if p.program == nil {
			continue
		}
		out, err := p.program.eval(r)
		if err == nil {
			if r.out, err = r.appendValue(r.out, out, 0); err != nil {
				err = p.program.at.wrap(err)
			}
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return string(r.out), first
}

// HasLink implements scheme.Template.
func (t *template) HasLink() bool { return t.hasLink }

// Constant implements scheme.Template.
func (t *template) Constant() (string, bool) { return t.constant, t.fixed }
