package audience

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds on a file.
const (
	MaxField   = 64 << 10 // bytes in one cell
	MaxColumns = 500
	MaxRecord  = 1 << 20 // bytes in one record, its line breaks and quotes included
)

// sampleRows is how many rows are looked at before anything is proposed.
const sampleRows = 21

var errRecordTooLong = errors.New("record too long")

// tap keeps the text of the record being read, stops a record that never ends (an open quote would otherwise take the
// whole file into memory), and lets text be read again.
type tap struct {
	r     io.Reader
	again []byte // text that comes before what r still has
	kept  []byte
	base  int64 // offset of kept in the text
	limit int64 // offset that must not be passed
}

func (t *tap) Read(p []byte) (int, error) {
	if t.base+int64(len(t.kept)) >= t.limit {
		return 0, errRecordTooLong
	}
	var n int
	var err error
	if len(t.again) > 0 {
		n = copy(p, t.again)
		t.again = t.again[n:]
	} else {
		n, err = t.r.Read(p)
	}
	t.kept = append(t.kept, p[:n]...)
	return n, err
}

// start says that a record begins at offset: what lies before it is forgotten once it has grown.
func (t *tap) start(offset int64) {
	t.limit = offset + MaxRecord
	if n := offset - t.base; n > sampleSize {
		t.kept = t.kept[:copy(t.kept, t.kept[n:])]
		t.base = offset
	}
}

// rewind makes the text from offset on be read again, as if the file began there.
func (t *tap) rewind(offset int64) {
	t.again = append(bytes.Clone(t.kept[offset-t.base:]), t.again...)
	t.kept, t.base = t.kept[:0], 0
}

// records splits a file into records, each with the line where it starts.
type records struct {
	csv       *csv.Reader
	tap       *tap
	encoding  string
	separator rune
	head      []byte // the start of the text
	whole     bool   // head is all of it
	lines     int    // line breaks before what is read next
	width     int    // cells in the header, 0 before it was read
}

// record is one row. bad tells why its cells are not to be used.
type record struct {
	line  int
	cells []string // valid until the next record, the strings for ever
	bad   Code
}

func openRecords(r io.Reader, encoding string, separator rune) (*records, error) {
	d, err := decode(r, encoding)
	if err != nil {
		return nil, err
	}
	s := &records{encoding: d.encoding, separator: separator, head: d.sample, whole: d.whole, tap: &tap{r: d.text}}
	directive, named := sepDirective(d.sample)
	switch {
	case separator != 0:
		if !validSeparator(separator) {
			return nil, &FileError{Code: BadOption, Detail: "separator: use a semicolon, a comma, a tab or another printable ASCII sign"}
		}
	case named:
		s.separator = directive
	default:
		s.separator = detectSeparator(d.sample, d.whole)
	}
	s.csv = s.splitter(s.tap)
	if named {
		if _, err := s.next(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		s.width = 0
		_, s.head, _ = bytes.Cut(s.head, []byte("\n")) // it is no row to be shown
	}
	return s, nil
}

func validSeparator(r rune) bool {
	return r == '\t' || r > ' ' && r < 0x7f && r != '"' &&
		(r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func (s *records) splitter(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = s.separator, -1, true
	return c
}

// next gives the next record that is not an empty line. The error is io.EOF or a *FileError.
func (s *records) next() (record, error) {
	from := s.csv.InputOffset()
	s.tap.start(from)
	cells, err := s.csv.Read()
	var quotes *csv.ParseError
	switch {
	case err == nil:
		line := s.advance(s.tap.kept[from-s.tap.base : s.csv.InputOffset()-s.tap.base])
		if s.width == 0 {
			s.width = len(cells)
		}
		return record{line: line, cells: cells, bad: checkCells(cells)}, nil
	case err == io.EOF:
		return record{}, io.EOF
	case errors.As(err, &quotes):
		return s.repair(quotes, from)
	case errors.Is(err, errRecordTooLong):
		return s.abandon(from)
	}
	return record{}, &FileError{Code: ReadFailed, Line: s.lines + 1, Err: err}
}

// advance counts the lines of a record's text and gives the line where the record itself, after empty lines, starts.
func (s *records) advance(text []byte) int {
	body := bytes.TrimLeft(text, "\r\n")
	line := s.lines + bytes.Count(text[:len(text)-len(body)], []byte("\n")) + 1
	s.lines += bytes.Count(text, []byte("\n"))
	return line
}

// repair takes a row with stray quotes for what its author meant (ООО "Ромашка" without doubled quotes) where that
// can be told.
func (s *records) repair(quotes *csv.ParseError, from int64) (record, error) {
	text := s.tap.kept[from-s.tap.base : s.csv.InputOffset()-s.tap.base]
	raw := string(bytes.Trim(text, "\r\n"))
	if strings.IndexByte(raw, '\n') >= 0 {
		return s.abandon(from)
	}
	line := s.advance(text)
	one := s.splitter(strings.NewReader(raw))
	one.LazyQuotes = true
	cells, err := one.Read()
	stray := errors.Is(quotes.Err, csv.ErrBareQuote)
	odd := strings.Count(raw, `"`)%2 != 0
	switch {
	case err == nil && (stray || !odd && len(cells) == s.width):
		return record{line: line, cells: cells, bad: checkCells(cells)}, nil
	case odd:
		return record{line: line, cells: []string{clip(raw)}, bad: OpenQuote}, nil
	}
	return record{line: line, cells: []string{clip(raw)}, bad: BadQuotes}, nil
}

// abandon gives the first line of a record up and goes on with the line after it, so that a quote which nobody
// closed costs its own row and no other. Each line is read at most twice: an open quote reaches only to the next one.
func (s *records) abandon(from int64) (record, error) {
	text := s.tap.kept[from-s.tap.base:]
	body := bytes.TrimLeft(text, "\r\n")
	length := bytes.IndexByte(body, '\n')
	if length < 0 {
		return record{}, &FileError{Code: RecordTooLong, Line: s.advance(text)}
	}
	used := len(text) - len(body) + length + 1
	raw := clip(strings.TrimSuffix(string(body[:length]), "\r"))
	line := s.advance(text[:used])
	s.tap.rewind(from + int64(used))
	s.csv = s.splitter(s.tap)
	return record{line: line, cells: []string{raw}, bad: OpenQuote}, nil
}

func checkCells(cells []string) Code {
	for _, c := range cells {
		if len(c) > MaxField {
			return FieldTooLong
		}
		if strings.IndexByte(c, 0) >= 0 || !utf8.ValidString(c) {
			return BadCharacters
		}
	}
	return ""
}

func clip(s string) string {
	if len(s) > MaxField {
		s = s[:MaxField]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// sepDirective reads the line `sep=;` that Excel writes and obeys.
func sepDirective(sample []byte) (rune, bool) {
	if len(sample) < 6 || !bytes.EqualFold(sample[:4], []byte("sep=")) || sample[5] != '\n' && sample[5] != '\r' {
		return 0, false
	}
	r := rune(sample[4])
	return r, validSeparator(r)
}

// detectSeparator takes the sign that cuts the first rows into the same number of cells most often, and of several
// such signs the one that gives the most.
func detectSeparator(sample []byte, whole bool) rune {
	if !whole {
		if i := bytes.LastIndexByte(sample, '\n'); i > 0 {
			sample = sample[:i]
		}
	}
	best, bestSame, bestColumns := ';', 0, 1
	for _, sep := range []rune{';', ',', '\t', '|'} {
		same, columns := consistency(sample, sep)
		if columns > 1 && (same > bestSame || same == bestSame && columns > bestColumns) {
			best, bestSame, bestColumns = sep, same, columns
		}
	}
	return best
}

// consistency counts the rows, of the first twenty, that are as wide as the header.
func consistency(sample []byte, sep rune) (same, columns int) {
	r := csv.NewReader(bytes.NewReader(sample))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = sep, true, -1, true
	for range 20 {
		cells, err := r.Read()
		if err != nil {
			break
		}
		if columns == 0 {
			columns = len(cells)
		}
		if len(cells) == columns {
			same++
		}
	}
	return same, columns
}

func (s *records) begin() { s.width = 0 }

func (s *records) form() (string, rune) { return s.encoding, s.separator }

func (s *records) sample() [][]string {
	text := string(s.head)
	if !s.whole {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	c := s.splitter(strings.NewReader(text))
	c.LazyQuotes, c.ReuseRecord = true, false
	var rows [][]string
	for len(rows) < sampleRows {
		cells, err := c.Read()
		if err != nil {
			break
		}
		rows = append(rows, cells)
	}
	return rows
}
