package paging

import "strings"

// maxWords bounds the words of a search; further ones choose nothing more.
const maxWords = 10

// Words gives the words of a search, each of which must be found, as a database takes them; never nil.
func Words(q string) []string {
	list := strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(q, "\uFFFD"), "\x00", "\uFFFD"))
	return append([]string{}, list[:min(len(list), maxWords)]...)
}

// Place is where a page of a list of texts ended: the order, the last item's text in it, and its id.
type Place struct {
	Sort string `json:"s,omitempty"`
	Text string `json:"t,omitempty"`
	ID   int64  `json:"i"`
}
