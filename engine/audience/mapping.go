package audience

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Field is what a column holds.
type Field string

// The fields.
const (
	FieldPhone     Field = "phone"
	FieldName      Field = "name" // what greets a person
	FieldEmail     Field = "email"
	FieldZone      Field = "zone"
	FieldTags      Field = "tags"
	FieldAddress   Field = "address"   // Key: the channel type
	FieldAttribute Field = "attribute" // Key: the attribute's
	FieldSkip      Field = "skip"
	FieldChannel   Field = "channel" // of a stop list, whose FieldPhone is any address
	FieldReason    Field = "reason"  // of a stop list
	FieldID        Field = "id"      // of a list of members: the contact's id
)

// Kind is how an attribute's text is read. What cannot be read so is kept as text, with a warning.
type Kind string

// The kinds.
const (
	KindText   Kind = "text"
	KindDate   Kind = "date"   // kept as 2006-01-02
	KindNumber Kind = "number" // kept as a float64

	// Of attributes that have a definition.
	KindBoolean Kind = "boolean"
	KindChoice  Kind = "choice"
)

// Column says what one column of a file is for.
type Column struct {
	Header string `json:"header,omitempty" maxLength:"2000" doc:"The column's name in the file. It need not be sent."`
	Field  Field  `json:"field" enum:"phone,name,email,zone,tags,address,attribute,skip,channel,reason,id" doc:"What the column holds. In a stop list phone is any address; channel and reason are for stop lists, id (a contact's) for lists of members."`
	Key    string `json:"key,omitempty" maxLength:"64" doc:"Of an address its channel (vk, ok, whatsapp, viber), of an attribute its key: lower-case Latin letters, digits and _."`
	Kind   Kind   `json:"kind,omitempty" enum:"text,date,number,boolean,choice" doc:"How the values of an attribute are read. An attribute that is there already is read as its own type."`
}

// squeeze reduces a header to its letters and digits, in lower case and with е for ё.
func squeeze(header string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		switch {
		case r == 'ё':
			return 'е'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, header)
}

// Propose guesses from its headers, in Russian or English, what the columns of a file hold. rows are some of its rows
// (there may be none): where no header names the phone, the column in which most values are phones is taken. Any
// column that is not recognised becomes an attribute under a key of its own.
func Propose(headers []string, rows [][]string, country string) []Column {
	columns := make([]Column, len(headers))
	taken := map[string]bool{}
	phone, name := bestOf(headers, phoneHeaders), bestOf(headers, nameHeaders)
	if phone < 0 {
		phone = likelyPhone(headers, rows, country)
	}
	fields := map[Field]bool{}
	for i, header := range headers {
		c := Column{Header: header, Field: FieldAttribute, Kind: KindText}
		known, ok := knownHeaders[squeeze(header)]
		if exact, is := exactly(header); is {
			known, ok = exact, true
		}
		switch {
		case i == phone:
			c.Field = FieldPhone
		case i == name:
			c.Field = FieldName
		case strings.TrimSpace(header) == "", strings.HasPrefix(header, "Kaskad: "):
			c.Field = FieldSkip // the latter in our own exports
		case ok && known.Field == FieldAddress && !taken["@"+known.Key]:
			c.Field, c.Key = FieldAddress, known.Key
			taken["@"+known.Key] = true
		case ok && known.Field != FieldAttribute && known.Field != FieldAddress && !fields[known.Field]:
			c.Field = known.Field
			fields[known.Field] = known.Field != FieldSkip
		}
		if c.Field == FieldAttribute {
			c.Key, c.Kind = attributeOf(header, known, i)
			c.Key = unique(c.Key, taken)
		} else {
			c.Kind = ""
		}
		columns[i] = c
	}
	return columns
}

// exactly reads a header that names a key: attributes.city, addresses.vk. Exports have such where a title would not be
// understood.
func exactly(header string) (Column, bool) {
	area, key, _ := strings.Cut(header, ".")
	switch {
	case area == "attributes" && validKey(key):
		return Column{Field: FieldAttribute, Key: key}, true
	case area == "addresses" && channelForm.MatchString(key):
		return Column{Field: FieldAddress, Key: key}, true
	}
	return Column{}, false
}

func attributeOf(header string, known Column, i int) (string, Kind) {
	key, kind := known.Key, known.Kind
	if known.Field != FieldAttribute || key == "" {
		key = Slug(header)
	}
	if key == "" {
		key = "column_" + strconv.Itoa(i+1)
	}
	if squeezed := squeeze(header); kind == "" && (strings.HasPrefix(squeezed, "дата") || strings.HasSuffix(squeezed, "date")) {
		kind = KindDate
	}
	if kind == "" {
		kind = KindText
	}
	return key, kind
}

// bestOf finds the column whose header stands first in the list.
func bestOf(headers []string, ranked []string) int {
	best, at := len(ranked), -1
	for i, header := range headers {
		key := squeeze(header)
		for rank := range best {
			if ranked[rank] == key {
				best, at = rank, i
				break
			}
		}
	}
	return at
}

// likelyPhone finds the column in which at least half of the values that there are, are phones.
func likelyPhone(headers []string, rows [][]string, country string) int {
	best, at := 0, -1
	for i := range headers {
		good, all := 0, 0
		for _, row := range rows {
			if i >= len(row) || strings.TrimSpace(row[i]) == "" {
				continue
			}
			all++
			if _, _, why := firstPhone(row[i], country); why == "" {
				good++
			}
		}
		if good > best && good*2 >= all {
			best, at = good, i
		}
	}
	return at
}

// checkMapping tells whether a mapping given by the caller fits a file.
func checkMapping(mapping []Column, headers []string, named, withoutPhone bool) error {
	fault := func(format string, args ...any) error {
		return &FileError{Code: BadOption, Detail: "mapping: " + fmt.Sprintf(format, args...)}
	}
	if len(mapping) > len(headers) {
		return fault("it has %d columns, the file %d", len(mapping), len(headers))
	}
	seen := map[string]bool{}
	address := false
	for i, c := range mapping {
		address = address || c.Field == FieldEmail || c.Field == FieldAddress
		if named && c.Header != "" && c.Header != headers[i] {
			return fault("column %d is %q, the mapping says %q", i+1, shorten(headers[i]), shorten(c.Header))
		}
		slot := string(c.Field)
		switch c.Field {
		case FieldSkip:
			continue
		case FieldPhone, FieldName, FieldEmail, FieldZone, FieldTags:
		case FieldAddress, FieldAttribute:
			if !validKey(c.Key) {
				return fault("column %d: key %q: use 1 to %d lower-case Latin letters, digits and underscores, a letter first", i+1, shorten(c.Key), maxKey)
			}
			slot += " " + c.Key
		default:
			return fault("column %d: there is no field %q", i+1, shorten(string(c.Field)))
		}
		switch c.Kind {
		case "", KindText, KindDate, KindNumber:
		default:
			return fault("column %d: there is no kind %q", i+1, shorten(string(c.Kind)))
		}
		if seen[slot] {
			return fault("two columns are %s", slot)
		}
		seen[slot] = true
	}
	if !seen[string(FieldPhone)] && !(withoutPhone && address) {
		return &FileError{Code: NoPhoneColumn}
	}
	return nil
}
