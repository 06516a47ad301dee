package audience

import (
	"strings"
	"unicode"
)

// regionZones gives the zone of each region of Russia by the words that are left of its name when those for "region"
// are taken away (see regionKey). A region with several zones, Yakutia and Sakhalin, has that of its capital.
// Variants of a name stand beside it.
var regionZones = expand(map[string]string{
	"Europe/Kaliningrad": "калининградская",
	"Europe/Moscow": "москва|московская|санкт петербург|ленинградская|адыгея|адыгея адыгея|архангельская|белгородская|брянская|" +
		"владимирская|вологодская|воронежская|дагестан|донецкая|днр|запорожская|ивановская|ингушетия|" +
		"кабардино балкарская|кабардино балкария|калмыкия|калужская|карачаево черкесская|карачаево черкессия|карелия|" +
		"коми|костромская|краснодарский|курская|липецкая|луганская|лнр|марий эл|мордовия|мурманская|ненецкий|" +
		"нижегородская|новгородская|орловская|пензенская|псковская|ростовская|рязанская|северная осетия алания|" +
		"северная осетия|алания|смоленская|ставропольский|тамбовская|татарстан|татарстан татарстан|тверская|тульская|" +
		"херсонская|чеченская|чечня|чувашская чувашия|чувашская|чувашия|ярославская|с петербург|спб",
	"Europe/Simferopol": "крым|севастополь",
	"Europe/Kirov":      "кировская",
	"Europe/Volgograd":  "волгоградская",
	"Europe/Astrakhan":  "астраханская",
	"Europe/Saratov":    "саратовская",
	"Europe/Ulyanovsk":  "ульяновская",
	"Europe/Samara":     "самарская|удмуртская|удмуртия",
	"Asia/Yekaterinburg": "башкортостан|башкирия|курганская|оренбургская|пермский|коми пермяцкий|свердловская|тюменская|" +
		"ханты мансийский югра|ханты мансийский|югра|хмао|хмао югра|челябинская|ямало ненецкий|янао|байконур|байконыр",
	"Asia/Omsk":         "омская",
	"Asia/Novosibirsk":  "новосибирская",
	"Asia/Barnaul":      "алтай|алтайский",
	"Asia/Tomsk":        "томская",
	"Asia/Novokuznetsk": "кемеровская кузбасс|кемеровская|кузбасс",
	"Asia/Krasnoyarsk":  "красноярский|тыва|тува|хакасия|таймырский долгано ненецкий|таймырский|эвенкийский",
	"Asia/Irkutsk":      "иркутская|бурятия|усть ордынский бурятский",
	"Asia/Chita":        "забайкальский|читинская|агинский бурятский",
	"Asia/Yakutsk":      "саха якутия|якутия саха|саха|якутия|амурская",
	"Asia/Vladivostok":  "приморский|хабаровский|еврейская",
	"Asia/Sakhalin":     "сахалинская",
	"Asia/Magadan":      "магаданская",
	"Asia/Kamchatka":    "камчатский|камчатская|корякский",
	"Asia/Anadyr":       "чукотский",
})

func expand(byZone map[string]string) map[string]string {
	zones := make(map[string]string, 128)
	for zone, names := range byZone {
		for name := range strings.SplitSeq(names, "|") {
			zones[name] = zone
		}
	}
	return zones
}

// regionWords say that something is a region, not which.
var regionWords = map[string]bool{
	"область": true, "обл": true, "край": true, "республика": true, "респ": true, "народная": true, "ао": true,
	"автономный": true, "автономная": true, "авт": true, "округ": true, "окр": true, "аобл": true, "аокр": true,
	"город": true, "гор": true, "г": true, "федерального": true, "значения": true, "федеральная": true, "территория": true,
}

// regionKey reduces a region's name to the words that tell it from others.
func regionKey(name string) string {
	var words []string
	var word strings.Builder
	flush := func() {
		if w := word.String(); w != "" && !regionWords[w] {
			words = append(words, w)
		}
		word.Reset()
	}
	for _, r := range strings.ToLower(name) {
		switch {
		case r == 'ё':
			word.WriteRune('е')
		case unicode.IsLetter(r):
			word.WriteRune(r)
		case r == '\u0301': // a stress mark
		default:
			flush()
		}
	}
	flush()
	return strings.Join(words, " ")
}

// ZoneOfRegion gives the IANA zone of a region of Russia by its name as registers spell it: with or without
// "область", "обл.", "Республика" and the like, a town before it (`г. Норильск|Красноярский край`), or several regions
// of one zone (`Санкт-Петербург и Ленинградская область`). It is empty where the name is not known, or names regions
// of different zones and none of them last after a bar.
func ZoneOfRegion(name string) string {
	if len(name) > 1000 {
		return ""
	}
	if zone := regionZones[regionKey(name)]; zone != "" {
		return zone
	}
	levels := strings.Split(name, "|")
	if len(levels) > 1 {
		if zone := ZoneOfRegion(levels[len(levels)-1]); zone != "" {
			return zone
		}
	}
	common := ""
	parts := strings.FieldsFunc(strings.ReplaceAll(name, " и ", "*"), func(r rune) bool { return strings.ContainsRune("|*,;", r) })
	for _, part := range parts {
		zone := regionZones[regionKey(part)]
		if zone == "" {
			continue
		}
		if common != "" && common != zone {
			return ""
		}
		common = zone
	}
	return common
}
