package expression

import (
	"errors"
	"net/url"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/parser"
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
		return checked{}, at.wrap(err, r.hint(err))
	}
	for _, id := range r.idents {
		if !r.callees[id] && id.Type() != nil && id.Type().Kind() == reflect.Func {
			return checked{}, at.errorAt(id.Location().From, "%s is a function: write %s(...)", id.Value, id.Value)
		}
	}
	if boolean && !mayBeBool(tree.Node, kind) {
		return checked{}, at.errorAt(0, "a condition must be true or false, and this is %s", typeName(kind))
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

func typeName(t reflect.Type) string {
	if t == nil {
		return "nothing"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Int, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "a map"
	}
	return t.String()
}

func (r *rules) hint(err error) string {
	if !strings.Contains(err.Error(), "unknown name") {
		return ""
	}
	names := make([]string, 0, len(r.roots))
	for name := range r.roots {
		names = append(names, name)
	}
	slices.Sort(names)
	return " (known here: " + strings.Join(names, ", ") + ")"
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

func (r *rules) fail(node ast.Node, format string, args ...any) {
	panic(r.at.errorAt(node.Location().From, format, args...))
}

// Visit implements ast.Visitor.
func (r *rules) Visit(node *ast.Node) {
	if r.visited++; r.visited > MaxNodes {
		r.fail(*node, "the expression has too many parts (over %d)", MaxNodes)
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			r.fail(n, "unknown name %s", n.Value)
		}
		r.idents = append(r.idents, n)
	case *ast.BytesNode:
		r.fail(n, "write the text without b before it")
	case *ast.VariableDeclaratorNode:
		if strings.HasPrefix(n.Name, "$") {
			r.fail(n, "a name cannot start with $")
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
			r.fail(n, "unknown function %s", name.Value)
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
	names := make([]string, 0, len(fields))
	for f := range fields {
		names = append(names, f)
	}
	slices.Sort(names)
	r.fail(n, "%s has no field %s (it has %s)", id.Value, name.Value, strings.Join(names, ", "))
}

func (r *rules) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.fail(n, "this cannot be called")
	}
	r.callees[callee] = true
	if !r.own[callee.Value] && !strings.HasPrefix(callee.Value, fnMethod) {
		hint := ""
		if callee.Value == "link" {
			hint = ": link(url) is for texts only"
		}
		r.fail(callee, "unknown function %s%s", callee.Value, hint)
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
			r.fail(n, "says() needs a text and at least one word: says(reply, \"да\")")
		}
		for _, a := range n.Arguments[1:] {
			if s, ok := a.(*ast.StringNode); ok {
				if _, err := preparePhrases([]string{s.Value}); err != nil {
					r.fail(a, "%s", err)
				}
			}
		}
	case "timezone":
		if len(n.Arguments) != 1 || zoneOf(n.Arguments[0]) == nil {
			r.fail(n, "timezone() needs the name of a zone in quotes, like \"Europe/Moscow\"")
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
			r.fail(n, "matches needs its pattern as a constant in quotes")
		}
		if _, err := patternSize(pattern.Value); err != nil {
			r.fail(pattern, "%s", err)
		}
		if isReply(n.Left) {
			r.capital(patternCapitals(pattern.Value))
		}
	case "==", "!=", "contains", "startsWith", "endsWith", "in":
		r.compare(n.Left, n.Right)
		r.compare(n.Right, n.Left)
	}
}

var errPattern = errors.New("the pattern is too large")

// patternSize is the number of instructions of a regular expression: matching costs at most that for each byte.
func patternSize(pattern string) (int, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
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
	errAddress = errors.New("an address of a link must start with http:// or https:// and name a site")
	errLongURL = errors.New("an address of a link is at most 8,000 bytes")
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
