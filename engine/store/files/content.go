package files

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// content reads a file part by part; between two reads it holds no connection. It is for one goroutine.
type content struct {
	s             *Store
	ctx           context.Context
	account, file int64
	size, at      int64
	part          int64 // which bytes holds; -1: none
	bytes         []byte
}

var errSeek = errors.New("files: a place before the beginning")

// Read implements io.Reader.
func (c *content) Read(p []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	if part := c.at / partSize; part != c.part {
		// Deleted meanwhile: an error too.
		if err := c.s.desk.QueryRow(c.ctx, c.s.q.Get("part"), c.account, c.file, part).Scan(&c.bytes); err != nil {
			return 0, fmt.Errorf("files: part %d of %d: %w", part, c.file, err)
		}
		c.part = part
	}
	from := c.at % partSize
	if from >= int64(len(c.bytes)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, c.bytes[from:])
	c.at += int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	c.at = offset
	return offset, nil
}
