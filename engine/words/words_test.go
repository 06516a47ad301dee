package words_test

import (
	"errors"
	"fmt"
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

	"kaskad/engine/words"
)

// sameInBoth are keys whose text is what the document itself writes.
var sameInBoth = []string{"kind.null", "kind.bool", "type.bool"}

var cyrillic = regexp.MustCompile(`\p{Cyrillic}`)

// TestCataloguesSayTheSame holds the languages against each other: the same keys, the same blanks, all forms of words.
func TestCataloguesSayTheSame(t *testing.T) {
	t.Parallel()
	en, ru := words.Catalogue(words.English), words.Catalogue(words.Russian)
	require.NotEmpty(t, en)
	require.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ru)))
	for key, text := range en {
		require.NotEmpty(t, text, key)
		require.Equal(t, names(t, text, 2), names(t, ru[key], 3), key)
		require.False(t, cyrillic.MatchString(strings.ReplaceAll(text, `"да"`, "")), key)
		if !slices.Contains(sameInBoth, key) {
			require.True(t, cyrillic.MatchString(strings.NewReplacer("{", "", "}", "").Replace(ru[key])), "%s is not in Russian", key)
		}
	}
}

// names lists the blanks of a text, and counts the forms of their words.
func names(t *testing.T, text string, forms int) []string {
	t.Helper()
	found := map[string]bool{}
	for _, b := range words.Blanks(text) {
		found[b.Name] = true
		require.Contains(t, []int{0, forms}, len(b.Forms), text)
	}
	return slices.Sorted(maps.Keys(found))
}

// byTheirName are keys that the code puts together.
var byTheirName = regexp.MustCompile(`^(code|library|pattern\.why|block\.wrong_kind)\.`)

// TestEveryKeyIsInUse looks for the keys in the engine's code: none that lacks a text, none that nobody says.
func TestEveryKeyIsInUse(t *testing.T) {
	t.Parallel()
	en := words.Catalogue(words.English)
	groups := map[string]bool{}
	for key := range en {
		groups[strings.SplitN(key, ".", 2)[0]] = true
	}
	used := map[string]bool{}
	keyLike := regexp.MustCompile(`^[a-z]+\.[a-z0-9_.]*[a-z0-9]$`)
	for _, folder := range []string{"scheme", "expression", "simulate"} {
		for _, s := range literals(t, filepath.Join("..", folder)) {
			if keyLike.MatchString(s) && groups[strings.SplitN(s, ".", 2)[0]] {
				require.Contains(t, en, s, "no text for it")
				used[s] = true
			}
		}
	}
	for key := range en {
		require.True(t, used[key] || byTheirName.MatchString(key), "nobody says %s", key)
	}
}

// literals are the texts in the code of a folder, tests apart.
func literals(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				out = append(out, s)
			}
			return true
		})
		return nil
	}))
	require.NotEmpty(t, out)
	return out
}

func TestForms(t *testing.T) {
	t.Parallel()
	text := words.Text{EN: "{n} {n:block|blocks}", RU: "{n} {n:блок|блока|блоков}"}
	for n, want := range map[int][2]string{
		0: {"0 blocks", "0 блоков"}, 1: {"1 block", "1 блок"}, 2: {"2 blocks", "2 блока"}, 4: {"4 blocks", "4 блока"},
		5: {"5 blocks", "5 блоков"}, 11: {"11 blocks", "11 блоков"}, 12: {"12 blocks", "12 блоков"}, 21: {"21 blocks", "21 блок"},
		22: {"22 blocks", "22 блока"}, 111: {"111 blocks", "111 блоков"}, 114: {"114 blocks", "114 блоков"},
		-1: {"-1 blocks", "-1 блок"}, 1001: {"1001 blocks", "1001 блок"},
	} {
		if n == -1 {
			want[0] = "-1 block"
		}
		require.Equal(t, want, [2]string{text.With("n", n).In(words.English), text.With("n", n).In(words.Russian)})
	}
	require.Equal(t, "many блоков", text.With("n", "many").In(words.Russian))
}

func TestBlanks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   words.Text
		args   []any
		en, ru string
	}{
		{words.Text{EN: "{a:q}", RU: "{a:q}"}, []any{"a", "x\n\"y\""}, `"x\n\"y\""`, `«x\n"y"»`},
		{words.Text{EN: "{a}, {a}", RU: "{a}"}, []any{"a", []string{"x", "y"}}, "x, y, x, y", "x, y"},
		{words.Text{EN: `{"a": 1} {{ link("x") }} {a}`, RU: `{{ {a} }}`}, []any{"a", 7}, `{"a": 1} {{ link("x") }} 7`, "{{ 7 }}"},
		{words.Text{EN: "{missing} {a}", RU: "{a"}, []any{"a", 1.5}, "{missing} 1.5", "{a"},
		{words.Text{EN: "{a}", RU: "{a}"}, []any{"a", "{a}"}, "{a}", "{a}"},
		{words.Text{EN: "{k}", RU: "{k}"}, []any{"k", words.Say("kind.list")}, "a list", "список"},
		{words.Text{EN: "{k}", RU: "{k}"}, []any{"k", []words.Message{words.Say("kind.list"), words.Verbatim("x")}}, "a list, x", "список, x"},
		{words.Text{EN: "{e}", RU: "{e}"}, []any{"e", words.Fail("days.none")}, "name at least one day, from 1 (Monday) to 7 (Sunday)",
			"укажите хотя бы один день, от 1 (понедельник) до 7 (воскресенье)"},
		{words.Text{EN: "{e}", RU: "{e}"}, []any{"e", errors.New("what another said")}, "what another said", "what another said"},
	} {
		m := c.text.With(c.args...)
		require.Equal(t, c.en, m.In(words.English))
		require.Equal(t, c.ru, m.In(words.Russian))
		require.Equal(t, c.en, m.In("de"), "a language that there is not is English")
	}
	require.Equal(t, "no.such.key", words.Say("no.such.key").In(words.Russian))
	require.True(t, words.Message{}.IsZero())
}

func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := error(words.Fail("zone.unknown", "zone", "Mars", "cause", cause))
	require.Equal(t, `unknown time zone "Mars": use an IANA name such as Europe/Moscow`, err.Error())
	require.Equal(t, "часовой пояс «Mars» неизвестен: укажите название из базы IANA, например Europe/Moscow", words.Of(err).In(words.Russian))
	require.ErrorIs(t, err, cause)
	require.Equal(t, "x: cause", words.Of(fmt.Errorf("x: %w", cause)).In(words.Russian))
	require.NoError(t, errors.Unwrap(words.Fail("zone.unknown", "zone", "Mars")))
}
