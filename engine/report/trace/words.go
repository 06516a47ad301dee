package trace

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed en.json ru.json
var files embed.FS

// words is what is said, in one language.
type words map[string]string

// speak gives the words of a language; Russian where it is another one than English.
func speak(language string) words {
	if language != "en" {
		language = "ru"
	}
	w := words{}
	if text, err := files.ReadFile(language + ".json"); err == nil {
		_ = json.Unmarshal(text, &w) // a test reads both
	}
	return w
}

// Speech says single things in a language.
type Speech struct{ w words }

// Speak gives the speech of a language, en or ru; Russian where it is another one.
func Speak(language string) Speech { return Speech{speak(language)} }

// Say gives a word, such as goal; one that there is not is shown as it is.
func (s Speech) Say(key string) string { return s.w.say(key) }

// Reason says why a block was left or a walk ended, as the runtime names it.
func (s Speech) Reason(reason string) string { return s.w.reason(reason) }

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

// Lasting gives a time in words of a language, ru or en: its two largest units, with tenths below a minute. Less than
// nothing is nothing.
func Lasting(d time.Duration, language string) string { return speak(language).lasting(d) }

func (w words) lasting(d time.Duration) string {
	tenths := max(d, 0).Round(100 * time.Millisecond)
	if tenths < time.Minute {
		number := strconv.FormatFloat(tenths.Seconds(), 'f', -1, 64)
		return strings.Replace(number, ".", w.say("decimal"), 1) + " " + w.say("unit_second")
	}
	left := d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		key string
		of  time.Duration
	}{{"unit_day", 24 * time.Hour}, {"unit_hour", time.Hour}, {"unit_minute", time.Minute}, {"unit_second", time.Second}} {
		n := left / unit.of
		left -= n * unit.of
		if n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+w.say(unit.key))
		}
		if len(parts) == 2 || len(parts) == 1 && n == 0 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// Clip shortens a text from outside to so many characters, and drops what would move the cursor or turn the writing
// around on a screen.
func Clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
