package audience

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// RefusedWriter writes the rows that gave no contact to a CSV that a spreadsheet opens as it is (UTF-8 with a byte order
// mark, semicolons, CRLF): the cells of the row first, then its line in the file, the code and the reason. A person
// can mend the rows in it and upload it again: the columns that it adds are then passed over.
//
// Cells that a spreadsheet would take for a formula begin with an apostrophe.
type RefusedWriter struct {
	csv   *csv.Writer
	lang  Lang
	width int
}

// NewRefusedWriter writes the header. header is Reader.Header().
func NewRefusedWriter(w io.Writer, header []string, lang Lang) (*RefusedWriter, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	rw := &RefusedWriter{csv: csv.NewWriter(w), lang: lang, width: len(header)}
	rw.csv.Comma, rw.csv.UseCRLF = ';', true
	own := []string{"Line number", "Refusal code", "Refusal reason"}
	if lang == Russian {
		own = []string{"Номер строки", "Код отказа", "Причина отказа"}
	}
	return rw, rw.write(header, own...)
}

// Write adds one row.
func (rw *RefusedWriter) Write(r *Refusal) error {
	return rw.write(r.Record, strconv.Itoa(r.Line), string(r.Code), r.Message(rw.lang))
}

// Flush writes out what is held back. It must be called at the end.
func (rw *RefusedWriter) Flush() error {
	rw.csv.Flush()
	return rw.csv.Error()
}

func (rw *RefusedWriter) write(cells []string, own ...string) error {
	out := make([]string, 0, max(len(cells), rw.width)+len(own))
	for _, c := range cells {
		out = append(out, Guard(c))
	}
	for len(out) < rw.width {
		out = append(out, "")
	}
	return rw.csv.Write(append(out, own...))
}

// Guard makes a cell safe for spreadsheets: one that begins with = + - @, a tab or a line break gets an apostrophe before
// it, since it might run as a formula (OWASP, "CSV Injection"). One that begins so behind apostrophes gets another, so that
// taking one off gives back what was there.
func Guard(cell string) string {
	if guarded(cell) {
		return "'" + cell
	}
	return cell
}

// guarded tells whether a cell begins with a risky sign, behind apostrophes if there are any.
func guarded(cell string) bool {
	cell = strings.TrimLeft(cell, "'")
	return cell != "" && risky(cell[0])
}

func risky(c byte) bool {
	switch c {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	}
	return false
}
