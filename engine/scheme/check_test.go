package scheme_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// brief writes a finding as: code, what it names, its field, its value.
func brief(f scheme.Finding) string {
	parts := []string{string(f.Code)}
	for _, p := range []string{f.Node, f.Link, strings.Join(f.Nodes, "+"), f.Field} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if f.Value != "" {
		parts = append(parts, "="+f.Value)
	}
	return strings.Join(parts, " ")
}

func briefs(findings []scheme.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, brief(f))
	}
	return out
}

// draw makes a document of a drawing: `a:send b:goal | a-delivered>b`. A link's type is found by its word; w is a
// branch; `type=value` says both.
func draw(kind scheme.Kind, entry, drawing string) []byte {
	nodes, links, _ := strings.Cut(drawing, "|")
	var n, l []string
	for _, one := range strings.Fields(nodes) {
		id, typ, _ := strings.Cut(one, ":")
		config := `{}`
		if typ == "pick" {
			config = `{"ways":["w"]}`
		}
		n = append(n, fmt.Sprintf(`{"id":%q,"type":%q,"name":"","x":0,"y":0,"config":%s}`, id, typ, config))
	}
	for i, one := range strings.Fields(links) {
		ends, to, _ := strings.Cut(one, ">")
		from, what, _ := strings.Cut(ends, "-")
		typ, value, both := strings.Cut(what, "=")
		switch {
		case both:
		case what == "w":
			typ, value = "branch", "w"
		case what == "next" || what == "not_accepted" || what == "nobody_online" || what == "error":
		default:
			typ, value = "status", what
		}
		l = append(l, fmt.Sprintf(`{"id":"%d","from":%q,"to":%q,"type":%q,"value":%q}`, i+1, from, to, typ, value))
	}
	head := ""
	if entry != "" {
		head = fmt.Sprintf(`"entry":%q,`, entry)
	}
	return fmt.Appendf(nil, `{"kind":%q,"name":"",%s"nodes":[%s],"links":[%s]}`, kind, head, strings.Join(n, ","),
		strings.Join(l, ","))
}

func TestCheckDrawings(t *testing.T) {
	t.Parallel()
	const cascade, routing = scheme.Cascade, scheme.Routing
	for _, c := range []struct {
		name, drawing string
		kind          scheme.Kind
		entry         string
		want          []string
	}{
		{"a good cascade", "a:send g:goal | a-delivered>g", cascade, "", nil},
		{"two entries", "a:send b:send g:goal | a-delivered>g b-delivered>g", cascade, "",
			[]string{"several_entries a+b /nodes"}},
		{"two entries, one named", "a:send b:send g:goal | a-delivered>g b-delivered>g", cascade, "b",
			[]string{"unreachable_block a /nodes/0"}},
		{"an entry that there is not", "a:send g:goal | a-delivered>g", cascade, "z", []string{"no_entry /entry =z"}},
		{"the same block twice", "a:send a:send g:goal | a-delivered>g", cascade, "",
			[]string{"duplicate_id a /nodes/1/id =a"}},
		{"no such block", "a:telegram g:goal | a-sent>g a-viewed>g", cascade, "", []string{"unknown_block a /nodes/0/type =telegram"}},
		{"the only goal misspelt", "a:send g:gaol | a-delivered>g", cascade, "", []string{"unknown_block g /nodes/1/type =gaol"}},
		{"routing in a cascade", "a:offer g:goal | a-delivered>g", cascade, "", []string{"wrong_kind a /nodes/0/type =offer"}},
		{"a cascade's block in routing", "a:send b:offer | a-delivered>b b-not_accepted>b", routing, "",
			[]string{"wrong_kind a /nodes/0/type =send"}},
		{"a link to nowhere", "a:send g:goal | a-delivered>g a-clicked>z", cascade, "", []string{"dangling_link 2 /links/1/to =z"}},
		{"a link from nowhere", "a:send g:goal | a-delivered>g z-bad>g", cascade, "", []string{"dangling_link 2 /links/1/from =z"}},
		{"a link from nowhere to nowhere", "a:send g:goal | a-delivered>g y-bad>z", cascade, "",
			[]string{"dangling_link 2 /links/1/from =y"}},
		{"a dangling link counts no further", "a:wait g:goal | a-next>z", cascade, "",
			[]string{"dangling_link 1 /links/0/to =z", "several_entries a+g /nodes", "unlinked_outcome a /nodes/0"}},
		{"a status that it has not", "a:send g:goal | a-viewed>g", cascade, "",
			[]string{"link_not_available a 1 /links/0/value =viewed"}},
		{"a link that it has not", "a:send g:goal | a-next>g", cascade, "", []string{"link_not_available a 1 /links/0/type =next"}},
		{"an unknown reason", "a:send g:goal | a-error=full>g", cascade, "", []string{"link_not_available a 1 /links/0/value =full"}},
		{"a next with a value", "a:wait g:goal | a-next=x>g", cascade, "",
			[]string{"link_not_available a 1 /links/0/value =x", "unlinked_outcome a /nodes/0"}},
		{"one outcome twice", "a:send g:goal | a-delivered>g a-delivered>g", cascade, "", []string{"duplicate_link a 2 /links/1 =delivered"}},
		{"a wrong outcome twice", "a:send g:goal | a-viewed>g a-viewed>g", cascade, "",
			[]string{"link_not_available a 1 /links/0/value =viewed", "duplicate_link a 2 /links/1 =viewed"}},
		{"one reason and any", "a:send g:goal | a-error>g a-error=rejected>g", cascade, "", nil},
		{"a broken reply", "a:send g:goal | a-reply=bad>g", cascade, "", []string{"bad_expression a 1 /links/0/value =bad"}},
		{"a reply in capitals", "a:send g:goal | a-reply=Yes>g", cascade, "", []string{"unmatchable_reply a 1 /links/0/value =Yes"}},
		{"any reply and a certain one", "a:send g:goal | a-reply=yes>g a-reply=>g", cascade, "", nil},
		{"nothing to click", "a:send g:goal | a-clicked>g", cascade, "", []string{"click_without_link a 1 /links/0"}},
		{"a way without a link", "a:pick g:goal | a-branch=w>g", cascade, "", nil},
		{"no goal, an unlinked way", "a:pick |", cascade, "", []string{"no_goal /nodes", "unlinked_outcome a /nodes/0 =w"}},
		{"an unlinked delay", "a:wait b:goal | b-next>a", cascade, "", []string{"unlinked_outcome a /nodes/0"}},
		{"a goal without a link", "a:goal |", cascade, "", nil},

		{"a cycle behind the entry", "e:send b:send a:send g:goal | e-delivered>a a-delivered>b b-delivered>a a-clicked>g", cascade, "",
			[]string{"cycle b+a /links", "click_without_link a 4 /links/3"}},
		{"two cycles", "e:send a:send b:send c:send g:goal | e-delivered>a a-delivered>b b-delivered>a b-not_delivered>c c-delivered>c c-error>g", cascade, "",
			[]string{"cycle a+b /links", "cycle c /links"}},
		{"two cycles that share a block", "e:send a:send b:send c:goal | e-delivered>a a-delivered>b b-delivered>a a-error>c c-next>a", cascade, "",
			[]string{"cycle a+b+c /links"}},
		{"nothing but a cycle", "a:send g:goal | a-delivered>g g-next>a", cascade, "", []string{"cycle a+g /links"}},
		{"itself", "a:goal | a-next>a", cascade, "", []string{"cycle a /links"}},
		{"a cycle apart", "e:goal a:send b:send | a-delivered>b b-delivered>a", cascade, "",
			[]string{"cycle a+b /links", "unreachable_block a /nodes/1", "unreachable_block b /nodes/2"}},

		{"a closing operation", "d:offer |", routing, "", []string{"missed_chats d /nodes/0"}},
		{"looped on itself", "d:offer | d-not_accepted>d", routing, "d", nil},
		{"looped, and no entry", "d:offer | d-not_accepted>d", routing, "", []string{"no_entry /entry"}},
		{"looped where nobody is online", "d:offer | d-nobody_online>d d-not_accepted>d", routing, "d",
			[]string{"loop_without_wait d /links"}},
		{"talking to itself", "a:say | a-next>a", routing, "a", []string{"loop_without_wait a /links", "loop_never_offers a /links"}},
		{"talking round", "a:say b:pick d:offer | a-next>b b-w>a d-not_accepted>a", routing, "d",
			[]string{"loop_without_wait a+b /links", "loop_never_offers a+b /links"}},
		{"waiting in the loop", "a:say b:wait | a-next>b b-next>a", routing, "a", []string{"loop_never_offers a+b /links"}},
		{"waiting in one loop of two", "a:pick b:wait c:say d:offer | a-w>b b-next>a a-branch=w2>c c-next>a d-not_accepted>a", routing, "d",
			[]string{"link_not_available a 3 /links/2/value =w2", "loop_never_offers a+b+c /links"}},
		{"a loop that leads to an operation", "a:say b:wait d:offer e:pick | a-next>e e-w>b b-next>a d-not_accepted>a", routing, "d",
			[]string{"loop_never_offers a+b+e /links"}},
		{"a loop with a way to an operation", "d:offer a:say e:wait | d-not_accepted>a a-next>e e-next>d", routing, "d", nil},
		{"a loop through what is not known", "a:say b:dream | a-next>b b-next>a", routing, "a", []string{"unknown_block b /nodes/1/type =dream"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checked, findings := scheme.Check(draw(c.kind, c.entry, c.drawing), fakeTypes(), fakeLanguage{})
			require.ElementsMatch(t, c.want, briefs(findings))
			require.Equal(t, !scheme.HasErrors(findings), checked != nil)
			for _, f := range findings {
				require.NotEmpty(t, f.Message)
			}
		})
	}
}

func TestCheckGivesWhatItDecoded(t *testing.T) {
	t.Parallel()
	doc := `{"format":1,"kind":"cascade","name":"N","entry":"a","editor":{"zoom":[1,null]},
	 "nodes":[{"id":"a","type":"send","name":"A","x":-1.5,"y":2e2,"config":{"text":"hi"},"editor":{}},
	          {"id":"g","type":"goal"}],
	 "links":[{"id":"1","from":"a","to":"g","type":"reply","value":"yes"},{"id":"2","from":"a","to":"g","type":"reply"}]}`
	checked, findings := scheme.Check([]byte("\xef\xbb\xbf"+doc), fakeTypes(), fakeLanguage{})
	require.Empty(t, findings)
	require.Equal(t, "a", checked.Entry())
	got := checked.Document()
	require.Equal(t, 1, got.Format)
	require.JSONEq(t, `{"zoom":[1,null]}`, string(got.Editor))
	require.JSONEq(t, `{"text":"hi"}`, string(got.Nodes[0].Config))
	require.JSONEq(t, `{}`, string(got.Nodes[1].Config))
	require.Equal(t, []float64{-1.5, 200}, []float64{got.Nodes[0].X, got.Nodes[0].Y})
	require.NotNil(t, checked.Settings("g"))
	require.Nil(t, checked.Settings("z"))
	require.NotNil(t, checked.Reply("1"))
	require.Nil(t, checked.Reply("2"))
	require.Empty(t, checked.Findings())
}

func TestParseTellsJSONFromNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "kind: cascade", "{", `{"a":1}{`, `[1,]`, "{\"a\":\"\xff\"}", `{'a':1}`, "nul", `{"a":01}`} {
		_, err := scheme.Parse([]byte(s))
		require.ErrorIs(t, err, scheme.ErrNotJSON, s)
		checked, findings := scheme.Check([]byte(s), fakeTypes(), fakeLanguage{})
		require.Nil(t, checked)
		require.Equal(t, []string{"bad_document"}, briefs(findings), s)
	}
	for _, s := range []string{"[]", "5", "null", `"scheme"`} {
		_, err := scheme.Parse([]byte(s))
		require.NoError(t, err, s)
	}
	_, err := scheme.Parse(bytes.Repeat([]byte("{"), scheme.MaxBytes+1))
	require.NoError(t, err)
}
