package expression

import (
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"
)

// compare notes the constants on one side of a comparison if the other is the reply.
func (r *rules) compare(subject, constant ast.Node) {
	if r.found || !isReply(subject) {
		return
	}
	switch c := constant.(type) {
	case *ast.StringNode:
		if c.Value != strings.ToLower(c.Value) {
			r.capital(c.Value)
		}
	case *ast.ArrayNode:
		for _, e := range c.Nodes {
			r.compare(subject, e)
		}
	}
}

func (r *rules) capital(constant string) {
	if !r.found && constant != "" {
		r.capitals, r.found = constant, true
	}
}

// isReply: the reply itself, or what was made of it without changing its letters.
func isReply(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value == "reply"
	case *ast.BuiltinNode:
		switch n.Name {
		case "trim", "trimPrefix", "trimSuffix", "lower", "split", "splitAfter", "first", "last":
			return len(n.Arguments) > 0 && isReply(n.Arguments[0])
		}
	case *ast.MemberNode:
		return isReply(n.Node)
	case *ast.SliceNode:
		return isReply(n.Node)
	}
	return false
}

// patternCapitals gives the first literal part of a pattern that has capitals and minds the case.
func patternCapitals(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalCapitals(re)
}

func literalCapitals(re *syntax.Regexp) string {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0 {
		for _, c := range re.Rune {
			if unicode.ToLower(c) != c {
				return string(re.Rune)
			}
		}
	}
	for _, sub := range re.Sub {
		if s := literalCapitals(sub); s != "" {
			return s
		}
	}
	return ""
}
