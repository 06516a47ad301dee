package expression_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
)

func says(t require.TestingT, reply string, phrases ...string) bool {
	source := "says(reply"
	for _, p := range phrases {
		source += ", " + strconv.Quote(p)
	}
	cond, err := expression.New().Condition(source+")", scheme.ScopeReply)
	require.NoError(t, err)
	holds, err := cond.Holds(&scheme.Vars{Reply: reply})
	require.NoError(t, err)
	return holds
}

func TestSays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reply   string
		phrases []string
		want    bool
	}{
		{"да", []string{"да", "беру сейчас"}, true},
		{"никогда", []string{"да"}, false},
		{"дай", []string{"да"}, false},
		{"ну да!", []string{"да"}, true},
		{"да-да", []string{"да"}, true},
		{"«Да»", []string{"да"}, true},
		{"Беру  сейчас!", []string{"беру сейчас"}, true},
		{"беру\n\tсейчас", []string{"беру   сейчас"}, true},
		{"беру, сейчас", []string{"беру сейчас"}, true},
		{"беру не сейчас", []string{"беру сейчас"}, false},
		{"не беру сейчас же", []string{"беру сейчас"}, true},
		{"беру сейчасже", []string{"беру сейчас"}, false},
		{"еще", []string{"ЕЩЁ"}, true},
		{"ещё", []string{"еще"}, true},
		{"еще\u0308", []string{"еще"}, true}, // е with a separate mark
		{"да1", []string{"да"}, false},
		{"да_", []string{"да"}, false},
		{"yes", []string{"YES"}, true},
		{"ja", []string{"да", "ja"}, true},
		{"", []string{"да"}, false},
		{"+", []string{"+"}, true},
		{"ok 👍!", []string{"👍"}, true},
		{"ok", []string{"👍"}, false},
		{"1", []string{"1"}, true},
		{"11", []string{"1"}, false},
		{"мой", []string{"мои\u0306"}, true},
		{"да\xff", []string{"да"}, true},
	}
	for _, tc := range cases {
		t.Run(tc.reply+"/"+strings.Join(tc.phrases, ","), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, says(t, tc.reply, tc.phrases...))
		})
	}
}

// Generators are made for each test: rapid writes to them, and tests run in parallel.
func word() *rapid.Generator[string] { return rapid.StringMatching(`[а-яёa-z0-9]{1,8}`) }

func stranger() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{" ", ", ", "! ", "\n", " - ", "...", " «"})
}

func TestSaysFindsItsPhrase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word(), 1, 4).Draw(t, "phrase")
		phrase := strings.Join(words, " ")
		reply := word().Draw(t, "before") + stranger().Draw(t, "s1") + strings.Join(words, stranger().Draw(t, "s2")) +
			stranger().Draw(t, "s3") + word().Draw(t, "after")
		require.True(t, says(t, reply, phrase))
		require.True(t, says(t, strings.ToUpper(reply), phrase))
		require.True(t, says(t, reply, strings.ToUpper(phrase)))
		require.True(t, says(t, strings.ReplaceAll(reply, "ё", "е"), phrase))
		require.True(t, says(t, reply, strings.ReplaceAll(phrase, "ё", "е")))
	})
}

func TestSaysNeverMatchesInsideAWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := word().Draw(t, "word")
		longer := rapid.OneOf(
			rapid.Map(word(), func(s string) string { return w + s }),
			rapid.Map(word(), func(s string) string { return s + w }),
		).Draw(t, "longer")
		require.False(t, says(t, longer, w))
	})
}

// TestSaysAgreesWithWords compares with the plain definition on arbitrary text: the words of the phrase stand one
// after another among the words of the reply.
func TestSaysAgreesWithWords(t *testing.T) {
	t.Parallel()
	wordsOf := func(s string) []string {
		return strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(s), "ё", "е"), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
	}
	alphabet := rapid.StringOf(rapid.SampledFrom([]rune("аАбёЁе1 ,!\n-")))
	rapid.Check(t, func(t *rapid.T) {
		reply := alphabet.Draw(t, "reply")
		phrase := "а" + rapid.StringOfN(rapid.SampledFrom([]rune("аАбёе1 ,")), 0, 8, -1).Draw(t, "phrase")
		want := wordsOf(phrase)
		have := wordsOf(reply)
		found := false
		for i := 0; i+len(want) <= len(have); i++ {
			found = found || strings.Join(have[i:i+len(want)], " ") == strings.Join(want, " ")
		}
		require.Equal(t, found, says(t, reply, phrase))
	})
}

func TestUnmatchableReply(t *testing.T) {
	t.Parallel()
	cases := []struct{ source, constant string }{
		{`reply == "Да"`, "Да"},
		{`"Да" == reply`, "Да"},
		{`reply != "Да"`, "Да"},
		{`reply in ["нет", "ДА"]`, "ДА"},
		{`reply not in ["ДА"]`, "ДА"},
		{`reply contains "Yes"`, "Yes"},
		{`reply not contains "Yes"`, "Yes"},
		{`reply startsWith "Y" or reply == "n"`, "Y"},
		{`trim(reply) endsWith "Ok"`, "Ok"},
		{`hasPrefix(reply, "Ok")`, "Ok"},
		{`"Да" in split(reply, " ")`, "Да"},
		{`split(reply, " ")[0] == "Да"`, "Да"},
		{`reply matches "^Да"`, "Да"},
		{`reply matches "(?i)^Да"`, ""},
		{`reply matches "^\\S+$"`, ""},
		{`reply == "да"`, ""},
		{`upper(reply) == "ДА"`, ""},
		{`says(reply, "ДА")`, ""},
		{`contact.name == "Анна"`, ""},
		{`reply == contact.name`, ""},
		{`reply ==`, ""},
	}
	for _, tc := range cases {
		cond, err := expression.New().Condition(tc.source, scheme.ScopeReply)
		if err != nil {
			require.Empty(t, tc.constant, tc.source)
			continue
		}
		own, found := cond.(interface{ UnmatchableConstant() (string, bool) }).UnmatchableConstant()
		require.Equal(t, tc.constant, own)
		require.Equal(t, tc.constant != "", found)
	}
}
