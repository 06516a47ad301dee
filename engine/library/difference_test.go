package library_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/library"
)

const base = `{"kind":"cascade","name":"A","entry":"v","editor":{"zoom":1},
	"nodes":[{"id":"v","type":"viber","name":"V","x":1,"y":2,"config":{"sender":"S","button":{"url":"u"}}},{"id":"s","type":"sms","config":{}}],
	"links":[{"id":"1","from":"v","to":"s","type":"status","value":"not_delivered"},{"id":"2","from":"v","to":"s","type":"status","value":"spam"}]}`

// edited is the base with a text replaced.
func edited(t *testing.T, pairs ...string) []byte {
	t.Helper()
	text := base
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	require.True(t, json.Valid([]byte(text)), text)
	return []byte(text)
}

func compare(t *testing.T, pairs ...string) library.Difference {
	t.Helper()
	return library.Compare([]byte(base), edited(t, pairs...))
}

func TestWhatIsTheSame(t *testing.T) {
	t.Parallel()
	require.True(t, compare(t, `"x":1,"y":2`, `"y":2.0, "x":1`).Same)
	require.True(t, library.Compare(nil, nil).Same)
	require.True(t, library.Compare([]byte(`{"nodes":[]}`), []byte(`{"links":[]}`)).Same, "nothing drawn is nothing drawn")
	require.True(t, library.Compare([]byte(`5`), []byte(`{}`)).Same)
}

func TestFieldsOfTheDocument(t *testing.T) {
	t.Parallel()
	d := compare(t, `"name":"A"`, `"name":"B"`, `"entry":"v",`, ``, `{"zoom":1}`, `{"zoom":1,"a/b":true}`)
	require.False(t, d.Same)
	require.Equal(t, []library.FieldChange{
		{Field: "/editor/a~1b", After: json.RawMessage("true")},
		{Field: "/entry", Before: json.RawMessage(`"v"`)},
		{Field: "/name", Before: json.RawMessage(`"A"`), After: json.RawMessage(`"B"`)},
	}, d.Fields)
	require.Empty(t, d.Nodes.Changed)
	d = library.Compare([]byte(base), []byte(`{"nodes":7}`))
	require.Equal(t, "/nodes", d.Fields[len(d.Fields)-1].Field)
	require.Len(t, d.Nodes.Removed, 2)
}

func TestPartsThatChanged(t *testing.T) {
	t.Parallel()
	d := compare(t, `"id":"s","type":"sms"`, `"id":"z","type":"sms"`, `"url":"u"`, `"url":"w"`, `"to":"s","type":"status","value":"spam"`, `"to":"z","type":"error"`)
	require.Equal(t, []library.Part{{ID: "z", Type: "sms"}}, d.Nodes.Added)
	require.Equal(t, []library.Part{{ID: "s", Type: "sms"}}, d.Nodes.Removed)
	require.Equal(t, []library.ChangedPart{{Part: library.Part{ID: "v", Type: "viber", Name: "V"},
		Fields: []library.FieldChange{{Field: "/config/button/url", Before: json.RawMessage(`"u"`), After: json.RawMessage(`"w"`)}}}}, d.Nodes.Changed)
	require.Equal(t, library.Part{ID: "2", Type: "error", From: "v", To: "z"}, d.Links.Changed[0].Part)
	require.Len(t, d.Links.Changed[0].Fields, 3)
	moved := compare(t, `"x":1`, `"x":5`).Nodes.Changed[0]
	require.True(t, moved.Moved)
	require.Equal(t, "/x", moved.Fields[0].Field)
}

func TestOrderOfLinks(t *testing.T) {
	t.Parallel()
	one, two := `{"id":"1","from":"v","to":"s","type":"status","value":"not_delivered"}`, `{"id":"2","from":"v","to":"s","type":"status","value":"spam"}`
	d := compare(t, one+","+two, two+","+one)
	require.False(t, d.Same)
	require.True(t, d.Links.Reordered)
	require.Empty(t, d.Links.Changed)
	require.False(t, compare(t, one+",", "").Links.Reordered)
}

func TestPartsWithoutAnIDOfTheirOwn(t *testing.T) {
	t.Parallel()
	a := []byte(`{"nodes":[{"id":"a"},{"id":"a","type":"sms"},{"type":"x"},{"type":"x"},7]}`)
	require.True(t, library.Compare(a, a).Same)
	d := library.Compare(a, []byte(`{"nodes":[{"id":"a"},{"type":"x"},7,{"type":"y"}]}`))
	require.Equal(t, []library.Part{{Type: "y"}}, d.Nodes.Added)
	require.Equal(t, []library.Part{{ID: "a", Type: "sms"}, {Type: "x"}}, d.Nodes.Removed)
	many := []byte(`{"nodes":[` + strings.Repeat(`{},`, 30_000) + `{}]}`)
	start := time.Now()
	require.True(t, library.Compare(many, many).Same)
	require.Less(t, time.Since(start), 10*time.Second, "not the square of their number")
}

func TestClashes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		theirs, yours []string
		both          []library.Place
	}{
		"different blocks":     {[]string{`"url":"u"`, `"url":"w"`}, []string{`"id":"s","type":"sms"`, `"id":"s","type":"vk"`}, []library.Place{}},
		"different fields":     {[]string{`"url":"u"`, `"url":"w"`}, []string{`"x":1`, `"x":7`}, []library.Place{}},
		"the same field":       {[]string{`"url":"u"`, `"url":"w"`}, []string{`"url":"u"`, `"url":"z"`}, []library.Place{{Node: "v", Field: "/config/button/url"}}},
		"to the same end":      {[]string{`"url":"u"`, `"url":"w"`}, []string{`"url":"u"`, `"url":"w"`}, []library.Place{}},
		"one within the other": {[]string{`"url":"u"`, `"url":"w"`}, []string{`{"url":"u"}`, `5`}, []library.Place{{Node: "v", Field: "/config/button"}}},
		"one removed it": {[]string{`"type":"sms"`, `"type":"vk"`}, []string{`,{"id":"s","type":"sms","config":{}}`, ``},
			[]library.Place{{Node: "s"}}},
		"both removed it": {[]string{`,{"id":"s","type":"sms","config":{}}`, ``}, []string{`,{"id":"s","type":"sms","config":{}}`, ``}, []library.Place{}},
		"both added it": {[]string{`"nodes":[`, `"nodes":[{"id":"n","type":"ok"},`}, []string{`"nodes":[`, `"nodes":[{"id":"n","type":"vk"},`},
			[]library.Place{{Node: "n"}}},
		"a link":   {[]string{`"value":"spam"`, `"value":"a"`}, []string{`"value":"spam"`, `"value":"b"`}, []library.Place{{Link: "2", Field: "/value"}}},
		"the name": {[]string{`"name":"A"`, `"name":"B"`}, []string{`"name":"A"`, `"name":"C"`}, []library.Place{{Field: "/name"}}},
	} {
		got := library.Clash([]byte(base), edited(t, c.theirs...), edited(t, c.yours...))
		require.True(t, got.BaseKept, name)
		require.Equal(t, c.both, got.Both, name)
		require.False(t, got.Theirs.Same || got.Yours.Same, name)
	}
	lost := library.Clash(nil, []byte(base), edited(t, `"name":"A"`, `"name":"B"`))
	require.False(t, lost.BaseKept)
	require.Nil(t, lost.Theirs)
	require.Equal(t, "/name", lost.Yours.Fields[0].Field)
	require.Nil(t, library.Clash([]byte(base), []byte(base), nil).Yours)
}

// A difference of a document and itself is none, and one there is the mirror of the one back.
func TestDifferencesMirror(t *testing.T) {
	t.Parallel()
	part := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf(`{"id":%q,"type":%q,"x":%d}`, rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "id"),
			rapid.SampledFrom([]string{"sms", "vk"}).Draw(t, "type"), rapid.IntRange(0, 2).Draw(t, "x"))
	})
	document := rapid.Custom(func(t *rapid.T) []byte {
		return []byte(`{"name":` + fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "name")) + `,"nodes":[` +
			strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "nodes"), ",") + `],"links":[` +
			strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "links"), ",") + `]}`)
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := document.Draw(t, "a"), document.Draw(t, "b")
		require.True(t, library.Compare(a, a).Same)
		there, back := library.Compare(a, b), library.Compare(b, a)
		require.Equal(t, library.SameJSON(a, b), there.Same)
		require.Equal(t, there.Nodes.Added, back.Nodes.Removed)
		require.Equal(t, there.Links.Removed, back.Links.Added)
		require.Len(t, back.Nodes.Changed, len(there.Nodes.Changed))
		require.Equal(t, there.Nodes.Reordered, back.Nodes.Reordered)
		require.Empty(t, library.Clash(a, b, b).Both)
	})
}
