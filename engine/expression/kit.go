package expression

import (
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// kit is what compiling in one scope needs. Its tables cost far more to build than one expression costs to compile,
// so kits are kept. A kit belongs to one compilation at a time: the library notes in a configuration what it has
// found out about types. (The library's parser is not kept: it never starts its count of parts again.)
type kit struct {
	roots   map[string]root
	methods map[string]any
	own     map[string]bool // names of this package's functions that a user may call here
	check   *conf.Config    // for the check of names and types
	build   *conf.Config    // for the rewritten tree
	notes   rewriter        // its tables, emptied after each use
}

func newKit(scope scheme.Scope, link bool) *kit {
	own := functions(link)
	k := &kit{roots: rootsOf(scope), methods: methods(), own: make(map[string]bool, len(own)),
		check: newConfig(own, true, ""), build: newConfig(own, false, ownSuffix), notes: newRewriter()}
	for _, f := range own {
		k.own[f.name] = true
	}
	env := make(types.Map, len(k.roots))
	for name, r := range k.roots {
		env[name] = r.typ
	}
	expr.Env(env)(k.check)
	for name, signature := range k.methods {
		expr.Function(fnMethod+name, notRun, signature)(k.check)
	}
	for _, f := range internals() {
		expr.Function(f.name, f.run)(k.build)
	}
	return k
}

// newConfig is the library's configuration with only the functions that are allowed.
func newConfig(own []function, typed bool, suffix string) *conf.Config {
	c := conf.CreateNew()
	c.MaxNodes = MaxNodes
	expr.DisableAllBuiltins()(c)
	for _, name := range builtins {
		expr.EnableBuiltin(name)(c)
	}
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	for _, f := range own {
		signatures := f.types
		if !typed {
			signatures = nil
		}
		run := f.run
		if run == nil {
			run = notRun
		}
		expr.Function(f.name+suffix, run, signatures...)(c)
	}
	return c
}

// notRun stands for what is only there for the check.
func notRun(...any) (any, error) { return nil, words.Fail("expression.not_callable") }

// compile makes a program of a source.
func (k *kit) compile(at place, source string, boolean bool) (checked, *vm.Program, error) {
	tree, err := parser.ParseWithConfig(source, k.check)
	if err != nil {
		return checked{}, nil, at.wrap(err)
	}
	found, err := check(k, at, tree, boolean)
	if err != nil {
		return checked{}, nil, err
	}
	code, err := build(k, tree)
	if err != nil {
		return checked{}, nil, at.wrap(err)
	}
	return found, code, nil
}

// kitPool keeps kits by scope, with and without link().
type kitPool struct{ pools [3][2]sync.Pool }

func (p *kitPool) of(scope scheme.Scope, link bool) *sync.Pool {
	with := 0
	if link {
		with = 1
	}
	switch scope {
	case scheme.ScopeReply:
		return &p.pools[1][with]
	case scheme.ScopeDialog:
		return &p.pools[2][with]
	}
	return &p.pools[0][with] // as in rootsOf
}

func (p *kitPool) get(scope scheme.Scope, link bool) *kit {
	if k, ok := p.of(scope, link).Get().(*kit); ok {
		return k
	}
	return newKit(scope, link)
}

// put gives a kit back. Not to be deferred: one that a panic came from is not used again.
func (p *kitPool) put(k *kit, scope scheme.Scope, link bool) { p.of(scope, link).Put(k) }
