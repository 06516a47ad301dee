package store

import (
	"bytes"
	"encoding/binary"
	"io"
)

// copyRows is from how many rows COPY is quicker than INSERT, which needs no round trips of its own: measured, with 5,000
// rows COPY takes 0.6 of the time, with 200 as much.
const copyRows = 500

// fields are what a row is put into: columns, or all into one where that is the data of a COPY. In both an element is
// its length and its value.
type fields struct{ list []column }

func (f fields) at(i int) *column {
	if len(f.list) == 1 {
		return &f.list[0]
	}
	return &f.list[i]
}

// copyData is the binary form of COPY: https://www.postgresql.org/docs/15/sql-copy.html
type copyData struct{ list []column }

func newCopyData(rows int) *copyData {
	body := make([]byte, 0, 160*rows)
	body = append(body, "PGCOPY\n\xff\r\n\x00"...)
	return &copyData{[]column{{body: append(body, make([]byte, 8)...)}}} // no flags, no extension
}

// row begins a row of n fields.
func (d *copyData) row(n uint16) fields {
	d.list[0].body = binary.BigEndian.AppendUint16(d.list[0].body, n)
	return fields{d.list}
}

// end ends the data, and gives it to be read.
func (d *copyData) end() io.Reader {
	d.list[0].body = binary.BigEndian.AppendUint16(d.list[0].body, 0xffff)
	return bytes.NewReader(d.list[0].body)
}
