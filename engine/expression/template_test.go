package expression_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	cases := []struct{ source, want string }{
		{`plain } text { }} {`, `plain } text { }} {`},
		{``, ``},
		{`Привет, {{ contact.name ?? "friend" }}!`, `Привет, Анна!`},
		{`{{ contact.email ?? "friend" }}`, `friend`},
		{`{{ contact.attributes.empty ?? "friend" }}`, `friend`},
		{`[{{ contact.email }}]`, `[]`},
		{`[{{contact.attributes.missing.deeper}}]`, `[]`},
		{`{{ "{{" }}x{{ "}}" }}`, `{{x}}`},
		{"{{ '}}' + `}}` + \"\\\"}}\" }}", `}}}}"}}`},
		{"{{ `a``}}` }}", "a`}}"},
		{`{{ {"a": {"b": 1}} }}`, `{"a":{"b":1}}`},
		{`{{ {"a": {"b": 1}}}}.`, `{"a":{"b":1}}.`},
		{`{{ if contact.attributes.vip {"VIP"} else {"-"} }}`, `VIP`},
		{`{{ contact.attributes.age }}|{{ contact.attributes.half }}|{{ contact.attributes.price }}|{{ 2.50 }}`, `18|0.5|1234567|2.5`},
		{`{{ contact.attributes.vip }} {{ false }}`, `true false`},
		{`{{ contact.tags }}; {{ data.items }}; {{ [] }}`, `vip, new; 1, 2, 3; `},
		{`{{ [1, [2, nil], {"a": 3}] }}`, `1, 2, , {"a":3}`},
		{`{{ now() }}`, `2026-03-27T15:04:05Z`},
		{`{{ contact.attributes.order.lines[0] }}`, `{"qty":2,"sku":"x"}`},
		{`{{ campaign.name }}/{{ campaign.id }}/{{ data.code }}`, `Spring/c1/QWE`},
		{"{{\n  contact.name\n}}\n", "Анна\n"},
		{`{{ join(map(contact.attributes.order.lines, .sku + "!"), "+") }}`, `x!+y!`},
		{`{{ link("https://shop.example/" + data.code) }}`, `<https://shop.example/QWE>`},
		{`{{ 10 / 4 }} {{ 7 % 4 }} {{ 2 ** 3 }} {{ 1e21 }} {{ -0.0000001 }}`, `2.5 3 8 1e+21 -1e-07`},
		{`{{ upper(contact.name) + lower("ABC") }}`, `АННАabc`},
		{`{{ duration("90m") }} {{ timezone("UTC") }}`, `1h30m0s UTC`},
	}
	l := expression.New()
	for _, tc := range cases {
		t.Run(tc.source, func(t *testing.T) {
			t.Parallel()
			tm, err := l.Template(tc.source, scheme.ScopeCampaign)
			require.NoError(t, err)
			for range 2 {
				got, err := tm.Render(sample(), func(u string) string { return "<" + u + ">" })
				require.NoError(t, err)
				require.Equal(t, tc.want, got)
			}
		})
	}
}

func TestTemplateConstantAndLink(t *testing.T) {
	t.Parallel()
	cases := []struct {
		source, constant string
		fixed, link      bool
	}{
		{`abc`, `abc`, true, false},
		{`a{{ "{{" }}b{{ 1 + 1 }}{{ nil }}{{ "x" + "y" }}`, `a{{b2xy`, true, false},
		{`{{ contact.name }}`, ``, false, false},
		{`link("https://a.example/")`, `link("https://a.example/")`, true, false},
		{`{{ link("https://a.example/") }}`, ``, false, true},
		{`{{ contact.attributes.vip ? link("https://a.example/") : "" }}`, ``, false, true},
	}
	for _, tc := range cases {
		tm, err := expression.New().Template(tc.source, scheme.ScopeCampaign)
		require.NoError(t, err)
		constant, fixed := tm.Constant()
		require.Equal(t, tc.fixed, fixed, tc.source)
		require.Equal(t, tc.constant, constant, tc.source)
		require.Equal(t, tc.link, tm.HasLink(), tc.source)
	}
}

func TestTemplateErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		source       string
		line, column int
		msg          string
	}{
		{`a {{ b`, 1, 3, "not closed"},
		{`a {{ "b }}`, 1, 3, "not closed"},
		{"a {{ `b }}", 1, 3, "not closed"},
		{`{{ {"a": 1 }}`, 1, 1, "not closed"},
		{`x {{ }}`, 1, 5, "empty"},
		{"при\nвет {{ nmae }}", 2, 8, "unknown name nmae"},
		{"{{ contact.name }}\n\n  {{ contact.nmae }}", 3, 14, "no field nmae"},
		{"{{ 1\n+ contact.nmae }}", 2, 11, "no field nmae"},
		{`{{ link("ftp://a.example/") }}`, 1, 9, "http"},
		{`{{ link("javascript:alert(1)") }}`, 1, 9, "http"},
		{`{{ link("https://") }}`, 1, 9, "http"},
		{`{{ link("ftp" + "://a.example") }}`, 1, 0, "http"},
		{`{{ link(contact.attributes.vip ? "https://a.example" : "nope") }}`, 1, 0, "http"},
		{`{{ link(data.u ?? "nope") }}`, 1, 0, "http"},
		{`{{ link(1) }}`, 1, 0, "link"},
		{`{{ link() }}`, 1, 0, "link"},
		{`{{ message.text }}`, 1, 4, "unknown name message"},
		{"a\xff", 1, 1, "UTF-8"},
	}
	for _, tc := range cases {
		t.Run(tc.source, func(t *testing.T) {
			t.Parallel()
			_, err := expression.New().Template(tc.source, scheme.ScopeCampaign)
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.What.In(words.English), tc.msg)
			require.Equal(t, tc.line, e.Line)
			if tc.column > 0 {
				require.Equal(t, tc.column, e.Column, e.Error())
			}
			require.Contains(t, e.Error(), "line ")
		})
	}
}

func TestTemplateGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	tm, err := expression.New().Template("a{{ upper(contact.email) }}b\n{{ int(data.code) }}c{{ link(data.code) }}", scheme.ScopeCampaign)
	require.NoError(t, err)
	got, err := tm.Render(sample(), nil)
	require.Equal(t, "ab\nc", got)
	var e *expression.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 1, e.Line, "the first failure is told")
}

func TestRenderWithoutLinkFunction(t *testing.T) {
	t.Parallel()
	tm, err := expression.New().Template(`{{ link("https://a.example/x") }}`, scheme.ScopeDialog)
	require.NoError(t, err)
	got, err := tm.Render(&scheme.Vars{}, nil)
	require.NoError(t, err)
	require.Equal(t, "https://a.example/x", got)
}

func TestRenderedTextIsValid(t *testing.T) {
	t.Parallel()
	tm, err := expression.New().Template(`{{ data.x }}|{{ data.y }}`, scheme.ScopeCampaign)
	require.NoError(t, err)
	got, err := tm.Render(&scheme.Vars{Data: map[string]any{"x": "a\xffb", "y": map[string]any{"\xff": "\xff"}}}, nil)
	require.NoError(t, err)
	require.Equal(t, strings.ToValidUTF8(got, ""), got)
	require.True(t, strings.HasPrefix(got, "a�b|"))
}

func TestRenderKeepsTheZoneOfAnInstant(t *testing.T) {
	t.Parallel()
	tm, err := expression.New().Template(`{{ now().In(timezone("Europe/Moscow")) }}`, scheme.ScopeCampaign)
	require.NoError(t, err)
	got, err := tm.Render(&scheme.Vars{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, nil)
	require.NoError(t, err)
	require.Equal(t, "2026-01-01T03:00:00+03:00", got)
}
