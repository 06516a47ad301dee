package words

// Error is an error that can be said in every language. As a Go error it is English.
type Error struct{ Message Message }

// Fail makes an error of a key of the catalogue and pairs of a name and a value. The first value that is an error is
// its cause.
func Fail(key string, pairs ...any) *Error { return &Error{Say(key, pairs...)} }

// Error implements error.
func (e *Error) Error() string { return e.Message.In(English) }

// Said gives the message.
func (e *Error) Said() Message { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error {
	for _, a := range e.Message.Args {
		if cause, ok := a.Value.(error); ok {
			return cause
		}
	}
	return nil
}

// Sayer is implemented by errors that can be said in every language.
type Sayer interface{ Said() Message }

// Of gives the message of an error: what it says itself, or its text as it is where it speaks one language only.
// Whoever put such an error into another has left its words behind; only the outermost is asked.
func Of(err error) Message {
	if s, ok := err.(Sayer); ok {
		return s.Said()
	}
	return Verbatim(err.Error())
}
