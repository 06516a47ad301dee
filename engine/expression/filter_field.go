package expression

import (
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"kaskad/engine/filter"
)

// isFieldKey says whether a text looks like the key of an attribute, an address or a consent: 1 to 64 letters, digits,
// _ and -. A regular expression over all letters costs every start of the program more than reading a scheme does.
func isFieldKey(s string) bool {
	n := 0
	for _, r := range s {
		if n++; r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return false
		}
	}
	return n >= 1 && n <= 64
}

// field reads name, contact.name, attributes.city or attributes["город"].
func (p *filterParser) field(n ast.Node) (filter.Field, error) {
	path, ok := memberPath(n)
	if !ok {
		return filter.Field{}, p.fail(n, "filter_field_needed")
	}
	if len(path) > 1 && path[0] == "contact" {
		path = path[1:]
	}
	name := filter.Name(path[0])
	switch {
	case !slices.Contains(filter.Names(), name):
		return filter.Field{}, p.fail(n, "filter_unknown_field", "field", path[0], "known", knownFields())
	case name.Keyed() && len(path) == 1:
		return filter.Field{}, p.fail(n, "filter_key", "field", path[0])
	case len(path) > 2, !name.Keyed() && len(path) > 1, name.Keyed() && !isFieldKey(path[1]):
		return filter.Field{}, p.fail(n, "filter_unknown_field", "field", strings.Join(path, "."), "known", knownFields())
	case name.Keyed():
		return filter.Field{Name: name, Key: path[1]}, nil
	}
	return filter.Field{Name: name}, nil
}

func knownFields() string {
	var list []string
	for _, name := range filter.Names() {
		if name.Keyed() {
			name += ".…"
		}
		list = append(list, string(name))
	}
	return strings.Join(list, ", ")
}

func fieldText(f filter.Field) string {
	if f.Key == "" {
		return string(f.Name)
	}
	return string(f.Name) + "." + f.Key
}

// memberPath gives a.b.c as its names.
func memberPath(n ast.Node) ([]string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []string{n.Value}, true
	case *ast.ChainNode:
		return memberPath(n.Node)
	case *ast.MemberNode:
		property, ok := n.Property.(*ast.StringNode)
		path, known := memberPath(n.Node)
		if !ok || !known || n.Method || len(path) > 3 {
			return nil, false
		}
		return append(path, property.Value), true
	}
	return nil, false
}

// filterConstant gives a constant: nil, string, float64, bool, or []ast.Node for a list.
func filterConstant(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.NilNode:
		return nil, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.ArrayNode:
		return n.Nodes, true
	case *ast.UnaryNode:
		number, ok := filterConstant(n.Node)
		f, isNumber := number.(float64)
		switch {
		case !ok || !isNumber:
			return nil, false
		case n.Operator == "-":
			return -f, true
		case n.Operator == "+":
			return f, true
		}
	}
	return nil, false
}

// in takes field in [constants], and constant in list.
func (p *filterParser) in(n *ast.BinaryNode) (filter.Node, error) {
	if value, constant := filterConstant(n.Left); constant {
		f, err := p.field(n.Right)
		if err != nil {
			return nil, err
		}
		if k := f.Kind(); k != filter.List && k != filter.Free {
			return nil, p.fail(n.Right, "filter_not_list", "field", fieldText(f))
		}
		fit, err := p.fitting(f, value, n.Left)
		return filter.Has{Field: f, Value: fit}, err
	}
	f, err := p.field(n.Left)
	if err != nil {
		return nil, err
	}
	value, _ := filterConstant(n.Right)
	list, ok := value.([]ast.Node)
	switch {
	case !ok || len(list) == 0 || len(list) > filter.MaxValues:
		return nil, p.fail(n.Right, "filter_values", "max", filter.MaxValues)
	case f.Kind() == filter.List, f.Kind() == filter.Instant:
		return nil, p.fail(n, "filter_list", "field", fieldText(f))
	}
	return p.oneOf(f, list)
}

// oneOf makes field in [constants]; nothing and an empty text among them stand for a field that is lacking.
func (p *filterParser) oneOf(f filter.Field, list []ast.Node) (filter.Node, error) {
	in, empty := filter.In{Field: f}, false
	for _, item := range list {
		value, constant := filterConstant(item)
		if !constant {
			return nil, p.fail(item, "filter_constant")
		}
		if value == nil || value == "" {
			empty = true
			continue
		}
		fit, err := p.fitting(f, value, item)
		if err != nil {
			return nil, err
		}
		in.Values = append(in.Values, fit)
	}
	switch {
	case !empty:
		return in, nil
	case len(in.Values) == 0:
		return filter.Empty{Field: f}, nil
	}
	return filter.Or{Of: []filter.Node{in, filter.Empty{Field: f}}}, nil
}

// match takes field contains "text" and its kin.
func (p *filterParser) match(n *ast.BinaryNode, how filter.How) (filter.Node, error) {
	f, err := p.field(n.Left)
	if err != nil {
		return nil, err
	}
	if k := f.Kind(); k != filter.Text && k != filter.Free {
		return nil, p.fail(n, "filter_not_text", "field", fieldText(f), "operator", n.Operator)
	}
	value, _ := filterConstant(n.Right)
	text, ok := value.(string)
	if !ok || text == "" || strings.ContainsRune(text, 0) {
		return nil, p.fail(n.Right, "filter_text", "field", fieldText(f))
	}
	return filter.Match{Field: f, How: how, Text: text}, nil
}
