// Package files is what the product knows of the pictures and sounds of an account: which kinds there are, how large they
// may be, how they are named, where a scheme uses them, and the address by which a provider fetches one.
package files

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Kind says what a file is for.
type Kind string

// The kinds.
const (
	Audio   Kind = "audio"
	Picture Kind = "picture"
)

// The bounds, in bytes.
const (
	MaxAudio   = 20 << 20
	MaxPicture = 5 << 20
	MaxFile    = MaxAudio // of any kind
	MaxAccount = 1 << 30  // of all files of an account
)

// MaxName bounds a name, in characters.
const MaxName = 100

// File is a file without its content. Its name and its content never change.
type File struct {
	ID     ids.ID    `json:"id"`
	Name   string    `json:"name" doc:"The name by which a scheme refers to it; no two files of the account have the same."`
	Kind   Kind      `json:"kind" enum:"audio,picture"`
	Type   string    `json:"type" doc:"The media type, found out from the content: audio/mpeg, image/png ..."`
	Size   int64     `json:"size" doc:"In bytes."`
	Digest string    `json:"sha256" doc:"SHA-256 of the content, in hexadecimal digits."`
	MadeBy string    `json:"made_by" doc:"The name of the user or token that brought it, of that time."`
	MadeAt time.Time `json:"made_at"`
}

// Query chooses files of a list.
type Query struct {
	Search string `query:"q" maxLength:"200" doc:"Only files in whose name each of these words is, case aside."`
	Kind   Kind   `query:"kind" enum:"audio,picture" doc:"Only files of this kind."`
	Sort   string `query:"sort" enum:"made_at,-made_at,name,-name" default:"-made_at" doc:"By what; with - the last first."`
}

// Form is what the content of a file is.
type Form struct {
	Kind Kind
	Type string
	ends []string // of names, the usual one first
}

// Check finds out what a content is, and refuses what is no picture or sound, or too large.
func Check(content []byte) (Form, error) {
	if len(content) == 0 {
		return Form{}, fault.New(fault.Invalid, "file_empty", "body")
	}
	form, ok := sniff(content)
	if !ok {
		return form, fault.New(fault.Unsupported, "file_kind", "body")
	}
	if form.Kind == Picture && len(content) > MaxPicture {
		return form, TooLarge(MaxPicture)
	}
	if len(content) > MaxFile {
		return form, TooLarge(MaxAudio)
	}
	return form, nil
}

// TooLarge is the refusal of a file of more than most bytes.
func TooLarge(most int) error {
	return fault.New(fault.TooLarge, "file_too_large", "body", "max", strconv.Itoa(most>>20))
}

// Room refuses a file of size bytes where the account's other ones have used bytes.
func Room(used, size int64) error {
	if used+size <= MaxAccount {
		return nil
	}
	return fault.New(fault.Conflict, "files_full", "body", "max", MaxAccount>>20, "used", (used+(1<<20)-1)>>20)
}

// forbidden are characters that no name has: they would make it an address, a path, or need escaping in a document.
const forbidden = `/\:?#"<>&%*|'` + "`"

// CleanName makes a name of what a file was called: without folders, without what names must not hold, with the ending of
// its form, at most MaxName characters.
func CleanName(name string, form Form) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsGraphic(r) || strings.ContainsRune(forbidden, r) || unicode.IsSpace(r)
	}), " ")
	base, end := strings.TrimSuffix(name, path.Ext(name)), strings.ToLower(path.Ext(name))
	switch {
	case slices.Contains(form.ends, end):
	case slices.Contains(knownEnds(), end):
		end = form.ends[0] // it was called what it is not
	default:
		base, end = name, form.ends[0]
	}
	base = strings.Trim(base, ". ")
	if base == "" {
		base = string(form.Kind)
	}
	return cut(base, MaxName-len(end)) + end
}

// Numbered gives the n-th name to try where a name is taken, from 2.
func Numbered(name string, n int) string {
	end := path.Ext(name)
	mark := " (" + strconv.Itoa(n) + ")" + end
	return cut(strings.TrimSuffix(name, end), MaxName-len(mark)) + mark
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		s = strings.TrimSpace(string([]rune(s)[:most]))
	}
	return s
}
