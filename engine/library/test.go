package library

import (
	"encoding/json"
	"reflect"
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// The bounds of a test, in bytes of its JSON.
const (
	MaxScript   = 256 << 10
	MaxExpected = 1 << 20
)

// SchemeTest is a kept script of the simulator with the result that it must have.
type SchemeTest struct {
	TestHead
	Script   json.RawMessage `json:"script" doc:"As the simulator takes it."`
	Expected json.RawMessage `json:"expected" doc:"The result that the simulator must give."`
}

// TestHead is a test without its script.
type TestHead struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	By        Author    `json:"by" doc:"Who changed it last."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewTest is a test to be.
type NewTest struct {
	Name     string          `json:"name"`
	Script   json.RawMessage `json:"script"`
	Expected json.RawMessage `json:"expected"`
}

// Clean checks a test from outside; at is where it stands, such as body.
func (t NewTest) Clean(at string) (NewTest, error) {
	var err error
	if t.Name, err = CheckName(t.Name, at+".name"); err != nil {
		return t, err
	}
	if t.Script, err = object(t.Script, at+".script", MaxScript); err != nil {
		return t, err
	}
	t.Expected, err = object(t.Expected, at+".expected", MaxExpected)
	return t, err
}

// Script checks the script of a test from outside.
func Script(data []byte, field string) (json.RawMessage, error) {
	return object(data, field, MaxScript)
}

func object(data []byte, field string, most int) (json.RawMessage, error) {
	text, err := bounded(data, field, most)
	if err == nil && text[0] != '{' {
		err = fault.New(fault.Invalid, "json_no_object", field)
	}
	return text, err
}

// Trial is what a test gave.
type Trial struct {
	Test     ids.ID          `json:"test"`
	Name     string          `json:"name"`
	Passed   bool            `json:"passed"`
	Expected json.RawMessage `json:"expected,omitempty" doc:"Absent where the test passed."`
	Got      json.RawMessage `json:"got,omitempty" doc:"Absent where the test passed, or its script does not fit the scheme."`
	Field    string          `json:"field,omitempty" doc:"Where the script does not fit the scheme, such as events[0].node."`
	Problem  string          `json:"problem,omitempty" doc:"Why the script does not fit the scheme."`
}

// Judge compares what a test gave with what it must give.
func (t *SchemeTest) Judge(got json.RawMessage) Trial {
	out := Trial{Test: t.ID, Name: t.Name, Passed: SameJSON(t.Expected, got)}
	if !out.Passed {
		out.Expected, out.Got = t.Expected, got
	}
	return out
}

// SameJSON tells whether two pieces of JSON say the same, however they are written.
func SameJSON(a, b []byte) bool {
	x, errX := read(a)
	y, errY := read(b)
	return errX == nil && errY == nil && same(x, y)
}

// same compares values as read gives them. Numbers are the same where their values are: 80 and 80.0.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, there := b[key]
			if !there || !same(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a, b)
	}
	return reflect.DeepEqual(a, b)
}

func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}
