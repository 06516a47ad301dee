package v1_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/audience/sample"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

// export runs an export to its end and gives its file.
func (c *client) export(body any) (task.Task, []byte) {
	c.Helper()
	t := c.ended(into[task.Task](c.post("/exports", body, 202)).ID)
	require.Equal(c, task.Done, t.State, "%+v", t)
	require.Len(c, t.Files, 1)
	return t, c.get("/tasks/"+t.ID.String()+"/files/"+t.Files[0].Name, 200).body
}

// What was exported and is imported again gives the same contacts.
func TestAnExportComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.started(into[audience.Import](w.owner.upload(audience.ImportContacts, "x.csv", sample.Contacts, 201)).ID)
	w.owner.post("/contacts", map[string]any{"phone": "+79991112233", "name": "=cmd|' /C calc'!A0", "tags": []string{"a, b", `"c"`}}, 201)
	const all = `SELECT concat_ws('|', phone, name, email, zone, tags::text, attributes::text, addresses::text) FROM contacts
		WHERE account = $1 ORDER BY phone`
	want := w.db.Texts(all, int64(mine))
	require.Len(t, want, 9_501)
	for _, order := range []map[string]any{{"what": "contacts"}, {"what": "contacts", "format": "xlsx"},
		{"what": "contacts", "encoding": "windows-1251", "separator": ","}} {
		_, file := w.as(access.Analyst).russian().export(order)
		w.db.Exec("DELETE FROM contacts WHERE account = $1", int64(theirs))
		back := into[audience.Import](w.other.upload(audience.ImportContacts, "back", file, 201))
		require.Nil(t, back.Problem)
		_, result := w.other.started(back.ID)
		require.Equal(t, 9_501, result.Added, "%v %v", order, result)
		require.Empty(t, result.Warnings)
		require.Equal(t, want, w.db.Texts(all, int64(theirs)), order)
	}
}

func TestExportsOfSome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.owner.post("/groups", map[string]any{"name": "Гости, дом"}, 201).made()
	anna := w.owner.post("/contacts", map[string]any{"phone": "+79161234567", "name": "Анна", "groups": []ids.ID{group}}, 201).made()
	w.owner.post("/contacts", map[string]any{"phone": "+79161234568", "name": "Мария", "tags": []string{"vip"}}, 201)
	w.other.post("/contacts", map[string]any{"phone": "+79161234569", "name": "Чужая"}, 201)

	_, file := w.owner.export(map[string]any{"what": "contacts", "columns": []string{"name", "groups", "id"}, "ids": []ids.ID{anna}})
	require.Equal(t, "\ufeffName;Kaskad: groups;Kaskad: ID\r\nАнна;\"\"\"Гости, дом\"\"\";"+anna.String()+"\r\n", string(file))
	_, file = w.owner.russian().export(map[string]any{"what": "contacts", "columns": []string{"phone"}, "selection": map[string]any{"filter": `"vip" in tags`}})
	require.Equal(t, "\ufeffТелефон\r\n+79161234568\r\n", string(file))
	made, file := w.owner.export(map[string]any{"what": "contacts", "columns": []string{"phone"}, "selection": map[string]any{"groups": []ids.ID{group}}})
	require.Equal(t, "\ufeffPhone\r\n+79161234567\r\n", string(file))
	require.JSONEq(t, `{"rows": 1}`, string(made.Result))
	w.other.get("/tasks/"+made.ID.String()+"/files/"+made.Files[0].Name, 404)

	w.owner.post("/exports", map[string]any{"what": "contacts", "selection": map[string]any{"filter": "name ="}}, 422)
	w.owner.post("/exports", map[string]any{"what": "contacts", "selection": map[string]any{"groups": []string{"99"}}}, 422).says("group_unknown", "body.selection.groups")
	w.owner.post("/exports", map[string]any{"what": "contacts", "columns": []string{"shoe"}}, 422).says("export_column", "body.columns[0]")
	w.owner.post("/exports", map[string]any{"what": "stop_list", "columns": []string{"phone"}}, 422).says("export_only_contacts", "body.columns")
	require.EqualValues(t, 3, w.db.Count("SELECT count(*) FROM audit WHERE what = 'export.started'"))
}

func TestAStopListComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := "phone;channel;reason\n+79161234567;sms;жалоба\n+79161234568;;\nspam@x.example;;=1+1\n"
	w.owner.started(w.owner.draft(audience.ImportStops, "стоп.csv", list).ID)
	_, file := w.as(access.Operator).export(map[string]any{"what": "stop_list"})
	require.Contains(t, string(file), "spam@x.example;;'=1+1;import:стоп.csv;")
	const all = "SELECT concat_ws('|', address, channel, reason) FROM stop_list WHERE account = $1 ORDER BY 1"
	_, result := w.other.started(w.other.draft(audience.ImportStops, "x.csv", string(file)).ID)
	require.Equal(t, 3, result.Added)
	require.Equal(t, w.db.Texts(all, int64(mine)), w.db.Texts(all, int64(theirs)))
	require.Equal(t, 3, strings.Count(string(file), "\n")-1)
}
