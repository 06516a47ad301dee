package expression

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm/runtime"

	"kaskad/engine/words"
)

// function is one that this package gives to expressions.
type function struct {
	name  string
	types []any // signatures, for the check
	// run gets the *run as args[0], then the arguments.
	run func(args ...any) (any, error)
}

// functions are those a user can call; they replace what the library has under the same name. With link, the
// function link(url) of templates is among them.
func functions(link bool) []function {
	fs := []function{
		{"says", []any{new(func(string, string, ...string) bool)}, says},
		{"now", []any{new(func() time.Time)}, now},
		{"replace", []any{new(func(string, string, string) string), new(func(string, string, string, int) string)}, replace},
		{"repeat", []any{new(func(string, int) string)}, repeat},
		{"uniq", []any{new(func([]any) []any), new(func([]string) []any)}, uniq},
		{"string", []any{new(func(any) string)}, toString},
		{"toJSON", []any{new(func(any) string)}, toJSON},
		{"keys", []any{new(func(map[string]any) []any), new(func(map[any][]any) []any)}, keys},
		{"values", []any{new(func(map[string]any) []any), new(func(map[any][]any) []any)}, values},
		{"toPairs", []any{new(func(map[string]any) []any), new(func(map[any][]any) []any)}, toPairs},
		{"timezone", []any{new(func(string) *time.Location)}, nil},
		{"date", []any{new(func(string) time.Time), new(func(string, string) time.Time),
			new(func(*time.Location, string) time.Time), new(func(*time.Location, string, string) time.Time)}, date},
	}
	if link {
		fs = append(fs, function{"link", []any{new(func(string) string)}, trackedLink})
	}
	return fs
}

// builtins are the functions taken from the library as they are: no clock, no randomness, no I/O, work linear in
// the size of the arguments. Predicates (filter, map, all ...) are part of the language and metered by pass.
var builtins = [...]string{"len", "type", "abs", "ceil", "floor", "round", "int", "float", "trim", "trimPrefix",
	"trimSuffix", "upper", "lower", "split", "splitAfter", "join", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix",
	"max", "min", "mean", "median", "fromJSON", "toBase64", "fromBase64", "duration", "first", "last", "get", "take",
	"fromPairs", "reverse", "concat", "flatten", "sort", "bitand", "bitor", "bitxor", "bitnand", "bitnot", "bitshl",
	"bitshr", "bitushr"}

// The functions that only rewritten programs call. No user can write a name with a space.
const (
	fnRead      = " read"
	fnAttribute = " attribute"
	fnGet       = " get"
	fnSlice     = " slice"
	fnWeigh     = " weigh"
	fnPass      = " pass"
	fnRange     = " range"
	fnMethod    = " method "
)

func internals() []function {
	return []function{{fnRead, nil, readName}, {fnAttribute, nil, attribute}, {fnGet, nil, get}, {fnSlice, nil, slice},
		{fnWeigh, nil, weighed}, {fnPass, nil, pass}, {fnRange, nil, makeRange}, {fnMethod, nil, method}}
}

func readName(args ...any) (any, error) {
	return code(args[1].(int)).read(args[0].(*run).vars), nil
}

// attribute reads a free key of contact.attributes or data in one step.
func attribute(args ...any) (any, error) {
	vars, key := args[0].(*run).vars, args[2].(string)
	m := vars.Data
	if code(args[1].(int)) == codeAttributes {
		if vars.Contact == nil {
			return nil, nil
		}
		m = vars.Contact.Attributes
	}
	return loaded(m[key])
}

// loaded is a value as expressions see it: an empty text is nil, and texts have a bound.
func loaded(v any) (any, error) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil, nil
		}
		if len(v) > MaxText {
			return nil, errLong
		}
	case json.Number:
		return v.Float64()
	}
	return v, nil
}

// get is member access and indexing: what is lacking is nil, at any depth. Texts are indexed by character.
func get(args ...any) (any, error) {
	base, key := args[1], args[2]
	if base == nil {
		return nil, nil
	}
	if k, ok := key.(string); ok { // it is hashed
		if err := args[0].(*run).spend(len(k)); err != nil {
			return nil, err
		}
	}
	switch b := base.(type) {
	case map[string]any:
		k, ok := key.(string)
		if !ok {
			return nil, words.Fail("value.map_names", "type", kindName(key))
		}
		return loaded(b[k])
	case []any:
		if i, ok := index(key, len(b)); ok {
			return loaded(b[i])
		}
		return nil, wrongIndex(key)
	case string:
		if err := args[0].(*run).spend(len(b)); err != nil {
			return nil, err
		}
		chars := []rune(b)
		if i, ok := index(key, len(chars)); ok {
			return string(chars[i]), nil
		}
		return nil, wrongIndex(key)
	}
	return getOther(reflect.ValueOf(base), key)
}

func getOther(v reflect.Value, key any) (any, error) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if i, ok := index(key, v.Len()); ok {
			return loaded(v.Index(i).Interface())
		}
		return nil, wrongIndex(key)
	case reflect.Map:
		k := reflect.ValueOf(key)
		if !k.IsValid() || !k.Type().AssignableTo(v.Type().Key()) || !k.Comparable() {
			return nil, nil
		}
		if e := v.MapIndex(k); e.IsValid() {
			return loaded(e.Interface())
		}
		return nil, nil
	}
	return nil, words.Fail("value.no_member", "type", kindName(v.Interface()), "name", short(fmt.Sprint(key)))
}

func index(key any, length int) (int, bool) {
	var i int
	switch k := key.(type) {
	case int:
		i = k
	case float64:
		i = int(k)
	default:
		return 0, false
	}
	if i < 0 {
		i += length
	}
	return i, i >= 0 && i < length
}

// wrongIndex: a place past the end is merely lacking, a place that is no number is a mistake.
func wrongIndex(key any) error {
	switch key.(type) {
	case int, float64:
		return nil
	}
	return words.Fail("value.place", "type", kindName(key))
}

// slice cuts lists by element and texts by character.
func slice(args ...any) (any, error) {
	base, from, to := args[1], args[2], args[3]
	if base == nil {
		return nil, nil
	}
	if s, ok := base.(string); ok {
		if err := args[0].(*run).spend(len(s)); err != nil {
			return nil, err
		}
		chars := []rune(s)
		a, b := limits(from, to, len(chars))
		return string(chars[a:b]), nil
	}
	v := reflect.ValueOf(base)
	if v.Kind() != reflect.Slice {
		return nil, words.Fail("value.not_cut", "type", kindName(base))
	}
	a, b := limits(from, to, v.Len())
	return v.Slice3(a, b, b).Interface(), nil
}

func limits(from, to any, length int) (int, int) {
	a, b := 0, length
	if from != nil {
		a = runtime.ToInt(from)
	}
	if to != nil {
		b = runtime.ToInt(to)
	}
	clamp := func(i int) int {
		if i < 0 {
			i += length
		}
		return min(max(i, 0), length)
	}
	a, b = clamp(a), clamp(b)
	return min(a, b), b
}

// weighed spends the size of its argument, times the factor args[2] if there is one, and gives it back.
func weighed(args ...any) (any, error) {
	factor := 1
	if len(args) > 2 {
		factor = args[2].(int)
	}
	return args[1], args[0].(*run).weigh(args[1], factor, 0)
}

// pass spends the cost of one pass of a predicate.
func pass(args ...any) (any, error) { return nil, args[0].(*run).spend(args[1].(int)) }

func makeRange(args ...any) (any, error) {
	from, to := runtime.ToInt(args[1]), runtime.ToInt(args[2])
	if from > to {
		return []int{}, nil
	}
	if uint(to)-uint(from) >= MaxRange {
		return nil, words.Fail("value.range", "most", MaxRange)
	}
	return runtime.MakeRange(from, to), args[0].(*run).spend(to - from + 1)
}

func now(args ...any) (any, error) { return args[0].(*run).vars.Now, nil }

func says(args ...any) (any, error) {
	reply, ok := args[1].(string)
	if !ok {
		if args[1] == nil {
			return false, nil
		}
		return nil, words.Fail("value.says_in", "type", kindName(args[1]))
	}
	prepared, ok := args[2].(*phrases)
	if !ok {
		given := make([]string, 0, len(args)-2)
		for _, a := range args[2:] {
			s, ok := a.(string)
			if !ok {
				return nil, words.Fail("value.says_for", "type", kindName(a))
			}
			given = append(given, s)
		}
		var err error
		if prepared, err = preparePhrases(given); err != nil {
			return nil, err
		}
	}
	if err := args[0].(*run).spend(1 + len(reply)*prepared.words); err != nil {
		return nil, err
	}
	return prepared.in(reply), nil
}

var errText = words.Fail("value.text_needed")

func textArgs(args []any) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		s, ok := a.(string)
		if !ok {
			return nil, errText
		}
		out[i] = s
	}
	return out, nil
}

func replace(args ...any) (any, error) {
	t, err := textArgs(args[1:4])
	if err != nil {
		return nil, err
	}
	n := strings.Count(t[0], t[1])
	if len(args) > 4 {
		if limit := runtime.ToInt(args[4]); limit >= 0 {
			n = min(n, limit)
		}
	}
	if n > 0 && len(t[2]) > MaxWork/n {
		return nil, errWork
	}
	if err := args[0].(*run).spend(n * (1 + len(t[2]))); err != nil {
		return nil, err
	}
	return strings.Replace(t[0], t[1], t[2], n), nil
}

func repeat(args ...any) (any, error) {
	t, err := textArgs(args[1:2])
	if err != nil {
		return nil, err
	}
	n := runtime.ToInt(args[2])
	if n < 0 {
		return nil, words.Fail("value.repeat")
	}
	if n > 0 && len(t[0]) > MaxWork/n {
		return nil, errWork
	}
	if err := args[0].(*run).spend(n * len(t[0])); err != nil {
		return nil, err
	}
	return strings.Repeat(t[0], n), nil
}

func uniq(args ...any) (any, error) {
	r := args[0].(*run)
	v := reflect.ValueOf(args[1])
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, words.Fail("value.uniq", "type", kindName(args[1]))
	}
	out := []any{}
next:
	for i := range v.Len() {
		e := v.Index(i).Interface()
		for _, seen := range out {
			if err := r.weigh(e, 1, 0); err != nil { // every comparison goes over the element
				return nil, err
			}
			if runtime.Equal(e, seen) {
				continue next
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// address is a constant one of link(), checked when it was compiled.
type address string

// link: what the contact's data made of an address is checked like one that the marketer wrote.
func trackedLink(args ...any) (any, error) {
	r := args[0].(*run)
	to, isChecked := args[1].(address)
	if !isChecked {
		s, ok := args[1].(string)
		if !ok {
			return nil, words.Fail("value.link")
		}
		if err := checkAddress(s); err != nil {
			return nil, err
		}
		to = address(s)
	}
	if r.link == nil {
		return string(to), nil
	}
	return r.link(string(to)), nil
}
