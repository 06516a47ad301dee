package scheme

import "slices"

// graph is the drawing without what counts no further: links that lead nowhere, and blocks with no id of their own.
type graph struct {
	c   *checker
	out [][]edge
	in  []int // incoming links
}

type edge struct {
	to    int
	waits bool // leaving by it takes time or a person's act
}

func newGraph(c *checker) *graph {
	g := &graph{c: c, out: make([][]edge, len(c.nodes)), in: make([]int, len(c.nodes))}
	for i := range c.links {
		l := &c.links[i]
		if l.lost {
			continue
		}
		g.out[l.from] = append(g.out[l.from], edge{to: l.to, waits: c.waits(i)})
		g.in[l.to]++
	}
	return g
}

// waits errs on the side of silence: a link that has its own mistake makes no second one.
func (c *checker) waits(link int) bool {
	check := &c.links[link]
	settings := c.nodes[check.from].settings
	if settings == nil || check.refused || check.unknown {
		return true
	}
	w, ok := settings.(Waiter)
	return ok && w.Waits(c.doc.Links[link].Type)
}

// checkEntry finds the one block at which a walk begins.
func (c *checker) checkEntry(g *graph) {
	c.entry = -1
	if c.doc.Entry != "" {
		if i, ok := c.index[c.doc.Entry]; ok {
			c.entry = i
		} else if !c.lostNodes {
			c.report(Finding{Severity: Error, Code: NoEntry, Field: "/entry", Value: clip(c.doc.Entry)},
				"entry.unknown", "id", clip(c.doc.Entry))
		}
		return
	}
	if c.lostNodes || c.lostLinks || c.entryLost {
		return
	}
	var roots []int
	for i := range c.nodes {
		if !c.nodes[i].lost && g.in[i] == 0 {
			roots = append(roots, i)
		}
	}
	switch {
	case len(roots) == 1:
		c.entry = roots[0]
	case len(roots) > 1:
		c.report(Finding{Severity: Error, Code: SeveralEntries, Nodes: c.ids(roots), Field: "/nodes"},
			"entry.several", "count", len(roots))
	case c.doc.Kind == Routing: // a cascade without a root has a cycle, which is the mistake
		c.report(Finding{Severity: Error, Code: NoEntry, Field: "/entry"}, "entry.none")
	}
}

func (c *checker) ids(nodes []int) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = c.doc.Nodes[n].ID
	}
	return out
}

// checkLoops finds loops that must not be.
func (c *checker) checkLoops(g *graph) {
	if c.doc.Kind == Cascade {
		for _, loop := range g.loops(false) {
			c.report(Finding{Severity: Error, Code: Cycle, Nodes: c.ids(loop), Field: "/links"}, "loop.cascade")
		}
		return
	}
	for _, loop := range g.loops(true) {
		c.report(Finding{Severity: Error, Code: LoopWithoutWait, Nodes: c.ids(loop), Field: "/links"},
			"loop.without_wait")
	}
	offers, unknown := g.leadsTo(func(i int) bool {
		o, ok := c.nodes[i].settings.(Offerer)
		return ok && o.Offers()
	}), g.leadsTo(func(i int) bool { return c.nodes[i].typeLost })
	for _, loop := range g.loops(false) {
		if !offers[loop[0]] && !unknown[loop[0]] && !c.lostLinks {
			c.report(Finding{Severity: Warning, Code: LoopNeverOffers, Nodes: c.ids(loop), Field: "/links"},
				"loop.never_offers")
		}
	}
}

// warnGraph warns of what is missing from the drawing.
func (c *checker) warnGraph(g *graph) {
	if c.lostNodes || c.lostLinks {
		return
	}
	if c.entry >= 0 {
		reached := g.reach(c.entry)
		for i := range c.nodes {
			if !c.nodes[i].lost && !reached[i] {
				c.report(Finding{Severity: Warning, Code: UnreachableBlock, Node: c.doc.Nodes[i].ID, Field: c.nodes[i].at},
					"block.unreachable")
			}
		}
	}
	isGoal := func(n nodeCheck) bool { return n.typeLost || n.typ.Goal }
	if c.doc.Kind == Cascade && !slices.ContainsFunc(c.nodes, isGoal) {
		c.report(Finding{Severity: Warning, Code: NoGoal, Field: "/nodes"}, "scheme.no_goal")
	}
	c.warnMissed()
}

// warnMissed warns of operations after which a dialog that nobody accepted has nowhere to go.
func (c *checker) warnMissed() {
	leadsOn := make([]bool, len(c.nodes))
	for i := range c.links {
		if l := &c.links[i]; !l.lost && c.doc.Links[i].Type == LinkNotAccepted {
			leadsOn[l.from] = true
		}
	}
	for i := range c.nodes {
		o, ok := c.nodes[i].settings.(Offerer)
		if ok && o.Offers() && !c.nodes[i].lost && !leadsOn[i] {
			c.report(Finding{Severity: Warning, Code: MissedChats, Node: c.doc.Nodes[i].ID, Field: c.nodes[i].at},
				"block.missed_chats")
		}
	}
}

// reach tells which nodes can be reached from one, itself included.
func (g *graph) reach(from int) []bool {
	seen := make([]bool, len(g.out))
	seen[from] = true
	for todo := []int{from}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range g.out[n] {
			if !seen[e.to] {
				seen[e.to] = true
				todo = append(todo, e.to)
			}
		}
	}
	return seen
}

// leadsTo tells from which nodes one that is wanted can be reached, itself included.
func (g *graph) leadsTo(wanted func(int) bool) []bool {
	back := &graph{c: g.c, out: make([][]edge, len(g.out))}
	for from, edges := range g.out {
		for _, e := range edges {
			back.out[e.to] = append(back.out[e.to], edge{to: from})
		}
	}
	all := make([]bool, len(g.out))
	for i := range g.out {
		if !all[i] && wanted(i) {
			for j, ok := range back.reach(i) {
				all[j] = all[j] || ok
			}
		}
	}
	return all
}

// loops gives the strongly connected sets that have a cycle, by the first of their nodes, each in the document's
// order (Tarjan's algorithm). Where unwaiting is true only links that do not wait count.
func (g *graph) loops(unwaiting bool) [][]int {
	t := &tarjan{g: g, unwaiting: unwaiting, number: make([]int, len(g.out)), low: make([]int, len(g.out)),
		open: make([]bool, len(g.out))}
	for i := range g.out {
		if t.number[i] == 0 {
			t.visit(i)
		}
	}
	slices.SortFunc(t.found, func(a, b []int) int { return a[0] - b[0] })
	return t.found
}

type tarjan struct {
	g           *graph
	unwaiting   bool
	next        int
	number, low []int
	open        []bool
	stack       []int
	found       [][]int
}

// visit recurses at most MaxNodes deep.
func (t *tarjan) visit(n int) {
	t.next++
	t.number[n], t.low[n] = t.next, t.next
	t.stack, t.open[n] = append(t.stack, n), true
	self := false
	for _, e := range t.g.out[n] {
		if t.unwaiting && e.waits {
			continue
		}
		self = self || e.to == n
		if t.number[e.to] == 0 {
			t.visit(e.to)
			t.low[n] = min(t.low[n], t.low[e.to])
		} else if t.open[e.to] {
			t.low[n] = min(t.low[n], t.number[e.to])
		}
	}
	if t.low[n] != t.number[n] {
		return
	}
	at := slices.Index(t.stack, n)
	set := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, m := range set {
		t.open[m] = false
	}
	if len(set) > 1 || self {
		slices.Sort(set)
		t.found = append(t.found, set)
	}
}
