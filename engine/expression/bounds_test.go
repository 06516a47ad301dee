package expression_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
)

// hostile is a recipient whose data is as large as it can get.
func hostile() *scheme.Vars {
	long := strings.Repeat("а ", expression.MaxText/4)
	many := make([]any, 300_000)
	texts := make([]any, 2_000)
	for i := range many {
		many[i] = float64(i)
	}
	for i := range texts {
		texts[i] = long[:2*(i%300)+2]
	}
	cycle := map[string]any{}
	cycle["self"] = cycle
	deep := []any{}
	for range 5_000 {
		deep = []any{deep}
	}
	data := map[string]any{"long": long, "longer": long + long + long, "many": many, "texts": texts, "cycle": cycle,
		"deep": deep, "some": many[:1000], "brackets": strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)}
	return &scheme.Vars{Contact: &scheme.Contact{Name: "x", Attributes: data}, Data: data, Now: instant}
}

// doubling gives let a0 = start; let a1 = step(a0); ... with n steps, then the end.
func doubling(start, step, end string, n int) string {
	var b strings.Builder
	b.WriteString("let v0 = " + start + "; ")
	name := func(i int) string { return "v" + strings.Repeat("i", i) + "x" }
	b.WriteString("let " + name(0) + " = v0; ")
	for i := range n {
		b.WriteString("let " + name(i+1) + " = " + strings.ReplaceAll(step, "#", name(i)) + "; ")
	}
	b.WriteString(strings.ReplaceAll(end, "#", name(n)))
	return b.String()
}

func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	cases := []string{
		`any(data.many, # == -1)`,
		`any(1..1000, any(1..1000, any(1..1000, # == -1)))`,
		`any(data.some, any(data.some, # == -1))`,
		`reduce(1..1000, #acc + #acc, "x")`,
		`reduce(1..1000, [#acc, #acc], "x")`,
		`reduce(1..1000, concat(#acc, #acc), [1])`,
		`map(1..1000, data.long + data.long)`,
		`map(1..1000, upper(data.long))`,
		`map(1..1000, data.long contains "zz")`,
		`map(1..1000, data.long startsWith data.long)`,
		`map(1..1000, data.long == data.long)`,
		`map(1..1000, data.long[1:])`,
		`map(1..1000, data.long[5])`,
		`map(1..1000, len(data.long))`,
		`map(1..1000, data[data.long])`,
		`map(1..1000, [{(data.long): 1}])`,
		`map(1..1000, says(data.long, "б"))`,
		`map(1..1000, says(data.long, data.code ?? "б"))`,
		`map(1..1000, repeat("x", 1000))`,
		`1..1000000000`,
		`0..9223372036854775807`,
		`-9223372036854775807..9223372036854775807`,
		`repeat("ab", 1000000000)`,
		`repeat(data.long, 9223372036854775807)`,
		`replace(data.long, "", data.long)`,
		`replace(data.long, "а", data.long, 100000)`,
		`data.longer`,
		`upper(data.longer)`,
		`data.many == data.many`,
		`data.many`,
		`data.cycle`,
		`toJSON(data.cycle)`,
		`string(data.cycle)`,
		`data.cycle == data.cycle`,
		`data.deep`,
		`flatten(data.deep)`,
		`max(data.deep)`,
		`join(data.deep, "")`,
		`sort(data.many)`,
		`uniq(data.some)`,
		`uniq(data.many)`,
		`sortBy(data.texts, #)`,
		`groupBy(data.texts, #)`,
		`sum(data.many)`,
		`count(data.many)`,
		`reverse(data.many)`,
		`concat(data.many, data.many)`,
		`keys(data)`,
		`"x" in data.many`,
		`fromJSON(data.brackets)`,
		`data.long matches "(а|б| ){300}$"`,
		doubling(`data.long`, `# + #`, `#`, 40),
		doubling(`[1]`, `[#, #]`, `toJSON(#)`, 40),
		doubling(`[1]`, `[#, #]`, `# == [#]`, 40),
		doubling(`[1]`, `[#, #]`, `flatten(#)`, 40),
		doubling(`[1]`, `[#, #]`, `max(#)`, 40),
		doubling(`[1]`, `[#, #]`, `string(#)`, 40),
		doubling(`[1]`, `[#, #]`, `#`, 40),
		doubling(`[1]`, `concat(#, #)`, `#`, 40),
		doubling(`[1]`, `{"a": #, "b": #}`, `toJSON(#)`, 40),
		doubling(`"a"`, `replace(#, "a", "aaaaaaaa")`, `#`, 40),
	}
	l := expression.New()
	v := hostile()
	for _, source := range cases {
		t.Run(source[:min(len(source), 60)], func(t *testing.T) {
			t.Parallel()
			x, err := l.Value(source, scheme.ScopeCampaign)
			require.NoError(t, err)
			_, err = x.Eval(v)
			require.Error(t, err)
			require.Regexp(t, `too much work|too long|too deep|exceeded|a range has at most`, err.Error())
		})
	}
}

// TestAHostileRecipientLeavesNothingBehind: what one evaluation spent or kept is not the next one's.
func TestAHostileRecipientLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	cond, err := expression.New().Condition(`count(data.items ?? data.many, # == 3) == 1`, scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = cond.Holds(hostile())
	require.Error(t, err)
	holds, err := cond.Holds(sample())
	require.NoError(t, err)
	require.True(t, holds)
}

func TestATemplateSharesOneBound(t *testing.T) {
	t.Parallel()
	one := `{{ any(data.some, # == -1) }}`
	tm, err := expression.New().Template(one, scheme.ScopeCampaign)
	require.NoError(t, err)
	got, err := tm.Render(hostile(), nil)
	require.NoError(t, err)
	require.Equal(t, "false", got)

	tm, err = expression.New().Template(strings.Repeat(one, 500), scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = tm.Render(hostile(), nil)
	require.ErrorContains(t, err, "too much work")
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	tm, err := expression.New().Template(strings.Repeat(`{{ data.long }}`, 20), scheme.ScopeCampaign)
	require.NoError(t, err)
	got, err := tm.Render(hostile(), nil)
	require.ErrorContains(t, err, "too long")
	require.LessOrEqual(t, len(got), expression.MaxOutput)
	require.NotEmpty(t, got)
}

func TestLongTextsOfVarsAreCut(t *testing.T) {
	t.Parallel()
	v := &scheme.Vars{Message: strings.Repeat("я", expression.MaxText), Contact: &scheme.Contact{Name: "x" + strings.Repeat("я", expression.MaxText)}}
	x, err := expression.New().Value(`contact.name`, scheme.ScopeDialog)
	require.NoError(t, err)
	got, err := x.Eval(v)
	require.NoError(t, err)
	require.Len(t, got, expression.MaxText-1, "cut at a character")
	require.True(t, utf8.ValidString(got.(string)))
	cond, err := expression.New().Condition(`len(message.text) == 32768`, scheme.ScopeDialog)
	require.NoError(t, err)
	holds, err := cond.Holds(v)
	require.NoError(t, err)
	require.True(t, holds)
}

func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	l := expression.New()
	chain := "1"
	for range 200 {
		chain = "1 < (" + chain + ") < 1"
	}
	cases := map[string]string{
		strings.Repeat(" ", expression.MaxExpression) + "true": "characters",
		chain:                             "too many parts",
		strings.Repeat("1 + ", 900) + "1": "maximum allowed nodes",
		`contact.name == "` + strings.Repeat("x", expression.MaxExpression): "characters",
		strings.Repeat("(", 3_000):                               "unexpected",
		strings.Repeat("!", 3_000):                               "",
		strings.Repeat("[", 3_000):                               "",
		`says(contact.name, "` + strings.Repeat("я", 201) + `")`: "1 to 200",
	}
	for source, msg := range cases {
		_, err := l.Condition(source, scheme.ScopeCampaign)
		require.ErrorContains(t, err, msg)
	}
	_, err := l.Template(strings.Repeat("я", expression.MaxTemplate), scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = l.Template(strings.Repeat("я", expression.MaxTemplate+1), scheme.ScopeCampaign)
	require.ErrorContains(t, err, "characters")
	_, err = l.Template("{{"+strings.Repeat(" ", expression.MaxExpression)+"1}}", scheme.ScopeCampaign)
	require.ErrorContains(t, err, "characters")
}
