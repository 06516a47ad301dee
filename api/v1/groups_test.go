package v1_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/contacts"
	"kaskad/engine/task"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	g := into[audience.Group](me.post("/groups", map[string]any{"name": " Постоянные  клиенты "}, 201))
	require.Equal(t, "Постоянные клиенты", g.Name)
	path := "/groups/" + g.ID.String()
	me.post("/groups", map[string]any{"name": "постоянные КЛИЕНТЫ"}, 409).says("group_name_taken", "body.name")
	me.post("/groups", map[string]any{"name": " "}, 422).says("bad_group_name", "body.name")
	w.other.post("/groups", map[string]any{"name": "Постоянные клиенты"}, 201)
	anna := me.post("/contacts", map[string]any{"name": "Анна", "groups": []ids.ID{g.ID}}, 201).made()
	boris := me.post("/contacts", map[string]any{"name": "Борис"}, 201).made()
	stranger := w.other.post("/contacts", map[string]any{"name": "Чужой"}, 201).made()
	require.EqualValues(t, 1, into[struct{ Count int64 }](me.post(path+"/members", map[string]any{"ids": []ids.ID{anna, boris, stranger, 5}}, 200)).Count)
	require.EqualValues(t, 2, into[audience.Group](me.get(path, 200)).Size)
	require.Equal(t, []string{"Анна", "Борис"}, names(into[contactPage](me.get("/contacts?sort=name&group="+g.ID.String(), 200))))
	require.Equal(t, []ids.ID{g.ID}, into[audience.Contact](me.get("/contacts/"+boris.String(), 200)).Groups)
	require.Empty(t, into[contactPage](w.other.get("/contacts?group="+g.ID.String(), 200)).Items)
	require.EqualValues(t, 1, into[struct{ Count int64 }](me.post(path+"/members/remove", map[string]any{"ids": []ids.ID{anna, stranger}}, 200)).Count)
	require.EqualValues(t, 1, into[audience.Group](me.get(path, 200)).Size)
	require.Equal(t, "Лучшие", into[audience.Group](me.patch(path, map[string]any{"name": "Лучшие"}, 200)).Name)
	for _, name := range []string{"А", "Б", "В"} {
		me.post("/groups", map[string]any{"name": name}, 201)
	}
	first := into[paging.Page[audience.Group]](me.get("/groups?limit=3", 200))
	require.Equal(t, "А Б В", first.Items[0].Name+" "+first.Items[1].Name+" "+first.Items[2].Name)
	require.Equal(t, "Лучшие", into[paging.Page[audience.Group]](me.get("/groups?cursor="+first.Next, 200)).Items[0].Name)
	require.Len(t, into[paging.Page[audience.Group]](me.get("/groups?q=лУч", 200)).Items, 1)
	for _, c := range []struct{ method, path string }{{"GET", ""}, {"DELETE", ""}, {"PATCH", ""}, {"POST", "/members"}, {"POST", "/members/remove"}} {
		body := map[string]any{"ids": []ids.ID{anna}}
		if c.method == "PATCH" {
			body = map[string]any{"name": "x"}
		}
		w.other.ask(c.method, path+c.path, body, 404).says("group_not_found", "path.group")
	}
}

func TestADeletedGroupCanBeRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	g := me.post("/groups", map[string]any{"name": "Постоянные"}, 201).made()
	path := "/groups/" + g.String()
	anna := me.post("/contacts", map[string]any{"name": "Анна", "groups": []ids.ID{g}}, 201).made()
	boris := me.post("/contacts", map[string]any{"name": "Борис", "groups": []ids.ID{g}}, 201).made()
	vera := me.post("/contacts", map[string]any{"name": "Вера", "groups": []ids.ID{g}}, 201).made()
	groupsOf := func(c ids.ID) []ids.ID { return into[audience.Contact](me.get("/contacts/"+c.String(), 200)).Groups }
	deleted := func(c *client, query string) []audience.Group {
		return into[paging.Page[audience.Group]](c.get("/groups?deleted=true"+query, 200)).Items
	}
	me.post("/contacts/delete", map[string]any{"ids": []ids.ID{vera}}, 200)

	// Gone, for everything that reads groups.
	me.delete(path, 204)
	me.get(path, 404).says("group_not_found", "path.group")
	me.delete(path, 404).says("group_not_found", "path.group")
	require.Empty(t, into[paging.Page[audience.Group]](me.get("/groups", 200)).Items)
	require.Empty(t, into[contactPage](me.get("/contacts?group="+g.String(), 200)).Items)
	require.Empty(t, names(into[contactPage](me.get(`/contacts?filter="Постоянные"+in+groups`, 200))))
	require.Equal(t, []string{"Анна", "Борис"}, names(into[contactPage](me.get("/contacts?sort=name&filter=groups+==+[]", 200))))
	require.Empty(t, groupsOf(anna))
	me.post(path+"/members", map[string]any{"ids": []ids.ID{anna}}, 404).says("group_not_found", "path.group")

	// In the list of what can be had back, of this account alone.
	gone := deleted(me, "")
	require.Len(t, gone, 1)
	require.Equal(t, []any{"Постоянные", int64(2), "marketer"}, []any{gone[0].Name, gone[0].Size, gone[0].DeletedBy})
	require.Equal(t, 30*24*time.Hour, gone[0].Until.Sub(*gone[0].DeletedAt))
	require.Len(t, deleted(me, "&q=пОСТ"), 1)
	require.Empty(t, deleted(me, "&q=лучш"))
	require.Empty(t, deleted(w.other, ""))
	w.other.post(path+"/restore", nil, 404).says("group_not_found", "path.group")

	// Whoever came back or went meanwhile is in it or not.
	me.post("/contacts/restore", map[string]any{"ids": []ids.ID{vera}}, 200)
	require.Empty(t, groupsOf(vera))
	me.post("/contacts/delete", map[string]any{"ids": []ids.ID{boris}}, 200)
	require.Equal(t, "Постоянные", into[audience.Group](me.post(path+"/restore", nil, 200)).Name)
	require.EqualValues(t, 2, into[audience.Group](me.get(path, 200)).Size)
	require.Equal(t, [][]ids.ID{{g}, {g}}, [][]ids.ID{groupsOf(anna), groupsOf(vera)})
	require.Empty(t, deleted(me, ""))
	me.post(path+"/restore", nil, 404).says("group_not_found", "path.group")

	// Its name is free while it is away, and stands in the way then.
	me.delete(path, 204)
	again := me.post("/groups", map[string]any{"name": "постоянные"}, 201).made()
	me.post(path+"/restore", nil, 409).says("group_restore_taken", "path.group")
	me.patch("/groups/"+again.String(), map[string]any{"name": "Другие"}, 200)
	me.post(path+"/restore", nil, 200)
}

func TestDeletedGroupsGoForGoodAfterThirtyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	purge := func() {
		t.Helper()
		_, err := w.people.Purge(t.Context())
		require.NoError(t, err)
	}
	var list []string
	for _, name := range []string{"А", "Б", "В"} {
		g := me.post("/groups", map[string]any{"name": name}, 201).made()
		me.post("/contacts", map[string]any{"name": "Из " + name, "groups": []ids.ID{g}}, 201)
		me.delete("/groups/"+g.String(), 204)
		list = append(list, "/groups/"+g.String())
		w.clock.move(time.Hour)
	}
	first := into[paging.Page[audience.Group]](me.get("/groups?deleted=true&limit=2", 200))
	require.Equal(t, "В Б", first.Items[0].Name+" "+first.Items[1].Name)
	rest := into[paging.Page[audience.Group]](me.get("/groups?deleted=true&cursor="+first.Next, 200))
	require.Equal(t, "А", rest.Items[0].Name)
	require.Empty(t, rest.Next)
	purge()
	require.EqualValues(t, 3, w.db.Count("SELECT count(*) FROM group_members"))

	// The first one's thirty days are over, those of the others not.
	w.db.Exec(`UPDATE deleted_groups SET deleted_at = $1 WHERE name = 'А'`, w.clock.now().Add(-contacts.KeepDeleted))
	require.Len(t, into[paging.Page[audience.Group]](me.get("/groups?deleted=true", 200)).Items, 2)
	me.post(list[0]+"/restore", nil, 404).says("group_not_found", "path.group")
	purge()
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM group_members"))
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM group_sizes"))
	require.EqualValues(t, 1, into[audience.Group](me.post(list[1]+"/restore", nil, 200)).Size)
}

func TestAGroupIsFilledByAFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Fill(1, 12_000, `INSERT INTO contacts (account, contact, name, tags) SELECT 1, 5000 + i, 'Имя ' || i,
		CASE WHEN i % 2 = 0 THEN ARRAY['vip'] ELSE '{}' END FROM generate_series($1::bigint, $2::bigint) AS i`)
	me := w.as(access.Marketer)
	path := "/groups/" + me.post("/groups", map[string]any{"name": "Лучшие"}, 201).made().String()
	fill := func(body map[string]any) audience.Filled {
		t.Helper()
		done := me.ended(into[task.Task](me.post(path+"/fill", body, 202)).ID)
		require.Equal(t, task.Done, done.State, "%+v", done.Error)
		var out audience.Filled
		require.NoError(t, json.Unmarshal(done.Result, &out))
		require.Equal(t, out.Selected, done.Progress.Done)
		return out
	}
	require.Equal(t, audience.Filled{Selected: 6000, Changed: 6000}, fill(map[string]any{"filter": `"vip" in tags`}))
	require.Equal(t, audience.Filled{Selected: 12000, Changed: 6000}, fill(map[string]any{}))
	require.EqualValues(t, 12000, into[audience.Group](me.get(path, 200)).Size)
	require.Equal(t, audience.Filled{Selected: 6000, Changed: 6000}, fill(map[string]any{"filter": `tags == []`, "remove": true}))
	require.EqualValues(t, 6000, into[audience.Group](me.get(path, 200)).Size)
	me.post(path+"/fill", map[string]any{"filter": "tags"}, 422).says("filter_bare", "body.filter")
	me.post(path+"/fill", map[string]any{"groups": []string{"5"}}, 422).says("group_unknown", "body.groups")
	w.other.post(path+"/fill", map[string]any{}, 404).says("group_not_found", "path.group")
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	me.post("/attributes", map[string]any{"key": "size", "title": "Размер", "type": "choice", "choices": []string{"S", "M"}}, 201)
	me.post("/attributes", map[string]any{"key": "birthday", "type": "date"}, 201)
	me.post("/attributes", map[string]any{"key": "size", "type": "text"}, 409).says("attribute_taken", "body.key")
	me.post("/attributes", map[string]any{"key": "Size", "type": "text"}, 422).says("bad_attribute_key", "body.key")
	me.post("/attributes", map[string]any{"key": "a", "type": "choice"}, 422).says("bad_choices", "body.choices")
	me.post("/attributes", map[string]any{"key": "a", "type": "choice", "choices": []string{"x", "x"}}, 422).says("bad_choice", "body.choices[1]")
	me.post("/attributes", map[string]any{"key": "a", "type": "map"}, 422)
	c := into[audience.Contact](me.post("/contacts", map[string]any{"name": "Анна",
		"attributes": map[string]any{"size": "M", "birthday": "31.01.1990", "city": "Казань", "vip": true}}, 201))
	require.Equal(t, "1990-01-31", c.Attributes["birthday"])
	list := into[struct{ Items []audience.Attribute }](me.get("/attributes", 200)).Items
	kinds := []string{}
	for _, a := range list {
		kinds = append(kinds, a.Key+":"+string(a.Type))
	}
	require.Equal(t, "birthday:date city:text size:choice vip:boolean", strings.Join(kinds, " "))
	require.Empty(t, into[struct{ Items []audience.Attribute }](w.other.get("/attributes", 200)).Items)
	changed := into[audience.Attribute](me.patch("/attributes/size", map[string]any{"title": nil, "choices": []string{"M", "L"}}, 200))
	require.Equal(t, "size", changed.Title)
	require.Equal(t, []string{"M", "L"}, changed.Choices)
	require.Contains(t, me.delete("/attributes/size", 409).says("attribute_used", "query.confirm").Detail, "1 contacts")
	w.other.delete("/attributes/size", 404).says("attribute_not_found", "path.attribute")
	dropping := into[task.Task](me.delete("/attributes/size?confirm=true", 202))
	done := me.ended(dropping.ID)
	require.Equal(t, task.Done, done.State)
	require.JSONEq(t, `{"contacts":1}`, string(done.Result))
	require.NotContains(t, into[audience.Contact](me.get("/contacts/"+c.ID.String(), 200)).Attributes, "size")
	me.get("/attributes/size", 404)
}

func TestConsents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	path := "/contacts/" + me.post("/contacts", map[string]any{"name": "Анна"}, 201).made().String()
	give := func(channel, text string) {
		me.post(path+"/consents", map[string]any{"channel": channel, "text": text, "source": "shop.example/form"}, 201)
	}
	give("sms", "Согласна на рекламу")
	give("sms", "Согласна на рекламу, вторая редакция")
	give("viber", "Согласна")
	require.Equal(t, []string{"sms", "viber"}, into[audience.Contact](me.get(path, 200)).Consents)
	me.delete(path+"/consents/sms", 204)
	require.Equal(t, []string{"viber"}, into[audience.Contact](me.get(path, 200)).Consents)
	list := into[struct{ Items []audience.Consent }](me.get(path+"/consents", 200)).Items
	require.Len(t, list, 3, "the history stays")
	for _, c := range list {
		require.Equal(t, c.Channel == "viber", c.Valid)
		require.Equal(t, c.Channel == "sms", c.WithdrawnAt != nil)
	}
	require.Empty(t, names(into[contactPage](me.get("/contacts?filter=consents.sms", 200))))
	require.Len(t, into[contactPage](me.get("/contacts?filter=consents.viber", 200)).Items, 1)
	me.post(path+"/consents", map[string]any{"channel": "СМС", "text": "x", "source": "y"}, 422).says("bad_channel", "body.channel")
	me.post(path+"/consents", map[string]any{"channel": "sms", "text": " ", "source": " ", "given_at": "2100-01-01T00:00:00Z"}, 422).
		says("consent_instant", "body.given_at")
	w.other.get(path+"/consents", 404).says("contact_not_found", "path.contact")
	w.other.post(path+"/consents", map[string]any{"channel": "sms", "text": "x", "source": "y"}, 404)
	w.other.delete(path+"/consents/viber", 404)
}

func TestWhatIsLeftOfADeletedGroupGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Fill(1, 12_000, `INSERT INTO contacts (account, contact, name, attributes) SELECT 1, 5000 + i, 'Имя ' || i, '{"size": 5}'
		FROM generate_series($1::bigint, $2::bigint) AS i`)
	w.db.Exec(`INSERT INTO attributes (account, key, title, type) VALUES (1, 'size', 'size', 'number')`)
	// More than a piece at once.
	done := w.owner.ended(into[task.Task](w.owner.delete("/attributes/size?confirm=true", 202)).ID)
	require.JSONEq(t, `{"contacts":12000}`, string(done.Result))
	require.Zero(t, w.db.Count(`SELECT count(*) FROM contacts WHERE attributes ? 'size'`))

	// What a cleaning that was broken off leaves, the next one takes.
	g := w.owner.post("/groups", map[string]any{"name": "Все"}, 201).made().String()
	w.db.Exec(`INSERT INTO group_members (account, group_id, contact) SELECT 1, $1::text::bigint, contact FROM contacts`, g)
	kept := w.owner.post("/groups", map[string]any{"name": "Остаётся"}, 201).made().String()
	w.db.Exec(`INSERT INTO group_members (account, group_id, contact) VALUES (1, $1::text::bigint, 5001)`, kept)
	w.db.Exec(`DELETE FROM groups WHERE group_id = $1::text::bigint`, g)
	_, err := w.people.Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM group_members"))
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM group_sizes"))
}
