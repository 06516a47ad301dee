package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	catalogue "kaskad/engine/words"
)

// TestBothLanguagesSayTheSame holds the catalogues against each other: the same keys, with the same blanks to fill.
func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	ru, en := speak("ru"), speak("en")
	require.NotEmpty(t, ru)
	require.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ru)))
	for key, text := range en {
		require.Equal(t, strings.Count(text, "%"), strings.Count(ru[key], "%"), key)
	}
}

var cyrillic = regexp.MustCompile(`\p{Cyrillic}`)

// asTheySay are texts of callTexts that repeat what others say, and names that are the same everywhere.
var asTheySay = regexp.MustCompile(`^(error\.path|example\.(URL|HOST:PORT)|config\.secret|file\.wrong)$`)

// TestCallsAreInBothLanguages holds the words of calls against each other.
func TestCallsAreInBothLanguages(t *testing.T) {
	t.Parallel()
	for key, text := range callTexts() {
		require.NotEmpty(t, text.EN, key)
		require.NotEmpty(t, text.RU, key)
		require.False(t, cyrillic.MatchString(text.EN), key)
		if asTheySay.MatchString(key) {
			continue
		}
		require.True(t, cyrillic.MatchString(text.RU), key)
		if text.EN != "{text}" { // the words of another, with ours around them only in Russian
			require.Equal(t, blanks(text.EN), blanks(text.RU), key)
		}
	}
}

func blanks(text string) []string {
	names := map[string]bool{}
	for _, b := range catalogue.Blanks(text) {
		names[b.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// TestNothingIsSaidOutsideTheCatalogue reads the code: an error or a line for people has its words in the catalogue, and
// every key has a text.
func TestNothingIsSaidOutsideTheCatalogue(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				used[s] = true
			}
			called, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch fn := called.Fun.(type) {
			case *ast.SelectorExpr:
				from, _ := fn.X.(*ast.Ident)
				if from != nil && (from.Name == "errors" && fn.Sel.Name == "New" || from.Name == "fmt" && fn.Sel.Name == "Errorf") {
					requireWordless(t, name, called.Args[0])
				}
			case *ast.Ident:
				if fn.Name == "fault" || fn.Name == "callText" {
					if key, ok := called.Args[0].(*ast.BasicLit); ok {
						text, err := strconv.Unquote(key.Value)
						require.NoError(t, err)
						require.Contains(t, callTexts(), text, name)
					}
				}
			}
			return true
		})
	}
	for key := range callTexts() {
		group, _, _ := strings.Cut(key, ".")
		require.True(t, used[key] || slices.Contains([]string{"usage", "help", "example", "flag"}, group), "nobody says %s", key)
	}
}

// requireWordless: what is put together of errors only has no words of its own.
func requireWordless(t *testing.T, file string, arg ast.Expr) {
	t.Helper()
	lit, ok := arg.(*ast.BasicLit)
	require.True(t, ok, file)
	require.NotRegexp(t, `[a-z]{3,}`, lit.Value, "%s: %s belongs into the catalogue, see fault", file, lit.Value)
}

// TestHelpIsWholeInBothLanguages looks for a text for each command, flag and example.
func TestHelpIsWholeInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		require.Contains(t, callTexts(), "usage."+c.name)
		require.Contains(t, callTexts(), "help."+c.name)
	}
	for _, s := range slices.Concat(settings(anyone), (&launch{}).flags(), []setting{demoSwitch(new(bool))}) {
		require.Contains(t, callTexts(), s.help, s.flag)
		require.Equal(t, "flag."+s.flag, s.help)
		if s.example != "" {
			require.Contains(t, callTexts(), "example."+s.example)
		}
	}
	for _, lang := range []string{"ru", "en"} {
		code, out, errs := call(t, "help", "--lang", lang)
		require.Equal(t, exitOK, code)
		require.Empty(t, errs)
		require.Equal(t, lang == "ru", cyrillic.MatchString(out))
		require.NotContains(t, out, "flag.")
		require.Empty(t, catalogue.Blanks(out))
	}
}

// TestMistakesOfCallsInRussian makes the mistakes of a call in both languages.
func TestMistakesOfCallsInRussian(t *testing.T) {
	t.Parallel()
	good := put(t, "scheme.json", goodScheme)
	bad := put(t, "bad.json", "{")
	for _, args := range [][]string{{"frobnicate"}, {"validate"}, {"validate", "/nowhere/x.json"}, {"validate", bad}, {"validate", "--no", good},
		{"validate", t.TempDir()}, {"simulate", good}, {"simulate", good, bad}, {"run", good}, {"run", "--window", "25:00-3", good, good},
		{"run", "--days", "8", good, good}, {"run", "--days=x", good, good}, {"run", "--rate", "0", good, good}, {"run", "--json=1", good, good},
		{"run", "-x", good, good}, {"run", "--seed=-1", good, good}, {"run", "--start=now", good, good}, {"run", "--country=Russia", good, good},
		{"run", "--profile", "none", good, good}, {"run", "--window-zone", "Mars", good, good}, {"run", "--unknown-zones", "x", good, good},
		{"trace", "x", "+79161234567"}, {"trace", "1", "hello"}, {"serve", "more"}, {"serve", "--listen", "8"}, {"migrate", "x"}, {"unknown", "x"},
		{"migrate", "--database", "mysql://x"}, {"migrate", "--database"}} {
		code, out, errs := call(t, append(slices.Clone(args), "--lang", "ru")...)
		require.Equal(t, exitBadCall, code, "%v", args)
		require.Empty(t, out)
		require.Regexp(t, `\p{Cyrillic}`, errs, "%v", args)
		code, _, errs = call(t, append(slices.Clone(args), "--lang=en")...)
		require.Equal(t, exitBadCall, code, "%v", args)
		require.NotRegexp(t, `\p{Cyrillic}`, errs, "%v", args)
	}
}

func TestALanguageThatThereIsNot(t *testing.T) {
	t.Parallel()
	code, _, errs := call(t, "validate", "--lang", "de", put(t, "scheme.json", goodScheme))
	require.Equal(t, exitBadCall, code)
	require.Contains(t, errs, `KASKAD_LANG (--lang) is "de": ru or en`)
}

// TestALanguageOfTheEnvironmentThatThereIsNot: unlike a locale, KASKAD_LANG is ours, and a mistake in it is named.
func TestALanguageOfTheEnvironmentThatThereIsNot(t *testing.T) {
	t.Parallel()
	good := put(t, "scheme.json", goodScheme)
	for _, args := range [][]string{{"validate", good}, {"serve", "--listen", "8"}} {
		var errs bytes.Buffer
		code := dispatch(context.Background(), terminal{out: io.Discard, err: &errs, env: variables("KASKAD_LANG", "de")}, args)
		require.Equal(t, exitBadCall, code)
		require.Contains(t, errs.String(), `KASKAD_LANG (--lang) is "de": ru or en`)
	}
	var out bytes.Buffer
	code := dispatch(context.Background(), terminal{out: &out, err: io.Discard, env: variables("KASKAD_LANG", "de")},
		[]string{"validate", "--lang", "ru", good})
	require.Equal(t, exitOK, code, "the flag wins")
}

// TestHelpIsThereWhereItIsLookedFor: after a command too, and in the language that was asked for.
func TestHelpIsThereWhereItIsLookedFor(t *testing.T) {
	t.Parallel()
	_, whole, _ := call(t, "help")
	require.Contains(t, whole, "environment: KASKAD_LANG")
	for _, args := range [][]string{{}, {"--help"}, {"-h"}, {"run", "--help"}, {"run", "-h"}, {"run", "--json", "x", "--help"}} {
		code, out, errs := call(t, args...)
		require.Equal(t, exitOK, code, "%v", args)
		require.Empty(t, errs)
		require.Equal(t, whole, out, "%v", args)
	}
	code, out, _ := call(t, "validate", "--", "--help")
	require.Equal(t, exitBadCall, code, "after -- it is a file")
	require.Empty(t, out)
}

// TestLanguageOfFindings: findings are JSON for programs, and English unless Russian was asked for.
func TestLanguageOfFindings(t *testing.T) {
	t.Parallel()
	empty := put(t, "empty.json", `{"kind": "cascade", "name": "x", "nodes": [], "links": []}`)
	_, english, _ := call(t, "validate", empty)
	require.JSONEq(t, `{"findings":[{"severity":"error","code":"empty_scheme","field":"/nodes","message":"there is no block in the scheme: put at least one on the canvas"}]}`+"\n", english)
	_, russian, _ := call(t, "validate", empty, "--lang", "ru")
	require.JSONEq(t, `{"findings":[{"severity":"error","code":"empty_scheme","field":"/nodes","message":"в схеме нет ни одного блока: поставьте на холст хотя бы один"}]}`+"\n", russian)
	for lang, want := range map[string]string{"": english, "C.UTF-8": english, "en_GB.UTF-8": english, "ru_RU.UTF-8": russian} {
		var out bytes.Buffer
		code := dispatch(context.Background(), terminal{out: &out, err: io.Discard, env: variables("LANG", lang)}, []string{"validate", empty})
		require.Equal(t, exitNo, code)
		require.Equal(t, want, out.String(), lang)
	}
}

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	env := func(lang string) func(string) string {
		return func(name string) string {
			if name == "LANG" {
				return lang
			}
			return ""
		}
	}
	require.Equal(t, "en", languageOf("en", env("ru_RU.UTF-8")), "the flag wins")
	require.Equal(t, "ru", languageOf("", env("ru_RU.UTF-8")))
	require.Equal(t, "en", languageOf("", env("de_DE.UTF-8")))
	require.Equal(t, "ru", languageOf("", env("C.UTF-8")), "a locale without a language says nothing")
	require.Equal(t, "ru", languageOf("", env("")))
}
