package expression

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/words"
)

// appendValue writes a value as text: nil is empty, whole numbers have no decimals, lists are joined with ", ",
// instants are RFC 3339, maps are JSON. On an error out is as it was.
func (r *run) appendValue(out []byte, v any, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return out, errDepth
	}
	start := len(out)
	switch v := v.(type) {
	case nil:
	case string:
		out = appendText(out, v)
	case bool:
		out = strconv.AppendBool(out, v)
	case int:
		out = strconv.AppendInt(out, int64(v), 10)
	case float64:
		out = appendNumber(out, v)
	case time.Time:
		out = v.AppendFormat(out, time.RFC3339)
	case time.Duration:
		out = append(out, v.String()...)
	case *time.Location:
		out = append(out, v.String()...)
	default:
		var err error
		if out, err = r.appendOther(out, reflect.ValueOf(v), depth); err != nil {
			return out[:start], err
		}
	}
	if len(out) > MaxOutput {
		return out[:start], errOut
	}
	return out, nil
}

func (r *run) appendOther(out []byte, v reflect.Value, depth int) ([]byte, error) {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(out, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(out, v.Uint(), 10), nil
	case reflect.Float32:
		return strconv.AppendFloat(out, v.Float(), 'f', -1, 32), nil
	case reflect.String:
		return appendText(out, v.String()), nil
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := r.spend(1); err != nil {
				return out, err
			}
			if i > 0 {
				out = append(out, ", "...)
			}
			var err error
			if out, err = r.appendValue(out, v.Index(i).Interface(), depth+1); err != nil {
				return out, err
			}
		}
		return out, nil
	case reflect.Map:
		b, err := r.json(v.Interface())
		return append(out, b...), err
	}
	return out, words.Fail("value.no_text", "type", typeName(v.Type()))
}

func appendText(out []byte, s string) []byte {
	if utf8.ValidString(s) {
		return append(out, s...)
	}
	return append(out, strings.ToValidUTF8(s, "�")...)
}

// appendNumber writes the shortest text that reads back as the same number, without an exponent where people
// would not write one.
func appendNumber(out []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) || math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendFloat(out, f, 'g', -1, 64)
	}
	return strconv.AppendFloat(out, f, 'f', -1, 64)
}

// json writes a value as compact JSON, keys sorted.
func (r *run) json(v any) ([]byte, error) {
	v, err := r.plain(v, 0)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if err := r.spend(b.Len()); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

var errNumber = words.Fail("value.not_number")

// plain copies a value into what JSON can hold: nil, bool, text, numbers, []any, map[string]any; instants stay.
func (r *run) plain(v any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	if err := r.spend(1); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, bool, int, int64, time.Time:
		return v, nil
	case string:
		return strings.ToValidUTF8(v, "�"), r.spend(len(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errNumber
		}
		return v, nil
	case time.Duration:
		return v.String(), nil
	case *time.Location:
		return v.String(), nil
	case json.Number:
		return v.Float64()
	}
	return r.plainOther(reflect.ValueOf(v), depth)
}

func (r *run) plainOther(v reflect.Value, depth int) (any, error) {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	case reflect.Float32:
		return r.plain(v.Float(), depth)
	case reflect.String:
		return r.plain(v.String(), depth)
	case reflect.Slice, reflect.Array:
		out := make([]any, 0, min(v.Len(), 64))
		for i := range v.Len() {
			e, err := r.plain(v.Index(i).Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	case reflect.Map:
		out := make(map[string]any, min(v.Len(), 64))
		for it := v.MapRange(); it.Next(); {
			k, err := r.appendValue(nil, it.Key().Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			if out[string(k)], err = r.plain(it.Value().Interface(), depth+1); err != nil {
				return nil, err
			}
			if err := r.spend(len(k)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, words.Fail("value.not_kept", "type", typeName(v.Type()))
}

func toString(args ...any) (any, error) {
	b, err := args[0].(*run).appendValue(nil, args[1], 0)
	return string(b), err
}

func toJSON(args ...any) (any, error) {
	b, err := args[0].(*run).json(args[1])
	return string(b), err
}

// entries gives a map's keys and values in the order of the keys' texts: Go's own order changes from run to run.
func (r *run) entries(v any) ([][2]any, error) {
	m := reflect.ValueOf(v)
	if m.Kind() != reflect.Map {
		return nil, words.Fail("value.map_needed", "type", kindName(v))
	}
	type entry struct {
		name string
		pair [2]any
	}
	all := make([]entry, 0, min(m.Len(), 64))
	for it := m.MapRange(); it.Next(); {
		name, err := r.appendValue(nil, it.Key().Interface(), 0)
		if err != nil {
			return nil, err
		}
		if err := r.spend(1 + 8*len(name)); err != nil { // sorting compares each a few times
			return nil, err
		}
		all = append(all, entry{string(name), [2]any{it.Key().Interface(), it.Value().Interface()}})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	out := make([][2]any, len(all))
	for i := range all {
		out[i] = all[i].pair
	}
	return out, nil
}

func keys(args ...any) (any, error) { return column(args, 0) }

func values(args ...any) (any, error) { return column(args, 1) }

func column(args []any, which int) (any, error) {
	pairs, err := args[0].(*run).entries(args[1])
	out := make([]any, len(pairs))
	for i := range pairs {
		out[i] = pairs[i][which]
	}
	return out, err
}

func toPairs(args ...any) (any, error) {
	pairs, err := args[0].(*run).entries(args[1])
	out := make([]any, len(pairs))
	for i := range pairs {
		out[i] = []any{pairs[i][0], pairs[i][1]}
	}
	return out, err
}
