package audience

import (
	"fmt"
	"strconv"
)

// Lang is the language of a message for people.
type Lang string

// The languages. Any other value is taken for English.
const (
	Russian Lang = "ru"
	English Lang = "en"
)

// Code names why a row was refused, what a reader should look at in a row, or why a file cannot be read. The codes
// are stable.
type Code string

// Reasons for refusing a row.
const (
	NoPhone           Code = "no_phone"           // the cell is empty
	NotANumber        Code = "not_a_number"       // letters or signs that no phone has
	TooShort          Code = "too_short"          // fewer digits than the country's numbers have
	TooLong           Code = "too_long"           // more digits
	SpreadsheetNumber Code = "spreadsheet_number" // 7,9E+10: the digits are lost
	UnknownCountry    Code = "unknown_country"    // no such calling code
	NotValid          Code = "not_valid"          // the length is right, but nobody can have this number
	Double            Code = "double"             // the phone occurred in an earlier row
	WrongColumns      Code = "wrong_columns"      // more cells than the header has
	FieldTooLong      Code = "field_too_long"     // a cell over MaxField
	BadQuotes         Code = "bad_quotes"         // quotes that RFC 4180 does not allow and that cannot be guessed
	OpenQuote         Code = "open_quote"         // a quote is opened and not closed; reading goes on with the next line
	BadCharacters     Code = "bad_characters"     // NUL bytes, or bytes that the encoding does not have
	WrongAddress      Code = "wrong_address"      // of a stop list: nothing that can be stopped
	WrongChannel      Code = "wrong_channel"      // of a stop list: no name of a channel
	NoAddress         Code = "no_address"         // of a stop list or of members: nothing that says who is meant
	UnknownContact    Code = "unknown_contact"    // of members: the account has no such contact
)

// Warnings: the contact is taken, one of its values is not as it should be.
const (
	BadZone       Code = "bad_zone"       // not an IANA name; left out
	BadEmail      Code = "bad_email"      // left out
	BadAddress    Code = "bad_address"    // left out
	BadDate       Code = "bad_date"       // kept as text
	BadNumber     Code = "bad_number"     // kept as text
	TooManyTags   Code = "too_many_tags"  // over MaxTags or longer than MaxTag; the surplus is left out
	SeveralPhones Code = "several_phones" // the first valid one was taken
	BadValue      Code = "bad_value"      // does not fit the attribute's type; left out
	LongName      Code = "long_name"      // cut to MaxName
)

// Reasons for which a file cannot be read, or not to its end.
const (
	EmptyFile       Code = "empty_file"
	BinaryFile      Code = "binary_file"
	SpreadsheetFile Code = "spreadsheet_file" // a workbook, not CSV
	NoHeader        Code = "no_header"
	NoPhoneColumn   Code = "no_phone_column"
	TooManyColumns  Code = "too_many_columns"
	TooManyRows     Code = "too_many_rows"
	RecordTooLong   Code = "record_too_long"
	BadOption       Code = "bad_option" // what the caller asked for does not fit
	BadPlan         Code = "bad_plan"   // a numbering plan with a row that makes no sense
	BadBook         Code = "bad_book"   // a workbook that is broken, or locked by a password
	BookBomb        Code = "book_bomb"  // a workbook that unpacks to more than is sensible
	NoSheet         Code = "no_sheet"   // the workbook has no sheet of this name
	ReadFailed      Code = "read_failed"
)

type words struct{ ru, en string }

func (w words) in(lang Lang) string {
	if lang == Russian {
		return w.ru
	}
	return w.en
}

func message(code Code) words {
	if w, ok := rowMessages[code]; ok {
		return w
	}
	if w, ok := fileMessages[code]; ok {
		return w
	}
	return words{string(code), string(code)}
}

var rowMessages = map[Code]words{
	NoPhone:    {"телефон не указан: впишите номер", "there is no phone: fill it in"},
	NotANumber: {"это не номер телефона: оставьте только цифры номера", "this is not a phone number: leave only its digits"},
	TooShort:   {"в номере не хватает цифр: допишите код и номер полностью", "the number has too few digits: write it in full, with its code"},
	TooLong:    {"в номере лишние цифры: проверьте его", "the number has too many digits: check it"},
	SpreadsheetNumber: {"таблица округлила номер: задайте столбцу текстовый формат и выгрузите файл заново",
		"the spreadsheet rounded the number: make the column text and export again"},
	UnknownCountry: {"нет страны с таким кодом: проверьте начало номера", "no country has this calling code: check how the number begins"},
	NotValid:       {"такого номера не может быть: проверьте код и цифры", "no such number can exist: check its code and digits"},
	Double:         {"этот телефон уже есть в строке %d: оставлена она", "this phone is already in line %d, which was kept"},
	WrongColumns: {"ячеек больше, чем столбцов в заголовке: возьмите в кавычки значения с разделителем",
		"there are more cells than the header has: quote values that contain the separator"},
	FieldTooLong:  {"слишком длинное значение: сократите до 64 КБ", "a value is too long: shorten it to 64 KiB"},
	BadQuotes:     {"неверные кавычки: удвойте кавычки внутри значения", "the quotes are wrong: double those inside a value"},
	OpenQuote:     {"кавычка открыта и не закрыта: закройте её", "a quote is opened and never closed: close it"},
	BadCharacters: {"недопустимые символы: сохраните файл в UTF-8", "characters that do not belong: save the file as UTF-8"},

	WrongAddress: {"это не телефон, не почта и не адрес в канале: исправьте адрес",
		"this is no phone, e-mail or address in a channel: mend it"},
	WrongChannel: {"нет такого канала: напишите sms, viber, voice, vk, ok, whatsapp или оставьте пустым для всех",
		"there is no such channel: write sms, viber, voice, vk, ok or whatsapp, or leave it empty for all"},
	NoAddress:      {"адрес не указан: впишите телефон или другой адрес", "there is no address: fill in a phone or another one"},
	UnknownContact: {"такого контакта нет: сначала загрузите его", "there is no such contact: import it first"},

	BadValue:      {"значение не подходит к типу поля, не взято", "the value does not fit the attribute's type, left out"},
	LongName:      {"имя длиннее 200 символов, обрезано", "the name is longer than 200 characters and was cut"},
	BadZone:       {"неизвестный часовой пояс, не взят: пишите как Europe/Moscow", "unknown time zone, left out: write it like Europe/Moscow"},
	BadEmail:      {"неверный адрес почты, не взят", "wrong e-mail address, left out"},
	BadAddress:    {"неверный адрес в канале, не взят", "wrong address for the channel, left out"},
	BadDate:       {"дата не разобрана, оставлена текстом: пишите 31.12.1990", "not a date, kept as text: write 31.12.1990 or 1990-12-31"},
	BadNumber:     {"число не разобрано, оставлено текстом", "not a number, kept as text"},
	TooManyTags:   {"слишком много меток или слишком длинная метка, лишнее не взято", "too many tags or too long a tag, the surplus is left out"},
	SeveralPhones: {"несколько номеров в ячейке, взят первый верный", "several phones in the cell, the first valid one was taken"},
}

var fileMessages = map[Code]words{
	EmptyFile:       {"файл пуст: нужна строка заголовков и строки с контактами", "the file is empty: it needs a header and rows"},
	BinaryFile:      {"это не текстовый файл: сохраните таблицу в CSV", "this is not a text file: save the table as CSV"},
	SpreadsheetFile: {"это книга Excel: сохраните её как CSV (UTF-8)", "this is a workbook: save it as CSV (UTF-8)"},
	NoHeader:        {"первая строка не похожа на заголовки: добавьте строку с названиями столбцов", "the first line is no header: add a line that names the columns"},
	NoPhoneColumn:   {"не найден столбец с телефонами: назовите его «Телефон» или укажите сами", "no column of phones was found: call it “Phone”, or say which it is"},
	TooManyColumns:  {"слишком много столбцов: не больше 500", "there are too many columns: at most 500"},
	TooManyRows:     {"слишком много строк: разделите файл", "there are too many rows: split the file"},
	RecordTooLong:   {"запись длиннее 1 МБ: разделите её или закройте кавычку", "the record is over 1 MiB: split it, or close its quote"},
	BadOption:       {"настройка чтения не подходит к файлу", "a setting does not fit the file"},
	BadBook:         {"книга Excel повреждена или защищена паролем: сохраните её заново без пароля", "the workbook is broken or locked: save it anew without a password"},
	BookBomb:        {"книга Excel распаковывается в слишком большой объём: сохраните лист как CSV", "the workbook unpacks to too much: save the sheet as CSV"},
	NoSheet:         {"в книге нет такого листа: выберите другой", "the workbook has no such sheet: choose another"},
	BadPlan:         {"строка плана нумерации не разобрана: скачайте файл заново", "a row of the numbering plan makes no sense: download the file again"},
	ReadFailed:      {"файл не дочитан: загрузите его ещё раз", "the file could not be read to its end: upload it again"},
}

// Refusal is a row that gave no contact.
type Refusal struct {
	Line   int      // of the file, from 1: where the row starts
	Record []string // its cells; the row as it stands, in one cell, where they could not be told apart
	Code   Code
	First  int    // for a double: the line of the row that was kept
	Value  string // the cell that was refused, shortened to 100 characters
}

// Message says why, and what to do about it.
func (r *Refusal) Message(lang Lang) string {
	text := message(r.Code).in(lang)
	if r.Code == Double {
		return fmt.Sprintf(text, r.First)
	}
	return text
}

// Warning is a value that a row's contact lacks, or has otherwise than its author may have meant.
type Warning struct {
	Code   Code
	Column string // its header
	Value  string // shortened to 100 characters
}

// Message says what is wrong with the value.
func (w Warning) Message(lang Lang) string { return message(w.Code).in(lang) }

// FileError says why a file cannot be read, or no further. Rows that were given before it stand.
type FileError struct {
	Code   Code
	Line   int    // from 1; 0 where no line is to blame
	Detail string // English: which option or column
	Err    error  // what the underlying reader said, for read_failed
}

func (e *FileError) Error() string {
	text := e.Message(English)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the underlying reader's error.
func (e *FileError) Unwrap() error { return e.Err }

// Message says what is wrong and what to do about it.
func (e *FileError) Message(lang Lang) string {
	text := message(e.Code).in(lang)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	if e.Line == 0 {
		return text
	}
	return words{"строка ", "line "}.in(lang) + strconv.Itoa(e.Line) + ": " + text
}

// shorten keeps a value fit for a message.
func shorten(s string) string {
	const most = 100
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
