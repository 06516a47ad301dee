package audience

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/scheme"
)

// definitions are attributes whose titles are a trap each for whoever reads an export.
func definitions() map[string]Attribute {
	list := map[string]Attribute{}
	for _, a := range []Attribute{{Key: "city", Title: "Город", Type: TypeText}, {Key: "number", Title: "Телефон", Type: TypeText},
		{Key: "phone", Title: "Phone", Type: TypeText}, {Key: "age", Title: "Возраст", Type: TypeNumber}, {Key: "birthday", Title: "ДР", Type: TypeDate},
		{Key: "adult", Title: "Kaskad: взрослый", Type: TypeBoolean}, {Key: "size", Title: "=Размер", Type: TypeChoice, Choices: []string{"=S", "M"}},
		{Key: "name", Title: "Имя", Type: TypeText}, {Key: "vk", Title: "vk", Type: TypeText}, {Key: "town", Title: "Город", Type: TypeText}} {
		list[a.Key] = a
	}
	return list
}

// drawContact draws a contact as the account could have it.
func drawContact(t *rapid.T, phone string, known map[string]Attribute) Contact {
	nasty := rapid.Custom(func(t *rapid.T) string {
		return clean(rapid.OneOf(rapid.StringMatching(`['=+@,;|"a\-\t\n 1]{0,8}`), rapid.String(), rapid.Just("'+79161234567"), rapid.Just("-5")).Draw(t, "text"))
	})
	draft := NewContact{Phone: phone, Name: bounded(nasty.Draw(t, "name"), MaxName), Zone: rapid.SampledFrom([]string{"", "Asia/Omsk"}).Draw(t, "zone"),
		Email: rapid.SampledFrom([]string{"", "=a@x.example", "+b@x.example"}).Draw(t, "email"), Attributes: map[string]any{}, Addresses: map[string]string{}}
	for range rapid.IntRange(0, 3).Draw(t, "tags") {
		tag := strings.Join(strings.Fields(bounded(nasty.Draw(t, "tag"), MaxTag)), " ")
		if tag != "" {
			draft.Tags = append(draft.Tags, tag)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if !rapid.Bool().Draw(t, "has") {
			continue
		}
		switch known[key].Type {
		case TypeText:
			if text := nasty.Draw(t, key); text != "" {
				draft.Attributes[key] = text
			}
		case TypeNumber:
			draft.Attributes[key] = float64(rapid.Int64Range(-1e12, 1e12).Draw(t, key)) / 1000 // a spreadsheet keeps 15 digits
		case TypeDate:
			draft.Attributes[key] = "2001-02-03"
		case TypeBoolean:
			draft.Attributes[key] = rapid.Bool().Draw(t, key)
		case TypeChoice:
			draft.Attributes[key] = rapid.SampledFrom(known[key].Choices).Draw(t, key)
		}
	}
	if rapid.Bool().Draw(t, "vk") {
		draft.Addresses["vk"] = rapid.SampledFrom([]string{"id.anna", "123"}).Draw(t, "vk id")
	}
	if rapid.Bool().Draw(t, "viber") {
		draft.Addresses["viber"] = "+79161234567"
	}
	c, err := draft.Make("RU", known)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An export, imported as it is, gives the same contacts back.
func TestExportsComeBack(t *testing.T) {
	t.Parallel()
	known := definitions()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		order := ExportOrder{What: ExportContacts, Format: rapid.SampledFrom([]Format{FormatCSV, FormatCSV, FormatCSV, FormatXLSX}).Draw(rt, "format"),
			Separator: rapid.SampledFrom([]string{";", ",", "\t"}).Draw(rt, "separator")}
		require.NoError(rt, order.Check(known))
		lang := rapid.SampledFrom([]Lang{Russian, English}).Draw(rt, "language")
		var file bytes.Buffer
		out, err := newTable(&file, &order)
		require.NoError(rt, err)
		require.NoError(rt, out.Write(order.Header(lang, known)))
		var want []Contact
		for _, phone := range []string{"+79161234567", "+79161234568", "+375291234567"}[:rapid.IntRange(1, 3).Draw(rt, "contacts")] {
			c := drawContact(rt, phone, known)
			want = append(want, c)
			require.NoError(rt, out.Write(order.Cells(&c, nil)))
		}
		require.NoError(rt, out.Close())
		from := CSV(&file, "", 0)
		if order.Format == FormatXLSX {
			path := filepath.Join(dir, "x.xlsx")
			require.NoError(rt, os.WriteFile(path, file.Bytes(), 0o600))
			book, err := OpenBook(path)
			require.NoError(rt, err)
			defer book.Close()
			from = book.Sheet("Contacts")
		}
		rd, err := OpenContacts(from, Options{Attributes: known})
		require.NoError(rt, err)
		for _, c := range want {
			row, refusal, err := rd.Next()
			require.NoError(rt, err)
			require.Nil(rt, refusal)
			require.Empty(rt, row.Warnings)
			same(rt, c, row.Contact)
		}
		_, _, err = rd.Next()
		require.ErrorIs(rt, err, io.EOF)
	})
}

func newTable(w io.Writer, o *ExportOrder) (TableWriter, error) {
	if o.Format == FormatXLSX {
		return NewXLSX(w, "Contacts")
	}
	return NewCSV(w, o.Encoding, rune(o.Separator[0]))
}

func same(t *rapid.T, want Contact, got scheme.Contact) {
	require.Equal(t, []string{want.Name, want.Phone, want.Email, want.Zone}, []string{got.Name, got.Phone, got.Email, got.Zone})
	require.Equal(t, append([]string{}, want.Tags...), append([]string{}, got.Tags...))
	require.Len(t, got.Attributes, len(want.Attributes), "%v %v", want.Attributes, got.Attributes)
	for key, value := range want.Attributes {
		require.Equal(t, value, got.Attributes[key], key)
	}
	require.True(t, maps.Equal(want.Addresses, got.Addresses), "%v %v", want.Addresses, got.Addresses)
}

func TestTags(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string][]string{
		"a, b;c|d\ne":       {"a", "b", "c", "d", "e"},
		`"a, b", c`:         {"a, b", "c"},
		`"a ""b""", c`:      {`a "b"`, "c"},
		`"open, c`:          {`"open`, "c"},
		`"a" b, c`:          {`"a" b`, "c"},
		`ООО "Роза", x`:     {`ООО "Роза"`, "x"},
		`"a";;"b" ,  , "c"`: {"a", "b", "c"},
		`""`:                nil,
		"":                  nil,
	} {
		tags, all := parseTags(cell)
		require.Equal(t, want, tags, cell)
		require.True(t, all)
		again, _ := parseTags(writeTags(tags))
		require.Equal(t, tags, again, cell)
	}
}

func TestExportsAreSafe(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	out, err := NewCSV(&file, Windows1251, ';')
	require.NoError(t, err)
	require.NoError(t, out.Write([]string{"=1+1", "+79161234567", "-5", "-5+3", "@x", "Ёлка", "日本", "+7(1)", "1,5"}))
	require.NoError(t, out.Close())
	require.Equal(t, "'=1+1;+79161234567;-5;'-5+3;'@x;\xa8\xeb\xea\xe0;??;'+7(1);1,5\r\n", file.String())
	_, err = NewCSV(&file, "koi8-r", ';')
	requireCode(t, err, BadOption)
	_, err = NewCSV(&file, UTF8, 'a')
	requireCode(t, err, BadOption)
}

func TestExportColumns(t *testing.T) {
	t.Parallel()
	o := ExportOrder{What: ExportContacts, Columns: []string{"phone", "phone", "shoe", "attributes.Город", "addresses.vk", "id", "created_at"}}
	err := o.Check(nil)
	require.ErrorContains(t, err, "body.columns[1]: export_column")
	o.Columns = []string{"id", "groups", "addresses.vk", "attributes.city", "created_at", "source", "updated_at"}
	require.NoError(t, o.Check(nil))
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Equal(t, []string{"5", `a, "b, c"`, "anna", `[1]`, "2026-01-02T03:04:05Z", "api", "2026-01-02T03:04:05Z"},
		o.Cells(&Contact{ID: 5, Addresses: map[string]string{"vk": "anna"}, Attributes: map[string]any{"city": []any{1.0}}, Source: "api",
			CreatedAt: at, UpdatedAt: at}, []string{"a", "b, c"}))
	require.Equal(t, "contacts-2026-01-02.csv", o.FileName(at))
	stops := ExportOrder{What: ExportStops, IDs: o.IDs, Columns: []string{"phone"}}
	require.ErrorContains(t, stops.Check(nil), "export_only_contacts")
}
