package audience

import (
	"strconv"
	"strings"
)

var latin = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
	'і': "i", 'ї': "yi", 'є': "ye", 'ґ': "g", 'ў': "u",
}

// maxKey bounds the key of an attribute.
const maxKey = 64

// Slug makes the key of an attribute out of a header: lower case, Cyrillic written in Latin letters, everything else
// than letters and digits an underscore. It is empty where nothing is left.
func Slug(header string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(header) {
		part, known := latin[r]
		switch {
		case known:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			part = string(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap && part != "" {
			b.WriteByte('_')
			gap = false
		}
		b.WriteString(part)
	}
	key := b.String()
	if key != "" && key[0] >= '0' && key[0] <= '9' {
		key = "c_" + key // an expression names attributes, and no name begins with a digit
	}
	if len(key) > maxKey {
		key = strings.TrimRight(key[:maxKey], "_")
	}
	return key
}

func validKey(key string) bool {
	if key == "" || len(key) > maxKey || key[0] >= '0' && key[0] <= '9' {
		return false
	}
	return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// unique gives key, or key_2, key_3 ... where it is taken.
func unique(key string, taken map[string]bool) string {
	free := key
	for n := 2; taken[free]; n++ {
		suffix := "_" + strconv.Itoa(n)
		free = key[:min(len(key), maxKey-len(suffix))] + suffix
	}
	taken[free] = true
	return free
}
