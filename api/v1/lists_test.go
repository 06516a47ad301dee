package v1_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/paging"
)

// listed gives what is called so in each item of a list, read in pages of one.
func listed(c *client, path, query, field string) []string {
	c.Helper()
	list := []string{}
	cursor := ""
	for range 50 {
		p := into[paging.Page[map[string]any]](c.get(path+"?"+query+"&limit=1&cursor="+cursor, 200))
		for _, item := range p.Items {
			list = append(list, item[field].(string))
		}
		if cursor = p.Next; cursor == "" {
			return list
		}
	}
	require.Fail(c, "the list does not end")
	return nil
}

func TestListsAreSearchedAndSorted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	w.as(access.Marketer)
	w.as(access.Analyst)
	for _, i := range []object{{"email": "yana@shop.example", "name": "Яна Фёдорова", "role": "marketer"},
		{"email": "boris@shop.example", "name": "Борис", "role": "analyst"}} {
		c.post("/invitations", i, 201)
	}
	soon := w.clock.now().Add(time.Hour).Format(time.RFC3339)
	c.post("/tokens", object{"name": "Сайт заказов", "scopes": []string{"contacts:read"}, "expires_at": soon}, 201)
	c.post("/tokens", object{"name": "CRM", "scopes": []string{"contacts:read", "contacts:write"}}, 201)
	c.post("/tokens", object{"name": "crm старая", "scopes": []string{"stops:read"}}, 201)
	first := c.with("Content-Type", "text/csv").post("/imports?name="+url.QueryEscape("Клиенты весна.csv"), "Телефон\n+79161234569\n", 201).made()
	c.with("Content-Type", "text/csv").post("/imports?name="+url.QueryEscape("Лето.csv"), "Телефон\n+79161234570\n", 201)
	c.post("/imports/"+first.String()+"/start", nil, 202)
	anna := c.post("/contacts", object{"name": "Анна Вишня", "phone": "+79160000001"}, 201).made()
	ivan := c.post("/contacts", object{"name": "Иван", "email": "ivan@mail.example"}, 201).made()
	c.post("/contacts/delete", object{"ids": []string{anna.String(), ivan.String()}}, 200)

	for _, x := range []struct {
		path, query, field string
		want               []string
	}{
		{"/users", "", "email", []string{"analyst@1.example", "marketer@1.example", "owner@1.example"}},
		{"/users", "sort=-email", "email", []string{"owner@1.example", "marketer@1.example", "analyst@1.example"}},
		{"/users", "sort=-name", "name", []string{"owner", "marketer", "analyst"}},
		{"/users", "q=MARK+1.exa", "email", []string{"marketer@1.example"}},
		{"/users", "q=nobody", "email", []string{}},
		{"/users", "role=owner", "email", []string{"owner@1.example"}},
		{"/invitations", "", "name", []string{"Яна Фёдорова", "Борис"}},
		{"/invitations", "sort=-created_at", "name", []string{"Борис", "Яна Фёдорова"}},
		{"/invitations", "sort=email", "name", []string{"Борис", "Яна Фёдорова"}},
		{"/invitations", "q=федорова", "name", []string{"Яна Фёдорова"}},
		{"/invitations", "q=shop&role=analyst", "name", []string{"Борис"}},
		{"/invitations", "state=expired", "name", []string{}},
		{"/tokens", "", "name", []string{"Сайт заказов", "CRM", "crm старая"}},
		{"/tokens", "sort=name", "name", []string{"CRM", "crm старая", "Сайт заказов"}},
		{"/tokens", "sort=-name", "name", []string{"Сайт заказов", "crm старая", "CRM"}},
		{"/tokens", "q=crm", "name", []string{"CRM", "crm старая"}},
		{"/tokens", "scope=contacts:read", "name", []string{"Сайт заказов", "CRM"}},
		{"/imports", "", "name", []string{"Лето.csv", "Клиенты весна.csv"}},
		{"/imports", "sort=created_at", "name", []string{"Клиенты весна.csv", "Лето.csv"}},
		{"/imports", "q=ВЕСНА", "name", []string{"Клиенты весна.csv"}},
		{"/imports", "q=owner+лето", "name", []string{"Лето.csv"}},
		{"/imports", "state=draft", "name", []string{"Лето.csv"}},
		{"/imports", "state=started", "name", []string{"Клиенты весна.csv"}},
		{"/tasks", "q=весна", "name", []string{"Клиенты весна.csv"}},
		{"/tasks", "sort=created_at", "name", []string{"Клиенты весна.csv"}},
		{"/tasks", "object=" + first.String(), "name", []string{"Клиенты весна.csv"}},
		{"/tasks", "object=1", "name", []string{}},
		{"/contacts/deleted", "q=вишн", "name", []string{"Анна Вишня"}},
		{"/contacts/deleted", "q=000001", "name", []string{"Анна Вишня"}},
		{"/contacts/deleted", "q=IVAN@", "name", []string{"Иван"}},
	} {
		require.Equal(t, x.want, listed(c, x.path, x.query, x.field), "%s?%s", x.path, x.query)
	}
	w.clock.move(2 * time.Hour)
	require.Equal(t, []string{"Сайт заказов"}, listed(c, "/tokens", "state=expired", "name"))
	require.Equal(t, []string{"CRM", "crm старая"}, listed(c, "/tokens", "state=open", "name"))
	require.Empty(t, listed(w.other, "/tokens", "q=crm", "name"))

	next := into[paging.Page[audience.Import]](c.get("/tokens?limit=1&sort=name", 200)).Next
	c.get("/tokens?limit=1&sort=-name&cursor="+next, 422).says("bad_cursor", "query.cursor")
	for path, bad := range map[string]string{"/users": "sort=role", "/tokens": "state=x", "/invitations": "role=god", "/imports": "state=x",
		"/tasks": "sort=name", "/contacts/deleted": "sort=name"} {
		c.get(path+"?"+bad, 422)
	}
	for _, path := range []string{"/users", "/tokens", "/invitations", "/imports", "/tasks", "/contacts/deleted"} {
		for _, hostile := range []string{"%00", "%FF", "%25", "_", "'", `\`} {
			require.True(t, slices.Contains([]int{200, 422}, c.send("GET", path+"?q="+hostile, nil).status), "%s %s", path, hostile)
		}
	}
}
