package scheme_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// TestCheckDocuments looks at the shape. A `~` stands for the least good document with the text put into its root, `n~`
// into its node, `l~` into its link.
func TestCheckDocuments(t *testing.T) {
	t.Parallel()
	const good = `{"kind":"cascade","name":"","nodes":[{"id":"a","type":"goal","name":"","x":0,"y":0,"config":{}%s},` +
		`{"id":"b","type":"goal","name":"","x":0,"y":0,"config":{}}],"links":[{"id":"1","from":"a","to":"b","type":"next"%s}]%s}`
	root := func(s string) string { return fmt.Sprintf(good, "", "", ","+s) }
	node := func(s string) string { return fmt.Sprintf(good, ","+s, "", "") }
	link := func(s string) string { return fmt.Sprintf(good, "", ","+s, "") }
	instead := func(old, with string) string {
		return strings.Replace(fmt.Sprintf(good, "", "", ""), old, with, 1)
	}
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"the least", fmt.Sprintf(good, "", "", ""), nil},
		{"a list", `[]`, []string{"bad_document"}},
		{"a number", `5`, []string{"bad_document =5"}},
		{"null", `null`, []string{"bad_document =null"}},
		{"an empty object", `{}`, []string{"bad_document /kind", "empty_scheme /nodes"}},
		{"no blocks", `{"kind":"cascade","name":"","nodes":[],"links":[]}`, []string{"empty_scheme /nodes"}},
		{"a kind that there is not", instead("cascade", "tree"), []string{"bad_document /kind =tree"}},
		{"a kind that is a number", instead(`"cascade"`, "1"), []string{"bad_document /kind =1"}},
		{"a newer format", root(`"format":2,"zoom":1`), []string{"bad_document /format =2"}},
		{"a format in words", root(`"format":"1"`), []string{"bad_document /format =1"}},
		{"format 0", root(`"format":0`), []string{"bad_document /format =0"}},
		{"an unknown field", root(`"zoom":1`), []string{"bad_document /zoom =zoom"}},
		{"an unknown field with a slash", root(`"a/b~c":1`), []string{"bad_document /a~1b~0c =a/b~c"}},
		{"a field in other letters", root(`"Entry":"a"`), []string{"bad_document /Entry =Entry"}},
		{"a field twice", root(`"name":"x"`), []string{"bad_document /name =name"}},
		{"a field twice deep in the editor", root(`"editor":{"a":[{"b":1,"b":2}]}`), []string{"bad_document /editor/a/0/b =b"}},
		{"a null character", root(`"editor":{"a":"\u0000"}`), []string{"bad_document /editor/a"}},
		{"anything in the editor", root(`"editor":{"":{"x":[1,"2",null,true]}}`), nil},
		{"an editor that is a list", root(`"editor":[]`), []string{"bad_document /editor"}},
		{"an editor on a block", node(`"editor":{"colour":"red"}`), nil},
		{"null for an editor", node(`"editor":null`), []string{"bad_document a /nodes/0/editor =null"}},
		{"an editor on a link", link(`"editor":{}`), []string{"bad_document 1 /links/0/editor =editor"}},
		{"an unknown field of a block", node(`"z":1`), []string{"bad_document a /nodes/0/z =z"}},
		{"an unknown field of a link", link(`"label":"x"`), []string{"bad_document 1 /links/0/label =label"}},
		{"an entry that is a list", root(`"entry":[]`), []string{"bad_document /entry"}},
		{"a name that is null", instead(`"name":""`, `"name":null`), []string{"bad_document /name =null"}},
		{"blocks in an object", `{"kind":"cascade","name":"","nodes":{},"links":[]}`, []string{"bad_document /nodes"}},
		{"links in an object", `{"kind":"cascade","name":"","nodes":[{"id":"a","type":"goal"},{"id":"b","type":"wait"}],"links":{}}`,
			[]string{"bad_document /links"}},
		{"a block that is a text", instead(`"nodes":[`, `"nodes":["a",`), []string{"bad_document /nodes/0 =a"}},
		{"a block without an id", instead(`"id":"b",`, ``), []string{"bad_document /nodes/1/id"}},
		{"a block with a number for an id", instead(`"id":"b"`, `"id":2`), []string{"bad_document /nodes/1/id =2"}},
		{"a block with an empty id", instead(`"id":"b"`, `"id":""`), []string{"bad_document /nodes/1/id"}},
		{"a malformed id", strings.ReplaceAll(fmt.Sprintf(good, "", "", ""), `"b"`, `"b b"`), []string{"bad_document /nodes/1/id =b b"}},
		{"an id in Russian", strings.ReplaceAll(fmt.Sprintf(good, "", "", ""), `"b"`, `"б"`), []string{"bad_document /nodes/1/id =б"}},
		{"the longest id", strings.ReplaceAll(fmt.Sprintf(good, "", "", ""), `"b"`, `"`+strings.Repeat("b", 64)+`"`), nil},
		{"coordinates in words", instead(`"x":0`, `"x":"0"`), []string{"bad_document a /nodes/0/x =0"}},
		{"coordinates beyond numbers", instead(`"y":0`, `"y":1e999`), []string{"bad_document a /nodes/0/y =1e999"}},
		{"a type that is a number", instead(`"type":"goal"`, `"type":7`), []string{"bad_document a /nodes/0/type =7"}},
		{"no type", instead(`"type":"goal",`, ``), []string{"unknown_block a /nodes/0/type"}},
		{"settings in a list", instead(`"config":{}`, `"config":[]`), []string{"bad_document a /nodes/0/config"}},
		{"no settings", instead(`,"config":{}`, ``), nil},
		{"an unknown setting", instead(`"config":{}`, `"config":{"a":1}`), []string{"bad_config a /nodes/0/config/a =a"}},
		{"a bad template", instead(`"config":{}`, `"config":{"text":"bad"}`), []string{"bad_template a /nodes/0/config/text =bad"}},
		{"settings that hide the outcomes", strings.Replace(instead(`"config":{}`, `"config":{"lost":true}`), `"next"`, `"none"`, 1),
			[]string{"bad_config a /nodes/0/config/lost =true"}},
		{"a link that is null", instead(`"links":[`, `"links":[null,`), []string{"bad_document /links/0 =null"}},
		{"a link without an id", instead(`"id":"1",`, ``), []string{"bad_document /links/0/id"}},
		{"a link from a number", instead(`"from":"a"`, `"from":1`), []string{"bad_document 1 /links/0/from =1"}},
		{"a link without an end", instead(`"to":"b",`, ``), []string{"dangling_link 1 /links/0/to", "several_entries a+b /nodes"}},
		{"a link without a type", instead(`,"type":"next"`, ``), []string{"link_not_available a 1 /links/0/type"}},
		{"a link with a number for a value", link(`"value":1`), []string{"bad_document 1 /links/0/value =1"}},
		{"two links of one id", instead(`"links":[`, `"links":[{"id":"1","from":"b","to":"c","type":"next"},`),
			[]string{"duplicate_id 1 /links/1/id =1", "dangling_link 1 /links/0/to =c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checked, findings := scheme.Check([]byte(c.doc), fakeTypes(), fakeLanguage{})
			require.ElementsMatch(t, c.want, briefs(findings), c.doc)
			require.Equal(t, !scheme.HasErrors(findings), checked != nil)
		})
	}
}

func TestCheckSizes(t *testing.T) {
	t.Parallel()
	many := func(nodes, links int) []byte {
		var b strings.Builder
		b.WriteString(`{"kind":"cascade","name":"","nodes":[`)
		for i := range nodes {
			fmt.Fprintf(&b, `%s{"id":"n%d","type":"goal"}`, strings.Repeat(",", min(i, 1)), i)
		}
		b.WriteString(`],"links":[`)
		for i := range links {
			fmt.Fprintf(&b, `%s{"id":"l%d","from":"n%d","to":"n%d","type":"next"}`, strings.Repeat(",", min(i, 1)), i, i, i+1)
		}
		b.WriteString(`]}`)
		return []byte(b.String())
	}
	codes := func(doc []byte) []string {
		_, findings := scheme.Check(doc, fakeTypes(), fakeLanguage{})
		return briefs(findings)
	}
	require.Empty(t, codes(many(500, 499)))
	require.Equal(t, []string{"too_large /nodes =501"}, codes(many(501, 0)))
	require.Equal(t, []string{"too_large /links =2001"}, codes(many(1, 2001)))
	require.Equal(t, []string{"too_large /nodes =501", "too_large /links =2001"}, codes(many(501, 2001)))

	good := `{"kind":"cascade","name":"%s","nodes":[{"id":"a","type":"goal"}]}`
	rest := scheme.MaxBytes - len(good) + len("%s")
	require.Empty(t, codes(fmt.Appendf(nil, good, strings.Repeat("n", rest))))
	require.Equal(t, []string{"too_large"}, codes(fmt.Appendf(nil, good, strings.Repeat("n", rest+1))))

	deep := func(n int) []byte {
		return []byte(`{"kind":"cascade","nodes":[{"id":"a","type":"goal"}],"editor":{"a":` + strings.Repeat("[", n) +
			strings.Repeat("]", n) + `}}`)
	}
	require.Empty(t, codes(deep(62)))
	require.Equal(t, []string{"bad_document"}, codes(deep(63)))
	require.Equal(t, []string{"bad_document"}, codes(deep(100_000)))

	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, `,"%d":0`, i)
	}
	require.Less(t, len(codes([]byte(`{"kind":"cascade"`+keys.String()+`}`))), 6_000)
}
