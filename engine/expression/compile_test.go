package expression_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
)

// ordinary are sources of all kinds, right and wrong, that compile in one scope or another.
var ordinary = []string{
	`true`, `contact.attributes.age >= 18`, `"vip" in contact.tags and contact.name != nil`, `contact.nope == 1`,
	`says(reply, "да", "беру")`, `reply contains "Да"`, `reply == 1`, `dialog.waiting > 3 and dialog.returning`,
	`any(contact.tags, # == contact.name)`, `map(contact.tags, upper(#))[0] == "A"`, `now().Hour() in 9..18`,
	`now().In(timezone("Europe/Moscow")).Weekday() == 1`, `now().Year`, `says(contact.name)`, `link("https://a.example/")`,
	`sum(map(1..3, # * 2)) == 12`, `let x = len(contact.tags); x > 1 ? "a" : "b"`, `groupBy(contact.tags, #)["a"]`,
	`{"a": [1, 2.5]}.a[1] > 2`, `contact.name matches "^A+$"`, `contact.name matches "("`, `1 +`, `$env`, `len`, `first(1)`,
	`data.items[0].price * 2 > 10`, `campaign.name startsWith "x"`, `message.text contains "?"`, `timezone("Nowhere")`,
	`abs(-1) + round(1.5) == 3`, `duration("1h").Minutes() == 60`, `date("2026-01-02").Before(now())`, `repeat("a", 3) == "aaa"`,
}

// compiled tells all that a language makes of a source: the error or what it gives.
func compiled(l *expression.Language, source string, scope scheme.Scope) string {
	v := sample()
	v.Reply, v.Message = "да", "да?"
	cond, err := l.Condition(source, scope)
	told := fmt.Sprint(err)
	if err == nil {
		holds, err := cond.Holds(v)
		told = fmt.Sprint(holds, err)
	}
	x, err := l.Value(source, scope)
	told += fmt.Sprint(" | ", err)
	if err == nil {
		out, err := x.Eval(v)
		told += fmt.Sprint(out, err)
	}
	tm, err := l.Template("a {{ "+source+" }}", scope)
	told += fmt.Sprint(" | ", err)
	if err == nil {
		out, err := tm.Render(v, nil)
		told += fmt.Sprint(out, tm.HasLink(), err)
	}
	return told
}

// TestCompilingRemembersNothing: what a language makes of a source is the same whatever it compiled before, and
// whatever other goroutines compile with it at the same time.
func TestCompilingRemembersNothing(t *testing.T) {
	t.Parallel()
	type key struct {
		source string
		scope  scheme.Scope
	}
	var keys []key
	want := map[key]string{}
	for _, source := range ordinary {
		for _, scope := range []scheme.Scope{scheme.ScopeCampaign, scheme.ScopeReply, scheme.ScopeDialog} {
			k := key{source, scope}
			keys, want[k] = append(keys, k), compiled(expression.New(), source, scope)
		}
	}
	l := expression.New()
	differ := make(chan string, 4)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			mine := slices.Clone(keys[g*len(keys)/4:])
			mine = append(mine, keys...)
			if g%2 == 1 {
				slices.Reverse(mine)
			}
			for _, k := range mine {
				if got := compiled(l, k.source, k.scope); got != want[k] {
					differ <- fmt.Sprintf("%s: %s, alone: %s", k.source, got, want[k])
					return
				}
			}
		})
	}
	wg.Wait()
	close(differ)
	for d := range differ {
		require.Fail(t, d)
	}
}

// TestCompilingIsCheap: the tables of a scope are built once, not for every source.
func TestCompilingIsCheap(t *testing.T) { //nolint:paralleltest // it measures what the whole process allocates
	l := expression.New()
	got := testing.AllocsPerRun(100, func() {
		_, err := l.Condition(`contact.attributes.age >= 18`, scheme.ScopeCampaign)
		require.NoError(t, err)
	})
	require.Less(t, got, 250.0) // the pool may lose one now and then, and under the race detector every fourth
}

func BenchmarkCompile(b *testing.B) {
	for _, source := range []string{`contact.attributes.age >= 18`, `says(reply, "да", "беру сейчас")`} {
		b.Run(source, func(b *testing.B) {
			l := expression.New()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = l.Condition(source, scheme.ScopeReply)
			}
		})
	}
	b.Run("the first of a process", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = expression.New().Condition(`contact.attributes.age >= 18`, scheme.ScopeReply)
		}
	})
}
