package expression

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// Language is scheme.Language over expr-lang. It and all that it compiles are safe for use by many goroutines.
type Language struct {
	runs runPool
	kits kitPool
}

var _ scheme.Language = (*Language)(nil)

// New makes a language. One is enough for a process: what it compiles shares its machines and tables.
func New() *Language { return &Language{} }

// Condition implements scheme.Language. What it returns also has UnmatchableConstant() (string, bool): a constant
// with capitals that the lower-cased reply is compared with, so that the comparison can never come true.
func (l *Language) Condition(source string, scope scheme.Scope) (scheme.Condition, error) {
	p, found, err := l.compile(place{text: source}, source, scope, false, true)
	if err != nil {
		return nil, err
	}
	return &condition{program: p, unmatchable: found.capitals, found: found.found}, nil
}

// Value implements scheme.Language. What Eval gives is a copy that JSON can hold (instants stay time.Time).
func (l *Language) Value(source string, scope scheme.Scope) (scheme.Value, error) {
	p, _, err := l.compile(place{text: source}, source, scope, false, false)
	if err != nil {
		return nil, err
	}
	return &value{program: p}, nil
}

// program is a compiled expression with its place in the user's text.
type program struct {
	runs *runPool
	at   place
	code *vm.Program
	// literal is the value if the expression is a constant, and then code is not run.
	literal    any
	isConstant bool
}

// compile checks and compiles one expression that stands at a place of the user's text.
func (l *Language) compile(at place, source string, scope scheme.Scope, link, boolean bool) (*program, checked, error) {
	if !utf8.ValidString(source) {
		return nil, checked{}, at.errorAt(0, words.Say("expression.utf8"))
	}
	if n := utf8.RuneCountInString(source); n > MaxExpression {
		return nil, checked{}, at.errorAt(0, words.Say("expression.long", "count", n, "most", MaxExpression))
	}
	if strings.TrimSpace(source) == "" {
		return nil, checked{}, at.errorAt(0, words.Say("expression.empty"))
	}
	found, code, err := l.make(at, source, scope, link, boolean)
	if err != nil {
		return nil, checked{}, err
	}
	p := &program{runs: &l.runs, at: at, code: code}
	p.literal, p.isConstant = literalOf(code.Node())
	if found.hasLink {
		addresses := addressFinder{at: at}
		root := code.Node()
		ast.Walk(&root, &addresses)
		if addresses.err != nil {
			return nil, checked{}, addresses.err
		}
	}
	return p, found, nil
}

// make parses, checks and compiles a source.
func (l *Language) make(at place, source string, scope scheme.Scope, link, boolean bool) (checked, *vm.Program, error) {
	k := l.kits.get(scope, link)
	found, code, err := k.compile(at, source, boolean)
	l.kits.put(k, scope, link)
	return found, code, err
}

func literalOf(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.NilNode:
		return nil, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Value, true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	}
	return nil, false
}

// addressFinder refuses constants that link() gets and that are no web address.
type addressFinder struct {
	at  place
	err error
}

// Visit implements ast.Visitor.
func (f *addressFinder) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.CallNode)
	if !ok || f.err != nil || len(n.Arguments) < 2 {
		return
	}
	if id, ok := n.Callee.(*ast.IdentifierNode); ok && id.Value == "link"+ownSuffix {
		f.constants(n.Arguments[1])
	}
}

func (f *addressFinder) constants(node ast.Node) {
	switch n := node.(type) {
	case *ast.StringNode:
		if err := checkAddress(n.Value); err != nil && f.err == nil {
			f.err = f.at.errorAt(n.Location().From, words.Of(err))
		}
	case *ast.ConditionalNode:
		f.constants(n.Exp1)
		f.constants(n.Exp2)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			f.constants(n.Left)
			f.constants(n.Right)
		}
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && id.Value == fnWeigh {
			f.constants(n.Arguments[1])
		}
	}
}

// eval runs the program on a machine that the caller holds.
func (p *program) eval(r *run) (any, error) {
	if p.isConstant {
		return p.literal, nil
	}
	out, err := r.vm.Run(p.code, r)
	if err != nil {
		return nil, p.at.wrap(err)
	}
	return out, nil
}

type condition struct {
	*program
	unmatchable string
	found       bool
}

// Holds implements scheme.Condition.
func (c *condition) Holds(v *scheme.Vars) (bool, error) {
	if holds, ok := c.literal.(bool); ok && c.isConstant {
		return holds, nil
	}
	r := c.runs.get(v)
	out, err := c.eval(r)
	c.runs.put(r)
	if err != nil {
		return false, err
	}
	holds, ok := out.(bool)
	if !ok {
		return false, c.at.errorAt(0, words.Say("expression.condition_gave", "type", kindName(out)))
	}
	return holds, nil
}

// UnmatchableConstant gives the first constant with capitals that the condition compares with the reply.
func (c *condition) UnmatchableConstant() (string, bool) { return c.unmatchable, c.found }

type value struct{ *program }

// Eval implements scheme.Value.
func (x *value) Eval(v *scheme.Vars) (any, error) {
	r := x.runs.get(v)
	defer x.runs.put(r)
	out, err := x.eval(r)
	if err != nil {
		return nil, err
	}
	out, err = r.plain(out, 0)
	if err != nil {
		return nil, x.at.wrap(err)
	}
	return out, nil
}
