// Package house keeps the rules of the house: which folder may import which, where the clock, randomness and the network
// may not be, and how large a file may grow. A rule is a line of a table in rules.go; its test runs over this tree.
package house

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// Tree is the project's files by their slash-separated path from the root.
type Tree map[string][]byte

// Finding is a broken rule.
type Finding struct {
	Path string
	Line int // 0 when it is the whole file or folder
	Text string
}

func (f Finding) String() string {
	if f.Line == 0 {
		return f.Path + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text)
}

// Check returns the broken rules of a tree, sorted by place.
func Check(tree Tree) []Finding {
	c := &checker{}
	for name, text := range tree {
		c.checkPlace(name)
		c.checkText(name, text)
		if strings.HasSuffix(name, ".go") {
			c.checkGo(name, text)
		}
	}
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(c.findings)
}

type checker struct{ findings []Finding }

func (c *checker) add(name string, line int, format string, args ...any) {
	c.findings = append(c.findings, Finding{Path: name, Line: line, Text: fmt.Sprintf(format, args...)})
}

// checkPlace keeps the list of things at the top.
func (c *checker) checkPlace(name string) {
	top, _, _ := strings.Cut(name, "/")
	if !strings.HasPrefix(top, ".") && !slices.Contains(topLevel, top) {
		c.add(top, 0, "is not in the list of top-level files and folders")
	}
}

// checkText keeps unfinished business out of everything that is written by hand.
func (c *checker) checkText(name string, text []byte) {
	if !slices.Contains(writtenByHand, path.Ext(name)) || generated(text) {
		return
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		for _, word := range unfinished {
			if containsWord(line, word) {
				c.add(name, i+1, "%s: finish it, or file it as an issue", word)
			}
		}
	}
	if count := len(lines) - 1; path.Ext(name) == ".go" && count > maxLines {
		c.add(name, 0, "has %d lines, more than %d", count, maxLines)
	}
}

// generated recognises a generated file by Go's own convention.
func generated(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "// Code generated ") && strings.HasSuffix(line, " DO NOT EDIT.") {
			return true
		}
		if strings.HasPrefix(line, "package ") {
			break
		}
	}
	return false
}

func containsWord(line, word string) bool {
	for rest := line; ; {
		i := strings.Index(rest, word)
		if i < 0 {
			return false
		}
		after := rest[i+len(word):]
		if (i == 0 || !letter(rest[i-1])) && (after == "" || !letter(after[0])) {
			return true
		}
		rest = after
	}
}

func letter(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// checkGo keeps the rules of imports and calls.
func (c *checker) checkGo(name string, text []byte) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		c.add(name, 0, "is not Go: %v", err)
		return
	}
	g := &goFile{checker: c, name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), set: set, file: file}
	g.checkImports()
	g.checkCalls()
}

// goFile is one Go file under the check.
type goFile struct {
	*checker
	name, dir string
	test      bool
	set       *token.FileSet
	file      *ast.File
}

func (g *goFile) report(at token.Pos, format string, args ...any) {
	g.add(g.name, g.set.Position(at).Line, format, args...)
}

// under says whether a folder is another or inside it.
func under(dir, folder string) bool { return dir == folder || strings.HasPrefix(dir, folder+"/") }
