// Package paging is how long lists are read: page by page, by key and never by offset, so that a page costs the same
// wherever it lies and nothing is shown twice or left out when rows come and go.
package paging

import (
	"encoding/base64"
	"encoding/json"

	"kaskad/engine/fault"
)

// The bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Request asks for a page.
type Request struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items to give at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next of the page before; empty for the first page."`
}

// Page is a part of a list. Next is empty on the last one.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; absent on the last one."`
	Total *int64 `json:"total,omitempty" doc:"How many there are in all, where that is cheap to know."`
}

// Encode makes a cursor of the key of a page's last item: sort value and id, mostly.
func Encode(key any) string {
	text, err := json.Marshal(key)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Decode reads a cursor into key, a pointer; an empty cursor leaves it alone. The error is a fault of query.cursor.
func Decode(cursor string, key any) error {
	if cursor == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, key)
	}
	if err != nil {
		return fault.New(fault.Invalid, "bad_cursor", "query.cursor")
	}
	return nil
}
