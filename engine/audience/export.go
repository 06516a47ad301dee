package audience

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/ids"
)

// decodeRune gives the first letter of a text and its length; 0 where it is cut off.
func decodeRune(text []byte) (rune, int) {
	if !utf8.FullRune(text) {
		return 0, 0
	}
	return utf8.DecodeRune(text)
}

// ExportWhat is what is exported.
type ExportWhat string

// What can be exported.
const (
	ExportContacts ExportWhat = "contacts"
	ExportStops    ExportWhat = "stop_list"
)

// ExportOrder asks for an export.
type ExportOrder struct {
	What      ExportWhat `json:"what" enum:"contacts,stop_list"`
	Format    Format     `json:"format,omitempty" enum:"csv,xlsx" default:"csv"`
	Encoding  string     `json:"encoding,omitempty" enum:"utf-8,windows-1251" default:"utf-8" doc:"Of CSV: UTF-8 with a byte order mark, or windows-1251, in which signs that it lacks become question marks."`
	Separator string     `json:"separator,omitempty" minLength:"1" maxLength:"1" default:";" doc:"Of CSV."`
	Columns   []string   `json:"columns,omitempty" maxItems:"500" doc:"Of contacts, in this order: phone, name, email, zone, tags, id, groups, source, created_at, updated_at, attributes.<key>, addresses.<channel>. Nothing: the first five, all addresses and all attributes, which is what an import takes."`
	Selection *Selection `json:"selection,omitempty" doc:"Of contacts: whom; nothing: all."`
	IDs       []ids.ID   `json:"ids,omitempty" maxItems:"5000" doc:"Of contacts: only these, of those that the selection has."`
}

// ExportResult is what came of an export.
type ExportResult struct {
	Rows int `json:"rows"`
}

// exportTitles are the headers of what every contact has. Those that an import passes over begin with the product's name.
var exportTitles = map[string]words{
	"phone": {"Телефон", "Phone"}, "name": {"Имя", "Name"}, "email": {"Email", "Email"}, "zone": {"Часовой пояс", "Time zone"},
	"tags": {"Метки", "Tags"}, "id": {"Kaskad: ID", "Kaskad: ID"}, "groups": {"Kaskad: группы", "Kaskad: groups"},
	"source": {"Kaskad: источник", "Kaskad: source"}, "created_at": {"Kaskad: создан", "Kaskad: created"},
	"updated_at": {"Kaskad: изменён", "Kaskad: changed"},
}

// exportFirst are the columns that an export begins with where none are asked for.
var exportFirst = []string{"phone", "name", "email", "zone", "tags"}

// exportChannels are the addresses that every export has.
var exportChannels = []string{"vk", "ok", "whatsapp", "viber"}

// Check says what is wrong with an order, and fills in what it leaves out. known are the account's attributes.
func (o *ExportOrder) Check(known map[string]Attribute) error {
	k := checker{}
	if o.Format == "" {
		o.Format = FormatCSV
	}
	if o.Encoding == "" {
		o.Encoding = UTF8
	}
	if o.Separator == "" {
		o.Separator = ";"
	}
	if r, _ := utf8.DecodeRuneInString(o.Separator); !validSeparator(r) {
		k.wrong("import_separator", "separator")
	}
	if o.What == ExportStops {
		if len(o.Columns) > 0 {
			k.wrong("export_only_contacts", "columns")
		}
		if o.Selection != nil || len(o.IDs) > 0 {
			k.wrong("export_only_contacts", "selection")
		}
		return k.err()
	}
	if len(o.Columns) == 0 {
		o.Columns = slices.Clone(exportFirst)
		for _, channel := range exportChannels {
			o.Columns = append(o.Columns, "addresses."+channel)
		}
		for _, key := range slices.Sorted(maps.Keys(known)) {
			o.Columns = append(o.Columns, "attributes."+key)
		}
		o.Columns = o.Columns[:min(len(o.Columns), MaxColumns)]
	}
	seen := map[string]bool{}
	for i, name := range o.Columns {
		area, key, dotted := strings.Cut(name, ".")
		_, plain := exportTitles[name]
		good := plain || dotted && (area == "attributes" && validKey(key) || area == "addresses" && channelForm.MatchString(key))
		if !good || seen[name] {
			k.wrong("export_column", fmt.Sprintf("columns[%d]", i), "name", shorten(name))
		}
		seen[name] = true
	}
	return k.err()
}

// Header names the columns in a language, so that an import in either language understands them: an attribute has its
// title where that leads back to it, else its key.
func (o *ExportOrder) Header(lang Lang, known map[string]Attribute) []string {
	header := make([]string, len(o.Columns))
	for i, name := range o.Columns {
		key, attribute := strings.CutPrefix(name, "attributes.")
		switch title, plain := exportTitles[name]; {
		case plain:
			header[i] = title.in(lang)
		case attribute && known[key].Title != "":
			header[i] = known[key].Title
		default:
			header[i] = name
		}
	}
	// A header that is replaced may have stood in another's way or kept it right: so until nothing changes.
	for changed := true; changed; {
		changed = false
		for i, c := range Propose(header, nil, "RU") {
			if _, plain := exportTitles[o.Columns[i]]; !plain && header[i] != o.Columns[i] && !c.leadsTo(o.Columns[i]) {
				header[i], changed = o.Columns[i], true
			}
		}
	}
	return header
}

func (c *Column) leadsTo(name string) bool {
	return c.Field == FieldAttribute && "attributes."+c.Key == name || c.Field == FieldAddress && "addresses."+c.Key == name
}

// Cells writes a contact; groups are the names of its groups.
func (o *ExportOrder) Cells(c *Contact, groups []string) []string {
	out := make([]string, len(o.Columns))
	for i, name := range o.Columns {
		switch name {
		case "phone":
			out[i] = c.Phone
		case "name":
			out[i] = c.Name
		case "email":
			out[i] = c.Email
		case "zone":
			out[i] = c.Zone
		case "tags":
			out[i] = writeTags(c.Tags)
		case "id":
			out[i] = c.ID.String()
		case "groups":
			out[i] = writeTags(groups)
		case "source":
			out[i] = c.Source
		case "created_at":
			out[i] = c.CreatedAt.UTC().Format(time.RFC3339)
		case "updated_at":
			out[i] = c.UpdatedAt.UTC().Format(time.RFC3339)
		default:
			area, key, _ := strings.Cut(name, ".")
			if area == "addresses" {
				out[i] = c.Addresses[key]
			} else {
				out[i] = valueText(c.Attributes[key])
			}
		}
	}
	return out
}

// valueText is the text of an attribute's value.
func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// StopHeader names the columns of an exported stop list.
func StopHeader(lang Lang) []string {
	if lang == Russian {
		return []string{"Адрес", "Канал", "Причина", "Kaskad: источник", "Kaskad: добавил", "Kaskad: добавлен"}
	}
	return []string{"Address", "Channel", "Reason", "Kaskad: source", "Kaskad: added by", "Kaskad: added"}
}

// Cells writes an entry of the stop list.
func (s *Stop) Cells() []string {
	return []string{s.Address, s.Channel, s.Reason, s.Source, s.AddedBy, s.CreatedAt.UTC().Format(time.RFC3339)}
}

// FileName is what the file of an export is called.
func (o *ExportOrder) FileName(now time.Time) string {
	return strings.ReplaceAll(string(o.What), "_", "-") + "-" + now.UTC().Format(time.DateOnly) + "." + string(o.Format)
}

// MediaType is the type of the file of an export.
func (o *ExportOrder) MediaType() string {
	switch {
	case o.Format == FormatXLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case o.Encoding == Windows1251:
		return "text/csv; charset=windows-1251"
	}
	return "text/csv; charset=utf-8"
}
