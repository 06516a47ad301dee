package audience

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encodings that a file may have. The first four are detected (UTF-16 without a byte order mark by its zero bytes), the others
// must be asked for.
const (
	UTF8        = "utf-8"
	Windows1251 = "windows-1251"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	KOI8R       = "koi8-r"
	IBM866      = "ibm866"
)

// sampleSize is how much of a file is looked at before anything is decided.
const sampleSize = 64 << 10

// decoded is a file's text as UTF-8.
type decoded struct {
	text     io.Reader
	encoding string
	sample   []byte // the start of the text, in UTF-8
	whole    bool   // sample is all of it
}

func decoderFor(name string) (encoding.Encoding, bool) {
	switch name {
	case UTF8:
		return nil, true
	case Windows1251:
		return charmap.Windows1251, true
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), true
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), true
	case KOI8R:
		return charmap.KOI8R, true
	case IBM866:
		return charmap.CodePage866, true
	}
	return nil, false
}

// decode finds out how the file is encoded, unless it is told, and gives its text.
func decode(r io.Reader, override string) (*decoded, error) {
	raw := bufio.NewReaderSize(r, sampleSize)
	head, err := raw.Peek(sampleSize)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, &FileError{Code: ReadFailed, Line: 1, Err: err}
	}
	if len(head) == 0 {
		return nil, &FileError{Code: EmptyFile}
	}
	name := strings.ToLower(override)
	ascii := false
	if name == "" {
		if code := foreign(head); code != "" {
			return nil, &FileError{Code: code, Line: 1}
		}
		name, ascii = sniff(head)
	}
	enc, ok := decoderFor(name)
	if !ok {
		return nil, &FileError{Code: BadOption, Detail: "encoding " + shorten(override) + " is not one of those known"}
	}
	d := &decoded{encoding: name}
	switch {
	case ascii:
		d.text = &undecided{raw: raw}
	case enc == nil:
		d.text = raw
	default:
		d.text = enc.NewDecoder().Reader(raw)
	}
	return d, d.peek()
}

// peek takes the sample of the text, past a byte order mark, and refuses what is no text.
func (d *decoded) peek() error {
	text := bufio.NewReaderSize(d.text, sampleSize)
	if mark, _ := text.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = text.Discard(len(mark)) // they are buffered: this cannot fail
	}
	sample, err := text.Peek(sampleSize)
	d.whole = err == io.EOF
	if err != nil && !d.whole {
		return &FileError{Code: ReadFailed, Line: 1, Err: err}
	}
	if len(sample) == 0 {
		return &FileError{Code: EmptyFile}
	}
	if i := bytes.IndexByte(sample, 0); i >= 0 {
		return &FileError{Code: BinaryFile, Line: 1 + bytes.Count(sample[:i], []byte("\n"))}
	}
	d.text = text
	if bytes.IndexByte(sample, '\r') >= 0 && bytes.IndexByte(sample, '\n') < 0 {
		sample = bytes.ReplaceAll(sample, []byte("\r"), []byte("\n"))
		d.text = oldMac{text}
	}
	d.sample = bytes.Clone(sample)
	return nil
}

// foreign recognises files that people upload in place of CSV.
func foreign(head []byte) Code {
	for _, magic := range []string{"PK\x03\x04", "\xd0\xcf\x11\xe0"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return SpreadsheetFile
		}
	}
	for _, magic := range []string{"%PDF", "\x1f\x8b", "\x89PNG", "\xff\xd8\xff", "GIF8", "Rar!", "7z\xbc\xaf", "{\\rtf"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return BinaryFile
		}
	}
	return ""
}

// sniff names the encoding of the start of a file; ascii: it has nothing yet to tell by.
func sniff(head []byte) (name string, ascii bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return UTF8, false
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE, false
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE, false
	}
	if wide := sniffWide(head); wide != "" {
		return wide, false
	}
	good, bad := 0, 0
	for i := 0; i < len(head); {
		if head[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case len(head)-i >= utf8.UTFMax || utf8.FullRune(head[i:]):
			bad++
		}
		i += n
	}
	// Russian text in windows-1251 is valid UTF-8 by accident only in rare pairs; one broken character in a UTF-8
	// file must not turn all the others into garbage.
	if bad == 0 || good >= 10*bad {
		return UTF8, good+bad == 0
	}
	return Windows1251, false
}

// sniffWide names UTF-16 without a byte order mark: every table has signs of ASCII (separators, digits, line ends), half of
// whose bytes are then zero, always the same half, and the other half has none. Text in another encoding has no zeroes at all.
func sniffWide(head []byte) string {
	var zeroes [2]int
	for i, c := range head {
		if c == 0 {
			zeroes[i%2]++
		}
	}
	switch few := len(head) / 20; { // a Russian table has more signs of ASCII than one in ten
	case zeroes[0] == 0 && zeroes[1] > few:
		return UTF16LE
	case zeroes[1] == 0 && zeroes[0] > few:
		return UTF16BE
	}
	return ""
}

// undecided passes a file through while it is ASCII, and decides at the first byte that is not.
type undecided struct {
	raw  *bufio.Reader
	rest io.Reader
}

func (u *undecided) Read(p []byte) (int, error) {
	if u.rest != nil {
		return u.rest.Read(p)
	}
	if _, err := u.raw.Peek(1); err != nil {
		return 0, err
	}
	have, _ := u.raw.Peek(u.raw.Buffered())
	n := bytes.IndexFunc(have, func(r rune) bool { return r >= utf8.RuneSelf })
	if n < 0 {
		n = len(have)
	}
	if n == 0 {
		return u.decide(p)
	}
	n = copy(p, have[:n])
	return u.raw.Discard(n)
}

func (u *undecided) decide(p []byte) (int, error) {
	head, _ := u.raw.Peek(sampleSize) // an error comes again with the read that meets it
	u.rest = u.raw
	if name, _ := sniff(head); name == Windows1251 {
		u.rest = charmap.Windows1251.NewDecoder().Reader(u.raw)
	}
	return u.rest.Read(p)
}

// oldMac reads a file whose lines end with CR alone.
type oldMac struct{ r io.Reader }

func (m oldMac) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
