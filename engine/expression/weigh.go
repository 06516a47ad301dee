package expression

import (
	"reflect"
)

// weigh spends the size of a value: one unit for each element at any depth and one for each byte of text, times
// the factor. It stops at the bound, so that weighing is itself bounded.
func (r *run) weigh(v any, factor, depth int) error {
	if depth > MaxDepth {
		return errDepth
	}
	switch v := v.(type) {
	case nil, bool, int, float64:
		return r.spend(1)
	case string:
		return r.spend((1 + len(v)) * factor)
	case []any:
		for _, e := range v {
			if err := r.weigh(e, factor, depth+1); err != nil {
				return err
			}
		}
		return r.spend(1)
	case []string:
		for _, e := range v {
			if err := r.spend((1 + len(e)) * factor); err != nil {
				return err
			}
		}
		return r.spend(1)
	case []int:
		return r.spend(1 + len(v)*factor)
	case map[string]any:
		for k, e := range v {
			if err := r.spend((1 + len(k)) * factor); err != nil {
				return err
			}
			if err := r.weigh(e, factor, depth+1); err != nil {
				return err
			}
		}
		return r.spend(1)
	}
	return r.weighOther(reflect.ValueOf(v), factor, depth)
}

func (r *run) weighOther(v reflect.Value, factor, depth int) error {
	switch v.Kind() {
	case reflect.String:
		return r.spend((1 + v.Len()) * factor)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := r.weigh(v.Index(i).Interface(), factor, depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := r.weigh(it.Key().Interface(), factor, depth+1); err != nil {
				return err
			}
			if err := r.weigh(it.Value().Interface(), factor, depth+1); err != nil {
				return err
			}
		}
	}
	return r.spend(1)
}
