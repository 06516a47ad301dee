package audience

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// all reads a file to its end.
func all(t *testing.T, r io.Reader, opt Options) (rows []Row, refused []*Refusal, sum Summary) {
	t.Helper()
	rd, err := Read(r, opt)
	require.NoError(t, err)
	for {
		row, refusal, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if refusal != nil {
			refused = append(refused, refusal)
		} else {
			rows = append(rows, row)
		}
	}
	return rows, refused, rd.Summary()
}

func TestRealAddressBook(t *testing.T) {
	t.Parallel()
	f, err := os.Open("sample/contacts-windows-1251.csv")
	require.NoError(t, err)
	defer f.Close()
	rd, err := Read(f, Options{})
	require.NoError(t, err)
	require.Equal(t, Windows1251, rd.Encoding())
	require.Equal(t, ';', rd.Separator())
	require.Equal(t, []Column{
		{Header: "Телефон", Field: FieldPhone}, {Header: "Имя", Field: FieldName},
		{Header: "Фамилия", Field: FieldAttribute, Key: "surname", Kind: KindText},
		{Header: "Город", Field: FieldAttribute, Key: "city", Kind: KindText}, {Header: "Часовой пояс", Field: FieldZone},
		{Header: "Дата рождения", Field: FieldAttribute, Key: "birthday", Kind: KindDate},
		{Header: "Метки", Field: FieldTags}, {Header: "VK ID", Field: FieldAddress, Key: "vk"},
	}, rd.Columns())
	require.Len(t, rd.Sample(), 20)

	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	rows, refused, sum := all(t, f, Options{})
	require.Equal(t, Summary{Read: 10_000, Contacts: 9_500, Doubles: 200, Refused: 300, ByCode: map[Code]int{
		Double: 200, NoPhone: 29, NotANumber: 97, TooShort: 54, TooLong: 65, NotValid: 55}, Warnings: map[Code]int{}}, sum)
	require.Len(t, rows, 9_500)
	require.Len(t, refused, 500)

	countries := map[string]int{}
	for _, row := range rows {
		countries[row.Contact.Phone[:3]]++
	}
	require.Equal(t, map[string]int{"+79": 9_200, "+37": 200, "+77": 100}, countries)
}

func TestRealAddressBookTrickyRows(t *testing.T) {
	t.Parallel()
	f, err := os.Open("sample/contacts-windows-1251.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, refused, _ := all(t, f, Options{})
	at := func(line int) scheme.Contact {
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Line == line })
		require.GreaterOrEqual(t, i, 0, "line %d", line)
		return rows[i].Contact
	}
	require.Equal(t, scheme.Contact{Name: "Артём", Phone: "+79838472704",
		Attributes: map[string]any{"surname": "Лебедев", "city": "Якутск", "birthday": "1957-07-26"}}, at(5))
	require.Equal(t, scheme.Contact{Name: "Фёдор", Phone: "+79824368549", Zone: "Asia/Yakutsk", Tags: []string{"regular"},
		Attributes: map[string]any{"surname": "Голубев", "city": "Якутск", "birthday": "1965-04-16"},
		Addresses:  map[string]string{"vk": "3765499"}}, at(8))
	require.Equal(t, "Анна; Мария", at(12).Name)
	require.Equal(t, `=HYPERLINK("http://x")`, at(15).Name)

	require.Equal(t, 13, refused[0].Line)
	require.Equal(t, TooLong, refused[0].Code)
	require.Equal(t, []string{"+799912345678", "Пётр\nИванович", "Павлов", "Москва", "", "", "new", "315221635"}, refused[0].Record)

	lines := map[string]int{}
	for _, r := range rows {
		lines[r.Contact.Phone] = r.Line
	}
	for _, r := range refused {
		if r.Code == Double {
			phone, why := NormalisePhone(r.Value, "RU")
			require.Empty(t, why)
			require.Equal(t, lines[phone], r.First)
			require.Less(t, r.First, r.Line)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	cases := []struct {
		file, name string
		attributes map[string]any
	}{
		{"Телефон;ФИО\n89161234567;Иванов Иван", "Иванов Иван", nil},
		{"Телефон;ФИО;Имя\n89161234567;Иванов Иван;Иван", "Иван", map[string]any{"full_name": "Иванов Иван"}},
		{"Телефон;Фамилия;Отчество\n89161234567;Иванов;Ильич", "", map[string]any{"surname": "Иванов", "patronymic": "Ильич"}},
		{"Телефон;Имя\n89161234567;\"Пётр\r\n  Ильич\"", "Пётр Ильич", nil},
		{"Phone,First Name,Last name\n89161234567,John,Smith", "John", map[string]any{"surname": "Smith"}},
	}
	for _, c := range cases {
		rows, _, _ := all(t, strings.NewReader(c.file), Options{})
		require.Len(t, rows, 1)
		require.Equal(t, c.name, rows[0].Contact.Name, c.file)
		require.Equal(t, c.attributes, rows[0].Contact.Attributes, c.file)
	}
}

func TestValuesAndWarnings(t *testing.T) {
	t.Parallel()
	const head = "Телефон;Почта;Часовой пояс;Метки;VK ID;OK ID;WhatsApp;Viber;Дата рождения;Возраст;Пол;Любимый цвет\n"
	rows, refused, sum := all(t, strings.NewReader(head+
		"89161234567;a@b.ru;мск+2;vip, new|VIP;https://vk.com/id15;https://ok.ru/profile/77/;8 916 765 43 21;89161234567;1990-01-31T00:00:00Z;1 024,5;ж;красный\n"+
		"89161234568, 89161234569;not mail;UTC+3;;id 5;;123;;31.02.1990;много;;\n"), Options{})
	require.Empty(t, refused)
	require.Equal(t, scheme.Contact{Phone: "+79161234567", Email: "a@b.ru", Zone: "Asia/Yekaterinburg", Tags: []string{"vip", "new", "VIP"},
		Addresses:  map[string]string{"vk": "15", "ok": "77", "whatsapp": "+79167654321", "viber": "+79161234567"},
		Attributes: map[string]any{"birthday": "1990-01-31", "age": 1024.5, "gender": "ж", "lyubimyy_tsvet": "красный"}}, rows[0].Contact)
	require.Empty(t, rows[0].Warnings)

	require.Equal(t, scheme.Contact{Phone: "+79161234568",
		Attributes: map[string]any{"birthday": "31.02.1990", "age": "много"}}, rows[1].Contact)
	require.Equal(t, []Warning{{SeveralPhones, "Телефон", "89161234568, 89161234569"}, {BadEmail, "Почта", "not mail"},
		{BadZone, "Часовой пояс", "UTC+3"}, {BadAddress, "VK ID", "id 5"}, {BadAddress, "WhatsApp", "123"},
		{BadDate, "Дата рождения", "31.02.1990"}, {BadNumber, "Возраст", "много"}}, rows[1].Warnings)
	require.Equal(t, map[Code]int{SeveralPhones: 1, BadEmail: 1, BadZone: 1, BadAddress: 2, BadDate: 1, BadNumber: 1}, sum.Warnings)
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"31.12.1990": "1990-12-31", "1.2.1990": "1990-02-01", "1990-12-31": "1990-12-31", "31/12/1990": "1990-12-31",
		"31-12-1990": "1990-12-31", "1990.12.31": "1990-12-31", "19901231": "1990-12-31", "31.12.1990 0:00:00": "1990-12-31",
		"1990-12-31 00:00:00.000": "1990-12-31", "29.02.2000": "2000-02-29",
		"": "", "29.02.1900": "", "31.12.90": "", "31.12.1990 14:30": "", "вчера": "", "12/31/1990": "", "00.00.0000": "",
	} {
		got, ok := parseDate(cell)
		require.Equal(t, want, got, cell)
		require.Equal(t, want != "", ok, cell)
	}
}

func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range MaxTags + 5 {
		many = append(many, strings.Repeat("т", i%MaxTag+1)+string(rune('a'+i/MaxTag)))
	}
	tags, all := parseTags(strings.Join(many, ","))
	require.False(t, all)
	require.LessOrEqual(t, len(tags), MaxTags)
	tags, all = parseTags(" a ,, b ;a|" + strings.Repeat("x", MaxTag+1))
	require.Equal(t, []string{"a", "b"}, tags)
	require.False(t, all)
}
