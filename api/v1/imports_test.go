package v1_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/audience/sample"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/exports"
	"kaskad/engine/store/imports"
	"kaskad/engine/task"
)

func (w *world) wireImports() {
	s, err := imports.New(w.store.Desk(), imports.Options{Clock: w.clock.now, NewID: w.newID, Tasks: w.tasks, Stops: w.people})
	require.NoError(w, err)
	w.parts.Imports = s
	w.parts.Exports, err = exports.New(w.store.Desk(), exports.Options{Clock: w.clock.now, Tasks: w.tasks, People: w.people})
	require.NoError(w, err)
}

// upload sends a file as the body itself.
func (c *client) upload(kind audience.Purpose, name string, file []byte, want int) answer {
	c.Helper()
	return c.with("Content-Type", "application/octet-stream").post("/imports?kind="+string(kind)+"&name="+url.QueryEscape(name), file, want)
}

func (c *client) draft(kind audience.Purpose, name, file string) audience.Import {
	c.Helper()
	return into[audience.Import](c.upload(kind, name, []byte(file), 201))
}

// started runs an import to its end.
func (c *client) started(id ids.ID) (task.Task, audience.ImportResult) {
	c.Helper()
	t := into[task.Task](c.post("/imports/"+id.String()+"/start", nil, 202))
	t = c.ended(t.ID)
	var r audience.ImportResult
	require.NoError(c, json.Unmarshal(t.Result, &r), "%+v\n%s", t, c.journal)
	return t, r
}

func TestTheSampleIsImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer).russian()
	group := me.post("/groups", map[string]any{"name": "Лето"}, 201).made()
	draft := into[audience.Import](me.upload(audience.ImportContacts, `C:\Документы\клиенты.csv`, sample.Contacts, 201))
	require.Equal(t, "клиенты.csv", draft.Name)
	require.Equal(t, audience.FormatCSV, draft.Format)
	require.Equal(t, "windows-1251", draft.Settings.Encoding)
	require.Equal(t, ";", draft.Settings.Separator)
	require.True(t, draft.Settings.Header)
	require.Equal(t, []string{"Телефон", "Имя", "Фамилия", "Город", "Часовой пояс", "Дата рождения", "Метки", "VK ID"}, draft.Preview.Header)
	require.Equal(t, audience.Column{Header: "Дата рождения", Field: audience.FieldAttribute, Key: "birthday", Kind: audience.KindDate},
		draft.Settings.Columns[5])
	require.Len(t, draft.Preview.Rows, 20)
	require.Regexp(t, `^\+7\d{10}$`, draft.Preview.Rows[0].Contact.Phone)
	require.Nil(t, draft.Problem)

	changed := into[audience.Import](me.patch("/imports/"+draft.ID.String(), map[string]any{"groups": []string{group.String()},
		"tags": []string{"лето"}, "source": "выставка",
		"consent": map[string]any{"channels": []string{"sms", "viber"}, "text": "Согласен на рассылку", "source": "анкета"}}, 200))
	require.Contains(t, changed.Preview.Rows[0].Contact.Tags, "лето")

	ended, result := me.started(draft.ID)
	require.Equal(t, task.Done, ended.State)
	require.Equal(t, 9_500, result.Added)
	require.GreaterOrEqual(t, w.db.Count("SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts'::regclass"), int64(9_500),
		"workers, who plan once, plan anew")
	require.Equal(t, 200, result.Doubles)
	require.Equal(t, 300, result.Refused)
	require.Equal(t, 10_000, result.Rows)
	require.Zero(t, result.Merged+result.Kept+result.Skipped)
	refused := 0
	for code, n := range result.ByReason {
		require.NotEqual(t, audience.Double, code)
		refused += n
	}
	require.Equal(t, 300, refused)
	require.Equal(t, "refused.csv", ended.Files[0].Name)
	file := me.get("/tasks/"+ended.ID.String()+"/files/refused.csv", 200)
	lines := csv.NewReader(bytes.NewReader(file.body))
	lines.Comma = ';'
	records, err := lines.ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 501, "a header, 300 refused, 200 doubles")
	require.Contains(t, records[0], "Причина отказа")

	require.EqualValues(t, 9_500, w.db.Count("SELECT count(*) FROM contacts WHERE account = 1 AND source = 'выставка' AND tags @> '{лето}'"))
	require.EqualValues(t, 9_500, w.db.Count("SELECT sum(n) FROM group_sizes WHERE account = 1"))
	require.EqualValues(t, 19_000, w.db.Count("SELECT count(*) FROM consents WHERE withdrawn_at IS NULL"))
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM attributes WHERE key = 'birthday' AND type = 'date' AND title = 'Дата рождения'"))
	require.Zero(t, w.db.Count("SELECT count(*) FROM pg_class WHERE relname LIKE 'import_stage%' AND relnamespace = current_schema()::regnamespace"))
	require.Zero(t, w.db.Count("SELECT count(*) FROM task_files WHERE owner = $1", int64(draft.ID)), "the upload is not kept")
	require.Equal(t, []string{"import.uploaded", "import.changed", "import.started", "import.done"},
		w.db.Texts("SELECT what FROM audit WHERE object = 'import' ORDER BY id"))

	// The same once more changes nothing.
	again := into[audience.Import](me.upload(audience.ImportContacts, "клиенты.csv", sample.Contacts, 201))
	me.patch("/imports/"+again.ID.String(), map[string]any{"existing": "keep"}, 200)
	_, result = me.started(again.ID)
	require.Equal(t, 9_500, result.Kept)
	require.Zero(t, result.Added+result.Merged)
	me.post("/imports/"+again.ID.String()+"/start", nil, 409).says("import_started", "")
	me.patch("/imports/"+again.ID.String(), map[string]any{}, 409).says("import_started", "")
	list := into[paging.Page[audience.Import]](me.get("/imports?limit=1", 200))
	require.Equal(t, again.ID, list.Items[0].ID)
	require.NotEmpty(t, list.Next)
}

// What each rule makes of a contact that is there.
func TestRulesForWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.post("/attributes", map[string]any{"key": "age", "title": "Возраст", "type": "number"}, 201)
	const file = "Телефон;Имя;Email;Город;Age;Метки\n+79161230001;Мария;;Омск;;новая\n+79161230001;;m@x.example;;31;\n+79161230002;Новая;;;;\n"
	rules := map[string]struct{ doubles, name, email, tags, attributes string }{
		"keep":    {"merge", "Анна", "a@x.example", "{old}", `{"age": 30, "own": "x", "city": ""}`},
		"merge":   {"merge", "Мария", "m@x.example", "{old,новая}", `{"age": 31, "own": "x", "city": "Омск"}`},
		"fill":    {"merge", "Анна", "a@x.example", "{old,новая}", `{"age": 30, "own": "x", "city": ""}`},
		"replace": {"first", "Мария", "", "{новая}", `{"own": "x", "city": "Омск"}`},
	}
	i := 0
	for rule, want := range rules {
		i++
		phone := fmt.Sprintf("+7916123%d001", i)
		w.db.Exec(`INSERT INTO contacts (account, contact, phone, name, email, tags, attributes) VALUES (1, $1, $2, 'Анна', 'a@x.example',
			'{old}', '{"age": 30, "city": "", "own": "x"}')`, i, phone)
		draft := w.owner.draft(audience.ImportContacts, "x.csv", strings.ReplaceAll(strings.ReplaceAll(file, "+79161230001", phone),
			"+79161230002", fmt.Sprintf("+7916123%d002", i)))
		w.owner.patch("/imports/"+draft.ID.String(), map[string]any{"existing": rule, "doubles": want.doubles}, 200)
		_, result := w.owner.started(draft.ID)
		require.Equal(t, 3, result.Rows, rule)
		require.Equal(t, 1, result.Added, rule)
		require.Equal(t, 1, result.Doubles, rule)
		require.Equal(t, 1, result.Merged+result.Kept, rule)
		got := w.db.Texts("SELECT concat_ws('|', name, email, tags::text, attributes::text) FROM contacts WHERE phone = $1", phone)
		require.Equal(t, []string{want.name + "|" + want.email + "|" + want.tags + "|" + want.attributes}, got, rule)
	}
}

func TestRulesForDoubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// More than a piece of rows lies between the first two.
	var text strings.Builder
	text.WriteString("phone;name;email\n+79161230000;First;\n")
	for i := range 5_001 {
		fmt.Fprintf(&text, "+79162%06d;x;\n", i)
	}
	text.WriteString("+79161230000;;second@x.example\n+79161230000;Third;\n")
	for rule, want := range map[string]string{"first": "First|", "last": "Third|", "merge": "Third|second@x.example"} {
		draft := w.owner.draft(audience.ImportContacts, rule+".csv", text.String())
		w.owner.patch("/imports/"+draft.ID.String(), map[string]any{"doubles": rule}, 200)
		ended, result := w.owner.started(draft.ID)
		require.Equal(t, 2, result.Doubles, rule)
		require.Equal(t, 5_002, result.Added, rule)
		require.Equal(t, rule == "first", len(ended.Files) == 1)
		if rule == "first" {
			refused := string(w.owner.get("/tasks/"+ended.ID.String()+"/files/refused.csv", 200).body)
			require.Contains(t, refused, "5004;double;this phone is already in line 2, which was kept")
			require.Contains(t, refused, "5005;double;")
		}
		require.Equal(t, []string{want}, w.db.Texts("SELECT name || '|' || email FROM contacts WHERE phone = '+79161230000'"), rule)
		w.db.Exec("DELETE FROM contacts")
	}
}

func TestAWorkbookIsImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	book := excelize.NewFile()
	require.NoError(t, book.SetSheetRow("Sheet1", "A1", &[]any{"Название", "Цена"}))
	_, err := book.NewSheet("Люди")
	require.NoError(t, err)
	for i, row := range [][]any{{"Имя", "Телефон", "Бонусы"}, {"Анна", 79161234567, 12.5}, {"Мария", "8 916 123-45-68", 3}, {"Нет", "нет", 0}} {
		require.NoError(t, book.SetSheetRow("Люди", fmt.Sprintf("A%d", i+1), &row))
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	require.NoError(t, parts.WriteField("comment", "x"))
	file, err := parts.CreateFormFile("file", "книга.xlsx")
	require.NoError(t, err)
	require.NoError(t, book.Write(file))
	require.NoError(t, parts.Close())
	draft := into[audience.Import](w.owner.with("Content-Type", parts.FormDataContentType()).post("/imports", form.Bytes(), 201))
	require.Equal(t, "книга.xlsx", draft.Name)
	require.Equal(t, []string{"Sheet1", "Люди"}, draft.Sheets)
	require.Equal(t, "Люди", draft.Settings.Sheet, "the first sheet with phones is proposed")
	require.Nil(t, draft.Problem)
	draft = into[audience.Import](w.owner.patch("/imports/"+draft.ID.String(), map[string]any{"sheet": "Sheet1"}, 200))
	require.Equal(t, "file_no_phone_column", draft.Problem.Code)
	w.owner.post("/imports/"+draft.ID.String()+"/start", nil, 409).says("file_no_phone_column", "")
	w.owner.patch("/imports/"+draft.ID.String(), map[string]any{"sheet": "Нет"}, 422).says("file_no_sheet", "body.sheet")
	draft = into[audience.Import](w.owner.patch("/imports/"+draft.ID.String(), map[string]any{"sheet": "Люди"}, 200))
	require.Nil(t, draft.Problem)
	require.Equal(t, "+79161234567", draft.Preview.Rows[0].Contact.Phone)
	require.Equal(t, "not_a_number", draft.Preview.Rows[2].Refused.Code)
	_, result := w.owner.started(draft.ID)
	require.Equal(t, 2, result.Added)
	require.Equal(t, map[audience.Code]int{audience.NotANumber: 1}, result.ByReason)
}

func TestDraftsAreSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("79161234567,Анна;Ким\n79161234568,Мария\n")
	require.NoError(t, err)
	draft := w.owner.draft(audience.ImportContacts, "utf16.csv", text)
	require.Equal(t, "utf-16le", draft.Settings.Encoding)
	require.Equal(t, ",", draft.Settings.Separator)
	require.False(t, draft.Settings.Header, "the first line has a phone")
	path := "/imports/" + draft.ID.String()
	draft = into[audience.Import](w.owner.patch(path, map[string]any{"header": true}, 200))
	require.Equal(t, "file_no_header", draft.Problem.Code)
	w.owner.post(path+"/start", nil, 409).says("file_no_header", "")
	w.owner.patch(path, map[string]any{"header": false}, 200)
	draft = into[audience.Import](w.owner.patch(path, map[string]any{"separator": ",", "columns": []map[string]any{{"field": "phone"}, {"field": "name"}}}, 200))
	require.Equal(t, "Анна;Ким", draft.Preview.Rows[0].Contact.Name)
	require.Equal(t, []string{"79161234567", "Анна;Ким"}, draft.Preview.Rows[0].Cells)

	for _, c := range []struct {
		body  string
		field string
		code  string
	}{
		{`{"columns": [{"field": "phone"}, {"field": "phone"}]}`, "body.columns[1]", "import_column_twice"},
		{`{"columns": [{"field": "reason"}]}`, "body.columns[0].field", "import_field"},
		{`{"columns": [{"field": "attribute", "key": "Ключ"}]}`, "body.columns[0].key", "bad_attribute_key"},
		{`{"columns": [{"field": "address", "key": "!"}]}`, "body.columns[0].key", "bad_channel"},
		{`{"columns": [{"field": "skip"}, {"field": "skip"}, {"field": "skip"}]}`, "body.columns", "import_columns"},
		{`{"country": "XX"}`, "body.country", "import_country"},
		{`{"separator": "a"}`, "body.separator", "import_separator"},
		{`{"groups": ["99"]}`, "body.groups", "group_unknown"},
		{`{"consent": {"channels": ["СМС"], "text": "x", "source": "y"}}`, "body.consent.channels[0]", "bad_channel"},
		{`{"doubles": "both"}`, "body.doubles", "not_one_of"},
	} {
		w.owner.patch(path, c.body, 422).says(c.code, c.field)
	}
	w.as(access.Analyst).get(path, 200)
	w.as(access.Analyst).patch(path, map[string]any{}, 403).says("scope_needed", "")
	for _, try := range []func(c *client) answer{
		func(c *client) answer { return c.get(path, 404) },
		func(c *client) answer { return c.patch(path, map[string]any{}, 404) },
		func(c *client) answer { return c.post(path+"/start", nil, 404) },
		func(c *client) answer { return c.delete(path, 404) },
	} {
		try(w.other).says("import_not_found", "path.import")
	}
	w.owner.delete(path, 204)
	w.owner.get(path, 404)
	require.Zero(t, w.db.Count("SELECT count(*) FROM task_files"))
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		file string
		code string
		want int
	}{
		"empty":        {"", "file_empty_file", 422},
		"picture":      {"\x89PNG\r\n\x1a\n and so on", "file_binary_file", 415},
		"old workbook": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_spreadsheet_file", 415},
		"no zip":       {"PK\x03\x04 and no more", "file_bad_book", 422},
	} {
		w.owner.upload(audience.ImportContacts, name, []byte(c.file), c.want).says(c.code, "body")
	}
	w.as(access.Analyst).upload(audience.ImportContacts, "x.csv", []byte("phone\n1\n"), 403).says("scope_needed", "")
	w.as(access.Operator).upload(audience.ImportStops, "x.csv", []byte("phone\n+79161234567\n"), 201)
	w.as(access.Operator).upload(audience.ImportMembers, "x.csv", []byte("phone\n1\n"), 403).says("scope_needed", "")
	w.owner.with("Content-Type", "multipart/form-data; boundary=x").post("/imports", "--x--\r\n", 422).says("no_file", "body.file")
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM task_files"))
}

func TestAStopListIsImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := "Телефон;Канал;Причина\n8 916 123-45-67;смс;жалоба\n+79161234568;;\nspam@x.example;все;\n+79161234567;sms;ещё\nнет;;\n;;x\n+79161234569;Голубь!;\n123;;\n"
	draft := w.owner.draft(audience.ImportStops, "стоп.csv", file)
	require.Equal(t, &audience.PreviewStop{Address: "+79161234567", Channel: "sms", Reason: "жалоба"}, draft.Preview.Rows[0].Stop)
	require.Equal(t, "wrong_channel", draft.Preview.Rows[6].Refused.Code)
	ended, result := w.owner.started(draft.ID)
	require.Equal(t, 3, result.Added)
	require.Equal(t, 1, result.Kept)
	require.Equal(t, map[audience.Code]int{audience.WrongAddress: 1, audience.NoAddress: 1, audience.WrongChannel: 1, audience.TooShort: 1},
		result.ByReason)
	require.Equal(t, 8, result.Rows)
	require.Len(t, ended.Files, 1)
	require.Equal(t, []string{"+79161234567|sms|жалоба|import:стоп.csv", "+79161234568||imported|import:стоп.csv",
		"spam@x.example||imported|import:стоп.csv"},
		w.db.Texts("SELECT concat_ws('|', address, channel, reason, source) FROM stop_list ORDER BY address"))
}

func TestMembersAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.owner.post("/groups", map[string]any{"name": "Гости"}, 201).made()
	anna := w.owner.post("/contacts", map[string]any{"phone": "+79161234567"}, 201).made()
	w.owner.post("/contacts", map[string]any{"phone": "+79161234568", "email": "M@x.example"}, 201)
	draft := w.owner.draft(audience.ImportMembers, "гости.csv", fmt.Sprintf("id,phone,email\n,8 916 123-45-67,\n,,m@X.example\n%s,,\n,+79161234569,\n,,\n99,,\n", anna))
	require.Equal(t, &audience.Sought{Phone: "+79161234567"}, draft.Preview.Rows[0].Member)
	path := "/imports/" + draft.ID.String()
	w.owner.post(path+"/start", nil, 409).says("import_no_group", "body.groups")
	w.owner.patch(path, map[string]any{"groups": []string{group.String()}}, 200)
	_, result := w.owner.started(draft.ID)
	require.Equal(t, 2, result.Added)
	require.Equal(t, 1, result.Kept)
	require.Equal(t, map[audience.Code]int{audience.UnknownContact: 2}, result.ByReason)
	require.EqualValues(t, 2, w.db.Count("SELECT count(*) FROM group_members"))
}

func TestAnImportOfPeopleWithoutPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	there := c.post("/contacts", object{"name": "Анна", "email": "anna@mail.example"}, 201).made()
	group := c.post("/groups", object{"name": "Письма"}, 201).made()
	const file = "Телефон;Имя;Email;VK ID;Город\n+79161234567;Пётр;petr@mail.example;;Омск\n;Анна Ким;ANNA@mail.example;;Казань\n" +
		";Вера;;vk.com/id77;\n;Пётр снова;Petr@mail.example;;Тверь\n;Никто;;;\nдва;Кто;who@mail.example;;\n;Вера ещё;;id77;\n;O'Neil;o'neil@mail.example;;\n"
	ask := func(existing string) audience.ImportResult {
		d := c.draft(audience.ImportContacts, "people.csv", file)
		require.Contains(t, d.Preview.Rows[1].Refused.Code, "no_phone")
		d = into[audience.Import](c.patch("/imports/"+d.ID.String(), object{"without_phone": true, "existing": existing,
			"groups": []string{group.String()}, "consent": object{"channels": []string{"vk"}, "text": "Да", "source": "сайт"}}, 200))
		require.True(t, d.Settings.WithoutPhone)
		require.Equal(t, "Анна Ким", d.Preview.Rows[1].Contact.Name)
		require.Equal(t, "no_phone", d.Preview.Rows[4].Refused.Code)
		require.Equal(t, "not_a_number", d.Preview.Rows[5].Refused.Code)
		require.Equal(t, "double", d.Preview.Rows[6].Refused.Code)
		done, result := c.started(d.ID)
		require.Equal(t, "done", string(done.State), "%+v", done.Error)
		require.Zero(t, result.Skipped)
		return result
	}
	got := ask("merge")
	require.Equal(t, []int{8, 3, 2, 0, 1, 2}, []int{got.Rows, got.Added, got.Merged, got.Kept, got.Doubles, got.Refused}, "%+v", got)
	anna := into[audience.Contact](c.get("/contacts/"+there.String(), 200))
	require.Equal(t, "Анна Ким", anna.Name)
	require.Equal(t, "Казань", anna.Attributes["city"])
	require.Equal(t, []string{"vk"}, anna.Consents)
	require.EqualValues(t, 4, into[audience.Group](c.get("/groups/"+group.String(), 200)).Size)
	petr := into[contactPage](c.get("/contacts?q=petr@mail.example", 200)).Items
	require.Len(t, petr, 1, "who has a phone is known by the address too")
	require.Equal(t, "Тверь", petr[0].Attributes["city"])
	vera := into[contactPage](c.get("/contacts?q=id77", 200)).Items
	require.Len(t, vera, 1)
	require.Empty(t, vera[0].Phone)

	for _, existing := range []string{"keep", "fill", "merge", "replace"} {
		got = ask(existing)
		require.Zero(t, got.Added, existing)
		require.Equal(t, 5, got.Merged+got.Kept, existing)
		require.EqualValues(t, 4, into[struct{ Count int64 }](c.get("/contacts/count", 200)).Count, existing)
	}
}

func TestAnImportOfAddressesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.owner.draft(audience.ImportContacts, "vk.csv", "VK ID,Имя\nid1,Анна\nid2,Вера\n")
	require.Equal(t, "file_no_phone_column", d.Problem.Code)
	d = into[audience.Import](w.owner.patch("/imports/"+d.ID.String(), object{"without_phone": true}, 200))
	require.Nil(t, d.Problem)
	_, got := w.owner.started(d.ID)
	require.Equal(t, 2, got.Added)
}
