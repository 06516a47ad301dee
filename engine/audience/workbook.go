package audience

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Bounds on a workbook. A sheet of a million contacts has about 60 MB packed and 600 MB unpacked.
const (
	maxUnpacked   = 4 << 30  // bytes of all parts together
	maxInMemory   = 64 << 20 // bytes of the parts that are no sheets
	maxPart       = 8 << 20  // a sheet or table of texts that is larger is unpacked to disk
	maxRatio      = 200      // of unpacked to packed, of a part of more than ratioFrom bytes
	ratioFrom     = 1 << 20
	maxEntries    = 10_000
	maxTextInXML  = 1 << 20 // bytes between two tags
	MaxSheets     = 100
	maxSerial     = 2_958_465 // 31 December 9999
	exactDecimals = 15        // digits that a spreadsheet keeps of a number
)

// Book is an open workbook (XLSX). Large sheets are unpacked to the machine's folder for temporary files. It is for one
// goroutine.
type Book struct {
	file   *excelize.File
	sheets []string
	since  bool // dates are counted from 1904
}

// OpenBook opens a workbook by its file's path. What might be a bomb is refused before it is unpacked. An error is a
// *FileError.
func OpenBook(path string) (b *Book, err error) {
	defer caught(&err)
	if err := inspectZip(path); err != nil {
		return nil, err
	}
	f, err := excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart, RawCellValue: true})
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, &FileError{Code: BadBook, Err: err}
	}
	b = &Book{file: f}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		b.since = *props.Date1904
	}
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err == nil && visible && len(b.sheets) < MaxSheets {
			b.sheets = append(b.sheets, sheet)
		}
	}
	if len(b.sheets) == 0 {
		b.Close()
		return nil, &FileError{Code: EmptyFile}
	}
	return b, nil
}

// caught makes an error of a panic: the library was not written for files that mean harm.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = &FileError{Code: BadBook, Err: fmt.Errorf("%v", p)}
	}
}

// Close removes what was unpacked.
func (b *Book) Close() error { return b.file.Close() }

// Sheets names the visible sheets, at most MaxSheets.
func (b *Book) Sheets() []string { return b.sheets }

// inspectZip looks at the parts of a workbook without keeping them.
func inspectZip(path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return &FileError{Code: BadBook, Err: err}
	}
	defer z.Close()
	if len(z.File) > maxEntries {
		return &FileError{Code: BookBomb, Detail: strconv.Itoa(len(z.File)) + " parts"}
	}
	var all, inMemory uint64
	for _, part := range z.File {
		size := part.UncompressedSize64
		all += size
		name := strings.ToLower(part.Name)
		spooled := strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
		if !spooled || size <= maxPart {
			inMemory += size
		}
		if all > maxUnpacked || inMemory > maxInMemory || size > ratioFrom && size/max(part.CompressedSize64, 1) > maxRatio {
			return &FileError{Code: BookBomb, Detail: shorten(part.Name)}
		}
		if strings.HasSuffix(name, ".xml") {
			if err := inspectXML(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspectXML refuses a part with a text or tag that would take all memory, and one that is larger than it says.
func inspectXML(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return &FileError{Code: BadBook, Err: err}
	}
	defer r.Close()
	buffer := make([]byte, 64<<10)
	run := 0
	for {
		n, err := r.Read(buffer)
		for _, c := range buffer[:n] {
			if run++; c == '<' {
				run = 0
			}
			if run > maxTextInXML {
				return &FileError{Code: BookBomb, Detail: shorten(part.Name)}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &FileError{Code: BadBook, Err: err}
		}
	}
}

// SheetHead is the beginning of a sheet, by which its columns are judged and its import is shown in advance.
type SheetHead struct {
	Name  string     `json:"name"`
	Lines []int      `json:"lines"` // of each row
	Rows  [][]string `json:"rows"`
	More  bool       `json:"more"` // there are further rows
}

// headRows is how many rows a head has: what a preview shows and some that may be blank or refused.
const headRows = 60

// Head reads the beginning of a sheet.
func (b *Book) Head(sheet string) (head SheetHead, err error) {
	defer caught(&err)
	head.Name = sheet
	s, err := b.open(sheet)
	if err != nil {
		return head, err
	}
	defer s.rows.Close()
	for len(head.Rows) < headRows {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			return head, nil
		}
		if err != nil {
			return head, err
		}
		if rec.bad != "" {
			rec.cells = nil // it is refused later, with its reason
		}
		head.Lines, head.Rows = append(head.Lines, rec.line), append(head.Rows, rec.cells)
	}
	head.More = true
	return head, nil
}

// Source gives the rows of the head.
func (h SheetHead) Source() Source {
	return func() (source, error) { return &headSource{head: h}, nil }
}

type headSource struct {
	head SheetHead
	at   int
}

func (h *headSource) next() (record, error) {
	if h.at == len(h.head.Rows) {
		return record{}, io.EOF
	}
	rec := record{line: h.head.Lines[h.at], cells: h.head.Rows[h.at]}
	rec.bad = checkCells(rec.cells)
	h.at++
	return rec, nil
}

func (h *headSource) begin() {}

func (h *headSource) form() (string, rune) { return "", 0 }

func (h *headSource) sample() [][]string { return h.head.Rows[:min(len(h.head.Rows), sampleRows)] }

// Sheet gives the rows of a sheet; they are read once, while the book is open.
func (b *Book) Sheet(sheet string) Source {
	return func() (source, error) { return b.open(sheet) }
}

// sheetSource reads a sheet row by row. Of formulas it gives the values that the spreadsheet kept.
type sheetSource struct {
	book  *Book
	rows  *excelize.Rows
	line  int
	dates []bool // columns that hold dates
	first [][]string
}

// open opens a sheet. Which of its columns hold dates is known by how the first rows are shown, since a date is kept as a
// number of days.
func (b *Book) open(sheet string) (s *sheetSource, err error) {
	defer caught(&err)
	s = &sheetSource{book: b}
	shown, err := b.start(sheet, false)
	if err != nil {
		return nil, err
	}
	kept, err := b.start(sheet, true)
	if err != nil {
		return nil, err
	}
	if s.dates, err = b.dates(shown, kept); err != nil {
		return nil, err
	}
	s.first = kept
	for i := range s.first {
		s.tidy(s.first[i])
	}
	if s.rows, err = b.file.Rows(sheet); err != nil {
		return nil, &FileError{Code: BadBook, Err: err}
	}
	return s, nil
}

// start reads the first rows of a sheet, as they are kept or as they are shown.
func (b *Book) start(sheet string, raw bool) ([][]string, error) {
	rows, err := b.file.Rows(sheet)
	if err != nil {
		var none excelize.ErrSheetNotExist
		if errors.As(err, &none) {
			return nil, &FileError{Code: NoSheet, Detail: shorten(sheet)}
		}
		return nil, &FileError{Code: BadBook, Err: err}
	}
	defer rows.Close()
	var list [][]string
	for len(list) < sampleRows && rows.Next() {
		cells, err := rows.Columns(excelize.Options{RawCellValue: raw})
		if err != nil {
			return nil, &FileError{Code: BadBook, Line: len(list) + 1, Err: err}
		}
		list = append(list, cells)
	}
	return list, nil
}

// dates tells the columns in which every number is shown as a date.
func (b *Book) dates(shown, kept [][]string) ([]bool, error) {
	if len(shown) != len(kept) {
		return nil, &FileError{Code: BadBook}
	}
	var dates, other []bool
	for i, cells := range kept {
		for len(dates) < len(cells) && len(dates) < MaxColumns {
			dates, other = append(dates, false), append(other, false)
		}
		for j, cell := range cells[:min(len(cells), MaxColumns)] {
			date, number := b.serial(cell)
			switch {
			case !number:
			case j < len(shown[i]) && shownAsDate(shown[i][j], date):
				dates[j] = true
			default:
				other[j] = true
			}
		}
	}
	for j := range dates {
		dates[j] = dates[j] && !other[j]
	}
	return dates, nil
}

// serial reads a number of days since the beginning of the spreadsheet's time.
func (b *Book) serial(cell string) (time.Time, bool) {
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || n < 1 || n > maxSerial || math.IsNaN(n) {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(n, b.since)
	return t, err == nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// shownAsDate tells whether a text shows the day and the year of a date.
func shownAsDate(text string, date time.Time) bool {
	var day, year bool
	for i, n := range digits.FindAllString(text, -1) {
		switch {
		case !year && (n == date.Format("2006") || n == date.Format("06")) && (i > 0 || len(n) == 4):
			year = true
		case !day && (n == date.Format("02") || n == date.Format("2")):
			day = true
		}
	}
	return day && year
}

func (s *sheetSource) begin() {}

func (s *sheetSource) form() (string, rune) { return "", 0 }

func (s *sheetSource) sample() [][]string { return s.first }

func (s *sheetSource) next() (rec record, err error) {
	defer caught(&err)
	if !s.rows.Next() {
		if err := errors.Join(s.rows.Error(), s.rows.Close()); err != nil {
			return record{}, &FileError{Code: BadBook, Line: s.line + 1, Err: err}
		}
		return record{}, io.EOF
	}
	s.line++
	cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
	if err != nil {
		return record{}, &FileError{Code: BadBook, Line: s.line, Err: err}
	}
	if len(cells) > MaxColumns && !blank(cells[MaxColumns:]) {
		return record{line: s.line, cells: cells[:1], bad: WrongColumns}, nil
	}
	cells = cells[:min(len(cells), MaxColumns)]
	s.tidy(cells)
	return record{line: s.line, cells: cells, bad: checkCells(cells)}, nil
}

// rounded is a number as some programs write it into a workbook: with an exponent, or with the noise of binary fractions.
var rounded = regexp.MustCompile(`^-?[0-9]\.[0-9]{8,}E\+?[0-9]{1,2}$|^-?[0-9]{1,14}\.[0-9]{14,}$`)

// tidy makes dates and numbers what a person sees.
func (s *sheetSource) tidy(cells []string) {
	for i, cell := range cells {
		switch {
		case i < len(s.dates) && s.dates[i]:
			if date, ok := s.book.serial(cell); ok {
				cells[i] = written(date)
			}
		case rounded.MatchString(cell):
			if n, err := strconv.ParseFloat(cell, 64); err == nil && math.Abs(n) < 1e15 {
				n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'g', exactDecimals, 64), 64)
				cells[i] = strconv.FormatFloat(n, 'f', -1, 64)
			}
		}
	}
}

// written is a date, with its time where it has one.
func written(t time.Time) string {
	t = t.Round(time.Second)
	if h, m, s := t.Clock(); h+m+s == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}

// OpenFile reads the contacts of a file by its path: CSV, or the first sheet of a workbook that has anything in it. close
// must be called. An error of the file's content is a *FileError.
func OpenFile(path string, opt Options) (rd *Reader, closeFile func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0) // an error comes again with the reading
	if string(head[:n]) != "PK\x03\x04" {
		if rd, err = Read(f, opt); err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
		return rd, f.Close, nil
	}
	if err := f.Close(); err != nil {
		return nil, nil, err
	}
	book, err := OpenBook(path)
	if err != nil {
		return nil, nil, err
	}
	for _, sheet := range book.Sheets() {
		var empty *FileError
		if rd, err = OpenContacts(book.Sheet(sheet), opt); !errors.As(err, &empty) || empty.Code != EmptyFile {
			break
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, book.Close())
	}
	return rd, book.Close, nil
}
