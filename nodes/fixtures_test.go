package nodes_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// fixtures are the examples of one block type, in the testdata of its folder.
type fixtures struct {
	Kind    scheme.Kind `json:"kind"`
	Valid   []fixture   `json:"valid"`
	Invalid []fixture   `json:"invalid"`
	Warned  []fixture   `json:"warned"`
}

// fixture is one config. Outcomes are written type:value, `any` for every value, and `!` after what wants a link;
// "-" alone is none. Fields of findings are JSON pointers from the config.
type fixture struct {
	Name     string          `json:"name"`
	Config   json.RawMessage `json:"config"`
	Outcomes []string        `json:"outcomes"`
	Findings []struct {
		Code  scheme.Code `json:"code"`
		Field string      `json:"field"`
	} `json:"findings"`
}

// load fails where a type has no fixtures: a block without examples is not finished.
func load(t testing.TB, typ string) fixtures {
	t.Helper()
	folder := strings.ReplaceAll(typ, "_", "")
	data, err := os.ReadFile(filepath.Join(folder, "testdata", "fixtures.json"))
	require.NoError(t, err, "the block type %q needs %s/testdata/fixtures.json", typ, folder)
	var f fixtures
	require.NoError(t, json.Unmarshal(data, &f))
	require.NotEmpty(t, f.Valid)
	require.NotEmpty(t, f.Invalid)
	return f
}

// alone is a scheme with one block in it.
func (f fixtures) alone(typ string, config json.RawMessage) []byte {
	doc, err := json.Marshal(map[string]any{"kind": f.Kind, "name": "fixture", "nodes": []any{
		map[string]any{"id": "a", "type": typ, "name": "a", "x": 0, "y": 0, "config": config}}, "links": []any{}})
	if err != nil {
		panic(err)
	}
	return doc
}

// about keeps the findings about the config itself: a block alone has no goal and no links.
func about(findings []scheme.Finding) []string {
	var out []string
	for _, f := range findings {
		switch f.Code {
		case scheme.NoGoal, scheme.UnlinkedOutcome, scheme.MissedChats:
		default:
			out = append(out, string(f.Code)+" "+strings.TrimPrefix(f.Field, "/nodes/0/config"))
		}
	}
	slices.Sort(out)
	return out
}

func (f fixture) expected() []string {
	var out []string
	for _, e := range f.Findings {
		out = append(out, string(e.Code)+" "+e.Field)
	}
	slices.Sort(out)
	return out
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	types, lang := nodes.All(), expression.New()
	require.Len(t, types, len(nodes.List()), "two block types have one name")
	for _, typ := range nodes.List() {
		t.Run(typ.Name, func(t *testing.T) {
			t.Parallel()
			all := load(t, typ.Name)
			for _, f := range all.Valid {
				checked, findings := scheme.Check(all.alone(typ.Name, f.Config), types, lang)
				require.Empty(t, about(findings), f.Name)
				compileFixture(t, typ.Name, f, checked)
			}
			for _, f := range all.Invalid {
				require.NotEmpty(t, f.Findings, f.Name)
				checked, findings := scheme.Check(all.alone(typ.Name, f.Config), types, lang)
				require.Equal(t, f.expected(), about(findings), f.Name)
				require.Nil(t, checked, f.Name)
				requireWayOut(t, findings)
			}
			for _, f := range all.Warned {
				checked, findings := scheme.Check(all.alone(typ.Name, f.Config), types, lang)
				require.Equal(t, f.expected(), about(findings), f.Name)
				require.NotNil(t, checked, f.Name)
				requireWayOut(t, findings)
			}
		})
	}
}

func requireWayOut(t *testing.T, findings []scheme.Finding) {
	t.Helper()
	for _, f := range findings {
		require.NotEmpty(t, f.Message)
		require.NotContains(t, f.Message, "%!")
	}
}

func compileFixture(t *testing.T, typ string, f fixture, checked *scheme.Checked) {
	t.Helper()
	settings := checked.Settings("a")
	if f.Outcomes != nil {
		require.Equal(t, f.Outcomes, written(settings.Outcomes()), f.Name)
	}
	compiler, ok := settings.(engine.Compiler)
	require.True(t, ok, "the settings of %q do not compile", typ)
	if m, ok := compiler.Compile().(*engine.Message); ok {
		require.Equal(t, typ, m.Channel)
		require.GreaterOrEqual(t, m.Attempts, 1)
		require.Positive(t, m.Decision)
		content, err := m.Content.Render(&scheme.Vars{}, func(url string) string { return url })
		require.NoError(t, err, f.Name)
		require.NotEmpty(t, content.Sender)
		require.Equal(t, m.Decision, content.TimeToLive)
		require.Equal(t, m.Attempts, content.Attempts)
	}
	program, err := engine.Compile(checked)
	require.NoError(t, err)
	require.Len(t, program.Nodes, 1)
}

func written(list []scheme.Outcome) []string {
	out := []string{}
	for _, o := range list {
		s := string(o.Type) + ":" + o.Value
		if o.Any {
			s += "any"
		}
		if o.Wanted {
			s += "!"
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return []string{"-"}
	}
	return out
}

// TestForms holds the form of a block against its fixtures: every setting that a valid example uses is in the form,
// and every field of the form is known to the decoder.
func TestForms(t *testing.T) {
	t.Parallel()
	types, lang := nodes.All(), expression.New()
	for _, typ := range nodes.List() {
		t.Run(typ.Name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, typ.Label.EN)
			require.NotEmpty(t, typ.Label.RU)
			all := load(t, typ.Name)
			for _, f := range all.Valid {
				var config map[string]any
				require.NoError(t, json.Unmarshal(f.Config, &config))
				requireInForm(t, typ.Fields, config)
			}
			for _, field := range typ.Fields {
				requireLabels(t, field)
				config, err := json.Marshal(map[string]any{field.Name: nil})
				require.NoError(t, err)
				_, findings := scheme.Check(all.alone(typ.Name, config), types, lang)
				require.NotContains(t, messages(findings), `there is no setting "`+field.Name+`" here: remove it`)
			}
		})
	}
}

func messages(findings []scheme.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Message)
	}
	return out
}

func requireInForm(t *testing.T, fields []scheme.Field, config map[string]any) {
	t.Helper()
	for name, value := range config {
		i := slices.IndexFunc(fields, func(f scheme.Field) bool { return f.Name == name })
		require.GreaterOrEqual(t, i, 0, "the form lacks %q", name)
		field := fields[i]
		if field.Kind != scheme.FieldObject {
			continue
		}
		for _, one := range parts(field, value) {
			requireInForm(t, field.Fields, one)
		}
	}
}

// parts gives the objects that a field holds.
func parts(f scheme.Field, value any) []map[string]any {
	var out []map[string]any
	switch f.In {
	case scheme.Many:
		for _, v := range value.([]any) {
			out = append(out, v.(map[string]any))
		}
	case scheme.ByKey:
		for _, v := range value.(map[string]any) {
			out = append(out, v.(map[string]any))
		}
	default:
		out = append(out, value.(map[string]any))
	}
	return out
}

func requireLabels(t *testing.T, f scheme.Field) {
	t.Helper()
	require.NotEmpty(t, f.Label.EN, f.Name)
	require.NotEmpty(t, f.Label.RU, f.Name)
	require.Equal(t, f.Kind == scheme.FieldChoice || f.In == scheme.ByKey && f.Kind == scheme.FieldObject, len(f.Choices) > 0, f.Name)
	require.Equal(t, f.Kind == scheme.FieldObject, len(f.Fields) > 0, f.Name)
	for _, in := range f.Fields {
		requireLabels(t, in)
	}
}
