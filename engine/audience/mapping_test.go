package audience

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPropose(t *testing.T) {
	t.Parallel()
	headers := []string{"Телефон 2", "e-mail", "Мобильный телефон", "Телефон", "Time zone", "Теги", "ВКонтакте", "OK ID", "Ватсап", "Viber",
		"Дата последнего заказа", "ДР", "Город", "город", "", "!!!", "2 имя", "VK", "Код отказа"}
	want := []Column{
		{"Телефон 2", FieldAttribute, "telefon_2", KindText}, {"e-mail", FieldEmail, "", ""},
		{"Мобильный телефон", FieldPhone, "", ""}, {"Телефон", FieldAttribute, "telefon", KindText},
		{"Time zone", FieldZone, "", ""}, {"Теги", FieldTags, "", ""}, {"ВКонтакте", FieldAddress, "vk", ""},
		{"OK ID", FieldAddress, "ok", ""}, {"Ватсап", FieldAddress, "whatsapp", ""}, {"Viber", FieldAddress, "viber", ""},
		{"Дата последнего заказа", FieldAttribute, "data_poslednego_zakaza", KindDate},
		{"ДР", FieldAttribute, "birthday", KindDate}, {"Город", FieldAttribute, "city", KindText},
		{"город", FieldAttribute, "city_2", KindText}, {"", FieldSkip, "", ""}, {"!!!", FieldAttribute, "column_16", KindText},
		{"2 имя", FieldAttribute, "c_2_imya", KindText}, {"VK", FieldAttribute, "vk", KindText}, {"Код отказа", FieldSkip, "", ""},
	}
	require.Equal(t, want, Propose(headers, nil, "RU"))
	require.NoError(t, checkMapping(want, headers, true, false))
}

func TestPhoneColumnByItsValues(t *testing.T) {
	t.Parallel()
	rows, _, _ := all(t, strings.NewReader("Заказ;Связь\n10045;8 916 123-45-67\n10046;нет\n10047;89161234568\n"), Options{})
	require.Len(t, rows, 2)
	require.Equal(t, "+79161234567", rows[0].Contact.Phone)
	require.Equal(t, map[string]any{"zakaz": "10045"}, rows[0].Contact.Attributes)
}

func TestMappingOfTheCaller(t *testing.T) {
	t.Parallel()
	const file = "A;B;C\nАнна;89161234567;x\n"
	rows, _, _ := all(t, strings.NewReader(file), Options{Mapping: []Column{{Field: FieldName}, {Header: "B", Field: FieldPhone}}})
	require.Equal(t, "Анна", rows[0].Contact.Name)
	require.Empty(t, rows[0].Contact.Attributes)

	rows, _, _ = all(t, strings.NewReader("89161234567;Анна\n89161234568;Мария\n"), Options{NoHeader: true,
		Mapping: []Column{{Field: FieldPhone}, {Field: FieldAttribute, Key: "nick"}}})
	require.Len(t, rows, 2)
	require.Equal(t, 1, rows[0].Line)
	require.Equal(t, "Анна", rows[0].Contact.Attributes["nick"])

	rows, _, _ = all(t, strings.NewReader("89161234567\n89161234568\n"), Options{NoHeader: true})
	require.Len(t, rows, 2, "a bare list of phones needs no mapping")
}

func TestMappingThatDoesNotFit(t *testing.T) {
	t.Parallel()
	phone := Column{Field: FieldPhone}
	cases := []struct {
		name    string
		mapping []Column
		code    Code
		says    string
	}{
		{"no phone", []Column{{Field: FieldName}}, NoPhoneColumn, "phone"},
		{"empty", []Column{}, NoPhoneColumn, "phone"},
		{"too many", []Column{phone, {Field: FieldSkip}, {Field: FieldSkip}}, BadOption, "3 columns"},
		{"another file", []Column{{Header: "X", Field: FieldPhone}}, BadOption, `"X"`},
		{"no such field", []Column{phone, {Field: "age"}}, BadOption, `"age"`},
		{"no such kind", []Column{phone, {Field: FieldAttribute, Key: "a", Kind: "blob"}}, BadOption, `"blob"`},
		{"bad key", []Column{phone, {Field: FieldAttribute, Key: "Город"}}, BadOption, `"Город"`},
		{"two phones", []Column{phone, phone}, BadOption, "phone"},
	}
	for _, c := range cases {
		_, err := Read(strings.NewReader("A;B\n1;2\n"), Options{Mapping: c.mapping})
		var fault *FileError
		require.ErrorAs(t, err, &fault, c.name)
		require.Equal(t, c.code, fault.Code, c.name)
		require.Contains(t, err.Error(), c.says, c.name)
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Любимый цвет": "lyubimyy_tsvet", "Щётка/ёж": "shchetka_ezh", "  Sum, RUB ": "sum_rub", "2-й заказ": "c_2_y_zakaz",
		"ъ": "", "日本": "", "___a___": "a", strings.Repeat("щ", 40): strings.Repeat("shch", 16),
	} {
		require.Equal(t, want, Slug(header))
		require.Equal(t, want != "", validKey(want), want)
	}
}

func TestPagesInNetworks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://vk.com/id12345": "12345", "vk.com/durov": "durov", "HTTPS://M.VK.COM/id7/": "7", "@durov": "durov", "id55": "55",
		"https://ok.ru/profile/577001?st=1": "577001", "www.odnoklassniki.ru/anna": "anna", "vk.com/@anna": "anna",
		"m.ivanov": "", "durov": "", "12345": "", "": "", "@": "", "https://vk.com/": "", "https://shop.example/anna": "", "@два": "",
	} {
		require.Equal(t, want, PageOf(text), text)
	}
}
