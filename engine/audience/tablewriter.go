package audience

import (
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// TableWriter writes a table for spreadsheets. Cells that a spreadsheet might take for a formula are guarded, but for plain
// numbers, phones among them. It is for one goroutine.
type TableWriter interface {
	// Write writes a row, the header first.
	Write(cells []string) error
	// Close writes what is held back; without it the table is not complete.
	Close() error
}

// plainNumber is what no spreadsheet computes anything of.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?$`)

// safe guards a cell unless it is a plain number.
func safe(cell string) string {
	if plainNumber.MatchString(cell) {
		return cell
	}
	return Guard(cell)
}

// NewCSV writes CSV with CRLF. encoding is UTF8, with a byte order mark, or Windows1251, in which signs that it does not have
// become question marks.
func NewCSV(w io.Writer, encoding string, separator rune) (TableWriter, error) {
	t := &csvTable{}
	switch encoding {
	case UTF8:
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, err
		}
	case Windows1251:
		w = &windows1251{w: w}
	default:
		return nil, &FileError{Code: BadOption, Detail: "encoding " + shorten(encoding)}
	}
	if !validSeparator(separator) {
		return nil, &FileError{Code: BadOption, Detail: "separator"}
	}
	t.csv = csv.NewWriter(w)
	t.csv.Comma, t.csv.UseCRLF = separator, true
	return t, nil
}

type csvTable struct {
	csv *csv.Writer
	row []string
}

// Write implements TableWriter.
func (t *csvTable) Write(cells []string) error {
	t.row = t.row[:0]
	for _, c := range cells {
		t.row = append(t.row, safe(c))
	}
	return t.csv.Write(t.row)
}

// Close implements TableWriter.
func (t *csvTable) Close() error {
	t.csv.Flush()
	return t.csv.Error()
}

// windows1251 encodes what is written; the csv.Writer's buffer may cut a letter in two.
type windows1251 struct {
	w    io.Writer
	rest []byte
}

// Write implements io.Writer.
func (e *windows1251) Write(p []byte) (int, error) {
	text := slices.Concat(e.rest, p)
	out := make([]byte, 0, len(text))
	e.rest = nil
	for i := 0; i < len(text); {
		r, n := decodeRune(text[i:])
		if n == 0 {
			e.rest = append([]byte(nil), text[i:]...)
			break
		}
		b, ok := charmap.Windows1251.EncodeRune(r)
		if !ok {
			b = '?'
		}
		out = append(out, b)
		i += n
	}
	if _, err := e.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// maxSheetRows is how many rows a sheet takes: a spreadsheet has 1,048,576.
const maxSheetRows = 1_000_000

// NewXLSX writes a workbook, whose rows lie on the machine's disk until it is closed. More than a million rows go on in
// further sheets, each with the header.
func NewXLSX(w io.Writer, sheet string) (TableWriter, error) {
	t := &xlsxTable{file: excelize.NewFile(), to: w, name: sheet}
	if err := t.file.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	var err error
	t.stream, err = t.file.NewStreamWriter(sheet)
	return t, err
}

type xlsxTable struct {
	file   *excelize.File
	stream *excelize.StreamWriter
	to     io.Writer
	name   string
	header []string
	sheets int // after the first
	row    int
	cells  []any
}

// Write implements TableWriter.
func (t *xlsxTable) Write(cells []string) error {
	if t.row == maxSheetRows {
		if err := t.next(); err != nil {
			return err
		}
	}
	if t.header == nil {
		t.header = append([]string{}, cells...)
	}
	t.row++
	t.cells = t.cells[:0]
	for _, c := range cells {
		t.cells = append(t.cells, safe(c))
	}
	return t.stream.SetRow("A"+strconv.Itoa(t.row), t.cells)
}

// next goes on in another sheet.
func (t *xlsxTable) next() error {
	if err := t.stream.Flush(); err != nil {
		return err
	}
	t.sheets++
	name := t.name + " " + strconv.Itoa(t.sheets+1)
	if _, err := t.file.NewSheet(name); err != nil {
		return err
	}
	var err error
	if t.stream, err = t.file.NewStreamWriter(name); err != nil {
		return err
	}
	t.row = 0
	return t.Write(t.header)
}

// Close implements TableWriter.
func (t *xlsxTable) Close() (err error) {
	defer func() {
		if e := t.file.Close(); err == nil {
			err = e
		}
	}()
	if err := t.stream.Flush(); err != nil {
		return err
	}
	return t.file.Write(t.to)
}
