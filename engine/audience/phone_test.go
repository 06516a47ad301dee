package audience

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const mobile = "+79161234567"

// spellings are cells, the country they are read in, and what comes of them.
var spellings = []struct {
	raw, country, want string
	why                Code
}{
	{"+79161234567", "RU", mobile, ""},
	{"79161234567", "RU", mobile, ""},
	{"89161234567", "RU", mobile, ""},
	{"9161234567", "RU", mobile, ""},
	{"+7 916 123 45 67", "RU", mobile, ""},
	{"8 (916) 123-45-67", "RU", mobile, ""},
	{" +7(916)1234567 ", "RU", mobile, ""},
	{"8-916-123-4567", "RU", mobile, ""},
	{"8.916.123.45.67", "RU", mobile, ""},
	{"+7\u00a0916\u00a0123\u201145\u201167", "RU", mobile, ""},
	{"+7–916—123−45‒67", "RU", mobile, ""},
	{"\u202a+7 916 123-45-67\u202c", "RU", mobile, ""},
	{"+7９１６１２３４５６７", "RU", mobile, ""},
	{"tel:+7-916-123-45-67", "RU", mobile, ""},
	{"tel:+79161234567;ext=12", "RU", mobile, ""},
	{"Тел.: 8 916 123 45 67", "RU", mobile, ""},
	{"т. 89161234567", "RU", mobile, ""},
	{"моб.: 89161234567", "RU", mobile, ""},
	{"+7 916 123-45-67 доб. 123", "RU", mobile, ""},
	{"8 916 123 45 67 (доб 12)", "RU", mobile, ""},
	{"89161234567 вн. 5", "RU", mobile, ""},
	{"+7 916 123 45 67 ext. 9", "RU", mobile, ""},
	{"+7 916 123 45 67 x9", "RU", mobile, ""},
	{"89161234567#12", "RU", mobile, ""},
	{"'+79161234567", "RU", mobile, ""},
	{`="89161234567"`, "RU", mobile, ""},
	{"79161234567.0", "RU", mobile, ""},
	{"79161234567,00", "RU", mobile, ""},
	{"7.9161234567E+10", "RU", mobile, ""},
	{"+89161234567", "RU", mobile, ""},
	{"+7 8 916 123 45 67", "RU", mobile, ""},
	{"0079161234567", "RU", mobile, ""},
	{"8 10 7 916 123 45 67", "RU", mobile, ""},
	{"[916] 123-45-67", "RU", mobile, ""},
	{"8 495 123-45-67", "RU", "+74951234567", ""},
	{"8 800 100-20-30", "RU", "+78001002030", ""},
	{"+375 29 123-45-67", "RU", "+375291234567", ""},
	{"375291234567", "RU", "+375291234567", ""},
	{"998901234567", "RU", "+998901234567", ""},
	{"8 029 123 45 67", "BY", "+375291234567", ""},
	{"8 701 123 45 67", "KZ", "+77011234567", ""},
	{"87011234567", "RU", "+77011234567", ""},
	{"+44 20 7123 1234", "RU", "+442071231234", ""},
	{"020 7123 1234", "GB", "+442071231234", ""},
	{"+39 06 1234 5678", "RU", "+390612345678", ""},

	{"", "RU", "", NoPhone},
	{" \u00a0 ", "RU", "", NoPhone},
	{"-", "RU", "", NoPhone},
	{"нет", "RU", "", NotANumber},
	{"телефон: уточнить", "RU", "", NotANumber},
	{"=1+1", "RU", "", NotANumber},
	{"+7 916 123 45 67 Иван", "RU", "", NotANumber},
	{"7+9161234567", "RU", "", NotANumber},
	{"++79161234567", "RU", "", NotANumber},
	{"12345", "RU", "", TooShort},
	{"+7916", "RU", "", TooShort},
	{"916123456", "RU", "", TooShort},
	{"+799912345678", "RU", "", TooLong},
	{"8916123456789", "RU", "", TooLong},
	{"+7 916 123 45 67 8", "RU", "", TooLong},
	{strings.Repeat("9", 400), "RU", "", TooLong},
	{"7,91612E+10", "RU", "", SpreadsheetNumber},
	{"7.91E10", "RU", "", SpreadsheetNumber},
	{"8 (000) 000-00-00", "RU", "", NotValid},
	{"+7 000 000 00 00", "RU", "", NotValid},
	{"+999 123 456 789", "RU", "", UnknownCountry},
}

func TestNormalisePhone(t *testing.T) {
	t.Parallel()
	for _, c := range spellings {
		got, why := NormalisePhone(c.raw, c.country)
		require.Equal(t, c.want, got, "%q", c.raw)
		require.Equal(t, c.why, why, "%q", c.raw)
	}
}

func TestFirstPhone(t *testing.T) {
	t.Parallel()
	cases := []struct {
		cell, want string
		several    bool
		why        Code
	}{
		{"8 916 123-45-67, 8 916 765-43-21", "+79161234567", true, ""},
		{"уточнить; 89167654321", "+79167654321", true, ""},
		{"89161234567/89167654321", "+79161234567", true, ""},
		{"89161234567\n89167654321", "+79161234567", true, ""},
		{"89161234567", "+79161234567", false, ""},
		{"нет, нет", "", false, NotANumber},
		{"1,2,3,4,5,6,89161234567", "", false, NotANumber},
	}
	for _, c := range cases {
		got, several, why := firstPhone(c.cell, "RU")
		require.Equal(t, c.want, got, "%q", c.cell)
		require.Equal(t, c.several, several, "%q", c.cell)
		require.Equal(t, c.why, why, "%q", c.cell)
	}
}

// spelling draws a Russian number in one of the ways in which people write it.
func spelling(t *rapid.T) (raw, e164 string) {
	n := fmt.Sprintf("9%09d", rapid.IntRange(0, 999_999_999).Draw(t, "number"))
	prefix := rapid.SampledFrom([]string{"+7", "8", "7", ""}).Draw(t, "prefix")
	gap := rapid.SampledFrom([]string{"", " ", "-", ".", "\u00a0", "\u2011", " - "}).Draw(t, "gap")
	code := n[:3]
	if rapid.Bool().Draw(t, "brackets") {
		code = "(" + code + ")"
	}
	parts := []string{code, n[3:6], n[6:8], n[8:]}
	if prefix != "" {
		parts = append([]string{prefix}, parts...)
	}
	return strings.Join(parts, gap), "+7" + n
}

func TestPhoneSpellingsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, want := spelling(t)
		got, why := NormalisePhone(raw, "RU")
		if got != want || why != "" {
			t.Fatalf("%q: %q %s", raw, got, why)
		}
		number, err := phonenumbers.Parse(want, "RU")
		if err != nil || !phonenumbers.IsValidNumber(number) {
			t.Fatalf("%s: the short way takes what the library refuses", want)
		}
	})
}

func TestNormaliseIsIdempotent(t *testing.T) {
	t.Parallel()
	countries := []string{"RU", "BY", "KZ", "GB", "US", "IT"}
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(rapid.StringMatching(`\+?[0-9() .-]{5,18}`), rapid.StringMatching(`(\+|00)?[1-9][0-9]{7,13}`),
			rapid.String()).Draw(t, "raw")
		country := rapid.SampledFrom(countries).Draw(t, "country")
		once, why := NormalisePhone(raw, country)
		if (once == "") != (why != "") {
			t.Fatalf("%q: %q and %q", raw, once, why)
		}
		if once == "" {
			return
		}
		again, why := NormalisePhone(once, rapid.SampledFrom(countries).Draw(t, "other"))
		if again != once || why != "" {
			t.Fatalf("%q: %q, then %q %s", raw, once, again, why)
		}
	})
}
