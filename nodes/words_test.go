package nodes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
	"kaskad/nodes"
)

var (
	cyrillic = regexp.MustCompile(`\p{Cyrillic}`)
	// quoted is what a message repeats of the document.
	quoted = regexp.MustCompile(`«[^»]*»|"[^"]*"|(near|рядом): .*`)
)

// broken are documents with the mistakes that no fixture has.
var broken = []string{
	`[]`, `{"kind":"x"}`, `{"format":9}`, strings.Repeat("[", 70) + strings.Repeat("]", 70), strings.Repeat("[", 2<<20), `{`,
	`{"kind":"cascade","name":"","nodes":[{"id":"a","type":"telegram"}],"links":[]}`,
	`{"kind":"cascade","name":"","entry":"a","nodes":[{"id":"a","type":"sms","config":{"sender":"S","text":"t"}},
		{"id":"b","type":"goal"}],"links":[{"id":"1","from":"a","to":"a","type":"reply","value":"reply == \"Да\""},
		{"id":"2","from":"a","to":"a","type":"next"}]}`,
	`{"kind":"cascade","name":"","entry":"z","nodes":[{"id":"a","type":"goal"}],"links":[{"id":"1","from":"a","to":"q","type":"next"}]}`,
	`{"kind":"cascade","kind":"cascade","nodes":[],"surplus":1}`,
	`{"kind":"cascade","name":"a\u0000","nodes":[{"type":3,"x":1e999},{"id":"ы","type":"sms","config":{"sender":1}},7],"links":[{"from":1}]}`,
	`{"kind":"routing","name":"","nodes":[{"id":"a","type":"menu","config":{}},{"id":"a","type":"sms"}],"links":[{"id":"1","from":"a","to":"a",
		"type":"timeout"},{"id":"1","from":"a","to":"z","type":"timeout"}]}`,
}

// TestEveryFindingIsInBothLanguages checks every fixture and every case of the contract, and what they have not.
func TestEveryFindingIsInBothLanguages(t *testing.T) {
	t.Parallel()
	types, lang := nodes.All(), expression.New()
	docs := seeds(t)
	for _, doc := range broken {
		docs = append(docs, []byte(doc))
	}
	codes := map[scheme.Code]bool{}
	for _, doc := range docs {
		_, findings := scheme.Check(doc, types, lang)
		russian := scheme.In(words.Russian, findings)
		for i, f := range findings {
			codes[f.Code] = true
			require.Equal(t, f.Message, f.Text.In(words.English))
			requireSpoken(t, f.Message, russian[i].Message)
		}
	}
	lacking := map[string]bool{}
	for key := range words.Catalogue(words.English) {
		if code, ok := strings.CutPrefix(key, "code."); ok {
			if !codes[scheme.Code(code)] {
				lacking[code] = true
			}
		}
	}
	require.Empty(t, lacking, "no document has these codes")
}

// requireSpoken holds that a message is English in the one and Russian in the other, with no blank left.
func requireSpoken(t *testing.T, english, russian string) {
	t.Helper()
	own := quoted.ReplaceAllString(russian, "")
	require.True(t, cyrillic.MatchString(own), "not Russian: %s", russian)
	require.False(t, cyrillic.MatchString(quoted.ReplaceAllString(english, "")), "not English: %s", english)
	for _, text := range []string{english, own} {
		require.NotContains(t, text, "%!")
		require.Empty(t, words.Blanks(quoted.ReplaceAllString(text, "")), text)
	}
}

// TestWordsOfBlocks reads the texts that blocks bring with them: all in both languages, with the same blanks.
func TestWordsOfBlocks(t *testing.T) {
	t.Parallel()
	n := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			lit, ok := node.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if typ, ok := lit.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Text" {
				n++
				requireTexts(t, path, lit)
			}
			return true
		})
		return nil
	}))
	require.Greater(t, n, 50)
}

// requireTexts holds one scheme.Text{EN: ..., RU: ...} against itself.
func requireTexts(t *testing.T, path string, lit *ast.CompositeLit) {
	t.Helper()
	texts := map[string]string{}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		require.True(t, ok, "%s: name the languages", path)
		value, ok := pair.Value.(*ast.BasicLit)
		if !ok {
			return // put together: its parts are read where they are
		}
		text, err := strconv.Unquote(value.Value)
		require.NoError(t, err)
		texts[pair.Key.(*ast.Ident).Name] = text
	}
	require.Len(t, texts, 2, path)
	require.NotEmpty(t, texts["EN"], path)
	require.NotEmpty(t, texts["RU"], path)
	require.Equal(t, blanks(texts["EN"]), blanks(texts["RU"]), texts["EN"])
}

func blanks(text string) []string {
	names := map[string]bool{}
	for _, b := range words.Blanks(text) {
		names[b.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
