package expression_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
)

var instant = time.Date(2026, 3, 27, 15, 4, 5, 0, time.UTC)

// sample is a recipient with a bit of everything.
func sample() *scheme.Vars {
	return &scheme.Vars{
		Contact: &scheme.Contact{Name: "Анна", Phone: "+79241234567", Zone: "Asia/Vladivostok",
			Tags: []string{"vip", "new"},
			Attributes: map[string]any{"age": 18.0, "city": "Москва", "vip": true, "empty": "", "visits": 3,
				"score": "42", "price": 1234567.0, "half": 0.5,
				"order": map[string]any{"id": "A1", "lines": []any{map[string]any{"sku": "x", "qty": 2.0}, map[string]any{"sku": "y", "qty": 5.0}}}}},
		Campaign: &scheme.Campaign{ID: "c1", Name: "Spring", Tags: []string{"sale"}},
		Data:     map[string]any{"code": "QWE", "items": []any{1.0, 2.0, 3.0}},
		Dialog: &scheme.Dialog{Channel: "widget", Page: "/price", Language: "ru", Returning: true,
			Tags: []string{"hot"}, Priority: 2, Waiting: 90},
		Message: "Добрый день", Reply: "да, беру", Now: instant,
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	const c, r, d = scheme.ScopeCampaign, scheme.ScopeReply, scheme.ScopeDialog
	cases := []struct {
		source string
		scope  scheme.Scope
		want   bool
	}{
		{`true`, c, true},
		{`1 > 2`, c, false},
		{`contact.name == "Анна"`, c, true},
		{`contact.name != nil`, c, true},
		{`contact.email == nil`, c, true},
		{`contact.attributes.age >= 18`, c, true},
		{`contact.attributes.age == 18`, c, true},
		{`contact.attributes.visits < 3.5`, c, true},
		{`contact.attributes.visits in 1..5`, c, true},
		{`18 <= contact.attributes.age < 65`, c, true},
		{`int(contact.attributes.score) > 40`, c, true},
		{`contact.attributes.vip`, c, true},
		{`not contact.attributes.vip`, c, false},
		{`contact.attributes["city"] == "Москва"`, c, true},
		{`contact.attributes.city in ["Москва", "Казань"]`, c, true},
		{`contact.attributes.missing == nil`, c, true},
		{`contact.attributes.missing.deeper == nil`, c, true},
		{`contact.attributes.empty == nil`, c, true},
		{`(contact.attributes.missing ?? 5) == 5`, c, true},
		{`contact.attributes.missing?.deeper == nil`, c, true},
		{`contact.attributes.missing in ["a"]`, c, false},
		{`"vip" in contact.tags`, c, true},
		{`"VIP" not in contact.tags`, c, true},
		{`len(contact.tags) == 2`, c, true},
		{`any(contact.tags, # startsWith "v")`, c, true},
		{`all(data.items, # > 1)`, c, false},
		{`sum(data.items) == 6`, c, true},
		{`sum(contact.attributes.order.lines, .qty) == 7`, c, true},
		{`count(data.items, # > 1) == 2`, c, true},
		{`reduce(data.items, #acc + #) == 6`, c, true},
		{`map(data.items, # * 2)[2] == 6`, c, true},
		{`filter(data.items, # > 1) == [2, 3]`, c, true},
		{`sortBy(contact.attributes.order.lines, .qty, "desc")[0].sku == "y"`, c, true},
		{`contact.attributes.order.lines[1].sku == "y"`, c, true},
		{`contact.attributes.order.lines[-1].sku == "y"`, c, true},
		{`contact.attributes.order.lines[9].sku == nil`, c, true},
		{`get(data, "nope") == nil`, c, true},
		{`let x = contact.name; x == "Анна"`, c, true},
		{`campaign.id == "c1" and campaign.name == "Spring" and "sale" in campaign.tags`, c, true},
		{`data.code matches "^Q.E$"`, c, true},
		{`now() > date("2026-03-01")`, c, true},
		{`now().Month() == 3 and now().Hour() == 15`, c, true},
		{`now().In(timezone("Europe/Moscow")).Hour() == 18`, c, true},
		{`now() - duration("1h") < now()`, c, true},
		{`date(timezone("Europe/Moscow"), "2026-03-27").Unix() == 1774558800`, c, true},
		{`keys({"b": 1, "a": 2}) == ["a", "b"]`, c, true},
		{`replace("ааб", "а", "в") == "ввб"`, c, true},
		{`uniq([1, 2, 1]) == [1, 2]`, c, true},
		{`reply == "да, беру"`, r, true},
		{`reply contains "беру"`, r, true},
		{`reply | says("беру")`, r, true},
		{`says(reply, "нет", "да")`, r, true},
		{`says(reply, contact.name)`, r, false},
		{`contact.phone startsWith "+7"`, r, true},
		{`dialog.returning`, d, true},
		{`dialog.waiting > 60 and dialog.priority == 2`, d, true},
		{`dialog.channel == "widget" and dialog.source == nil`, d, true},
		{`says(message.text, "добрый день")`, d, true},
		{`data.code == "QWE" and "hot" in dialog.tags`, d, true},
	}
	l := expression.New()
	for _, tc := range cases {
		t.Run(tc.source, func(t *testing.T) {
			t.Parallel()
			cond, err := l.Condition(tc.source, tc.scope)
			require.NoError(t, err)
			for range 2 { // the second time with a used machine
				got, err := cond.Holds(sample())
				require.NoError(t, err)
				require.Equal(t, tc.want, got)
			}
		})
	}
}

func TestConditionFailsAtRunTime(t *testing.T) {
	t.Parallel()
	l := expression.New()
	for _, source := range []string{
		`contact.attributes.missing >= 18`,
		`contact.attributes.score >= 18`,
		`contact.attributes.city`,
		`contact.attributes.missing`,
		`contact.attributes.vip and contact.attributes.missing`,
		`upper(contact.email) == "A"`,
		`contact.attributes.age.years == 1`,
		`contact.attributes.order["id"]["x"] == 1`,
		`1 % int(contact.attributes.half) == 0`,
		`fromJSON(contact.attributes.city) == 1`,
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			cond, err := l.Condition(source, scheme.ScopeCampaign)
			require.NoError(t, err)
			holds, err := cond.Holds(sample())
			require.Error(t, err)
			require.False(t, holds)
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, 1, e.Line)
			require.NotEmpty(t, e.What.In(words.English))
		})
	}
}

func TestLackingVars(t *testing.T) {
	t.Parallel()
	l := expression.New()
	for scope, source := range map[scheme.Scope]string{
		scheme.ScopeCampaign: `contact.name == nil and contact == nil and contact.tags == nil and data == nil and data.x == nil and campaign.id == nil and contact.attributes.a == nil`,
		scheme.ScopeReply:    `reply == "" and len(reply) == 0 and reply != nil and not says(reply, "да") and contact.phone == nil and not (reply contains "a")`,
		scheme.ScopeDialog:   `dialog.channel == nil and dialog.returning == nil and message.text == nil and dialog == nil and campaign == nil and campaign.id == nil and campaign.tags == nil`,
	} {
		cond, err := l.Condition(source, scope)
		require.NoError(t, err)
		for _, v := range []*scheme.Vars{nil, {}} {
			holds, err := cond.Holds(v)
			require.NoError(t, err)
			require.True(t, holds)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	const c, r, d = scheme.ScopeCampaign, scheme.ScopeReply, scheme.ScopeDialog
	cases := []struct {
		source string
		scope  scheme.Scope
		column int
		msg    string
	}{
		{`nmae`, c, 1, "unknown name nmae (known here: campaign, contact, data)"},
		{`contact.nmae == "x"`, c, 9, "contact has no field nmae"},
		{`campaign.tag == "x"`, c, 10, "campaign has no field tag"},
		{`dialog.x == 1`, d, 8, "dialog has no field x"},
		{`message.body == "x"`, d, 9, "message has no field body"},
		{`contact["nmae"] == "x"`, c, 0, "contact has no field nmae"},
		{`contact.name`, c, 1, "must be true or false, and this is a text"},
		{`reply`, r, 1, "a text"},
		{`"да"`, r, 1, "a text"},
		{`1 + 1`, c, 1, "a number"},
		{`nil`, c, 1, "true or false"},
		{`contact.tags`, c, 1, "a list"},
		{`dialog.priority`, d, 1, "a number"},
		{`contact.name > 5`, c, 14, "mismatched types"},
		{`contact.name + 1 == 2`, c, 14, "mismatched types"},
		{`reply == "x"`, c, 1, "unknown name reply"},
		{`data.x == 1`, r, 1, "unknown name data"},
		{`campaign.id == "x"`, r, 1, "unknown name campaign"},
		{`campaign.x == "x"`, d, 10, "campaign has no field x"},
		{`dialog.channel == "x"`, c, 1, "unknown name dialog"},
		{``, c, 1, "empty"},
		{` `, c, 1, "empty"},
		{`contact.name ==`, c, 0, "unexpected"},
		{`"open`, c, 0, "not terminated"},
		{`a b`, c, 0, ""},
		{"\xff", c, 1, "UTF-8"},
		{`link("https://a.example") == ""`, c, 1, "for texts only"},
		{`$env.contact == nil`, c, 1, "unknown name $env"},
		{`let $env = 1; true`, c, 0, "$"},
		{`let contact = 1; true`, c, 0, "redeclare"},
		{`says == nil`, c, 1, "is a function"},
		{`upper == nil`, c, 1, "is a function"},
		{`data.f()`, c, 0, "unknown function f"},
		{`data["f"]() == 1`, c, 0, ""},
		{`now().GoString() == ""`, c, 0, "unknown function GoString"},
		{`now().Local() == now()`, c, 0, "unknown function Local"},
		{`timezone("Local") == nil`, c, 0, "timezone()"},
		{`timezone(contact.zone) == nil`, c, 0, "timezone()"},
		{`timezone("Mars/Base") == nil`, c, 0, "timezone()"},
		{`data.x matches data.y`, c, 0, "constant"},
		{`data.x matches "("`, c, 0, ""},
		{`data.x matches "(a{900}){1}b{900}"`, c, 0, "too large"},
		{`contact.attributes[1] == 1`, c, 0, "cannot use int"},
		{`contact.name.Month() == 1`, c, 0, "Month"},
		{`b"x" == data.x`, c, 1, "without b"},
		{`says(reply)`, r, 1, "says()"},
		{`says(reply, "")`, r, 13, "1 to 200"},
		{`env("HOME") == ""`, c, 1, "unknown function env"},
		{`random() > 1`, c, 1, "unknown function random"},
	}
	l := expression.New()
	for _, tc := range cases {
		t.Run(tc.source, func(t *testing.T) {
			t.Parallel()
			_, err := l.Condition(tc.source, tc.scope)
			require.Error(t, err)
			var e *expression.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.What.In(words.English), tc.msg)
			require.Equal(t, 1, e.Line)
			if tc.column > 0 {
				require.Equal(t, tc.column, e.Column, e.Error())
			}
		})
	}
}

func TestConstructsNotLeakedToUsers(t *testing.T) {
	t.Parallel()
	_, err := expression.New().Template(`{{ link("https://a.example/") }}`, scheme.ScopeReply)
	require.ErrorContains(t, err, "for texts only")
	_, err = expression.New().Value(`link("https://a.example/")`, scheme.ScopeCampaign)
	require.ErrorContains(t, err, "for texts only")
}

func TestValue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		source string
		want   any
	}{
		{`"x" + contact.name`, "xАнна"},
		{`contact.attributes.age + 1`, 19.0},
		{`contact.attributes.missing`, nil},
		{`contact.tags`, []any{"vip", "new"}},
		{`[1, contact.email]`, []any{1, nil}},
		{`{"a": contact.name}`, map[string]any{"a": "Анна"}},
		{`groupBy(data.items, # > 1)`, map[string]any{"true": []any{2.0, 3.0}, "false": []any{1.0}}},
		{`now()`, instant},
		{`contact.name[0:2]`, "Ан"},
		{`contact.attributes.city[1]`, "о"},
		{`data.items[1:]`, []any{2.0, 3.0}},
		{`first(contact.tags) + last(contact.tags)`, "vipnew"},
		{`now().Format("02.01.2006")`, "27.03.2026"},
		{`string(contact.attributes.price)`, "1234567"},
		{`toJSON({"b": [1, nil], "a": "<"})`, `{"a":"<","b":[1,null]}`},
		{`toPairs({"b": 1, "a": 2})`, []any{[]any{"a", 2}, []any{"b", 1}}},
		{`repeat("ab", 2) | upper()`, "ABAB"},
		{`split("a,b", ",")`, []any{"a", "b"}},
		{`campaign`, map[string]any{"id": "c1", "name": "Spring", "tags": []any{"sale"}}},
		{`42`, 42},
	}
	l := expression.New()
	for _, tc := range cases {
		t.Run(tc.source, func(t *testing.T) {
			t.Parallel()
			x, err := l.Value(tc.source, scheme.ScopeCampaign)
			require.NoError(t, err)
			got, err := x.Eval(sample())
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestValueIsACopy(t *testing.T) {
	t.Parallel()
	x, err := expression.New().Value(`contact.attributes.order`, scheme.ScopeCampaign)
	require.NoError(t, err)
	v := sample()
	got, err := x.Eval(v)
	require.NoError(t, err)
	got.(map[string]any)["id"] = "changed"
	require.Equal(t, sample(), v)
}

func TestValueRefusesWhatJSONCannotHold(t *testing.T) {
	t.Parallel()
	x, err := expression.New().Value(`0 / contact.attributes.missing2`, scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = x.Eval(sample())
	require.Error(t, err)
	x, err = expression.New().Value(`contact.attributes.age / (contact.attributes.age - 18)`, scheme.ScopeCampaign)
	require.NoError(t, err)
	_, err = x.Eval(sample())
	require.ErrorContains(t, err, "not a number")
}
