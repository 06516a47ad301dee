package audience

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"unicode/utf8"
)

// FuzzRead: whatever the file, reading ends, counts every row once, and gives only valid phones and valid text.
func FuzzRead(f *testing.F) {
	book, err := os.ReadFile("sample/contacts-windows-1251.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(book[:2000])
	for _, s := range []string{"", "Телефон;Имя\n89161234567;Анна\n", "\xff\xfeT\x00e\x00l\x00\n\x008\x00", "sep=,\nphone,name\n\"+7916\n\",\"\"x\"",
		"Телефон\r8 916 123-45-67\r", "tel\tx\n\"\"\"\n\"a\"b\n\"\n\n\"c", "phone\n7,9E+10\n=\"89161234567\"\n", planText} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, opt := range []Options{{}, {NoHeader: true}} {
			rd, err := Read(bytes.NewReader(file), opt)
			if err != nil {
				continue
			}
			drain(t, rd, len(file))
		}
	})
}

func drain(t *testing.T, rd *Reader, size int) {
	last := 0
	for rows := 0; ; rows++ {
		if rows > size+1 {
			t.Fatal("more rows than bytes")
		}
		row, refusal, err := rd.Next()
		if err != nil {
			if sum := rd.Summary(); errors.Is(err, io.EOF) && (sum.Read != rows || sum.Read != sum.Contacts+sum.Doubles+sum.Refused) {
				t.Fatalf("%d rows: %+v", rows, sum)
			}
			return
		}
		if row.Line <= last {
			t.Fatalf("line %d after %d", row.Line, last)
		}
		last = row.Line
		if refusal != nil {
			for _, cell := range refusal.Record {
				if !utf8.ValidString(cell) {
					t.Fatalf("%q", cell)
				}
			}
			continue
		}
		if phone, why := NormalisePhone(row.Contact.Phone, "RU"); phone != row.Contact.Phone {
			t.Fatalf("%q: %s", row.Contact.Phone, why)
		}
		if !utf8.ValidString(row.Contact.Name) || bytes.IndexByte([]byte(row.Contact.Name), 0) >= 0 {
			t.Fatalf("%q", row.Contact.Name)
		}
	}
}
