package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// ownSuffix ends the names of functions in rewritten programs, where they have the run as first argument.
const ownSuffix = " "

// rewriter makes a checked tree ready to run: see the package's documentation.
type rewriter struct {
	*kit
	looped map[ast.Node]bool // inside a predicate: may run many times
	done   map[ast.Node]bool // a chained comparison has its middle twice in the tree
	whole  map[ast.Node]root // reads of a top-level name, which a member access may replace
	direct map[ast.Node]bool // reads straight from Vars: at most MaxText bytes if a text
	tables map[ast.Node]code // reads of contact.attributes and data
}

func newRewriter() rewriter {
	return rewriter{looped: map[ast.Node]bool{}, done: map[ast.Node]bool{}, whole: map[ast.Node]root{},
		direct: map[ast.Node]bool{}, tables: map[ast.Node]code{}}
}

// forget lets go of the tree.
func (w *rewriter) forget() {
	w.kit = nil
	clear(w.looped)
	clear(w.done)
	clear(w.whole)
	clear(w.direct)
	clear(w.tables)
}

// build rewrites and compiles a tree that was checked. What the check noted of types in the tree is noted anew: the
// rewritten program is typed by its own functions.
func build(k *kit, tree *parser.Tree) (*vm.Program, error) {
	w := &k.notes
	w.kit = k
	defer w.forget()
	ast.Walk(&tree.Node, loopFinder(w.looped))
	ast.Walk(&tree.Node, w)
	if _, err := checker.Check(tree, k.build); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, k.build); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, k.build)
}

// loopFinder collects the nodes inside predicates.
type loopFinder map[ast.Node]bool

// Visit implements ast.Visitor.
func (f loopFinder) Visit(node *ast.Node) {
	if p, ok := (*node).(*ast.PredicateNode); ok && !f[p.Node] {
		ast.Walk(&p.Node, collector(f))
	}
}

type collector map[ast.Node]bool

// Visit implements ast.Visitor.
func (c collector) Visit(node *ast.Node) { c[*node] = true }

// call builds a call of one of this package's functions with the run as its first argument.
func call(like ast.Node, name string, args ...ast.Node) *ast.CallNode {
	callee, env := &ast.IdentifierNode{Value: name}, &ast.IdentifierNode{Value: "$env"}
	n := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{env}, args...)}
	for _, made := range []ast.Node{callee, env, n} {
		made.SetLocation(like.Location())
	}
	return n
}

func number(i int) ast.Node { return &ast.IntegerNode{Value: i} }

// Visit implements ast.Visitor. It runs after the children were visited.
func (w *rewriter) Visit(node *ast.Node) {
	n := *node
	if w.done[n] {
		return
	}
	if made := w.rewrite(n); made != nil {
		*node = made
		w.done[made] = true
		if w.looped[n] {
			w.looped[made] = true
		}
		return
	}
	switch n.(type) {
	case *ast.MemberNode, *ast.IdentifierNode:
		// Not marked: a shared one is replaced wherever it stands.
	default:
		w.done[n] = true
	}
}

// rewrite gives the replacement of a node, or nil where the node stays (its operands may have changed).
func (w *rewriter) rewrite(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if r, ok := w.roots[n.Value]; ok {
			made := call(n, fnRead, number(int(r.code)))
			w.whole[made] = r
			w.direct[made] = true
			if r.code == codeData {
				w.tables[made] = codeData
			}
			return made
		}
	case *ast.MemberNode:
		return w.member(n)
	case *ast.SliceNode:
		return call(n, fnSlice, w.weighed(n.Node, false), orNil(n.From), orNil(n.To))
	case *ast.CallNode:
		return w.called(n)
	case *ast.BuiltinNode:
		return w.builtin(n)
	case *ast.PairNode:
		n.Key = w.weighed(n.Key, false) // it is hashed
	case *ast.PredicateNode:
		w.predicate(n)
	case *ast.BinaryNode:
		return w.binary(n)
	}
	return nil
}

func orNil(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}

func (w *rewriter) member(n *ast.MemberNode) ast.Node {
	if name, ok := n.Property.(*ast.StringNode); ok {
		if f, ok := w.whole[n.Node].fields[name.Value]; ok {
			made := call(n, fnRead, number(int(f.code)))
			w.direct[made] = true
			if f.code == codeAttributes {
				w.tables[made] = codeAttributes
			}
			return made
		}
		if table, ok := w.tables[n.Node]; ok {
			made := call(n, fnAttribute, number(int(table)), name)
			w.direct[made] = true
			return made
		}
	}
	made := call(n, fnGet, n.Node, n.Property)
	w.direct[made] = w.direct[n.Node] && constant(n.Property)
	return made
}

func (w *rewriter) called(n *ast.CallNode) ast.Node {
	id := n.Callee.(*ast.IdentifierNode)
	if name, ok := strings.CutPrefix(id.Value, fnMethod); ok { // see methodCall
		property := &ast.StringNode{Value: name}
		property.SetLocation(n.Location())
		args := []ast.Node{n.Arguments[0], property}
		for _, a := range n.Arguments[1:] {
			args = append(args, w.weighed(a, false))
		}
		return call(n, fnMethod, args...)
	}
	if !w.own[id.Value] {
		return nil
	}
	switch id.Value {
	case "timezone":
		made := &ast.ConstantNode{Value: zoneOf(n.Arguments[0])}
		made.SetLocation(n.Location())
		return made
	case "says":
		return call(n, "says"+ownSuffix, w.saysArgs(n.Arguments)...)
	case "link":
		if s, ok := n.Arguments[0].(*ast.StringNode); ok && checkAddress(s.Value) == nil {
			return call(n, "link"+ownSuffix, &ast.ConstantNode{Value: address(s.Value)})
		} // a wrong one stays for the addressFinder
	}
	args := make([]ast.Node, len(n.Arguments))
	for i, a := range n.Arguments {
		args[i] = w.weighed(a, id.Value != "link")
	}
	return call(n, id.Value+ownSuffix, args...)
}

// saysArgs prepares constant phrases once; says() itself spends what it goes over.
func (w *rewriter) saysArgs(args []ast.Node) []ast.Node {
	given := make([]string, 0, len(args))
	for _, a := range args[1:] {
		s, ok := a.(*ast.StringNode)
		if !ok {
			return args
		}
		given = append(given, s.Value)
	}
	prepared, err := preparePhrases(given)
	if err != nil {
		return args
	}
	return []ast.Node{args[0], &ast.ConstantNode{Value: prepared}}
}

// light are the builtins that only go over one text: a text straight from Vars need not be weighed for them.
var light = map[string]bool{"len": true, "upper": true, "lower": true, "trim": true, "trimPrefix": true,
	"trimSuffix": true, "hasPrefix": true, "hasSuffix": true, "indexOf": true, "lastIndexOf": true, "type": true,
	"int": true, "float": true, "abs": true, "ceil": true, "floor": true, "round": true}

func (w *rewriter) builtin(n *ast.BuiltinNode) ast.Node {
	if len(n.Arguments) > 1 {
		if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
			if n.Name == "sortBy" || n.Name == "groupBy" { // these compare and hash what the predicate gives
				body := p.Node.(*ast.SequenceNode)
				body.Nodes[1] = call(p, fnWeigh, body.Nodes[1], number(16))
			}
			return nil
		}
	}
	switch {
	case n.Name == "get" && len(n.Arguments) == 2:
		return call(n, fnGet, n.Arguments...)
	case n.Name == "first" && len(n.Arguments) == 1:
		return call(n, fnGet, n.Arguments[0], number(0))
	case n.Name == "last" && len(n.Arguments) == 1:
		return call(n, fnGet, n.Arguments[0], number(-1))
	}
	for i, a := range n.Arguments {
		n.Arguments[i] = w.weighed(a, !light[n.Name])
	}
	return nil
}

// predicate makes every pass pay for the body before it runs.
func (w *rewriter) predicate(n *ast.PredicateNode) {
	cost := costCounter(1)
	ast.Walk(&n.Node, &cost)
	body := &ast.SequenceNode{Nodes: []ast.Node{call(n, fnPass, number(int(cost))), n.Node}}
	body.SetLocation(n.Location())
	n.Node = body
}

type costCounter int

// Visit implements ast.Visitor.
func (c *costCounter) Visit(node *ast.Node) {
	*c++
	if s, ok := (*node).(*ast.StringNode); ok {
		*c += costCounter(len(s.Value))
	}
}

func (w *rewriter) binary(n *ast.BinaryNode) ast.Node {
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		if !scalar(n.Left) && !scalar(n.Right) {
			n.Left, n.Right = w.weighed(n.Left, true), w.weighed(n.Right, true)
		}
	case "contains", "startsWith", "endsWith", "+":
		n.Left, n.Right = w.weighed(n.Left, false), w.weighed(n.Right, false)
	case "in":
		n.Left, n.Right = w.weighed(n.Left, false), w.weighed(n.Right, true)
	case "matches":
		size, _ := patternSize(n.Right.(*ast.StringNode).Value)
		n.Left = call(n, fnWeigh, n.Left, number(1+size/8))
	case "..":
		return call(n, fnRange, n.Left, n.Right)
	}
	return nil
}

// weighed makes an operand pay for its size. A text read straight from Vars is spared where it is gone over once;
// deep says that the operation also goes into lists and maps.
func (w *rewriter) weighed(n ast.Node, deep bool) ast.Node {
	if constant(n) || !deep && w.direct[n] && !w.looped[n] {
		return n
	}
	made := call(n, fnWeigh, n)
	w.done[made] = true
	return made
}

func scalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
		return true
	}
	return false
}

// constant: literals and lists of them, whose size is part of the source's.
func constant(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ConstantNode:
		return true
	case *ast.UnaryNode:
		return scalar(n.Node)
	case *ast.ArrayNode:
		for _, e := range n.Nodes {
			if !scalar(e) {
				return false
			}
		}
		return true
	}
	return scalar(n)
}
