package audience

import (
	"io"
	"maps"
	"slices"
	"strings"

	"kaskad/engine/scheme"
)

// DefaultMaxRows is how many rows a file may have where the caller says nothing.
const DefaultMaxRows = 5_000_000

// Options say how to read a file. The zero value finds everything out and takes Russia for the country.
type Options struct {
	Country   string   // ISO 3166, two letters: where a number without a calling code belongs; default RU
	Encoding  string   // one of the encodings; empty: found out
	Separator rune     // 0: found out of semicolon, comma, tab and bar
	Mapping   []Column // by position; nil: Propose. Columns beyond it are skipped
	NoHeader  bool     // the first row is a contact; columns are called 1, 2 ...
	MaxRows   int      // default DefaultMaxRows
	// KeepDoubles leaves doubles to the caller: a phone is given as often as it occurs, and nothing is remembered of the
	// rows that were given.
	KeepDoubles bool
	// WithoutPhone takes rows with an empty phone that have another address, and files without a column of phones.
	WithoutPhone bool
	// Attributes are the definitions of all attributes that the mapping has. A value that does not fit is left out. nil:
	// values are read as the mapping says, and what cannot be is kept as text.
	Attributes map[string]Attribute
}

// Row is a contact, and the line of the file where it starts (from 1).
type Row struct {
	Line     int
	Contact  scheme.Contact
	Warnings []Warning
}

// Summary counts what was read so far. Each row that is not blank is one of contact, double and refused.
type Summary struct {
	Read     int `json:"read"`
	Contacts int `json:"contacts"`
	Doubles  int `json:"doubles"`
	Refused  int `json:"refused"`
	Blank    int `json:"blank"` // rows with nothing in any cell, as spreadsheets leave at the end; not in Read

	ByCode   map[Code]int `json:"by_code"`  // refusals, doubles included
	Warnings map[Code]int `json:"warnings"` // by code, in rows that were taken
}

// Reader gives the contacts of a file one by one. It is for one goroutine.
type Reader struct {
	*Table
	columns []Column
	country string
	// attributes may be nil
	attributes map[string]Attribute
	seen       map[uint64]uint32 // nil: doubles are left to the caller
	others     map[string]uint32 // seen without a phone; nil: such are refused
	sum        Summary
	zones      zoneNames
	last       record // what Next gave; its cells are valid until it is called again
	done       error
}

// Read starts reading a CSV file: it looks at its first 64 KiB and its header. An error is a *FileError.
func Read(r io.Reader, opt Options) (*Reader, error) {
	return OpenContacts(CSV(r, opt.Encoding, opt.Separator), opt)
}

// OpenContacts starts reading a file of any kind. An error is a *FileError.
func OpenContacts(from Source, opt Options) (*Reader, error) {
	country, err := countryOf(opt.Country)
	if err != nil {
		return nil, err
	}
	t, err := Open(from, opt.NoHeader, opt.MaxRows, country)
	if err != nil {
		return nil, err
	}
	rd := &Reader{Table: t, country: country, attributes: opt.Attributes, sum: Summary{ByCode: map[Code]int{}, Warnings: map[Code]int{}}}
	if opt.WithoutPhone {
		rd.others = map[string]uint32{}
	}
	if !opt.KeepDoubles {
		rd.seen = map[uint64]uint32{}
	}
	if err := rd.mapColumns(opt); err != nil {
		return nil, err
	}
	return rd, nil
}

func countryOf(country string) (string, error) {
	if country = strings.ToUpper(country); country == "" {
		country = "RU"
	}
	if !knownCountry(country) {
		return "", &FileError{Code: BadOption, Detail: "country " + shorten(country) + ": use two letters, such as RU"}
	}
	return country, nil
}

func (rd *Reader) mapColumns(opt Options) error {
	if opt.Mapping == nil {
		rd.columns = Propose(rd.header, rd.Sample(), rd.country)
	} else {
		rd.columns = slices.Clone(opt.Mapping)
		for i := len(rd.columns); i < len(rd.header); i++ {
			rd.columns = append(rd.columns, Column{Header: rd.header[i], Field: FieldSkip})
		}
	}
	if err := checkMapping(rd.columns, rd.header, !opt.NoHeader, opt.WithoutPhone); err != nil {
		return err
	}
	for i := range rd.columns {
		rd.columns[i].Header = rd.header[i]
	}
	return nil
}

// Columns gives the mapping in use.
func (rd *Reader) Columns() []Column { return slices.Clone(rd.columns) }

// Summary counts what Next has given so far.
func (rd *Reader) Summary() Summary {
	sum := rd.sum
	sum.Blank = rd.blank
	sum.ByCode, sum.Warnings = maps.Clone(sum.ByCode), maps.Clone(sum.Warnings)
	return sum
}

// Next gives the next row: a contact, or the reason why it is none (the Row then has only its line). At the end the
// error is io.EOF; where the file can be read no further it is a *FileError. After an error every call gives it again.
func (rd *Reader) Next() (Row, *Refusal, error) {
	if rd.done != nil {
		return Row{}, nil, rd.done
	}
	rec, err := rd.next()
	if err != nil {
		rd.done = err
		return Row{}, nil, err
	}
	rd.sum.Read++
	rd.last = rec
	row, refusal := rd.row(rec)
	if refusal == nil {
		rd.sum.Contacts++
		for _, w := range row.Warnings {
			rd.sum.Warnings[w.Code]++
		}
		return row, nil, nil
	}
	rd.sum.ByCode[refusal.Code]++
	if refusal.Code == Double {
		rd.sum.Doubles++
	} else {
		rd.sum.Refused++
	}
	return Row{Line: rec.line}, refusal, nil
}

// row makes a contact of a record.
func (rd *Reader) row(rec record) (Row, *Refusal) {
	refuse := func(code Code, value string) (Row, *Refusal) { return Row{}, rec.refuse(code, value) }
	if rec.bad != "" {
		return refuse(rec.bad, "")
	}
	if len(rec.cells) > len(rd.columns) && !blank(rec.cells[len(rd.columns):]) {
		return refuse(WrongColumns, "")
	}
	b := builder{reader: rd, row: Row{Line: rec.line}}
	for i, cell := range rec.cells[:min(len(rec.cells), len(rd.columns))] {
		b.put(&rd.columns[i], unguard(clean(cell)))
	}
	if b.why != "" && (b.why != NoPhone || rd.others == nil) {
		return refuse(b.why, b.phone)
	}
	known := KnownBy(&b.row.Contact)
	if known == "" || rd.others == nil && b.row.Contact.Phone == "" {
		return refuse(NoPhone, "")
	}
	if rd.seen == nil {
		return b.row, nil
	}
	if line, twice := rd.meet(known, b.row.Contact.Phone, uint32(rec.line)); twice {
		row, refusal := refuse(Double, b.phone)
		refusal.First = int(line)
		return row, refusal
	}
	return b.row, nil
}

// meet remembers who was seen in a line, and tells in which before.
func (rd *Reader) meet(known, phone string, line uint32) (first uint32, twice bool) {
	if phone == "" {
		if first, twice = rd.others[known]; !twice {
			rd.others[known] = line
		}
		return first, twice
	}
	key := phoneKey(phone)
	if first, twice = rd.seen[key]; !twice {
		rd.seen[key] = line
	}
	return first, twice
}

// AsDouble gives, right after Next, the refusal that the row gets as a double of the one in an earlier line. It is for
// callers that look for doubles themselves.
func (rd *Reader) AsDouble() func(first int) *Refusal {
	rec := rd.last
	value := ""
	for i, c := range rd.columns[:min(len(rd.columns), len(rec.cells))] {
		if c.Field == FieldPhone {
			value = rec.cells[i]
		}
	}
	line, cells := rec.line, slices.Clone(rec.cells)
	return func(first int) *Refusal {
		r := record{line: line, cells: cells}.refuse(Double, value)
		r.First = first
		return r
	}
}
