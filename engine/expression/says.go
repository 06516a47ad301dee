package expression

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kaskad/engine/words"
)

// phrases are the words and phrases of one says(), prepared.
type phrases struct {
	list  []phrase
	words int // in all of them, at least 1: what going over one byte of a reply costs
}

// phrase is one of them: its folded words joined by single spaces or, where it has no letter and no digit ("+"),
// its folded signs.
type phrase struct {
	text  string
	signs bool
}

var errPhrase = words.Fail("expression.phrase")

func preparePhrases(given []string) (*phrases, error) {
	p := &phrases{list: make([]phrase, 0, len(given))}
	for _, s := range given {
		if utf8.RuneCountInString(s) > MaxPhrase {
			return nil, errPhrase
		}
		s = composed(s)
		var b strings.Builder
		for at := nextWord(s, 0); at < len(s); {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			p.words++
			for at < len(s) {
				r, size := utf8.DecodeRuneInString(s[at:])
				if !inWord(r) {
					break
				}
				b.WriteRune(fold(r))
				at += size
			}
			at = nextWord(s, at)
		}
		if b.Len() > 0 {
			p.list = append(p.list, phrase{text: b.String()})
			continue
		}
		signs := strings.Join(strings.Fields(s), " ")
		if signs == "" {
			return nil, errPhrase
		}
		p.words += len(signs)
		p.list = append(p.list, phrase{text: signs, signs: true})
	}
	return p, nil
}

// in reports whether the reply has one of the phrases as whole words.
func (p *phrases) in(reply string) bool {
	reply = composed(reply)
	for i := range p.list {
		ph := &p.list[i]
		if ph.signs {
			if strings.Contains(strings.Join(strings.Fields(reply), " "), ph.text) {
				return true
			}
			continue
		}
		for at := nextWord(reply, 0); at < len(reply); at = nextWord(reply, wordEnd(reply, at)) {
			if matchesAt(reply, at, ph.text) {
				return true
			}
		}
	}
	return false
}

// matchesAt compares the words of the reply from the start of one with a prepared phrase.
func matchesAt(reply string, at int, want string) bool {
	for _, w := range want {
		if w == ' ' {
			if at != wordEnd(reply, at) {
				return false
			}
			at = nextWord(reply, at)
			continue
		}
		r, size := utf8.DecodeRuneInString(reply[at:])
		if size == 0 || !inWord(r) || fold(r) != w {
			return false
		}
		at += size
	}
	return at == wordEnd(reply, at)
}

func wordEnd(s string, at int) int {
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if !inWord(r) {
			return at
		}
		at += size
	}
	return at
}

func nextWord(s string, at int) int {
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if inWord(r) {
			return at
		}
		at += size
	}
	return at
}

// inWord: letters, digits, marks on letters and the underscore make words; all else stands between them.
func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && !isEmojiPart(r))
}

// isEmojiPart: variation selectors and the keycap are marks by category, but belong to emoji and not to words.
func isEmojiPart(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F || r == 0x20E3 }

// fold sets case aside, and ё as е. Going through the upper case joins variants such as σ and ς.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	r = unicode.ToLower(unicode.ToUpper(r))
	if r == 'ё' {
		return 'е'
	}
	return r
}

// composed makes one character of a letter and its separate mark (phones send й as и and a breve).
func composed(s string) string {
	if plainLetters(s) || norm.NFC.IsNormalString(s) {
		return s
	}
	return norm.NFC.String(s)
}

// plainLetters: Latin without marks and Cyrillic are in this form whatever they say, and need no closer look.
func plainLetters(s string) bool {
	for _, r := range s {
		if r >= 0x300 && (r < 0x400 || r > 0x482) && (r < 0x48A || r > 0x52F) {
			return false
		}
	}
	return true
}
