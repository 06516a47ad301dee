package library_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/fault"
	"kaskad/engine/library"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// requireFault requires a fault with a code at a field.
func requireFault(t *testing.T, err error, code, field string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f, "%v", err)
	require.Equal(t, code, f.Code)
	require.Equal(t, field, f.Field)
}

func TestADrawingMayBeHalfDrawn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]library.Drawing{
		`{}`: {Document: []byte(`{}`)},
		` { "kind" : "cascade", "name": " Весна " } `: {Document: []byte(`{"kind":"cascade","name":" Весна "}`), Name: "Весна", Kind: scheme.Cascade}, //nolint:gocritic // the spaces are the case
		`{"kind":"maze","name":5,"nodes":7}`:          {Document: []byte(`{"kind":"maze","name":5,"nodes":7}`)},
		`{"KIND":"cascade","Name":"a"}`:               {Document: []byte(`{"KIND":"cascade","Name":"a"}`)},
	} {
		d, err := library.ReadDrawing([]byte(text), "body")
		require.NoError(t, err, text)
		require.Equal(t, want, d)
	}
	d, err := library.ReadDrawing([]byte(`{"name":"`+strings.Repeat("я", 1000)+`"}`), "body")
	require.NoError(t, err)
	require.Equal(t, library.MaxName, utf8.RuneCountInString(d.Name))
}

func TestWhatIsNoDrawing(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	for text, code := range map[string]string{
		"": "json_unreadable", "{": "json_unreadable", "{}{}": "json_unreadable", "{\"a\":\"\xff\"}": "json_unreadable",
		"[]": "document_no_object", "null": "document_no_object", "5": "document_no_object", deep(64): "json_too_deep",
		`{"a":"` + strings.Repeat("x", scheme.MaxBytes) + `"}`: "json_too_large",
		strings.Repeat(" ", 3<<20):                             "json_too_large",
	} {
		_, err := library.ReadDrawing([]byte(text), "body")
		requireFault(t, err, code, "body")
	}
	_, err := library.ReadDrawing([]byte(deep(63)), "body")
	require.NoError(t, err)
}

func TestRenaming(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		`{}`:                                    `{"name":"<Б>"}`,
		`{"kind":"cascade"}`:                    `{"name":"<Б>","kind":"cascade"}`,
		`{"kind":"cascade","name":"a","x":1.0}`: `{"kind":"cascade","name":"<Б>","x":1.0}`,
		`{"nodes":[{"name":"a"}],"name":{"name":1}}`: `{"nodes":[{"name":"a"}],"name":"<Б>"}`,
	} {
		require.Equal(t, after, string(library.Renamed([]byte(before), "<Б>")))
	}
	require.Equal(t, `[1]`, string(library.Renamed([]byte(`[1]`), "a")), "no object stays as it is")
}

func TestNamesOfCopies(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"X", "en", "X (copy)"}, {"X", "ru", "X (копия)"}, {"X (copy)", "en", "X (copy 2)"}, {"X (copy 2)", "ru", "X (копия 3)"},
		{"X (копия)", "en", "X (copy 2)"}, {"X (copy that)", "en", "X (copy that) (copy)"}, {"X (copy 2x)", "en", "X (copy 2x) (copy)"},
		{"X (copy -1)", "en", "X (copy -1) (copy)"}, {"", "en", " (copy)"}, {"X", "de", "X (copy)"},
	} {
		require.Equal(t, c[2], library.CopyName(c[0], c[1]))
	}
	long := library.CopyName(strings.Repeat("я", library.MaxName), "ru")
	require.Equal(t, library.MaxName, utf8.RuneCountInString(long))
	require.True(t, strings.HasSuffix(long, "… (копия)"))
}

func TestTags(t *testing.T) {
	t.Parallel()
	tags, err := library.CleanTags([]string{" a ", "b", "a", ""})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, tags)
	_, err = library.CleanTags([]string{strings.Repeat("x", library.MaxTag+1)})
	requireFault(t, err, "text_too_long", "body.tags")
	many := make([]string, library.MaxTags+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	_, err = library.CleanTags(many)
	requireFault(t, err, "too_many_tags", "body.tags")
	_, err = library.CleanTags([]string{"a\x00"})
	requireFault(t, err, "text_unreadable", "body.tags")
}

func TestBlankAndTemplates(t *testing.T) {
	t.Parallel()
	d, err := library.ReadDrawing(library.Blank(scheme.Routing, "Имя"), "")
	require.NoError(t, err)
	require.Equal(t, "Имя", d.Name)
	require.Equal(t, scheme.Routing, d.Kind)
	for _, language := range []string{"en", "ru"} {
		list, err := library.Templates(language)
		require.NoError(t, err)
		require.Len(t, list, 2)
		for _, tpl := range list {
			checked, found := scheme.Check(tpl.Document, nodes.All(), expression.New())
			require.NotNil(t, checked)
			require.Empty(t, found, "%s in %s", tpl.ID, language)
			require.NotEmpty(t, tpl.Name)
			require.NotEmpty(t, tpl.Description)
			require.Equal(t, tpl.Name, checked.Document().Name)
		}
	}
}

func TestAFileThereAndBack(t *testing.T) {
	t.Parallel()
	list, err := library.Templates("ru")
	require.NoError(t, err)
	d, err := library.ReadDrawing(list[0].Document, "")
	require.NoError(t, err)
	tests := []library.SchemeTest{{TestHead: library.TestHead{ID: 5, Name: "Тест"}, Script: []byte(`{"start":1}`), Expected: []byte(`{"outcome":"goal"}`)}}
	text, err := json.Marshal(library.NewFile(d, 3, tests, time.Unix(1_700_000_000, 5)))
	require.NoError(t, err)
	back, kept, err := library.ReadFile(text)
	require.NoError(t, err)
	require.True(t, library.SameJSON(d.Document, back.Document))
	require.Equal(t, d.Name, back.Name)
	require.Equal(t, []library.NewTest{{Name: "Тест", Script: []byte(`{"start":1}`), Expected: []byte(`{"outcome":"goal"}`)}}, kept)

	alone, kept, err := library.ReadFile(d.Document)
	require.NoError(t, err)
	require.Equal(t, d.Document, alone.Document)
	require.Empty(t, kept)
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	many := `{"kaskad_scheme":1,"document":{},"tests":[` + strings.Repeat(`{},`, library.MaxTests) + `{}]}`
	for text, want := range map[string][2]string{
		"":                                      {"json_unreadable", "body"},
		"[]":                                    {"file_unknown", "body"},
		"null":                                  {"file_unknown", "body"},
		"{}":                                    {"file_unknown", "body"},
		`{"kaskad_scheme":2}`:                   {"file_format", "body.kaskad_scheme"},
		`{"kaskad_scheme":"1"}`:                 {"file_format", "body.kaskad_scheme"},
		`{"kaskad_scheme":1,"name":{}}`:         {"file_field", "body.name"},
		`{"kaskad_scheme":1,"more":1}`:          {"file_fields", "body"},
		`{"kaskad_scheme":1,"exported_at":"x"}`: {"file_fields", "body"},
		`{"kaskad_scheme":1}`:                   {"json_unreadable", "body.document"},
		`{"kaskad_scheme":1,"document":[]}`:     {"document_no_object", "body.document"},
		many:                                    {"too_many_tests", "body.tests"},
		`{"kaskad_scheme":1,"document":{},"tests":[{"name":" "}]}`:                          {"name_missing", "body.tests[0].name"},
		`{"kaskad_scheme":1,"document":{},"tests":[{"name":"a","script":[]}]}`:              {"json_no_object", "body.tests[0].script"},
		`{"kaskad_scheme":1,"document":{},"tests":[{"name":"a","script":{},"expected":1}]}`: {"json_no_object", "body.tests[0].expected"},
	} {
		_, _, err := library.ReadFile([]byte(text))
		requireFault(t, err, want[0], want[1])
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(`{"kaskad_scheme":1,"document":{"kind":"cascade","name":"a"},"tests":[{"name":"a","script":{},"expected":{}}]}`))
	f.Add([]byte(`{"nodes":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, tests, err := library.ReadFile(data)
		if err != nil {
			var fault *fault.Error
			require.ErrorAs(t, err, &fault, "%v", err)
			return
		}
		require.True(t, json.Valid(d.Document))
		require.True(t, utf8.Valid(d.Document))
		require.LessOrEqual(t, utf8.RuneCountInString(d.Name), library.MaxName)
		require.True(t, library.Compare(d.Document, d.Document).Same)
		for _, test := range tests {
			require.True(t, json.Valid(test.Script))
			require.NotEmpty(t, test.Name)
		}
		again, err := library.ReadDrawing(library.Renamed(d.Document, "новое"), "")
		if err == nil { // the new name may make it too large
			require.Equal(t, "новое", again.Name)
		}
	})
}

func TestRulesOfTheArchive(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	s := library.Scheme{Name: "Весна"}
	require.NoError(t, s.Editable())
	requireFault(t, s.Deletable(), "scheme_not_archived", "")
	s.ArchivedAt = &now
	requireFault(t, s.Editable(), "scheme_archived", "")
	require.NoError(t, s.Deletable())
	s.Published = &library.Published{Version: 1, Number: 1}
	requireFault(t, s.Deletable(), "scheme_published", "")
}

func TestJudging(t *testing.T) {
	t.Parallel()
	test := library.SchemeTest{TestHead: library.TestHead{ID: 5, Name: "Тест"}, Expected: []byte(`{"a":[1,{"b":80.0}],"c":null}`)}
	require.Equal(t, library.Trial{Test: 5, Name: "Тест", Passed: true}, test.Judge([]byte(`{"c":null,"a":[1,{"b":80}]}`)))
	for _, got := range []string{`{"a":[1,{"b":81}],"c":null}`, `{"a":[1,{"b":80}]}`, `{"a":[1],"c":null}`, `{"a":{},"c":null}`, `{"a":[1,{"b":"80"}],"c":null}`, `5`} {
		trial := test.Judge([]byte(got))
		require.False(t, trial.Passed, got)
		require.Equal(t, got, string(trial.Got))
		require.Equal(t, test.Expected, trial.Expected)
	}
}
