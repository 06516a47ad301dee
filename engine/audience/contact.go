package audience

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds on the tags of one contact.
const (
	MaxTags = 100
	MaxTag  = 64 // characters
)

// maxAddress bounds an e-mail address and an address in a channel, in bytes.
const maxAddress = 254

// builder fills one contact from the cells of its row.
type builder struct {
	reader *Reader
	row    Row
	phone  string // the cell
	why    Code   // the phone was refused
}

func (b *builder) warn(code Code, c *Column, value string) {
	b.row.Warnings = append(b.row.Warnings, Warning{Code: code, Column: c.Header, Value: shorten(value)})
}

func (b *builder) put(c *Column, cell string) {
	if cell == "" {
		return
	}
	contact := &b.row.Contact
	switch c.Field {
	case FieldPhone:
		var several bool
		b.phone = cell
		contact.Phone, several, b.why = firstPhone(cell, b.reader.country)
		if several {
			b.warn(SeveralPhones, c, cell)
		}
	case FieldName:
		contact.Name = strings.Join(strings.Fields(cell), " ")
		if cut := bounded(contact.Name, MaxName); cut != contact.Name {
			contact.Name = strings.TrimSpace(cut)
			b.warn(LongName, c, cell)
		}
	case FieldEmail:
		if email, ok := parseEmail(cell); ok {
			contact.Email = email
		} else {
			b.warn(BadEmail, c, cell)
		}
	case FieldZone:
		if zone, ok := b.reader.zones.find(cell); ok {
			contact.Zone = zone
		} else {
			b.warn(BadZone, c, cell)
		}
	case FieldTags:
		tags, all := parseTags(cell)
		contact.Tags = tags
		if !all {
			b.warn(TooManyTags, c, cell)
		}
	case FieldAddress:
		b.putAddress(c, cell)
	case FieldAttribute:
		b.putAttribute(c, cell)
	}
}

func (b *builder) putAddress(c *Column, cell string) {
	address, ok := parseAddress(c.Key, cell, b.reader.country)
	if !ok {
		b.warn(BadAddress, c, cell)
		return
	}
	if b.row.Contact.Addresses == nil {
		b.row.Contact.Addresses = map[string]string{}
	}
	b.row.Contact.Addresses[c.Key] = address
}

func (b *builder) putAttribute(c *Column, cell string) {
	var value any = cell
	if b.reader.attributes != nil {
		if value = readValue(b.reader.attributes[c.Key], cell); value == nil {
			b.warn(BadValue, c, cell)
			return
		}
		b.setAttribute(c.Key, value)
		return
	}
	switch c.Kind {
	case KindDate:
		if date, ok := parseDate(cell); ok {
			value = date
		} else {
			b.warn(BadDate, c, cell)
		}
	case KindNumber:
		if number, ok := parseNumber(cell); ok {
			value = number
		} else {
			b.warn(BadNumber, c, cell)
		}
	}
	b.setAttribute(c.Key, value)
}

func (b *builder) setAttribute(key string, value any) {
	if b.row.Contact.Attributes == nil {
		b.row.Contact.Attributes = make(map[string]any, len(b.reader.columns))
	}
	b.row.Contact.Attributes[key] = value
}

// readValue reads a cell as the attribute has it; nil where it does not fit.
func readValue(a Attribute, cell string) any {
	var value any = cell
	switch a.Type {
	case TypeNumber:
		number, ok := parseNumber(cell)
		if !ok {
			return nil
		}
		value = number
	case TypeBoolean:
		flag, ok := parseBoolean(cell)
		if !ok {
			return nil
		}
		value = flag
	case TypeChoice:
		for _, c := range a.Choices {
			if strings.EqualFold(c, cell) {
				value = c
			}
		}
	}
	fit, ok := a.Fit(value)
	if !ok {
		return nil
	}
	return fit
}

// parseBoolean reads what people write for yes and no.
func parseBoolean(cell string) (flag, ok bool) {
	switch strings.ToLower(cell) {
	case "true", "yes", "да", "1", "+", "истина":
		return true, true
	case "false", "no", "нет", "0", "-", "ложь":
		return false, true
	}
	return false, false
}

// clean takes the invisible signs off that programs leave in cells: spaces of every kind at the ends, and control
// characters but for line breaks and tabs.
func clean(cell string) string {
	plain := true
	for i := range len(cell) {
		if c := cell[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(cell)
	}
	cell = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufeff' || r == '\u200b' {
			return -1
		}
		return r
	}, cell)
	return strings.TrimSpace(cell)
}

// unguard takes the apostrophe off by which RefusedWriter and spreadsheets mark text that looks like a formula, so
// that a mended file of refused rows can be read again.
func unguard(cell string) string {
	if cell != "" && cell[0] == '\'' && guarded(cell) {
		return cell[1:]
	}
	return cell
}

func parseEmail(cell string) (string, bool) {
	cell = strings.TrimPrefix(cell, "mailto:")
	if len(cell) > maxAddress {
		return "", false
	}
	address, err := mail.ParseAddress(cell)
	if err != nil || address.Address != cell || !strings.Contains(cell[strings.LastIndexByte(cell, '@')+1:], ".") {
		return "", false
	}
	return cell, true
}

// tagSigns part the tags in a cell.
const tagSigns = ",;|\n"

// parseTags splits a cell at commas, semicolons and bars, but for those between double quotes. all is false where some were
// left out.
func parseTags(cell string) (tags []string, all bool) {
	all = true
	seen := map[string]bool{}
	for cell != "" {
		var tag string
		tag, cell = nextTag(cell)
		tag = strings.Join(strings.Fields(tag), " ")
		switch {
		case tag == "" || seen[tag]:
		case len(tags) == MaxTags || utf8.RuneCountInString(tag) > MaxTag:
			all = false
		default:
			seen[tag] = true
			tags = append(tags, tag)
		}
	}
	return tags, all
}

// nextTag takes a tag off a list. A tag in quotes has its own quotes doubled; a quote that is not closed is a letter.
func nextTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, " \t")
	if inner, ok := strings.CutPrefix(list, `"`); ok {
		for at := 0; ; at += 2 {
			end := strings.IndexByte(inner[at:], '"')
			if end < 0 {
				break
			}
			if at += end; strings.HasPrefix(inner[at:], `""`) {
				continue
			}
			if rest = strings.TrimLeft(inner[at+1:], " \t"); rest == "" || strings.IndexByte(tagSigns, rest[0]) >= 0 {
				return strings.ReplaceAll(inner[:at], `""`, `"`), strings.TrimLeft(rest, tagSigns)
			}
			break
		}
	}
	if i := strings.IndexAny(list, tagSigns); i >= 0 {
		return list[:i], list[i+1:]
	}
	return list, ""
}

// writeTags is what parseTags reads.
func writeTags(tags []string) string {
	out := make([]string, len(tags))
	for i, tag := range tags {
		if out[i] = tag; strings.ContainsAny(tag, tagSigns) || strings.HasPrefix(tag, `"`) {
			out[i] = `"` + strings.ReplaceAll(tag, `"`, `""`) + `"`
		}
	}
	return strings.Join(out, ", ")
}

// aroundPage is what people paste around the id or the name of a page in a network.
var aroundPage = regexp.MustCompile(`(?i)^(?:(?:https?://)?(?:www\.|m\.)?(?:vk\.com|vk\.ru|vkontakte\.ru|ok\.ru|odnoklassniki\.ru)/(?:profile/)?|@)+`)

// PageOf gives the id or name of a page in a network for what people paste to look for it: id12345, @name, or the page's whole
// address. It is empty where the text is nothing of the kind.
func PageOf(text string) string {
	page, ok := parseAddress("vk", text, "")
	if !ok || page == text {
		return ""
	}
	return page
}

// parseAddress reads an address in a channel: a phone for the messengers that go by phone, an id or a page for the
// networks.
func parseAddress(channel, cell, country string) (string, bool) {
	switch channel {
	case "whatsapp", "viber":
		phone, why := NormalisePhone(cell, country)
		return phone, why == ""
	case "vk", "ok":
		if around := aroundPage.FindString(cell); around != "" {
			cell, _, _ = strings.Cut(cell[len(around):], "?")
			cell = strings.TrimSuffix(cell, "/")
		}
		if id, ok := strings.CutPrefix(cell, "id"); ok && strings.Trim(id, "0123456789") == "" {
			cell = id
		}
		if strings.Trim(strings.ToLower(cell), "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" {
			return "", false
		}
	}
	if cell == "" || len(cell) > maxAddress || strings.ContainsAny(cell, " \t\n") {
		return "", false
	}
	return cell, true
}

// dateLayouts are the ways in which dates are written, the day before the month.
var dateLayouts = []string{"02.01.2006", "2.1.2006", "2006-01-02", "02-01-2006", "2/1/2006", "2006.01.02", "2006/01/02", "20060102"}

// parseDate gives a date as 2006-01-02. A time of midnight after it, as databases export it, is dropped.
func parseDate(cell string) (string, bool) {
	day, clock, found := strings.Cut(strings.Replace(cell, "T", " ", 1), " ")
	if found && strings.Trim(strings.TrimSuffix(strings.TrimSpace(clock), "Z"), "0:.") != "" {
		return "", false
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, day); err == nil && t.Year() > 0 {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// parseNumber reads a number with a point or a comma before the fraction and spaces between thousands.
func parseNumber(cell string) (float64, bool) {
	cell = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r == ',':
			return '.'
		}
		return r
	}, cell)
	if strings.Trim(cell, "0123456789.+-") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(cell, 64)
	return n, err == nil
}
