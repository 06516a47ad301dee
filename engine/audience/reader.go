package audience

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kaskad/engine/scheme"
)

// DefaultMaxRows is how many rows a file may have where the caller says nothing.
const DefaultMaxRows = 5_000_000

// Options say how to read a file. The zero value finds everything out and takes Russia for the country.
type Options struct {
	Country   string   // ISO 3166, two letters: where a number without a calling code belongs; default RU
	Encoding  string   // one of the encodings; empty: found out
	Separator rune     // 0: found out of semicolon, comma and tab
	Mapping   []Column // by position; nil: Propose. Columns beyond it are skipped
	NoHeader  bool     // the first row is a contact; columns are called 1, 2 ...
	MaxRows   int      // default DefaultMaxRows
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
	rows    *records
	columns []Column
	header  []string
	country string
	maxRows int
	first   record // read already: the first row of a file without a header
	seen    map[uint64]uint32
	sum     Summary
	zones   zoneNames
	done    error
}

// Read starts reading a file: it looks at its first 64 KiB and its header. An error is a *FileError.
func Read(r io.Reader, opt Options) (*Reader, error) {
	country := strings.ToUpper(opt.Country)
	if country == "" {
		country = "RU"
	}
	if !knownCountry(country) {
		return nil, &FileError{Code: BadOption, Detail: "country " + shorten(opt.Country) + ": use two letters, such as RU"}
	}
	rows, err := openRecords(r, opt.Encoding, opt.Separator)
	if err != nil {
		return nil, err
	}
	rd := &Reader{rows: rows, country: country, maxRows: opt.MaxRows, seen: map[uint64]uint32{},
		sum: Summary{ByCode: map[Code]int{}, Warnings: map[Code]int{}}}
	if rd.maxRows <= 0 {
		rd.maxRows = DefaultMaxRows
	}
	if err := rd.readHeader(opt.NoHeader); err != nil {
		return nil, err
	}
	if err := rd.mapColumns(opt); err != nil {
		return nil, err
	}
	return rd, nil
}

func orEmpty(err error) error {
	if err == io.EOF {
		return &FileError{Code: EmptyFile}
	}
	return err
}

// readHeader reads the first row that has something in it, and takes it for the header unless there is none.
func (rd *Reader) readHeader(none bool) error {
	row, err := rd.rows.next()
	for err == nil && row.bad == "" && blank(row.cells) {
		rd.rows.width = 0
		row, err = rd.rows.next()
	}
	if err != nil {
		return orEmpty(err)
	}
	if row.bad != "" {
		return &FileError{Code: NoHeader, Line: row.line, Detail: message(row.bad).en}
	}
	cells := slices.Clone(row.cells)
	for !none && len(cells) > 1 && clean(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > MaxColumns {
		return &FileError{Code: TooManyColumns, Line: row.line}
	}
	rd.header = make([]string, len(cells))
	for i, c := range cells {
		rd.header[i] = strings.Join(strings.Fields(unguard(clean(c))), " ")
		if none {
			rd.header[i] = strconv.Itoa(i + 1)
		}
	}
	if none {
		rd.first = record{line: row.line, cells: cells}
		return nil
	}
	for _, h := range rd.header {
		if _, why := NormalisePhone(h, rd.country); why == "" {
			return &FileError{Code: NoHeader, Line: row.line}
		}
	}
	return nil
}

func (rd *Reader) mapColumns(opt Options) error {
	if opt.Mapping == nil {
		rd.columns = Propose(rd.header, rd.sample(), rd.country)
	} else {
		rd.columns = slices.Clone(opt.Mapping)
		for i := len(rd.columns); i < len(rd.header); i++ {
			rd.columns = append(rd.columns, Column{Header: rd.header[i], Field: FieldSkip})
		}
	}
	if err := checkMapping(rd.columns, rd.header, !opt.NoHeader); err != nil {
		return err
	}
	for i := range rd.columns {
		rd.columns[i].Header = rd.header[i]
	}
	return nil
}

// sample gives up to twenty rows from the start of the file, by which a column can be judged.
func (rd *Reader) sample() [][]string {
	text := string(rd.rows.sample)
	if !rd.rows.whole {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	c := rd.rows.splitter(strings.NewReader(text))
	c.LazyQuotes, c.ReuseRecord = true, false
	var rows [][]string
	for len(rows) < 21 {
		cells, err := c.Read()
		if err != nil {
			break
		}
		rows = append(rows, cells)
	}
	if len(rows) > 0 && rd.first.cells == nil {
		rows = rows[1:]
	}
	return rows
}

// Columns gives the mapping in use.
func (rd *Reader) Columns() []Column { return slices.Clone(rd.columns) }

// Header gives the file's column names, for RefusedWriter.
func (rd *Reader) Header() []string { return slices.Clone(rd.header) }

// Encoding names the file's encoding. A file that begins with more than 64 KiB of ASCII is called UTF-8, and read
// as windows-1251 if that is what then comes.
func (rd *Reader) Encoding() string { return rd.rows.encoding }

// Separator is the sign between the cells.
func (rd *Reader) Separator() rune { return rd.rows.separator }

// Sample gives up to twenty rows from the start of the file as they stand, to show to a person who maps the columns.
func (rd *Reader) Sample() [][]string { return rd.sample() }

// Summary counts what Next has given so far.
func (rd *Reader) Summary() Summary {
	sum := rd.sum
	sum.ByCode, sum.Warnings = maps.Clone(sum.ByCode), maps.Clone(sum.Warnings)
	return sum
}

// Next gives the next row: a contact, or the reason why it is none (the Row then has only its line). At the end the
// error is io.EOF; where the file can be read no further it is a *FileError. After an error every call gives it again.
func (rd *Reader) Next() (Row, *Refusal, error) {
	if rd.done != nil {
		return Row{}, nil, rd.done
	}
	rec, err := rd.nextRecord()
	if err != nil {
		rd.done = err
		return Row{}, nil, err
	}
	rd.sum.Read++
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

func (rd *Reader) nextRecord() (record, error) {
	for {
		rec, err := rd.first, error(nil)
		rd.first = record{}
		if rec.cells == nil {
			rec, err = rd.rows.next()
		}
		if err != nil {
			return rec, err
		}
		if rd.sum.Read+rd.sum.Blank >= rd.maxRows {
			return rec, &FileError{Code: TooManyRows, Line: rec.line, Detail: "at most " + strconv.Itoa(rd.maxRows)}
		}
		if rec.bad != "" || !blank(rec.cells) {
			return rec, nil
		}
		rd.sum.Blank++
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if clean(c) != "" {
			return false
		}
	}
	return true
}

// row makes a contact of a record.
func (rd *Reader) row(rec record) (Row, *Refusal) {
	refuse := func(code Code, value string) (Row, *Refusal) {
		cells := make([]string, min(len(rec.cells), MaxColumns))
		for i := range cells {
			cells[i] = clip(rec.cells[i])
		}
		return Row{}, &Refusal{Line: rec.line, Record: cells, Code: code, Value: shorten(clip(value))}
	}
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
	if b.why != "" {
		return refuse(b.why, b.phone)
	}
	if b.row.Contact.Phone == "" {
		return refuse(NoPhone, "")
	}
	key := phoneKey(b.row.Contact.Phone)
	if line, ok := rd.seen[key]; ok {
		row, refusal := refuse(Double, b.phone)
		refusal.First = int(line)
		return row, refusal
	}
	rd.seen[key] = uint32(rec.line)
	return b.row, nil
}
