package expression_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

// mistakes are sources that do not compile, one for each thing that can be wrong as far as people come across it.
var mistakes = []string{
	``, "\xff", `nmae`, `contact.nmae == ""`, `contact.name`, `1 + 1`, `nil`, `contact.tags`, `contact.name > 5`, `contact.name ==`,
	`"open`, `a b`, `link("https://a.example") == ""`, `$env == nil`, `let $x = 1; true`, `let contact = 1; true`, `says == nil`, `data.f()`,
	`now().Local() == now()`, `timezone("Local") == nil`, `data.x matches data.y`, `data.x matches "("`, `data.x matches "["`,
	`data.x matches "a{2000}"`, `data.x matches "*"`, `data.x matches "(a{900}){1}b{900}"`, `contact.attributes[1] == 1`, `b"x" == data.x`,
	`says(data.x)`, `says(data.x, "")`, `says(data.x, 1)`, `(1 + 2`, `1 +`, `"\q"`, `0x`, `99999999999999999999`, `1 2`, `/* open`, `{1 2: 3}`, `not 5`,
	`true and 1`, `all(5, true)`, `filter([1], 5) == []`, `len(5) > 1`, `len() > 1`, `upper(1) == ""`, `upper() == ""`, `upper("a", "b") == ""`,
	`split("a") == []`, `first(1) == 2`, `contact.tags.x == 1`, `contact.tags["x"] == 1`, `5 in 6`, `1 ?: 2`, `true ? 1 : 2`, `"a" ? true : false`,
	`# == 1`, `[1][true] == 1`, `5[0] == 1`, `"a"[true:2] == ""`, `-"a" == 1`, `contact.name()`, `let x = 1; let x = 2; true`, `reduce(5, 1) == 1`,
	`sortBy([1], #, 5) == []`, `take(5, 1) == []`, `keys(1) == []`, `fromPairs(1) == {}`, `concat(1) == []`, `date(1) > now()`, `1 .. "a" == []`,
	`unknown.member.x`, `?`, `contact..name`, `"a" matches 5`, `replace("a", 1, "b") == ""`, `max() == 1`, `reverse(5) == []`, `flatten(5) == []`,
}

// TestMistakesInBothLanguages holds that nothing about an expression is said in English only.
func TestMistakesInBothLanguages(t *testing.T) {
	t.Parallel()
	l := expression.New()
	repeated := regexp.MustCompile(`(, near|, рядом): .*|"да"|«[^»]*»`)
	cyrillic := regexp.MustCompile(`\p{Cyrillic}`)
	latin := regexp.MustCompile(`[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}`)
	for _, source := range mistakes {
		_, err := l.Condition(source, scheme.ScopeCampaign)
		var e *expression.Error
		require.ErrorAs(t, err, &e, source)
		require.NotEqual(t, "library.other", e.What.Key, "%s: %s", source, e)
		english, russian := e.Said().In(words.English), e.Said().In(words.Russian)
		require.Equal(t, err.Error(), english)
		require.Regexp(t, `^line 1, column \d+: `, english)
		require.Regexp(t, `^строка 1, столбец \d+: `, russian)
		what := repeated.ReplaceAllString(e.What.In(words.Russian), "")
		require.True(t, cyrillic.MatchString(what), "%s: %s", source, russian)
		require.False(t, latin.MatchString(what), "%s: %s", source, russian)
		require.False(t, cyrillic.MatchString(repeated.ReplaceAllString(english, "")), english)
	}
}

func TestMistakesInRussian(t *testing.T) {
	t.Parallel()
	l := expression.New()
	for source, want := range map[string]string{
		`contact.nmae == ""`: "строка 1, столбец 9: у contact нет поля nmae (есть attributes, email, name, phone, tags, zone), рядом: contact.nmae == \"\"",
		`nmae`:               "строка 1, столбец 1: неизвестное имя nmae (здесь можно: campaign, contact, data), рядом: nmae",
		`contact.name > 5`:   "строка 1, столбец 14: действие > так не работает (типы слева и справа: текст и число), рядом: contact.name > 5",
		`contact.name ==`:    "строка 1, столбец 15: неожиданно: конец выражения, рядом: contact.name ==",
		`a b`:                "строка 1, столбец 3: неожиданно: «b», рядом: a b",
	} {
		_, err := l.Condition(source, scheme.ScopeCampaign)
		require.Equal(t, want, words.Of(err).In(words.Russian))
	}
	cond, err := l.Condition(`contact.name matches "x" or int(data.x) > 1`, scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = cond.Holds(&scheme.Vars{Data: map[string]any{"x": "many"}})
	require.Regexp(t, `^строка 1, столбец \d+: .*\p{Cyrillic}`, words.Of(err).In(words.Russian))
	tm, err := l.Template(`{{ upper(data.x) }}`, scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = tm.Render(&scheme.Vars{Data: map[string]any{"x": 5}}, nil)
	require.Regexp(t, `^строка 1, столбец \d+: .*\p{Cyrillic}`, words.Of(err).In(words.Russian))
}
