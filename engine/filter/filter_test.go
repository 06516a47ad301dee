package filter_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/filter"
)

func TestConditionsAreTrueOrFalse(t *testing.T) {
	t.Parallel()
	moscow, err := time.LoadLocation("Europe/Moscow")
	require.NoError(t, err)
	anna := &filter.Contact{Name: "Алёна", Email: "a@mail.example", Tags: []string{"vip"}, Groups: []filter.Group{{ID: "7", Name: "Все"}},
		Attributes: map[string]any{"age": 30.0, "city": "Казань", "empty": "", "list": []any{"a", 1.0}, "yes": true},
		Consents:   map[string]bool{"sms": true}, CreatedAt: time.Date(2026, 1, 31, 21, 30, 0, 0, time.UTC)}
	attribute := func(key string) filter.Field { return filter.Field{Name: filter.Attributes, Key: key} }
	name, phone, tags := filter.Field{Name: filter.ContactName}, filter.Field{Name: filter.Phone}, filter.Field{Name: filter.Tags}
	groups, created := filter.Field{Name: filter.Groups}, filter.Field{Name: filter.CreatedAt}
	for what, c := range map[string]struct {
		node filter.Node
		want bool
	}{
		"nothing asked":                {nil, true},
		"equality has case":            {filter.Compare{Field: name, Op: filter.Equal, Value: "алёна"}, false},
		"a part has none, ё is е":      {filter.Match{Field: name, How: filter.StartsWith, Text: "АЛЕ"}, true},
		"the end":                      {filter.Match{Field: name, How: filter.EndsWith, Text: "Ёна"}, true},
		"what is lacking has no part":  {filter.Match{Field: phone, How: filter.Contains, Text: "7"}, false},
		"what is lacking is unequal":   {filter.Not{Of: filter.Compare{Field: phone, Op: filter.Equal, Value: "+7"}}, true},
		"what is lacking has no order": {filter.Compare{Field: phone, Op: filter.Less, Value: "+7"}, false},
		"a number":                     {filter.Compare{Field: attribute("age"), Op: filter.GreaterOrEqual, Value: 30.0}, true},
		"a number is no text":          {filter.Compare{Field: attribute("age"), Op: filter.Equal, Value: "30"}, false},
		"nor in order with one":        {filter.Compare{Field: attribute("age"), Op: filter.Less, Value: "9"}, false},
		"an empty text is lacking":     {filter.Empty{Field: attribute("empty")}, true},
		"a list":                       {filter.Has{Field: attribute("list"), Value: 1.0}, true},
		"a text is no list":            {filter.Has{Field: attribute("city"), Value: "Казань"}, false},
		"a tag":                        {filter.Has{Field: tags, Value: "VIP"}, false},
		"a group by its name":          {filter.Has{Field: groups, Value: "все"}, true},
		"a group by its id":            {filter.Has{Field: groups, Value: "7"}, true},
		"one of several":               {filter.In{Field: attribute("city"), Values: []filter.Value{"Омск", "Казань"}}, true},
		"a day begins in the zone":     {filter.Compare{Field: created, Op: filter.GreaterOrEqual, Value: filter.Day("2026-02-01")}, true},
		"and ends there":               {filter.Compare{Field: created, Op: filter.Less, Value: filter.Day("2026-02-01")}, false},
		"both":                         {filter.And{Of: []filter.Node{filter.Empty{Field: phone}, filter.Empty{Field: tags}}}, false},
		"either":                       {filter.Or{Of: []filter.Node{filter.Empty{Field: phone}, filter.Empty{Field: tags}}}, true},
		"a consent":                    {filter.Compare{Field: filter.Field{Name: filter.Consents, Key: "sms"}, Op: filter.Equal, Value: true}, true},
		"no consent":                   {filter.Compare{Field: filter.Field{Name: filter.Consents, Key: "vk"}, Op: filter.Equal, Value: true}, false},
	} {
		require.Equal(t, c.want, filter.Holds(c.node, anna, moscow), what)
	}
}

func TestAMistakeBecomesAFault(t *testing.T) {
	t.Parallel()
	f := (&filter.Error{Code: "filter_text", Line: 2, Column: 3, Args: map[string]any{"field": "name"}}).Fault("body.filter")
	require.Equal(t, map[string]any{"line": 2, "column": 3, "field": "name"}, f.Args)
	require.Equal(t, "body.filter", f.Field)
}
