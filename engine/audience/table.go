package audience

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Source is where rows come from: CSV, a sheet of a workbook (Book.Sheet), or the beginning of one (SheetHead.Source).
type Source func() (source, error)

// source gives rows. The error of next is io.EOF or a *FileError.
type source interface {
	next() (record, error)
	// begin says that the next row is the header: the rows before it were blank.
	begin()
	// sample gives up to 21 rows from the start of the file as they stand.
	sample() [][]string
	// form names the encoding and the separator; a workbook has none.
	form() (encoding string, separator rune)
}

// CSV reads a CSV file. Where encoding is empty or separator 0 they are found out.
func CSV(r io.Reader, encoding string, separator rune) Source {
	return func() (source, error) { return openRecords(r, encoding, separator) }
}

// Table gives the rows of a file one by one, behind its header. It is for one goroutine.
type Table struct {
	rows    source
	header  []string
	country string // by which a phone is told from a header
	maxRows int
	first   record // read already: the first row of a file without a header
	given   int
	blank   int
}

// Record is a row of a table.
type Record struct {
	Line  int      // of the file, from 1: where the row starts
	Cells []string // as many as the header has, clean of invisible signs; short rows are filled up
	Bad   *Refusal // why the row cannot be used; Cells is then nil
}

// Open reads the header of a file: the first row that has something in it. Without a header that row is given by Next, and
// the columns are called 1, 2 ... maxRows 0: DefaultMaxRows. An error is a *FileError.
func Open(from Source, noHeader bool, maxRows int, country string) (*Table, error) {
	rows, err := from()
	if err != nil {
		return nil, err
	}
	if country, err = countryOf(country); err != nil {
		return nil, err
	}
	t := &Table{rows: rows, country: country, maxRows: maxRows}
	if t.maxRows <= 0 {
		t.maxRows = DefaultMaxRows
	}
	return t, t.readHeader(noHeader)
}

func orEmpty(err error) error {
	if errors.Is(err, io.EOF) {
		return &FileError{Code: EmptyFile}
	}
	return err
}

// readHeader reads the first row that has something in it, and takes it for the header unless there is none.
func (t *Table) readHeader(none bool) error {
	titles := 0
	if !none {
		titles = t.titles()
	}
	row, err := t.rows.next()
	for err == nil && row.bad == "" && (blank(row.cells) || titles > 0) {
		if !blank(row.cells) {
			titles--
		}
		t.rows.begin()
		row, err = t.rows.next()
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
	t.header = make([]string, len(cells))
	for i, c := range cells {
		t.header[i] = strings.Join(strings.Fields(unguard(clean(c))), " ")
		if none {
			t.header[i] = strconv.Itoa(i + 1)
		}
	}
	if none {
		t.first = record{line: row.line, cells: cells}
		return nil
	}
	for _, h := range t.header {
		if _, why := NormalisePhone(h, t.country); why == "" {
			return &FileError{Code: NoHeader, Line: row.line}
		}
	}
	return nil
}

// maxTitles is how many rows of titles may stand over a header.
const maxTitles = 5

// titles counts the rows over the header that are none: what a table is called, or when it was made, in one cell each, with a
// wider row below them that has no phone in it.
func (t *Table) titles() int {
	n := 0
	for _, row := range t.rows.sample() {
		var filled []string
		for _, cell := range row {
			if cell = unguard(clean(cell)); cell != "" {
				filled = append(filled, cell)
			}
		}
		phone := slices.ContainsFunc(filled, func(cell string) bool { _, why := NormalisePhone(cell, t.country); return why == "" })
		switch {
		case len(filled) == 0:
		case phone || n > maxTitles:
			return 0
		case len(filled) > 1:
			return n
		case slices.Contains(phoneHeaders, squeeze(filled[0])):
			return 0
		default:
			n++
		}
	}
	return 0
}

// Header gives the file's column names, for RefusedWriter.
func (t *Table) Header() []string { return slices.Clone(t.header) }

// Encoding names the file's encoding, empty for a workbook. A file that begins with more than 64 KiB of ASCII is called
// UTF-8, and read as windows-1251 if that is what then comes.
func (t *Table) Encoding() string {
	encoding, _ := t.rows.form()
	return encoding
}

// Separator is the sign between the cells, 0 for a workbook.
func (t *Table) Separator() rune {
	_, separator := t.rows.form()
	return separator
}

// Sample gives up to twenty rows from the start of the file as they stand, to show to a person who maps the columns.
func (t *Table) Sample() [][]string {
	rows := t.rows.sample()
	if len(rows) > 0 && t.first.cells == nil {
		rows = rows[1:]
	}
	return rows
}

// next gives the next row that is not blank.
func (t *Table) next() (record, error) {
	for {
		rec, err := t.first, error(nil)
		t.first = record{}
		if rec.cells == nil {
			rec, err = t.rows.next()
		}
		if err != nil {
			return rec, err
		}
		if t.given+t.blank >= t.maxRows {
			return rec, &FileError{Code: TooManyRows, Line: rec.line, Detail: "at most " + strconv.Itoa(t.maxRows)}
		}
		if rec.bad != "" || !blank(rec.cells) {
			t.given++
			return rec, nil
		}
		t.blank++
	}
}

// Record gives the next row that is not blank. The error is io.EOF or a *FileError.
func (t *Table) Record() (Record, error) {
	rec, err := t.next()
	if err != nil {
		return Record{}, err
	}
	switch {
	case rec.bad != "":
		return Record{Line: rec.line, Bad: rec.refuse(rec.bad, "")}, nil
	case len(rec.cells) > len(t.header) && !blank(rec.cells[len(t.header):]):
		return Record{Line: rec.line, Bad: rec.refuse(WrongColumns, "")}, nil
	}
	cells := make([]string, len(t.header))
	for i := range min(len(cells), len(rec.cells)) {
		cells[i] = unguard(clean(rec.cells[i]))
	}
	return Record{Line: rec.line, Cells: cells}, nil
}

func blank(cells []string) bool {
	for _, c := range cells {
		if clean(c) != "" {
			return false
		}
	}
	return true
}

// refuse makes the refusal of a row.
func (r record) refuse(code Code, value string) *Refusal {
	cells := make([]string, min(len(r.cells), MaxColumns))
	for i := range cells {
		cells[i] = clip(r.cells[i])
	}
	return &Refusal{Line: r.line, Record: cells, Code: code, Value: shorten(clip(value))}
}
