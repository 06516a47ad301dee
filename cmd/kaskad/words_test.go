package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
