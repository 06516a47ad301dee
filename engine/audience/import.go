package audience

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// Purpose is what the rows of an imported file are.
type Purpose string

// The purposes.
const (
	ImportContacts Purpose = "contacts"
	ImportStops    Purpose = "stop_list"
	ImportMembers  Purpose = "members" // of groups: contacts that are there already
)

// Valid tells whether there is such a purpose.
func (p Purpose) Valid() bool { return p == ImportContacts || p == ImportStops || p == ImportMembers }

// MaxImport bounds a file that is uploaded, in bytes.
const MaxImport = 1 << 30

// Format is the kind of a file.
type Format string

// The formats.
const (
	FormatCSV  Format = "csv"
	FormatXLSX Format = "xlsx"
)

// DoubleRule says which row counts where a phone occurs in several.
type DoubleRule string

// The rules.
const (
	FirstWins DoubleRule = "first"
	LastWins  DoubleRule = "last"
	MergeRows DoubleRule = "merge" // a later row's values win, where it has any; tags are added
)

// ExistingRule says what an import does to what is there already.
type ExistingRule string

// The rules.
const (
	KeepExisting    ExistingRule = "keep"
	MergeExisting   ExistingRule = "merge"
	FillExisting    ExistingRule = "fill"
	ReplaceExisting ExistingRule = "replace"
)

// ImportConsent is what all contacts of a file agreed to.
type ImportConsent struct {
	Channels []string   `json:"channels" minItems:"1" maxItems:"20" doc:"For which channels: sms, viber, voice, vk, ok, whatsapp."`
	Text     string     `json:"text" minLength:"1" maxLength:"10000" doc:"The words that they agreed to."`
	Source   string     `json:"source" minLength:"1" maxLength:"500" doc:"Where they did."`
	GivenAt  *time.Time `json:"given_at,omitempty" doc:"When; the import's instant where nothing is said."`
}

// ImportSettings say how a file is read and what becomes of its rows.
type ImportSettings struct {
	Encoding  string       `json:"encoding" enum:",utf-8,windows-1251,utf-16le,utf-16be,koi8-r,ibm866" doc:"Of CSV."`
	Separator string       `json:"separator" maxLength:"1" doc:"The sign between the cells of CSV: a semicolon, a comma, a tab, or another."`
	Sheet     string       `json:"sheet" maxLength:"255" doc:"Which sheet of a workbook."`
	Header    bool         `json:"header" doc:"The first row names the columns."`
	Country   string       `json:"country" minLength:"2" maxLength:"2" doc:"Two letters: where phones without a calling code belong."`
	Columns   []Column     `json:"columns" nullable:"false" maxItems:"500" doc:"What the columns hold, in the file's order. Columns beyond the list are skipped."`
	Doubles   DoubleRule   `json:"doubles" enum:"first,last,merge" doc:"Where a phone occurs in several rows: the first row counts, the last, or both (a later row's values win, tags are added)."`
	Existing  ExistingRule `json:"existing" enum:"keep,merge,fill,replace" doc:"Where a contact with the phone is there already: keep it; merge (what the file says wins, what it leaves empty stays); fill only what is empty; replace everything that the file has a column for, an empty cell clears. Tags are added, but for keep, and for replace with a column of tags."`
	// WithoutPhone is not the usual: a file of phones with empty cells among them is more often a mistake.
	WithoutPhone bool           `json:"without_phone" doc:"Take rows whose phone is empty and that have an e-mail address, or else an address in a channel: they are then known by that. Otherwise they are refused. A phone that cannot be read is refused either way."`
	Groups       []ids.ID       `json:"groups" nullable:"false" maxItems:"100" doc:"Groups to put every contact of the file into, also those that are kept."`
	Tags         []string       `json:"tags" nullable:"false" maxItems:"100" doc:"Tags for every contact of the file that is not kept as it is."`
	Source       string         `json:"source" maxLength:"200" doc:"Where new contacts come from; the file's name where nothing is said."`
	Consent      *ImportConsent `json:"consent,omitempty" doc:"What all contacts of the file agreed to."`
	Channel      string         `json:"channel,omitempty" maxLength:"32" doc:"Of a stop list: the channel of rows that name none; empty: all channels."`
	Reason       string         `json:"reason,omitempty" maxLength:"500" doc:"Of a stop list: the reason of rows that name none."`
}

// Import is a file that was uploaded, how it will be read, and what comes of its first rows.
type Import struct {
	ID        ids.ID         `json:"id"`
	Kind      Purpose        `json:"kind" enum:"contacts,stop_list,members"`
	Name      string         `json:"name" doc:"The file's name."`
	Size      int64          `json:"size" doc:"Bytes."`
	Format    Format         `json:"format" enum:"csv,xlsx"`
	Sheets    []string       `json:"sheets" nullable:"false" doc:"The sheets of a workbook."`
	Settings  ImportSettings `json:"settings"`
	Problem   *Remark        `json:"problem,omitempty" doc:"Why it cannot be started as it is set now."`
	Preview   Preview        `json:"preview"`
	Task      ids.ID         `json:"task,omitempty" doc:"The task that reads it, once it was started."`
	By        string         `json:"by"`
	CreatedAt time.Time      `json:"created_at"`
	StartedAt *time.Time     `json:"started_at,omitempty"`
}

// PreviewRows is how many rows a preview shows.
const PreviewRows = 20

// Preview is what comes of the first rows.
type Preview struct {
	Header []string     `json:"header" nullable:"false"`
	Rows   []PreviewRow `json:"rows" nullable:"false"`
}

// PreviewRow is one row with what comes of it.
type PreviewRow struct {
	Line     int             `json:"line" doc:"The line of the file where the row starts, from 1."`
	Cells    []string        `json:"cells" nullable:"false" doc:"As they stand in the file; a long one is cut."`
	Contact  *PreviewContact `json:"contact,omitempty" doc:"As it would be stored."`
	Stop     *PreviewStop    `json:"stop,omitempty" doc:"As it would be stored."`
	Member   *Sought         `json:"member,omitempty" doc:"Who is looked for."`
	Warnings []Remark        `json:"warnings" nullable:"false"`
	Refused  *Remark         `json:"refused,omitempty" doc:"Why the row is not taken."`
}

// PreviewContact is a contact as it would be stored.
type PreviewContact struct{ scheme.Contact }

// PreviewStop is an entry of the stop list.
type PreviewStop struct {
	Address string `json:"address"`
	Channel string `json:"channel" doc:"Empty: all channels."`
	Reason  string `json:"reason"`
}

// Remark says what is wrong with a value, a row or a file.
type Remark struct {
	Code    string `json:"code"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
}

// ImportResult is what came of an import. Every row is one of added, merged, kept, doubles and refused.
type ImportResult struct {
	Rows     int          `json:"rows" doc:"Rows that were not blank."`
	Added    int          `json:"added"`
	Merged   int          `json:"merged" doc:"Were there already and are otherwise now."`
	Kept     int          `json:"kept" doc:"Were there already and are as they were."`
	Doubles  int          `json:"doubles" doc:"Rows whose phone occurs in another row of the file."`
	Refused  int          `json:"refused"`
	ByReason map[Code]int `json:"by_reason" doc:"Refused rows by the code of the reason."`
	Warnings map[Code]int `json:"warnings" doc:"Rows that were taken with a remark, by its code."`
	Skipped  int          `json:"skipped" doc:"Rows that were not reached, because the import was cancelled."`
}

// Check says what is wrong with settings, apart from what only the database knows. width is how many columns the file has.
func (s *ImportSettings) Check(kind Purpose, width int, now time.Time) error {
	k := checker{}
	s.Country = strings.ToUpper(s.Country)
	if !knownCountry(s.Country) {
		k.wrong("import_country", "country", "value", shorten(s.Country))
	}
	if r, _ := utf8.DecodeRuneInString(s.Separator); s.Separator != "" && !validSeparator(r) {
		k.wrong("import_separator", "separator")
	}
	s.Tags = k.tags("tags", s.Tags)
	if s.Source = clean(s.Source); utf8.RuneCountInString(s.Source) > MaxSource {
		k.wrong("contact_text_long", "source", "max", MaxSource)
	}
	if s.Channel != "" && !channelForm.MatchString(s.Channel) {
		k.wrong("bad_channel", "channel")
	}
	s.Reason = bounded(clean(s.Reason), MaxReason)
	s.Groups = distinct(s.Groups)
	if c := s.Consent; c != nil {
		for i, channel := range c.Channels {
			a := Agreement{Channel: channel, Text: c.Text, Source: c.Source, GivenAt: c.GivenAt}
			if err := a.Check(now); err != nil {
				var f *fault.Error
				errors.As(err, &f)
				k.wrong(f.Code, fmt.Sprintf("consent.channels[%d]", i))
			}
		}
		c.Channels = distinct(c.Channels)
	}
	s.checkColumns(&k, kind, width)
	return k.err()
}

// fieldsFor are the fields that a file of each kind may have besides skip; the first ones say who is meant.
var fieldsFor = map[Purpose][]Field{
	ImportContacts: {FieldPhone, FieldName, FieldEmail, FieldZone, FieldTags, FieldAddress, FieldAttribute},
	ImportStops:    {FieldPhone, FieldChannel, FieldReason},
	ImportMembers:  {FieldPhone, FieldEmail, FieldID},
}

func (s *ImportSettings) checkColumns(k *checker, kind Purpose, width int) {
	if len(s.Columns) > width {
		k.wrong("import_columns", "columns", "have", len(s.Columns), "width", width)
		return
	}
	seen := map[string]bool{}
	attributes := 0
	for i, c := range s.Columns {
		field := fmt.Sprintf("columns[%d]", i)
		if c.Field == FieldSkip {
			continue
		}
		if !slices.Contains(fieldsFor[kind], c.Field) {
			k.wrong("import_field", field+".field")
			continue
		}
		slot := string(c.Field)
		switch c.Field {
		case FieldAttribute:
			if attributes++; !validKey(c.Key) {
				k.wrong("bad_attribute_key", field+".key")
			}
			slot += c.Key
		case FieldAddress:
			if !channelForm.MatchString(c.Key) {
				k.wrong("bad_channel", field+".key")
			}
			slot += c.Key
		}
		if seen[slot] {
			k.wrong("import_column_twice", field)
		}
		seen[slot] = true
	}
	if attributes > MaxAttributes {
		k.wrong("too_many_attributes", "columns", "max", MaxAttributes)
	}
}

// Complete tells whether the columns say who is meant.
func (s *ImportSettings) Complete(kind Purpose) bool {
	return slices.ContainsFunc(s.Columns, func(c Column) bool {
		return c.Field == FieldPhone || kind == ImportContacts && s.WithoutPhone && (c.Field == FieldEmail || c.Field == FieldAddress) ||
			kind == ImportMembers && (c.Field == FieldEmail || c.Field == FieldID)
	})
}

// ProposeFor guesses what the columns of a file hold.
func ProposeFor(kind Purpose, headers []string, rows [][]string, country string) []Column {
	switch kind {
	case ImportStops:
		return ProposeStops(headers, rows, country)
	case ImportMembers:
		return ProposeMembers(headers, rows, country)
	}
	return Propose(headers, rows, country)
}

// Settle brings the columns of attributes in line with the definitions that there are, and gives the definitions that the
// import adds.
func (s *ImportSettings) Settle(known map[string]Attribute) (added []Attribute) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Field != FieldAttribute {
			c.Kind = ""
			continue
		}
		if a, ok := known[c.Key]; ok {
			c.Kind = Kind(a.Type)
			continue
		}
		if c.Kind == "" || c.Kind == KindChoice {
			c.Kind = KindText
		}
		title := strings.Join(strings.Fields(clean(c.Header)), " ")
		if title == "" || strings.Trim(title, "0123456789") == "" {
			title = c.Key
		}
		added = append(added, Attribute{Key: c.Key, Title: bounded(title, MaxTitle), Type: AttributeType(c.Kind), Choices: []string{}})
	}
	return added
}

// Fault makes of what is wrong with a file what people are told, at a field.
func (e *FileError) Fault(field string) *fault.Error {
	kind := fault.Invalid
	if e.Code == SpreadsheetFile || e.Code == BinaryFile {
		kind = fault.Unsupported
	}
	return fault.New(kind, "file_"+string(e.Code), field, "line", e.Line, "detail", e.Detail)
}

// Remark tells of a refusal in a language.
func (r *Refusal) Remark(lang Lang) *Remark {
	return &Remark{Code: string(r.Code), Value: r.Value, Message: r.Message(lang)}
}

// Remark tells of a warning in a language.
func (w Warning) Remark(lang Lang) Remark {
	return Remark{Code: string(w.Code), Column: w.Column, Value: w.Value, Message: w.Message(lang)}
}

// KnownBy gives what a contact is known by where it is imported: its phone, else its e-mail address, else its address in the first
// channel by name, with that name or email and a colon before it. It is empty where there is none of these.
func KnownBy(c *scheme.Contact) string {
	if c.Phone != "" {
		return c.Phone
	}
	if c.Email != "" {
		return "email:" + filter.Fold(c.Email)
	}
	for _, channel := range slices.Sorted(maps.Keys(c.Addresses)) {
		return channel + ":" + c.Addresses[channel]
	}
	return ""
}

// Merge gives the contact of two rows: what the later one says wins, tags are added.
func Merge(old, c scheme.Contact) scheme.Contact {
	for to, from := range map[*string]string{&old.Name: c.Name, &old.Email: c.Email, &old.Zone: c.Zone} {
		if from != "" {
			*to = from
		}
	}
	old.Tags = slices.Clone(old.Tags)
	for _, t := range c.Tags {
		if !slices.Contains(old.Tags, t) {
			old.Tags = append(old.Tags, t)
		}
	}
	old.Attributes, old.Addresses = joined(old.Attributes, c.Attributes), joined(old.Addresses, c.Addresses)
	return old
}

func joined[V any](a, b map[string]V) map[string]V {
	out := make(map[string]V, len(a)+len(b))
	for _, m := range []map[string]V{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// distinct sorts a list and leaves out repeats. An empty list stays one: what is told of it is [], not null.
func distinct[T cmp.Ordered](list []T) []T {
	out := append([]T{}, list...)
	slices.Sort(out)
	return slices.Compact(out)
}
