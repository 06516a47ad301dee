// Package words is what the product says to people, in each of its languages. A mistake is kept as data, a key of the
// catalogue and the values that fill its blanks, and becomes text only where it is known who reads it.
//
// A text of the catalogue has blanks: {name} is the value of that name; {name:q} is the value in the quotes of the
// language, with what cannot be seen written out; {count:block|blocks} is the form of a word that goes with a whole
// number, two forms in English (1, other) and three in Russian (1, 2, 5). Other braces stand for themselves.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

// Language is a language that the product speaks.
type Language string

// The languages.
const (
	English Language = "en"
	Russian Language = "ru"
)

// Languages lists them all.
func Languages() []Language { return []Language{English, Russian} }

// Text is a text in every language.
type Text struct {
	EN string `json:"en"`
	RU string `json:"ru"`
}

// In gives the text in a language; English in one that there is not.
func (t Text) In(l Language) string {
	if l == Russian {
		return t.RU
	}
	return t.EN
}

// With makes a message of a text that is not in the catalogue, with pairs of a name and a value. It is for parts that
// bring their words with them, such as a type of block.
func (t Text) With(pairs ...any) Message { return Message{Text: t, Args: arguments(pairs)} }

// Arg is what fills a blank. A value that is a Message or an error is said in the language of the whole; a []string or
// []Message is a list with commas.
type Arg struct {
	Name  string
	Value any
}

// Message is something to say, in no language yet. One with a Key has its text in the catalogue, another brings it.
type Message struct {
	Key  string
	Text Text
	Args []Arg
}

// Say makes a message of a key of the catalogue and pairs of a name and a value.
func Say(key string, pairs ...any) Message { return Message{Key: key, Args: arguments(pairs)} }

// Verbatim makes a message of a text that is the same in every language: a name, or what somebody else said.
func Verbatim(text string) Message { return Text{EN: "{text}", RU: "{text}"}.With("text", text) }

func arguments(pairs []any) []Arg {
	args := make([]Arg, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args = append(args, Arg{Name: fmt.Sprint(pairs[i]), Value: pairs[i+1]})
	}
	return args
}

// IsZero reports whether there is nothing to say.
func (m Message) IsZero() bool { return m.Key == "" && m.Text == Text{} }

// In says the message in a language. A key without a text is shown as it is.
func (m Message) In(l Language) string {
	text := m.Text.In(l)
	if m.Key != "" {
		known, ok := Catalogue(l)[m.Key]
		if !ok {
			known = m.Key
		}
		text = known
	}
	return fill(l, text, m.Args)
}

//go:embed en.json ru.json
var files embed.FS

// catalogues are read when the first message is said: most schemes have no mistakes. They never change.
var catalogues = [...]func() map[string]string{
	sync.OnceValue(func() map[string]string { return read(English) }),
	sync.OnceValue(func() map[string]string { return read(Russian) }),
}

// Catalogue gives all texts of a language by key; English in one that there is not. It is shared: do not change it.
func Catalogue(l Language) map[string]string {
	if l == Russian {
		return catalogues[1]()
	}
	return catalogues[0]()
}

func read(l Language) map[string]string {
	var texts map[string]string
	data, err := files.ReadFile(string(l) + ".json")
	if err == nil {
		err = json.Unmarshal(data, &texts)
	}
	if err != nil {
		panic("words: the catalogue " + string(l) + " is broken: " + err.Error()) // a test reads both
	}
	return texts
}
