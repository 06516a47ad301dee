package audience

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"kaskad/engine/scheme"
)

func TestZonesWithoutAPlan(t *testing.T) {
	t.Parallel()
	z := NewZones(nil)
	cases := []struct {
		phone, zone string
		how         Origin
	}{
		{"+79161234567", "", OriginUnknown}, // the library would say Europe/Moscow for all of them
		{"+79241234567", "", OriginUnknown},
		{"+78001002030", "", OriginUnknown},
		{"+74951234567", "Europe/Moscow", OriginRegion},
		{"+74012345678", "Europe/Kaliningrad", OriginRegion}, // and Europe/Bucharest
		{"+78452345678", "Europe/Saratov", OriginRegion},     // and Europe/Moscow
		{"+78512345678", "Europe/Astrakhan", OriginRegion},
		{"+73412345678", "Europe/Samara", OriginRegion},
		{"+73462345678", "Asia/Yekaterinburg", OriginRegion},
		{"+73822345678", "Asia/Tomsk", OriginRegion},
		{"+73842345678", "Asia/Novokuznetsk", OriginRegion},
		{"+74112345678", "Asia/Yakutsk", OriginRegion},
		{"+74242345678", "Asia/Sakhalin", OriginRegion},
		{"+74272345678", "Asia/Anadyr", OriginRegion},
		{"+78692345678", "Europe/Simferopol", OriginRegion},
		{"+77011234567", "Asia/Almaty", OriginRegion},
		{"+77122345678", "Asia/Almaty", OriginRegion}, // Atyrau: one zone since 2024
		{"+375291234567", "Europe/Minsk", OriginRegion},
		{"+375172123456", "Europe/Minsk", OriginRegion},
		{"+380501234567", "Europe/Kyiv", OriginRegion},
		{"+998901234567", "Asia/Tashkent", OriginRegion},
		{"+4915112345678", "Europe/Berlin", OriginRegion},
		{"+8613812345678", "Asia/Shanghai", OriginRegion},
		{"+14155552671", "America/Los_Angeles", OriginRegion}, // by area code
		{"+61212345678", "Australia/Sydney", OriginRegion},
		{"+61412345678", "", OriginUnknown}, // a mobile of a country with several zones
		{"+18002345678", "", OriginUnknown},
		{"+79161234", "", OriginUnknown},
		{"nonsense", "", OriginUnknown},
		{"", "", OriginUnknown},
	}
	for _, c := range cases {
		zone, how := z.OfPhone(c.phone)
		require.Equal(t, c.zone, zone, c.phone)
		require.Equal(t, c.how, how, c.phone)
	}
}

func TestOwnZoneComesFirst(t *testing.T) {
	t.Parallel()
	z := NewZones(nil)
	for range 2 { // the second time from memory
		zone, how := z.Of(&scheme.Contact{Zone: "Asia/Omsk", Phone: "+74951234567"})
		require.Equal(t, "Asia/Omsk", zone)
		require.Equal(t, OriginOwn, how)
	}
	zone, how := z.Of(&scheme.Contact{Zone: "Asia/Atlantis", Phone: "+74951234567"})
	require.Equal(t, "Europe/Moscow", zone)
	require.Equal(t, OriginRegion, how)
	zone, how = z.Of(&scheme.Contact{})
	require.Empty(t, zone)
	require.Equal(t, OriginUnknown, how)
}

func TestParseZone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Europe/Moscow": "Europe/Moscow", " Asia/Omsk ": "Asia/Omsk", "UTC": "UTC", "America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
		"МСК": "Europe/Moscow", "мск-1": "Europe/Kaliningrad", "MSK+9": "Asia/Kamchatka", "МСК + 4": "Asia/Krasnoyarsk", "МСК−1": "Europe/Kaliningrad",
		"": "", "МСК+10": "", "Local": "", "UTC+3": "", "+03:00": "", "Etc/GMT-3": "", "../etc/passwd": "", "/etc/localtime": "", "right/UTC": "",
		"posix/UTC": "", "zone.tab": "", "Europe": "", "Europe/Atlantis": "", "Factory": "", strings.Repeat("A", 300): "",
	} {
		zone, ok := ParseZone(name)
		require.Equal(t, want, zone, name)
		require.Equal(t, want != "", ok, name)
	}
}

func TestTablesHoldZones(t *testing.T) {
	t.Parallel()
	var zones []string
	for country, zone := range countryZones {
		require.Len(t, country, 2)
		zones = append(zones, zone)
	}
	for name, zone := range regionZones {
		require.Equal(t, name, regionKey(name), "a key as it is looked up")
		zones = append(zones, zone)
	}
	for _, zone := range mskZones {
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	for _, zone := range slices.Compact(zones) {
		_, err := scheme.LoadZone(zone)
		require.NoError(t, err)
	}
	require.NotContains(t, countryZones, "RU")
	require.NotContains(t, countryZones, "US")
}

// regions are the 89 regions by their official names, and the hours that their capitals are ahead of Moscow.
var regions = map[int]string{
	-1: "Калининградская область",
	0: "Москва|Московская область|Санкт-Петербург|Ленинградская область|Республика Адыгея (Адыгея)|Архангельская область|" +
		"Белгородская область|Брянская область|Владимирская область|Волгоградская область|Вологодская область|Воронежская область|" +
		"Республика Дагестан|Донецкая Народная Республика|Запорожская область|Ивановская область|Республика Ингушетия|" +
		"Кабардино-Балкарская Республика|Республика Калмыкия|Калужская область|Карачаево-Черкесская Республика|Республика Карелия|" +
		"Кировская область|Республика Коми|Костромская область|Краснодарский край|Республика Крым|Курская область|Липецкая область|" +
		"Луганская Народная Республика|Республика Марий Эл|Республика Мордовия|Мурманская область|Ненецкий автономный округ|" +
		"Нижегородская область|Новгородская область|Орловская область|Пензенская область|Псковская область|Ростовская область|" +
		"Рязанская область|Севастополь|Республика Северная Осетия — Алания|Смоленская область|Ставропольский край|Тамбовская область|" +
		"Республика Татарстан (Татарстан)|Тверская область|Тульская область|Херсонская область|Чеченская Республика|" +
		"Чувашская Республика — Чувашия|Ярославская область",
	1: "Астраханская область|Самарская область|Саратовская область|Ульяновская область|Удмуртская Республика",
	2: "Республика Башкортостан|Курганская область|Оренбургская область|Пермский край|Свердловская область|Тюменская область|" +
		"Ханты-Мансийский автономный округ — Югра|Челябинская область|Ямало-Ненецкий автономный округ",
	3: "Омская область",
	4: "Республика Алтай|Алтайский край|Кемеровская область — Кузбасс|Красноярский край|Новосибирская область|Томская область|" +
		"Республика Тыва|Республика Хакасия",
	5: "Республика Бурятия|Иркутская область",
	6: "Амурская область|Забайкальский край|Республика Саха (Якутия)",
	7: "Приморский край|Хабаровский край|Еврейская автономная область",
	8: "Магаданская область|Сахалинская область",
	9: "Камчатский край|Чукотский автономный округ",
}

func TestEveryRegionHasItsClock(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	count := 0
	for ahead, names := range regions {
		for name := range strings.SplitSeq(names, "|") {
			count++
			loc, err := scheme.LoadZone(ZoneOfRegion(name))
			require.NoError(t, err, name)
			_, offset := noon.In(loc).Zone()
			require.Equal(t, (3+ahead)*3600, offset, name)
		}
	}
	require.Equal(t, 89, count)
}

func TestRegionSpellings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"г. Москва": "Europe/Moscow", "Москва и Московская область": "Europe/Moscow", "г.Санкт-Петербург": "Europe/Moscow",
		"г. Санкт - Петербург и Ленинградская обл.": "Europe/Moscow", "г. Санкт-Петербург * Ленинградская обл.": "Europe/Moscow",
		"Республика Саха /Якутия/": "Asia/Yakutsk", "САХА (ЯКУТИЯ) РЕСП": "Asia/Yakutsk", "Саха /Якутия/ Республика": "Asia/Yakutsk",
		"Кемеровская обл.": "Asia/Novokuznetsk", "Кемеровская область - Кузбасс обл.": "Asia/Novokuznetsk",
		"Ханты - Мансийский - Югра АО": "Asia/Yekaterinburg", "Ямало - Ненецкий автономный округ |Тюменская область": "Asia/Yekaterinburg",
		"Республика Кабардино - Балкарская": "Europe/Moscow", "Республика Удмуртская": "Europe/Samara", "Республика Чеченская": "Europe/Moscow",
		"Чувашская Республика - Чувашия": "Europe/Moscow", "Еврейская Аобл": "Asia/Vladivostok", "Луга́нская Наро́дная Респу́блика": "Europe/Moscow",
		"Республика Крым и г. Севастополь": "Europe/Simferopol", "Архангельская обл. и Ненецкий АО": "Europe/Moscow",
		"г. Норильск  |  Красноярский край": "Asia/Krasnoyarsk", "р-н Красноярский|Самарская область": "Europe/Samara",
		"г.о. Мытищи|Московская область": "Europe/Moscow", "Московская область; Москва|Московская область; Москва": "Europe/Moscow",
		"Россия": "", "Российская Федерация": "", "-": "", "": "", "Самарская обл. и Московская обл.": "", strings.Repeat("Москва,", 500): "",
	} {
		require.Equal(t, want, ZoneOfRegion(name), name)
	}
}

const planText = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\r\n" +
	"900;0000000;0061999;62000;ООО \"Т2 Мобайл\";Краснодарский край;Краснодарский край;7743895280\r\n" +
	"900;0062000;0062049;50;ООО \"Т2 Мобайл\";Самарская обл.;Самарская область;7743895280\r\n" +
	"900;0062050;0099999;37950;ООО \"Т2 Мобайл\";Ростовская обл.;Ростовская область;7743895280\r\n" +
	"924;2260000;2279999;20000;ПАО \"МегаФон\";Приморский край;Приморский край;7812014560\r\n" +
	"914;0;9999;10000;ПАО \"МТС\";-;г. Якутск|Республика Саха (Якутия);7740000076\r\n" +
	"803;4000000;4009999;10000;АО \"Х\";Российская Федерация;Российская Федерация;1\r\n"

func TestPlan(t *testing.T) {
	t.Parallel()
	encoded, err := charmap.Windows1251.NewEncoder().String(planText)
	require.NoError(t, err)
	for _, text := range []string{planText, "\ufeff" + planText, encoded, strings.ReplaceAll(planText, "АВС/ DEF", "ABC/DEF")} {
		plan, sum, err := LoadPlan(strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, PlanSummary{Ranges: 6, Zoned: 5, Unknown: []string{"Российская Федерация"}}, sum)
		require.Equal(t, 5, plan.Ranges())
		z := NewZones(plan)
		for phone, want := range map[string]string{
			"+79000000000": "Europe/Moscow", "+79000061999": "Europe/Moscow", "+79000062000": "Europe/Samara", "+79000062049": "Europe/Samara",
			"+79000062050": "Europe/Moscow", "+79000099999": "Europe/Moscow", "+79000100000": "", "+79242259999": "", "+79242260000": "Asia/Vladivostok",
			"+79140009999": "Asia/Yakutsk", "+79140010000": "", "+79161234567": "", "+78034000000": "",
		} {
			zone, how := z.OfPhone(phone)
			require.Equal(t, want, zone, phone)
			if want == "" {
				require.Equal(t, OriginUnknown, how, phone)
			} else {
				require.Equal(t, OriginPlan, how, phone)
			}
		}
	}
}

func TestPlanRows(t *testing.T) {
	t.Parallel()
	var rows []PlanRange
	_, err := ReadPlan(strings.NewReader(planText), func(p PlanRange) error { rows = append(rows, p); return nil })
	require.NoError(t, err)
	require.Equal(t, PlanRange{Line: 3, Code: 900, From: 62000, To: 62049, Operator: `ООО "Т2 Мобайл"`, Region: "Самарская обл.", Zone: "Europe/Samara"}, rows[1])
	stop := &FileError{Code: ReadFailed}
	_, err = ReadPlan(strings.NewReader(planText), func(PlanRange) error { return stop })
	require.ErrorIs(t, err, stop)
}

func TestPlansThatMakeNoSense(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(planText, "\r\n")
	head += "\n"
	cases := []struct {
		name, file string
		code       Code
		line       int
	}{
		{"empty", "", EmptyFile, 0},
		{"another file", "Телефон;Имя\n", BadPlan, 1},
		{"a page of errors", "<html><body>503</body></html>\n", BadPlan, 1},
		{"letters", head + "9x0;0;1;2;О;Москва;;\n", BadPlan, 2},
		{"no end", head + "900;0\n", BadPlan, 2},
		{"end before start", head + "900;5;1;2;О;Москва;;\n", BadPlan, 2},
		{"too large", head + "900;0;10000000;2;О;Москва;;\n", BadPlan, 2},
		{"a code that is none", head + "299;0;1;2;О;Москва;;\n", BadPlan, 2},
		{"bad quotes", head + "900;0;1;2;\"О\nМосква;;\n", BadPlan, 2},
	}
	for _, c := range cases {
		_, _, err := LoadPlan(strings.NewReader(c.file))
		var fault *FileError
		require.ErrorAs(t, err, &fault, c.name)
		require.Equal(t, c.code, fault.Code, c.name)
		require.Equal(t, c.line, fault.Line, c.name)
	}
	_, _, err := LoadPlan(strings.NewReader(head+"900;0;9;10;О;Москва;;\n"), strings.NewReader(head+"900;5;5;1;О;Омская обл.;;\n"))
	require.ErrorContains(t, err, "900 0000005")
	_, _, err = LoadPlan(strings.NewReader(planText), strings.NewReader(planText))
	require.NoError(t, err, "the same file twice says nothing new")
	var b PlanBuilder
	require.ErrorContains(t, b.Add(PlanRange{Code: 1000, To: 1, Zone: "UTC"}), "no range")
}

func TestPlanFindsWhatALinearSearchFinds(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Moscow", "Europe/Samara", "Asia/Omsk", ""}
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 2, 20, rapid.ID).Draw(t, "cuts")
		slices.Sort(cuts)
		want := map[int]string{}
		var b PlanBuilder
		var ranges []PlanRange
		for i := range cuts[1:] {
			zone := rapid.SampledFrom(zones).Draw(t, "zone")
			ranges = append(ranges, PlanRange{Code: 999, From: cuts[i], To: cuts[i+1] - 1, Zone: zone})
			for n := cuts[i]; n < cuts[i+1]; n++ {
				want[n] = zone
			}
		}
		for _, r := range rapid.Permutation(ranges).Draw(t, "order") {
			if err := b.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		plan, err := b.Plan()
		if err != nil {
			t.Fatal(err)
		}
		for n := range 62 {
			phone := "+799900000" + string(rune('0'+n/10)) + string(rune('0'+n%10))
			if got := plan.Zone(phone); got != want[n] {
				t.Fatalf("%s: %q, not %q", phone, got, want[n])
			}
		}
	})
}
