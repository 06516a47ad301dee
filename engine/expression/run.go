package expression

import (
	"sync"

	"github.com/expr-lang/expr/vm"

	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

var (
	errWork  = words.Fail("value.work")
	errDepth = words.Fail("value.depth")
	errLong  = words.Fail("value.long")
	errOut   = words.Fail("value.output")
)

// memoryBudget bounds the lists and maps that one expression builds, in elements (the library's own count).
const memoryBudget = 100_000

// run is one evaluation: the environment that the compiled programs see, with the machine that runs them. Runs
// are pooled; one belongs to one goroutine at a time.
type run struct {
	vars *scheme.Vars
	link func(string) string
	left int // units of work
	vm   vm.VM
	out  []byte
}

type runPool struct{ pool sync.Pool }

var noVars scheme.Vars // never written

func (p *runPool) get(v *scheme.Vars) *run {
	r, ok := p.pool.Get().(*run)
	if !ok {
		r = &run{vm: vm.VM{MemoryBudget: memoryBudget}}
	}
	if v == nil {
		v = &noVars
	}
	r.vars, r.left, r.out = v, MaxWork, r.out[:0]
	return r
}

// put gives a run back without what it knows of the contact.
func (p *runPool) put(r *run) {
	r.vars, r.link = nil, nil
	if cap(r.vm.Scopes) > 0 || cap(r.vm.Stack) > 256 {
		r.vm = vm.VM{MemoryBudget: memoryBudget} // its scopes would keep the lists they went over
	} else {
		clear(r.vm.Stack[:cap(r.vm.Stack)])
		clear(r.vm.Variables)
	}
	if cap(r.out) > MaxText {
		r.out = nil
	}
	p.pool.Put(r)
}

// spend takes units of work.
func (r *run) spend(units int) error {
	if units < 0 || units > r.left {
		r.left = 0
		return errWork
	}
	r.left -= units
	return nil
}
