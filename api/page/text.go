package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed text/*.json
var textFiles embed.FS

// Languages are those that the page speaks; the first is for who asks for none of them.
func Languages() []string { return []string{"ru", "en"} }

// maxAccept bounds an Accept-Language that is looked at: parsing a long one costs time.
const maxAccept = 200

// ChooseLanguage gives the language asked for by name, else the best by an Accept-Language header, else the first.
func ChooseLanguage(named, accept string) string {
	for _, lang := range Languages() {
		if lang == named {
			return lang
		}
	}
	if accept == "" || len(accept) > maxAccept {
		return Languages()[0]
	}
	tags := make([]language.Tag, 0, len(Languages()))
	for _, lang := range Languages() {
		tags = append(tags, language.MustParse(lang))
	}
	asked, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return Languages()[0]
	}
	_, at, _ := language.NewMatcher(tags).Match(asked...)
	return Languages()[at]
}

// words is a catalogue with the rules of its language.
type words struct {
	lang    string
	text    map[string]string
	printer *message.Printer
}

func readWords(lang string) (*words, error) {
	raw, err := textFiles.ReadFile("text/" + lang + ".json")
	if err != nil {
		return nil, err
	}
	w := &words{lang: lang, printer: message.NewPrinter(language.MustParse(lang))}
	if err := json.Unmarshal(raw, &w.text); err != nil {
		return nil, fmt.Errorf("page: the words of %q: %w", lang, err)
	}
	return w, nil
}

// say gives a text with its {} filled in order. A key that is not there is an error, so that a test finds it.
func (w *words) say(key string, values ...string) (string, error) {
	text, ok := w.text[key]
	if !ok {
		return "", fmt.Errorf("page: there is no text %q in %q", key, w.lang)
	}
	for _, v := range values {
		text = strings.Replace(text, "{}", v, 1)
	}
	return text, nil
}

// name gives the text of a value out of a known set, or the value itself where it is not in it (a newer block type).
func (w *words) name(set, value string) string {
	if text, ok := w.text[set+"."+value]; ok {
		return text
	}
	return value
}

const noFigure = "–"

// figure writes a whole number.
func (w *words) figure(n int64) string {
	if n < 0 {
		return noFigure
	}
	return w.printer.Sprint(number.Decimal(n))
}

// percent writes a share of 0 to 1. It is rounded down, so that 100 % means all.
func (w *words) percent(share float64) string {
	return w.printer.Sprint(number.Decimal(math.Floor(share*100))) + "\u00a0%"
}

// rate writes a number a second.
func (w *words) rate(s Speed) string {
	switch {
	case !s.Known:
		return noFigure
	case s.Sent >= 10 || s.Sent == 0:
		return w.figure(int64(math.Round(s.Sent)))
	}
	return w.printer.Sprint(number.Decimal(s.Sent, number.MaxFractionDigits(1), number.MinFractionDigits(1)))
}

// duration writes the two largest units of a time, at least a second.
func (w *words) duration(d time.Duration) string {
	seconds := max(int64(d.Seconds()), 1)
	units := []struct {
		key string
		of  int64
	}{{"unit.day", 86400}, {"unit.hour", 3600}, {"unit.minute", 60}, {"unit.second", 1}}
	var parts []string
	for _, u := range units {
		if n := seconds / u.of; n > 0 || len(parts) > 0 {
			seconds -= n * u.of
			if n > 0 {
				parts = append(parts, fmt.Sprintf("%d\u00a0%s", n, w.text[u.key]))
			}
			if len(parts) == 2 || n == 0 {
				break
			}
		}
	}
	return strings.Join(parts, " ")
}
