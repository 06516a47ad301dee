package expression

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"kaskad/engine/filter"
)

// ParseFilter makes a filter of the text that people write: expressions of a scheme's conditions over a contact, of
// which only those are taken that a database can look for. The fields are those of filter.Names, with or without
// contact. before them. An empty text is a nil Node, true of everybody. The error is a *filter.Error.
//
//	"vip" in tags && attributes.city == "Казань" && email != ""
//	attributes.age >= 18 and not ("Лист ожидания" in groups) or created_at >= "2026-01-01"
//	name startsWith "Ив" && phone startsWith "+7916" && len(tags) > 0 && consents.sms
func ParseFilter(text string) (filter.Node, error) {
	p := &filterParser{text: text}
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > filter.MaxText {
		return nil, p.errorAt(0, "filter_long", "max", filter.MaxText)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	config := conf.CreateNew()
	config.MaxNodes = 4 * filter.MaxParts
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		at := 0
		if lib, ok := errors.AsType[*file.Error](err); ok {
			at = lib.From
		}
		return nil, p.errorAt(at, "filter_syntax")
	}
	node, err := p.condition(tree.Node, 0)
	if err != nil {
		return nil, err
	}
	return node, nil
}

type filterParser struct {
	text  string
	parts int
}

// errorAt is an error at a place counted in characters.
func (p *filterParser) errorAt(chars int, code string, args ...any) *filter.Error {
	line, column := 1, 1
	for _, r := range p.text {
		if chars == 0 {
			break
		}
		chars--
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	e := &filter.Error{Code: code, Line: line, Column: column, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

func (p *filterParser) fail(n ast.Node, code string, args ...any) error {
	return p.errorAt(n.Location().From, code, args...)
}

// condition makes what must be true or false.
func (p *filterParser) condition(n ast.Node, depth int) (filter.Node, error) {
	if p.parts++; p.parts > filter.MaxParts || depth > filter.MaxDepth {
		return nil, p.fail(n, "filter_complex", "max", filter.MaxParts, "depth", filter.MaxDepth)
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator != "!" && n.Operator != "not" {
			break
		}
		of, err := p.condition(n.Node, depth+1)
		return filter.Not{Of: of}, err
	case *ast.BinaryNode:
		return p.binary(n, depth)
	case *ast.MemberNode, *ast.ChainNode, *ast.IdentifierNode:
		f, err := p.field(n)
		if err != nil {
			return nil, err
		}
		if k := f.Kind(); k != filter.Flag && k != filter.Free {
			return nil, p.fail(n, "filter_bare", "field", fieldText(f))
		}
		return filter.Compare{Field: f, Op: filter.Equal, Value: true}, nil
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && id.Value == "empty" && len(n.Arguments) == 1 {
			f, err := p.field(n.Arguments[0])
			return filter.Empty{Field: f}, err
		}
	}
	return nil, p.fail(n, "filter_unsupported")
}

func (p *filterParser) binary(n *ast.BinaryNode, depth int) (filter.Node, error) {
	switch n.Operator {
	case "&&", "and":
		of, err := p.chain(n, []string{"&&", "and"}, depth)
		return filter.And{Of: of}, err
	case "||", "or":
		of, err := p.chain(n, []string{"||", "or"}, depth)
		return filter.Or{Of: of}, err
	case "in":
		return p.in(n)
	case "contains":
		return p.match(n, filter.Contains)
	case "startsWith":
		return p.match(n, filter.StartsWith)
	case "endsWith":
		return p.match(n, filter.EndsWith)
	case "==", "!=", "<", "<=", ">", ">=":
		return p.compare(n)
	}
	return nil, p.fail(n, "filter_operator", "operator", n.Operator)
}

// chain gives the parts of a && b && c, however they are bracketed.
func (p *filterParser) chain(n ast.Node, operators []string, depth int) ([]filter.Node, error) {
	if b, ok := n.(*ast.BinaryNode); ok && slices.Contains(operators, b.Operator) {
		left, err := p.chain(b.Left, operators, depth)
		if err != nil {
			return nil, err
		}
		right, err := p.chain(b.Right, operators, depth)
		return append(left, right...), err
	}
	of, err := p.condition(n, depth+1)
	return []filter.Node{of}, err
}

// comparisons, and what they are with the sides changed.
var (
	filterOps = map[string]filter.Op{"==": filter.Equal, "!=": filter.Equal, "<": filter.Less, "<=": filter.LessOrEqual,
		">": filter.Greater, ">=": filter.GreaterOrEqual}
	turnedOps = map[filter.Op]filter.Op{filter.Equal: filter.Equal, filter.Less: filter.Greater,
		filter.LessOrEqual: filter.GreaterOrEqual, filter.Greater: filter.Less, filter.GreaterOrEqual: filter.LessOrEqual}
)

func (p *filterParser) compare(n *ast.BinaryNode) (filter.Node, error) {
	left, right, op := n.Left, n.Right, filterOps[n.Operator]
	if _, constant := filterConstant(left); constant {
		left, right, op = right, left, turnedOps[op]
	}
	if b, ok := left.(*ast.BuiltinNode); ok && b.Name == "len" && len(b.Arguments) == 1 {
		return p.length(b, n.Operator, op, right)
	}
	f, err := p.field(left)
	if err != nil {
		return nil, err
	}
	value, constant := filterConstant(right)
	if !constant {
		return nil, p.fail(right, "filter_constant")
	}
	node, err := p.comparison(f, op, value, right)
	if err == nil && n.Operator == "!=" {
		node = filter.Not{Of: node}
	}
	return node, err
}

// comparison makes one of a field and a constant that fits it.
func (p *filterParser) comparison(f filter.Field, op filter.Op, value any, at ast.Node) (filter.Node, error) {
	if list, ok := value.([]ast.Node); ok {
		if f.Kind() == filter.Instant || len(list) > 0 || op != filter.Equal {
			return nil, p.fail(at, "filter_list", "field", fieldText(f))
		}
		return filter.Empty{Field: f}, nil
	}
	if op == filter.Equal && (value == nil || value == "") {
		return filter.Empty{Field: f}, nil
	}
	value, err := p.fitting(f, value, at)
	if err != nil {
		return nil, err
	}
	switch kind := f.Kind(); {
	case kind == filter.List:
		return nil, p.fail(at, "filter_list", "field", fieldText(f))
	case kind == filter.Instant && op == filter.Equal:
		return nil, p.fail(at, "filter_instant_equal", "field", fieldText(f))
	case op != filter.Equal && (kind == filter.Flag || value == true || value == false):
		return nil, p.fail(at, "filter_order", "field", fieldText(f))
	}
	return filter.Compare{Field: f, Op: op, Value: value}, nil
}

// fitting checks a constant against what the field holds.
func (p *filterParser) fitting(f filter.Field, value any, at ast.Node) (filter.Value, error) {
	_, isText := value.(string)
	_, isFlag := value.(bool)
	switch f.Kind() {
	case filter.Text, filter.List:
		if !isText {
			return nil, p.fail(at, "filter_text", "field", fieldText(f))
		}
	case filter.Flag:
		if !isFlag {
			return nil, p.fail(at, "filter_flag", "field", fieldText(f))
		}
	case filter.Instant:
		instant := value
		if text, ok := value.(string); ok {
			instant = instantOf(text)
		}
		if instant == nil || !isText {
			return nil, p.fail(at, "filter_instant", "field", fieldText(f))
		}
		return instant, nil
	}
	switch value := value.(type) {
	case string:
		if strings.ContainsRune(value, 0) {
			return nil, p.fail(at, "filter_syntax")
		}
	case nil, []ast.Node:
		return nil, p.fail(at, "filter_constant")
	}
	return value, nil
}

// instantOf reads a day or an instant, nil where it is neither. The database keeps microseconds.
func instantOf(text string) any {
	if t, err := time.Parse(time.DateOnly, text); err == nil && t.Year() > 0 {
		return filter.Day(text)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Year() > 0 {
		return t.UTC().Truncate(time.Microsecond)
	}
	return nil
}

// length takes len(field) compared with 0, and > or >= with 1.
func (p *filterParser) length(b *ast.BuiltinNode, operator string, op filter.Op, right ast.Node) (filter.Node, error) {
	f, err := p.field(b.Arguments[0])
	if err != nil {
		return nil, err
	}
	n, _ := filterConstant(right)
	number, ok := n.(float64)
	var empty, sure bool
	switch {
	case !ok:
	case operator == "==" && number == 0, op == filter.Less && number == 1, op == filter.LessOrEqual && number == 0:
		empty, sure = true, true
	case operator == "!=" && number == 0, op == filter.Greater && number == 0, op == filter.GreaterOrEqual && number == 1:
		sure = true
	}
	switch {
	case !sure:
		return nil, p.fail(b, "filter_length", "field", fieldText(f))
	case empty:
		return filter.Empty{Field: f}, nil
	}
	return filter.Not{Of: filter.Empty{Field: f}}, nil
}
