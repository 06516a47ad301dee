package contacts_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/audience"
	"kaskad/engine/ids"
)

// explain gives the plan of a statement in the test's database.
func (w *world) explain(sql string, args ...any) string {
	w.Helper()
	return strings.Join(w.db.Texts("EXPLAIN "+sql, args...), "\n")
}

func TestSearchingAHundredThousandContactsUsesIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(mine, 100_000)
	w.crowd(theirs, 2_000)
	g, err := w.CreateGroup(t.Context(), actor(mine), "Казань")
	require.NoError(t, err)
	w.db.Exec(`INSERT INTO group_members (account, group_id, contact) SELECT account, $2, contact FROM contacts
		WHERE account = $1 AND contact % 1000 = 0`, int64(mine), int64(g.ID))
	w.db.Exec(`INSERT INTO group_members (account, group_id, contact) SELECT account, contact % 50, contact FROM contacts WHERE account = $1 AND contact % 3 = 0`, int64(mine))
	w.db.Exec("VACUUM ANALYZE contacts")
	w.db.Exec("VACUUM ANALYZE group_members")
	whole := regexp.MustCompile(`Seq Scan on contacts`)
	for name, c := range map[string]struct {
		query audience.Query
		index string
	}{
		"the newest":            {audience.Query{Sort: "-created_at"}, "contacts_created"},
		"the last changed":      {audience.Query{Sort: "-updated_at"}, "contacts_updated"},
		"by name":               {audience.Query{Sort: "name"}, "contacts_name"},
		"a word":                {audience.Query{Sort: "-created_at", Search: "99999"}, "contacts_words"},
		"words":                 {audience.Query{Sort: "name", Search: "Мария 4723"}, "contacts_words"},
		"an e-mail":             {audience.Query{Sort: "name", Search: "user778@mail"}, "contacts_words"},
		"a phone's beginning":   {audience.Query{Sort: "name", Search: "+7 916 791 9"}, "contacts_account_phone_key"},
		"a phone's end":         {audience.Query{Sort: "name", Search: "579 19"}, "contacts_phone_end"},
		"a group":               {audience.Query{Sort: "-created_at", Group: g.ID}, "group_members_pkey"},
		"an attribute":          {audience.Query{Sort: "-created_at", Filter: `attributes.city == "Город 77" && attributes.age == 7`}, "contacts_attributes"},
		"a tag":                 {audience.Query{Sort: "name", Filter: `"vip" in tags && attributes.age == 10`}, "contacts_tags"},
		"an exact name":         {audience.Query{Sort: "-created_at", Filter: `name == "Пётр Ким 77"`}, "contacts_name"},
		"a name's beginning":    {audience.Query{Sort: "-created_at", Filter: `name startsWith "Анна Ким 777"`}, "contacts_name"},
		"an exact e-mail":       {audience.Query{Sort: "name", Filter: `email == "user78@mail.example"`}, "contacts_email"},
		"a phone in the filter": {audience.Query{Sort: "name", Filter: `phone == "+79160007919"`}, "contacts_account_phone_key"},
		"a day":                 {audience.Query{Sort: "name", Filter: `created_at >= "2026-01-05" && created_at < "2026-01-06"`}, "contacts_created"},
	} {
		sql, args, err := w.PageStatement(mine, c.query)
		require.NoError(t, err, name)
		require.NotContains(t, sql, "OFFSET")
		plan := w.explain(sql, args...)
		require.Contains(t, plan, c.index, "%s\n%s", name, plan)
		require.NotRegexp(t, whole, plan, name)
		page, err := w.List(t.Context(), mine, c.query, paging(20, ""))
		require.NoError(t, err, name)
		require.NotEmpty(t, page.Items, name)
	}
}

func TestAPageDeepDownCostsWhatTheFirstOneCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(mine, 20_000)
	w.db.Exec("VACUUM ANALYZE contacts")
	cursor, seen := "", map[ids.ID]bool{}
	for range 20 {
		page, err := w.List(t.Context(), mine, audience.Query{Sort: "name"}, paging(200, cursor))
		require.NoError(t, err)
		require.Len(t, page.Items, 200)
		for _, c := range page.Items {
			require.False(t, seen[c.ID], "nobody is shown twice")
			seen[c.ID] = true
		}
		cursor = page.Next
	}
}
