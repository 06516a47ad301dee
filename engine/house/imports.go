package house

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkImports holds a file's imports against the table.
func (g *goFile) checkImports() {
	r, known := ruleFor(g.dir)
	if !known {
		g.report(g.file.Package, "its folder has no line in the table of imports (engine/house/rules.go)")
		return
	}
	for _, spec := range g.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			g.report(spec.Pos(), "has an import that cannot be read")
			continue
		}
		if reason := g.refused(r, imported); reason != "" {
			g.report(spec.Pos(), "may not import %s: %s", imported, reason)
		}
	}
}

// refused says why a file may not import a package, or nothing when it may.
func (g *goFile) refused(r rule, imported string) string {
	for _, home := range homes {
		if under(imported, home.library) && !under(g.dir, home.folder) {
			return "only " + home.folder + " may"
		}
	}
	if g.test {
		return ""
	}
	own, isOwn := strings.CutPrefix(imported, module+"/")
	switch {
	case isOwn:
		if !r.allows(own) {
			return "the table of imports does not have it for " + r.folder
		}
	case strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
		if r.standard {
			return r.folder + " has the standard library only"
		}
	case r.pure && impure(imported):
		return r.folder + " has no clock, randomness, network or system"
	}
	return ""
}

func (r rule) allows(own string) bool {
	inside := func(folder string) bool { return under(own, folder) }
	switch {
	case slices.ContainsFunc(r.but, inside):
		return false
	case r.anyOwn, slices.Contains(r.exact, own):
		return true
	case r.folder == "engine": // everything is inside it
		return slices.ContainsFunc(r.own, inside)
	}
	return inside(r.folder) || slices.ContainsFunc(r.own, inside)
}

func impure(imported string) bool {
	return !slices.Contains(pureParts, imported) &&
		slices.ContainsFunc(impurePackages, func(p string) bool { return under(imported, p) })
}

// checkCalls looks for calls that pure code, or a test, may not make.
func (g *goFile) checkCalls() {
	r, _ := ruleFor(g.dir)
	pure := r.pure && !g.test
	names := g.importNames()
	ast.Inspect(g.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		called := selector.Sel.Name
		imported := names[from.Name]
		if pure && slices.Contains(impureCalls[imported], called) {
			g.report(selector.Pos(), "%s.%s: the clock is a parameter here", from.Name, called)
		}
		if g.test && imported == "time" && called == "Sleep" {
			g.report(selector.Pos(), "a test never sleeps: it waits for a signal")
		}
		if imported == "" && slices.Contains([]string{"t", "b", "f", "tb"}, from.Name) &&
			slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, called) {
			g.report(selector.Pos(), "a test is never skipped")
		}
		return true
	})
}

// importNames are the names by which the file knows its packages.
func (g *goFile) importNames() map[string]string {
	names := map[string]string{}
	for _, spec := range g.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // told by checkImports
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." && impureCalls[imported] != nil {
			g.report(spec.Pos(), "a dot import hides calls of %s", imported)
		}
		names[name] = imported
	}
	return names
}
