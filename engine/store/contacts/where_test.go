package contacts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/store/storetest"
)

// words are the texts of the property test: with case, ё, signs that LIKE and JSON know, dates.
var words = []string{"", "Анна", "анна", "АННА", "Алёна", "алена", "a%b", "a_b", `a\b`, `"`, "x", "X", "2026-01-31", "2026-02-01", "7", "'"}

func drawContact(t *rapid.T, groups []filter.Group) filter.Contact {
	word := rapid.SampledFrom(words)
	scalar := rapid.OneOf(rapid.Map(word, func(s string) any { return s }), rapid.Map(rapid.SampledFrom([]float64{-1, 0, 0.1, 7, 1e21}),
		func(f float64) any { return f }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil))
	value := rapid.OneOf(scalar, rapid.Map(rapid.SliceOfN(scalar, 0, 2), func(l []any) any { return l }))
	c := filter.Contact{
		Name: word.Draw(t, "name"), Email: word.Draw(t, "email"), Zone: word.Draw(t, "zone"), Source: word.Draw(t, "source"),
		Tags:       rapid.SliceOfNDistinct(rapid.SampledFrom(words[1:]), 0, 3, rapid.ID[string]).Draw(t, "tags"),
		Attributes: rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "город"}), value, 0, 3).Draw(t, "attributes"),
		Addresses:  rapid.MapOfN(rapid.SampledFrom([]string{"vk", "ok"}), word, 0, 2).Draw(t, "addresses"),
		Consents:   rapid.MapOfN(rapid.SampledFrom([]string{"sms", "viber"}), rapid.Bool(), 0, 2).Draw(t, "consents"),
		CreatedAt:  rapid.SampledFrom(instants()).Draw(t, "created"), UpdatedAt: rapid.SampledFrom(instants()).Draw(t, "updated"),
	}
	for _, g := range groups {
		if rapid.Bool().Draw(t, "in") {
			c.Groups = append(c.Groups, g)
		}
	}
	return c
}

func instants() []time.Time {
	midnight := time.Date(2026, 1, 30, 21, 0, 0, 0, time.UTC) // of 31 January in Moscow
	return []time.Time{midnight.Add(-time.Microsecond), midnight, midnight.Add(time.Hour), midnight.Add(24 * time.Hour)}
}

// drawFilter draws the text of a filter: what people write is what is tested.
func drawFilter(t *rapid.T, depth int) string {
	word := func() string { return fmt.Sprintf("%q", rapid.SampledFrom(words[1:]).Draw(t, "word")) }
	text := rapid.SampledFrom([]string{"name", "email", "phone", "zone", "source", "addresses.vk"})
	free := rapid.SampledFrom([]string{"attributes.a", "attributes.b", `attributes["город"]`})
	order := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="})
	switch kind := rapid.IntRange(0, 13).Draw(t, "kind"); {
	case kind == 0 && depth > 0:
		return "!(" + drawFilter(t, depth-1) + ")"
	case kind <= 2 && depth > 0:
		return "(" + drawFilter(t, depth-1) + rapid.SampledFrom([]string{" && ", " || "}).Draw(t, "join") + drawFilter(t, depth-1) + ")"
	case kind <= 3:
		return text.Draw(t, "field") + " " + order.Draw(t, "op") + " " + word()
	case kind == 4:
		return free.Draw(t, "field") + " " + order.Draw(t, "op") + " " + word()
	case kind == 5:
		return free.Draw(t, "field") + " " + order.Draw(t, "op") + " " + rapid.SampledFrom([]string{"-1", "0", "0.1", "7"}).Draw(t, "n")
	case kind == 6:
		return free.Draw(t, "field") + rapid.SampledFrom([]string{" == true", " != false", ` == ""`, " != nil", " == []"}).Draw(t, "is")
	case kind == 7:
		return rapid.OneOf(text, free).Draw(t, "field") + rapid.SampledFrom([]string{" contains ", " startsWith ", " endsWith "}).Draw(t, "how") + word()
	case kind == 8:
		return word() + " in " + rapid.OneOf(free, rapid.SampledFrom([]string{"tags", "groups"})).Draw(t, "field")
	case kind == 9:
		return rapid.OneOf(text, free).Draw(t, "field") + " in [" + word() + ", " + word() + ", nil]"
	case kind == 10:
		return "empty(" + rapid.OneOf(text, free, rapid.SampledFrom([]string{"tags", "groups", "consents.sms"})).Draw(t, "field") + ")"
	case kind == 11:
		return rapid.SampledFrom([]string{"created_at", "updated_at"}).Draw(t, "field") +
			rapid.SampledFrom([]string{" < ", " <= ", " > ", " >= "}).Draw(t, "op") +
			rapid.SampledFrom([]string{`"2026-01-31"`, `"2026-01-31T01:00:00+03:00"`}).Draw(t, "instant")
	case kind == 12:
		return rapid.SampledFrom([]string{"consents.sms", "consents.viber != true", "consents.sms == false"}).Draw(t, "consent")
	}
	return free.Draw(t, "field") + rapid.SampledFrom([]string{" in [7, 0.1]", " in [true, 7]", ""}).Draw(t, "in")
}

// store puts a contact into the database.
func (w *world) store(id int64, c *filter.Contact) {
	var phone any
	if c.Phone != "" {
		phone = c.Phone
	}
	w.db.Exec(`INSERT INTO contacts (account, contact, phone, name, email, zone, source, tags, attributes, addresses, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, int64(mine), id, phone, c.Name, c.Email, c.Zone, c.Source,
		append([]string{}, c.Tags...), c.Attributes, c.Addresses, c.CreatedAt, c.UpdatedAt)
	for _, g := range c.Groups {
		w.db.Exec(`INSERT INTO group_members (account, group_id, contact) VALUES ($1, $2::text::bigint, $3)`, int64(mine), g.ID, id)
	}
	for channel, valid := range c.Consents {
		var withdrawn any
		if !valid {
			withdrawn = time.Now()
		}
		w.db.Exec(`INSERT INTO consents (account, consent, contact, channel, text, source, given_at, withdrawn_at)
			VALUES ($1, nextval('numbers'), $2, $3, 'да', 'сайт', now(), $4)`, int64(mine), id, channel, withdrawn)
	}
}

func TestADatabaseAndMemoryAgreeOnFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec("CREATE SEQUENCE numbers")
	var groups []filter.Group
	for _, name := range []string{"Алёна", "x"} {
		g, err := w.CreateGroup(t.Context(), actor(mine), name)
		require.NoError(t, err)
		groups = append(groups, filter.Group{ID: g.ID.String(), Name: g.Name})
	}
	zone, err := time.LoadLocation("Europe/Moscow")
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		w.db.Exec("TRUNCATE contacts, group_members, consents")
		people := make([]filter.Contact, 6)
		for i := range people {
			people[i] = drawContact(rt, groups)
			if rapid.Bool().Draw(rt, "phone") {
				people[i].Phone = fmt.Sprintf("+%d", 70000000000+i)
			}
			w.store(int64(i+1), &people[i])
		}
		for range 20 {
			text := drawFilter(rt, 3)
			node, err := expression.ParseFilter(text)
			if err != nil {
				continue // an order of things that have none
			}
			var want []int64
			for i := range people {
				if filter.Holds(node, &people[i], zone) {
					want = append(want, int64(i+1))
				}
			}
			sql, args, err := w.Where(mine, audience.Selection{Filter: text}, 1)
			require.NoError(rt, err)
			got, err := storetest.Column[int64](w.db, "SELECT contact FROM contacts c WHERE "+sql+" ORDER BY 1", args...)
			require.NoError(rt, err, "%s\n%s", text, sql)
			require.True(rt, slices.Equal(want, got), "%s\nmemory %v, database %v\n%s\n%+v", text, want, got, sql, people)
			null, err := storetest.Column[bool](w.db, "SELECT bool_or(("+sql+") IS NULL) FROM contacts c", args...)
			require.NoError(rt, err)
			require.Equal(rt, []bool{false}, null, sql)
		}
	})
}

func TestASelectionTakesGroupsAwayFromGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.make(audience.NewContact{Name: "Анна", Tags: []string{"vip"}}, audience.NewContact{Name: "Борис"}, audience.NewContact{Name: "Вера", Tags: []string{"vip"}})
	var groups []ids.ID
	for i, name := range []string{"Все", "Отказники"} {
		g, err := w.CreateGroup(t.Context(), actor(mine), name)
		require.NoError(t, err)
		_, err = w.AddMembers(t.Context(), actor(mine), g.ID, list[2*i:])
		require.NoError(t, err)
		groups = append(groups, g.ID)
	}
	type chosen struct {
		selection audience.Selection
		want      []string
	}
	choose := func(cases map[string]chosen) {
		for name, c := range cases {
			sql, args, err := w.Where(mine, c.selection, 2)
			require.NoError(t, err, name)
			got, err := storetest.Column[string](w.db, "SELECT c.name FROM contacts c WHERE c.contact > $1 AND "+sql+" ORDER BY 1",
				append([]any{0}, args...)...)
			require.NoError(t, err, name)
			require.Equal(t, c.want, got, name)
		}
	}
	choose(map[string]chosen{
		"everybody":         {audience.Selection{}, []string{"Анна", "Борис", "Вера"}},
		"a group":           {audience.Selection{Groups: groups[1:]}, []string{"Вера"}},
		"minus a group":     {audience.Selection{Groups: groups[:1], MinusGroups: groups[1:]}, []string{"Анна", "Борис"}},
		"with a filter":     {audience.Selection{Filter: `"vip" in tags`, MinusGroups: groups[1:]}, []string{"Анна"}},
		"by a group's name": {audience.Selection{Filter: `"отказники" not in groups`}, []string{"Анна", "Борис"}},
	})
	require.ErrorContains(t, w.CheckSelection(t.Context(), mine, audience.Selection{MinusGroups: []ids.ID{5}}, "body.audience"),
		"body.audience.minus_groups: group_unknown")
	require.ErrorContains(t, w.CheckSelection(t.Context(), theirs, audience.Selection{Groups: groups}, "body"), "group_unknown")
	_, _, err := w.Where(mine, audience.Selection{Filter: strings.Repeat("x", 10)}, 1)
	require.ErrorContains(t, err, "filter_unknown_field")

	// A deleted group is as if it were not there, also for an audience that was chosen before, though its members are kept.
	require.NoError(t, w.DeleteGroup(t.Context(), actor(mine), groups[1]))
	choose(map[string]chosen{
		"a deleted group":                {audience.Selection{Groups: groups[1:]}, []string{}},
		"minus a deleted group":          {audience.Selection{MinusGroups: groups[1:]}, []string{"Анна", "Борис", "Вера"}},
		"a deleted one among the others": {audience.Selection{Groups: groups}, []string{"Анна", "Борис", "Вера"}},
	})
}
