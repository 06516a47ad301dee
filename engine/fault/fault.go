// Package fault holds the errors that people are told of: what kind, which field, and a code by which the catalogues of
// messages find the words in each language. Whatever is no fault is ours: it goes to the log and not to the outside.
package fault

import "fmt"

// Kind says what follows from a fault.
type Kind uint8

// The kinds, with the HTTP status that they become.
const (
	Invalid      Kind = iota + 1 // 422: the field says which, the message how to mend it
	NotFound                     // 404: also what belongs to another account
	Conflict                     // 409: the state does not allow it now
	Stale                        // 412: somebody else changed it meanwhile
	Forbidden                    // 403: the role or token does not allow it
	Unknown                      // 401: who are you?
	TooMany                      // 429: After says how many seconds to wait
	TooLarge                     // 413
	Unsupported                  // 415
	Unavailable                  // 503: a part is not there now
	Precondition                 // 428: a header such as If-Match is needed
)

// Error is a fault. Code is snake_case and names a message of the catalogues, in which {name} is replaced from Args.
type Error struct {
	Kind  Kind
	Code  string
	Field string         // a path such as body.audience.groups[2] or query.limit, as the API's errors name it; may be empty
	Args  map[string]any // what the message says of this case; never a secret
	After int            // seconds, of TooMany and Unavailable
	More  []*Error       // further fields that are wrong
	Data  any            // more for programs, as JSON: what changed meanwhile, which tests failed; nil: nothing
}

// New makes a fault; args are pairs of a name and a value.
func New(kind Kind, code, field string, args ...any) *Error {
	e := &Error{Kind: kind, Code: code, Field: field}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

// Error is for the log; people get the catalogue's words.
func (e *Error) Error() string {
	text := e.Code
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if len(e.Args) > 0 {
		text += fmt.Sprint(" ", e.Args)
	}
	return text
}
