package expression_test

import (
	"fmt"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
)

func TestCompiledValuesAreSharedByGoroutines(t *testing.T) {
	t.Parallel()
	l := expression.New()
	cond, err := l.Condition(`any(contact.tags, # == contact.name) and says(data.text, "да")`, scheme.ScopeCampaign)
	require.NoError(t, err)
	tm, err := l.Template(`{{ contact.name }}: {{ map(contact.tags, # + "!") }} {{ link("https://a.example/" + contact.name) }}`, scheme.ScopeCampaign)
	require.NoError(t, err)
	errs := make(chan error, 8)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				name := fmt.Sprintf("n%d-%d", g, i)
				v := &scheme.Vars{Contact: &scheme.Contact{Name: name, Tags: []string{"a", name}}, Data: map[string]any{"text": "да!"}}
				holds, err := cond.Holds(v)
				if err != nil || !holds {
					errs <- fmt.Errorf("%s: %v %w", name, holds, err)
					return
				}
				want := name + ": a!, " + name + "! <https://a.example/" + name + ">"
				got, err := tm.Render(v, func(u string) string { return "<" + u + ">" })
				if err != nil || got != want {
					errs <- fmt.Errorf("%s: %q %w", name, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

func TestEvaluatingAllocatesLittle(t *testing.T) { //nolint:paralleltest // it measures what the whole process allocates
	l := expression.New()
	cases := map[string]float64{
		`true`: 0,
		`says(reply, "да", "беру сейчас")`:  4,
		`reply contains "да"`:               4,
		`contact.attributes.age >= 18`:      4,
		`contact.attributes.city == "Омск"`: 4,
	}
	v := sample()
	for source, most := range cases {
		cond, err := l.Condition(source, scheme.ScopeReply)
		require.NoError(t, err)
		got := testing.AllocsPerRun(200, func() { _, _ = cond.Holds(v) })
		require.LessOrEqual(t, got, most+0.5, source) // the pool may be emptied once on the way
	}
	tm, err := l.Template(`plain`, scheme.ScopeCampaign)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(200, func() { _, _ = tm.Render(v, nil) }))
}

func FuzzCondition(f *testing.F) {
	for i, s := range []string{`says(reply, "да", "беру сейчас")`, `contact.attributes.age >= 18`, `any(data.items, # > 1)`,
		`reply in ["а", "Б"]`, `dialog.returning and dialog.waiting > 3`, `let x = [1, 2]; sum(x) == 3`, `1 < 2 < 3`,
		`reply matches "^(да|нет)$"`, `now().In(timezone("UTC")).Hour() in 9..18`, `data?.a?.b ?? false`, `$env`, "`", `"\u{110000}"`,
		`groupBy(data.items, #)[1] == nil`, `sortBy(data.items, -#)[0] == 3`, `data.items[0:-1] == [1]`, `{(1): 2}`,
		`if true { false } else { true }`, `b'x'`, `-9223372036854775808 % -1 == 0`, `get(data, reply)`} {
		f.Add(s, uint8(i), "да")
	}
	l := expression.New()
	f.Fuzz(func(t *testing.T, source string, scope uint8, reply string) {
		cond, err := l.Condition(source, scheme.Scope(scope%3))
		if err != nil {
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			require.Positive(t, e.Line)
			require.Positive(t, e.Column)
			return
		}
		v := sample()
		v.Reply, v.Message = reply, reply
		v.Data["text"] = reply
		first, err1 := cond.Holds(v)
		second, err2 := cond.Holds(v)
		require.Equal(t, first, second)
		require.Equal(t, err1 == nil, err2 == nil)
		want := sample()
		want.Reply, want.Message = reply, reply
		want.Data["text"] = reply
		require.Equal(t, want, v, "evaluating changes nothing")
		_, _ = cond.Holds(nil)
	})
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{`Hi {{ contact.name ?? "friend" }}`, `{{ "{{" }}`, `{{ '}}' }}`, "{{ `}}` }}", `{{`, `}}`, `{{}}`,
		`{{ link("https://a.example/?q=" + data.text) }}`, `{{ {"a": {"b": [1, nil]}} }}`, `{{ toJSON(data) }}`,
		`{{ if true {"a"} else {"b"} }}`, `{{ contact }}{{ campaign }}{{ data }}`, `{{ keys(data) }}`, `{{ now().Format("15:04") }}`} {
		f.Add(s, "да")
	}
	l := expression.New()
	f.Fuzz(func(t *testing.T, source, text string) {
		tm, err := l.Template(source, scheme.ScopeCampaign)
		if err != nil {
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			return
		}
		v := sample()
		v.Data["text"] = text
		first, err1 := tm.Render(v, nil)
		second, err2 := tm.Render(v, nil)
		require.Equal(t, first, second)
		require.Equal(t, err1 == nil, err2 == nil)
		require.True(t, utf8.ValidString(first))
		if constant, ok := tm.Constant(); ok {
			require.Equal(t, constant, first)
		}
		_, _ = tm.Render(nil, nil)
	})
}

func BenchmarkCondition(b *testing.B) {
	for _, source := range []string{`says(reply, "да", "беру сейчас")`, `reply contains "да"`, `contact.attributes.age >= 18`,
		`contact.attributes.city == "Москва" and "vip" in contact.tags`, `any(contact.tags, # == "vip")`, `contact.attributes.missing >= 18`} {
		b.Run(source, func(b *testing.B) {
			cond, err := expression.New().Condition(source, scheme.ScopeReply)
			require.NoError(b, err)
			v := sample()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = cond.Holds(v)
			}
		})
	}
}

func BenchmarkTemplate(b *testing.B) {
	for _, source := range []string{`constant`, `{{ contact.name ?? "Hello" }}, 20% off: {{ link("https://shop.example/sale") }}`} {
		b.Run(source, func(b *testing.B) {
			tm, err := expression.New().Template(source, scheme.ScopeCampaign)
			require.NoError(b, err)
			v, link := sample(), func(string) string { return "https://k.example/a1" }
			b.ReportAllocs()
			for b.Loop() {
				_, _ = tm.Render(v, link)
			}
		})
	}
}
