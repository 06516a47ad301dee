package v1_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/contacts"
)

func (w *world) wireContacts() {
	s, err := contacts.New(w.store.Desk(), contacts.Options{Parse: expression.ParseFilter, Clock: w.clock.now, NewID: w.newID,
		Tasks: w.tasks})
	require.NoError(w, err)
	w.tasks.Register(contacts.FillKind, s.FillGroup)
	w.tasks.Register(contacts.DropAttributeKind, s.DropAttribute)
	w.parts.Contacts, w.parts.Groups, w.parts.Attributes, w.parts.Consents, w.parts.Stops, w.parts.Numbering = s, s, s, s, s, s
	w.people = s
}

type contactPage = paging.Page[audience.Contact]

// names are the names of a page's contacts.
func names(p contactPage) []string {
	list := []string{}
	for _, c := range p.Items {
		list = append(list, c.Name)
	}
	return list
}

func TestAContactsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	made := into[audience.Contact](me.post("/contacts", map[string]any{"name": " Анна  Ким ", "phone": "8 (916) 123-45-67",
		"email": "anna@mail.example", "tags": []string{"vip", "vip"}, "attributes": map[string]any{"city": "Казань", "age": 30, "birthday": "1990-01-31"},
		"addresses": map[string]any{"vk": "https://vk.com/anna"}}, 201))
	require.Equal(t, "Анна Ким", made.Name)
	require.Equal(t, "+79161234567", made.Phone)
	require.Equal(t, []string{"vip"}, made.Tags)
	require.Equal(t, map[string]any{"city": "Казань", "age": 30.0, "birthday": "1990-01-31"}, made.Attributes)
	require.Equal(t, map[string]string{"vk": "anna"}, made.Addresses)
	require.Equal(t, "api", made.Source)
	require.Equal(t, audience.ZoneUnknown, made.ZoneSource, "a Russian mobile does not tell")
	require.Equal(t, "Europe/Moscow", made.LocalZone)
	path := "/contacts/" + made.ID.String()

	changed := into[audience.Contact](me.patch(path, map[string]any{"zone": "Asia/Omsk", "email": nil, "add_tags": []string{"new"},
		"remove_tags": []string{"vip"}, "attributes": map[string]any{"age": nil, "city": "Омск"}, "addresses": map[string]any{"ok": "id123", "vk": nil}}, 200))
	require.Equal(t, "Анна Ким", changed.Name, "what is not sent stays")
	require.Empty(t, changed.Email)
	require.Equal(t, []string{"new"}, changed.Tags)
	require.Equal(t, map[string]any{"city": "Омск", "birthday": "1990-01-31"}, changed.Attributes)
	require.Equal(t, map[string]string{"ok": "123"}, changed.Addresses)
	require.Equal(t, audience.ZoneOwn, changed.ZoneSource)

	me.delete(path, 204)
	me.get(path, 404).says("contact_not_found", "path.contact")
	require.Len(t, into[paging.Page[audience.Deleted]](me.get("/contacts/deleted", 200)).Items, 1)
	require.Equal(t, []ids.ID{made.ID}, into[struct{ IDs []ids.ID }](me.post("/contacts/restore", map[string]any{"ids": []ids.ID{made.ID}}, 200)).IDs)
	require.Equal(t, "Омск", into[audience.Contact](me.get(path, 200)).Attributes["city"])
	w.as(access.Analyst).delete(path, 403).says("scope_needed", "")
	w.other.get(path, 404).says("contact_not_found", "path.contact")
	w.other.patch(path, map[string]any{"name": "x"}, 404)
	require.Equal(t, []string{"contact.created", "contact.changed", "contact.deleted", "contact.restored"},
		w.db.Texts("SELECT what FROM audit WHERE what LIKE 'contact.%' ORDER BY id"))
	require.Zero(t, w.db.Count("SELECT count(*) FROM audit WHERE change::text ~ 'Омск|916'"), "nobody is to be erased from the log")
}

func TestMistakesInContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.owner.post("/contacts", map[string]any{"name": "Анна", "phone": "+79161234567", "attributes": map[string]any{"age": 30}}, 201).made()
	w.owner.post("/attributes", map[string]any{"key": "size", "title": "Размер одежды", "type": "choice", "choices": []string{"S", "M"}}, 201)
	for q, want := range map[string]int{"": 2, "РАЗМЕР": 1, "siz%20одеж": 1, "age": 1, "size%20age": 0} {
		require.Len(t, into[struct{ Items []audience.Attribute }](w.owner.get("/attributes?q="+q, 200)).Items, want, q)
	}
	require.Empty(t, into[struct{ Items []audience.Attribute }](w.other.get("/attributes?q=size", 200)).Items)
	for _, c := range []struct {
		body        map[string]any
		code, field string
		status      int
	}{
		{map[string]any{}, "contact_empty", "body", 422},
		{map[string]any{"phone": "12"}, "phone_too_short", "body.phone", 422},
		{map[string]any{"phone": "7,91612E+10"}, "phone_spreadsheet_number", "body.phone", 422},
		{map[string]any{"phone": "8 916 123 45 67"}, "phone_taken", "body.phone", 409},
		{map[string]any{"email": "anna"}, "contact_bad_email", "body.email", 422},
		{map[string]any{"name": "A", "zone": "UTC+3"}, "bad_contact_zone", "body.zone", 422},
		{map[string]any{"name": "A", "tags": []string{"ok", " "}}, "bad_tag", "body.tags[1]", 422},
		{map[string]any{"name": "A", "attributes": map[string]any{"age": "30"}}, "attribute_number", "body.attributes.age", 422},
		{map[string]any{"name": "A", "attributes": map[string]any{"size": "XL"}}, "attribute_choice", "body.attributes.size", 422},
		{map[string]any{"name": "A", "attributes": map[string]any{"Город": "x"}}, "bad_attribute_key", "body.attributes.Город", 422},
		{map[string]any{"name": "A", "attributes": map[string]any{"list": []int{1}}}, "bad_attribute_key", "body.attributes.list", 422},
		{map[string]any{"name": "A", "addresses": map[string]any{"VK": "x"}}, "bad_channel", "body.addresses.VK", 422},
		{map[string]any{"name": "A", "addresses": map[string]any{"viber": "x"}}, "bad_address", "body.addresses.viber", 422},
		{map[string]any{"name": "A", "groups": []string{"77"}}, "group_unknown", "body.groups", 422},
	} {
		w.owner.post("/contacts", c.body, c.status).says(c.code, c.field)
	}
	p := w.owner.russian().post("/contacts", map[string]any{"phone": "12", "email": "x"}, 422).says("contact_bad_email", "body.email")
	require.Len(t, p.Errors, 2, "all that is wrong is told at once")
	require.Equal(t, "В номере не хватает цифр: допишите код и номер полностью.", p.Detail)
	require.Contains(t, w.owner.post("/contacts", map[string]any{"phone": "+79161234567"}, 409).says("phone_taken", "body.phone").Detail, first.String())
	second := w.owner.post("/contacts", map[string]any{"name": "Борис"}, 201).made()
	w.owner.patch("/contacts/"+second.String(), map[string]any{"phone": "89161234567"}, 409).says("phone_taken", "body.phone")
	w.owner.patch("/contacts/"+second.String(), map[string]any{"name": nil}, 422).says("contact_empty", "body")
	w.other.post("/contacts", map[string]any{"name": "Анна", "phone": "+79161234567"}, 201)
}

func TestContactsAreSearched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, c := range []map[string]any{
		{"name": "Алёна Иванова", "phone": "+79161234567", "email": "Alena.I@mail.example", "tags": []string{"vip"}},
		{"name": "Иван Петров", "phone": "+79031112233", "attributes": map[string]any{"city": "Казань"}},
		{"name": "Пётр Иванов", "phone": "+998901234567", "addresses": map[string]any{"vk": "petya_i"}},
		{"name": "Вера Ким", "addresses": map[string]any{"vk": "https://m.vk.com/id12345?from=search", "ok": "ok.ru/profile/577001"}},
		{"name": "O'Neil", "email": "neil@shop.example", "tags": []string{"vip"}},
	} {
		w.owner.post("/contacts", c, 201)
		w.clock.move(time.Duration(i+1) * time.Minute)
	}
	w.other.post("/contacts", map[string]any{"name": "Иван Чужой"}, 201)
	for query, want := range map[string][]string{
		"":                                   {"Алёна Иванова", "Иван Петров", "Пётр Иванов", "Вера Ким", "O'Neil"},
		"q=%D0%B8%D0%B2%D0%B0%D0%BD":         {"Алёна Иванова", "Иван Петров", "Пётр Иванов"}, // иван
		"q=%D0%BF%D0%B5%D1%82%D1%80%20ива":   {"Иван Петров", "Пётр Иванов"},
		"q=АЛЕНА":                            {"Алёна Иванова"},
		"q=916%20123":                        {"Алёна Иванова"},
		"q=%2B7%20(916)%20123-45-67":         {"Алёна Иванова"},
		"q=89161234567":                      {"Алёна Иванова"},
		"q=4567":                             {"Алёна Иванова", "Пётр Иванов"},
		"q=alena.i@":                         {"Алёна Иванова"},
		"q=@shop":                            {"O'Neil"},
		"q=o'neil":                           {"O'Neil"},
		"q=petya_i":                          {"Пётр Иванов"},
		"q=id12345":                          {"Вера Ким"},
		"q=12345":                            {"Вера Ким"},
		"q=vk.com/id12345":                   {"Вера Ким"},
		"q=https://ok.ru/profile/577001":     {"Вера Ким"},
		"q=https://VK.com/Petya_I":           {"Пётр Иванов"},
		"q=@petya_i":                         {"Пётр Иванов"},
		"q=https://vk.com/id12345%3Fw=1":     {"Вера Ким"},
		"q=vk.com/id999":                     {},
		"q=m.иванова":                        {},
		"q=иван%2022":                        {},
		`filter="vip"%20in%20tags`:           {"Алёна Иванова", "O'Neil"},
		`filter=attributes.city=="Казань"`:   {"Иван Петров"},
		`filter="vip"%20in%20tags&q=neil`:    {"O'Neil"},
		`filter=phone%20startsWith%20"%2B7"`: {"Алёна Иванова", "Иван Петров"},
	} {
		p := into[contactPage](w.owner.get("/contacts?sort=created_at&"+query, 200))
		require.Equal(t, want, names(p), query)
		require.EqualValues(t, len(want), *p.Total, query)
		require.EqualValues(t, len(want), into[struct{ Count int64 }](w.owner.get("/contacts/count?"+query, 200)).Count, query)
	}
	w.owner.get("/contacts?filter=city==1", 422).says("filter_unknown_field", "query.filter")
	w.owner.get("/contacts?q=%ff", 422)
	w.owner.get("/contacts?sort=age", 422)
	require.Contains(t, w.owner.russian().get("/contacts?filter=name%20==", 422).says("filter_syntax", "query.filter").Detail, "столбца 7")
}

func TestPagesOfContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 7 {
		w.owner.post("/contacts", map[string]any{"name": fmt.Sprintf("Анна %d", i/2)}, 201)
		w.clock.move(time.Duration(i%2) * time.Minute)
	}
	for _, sort := range []string{"name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"} {
		all := names(into[contactPage](w.owner.get("/contacts?sort="+sort, 200)))
		require.Len(t, all, 7)
		var got []string
		cursor := ""
		for range 4 {
			p := into[contactPage](w.owner.get("/contacts?limit=2&sort="+sort+"&cursor="+cursor, 200))
			require.Equal(t, cursor == "", p.Total != nil)
			got, cursor = append(got, names(p)...), p.Next
		}
		require.Empty(t, cursor)
		require.Equal(t, all, got, sort)
	}
	next := into[contactPage](w.owner.get("/contacts?limit=2", 200)).Next
	w.owner.get("/contacts?sort=name&cursor="+next, 422).says("bad_cursor", "query.cursor")
	w.owner.get("/contacts?cursor=x", 422).says("bad_cursor", "query.cursor")
	require.Empty(t, into[contactPage](w.other.get("/contacts?cursor="+next, 200)).Items)
}

func TestManyContactsAreDeletedAndHadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec(`INSERT INTO contacts (account, contact, name) SELECT 1, 5000 + i, 'Имя ' || i FROM generate_series(1, 5000) AS i`)
	group := w.owner.post("/groups", map[string]any{"name": "Все"}, 201).made()
	list := make([]ids.ID, 5000)
	for i := range list {
		list[i] = ids.ID(5001 + i)
	}
	size := func() int64 { return into[audience.Group](w.owner.get("/groups/"+group.String(), 200)).Size }
	w.owner.post("/groups/"+group.String()+"/members", map[string]any{"ids": list}, 200)
	require.EqualValues(t, 5000, size())
	w.other.post("/contacts/delete", map[string]any{"ids": list}, 200)
	require.EqualValues(t, 5000, size(), "another account's are passed over")
	require.Len(t, into[struct{ IDs []ids.ID }](w.owner.post("/contacts/delete", map[string]any{"ids": list}, 200)).IDs, 5000)
	require.Zero(t, size())
	require.Zero(t, *into[contactPage](w.owner.get("/contacts", 200)).Total)
	require.Empty(t, into[struct{ IDs []ids.ID }](w.other.post("/contacts/restore", map[string]any{"ids": list}, 200)).IDs)
	require.Len(t, into[struct{ IDs []ids.ID }](w.owner.post("/contacts/restore", map[string]any{"ids": list}, 200)).IDs, 5000)
	require.EqualValues(t, 5000, size())
	w.owner.post("/contacts/delete", map[string]any{"ids": append(list, 1)}, 422)
	w.owner.post("/contacts/delete", map[string]any{"ids": []ids.ID{}}, 422)
	w.owner.post("/contacts/delete", map[string]any{"ids": list[:1]}, 200)
	w.clock.move(31 * 24 * time.Hour)
	back, err := w.people.Restore(t.Context(), access.System(mine), list[:1])
	require.NoError(t, err)
	require.Empty(t, back)
	n, err := w.people.Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}
