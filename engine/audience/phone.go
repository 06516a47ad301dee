package audience

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// Patterns of what people write around a number.
var (
	phoneLabel     = regexp.MustCompile(`(?i)^(?:tel|phone|mob(?:ile)?|whatsapp|телефон|тел|моб(?:ильный)?|сот(?:овый)?|т)\s*[.:]+\s*`)
	phoneExtension = regexp.MustCompile(`(?i)[\s,;(]*(?:доб(?:авочный|авоч)?|вн(?:утр(?:енний)?)?|ext(?:ension)?|x|#|\*)\s*[.:=]*\s*\d{1,7}\s*\)?$`)
	phoneFloat     = regexp.MustCompile(`^\+?\d{10,15}[.,]0{1,2}$`)
	phoneRounded   = regexp.MustCompile(`(?i)^\+?\d(?:[.,](\d+))?[eе]\+?(\d{1,2})$`) // Latin or Cyrillic e
)

// NormalisePhone writes a phone number in E.164. country (ISO 3166, two letters, upper case) is where a number without
// a calling code belongs. Where the cell holds no valid number, the code says why and the number is empty.
//
// It understands what people type: brackets, dashes and spaces of every kind, a trunk 8, ten digits, a lost plus sign
// of a neighbouring country, `tel:`, extensions (left out), and the marks by which spreadsheets keep a number as text.
func NormalisePhone(raw, country string) (string, Code) {
	if digits, plus, ok := phoneDigits(raw); ok {
		if e164, ok := russianMobile(digits, plus, country); ok {
			return e164, ""
		}
	}
	text := unwrapPhone(raw)
	if text == "" {
		return "", NoPhone
	}
	if m := phoneRounded.FindStringSubmatch(text); m != nil {
		return restoreRounded(text, m, country)
	}
	digits, plus, ok := phoneDigits(text)
	switch {
	case !ok:
		return "", NotANumber
	case digits == "":
		return "", NoPhone
	}
	if !plus && strings.HasPrefix(digits, "00") {
		digits, plus = digits[2:], true
	}
	// +8 916 ...: the trunk prefix of someone who was told to begin with a plus. No calling code begins with 89.
	if plus && len(digits) == 11 && strings.HasPrefix(digits, "89") {
		digits = "7" + digits[1:]
	}
	return validPhone(digits, plus, country)
}

// russianMobile is the short way for the commonest case, which must agree with the library: a Russian mobile is 9 and
// nine digits more.
func russianMobile(digits string, plus bool, country string) (string, bool) {
	if len(digits) != 10 && len(digits) != 11 {
		return "", false
	}
	prefix, national := digits[:len(digits)-10], digits[len(digits)-10:]
	known := plus && prefix == "7" || !plus && country == "RU" && (prefix == "" || prefix == "7" || prefix == "8")
	return "+7" + national, known && national[0] == '9'
}

// unwrapPhone takes off what surrounds a number.
func unwrapPhone(text string) string {
	text = strings.TrimSpace(norm.NFKC.String(text))
	text = strings.TrimPrefix(text, "'")
	if inner, ok := strings.CutPrefix(text, `="`); ok {
		text = strings.TrimSuffix(inner, `"`)
	}
	text = phoneLabel.ReplaceAllString(text, "")
	text, _, _ = strings.Cut(text, ";ext=")
	if phoneFloat.MatchString(text) {
		text = text[:strings.IndexAny(text, ".,")]
	}
	return strings.TrimSpace(phoneExtension.ReplaceAllString(text, ""))
}

// restoreRounded reads 7.9161234567E+10, which has kept all its digits, and refuses 7,91612E+10, which has not.
func restoreRounded(text string, parts []string, country string) (string, Code) {
	exponent, err := strconv.Atoi(parts[2])
	if err != nil || len(parts[1]) != exponent || exponent < 9 {
		return "", SpreadsheetNumber
	}
	head, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(text, "е", "e")), "e")
	digits, plus, ok := phoneDigits(strings.ReplaceAll(head, ",", "."))
	if !ok {
		return "", NotANumber
	}
	return validPhone(digits, plus, country)
}

// phoneDigits gives the digits of a number and whether a plus sign leads them.
func phoneDigits(text string) (digits string, plus, ok bool) {
	b := make([]byte, 0, 16)
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case r == '+' && len(b) == 0 && !plus:
			plus = true
		case phoneSeparator(r):
		default:
			return "", false, false
		}
	}
	return string(b), plus, true
}

func phoneSeparator(r rune) bool {
	switch {
	case r == ' ', r == '\t', r == '-', r == '.', r == '(', r == ')', r == '[', r == ']', r == '\u00a0':
		return true
	case r >= '\u2010' && r <= '\u2015', r == '\u2212', r == '\u2043', r == '\u2011': // dashes
		return true
	case r >= '\u2000' && r <= '\u200f', r >= '\u202a' && r <= '\u202f', r >= '\u2060' && r <= '\u2069', r == '\ufeff', r == '\u00ad':
		return true // spaces, invisible marks of direction and joining
	}
	return false
}

// lostPlus are calling codes of neighbours, whose numbers are often exported without the plus sign.
var lostPlus = []string{"7", "375", "380", "373", "374", "992", "993", "994", "995", "996", "998"}

func validPhone(digits string, plus bool, country string) (string, Code) {
	if len(digits) > 20 {
		return "", TooLong
	}
	text := digits
	if plus {
		text = "+" + digits
	}
	number, err := phonenumbers.Parse(text, country)
	if err == nil && phonenumbers.IsValidNumber(number) {
		return phonenumbers.Format(number, phonenumbers.E164), ""
	}
	if !plus && len(digits) >= 11 && len(digits) <= 13 {
		for _, code := range lostPlus {
			if !strings.HasPrefix(digits, code) {
				continue
			}
			if e164, why := validPhone(digits, true, country); why == "" {
				return e164, ""
			}
		}
	}
	return "", phoneFault(number, err, digits)
}

func phoneFault(number *phonenumbers.PhoneNumber, err error, digits string) Code {
	switch {
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return TooLong
	case len(digits) < 7, errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return TooShort
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return UnknownCountry
	case err != nil:
		return NotValid
	}
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return TooShort
	case phonenumbers.TOO_LONG:
		return TooLong
	case phonenumbers.INVALID_LENGTH:
		// Ten digits is what people's numbers have in Russia and Kazakhstan; a few special ones have fourteen, so the
		// library does not call those between too long.
		if number.GetCountryCode() == 7 && len(phonenumbers.GetNationalSignificantNumber(number)) > 10 {
			return TooLong
		}
	}
	return NotValid
}

// firstPhone is NormalisePhone for a cell that may hold several numbers; it takes the first valid one.
func firstPhone(cell, country string) (e164 string, several bool, why Code) {
	e164, why = NormalisePhone(cell, country)
	if why != NotANumber || len(cell) > 200 {
		return e164, false, why
	}
	parts := strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",;/|\n", r) })
	if len(parts) < 2 || len(parts) > 5 {
		return "", false, why
	}
	for _, part := range parts {
		if e164, code := NormalisePhone(part, country); code == "" {
			return e164, true, ""
		}
	}
	return "", false, why
}

// phoneKey packs an E.164 number; two numbers have the same key only when they are the same.
func phoneKey(e164 string) uint64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(e164, "+"), 10, 64)
	if err != nil {
		return 0 // E.164 has at most 15 digits: this does not happen
	}
	return n
}

func knownCountry(code string) bool { return phonenumbers.GetCountryCodeForRegion(code) != 0 }
