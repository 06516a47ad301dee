package scheme_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// TestEveryCodeHasItsWords reads the list of codes from the code, so that none can be added without a heading.
func TestEveryCodeHasItsWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "finding.go", nil, 0)
	require.NoError(t, err)
	codes := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
				code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				codes[code] = true
			}
		}
		return true
	})
	require.Len(t, codes, 27)
	for _, l := range words.Languages() {
		for code := range codes {
			require.Contains(t, words.Catalogue(l), "code."+code)
			require.Equal(t, words.Catalogue(l)["code."+code], scheme.Code(code).Said().In(l))
		}
		for key := range words.Catalogue(l) {
			if code, ok := strings.CutPrefix(key, "code."); ok {
				require.True(t, codes[code], key)
			}
		}
	}
}

func TestFindingsInALanguage(t *testing.T) {
	t.Parallel()
	_, findings := scheme.Check([]byte(`{"kind":"cascade","name":"","nodes":[{"id":"a","type":"telegram"}],"links":[]}`), fakeTypes(), fakeLanguage{})
	require.Len(t, findings, 1)
	russian := scheme.In(words.Russian, findings)
	require.Equal(t, `there is no block of type "telegram": choose one from the palette`, findings[0].Message)
	require.Equal(t, "блоков типа «telegram» нет: выберите блок из палитры", russian[0].Message)
	require.Equal(t, findings, scheme.In(words.English, russian), "nothing else differs")
}
