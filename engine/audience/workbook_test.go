package audience

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// workbook writes a file with a sheet of contacts and one of other things.
func workbook(t *testing.T, rows [][]any) string {
	t.Helper()
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetName("Sheet1", "Клиенты"))
	_, err := f.NewSheet("Пусто")
	require.NoError(t, err)
	_, err = f.NewSheet("Скрытый")
	require.NoError(t, err)
	require.NoError(t, f.SetSheetVisible("Скрытый", false))
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	require.NoError(t, err)
	for i, row := range rows {
		for j, value := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			require.NoError(t, err)
			require.NoError(t, f.SetCellValue("Клиенты", cell, value))
			if _, date := value.(time.Time); date {
				require.NoError(t, f.SetCellStyle("Клиенты", cell, cell, style))
			}
		}
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	require.NoError(t, f.SaveAs(path))
	return path
}

func open(t *testing.T, path string) *Book {
	t.Helper()
	b, err := OpenBook(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	born := time.Date(1990, 12, 31, 0, 0, 0, 0, time.UTC)
	b := open(t, workbook(t, [][]any{
		{"Телефон", "Имя", "Дата рождения", "Последний визит", "Бонусы", "Карта"},
		{79161234567, "Анна", born, time.Date(2024, 2, 29, 18, 30, 0, 0, time.UTC), 0.1, "00123"},
		{},
		{"8 (916) 123-45-68", "Мария", "31.12.1990", nil, 1234.5, 17},
		{7.9161234569e10, "Ольга", nil, nil, 2, 18},
		{"нет", "Пётр"},
	}))
	require.Equal(t, []string{"Клиенты", "Пусто"}, b.Sheets())
	head, err := b.Head("Клиенты")
	require.NoError(t, err)
	require.False(t, head.More)
	for name, from := range map[string]Source{"sheet": b.Sheet("Клиенты"), "head": head.Source()} {
		rd, err := OpenContacts(from, Options{})
		require.NoError(t, err, name)
		require.Equal(t, []string{"phone", "name", "attribute", "attribute", "attribute", "attribute"}, fieldsOf(rd.Columns()))
		var phones []string
		var rows []Row
		var refused []*Refusal
		for {
			row, refusal, err := rd.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if refusal != nil {
				refused = append(refused, refusal)
				continue
			}
			rows, phones = append(rows, row), append(phones, row.Contact.Phone)
		}
		require.Equal(t, []string{"+79161234567", "+79161234568", "+79161234569"}, phones, name)
		require.Equal(t, []int{2, 4, 5}, []int{rows[0].Line, rows[1].Line, rows[2].Line})
		require.Equal(t, map[string]any{"birthday": "1990-12-31", "posledniy_vizit": "2024-02-29 18:30:00", "bonusy": "0.1",
			"karta": "00123"}, rows[0].Contact.Attributes, name)
		require.Equal(t, "1990-12-31", rows[1].Contact.Attributes["birthday"])
		require.Equal(t, "1234.5", rows[1].Contact.Attributes["bonusy"])
		require.Len(t, refused, 1)
		require.Equal(t, 6, refused[0].Line)
		require.Equal(t, NotANumber, refused[0].Code)
	}
	_, err = b.Head("Нет такого")
	requireCode(t, err, NoSheet)
	_, err = OpenContacts(b.Sheet("Пусто"), Options{})
	requireCode(t, err, EmptyFile)
}

func TestFilesOfEitherKind(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "x.csv")
	require.NoError(t, os.WriteFile(text, []byte("phone;name\n89161234567;Анна\n"), 0o600))
	for _, path := range []string{text, workbook(t, [][]any{{"phone", "name"}, {79161234567, "Анна"}})} {
		rd, closeFile, err := OpenFile(path, Options{})
		require.NoError(t, err)
		row, _, err := rd.Next()
		require.NoError(t, err)
		require.Equal(t, "+79161234567", row.Contact.Phone)
		require.NoError(t, closeFile())
	}
	_, _, err := OpenFile(filepath.Join(t.TempDir(), "none"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	broken := filepath.Join(t.TempDir(), "x.xlsx")
	require.NoError(t, os.WriteFile(broken, []byte("PK\x03\x04"), 0o600))
	_, _, err = OpenFile(broken, Options{})
	requireCode(t, err, BadBook)
	require.NoError(t, os.WriteFile(broken, nil, 0o600))
	_, _, err = OpenFile(broken, Options{})
	requireCode(t, err, EmptyFile)
}

func fieldsOf(columns []Column) []string {
	var list []string
	for _, c := range columns {
		list = append(list, string(c.Field))
	}
	return list
}

func requireCode(t *testing.T, err error, code Code) {
	t.Helper()
	var f *FileError
	require.ErrorAs(t, err, &f)
	require.Equal(t, code, f.Code)
}

// A formula gives the value that the spreadsheet kept, and nothing is computed.
func TestFormulasAreNotComputed(t *testing.T) {
	t.Parallel()
	path := workbook(t, [][]any{{"Телефон", "Имя"}, {79161234567, "x"}})
	path = rewrite(t, path, "xl/worksheets/sheet1.xml", func(text string) string {
		return strings.Replace(text, `<c r="A2"><v>79161234567</v></c>`, `<c r="A2"><f>1+1</f><v>79161234500</v></c>`, 1)
	})
	head, err := open(t, path).Head("Клиенты")
	require.NoError(t, err)
	require.Equal(t, "79161234500", head.Rows[1][0])
}

// rewrite changes one part of a workbook.
func rewrite(t *testing.T, path, part string, change func(string) string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		if f.Name == part {
			changed := change(string(text))
			require.NotEqual(t, string(text), changed)
			text = []byte(changed)
		}
		to, err := w.Create(f.Name)
		require.NoError(t, err)
		_, err = to.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	changed := filepath.Join(t.TempDir(), "changed.xlsx")
	require.NoError(t, os.WriteFile(changed, out.Bytes(), 0o600))
	return changed
}

func TestBombsAreRefused(t *testing.T) {
	t.Parallel()
	good := workbook(t, [][]any{{"Телефон", "Имя"}, {79161234567, "x"}})
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "x.xlsx")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	var many bytes.Buffer
	w := zip.NewWriter(&many)
	for range maxEntries + 1 {
		_, err := w.Create("x")
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	for name, c := range map[string]struct {
		path string
		code Code
	}{
		"no zip":     {file("PK\x03\x04 and no more"), BadBook},
		"many parts": {file(many.String()), BookBomb},
		"zeroes":     {rewrite(t, good, "xl/styles.xml", func(s string) string { return s + strings.Repeat(" ", 30<<20) }), BookBomb},
		"a text": {rewrite(t, good, "xl/worksheets/sheet1.xml", func(s string) string {
			return strings.Replace(s, "</sheetData>", "</sheetData>"+noise(maxTextInXML+10), 1)
		}), BookBomb},
		"no workbook":    {rewrite(t, good, "xl/workbook.xml", func(string) string { return "<a/>" }), BadBook},
		"broken":         {rewrite(t, good, "xl/workbook.xml", func(string) string { return "<a" }), BadBook},
		"not even there": {filepath.Join(t.TempDir(), "none"), BadBook},
	} {
		_, err := OpenBook(c.path)
		var f *FileError
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, c.code, f.Code, name)
	}
}

// noise is a text that packing does not make much smaller.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

func FuzzWorkbook(f *testing.F) {
	f.Add([]byte("PK\x03\x04"), "Sheet1")
	book := excelize.NewFile()
	if err := book.SetSheetRow("Sheet1", "A1", &[]any{"phone", "name"}); err != nil {
		f.Fatal(err)
	}
	text, err := book.WriteToBuffer()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes(), "Sheet1")
	f.Fuzz(func(t *testing.T, file []byte, sheet string) {
		path := filepath.Join(t.TempDir(), "x.xlsx")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBook(path)
		if err != nil {
			return
		}
		defer b.Close()
		head, err := b.Head(sheet)
		if err == nil && len(head.Rows) != len(head.Lines) {
			t.Fatalf("%d rows, %d lines", len(head.Rows), len(head.Lines))
		}
	})
}

func TestATableBelowTitles(t *testing.T) {
	t.Parallel()
	b := open(t, workbook(t, [][]any{
		{"Клиенты магазина"}, {}, {nil, "на 1 марта 2026"}, {"Телефон", "Имя", "Бонусы"}, {79161234567.0, "Анна", 5}, {"7,9E+10", "Округлён"},
		{}, {"'+79161234568", "Апостроф"}, {"7.9161234569E+10", "Текстом"}, {nil, "Слит"},
	}))
	rd, err := OpenContacts(b.Sheet("Клиенты"), Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"Телефон", "Имя", "Бонусы"}, rd.Header())
	var got []string
	for {
		row, refusal, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if refusal != nil {
			got = append(got, string(refusal.Code))
			continue
		}
		got = append(got, row.Contact.Phone)
	}
	require.Equal(t, []string{"+79161234567", "spreadsheet_number", "+79161234568", "+79161234569", "no_phone"}, got)

	for text, want := range map[string][]string{
		"Отчёт\n\nТелефон;Имя\n89161234567;Анна\n":       {"Телефон", "Имя"},
		"Телефон\n89161234567\n89161234568;лишнее\n":     {"Телефон"},
		"Телефон\nнет;x\n89161234567\n":                  {"Телефон"},
		"Список\n89161234567\n":                          {"Список"},
		"a\nb\nc\nd\ne\nf\nТелефон;Имя\n89161234567;А\n": {"a"},
	} {
		table, err := Open(CSV(strings.NewReader(text), "", ';'), false, 0, "RU")
		require.NoError(t, err, text)
		require.Equal(t, want, table.Header(), text)
	}
}
