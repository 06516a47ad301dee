package nodes_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// seeds are all the fixtures, each alone in a scheme, and the contract's cases.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for _, typ := range nodes.List() {
		all := load(t, typ.Name)
		for _, list := range [][]fixture{all.Valid, all.Invalid, all.Warned} {
			for _, f := range list {
				out = append(out, all.alone(typ.Name, f.Config))
			}
		}
	}
	for _, c := range findingsCases(t) {
		out = append(out, c.Scheme)
	}
	return out
}

// requireSound holds what is true of every answer of Check.
func requireSound(t require.TestingT, doc []byte, types scheme.Types, lang scheme.Language) {
	checked, findings := scheme.Check(doc, types, lang)
	again, same := scheme.Check(doc, types, lang)
	require.Equal(t, findings, same, "%s", doc)
	require.Equal(t, scheme.HasErrors(findings), checked == nil, "%s", doc)
	require.Equal(t, checked == nil, again == nil)
	for _, f := range findings {
		require.NotEmpty(t, f.Code)
		require.NotEmpty(t, f.Message)
	}
	if checked != nil {
		program, err := engine.Compile(checked)
		require.NoError(t, err, "%s", doc)
		require.Len(t, program.Nodes, len(checked.Document().Nodes))
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	types, lang := nodes.All(), expression.New()
	f.Fuzz(func(t *testing.T, doc []byte) { requireSound(t, doc, types, lang) })
}

// TestCheckOfRandomSchemes joins blocks of the fixtures by links drawn at random.
func TestCheckOfRandomSchemes(t *testing.T) {
	t.Parallel()
	types, lang := nodes.All(), expression.New()
	all := map[string]fixtures{}
	var names []string
	for _, typ := range nodes.List() {
		all[typ.Name] = load(t, typ.Name)
		names = append(names, typ.Name)
	}
	values := []string{"", "delivered", "clicked", "else", "a", "open", "1", "rejected", "reply contains", `says(reply, "да")`, "not_delivered"}
	kinds := []string{"status", "reply", "ivr", "error", "next", "variant", "branch", "option", "timeout", "not_accepted", "nobody_online", "x"}
	rapid.Check(t, func(t *rapid.T) {
		doc := map[string]any{"kind": rapid.SampledFrom([]string{"cascade", "routing", "tree"}).Draw(t, "kind"), "name": ""}
		var list, links []any
		id := rapid.StringMatching(`[a-f]`)
		for range rapid.IntRange(0, 6).Draw(t, "blocks") {
			typ := rapid.SampledFrom(names).Draw(t, "type")
			f := all[typ]
			fixture := rapid.SampledFrom(append(f.Valid[:len(f.Valid):len(f.Valid)], f.Invalid...)).Draw(t, "config")
			list = append(list, map[string]any{"id": id.Draw(t, "id"), "type": typ, "config": fixture.Config})
		}
		for i := range rapid.IntRange(0, 10).Draw(t, "links") {
			links = append(links, map[string]any{"id": fmt.Sprint(i), "from": id.Draw(t, "from"), "to": id.Draw(t, "to"),
				"type": rapid.SampledFrom(kinds).Draw(t, "kind"), "value": rapid.SampledFrom(values).Draw(t, "value")})
		}
		doc["nodes"], doc["links"] = list, links
		if rapid.Bool().Draw(t, "entry") {
			doc["entry"] = id.Draw(t, "entry")
		}
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		requireSound(t, text, types, lang)
	})
}

// largest is a scheme of 500 blocks, every second one with a condition or a template of its own.
func largest() []byte {
	var list, links []string
	for i := range scheme.MaxNodes - 1 {
		config, typ, out := fmt.Sprintf(`{"sender":"SHOP","text":"%d: {{ contact.name ?? \"friend\" }} {{ link(\"https://shop.example/%d\") }}"}`, i, i),
			"sms", `"type":"status","value":"clicked"`
		if i%2 == 1 {
			config = fmt.Sprintf(`{"branches":[{"id":"a","when":"contact.attributes.age > %d"}]}`, i)
			typ, out = "condition", `"type":"branch","value":"a"`
		}
		list = append(list, fmt.Sprintf(`{"id":"n%d","type":%q,"name":"block %d","x":0,"y":%d,"config":%s}`, i, typ, i, i, config))
		links = append(links, fmt.Sprintf(`{"id":"l%d","from":"n%d","to":"n%d",%s}`, i, i, i+1, out))
	}
	list = append(list, fmt.Sprintf(`{"id":"n%d","type":"goal","name":"","x":0,"y":0,"config":{}}`, scheme.MaxNodes-1))
	return fmt.Appendf(nil, `{"kind":"cascade","name":"","nodes":[%s],"links":[%s]}`, strings.Join(list, ","), strings.Join(links, ","))
}

func TestCheckOfTheLargest(t *testing.T) {
	t.Parallel()
	checked, findings := scheme.Check(largest(), nodes.All(), expression.New())
	require.False(t, scheme.HasErrors(findings), findings)
	require.NotNil(t, checked)
	require.Len(t, findings, (scheme.MaxNodes-1)/2, "one unlinked else for each condition")
}

func BenchmarkCheck(b *testing.B) {
	doc, types, lang := largest(), nodes.All(), expression.New()
	b.ReportAllocs()
	for b.Loop() {
		if checked, _ := scheme.Check(doc, types, lang); checked == nil {
			b.Fatal("the scheme has errors")
		}
	}
}
