package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed words/*.json
var wordFiles embed.FS

// words is the message catalogue of one language.
type words map[string]string

// languages are those that the program speaks; the first is the default.
var languages = [...]string{"ru", "en"}

// speak gives the catalogue of a language; an unknown one is the default.
func speak(language string) words {
	name := languages[0]
	for _, l := range languages {
		if l == language {
			name = l
		}
	}
	data, err := wordFiles.ReadFile("words/" + name + ".json")
	if err != nil {
		return words{}
	}
	var w words
	if json.Unmarshal(data, &w) != nil {
		return words{}
	}
	return w
}

// say fills a text in; a key without a text is shown as it is.
func (w words) say(key string, args ...any) string {
	text, ok := w[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// languageOf takes the language from a setting, else from the locale.
func languageOf(set string, env func(string) string) string {
	if language, ok := languageSaid(set, env); ok {
		return language
	}
	return languages[0]
}

// languageSaid tells whether a setting or the locale says anything of the language.
func languageSaid(set string, env func(string) string) (language string, ok bool) {
	for _, s := range []string{set, env("KASKAD_LANG"), env("LC_ALL"), env("LC_MESSAGES"), env("LANG")} {
		if len(s) >= 2 && strings.ToLower(s) != "c" && !strings.HasPrefix(strings.ToUpper(s), "C.") {
			if strings.HasPrefix(strings.ToLower(s), "ru") {
				return "ru", true
			}
			return "en", true
		}
	}
	return "", false
}
