package audience

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "Телефон;Имя;Город\r\n89161234567;Ёлка – №1;Орёл\r\n"
	late := "Телефон;Имя\n"
	latePhone := "phone;name\n" + strings.Repeat("+375291234567;x\n", 6000) + "89161234567;Ёлка – №1\n"
	cases := []struct {
		name, file, override, want string
		enc                        encoding.Encoding
	}{
		{"utf-8", text, "", UTF8, encoding.Nop},
		{"utf-8 with a mark", "\ufeff" + text, "", UTF8, encoding.Nop},
		{"utf-8 with a mark, asked for", "\ufeff" + text, "UTF-8", UTF8, encoding.Nop},
		{"windows-1251", text, "", Windows1251, charmap.Windows1251},
		{"windows-1251, asked for", text, Windows1251, Windows1251, charmap.Windows1251},
		{"utf-16le", text, "", UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"utf-16be", text, "", UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{"utf-16le without a mark, asked for", text, UTF16LE, UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"utf-16le without a mark", text, "", UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"utf-16be without a mark", text, "", UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"utf-16le without a mark, long", text + strings.Repeat("89161234567;Ёлка – №1;Орёл\r\n", 5000), "", UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"koi8-r", strings.ReplaceAll(text, "– №", "- N"), KOI8R, KOI8R, charmap.KOI8R},
		{"ibm866", strings.ReplaceAll(text, "– ", "- "), IBM866, IBM866, charmap.CodePage866},
		{"old mac", strings.ReplaceAll(text, "\r\n", "\r"), "", UTF8, encoding.Nop},
		{"windows-1251 after much ascii", latePhone, "", UTF8, charmap.Windows1251},
		{"utf-8 after much ascii", latePhone, "", UTF8, encoding.Nop},
		{"utf-8 cut in a letter by the sample", late + strings.Repeat("я;\n", 30_000) + "89161234567;Ёлка – №1\n", "", UTF8, encoding.Nop},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, err := c.enc.NewEncoder().String(c.file)
			require.NoError(t, err)
			for _, r := range []io.Reader{strings.NewReader(file), iotest.HalfReader(strings.NewReader(file))} {
				rd, err := Read(r, Options{Encoding: c.override})
				require.NoError(t, err)
				require.Equal(t, c.want, rd.Encoding())
				var last Row
				for {
					row, refusal, err := rd.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					require.NoError(t, err)
					if refusal == nil {
						last = row
					}
				}
				require.Equal(t, "+79161234567", last.Contact.Phone)
				require.Contains(t, last.Contact.Name, "Ёлка ")
			}
		})
	}
}

func TestOneBrokenLetterCostsItsRow(t *testing.T) {
	t.Parallel()
	rows, refused, _ := all(t, strings.NewReader("Телефон;Имя и ещё длинный заголовок\n89161234567;Ив\xffан\n89161234568;Иван\n"), Options{})
	require.Len(t, rows, 1)
	require.Equal(t, BadCharacters, refused[0].Code)
	require.Equal(t, 2, refused[0].Line)
	require.Equal(t, "Ив\ufffdан", refused[0].Record[1])
}

func TestSeparators(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, file string
		override   rune
		want       rune
	}{
		{"bar", "Телефон|Имя\n89161234567|Анна, Мария\n", 0, '|'},
		{"semicolon with bars in tags", "Телефон;Метки\n89161234567;a|b\n89161234568;c|d\n", 0, ';'},
		{"semicolon", "Телефон;Имя, фамилия\n89161234567;Анна, Мария\n", 0, ';'},
		{"comma", "Телефон,Имя;ник\n89161234567,Анна\n", 0, ','},
		{"tab", "Телефон\tИмя\n89161234567\tАнна; Мария, Ольга\n", 0, '\t'},
		{"quoted", "Телефон,Имя\n89161234567,\"a;b;c\nd;e;f\"\n", 0, ','},
		{"excel's directive", "sep=,\r\nТелефон,Имя\r\n89161234567,Анна\r\n", 0, ','},
		{"one column", "Телефон\n89161234567\n", 0, ';'},
		{"asked for", "Телефон|Имя\n89161234567|Анна\n", '|', '|'},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rd, err := Read(strings.NewReader(c.file), Options{Separator: c.override})
			require.NoError(t, err)
			require.Equal(t, c.want, rd.Separator())
			row, refusal, err := rd.Next()
			require.NoError(t, err)
			require.Nil(t, refusal)
			require.Equal(t, "+79161234567", row.Contact.Phone)
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("a;", MaxColumns) + "Телефон\n"
	cases := []struct {
		name, file string
		opt        Options
		code       Code
		line       int
	}{
		{"empty", "", Options{}, EmptyFile, 0},
		{"only a mark", "\ufeff", Options{}, EmptyFile, 0},
		{"only empty lines", "\n\r\n\n", Options{}, EmptyFile, 0},
		{"only blank rows", ";;\n;;\n", Options{}, EmptyFile, 0},
		{"a workbook", "PK\x03\x04\x00\x00", Options{}, SpreadsheetFile, 1},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1", Options{}, SpreadsheetFile, 1},
		{"a picture", "\x89PNG\r\n\x1a\n", Options{}, BinaryFile, 1},
		{"NUL bytes", "Телефон\n89161234567\n\x00\x00\n", Options{}, BinaryFile, 3},
		{"zeroes at odd and even places", "T\x00e\x00l\n\x00", Options{}, BinaryFile, 1},
		{"no header", "89161234567;Анна\n89161234568;Мария\n", Options{}, NoHeader, 1},
		{"open quote in the header", "\"Телефон;Имя\n89161234567;Анна\n", Options{}, NoHeader, 1},
		{"no phones", "Имя;Город\nАнна;Омск\n", Options{}, NoPhoneColumn, 0},
		{"too many columns", wide, Options{}, TooManyColumns, 1},
		{"no such encoding", "Телефон\n", Options{Encoding: "utf-7"}, BadOption, 0},
		{"no such separator", "Телефон\n", Options{Separator: '"'}, BadOption, 0},
		{"no such country", "Телефон\n", Options{Country: "XX"}, BadOption, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(strings.NewReader(c.file), c.opt)
			var fault *FileError
			require.ErrorAs(t, err, &fault)
			require.Equal(t, c.code, fault.Code)
			require.Equal(t, c.line, fault.Line)
			require.NotEqual(t, fault.Message(Russian), fault.Message(English))
			require.Equal(t, fault.Message(English), err.Error())
		})
	}
}

func TestBadRows(t *testing.T) {
	t.Parallel()
	const head, good = "Телефон;Имя\n", "89161234567;Анна\n"
	cases := []struct {
		name, row string
		code      Code
		lines     int // that are refused
	}{
		{"NUL far into the file", strings.Repeat("\n", sampleSize) + "89167654321;\x00\n", BadCharacters, 1},
		{"a long cell", "89167654321;" + strings.Repeat("x", MaxField+1) + "\n", FieldTooLong, 1},
		{"more cells than columns", "89167654321;Анна;Мария\n", WrongColumns, 1},
		{"more cells than any file has", "89167654321" + strings.Repeat(";x", 2*MaxColumns) + "\n", WrongColumns, 1},
		{"junk after a quote", "89167654321;\"Анна\" М\"\n", OpenQuote, 1},
		{"junk after quotes that match", "\"89167654321\"x;Анна;\"\"\n", BadQuotes, 1},
		{"a quote over the next lines", "89167654321;\"Анна\n", OpenQuote, 1},
		{"a quote closed two lines on", "89167654321;\"Анна\nМария\n\"Ольга\"x\n", OpenQuote, 3},
		{"a quote over a megabyte", "89167654321;\"Анна\n" + strings.Repeat("нет;\n", 200_000), OpenQuote, 200_001},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, refused, sum := all(t, strings.NewReader(head+c.row+good), Options{})
			require.Len(t, rows, 1, "the next row is read all the same")
			require.Equal(t, "Анна", rows[0].Contact.Name)
			require.Equal(t, 1+strings.Count(c.row, "\n")+1, rows[0].Line)
			require.Len(t, refused, c.lines)
			require.Equal(t, c.code, refused[0].Code)
			require.Equal(t, strings.Count(c.row, "\n")-strings.Count(strings.TrimLeft(c.row, "\n"), "\n")+2, refused[0].Line)
			require.LessOrEqual(t, len(refused[0].Record), MaxColumns)
			require.Equal(t, sum.Read, sum.Contacts+sum.Refused+sum.Doubles)
		})
	}
}

func TestQuoteOpenAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, tail := range []string{"89161234567;\"Анна", "89161234567;\"Анна\n", "89161234567;\"Анна\nМария"} {
		_, refused, _ := all(t, strings.NewReader("Телефон;Имя\n"+tail), Options{})
		require.Equal(t, OpenQuote, refused[0].Code)
		require.Equal(t, 2, refused[0].Line)
		require.Equal(t, []string{"89161234567;\"Анна"}, refused[0].Record)
	}
}

func TestRecordWithoutEnd(t *testing.T) {
	t.Parallel()
	rd, err := Read(io.MultiReader(strings.NewReader("Телефон;Имя\n89161234567;"), endless{}), Options{})
	require.NoError(t, err)
	for range 2 {
		_, _, err = rd.Next()
		var fault *FileError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, RecordTooLong, fault.Code)
		require.Equal(t, 2, fault.Line)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestStrayQuotesAreUnderstood(t *testing.T) {
	t.Parallel()
	rows, refused, _ := all(t, strings.NewReader("Телефон;Компания\n89161234567;ООО \"Ромашка\"\n89161234568;\"ООО \"\"Рога\"\"\"\n"), Options{})
	require.Empty(t, refused)
	require.Equal(t, `ООО "Ромашка"`, rows[0].Contact.Attributes["company"])
	require.Equal(t, `ООО "Рога"`, rows[1].Contact.Attributes["company"])
}

func TestBlankRowsAndShortRows(t *testing.T) {
	t.Parallel()
	rows, refused, sum := all(t, strings.NewReader(";;;\nТелефон;Имя;Город;\n\n89161234567\n;;;\n89161234568;Анна;Омск;\n; ;\u00a0;\n"), Options{})
	require.Empty(t, refused)
	require.Len(t, rows, 2)
	require.Equal(t, 4, rows[0].Line)
	require.Equal(t, 6, rows[1].Line)
	require.Equal(t, 2, sum.Blank)
	require.Equal(t, 2, sum.Read)
}

func TestDoublesKeepTheFirst(t *testing.T) {
	t.Parallel()
	rows, refused, sum := all(t, strings.NewReader("Телефон;Имя\n89161234567;Анна\n9161234568;Мария\n+7 916 123-45-67;Ольга\n"), Options{})
	require.Len(t, rows, 2)
	require.Equal(t, "Анна", rows[0].Contact.Name)
	require.Equal(t, &Refusal{Line: 4, Record: []string{"+7 916 123-45-67", "Ольга"}, Code: Double, First: 2, Value: "+7 916 123-45-67"}, refused[0])
	require.Contains(t, refused[0].Message(Russian), "строке 2")
	require.Contains(t, refused[0].Message(English), "line 2")
	require.Equal(t, 1, sum.Doubles)
	require.Zero(t, sum.Refused)
}

func TestTooManyRows(t *testing.T) {
	t.Parallel()
	rd, err := Read(strings.NewReader("Телефон\n89161234567\n89161234568\n"), Options{MaxRows: 1})
	require.NoError(t, err)
	_, _, err = rd.Next()
	require.NoError(t, err)
	_, _, err = rd.Next()
	var fault *FileError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, TooManyRows, fault.Code)
	require.Equal(t, 3, fault.Line)
}

func TestReaderThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	file := []byte("Телефон;Имя\n" + strings.Repeat("89161234567;Анна\n", 10_000))
	rd, err := Read(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)), Options{})
	require.NoError(t, err)
	for err == nil {
		_, _, err = rd.Next()
	}
	require.ErrorIs(t, err, broken)
	var fault *FileError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, ReadFailed, fault.Code)
	_, err = Read(iotest.ErrReader(broken), Options{})
	require.ErrorIs(t, err, broken)
}

func TestRowsWithoutAPhone(t *testing.T) {
	t.Parallel()
	const file = "Телефон;Email;VK\n;Anna@mail.example;\n-;anna@MAIL.example;durov\n;;vk.com/durov\n;;\nнет;boris@mail.example;\n" +
		"89161234567;anna@mail.example;\n;no address;\n"
	read := func(opt Options) (phones []string, refused []Code, sum Summary) {
		rd, err := Read(strings.NewReader(file), opt)
		require.NoError(t, err)
		for {
			row, refusal, err := rd.Next()
			if errors.Is(err, io.EOF) {
				return phones, refused, rd.Summary()
			}
			require.NoError(t, err)
			if refusal != nil {
				refused = append(refused, refusal.Code)
				continue
			}
			phones = append(phones, KnownBy(&row.Contact))
		}
	}
	phones, refused, _ := read(Options{})
	require.Equal(t, []string{"+79161234567"}, phones)
	require.Equal(t, []Code{NoPhone, NoPhone, NoPhone, NotANumber, NoPhone}, refused, "as people mostly want it: their file lacks phones")
	phones, refused, sum := read(Options{WithoutPhone: true})
	require.Equal(t, []string{"email:anna@mail.example", "vk:durov", "+79161234567"}, phones)
	require.Equal(t, []Code{Double, NotANumber, NoPhone}, refused)
	require.Equal(t, 1, sum.Doubles)

	_, err := Read(strings.NewReader("Email\nanna@mail.example\n"), Options{})
	requireCode(t, err, NoPhoneColumn)
	_, err = Read(strings.NewReader("Email\nanna@mail.example\n"), Options{WithoutPhone: true})
	require.NoError(t, err)
	_, err = Read(strings.NewReader("Город\nОмск\n"), Options{WithoutPhone: true})
	requireCode(t, err, NoPhoneColumn)
}
