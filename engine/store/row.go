package store

import (
	"encoding/binary"
	"errors"

	"kaskad/engine"
)

// reader takes the values of a row in their binary form, one after another. What is lacking or of another size gives a
// zero and is remembered: look at bad when the row is read.
type reader struct {
	values [][]byte
	at     int
	bad    bool
}

var errShape = errors.New("store: the database gave a row of another shape: the schema is not this build's")

func (r *reader) next(size int) []byte {
	if r.at >= len(r.values) {
		r.bad = true
		return nil
	}
	v := r.values[r.at]
	r.at++
	if v != nil && size > 0 && len(v) != size {
		r.bad = true
		return nil
	}
	return v
}

func (r *reader) int64() int64 {
	if v := r.next(8); v != nil {
		return int64(binary.BigEndian.Uint64(v))
	}
	return 0
}

func (r *reader) int32() int32 {
	if v := r.next(4); v != nil {
		return int32(binary.BigEndian.Uint32(v))
	}
	return 0
}

func (r *reader) int16() int16 {
	if v := r.next(2); v != nil {
		return int16(binary.BigEndian.Uint16(v))
	}
	return 0
}

func (r *reader) bool() bool {
	v := r.next(1)
	return v != nil && v[0] != 0
}

func (r *reader) bytes() []byte { return r.next(0) }

func (r *reader) text() string { return string(r.next(0)) }

// instant is 0 for null.
func (r *reader) instant() engine.Instant {
	v := r.next(8)
	if v == nil {
		return 0
	}
	return engine.Instant(int64(binary.BigEndian.Uint64(v)) + postgresEpoch)
}

// array gives the elements of a one-dimensional array; nulls among them are left out.
func (r *reader) array() [][]byte {
	v := r.next(0)
	if len(v) < 20 {
		return nil
	}
	n := int(int32(binary.BigEndian.Uint32(v[12:])))
	v = v[20:]
	list := make([][]byte, 0, n)
	for range n {
		if len(v) < 4 {
			r.bad = true
			return nil
		}
		size := int(int32(binary.BigEndian.Uint32(v)))
		v = v[4:]
		if size < 0 {
			continue
		}
		if size > len(v) {
			r.bad = true
			return nil
		}
		list = append(list, v[:size])
		v = v[size:]
	}
	return list
}

func (r *reader) int32s() []int32 {
	elements := r.array()
	if len(elements) == 0 {
		return nil
	}
	list := make([]int32, len(elements))
	for i, e := range elements {
		if len(e) != 4 {
			r.bad = true
			return nil
		}
		list[i] = int32(binary.BigEndian.Uint32(e))
	}
	return list
}

func (r *reader) int64s() []int64 {
	elements := r.array()
	list := make([]int64, len(elements))
	for i, e := range elements {
		if len(e) != 8 {
			r.bad = true
			return nil
		}
		list[i] = int64(binary.BigEndian.Uint64(e))
	}
	return list
}

func (r *reader) texts() []string {
	elements := r.array()
	if len(elements) == 0 {
		return nil
	}
	list := make([]string, len(elements))
	for i, e := range elements {
		list[i] = string(e)
	}
	return list
}
