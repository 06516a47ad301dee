package contacts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

// walk makes a campaign in which a contact is at its first message.
func (w *world) walk(campaign int64, contact ids.ID, text string) {
	w.db.Exec(`INSERT INTO versions (account, version, name, format, document) VALUES ($1, 1, 'Схема', 1, '{}') ON CONFLICT DO NOTHING`, int64(mine))
	w.db.Exec(`INSERT INTO campaigns (account, campaign, version, name, zone, connection, start_at, recipients)
		VALUES ($1, $2, 1, 'Рассылка', 'Europe/Moscow', 'demo', now(), 1)`, int64(mine), campaign)
	w.db.Exec(`INSERT INTO segments (account, campaign, segment, open, epoch, holder) VALUES ($1, $2, 0, 1, 3, 'worker')`, int64(mine), campaign)
	w.db.Exec(`INSERT INTO recipients (account, campaign, ordinal, contact, zone, phase) VALUES ($1, $2, 0, $3, 'Europe/Moscow', 2)`,
		int64(mine), campaign, int64(contact))
	w.db.Exec(`INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text, content)
		VALUES ($1, $2, 0, 0, 1, now(), now(), '+79161234567', $3, json_build_object('text', $3::text))`, int64(mine), campaign, text)
}

// everywhere gives the columns of all tables in which a text stands.
func (w *world) everywhere(needle string) []string {
	w.Helper()
	var found []string
	for _, column := range w.db.Texts(`SELECT format('%I.%I', table_name, column_name) FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'xid')
		ORDER BY 1`) {
		var table, name string
		for i := range column {
			if column[i] == '.' {
				table, name = column[:i], column[i+1:]
			}
		}
		// bytea too: what is packed as it is would be found.
		n := w.db.Count(`SELECT count(*) FROM ` + table + ` WHERE position('` + needle + `' IN ` + name + `::text) > 0
			OR position(encode(convert_to('` + needle + `', 'UTF8'), 'hex') IN ` + name + `::text) > 0`)
		if n > 0 {
			found = append(found, column)
		}
	}
	return found
}

func TestAPersonIsErasedEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.make(audience.NewContact{Name: "Изольда Вайс", Phone: "+79161234567", Email: "isolde@mail.example", Tags: []string{"Вайс"},
		Attributes: map[string]any{"note": "Изольда любит синее"}, Addresses: map[string]string{"vk": "isolde.w"}, Source: "анкета Изольды"})[0]
	other := w.make(audience.NewContact{Name: "Тристан", Phone: "+79161234568"})[0]
	g, err := w.CreateGroup(t.Context(), actor(mine), "Все")
	require.NoError(t, err)
	_, err = w.AddMembers(t.Context(), actor(mine), g.ID, []ids.ID{id, other})
	require.NoError(t, err)
	_, err = w.GiveConsent(t.Context(), actor(mine), id, audience.Agreement{Channel: "sms", Text: "Я, Изольда, согласна", Source: "сайт"})
	require.NoError(t, err)
	w.walk(1, id, "Изольда, скидка для вас")
	w.db.Exec(`INSERT INTO messages SELECT account, campaign, 1, node, attempt, launched_at, hand_by, '+79161234568', 'Тристан', NULL FROM messages`)
	w.db.Exec(`INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, value, unique_by, recorded_at) VALUES
		($1, 1, 0, 0, 0, 1, 8, 'Это Изольда', 'a', now()), ($1, 1, 0, 0, 0, 1, 512, 'стоп, Вайс', 'all', now()), ($1, 1, 0, 0, 0, 1, 32, '1', 'b', now())`, int64(mine))
	w.db.Exec(`INSERT INTO unknown_facts (account, connection, provider_id, fact, value, recorded_at) VALUES
		($1, 'demo', 'x', 8, 'звоните на +79161234567', now()), ($1, 'demo', 'y', 8, 'да', now())`, int64(mine))
	w.db.Exec(`INSERT INTO troubles (account, campaign, ordinal, node, what, at) VALUES ($1, 1, 0, 0, 'name is Изольда', now())`, int64(mine))
	w.db.Exec(`INSERT INTO repeats (account, key, operation, request, begun_at, answer) VALUES
		($1, 'k', 'create-contact', '', now(), convert_to('{"phone":"+79161234567"}', 'UTF8')), ($1, 'l', 'x', '', now(), 'other')`, int64(mine))
	w.db.Exec(`INSERT INTO counters (account, campaign, shard, node, what, n) VALUES ($1, 1, 0, 0, 'sent', 1)`, int64(mine))
	require.NoError(t, w.change(func(audit func(what string, change any)) {
		audit("contact.changed", map[string]any{"note": "Изольда"})
	}, id))
	added, err := w.Stop(t.Context(), actor(mine), []audience.StopEntry{{Address: "+79161234567", Channel: "sms", Reason: "Вайс просит", Source: "письмо Изольды"}})
	require.NoError(t, err)
	require.Len(t, added.Added, 1)
	require.NotEmpty(t, w.everywhere("Изольд"))
	require.Greater(t, len(w.everywhere("79161234567")), 3)

	out, err := w.Erase(t.Context(), actor(mine), id)
	require.NoError(t, err)
	require.Equal(t, audience.Erased{Messages: 1, Replies: 2, Consents: 1, Stops: 1}, out)
	for _, needle := range []string{"Изольд", "Вайс", "isolde"} {
		require.Empty(t, w.everywhere(needle), needle)
	}
	require.Equal(t, []string{"stop_list.address"}, w.everywhere("79161234567"), "the refusal is kept to")
	require.NotEmpty(t, w.everywhere("Тристан"))
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM messages"), "figures stay")
	require.EqualValues(t, 4, w.db.Count("SELECT count(*) FROM facts"), "and the walk is interrupted")
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM facts WHERE fact = 262144 AND value = 'deleted'"))
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM wakes"))
	require.Equal(t, []string{"1"}, w.db.Texts("SELECT value FROM facts WHERE fact = 32"))
	require.EqualValues(t, 1, w.db.Count("SELECT sum(n)::bigint FROM counters"))
	_, err = w.Erase(t.Context(), actor(mine), id)
	require.ErrorContains(t, err, "contact_not_found")
	_, err = w.Erase(t.Context(), actor(theirs), other)
	require.ErrorContains(t, err, "contact_not_found")
}

func TestADeletedPersonIsErasedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.make(audience.NewContact{Name: "Изольда Вайс", Phone: "+79161234567"})[0]
	require.NoError(t, w.DeleteOne(t.Context(), actor(mine), id))
	require.NotEmpty(t, w.everywhere("Изольда"))
	_, err := w.Erase(t.Context(), actor(mine), id)
	require.NoError(t, err)
	require.Empty(t, w.everywhere("Изольда"))
	require.Empty(t, w.everywhere("79161234567"))
	back, err := w.Restore(t.Context(), actor(mine), []ids.ID{id})
	require.NoError(t, err)
	require.Empty(t, back)
}

// change writes into the log what an earlier build may have written.
func (w *world) change(f func(audit func(what string, change any)), id ids.ID) error {
	tx, err := w.hot.Desk().Begin(w.Context())
	if err != nil {
		return err
	}
	f(func(what string, change any) {
		err = accounts.Audit(w.Context(), tx, access.Actor{Account: mine, Name: "x"}, what, "contact", id, change)
	})
	if err != nil {
		return err
	}
	return tx.Commit(w.Context())
}

func TestMergingTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.make(
		audience.NewContact{Name: "Анна", Phone: "+79161234567", Tags: []string{"vip"}, Attributes: map[string]any{"city": "Казань"}},
		audience.NewContact{Name: "Анна Ким", Phone: "+79161234568", Email: "anna@mail.example", Tags: []string{"new"},
			Attributes: map[string]any{"city": "Омск", "age": 30.0}, Addresses: map[string]string{"vk": "anna"}},
		audience.NewContact{Name: "Анна К.", Addresses: map[string]string{"ok": "1"}})
	keep, drop := list[0], list[1:]
	g, err := w.CreateGroup(t.Context(), actor(mine), "Все")
	require.NoError(t, err)
	_, err = w.AddMembers(t.Context(), actor(mine), g.ID, list)
	require.NoError(t, err)
	_, err = w.GiveConsent(t.Context(), actor(mine), drop[0], audience.Agreement{Channel: "sms", Text: "да", Source: "сайт"})
	require.NoError(t, err)
	w.walk(1, drop[0], "x")
	w.db.Exec("INSERT INTO contact_caps (account, contact, campaigns, at) SELECT $1, $2, '{1}', ARRAY[now()]", int64(mine), int64(drop[0]))
	_, err = w.Stop(t.Context(), actor(mine), []audience.StopEntry{{Address: "+79161234568", Channel: "viber", Reason: "spam"}})
	require.NoError(t, err)

	one, err := w.Merge(t.Context(), actor(mine), audience.Merging{Keep: keep, Drop: drop, Rule: "keep"})
	require.NoError(t, err)
	require.Equal(t, "Анна", one.Name)
	require.Equal(t, "+79161234567", one.Phone)
	require.Equal(t, "anna@mail.example", one.Email)
	require.Equal(t, []string{"vip", "new"}, one.Tags)
	require.Equal(t, map[string]any{"city": "Казань", "age": 30.0}, one.Attributes)
	require.Equal(t, map[string]string{"vk": "anna", "ok": "1"}, one.Addresses)
	require.Equal(t, []ids.ID{g.ID}, one.Groups)
	require.Equal(t, []string{"sms"}, one.Consents)
	group, err := w.Group(t.Context(), mine, g.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, group.Size)
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM recipients WHERE contact = $1", int64(keep)), "open walks follow")
	require.EqualValues(t, 4, w.db.Count("SELECT epoch FROM segments"), "whoever holds the walk reads it anew")
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM contact_caps WHERE contact = $1", int64(keep)))
	require.ElementsMatch(t, []string{"+79161234567", "+79161234568"}, w.db.Texts("SELECT address FROM stop_list WHERE channel = 'viber'"), "so do refusals")
	_, err = w.Get(t.Context(), mine, drop[0])
	require.ErrorContains(t, err, "contact_merged map[into:"+keep.String())

	last := w.make(audience.NewContact{Name: "Анна", Phone: "+79990000000"})[0]
	_, err = w.Stop(t.Context(), actor(mine), []audience.StopEntry{{Address: "+79161234567", Reason: "стоп"}})
	require.NoError(t, err)
	w.walk(2, last, "y")
	_, err = w.Change(t.Context(), actor(mine), last, audience.Change{AddTags: []string{"later"}})
	require.NoError(t, err)
	merged, err := w.Merge(t.Context(), actor(mine), audience.Merging{Keep: last, Drop: []ids.ID{keep}, Rule: "newest"})
	require.NoError(t, err)
	require.Equal(t, "+79990000000", merged.Phone, "the one changed last")
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM facts WHERE campaign = 2 AND value = 'unsubscribed'"),
		"a stop for all channels ends the walks of the one that stays")
	_, err = w.Get(t.Context(), mine, drop[0])
	require.ErrorContains(t, err, "contact_merged map[into:"+last.String())
	for field, m := range map[string]audience.Merging{"body.drop": {Keep: last, Drop: []ids.ID{keep}}, "body.keep": {Keep: keep, Drop: []ids.ID{last}}} {
		_, err = w.Merge(t.Context(), actor(mine), m)
		require.ErrorContains(t, err, field+": merge_unknown")
	}
	_, err = w.Merge(t.Context(), actor(mine), audience.Merging{Keep: last, Drop: []ids.ID{last}})
	require.ErrorContains(t, err, "merge_itself")
	_, err = w.Merge(t.Context(), actor(theirs), audience.Merging{Keep: last, Drop: []ids.ID{keep}})
	require.ErrorContains(t, err, "merge_unknown")
}

func TestDoublesAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.make(
		audience.NewContact{Name: "Анна Ким", Email: "anna@mail.example"}, audience.NewContact{Name: "анна ким", Email: "Anna@mail.example"},
		audience.NewContact{Name: "Пётр", Phone: "+79161234567"}, audience.NewContact{Name: "Пётр", Addresses: map[string]string{"viber": "+79161234567"}},
		audience.NewContact{Name: "А", Addresses: map[string]string{"vk": "same"}}, audience.NewContact{Name: "Б", Addresses: map[string]string{"vk": "same"}},
		audience.NewContact{Name: "В", Addresses: map[string]string{"ok": "same"}})
	for by, want := range map[string][]string{"email": {"Anna@mail.example|anna@mail.example"}, "name": {"Анна Ким|анна ким"},
		"address": {"+79161234567", "vk:same"}} {
		page, err := w.DoublesList(t.Context(), mine, by, "", paging(1, ""))
		require.NoError(t, err)
		got := page.Items
		if page.Next != "" {
			page, err = w.DoublesList(t.Context(), mine, by, "", paging(5, page.Next))
			require.NoError(t, err)
			got = append(got, page.Items...)
		}
		require.Empty(t, page.Next)
		require.Len(t, got, len(want), by)
		for i := range got {
			require.Contains(t, want[i], got[i].Value)
			require.Len(t, got[i].Contacts, 2, by)
			require.EqualValues(t, 2, got[i].Count)
		}
	}
	for search, want := range map[string]map[string]int{"анна": {"name": 1}, "КИМ анн": {"name": 1}, "anna@mail": {"email": 1}, "@mail": {"email": 1}, "mail": {},
		"vk:sa": {"address": 1}, "791": {"address": 1}, "same нет": {}, "пётр": {}, "'": {}} {
		for _, by := range []string{"name", "email", "address"} {
			page, err := w.DoublesList(t.Context(), mine, by, search, paging(5, ""))
			require.NoError(t, err)
			require.Len(t, page.Items, want[by], "%s by %s", search, by)
		}
	}
	none, err := w.DoublesList(t.Context(), theirs, "name", "", paging(5, ""))
	require.NoError(t, err)
	require.Empty(t, none.Items)
}

func TestABlockChangesMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.make(audience.NewContact{Name: "Анна"}, audience.NewContact{Name: "Борис"})
	var groups [2]audience.Group
	for i, name := range []string{"Купили", "Думают"} {
		var err error
		groups[i], err = w.CreateGroup(t.Context(), actor(mine), name)
		require.NoError(t, err)
	}
	_, err := w.AddMembers(t.Context(), actor(mine), groups[1].ID, list)
	require.NoError(t, err)
	anna, boris, account := int64(list[0]), int64(list[1]), int64(mine)
	w.db.Exec("SELECT change_members($1, $2, $3, $4)", []int64{account, account, account, account, account, 8},
		[]int64{anna, anna, boris, boris, 99, anna}, []string{"купили", groups[1].ID.String(), "Купили", "Нет такой", "Купили", "Купили"},
		[]bool{true, false, true, true, true, true})
	for i, want := range []int64{2, 1} {
		g, err := w.Group(t.Context(), mine, groups[i].ID)
		require.NoError(t, err)
		require.Equal(t, want, g.Size, g.Name)
	}
	require.EqualValues(t, 3, w.db.Count("SELECT count(*) FROM group_members"))
}
