package v1

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHumaSpeaksOurLanguages takes every message that the library's source has and finds a code with words for it.
func TestHumaSpeaksOurLanguages(t *testing.T) {
	t.Parallel()
	words, err := loadWords()
	require.NoError(t, err)
	at, err := build.Import("github.com/danielgtaylor/huma/v2/validation", ".", build.FindOnly)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(at.Dir, "messages.go"), nil, 0)
	require.NoError(t, err)
	var messages []string
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			require.NoError(t, err)
			messages = append(messages, text)
		}
		return true
	})
	require.Greater(t, len(messages), 40)
	for _, m := range messages {
		c := understand("body.x", verb.ReplaceAllString(m, "17"))
		require.NotEqual(t, "invalid_value", c.Code, m)
		require.Len(t, c.Args, strings.Count(m, "%"), m)
		for _, lang := range []string{"en", "ru"} {
			text := words.tell(lang, c.Code, c.Args)
			require.NotEqual(t, c.Code, text, m)
			require.NotContains(t, text, "{", m)
		}
	}
}

var blank = regexp.MustCompile(`\{[a-z_]+\}`)

// TestBothLanguagesSayTheSame holds the catalogues against each other.
func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	words, err := loadWords()
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(maps.Keys(words["en"])), slices.Sorted(maps.Keys(words["ru"])))
	for code, text := range words["en"] {
		en, ru := blank.FindAllString(text, -1), blank.FindAllString(words["ru"][code], -1)
		if slices.Equal(en, []string{"{en}"}) { // what a decoder said in both languages
			en = []string{"{ru}"}
		}
		slices.Sort(en)
		slices.Sort(ru)
		require.Equal(t, slices.Compact(en), slices.Compact(ru), code)
		require.NotEmpty(t, strings.TrimSpace(text), code)
		require.NotEqual(t, text, words["ru"][code], code)
		require.NotEmpty(t, strings.TrimSpace(words["ru"][code]), code)
	}
}

func TestWhatNoTextMayHold(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		"{\"a\":\"\xff\"}": "not_utf8", `{"a":"\u0000"}`: "nul_character", `{"a":"\\u0000"}`: "",
		`{"a":"\ud800"}`: "half_character", `{"a":"\udc00\ud800"}`: "half_character", `{"a":"\ud83d\ude00"}`: "",
		strings.Repeat("[", 65): "too_deep", strings.Repeat("[", 64) + strings.Repeat("]", 64): "", `{"a":"[[[[\"[[["}`: "",
		"{\n  oops": "bad_json", `{"a":1e400}`: "number_out_of_range", ``: "bad_json",
	} {
		var v any
		err := jsonFormat.Unmarshal([]byte(body), &v)
		if code == "" {
			require.NoError(t, err, body)
			continue
		}
		require.Error(t, err, body)
		list, ok := arrived(err.Error())
		require.True(t, ok, err)
		require.Equal(t, code, list[0].Code, body)
		if body[:min(2, len(body))] == "{\n" {
			require.Equal(t, "2 3", list[0].Args["line"].(interface{ String() string }).String()+" "+
				list[0].Args["column"].(interface{ String() string }).String())
		}
	}
}
