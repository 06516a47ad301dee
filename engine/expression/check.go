package expression

import (
	"errors"
	"maps"
	"net/url"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/parser"

	"kaskad/engine/words"
)

// checked is what the check of a source found out.
type checked struct {
	hasLink  bool
	capitals string // the first constant with capitals that the reply is compared with
	found    bool
}

// rules walks the tree of a source, before the types are checked, and refuses what the library would allow.
type rules struct {
	*kit
	at      place
	callees map[*ast.IdentifierNode]bool
	idents  []*ast.IdentifierNode
	visited int
	checked
}

// check checks a tree against the names and types of its scope.
func check(k *kit, at place, tree *parser.Tree, boolean bool) (checked, error) {
	r := &rules{kit: k, at: at, callees: map[*ast.IdentifierNode]bool{}}
	if err := r.walk(&tree.Node); err != nil {
		return checked{}, err
	}
	kind, err := checker.Check(tree, k.check)
	if err != nil {
		return checked{}, r.wrap(err)
	}
	for _, id := range r.idents {
		if !r.callees[id] && id.Type() != nil && id.Type().Kind() == reflect.Func {
			return checked{}, at.errorAt(id.Location().From, words.Say("expression.is_function", "name", id.Value))
		}
	}
	if boolean && !mayBeBool(tree.Node, kind) {
		return checked{}, at.errorAt(0, words.Say("expression.no_condition", "type", typeName(kind)))
	}
	return r.checked, nil
}

// mayBeBool: what is known to be something else than true or false is no condition.
func mayBeBool(node ast.Node, kind reflect.Type) bool {
	if _, isNil := node.(*ast.NilNode); isNil || kind == nil {
		return false
	}
	return kind.Kind() == reflect.Bool || kind.Kind() == reflect.Interface
}

// wrap tells which names there are where one is not known.
func (r *rules) wrap(err error) error {
	wrapped := r.at.wrap(err)
	own, ok := errors.AsType[*Error](wrapped)
	if !ok || own.What.Key != "library.unknown_name" {
		return wrapped
	}
	own.What = words.Say("expression.unknown_name_known", "name", own.What.Args[0].Value, "names", slices.Sorted(maps.Keys(r.roots)))
	return own
}

// walk visits the tree. The library's walker cannot stop early, so the first finding leaves it as a panic.
func (r *rules) walk(node *ast.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			found, ok := p.(*Error)
			if !ok {
				panic(p)
			}
			err = found
		}
	}()
	ast.Walk(node, r)
	return nil
}

func (r *rules) fail(node ast.Node, key string, pairs ...any) {
	r.failWith(node, words.Say(key, pairs...))
}

func (r *rules) failWith(node ast.Node, what words.Message) {
	panic(r.at.errorAt(node.Location().From, what))
}

// Visit implements ast.Visitor.
func (r *rules) Visit(node *ast.Node) {
	if r.visited++; r.visited > MaxNodes {
		r.fail(*node, "expression.too_many_parts", "most", MaxNodes)
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			r.fail(n, "expression.unknown_name", "name", n.Value)
		}
		r.idents = append(r.idents, n)
	case *ast.BytesNode:
		r.fail(n, "expression.bytes")
	case *ast.VariableDeclaratorNode:
		if strings.HasPrefix(n.Name, "$") {
			r.fail(n, "expression.dollar")
		}
	case *ast.MemberNode:
		r.member(n)
	case *ast.CallNode:
		if m, ok := n.Callee.(*ast.MemberNode); ok && m.Method {
			*node = methodCall(n, m)
			return
		}
		r.call(n)
	case *ast.BinaryNode:
		r.binary(n)
	case *ast.BuiltinNode:
		if len(n.Arguments) > 1 && (n.Name == "hasPrefix" || n.Name == "hasSuffix" || n.Name == "indexOf") {
			r.compare(n.Arguments[0], n.Arguments[1])
		}
	}
}

// member names the fields there are where one is unknown, and lets only known methods be called.
func (r *rules) member(n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return
	}
	if n.Method {
		if r.methods[name.Value] == nil {
			r.fail(n, "expression.unknown_function", "name", name.Value)
		}
		return
	}
	id, ok := n.Node.(*ast.IdentifierNode)
	if !ok {
		return
	}
	fields := r.roots[id.Value].fields
	if _, known := fields[name.Value]; fields == nil || known {
		return
	}
	r.fail(n, "expression.no_field", "name", id.Value, "field", name.Value, "fields", slices.Sorted(maps.Keys(fields)))
}

func (r *rules) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.fail(n, "expression.not_callable")
	}
	r.callees[callee] = true
	if !r.own[callee.Value] && !strings.HasPrefix(callee.Value, fnMethod) {
		key := "expression.unknown_function"
		if callee.Value == "link" {
			key = "expression.link_in_texts"
		}
		r.fail(callee, key, "name", callee.Value)
	}
	r.function(callee.Value, n)
}

// methodCall stands for x.Name(...), with the types that the methods have here (a month is a number).
func methodCall(n *ast.CallNode, m *ast.MemberNode) ast.Node {
	callee := &ast.IdentifierNode{Value: fnMethod + m.Property.(*ast.StringNode).Value}
	made := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{m.Node}, n.Arguments...)}
	callee.SetLocation(n.Location())
	made.SetLocation(n.Location())
	return made
}

func (r *rules) function(name string, n *ast.CallNode) {
	switch name {
	case "link":
		r.hasLink = true
	case "says":
		if len(n.Arguments) < 2 {
			r.fail(n, "expression.says")
		}
		for _, a := range n.Arguments[1:] {
			if s, ok := a.(*ast.StringNode); ok {
				if _, err := preparePhrases([]string{s.Value}); err != nil {
					r.failWith(a, words.Of(err))
				}
			}
		}
	case "timezone":
		if len(n.Arguments) != 1 || zoneOf(n.Arguments[0]) == nil {
			r.fail(n, "expression.timezone")
		}
	}
}

// zoneOf loads the zone that a constant names. Zones are loaded when compiling: a running expression does no I/O.
func zoneOf(n ast.Node) *time.Location {
	s, ok := n.(*ast.StringNode)
	if !ok || s.Value == "" || s.Value == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(s.Value)
	if err != nil {
		return nil
	}
	return zone
}

func (r *rules) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		pattern, ok := n.Right.(*ast.StringNode)
		if !ok {
			r.fail(n, "expression.matches")
		}
		if _, err := patternSize(pattern.Value); err != nil {
			r.failWith(pattern, words.Of(err))
		}
		if isReply(n.Left) {
			r.capital(patternCapitals(pattern.Value))
		}
	case "==", "!=", "contains", "startsWith", "endsWith", "in":
		r.compare(n.Left, n.Right)
		r.compare(n.Right, n.Left)
	}
}

var errPattern = words.Fail("pattern.large")

// patternSize is the number of instructions of a regular expression: matching costs at most that for each byte.
func patternSize(pattern string) (int, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, brokenPattern(err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0, err
	}
	if len(prog.Inst) > maxPattern {
		return 0, errPattern
	}
	return len(prog.Inst), nil
}

var (
	errAddress = words.Fail("expression.address")
	errLongURL = words.Fail("expression.address_long")
)

func checkAddress(address string) error {
	if len(address) > 8_000 {
		return errLongURL
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return errAddress
	}
	return nil
}
