// Package ids holds the form that ids have outside: strings of digits, because JavaScript's numbers end at 2^53.
package ids

import (
	"errors"
	"strconv"
)

// ID is the id of anything that has one. In JSON, paths and queries it is a string of decimal digits. 0 is no id.
type ID int64

// errForm says what an id looks like.
var errForm = errors.New("an id is a string of 1 to 19 digits, as the API gave it")

// MarshalText implements encoding.TextMarshaler.
func (i ID) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(i), 10), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it takes positive decimal numbers only.
func (i *ID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n <= 0 || text[0] == '+' {
		return errForm
	}
	*i = ID(n)
	return nil
}

// String implements fmt.Stringer.
func (i ID) String() string { return strconv.FormatInt(int64(i), 10) }
