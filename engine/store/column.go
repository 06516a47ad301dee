package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"kaskad/engine"
)

// column is a PostgreSQL array in its binary form, built element by element: a batch goes to the database as columns,
// and encoding them through the driver, which looks at each element by itself, would cost more than the interpreter.
// The form is that of array_recv in src/backend/utils/adt/arrayfuncs.c.
type column struct {
	body  []byte
	rows  int32
	nulls bool
}

// columns makes n columns for about so many rows.
func columns(n, rows int) []column {
	c := make([]column, n)
	for i := range c {
		c[i].body = make([]byte, 0, 12*rows)
	}
	return c
}

// args gives columns as arguments of a statement.
func args(list []column, more ...any) []any {
	a := make([]any, len(list), len(list)+len(more))
	for i := range list {
		a[i] = &list[i]
	}
	return append(a, more...)
}

func (c *column) null() {
	c.body = binary.BigEndian.AppendUint32(c.body, math.MaxUint32)
	c.rows++
	c.nulls = true
}

func (c *column) int64(v int64) {
	c.body = binary.BigEndian.AppendUint32(c.body, 8)
	c.body = binary.BigEndian.AppendUint64(c.body, uint64(v))
	c.rows++
}

func (c *column) uint64(v uint64) { c.int64(int64(v)) }

func (c *column) int32(v int32) {
	c.body = binary.BigEndian.AppendUint32(c.body, 4)
	c.body = binary.BigEndian.AppendUint32(c.body, uint32(v))
	c.rows++
}

func (c *column) int16(v int16) {
	c.body = binary.BigEndian.AppendUint32(c.body, 2)
	c.body = binary.BigEndian.AppendUint16(c.body, uint16(v))
	c.rows++
}

func (c *column) bool(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	c.body = binary.BigEndian.AppendUint32(c.body, 1)
	c.body = append(c.body, b)
	c.rows++
}

// text makes the text storable on its way: PostgreSQL takes neither NUL nor broken UTF-8, and one recipient's text
// must not fail the batch of thousands.
func (c *column) text(v string) {
	v = storable(v)
	c.body = binary.BigEndian.AppendUint32(c.body, uint32(len(v)))
	c.body = append(c.body, v...)
	c.rows++
}

// json is text of JSON, null where there is none.
func (c *column) json(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.body = binary.BigEndian.AppendUint32(c.body, uint32(len(v)))
	c.body = append(c.body, v...)
	c.rows++
}

// postgresEpoch is 2000-01-01 in microseconds since 1970: instants are counted from it in the binary form.
const postgresEpoch = 946_684_800_000_000

// instant is null for none.
func (c *column) instant(v engine.Instant) {
	if v == 0 {
		c.null()
		return
	}
	c.int64(int64(v) - postgresEpoch)
}

func storable(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// arrayCodec sends a column as it is, and leaves everything else to the driver.
type arrayCodec struct {
	pgtype.Codec
	element uint32
}

func (a arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*column); ok && format == pgtype.BinaryFormatCode {
		return columnPlan{a.element}
	}
	return a.Codec.PlanEncode(m, oid, format, value)
}

type columnPlan struct{ element uint32 }

func (p columnPlan) Encode(value any, buf []byte) ([]byte, error) {
	c, ok := value.(*column)
	if !ok {
		return nil, fmt.Errorf("store: %T is no column", value)
	}
	dimensions, nulls := uint32(1), uint32(0)
	if c.rows == 0 {
		dimensions = 0
	}
	if c.nulls {
		nulls = 1
	}
	buf = binary.BigEndian.AppendUint32(buf, dimensions)
	buf = binary.BigEndian.AppendUint32(buf, nulls)
	buf = binary.BigEndian.AppendUint32(buf, p.element)
	if c.rows == 0 {
		return buf, nil
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(c.rows))
	buf = binary.BigEndian.AppendUint32(buf, 1)
	return append(buf, c.body...), nil
}

// registerColumns lets a connection take columns as arguments.
func registerColumns(m *pgtype.Map) {
	for array, element := range map[uint32]uint32{
		pgtype.Int2ArrayOID: pgtype.Int2OID, pgtype.Int4ArrayOID: pgtype.Int4OID, pgtype.Int8ArrayOID: pgtype.Int8OID,
		pgtype.BoolArrayOID: pgtype.BoolOID, pgtype.TextArrayOID: pgtype.TextOID, pgtype.JSONArrayOID: pgtype.JSONOID,
		pgtype.TimestamptzArrayOID: pgtype.TimestamptzOID, pgtype.XID8ArrayOID: pgtype.XID8OID,
	} {
		t, ok := m.TypeForOID(array)
		if !ok {
			continue
		}
		if _, done := t.Codec.(arrayCodec); done {
			continue
		}
		m.RegisterType(&pgtype.Type{Name: t.Name, OID: array, Codec: arrayCodec{t.Codec, element}})
	}
}
