package audience

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRefusedFile(t *testing.T) {
	t.Parallel()
	header := []string{"Телефон", "Имя"}
	refusals := []*Refusal{
		{Line: 2, Record: []string{"=1+1", "@Анна; \"М\""}, Code: NotANumber},
		{Line: 3, Record: []string{"+79161234567"}, Code: Double, First: 2},
		{Line: 4, Record: []string{"-1", "\tx\nу"}, Code: TooShort},
	}
	cases := map[Lang]string{
		Russian: "\ufeffТелефон;Имя;Номер строки;Код отказа;Причина отказа\r\n" +
			"'=1+1;\"'@Анна; \"\"М\"\"\";2;not_a_number;это не номер телефона: оставьте только цифры номера\r\n" +
			"'+79161234567;;3;double;этот телефон уже есть в строке 2: оставлена она\r\n" +
			"'-1;\"'\tx\r\nу\";4;too_short;в номере не хватает цифр: допишите код и номер полностью\r\n",
		English: "\ufeffТелефон;Имя;Line number;Refusal code;Refusal reason\r\n" +
			"'=1+1;\"'@Анна; \"\"М\"\"\";2;not_a_number;this is not a phone number: leave only its digits\r\n" +
			"'+79161234567;;3;double;this phone is already in line 2, which was kept\r\n" +
			"'-1;\"'\tx\r\nу\";4;too_short;the number has too few digits: write it in full, with its code\r\n",
	}
	for lang, want := range cases {
		var out bytes.Buffer
		w, err := NewRefusedWriter(&out, header, lang)
		require.NoError(t, err)
		for _, r := range refusals {
			require.NoError(t, w.Write(r))
		}
		require.NoError(t, w.Flush())
		require.Equal(t, want, out.String())
	}
}

func TestRefusedFileOfARealBookIsSafeAndReadable(t *testing.T) {
	t.Parallel()
	f, err := os.Open("sample/contacts-windows-1251.csv")
	require.NoError(t, err)
	defer f.Close()
	_, refused, _ := all(t, f, Options{})
	var out bytes.Buffer
	w, err := NewRefusedWriter(&out, []string{"Телефон", "Имя", "Фамилия", "Город", "Часовой пояс", "Дата рождения", "Метки", "VK ID"}, Russian)
	require.NoError(t, err)
	for _, r := range refused {
		require.NoError(t, w.Write(r))
	}
	require.NoError(t, w.Flush())

	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	c.Comma = ';'
	records, err := c.ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 501)
	for _, rec := range records {
		require.Len(t, rec, 11)
		for _, cell := range rec {
			require.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), "%q", cell)
		}
	}
	// Read again, the same rows are refused for the same reasons, and the doubles are contacts now.
	rows, again, sum := all(t, &out, Options{})
	require.Equal(t, 300, sum.Refused)
	require.Equal(t, 200, sum.Contacts+sum.Doubles)
	require.NotContains(t, rows[0].Contact.Attributes, "kod_otkaza")
	require.Equal(t, "'+799912345678", again[0].Record[0])
	require.Equal(t, TooLong, again[0].Code)
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "'=1", "''+"} {
		require.Equal(t, "'"+cell, Guard(cell))
	}
	for _, cell := range []string{"", "a", "1", "'a", "'", " =1"} {
		require.Equal(t, cell, Guard(cell))
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`['=+@a-]{2}.{0,10}`).Draw(t, "cell")
		guarded := Guard(cell)
		if risky(guarded[0]) || unguard(guarded) != cell {
			t.Fatalf("%q: %q, back %q", cell, guarded, unguard(guarded))
		}
	})
}

// Every code must be explained in both languages.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, table := range []map[Code]words{rowMessages, fileMessages} {
		for code, w := range table {
			require.NotEmpty(t, w.ru, code)
			require.NotEmpty(t, w.en, code)
			require.NotEqual(t, w.ru, w.en, code)
		}
	}
	for _, code := range []Code{NoPhone, NotANumber, TooShort, TooLong, SpreadsheetNumber, UnknownCountry, NotValid, Double,
		WrongColumns, FieldTooLong, BadQuotes, OpenQuote, BadCharacters, BadZone, BadEmail, BadAddress, BadDate, BadNumber, TooManyTags,
		SeveralPhones, BadValue, LongName, WrongAddress, WrongChannel, NoAddress, UnknownContact, EmptyFile, BinaryFile, SpreadsheetFile, NoHeader, NoPhoneColumn, TooManyColumns, TooManyRows, RecordTooLong,
		BadOption, BadPlan, BadBook, BookBomb, NoSheet, ReadFailed} {
		require.NotEqual(t, string(code), message(code).en)
	}
	require.Equal(t, "строка 3: "+fileMessages[RecordTooLong].ru, (&FileError{Code: RecordTooLong, Line: 3}).Message(Russian))
	require.Equal(t, Warning{Code: BadZone}.Message("fr"), Warning{Code: BadZone}.Message(English))
	require.NotEqual(t, Warning{Code: BadZone}.Message(Russian), Warning{Code: BadZone}.Message(English))
}

func TestRefusedWriterFails(t *testing.T) {
	t.Parallel()
	_, err := NewRefusedWriter(failing{}, nil, English)
	require.ErrorIs(t, err, io.ErrShortWrite)
	w, err := NewRefusedWriter(io.Discard, nil, English)
	require.NoError(t, err)
	w.csv = csv.NewWriter(failing{})
	require.NoError(t, w.Write(&Refusal{Line: 1}), "it is buffered")
	require.ErrorIs(t, w.Flush(), io.ErrShortWrite)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.Join(io.ErrShortWrite) }
