package expression

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/filter"
)

func attributeField(key string) filter.Field { return filter.Field{Name: filter.Attributes, Key: key} }

func TestFiltersAreRead(t *testing.T) {
	t.Parallel()
	email, tags := filter.Field{Name: filter.Email}, filter.Field{Name: filter.Tags}
	created := filter.Field{Name: filter.CreatedAt}
	for text, want := range map[string]filter.Node{
		"  ": nil,
		`"vip" in tags && attributes.city == "Казань" && email != ""`: filter.And{Of: []filter.Node{
			filter.Has{Field: tags, Value: "vip"},
			filter.Compare{Field: attributeField("city"), Op: filter.Equal, Value: "Казань"},
			filter.Not{Of: filter.Empty{Field: email}}}},
		`contact.attributes["город"] in ["Казань", nil, 7]`: filter.Or{Of: []filter.Node{
			filter.In{Field: attributeField("город"), Values: []filter.Value{"Казань", 7.0}}, filter.Empty{Field: attributeField("город")}}},
		`18 < attributes.age or not attributes.vip`: filter.Or{Of: []filter.Node{
			filter.Compare{Field: attributeField("age"), Op: filter.Greater, Value: 18.0},
			filter.Not{Of: filter.Compare{Field: attributeField("vip"), Op: filter.Equal, Value: true}}}},
		`"vip" not in tags`: filter.Not{Of: filter.Has{Field: tags, Value: "vip"}},
		`created_at >= "2026-01-01" && created_at < "2026-02-01T00:00:00+03:00"`: filter.And{Of: []filter.Node{
			filter.Compare{Field: created, Op: filter.GreaterOrEqual, Value: filter.Day("2026-01-01")},
			filter.Compare{Field: created, Op: filter.Less, Value: time.Date(2026, 1, 31, 21, 0, 0, 0, time.UTC)}}},
		`email contains "@MAIL."`:  filter.Match{Field: email, How: filter.Contains, Text: "@MAIL."},
		`len(tags) > 0`:            filter.Not{Of: filter.Empty{Field: tags}},
		`0 == len(tags)`:           filter.Empty{Field: tags},
		`empty(email)`:             filter.Empty{Field: email},
		`attributes.balance < -10`: filter.Compare{Field: attributeField("balance"), Op: filter.Less, Value: -10.0},
		`consents.sms`: filter.Compare{Field: filter.Field{Name: filter.Consents, Key: "sms"}, Op: filter.Equal,
			Value: true},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := ParseFilter(text)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestMistakesInFiltersHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]filter.Error{
		`name ==`:                               {Code: "filter_syntax", Line: 1, Column: 7},
		`city == "Казань"`:                      {Code: "filter_unknown_field", Line: 1, Column: 1},
		"email != \"\" &&\n  \"vip\" in name":   {Code: "filter_not_list", Line: 2, Column: 12},
		`tags contains "vip"`:                   {Code: "filter_not_text", Line: 1, Column: 6},
		`tags == "vip"`:                         {Code: "filter_list", Line: 1, Column: 9},
		`name`:                                  {Code: "filter_bare", Line: 1, Column: 1},
		`name == email`:                         {Code: "filter_constant", Line: 1, Column: 9},
		`name matches "a+"`:                     {Code: "filter_operator", Line: 1, Column: 6},
		`name == 7`:                             {Code: "filter_text", Line: 1, Column: 9},
		`created_at == "2026-01-01"`:            {Code: "filter_instant_equal", Line: 1, Column: 15},
		`created_at > "вчера"`:                  {Code: "filter_instant", Line: 1, Column: 14},
		`attributes.vip > true`:                 {Code: "filter_order", Line: 1, Column: 18},
		`consents.sms == "да"`:                  {Code: "filter_flag", Line: 1, Column: 17},
		`attributes == nil`:                     {Code: "filter_key", Line: 1, Column: 1},
		`attributes.a.b == 1`:                   {Code: "filter_unknown_field", Line: 1, Column: 14},
		`len(tags) > 3`:                         {Code: "filter_length", Line: 1, Column: 1},
		`attributes.city in []`:                 {Code: "filter_values", Line: 1, Column: 20},
		`any(tags, # == "vip")`:                 {Code: "filter_unsupported", Line: 1, Column: 1},
		`name == "a\x00b"`:                      {Code: "filter_syntax", Line: 1, Column: 9},
		strings.Repeat("!", 60) + "consents.a":  {Code: "filter_complex", Line: 1, Column: 52},
		`name == "` + strings.Repeat("a", 4000): {Code: "filter_long", Line: 1, Column: 1},
	} {
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			t.Parallel()
			_, err := ParseFilter(text)
			var at *filter.Error
			require.ErrorAs(t, err, &at)
			got := *at
			got.Args = nil
			require.Equal(t, want, got)
		})
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`"vip" in tags && attributes.city == "Казань" || !(created_at < "2026-01-01")`)
	f.Fuzz(func(t *testing.T, text string) {
		node, err := ParseFilter(text)
		if err != nil {
			var at *filter.Error
			require.ErrorAs(t, err, &at)
			require.Positive(t, at.Column)
			return
		}
		if strings.TrimSpace(text) != "" {
			require.NotNil(t, node)
		}
		filter.Holds(node, &filter.Contact{}, time.UTC)
	})
}
