package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

// partSize is how many bytes of a file a row has.
const partSize = 256 << 10

// Writer writes a file into the database part by part. The file is there once it was closed; a file that was not is removed
// with Abort, or after a week. It is for one goroutine.
type Writer struct {
	s       *Store
	ctx     context.Context
	account int64
	owner   int64
	name    string
	id      int64 // of this writer
	buffer  []byte
	parts   int
	size    int64
	failed  error
}

// Create begins a file of an import or task, in place of one of the same name, whose writer then gets ErrLost. Name is the owner's choice, never a
// stranger's: letters, digits, points and dashes. ctx holds for all that is written.
func (s *Store) Create(ctx context.Context, account, owner ids.ID, name, mediaType string) (*Writer, error) {
	w := &Writer{s: s, ctx: ctx, account: int64(account), owner: int64(owner), name: name, id: int64(s.o.NewID()),
		buffer: make([]byte, 0, partSize)}
	if _, err := s.pool.Exec(ctx, s.q.Get("file_replace"), w.account, w.owner, name); err != nil {
		return nil, fmt.Errorf("tasks: the file %s: %w", name, err)
	}
	if _, err := s.pool.Exec(ctx, s.q.Get("file_create"), w.account, w.owner, name, mediaType, w.id); err != nil {
		return nil, fmt.Errorf("tasks: the file %s: %w", name, err)
	}
	return w, nil
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	n := 0
	for len(p) > 0 && w.failed == nil {
		k := min(len(p), partSize-len(w.buffer))
		w.buffer = append(w.buffer, p[:k]...)
		p, n = p[k:], n+k
		if len(w.buffer) == partSize {
			w.failed = w.flush()
		}
	}
	return n, w.failed
}

func (w *Writer) flush() error {
	tag, err := w.s.pool.Exec(w.ctx, w.s.q.Get("file_part"), w.account, w.owner, w.name, w.id, w.parts, w.buffer)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("tasks: the file %s: %w", w.name, err)
	}
	w.parts++
	w.size += int64(len(w.buffer))
	w.buffer = w.buffer[:0]
	return nil
}

// Size is how many bytes were written.
func (w *Writer) Size() int64 { return w.size + int64(len(w.buffer)) }

// Close completes the file.
func (w *Writer) Close() error {
	if w.failed == nil && len(w.buffer) > 0 {
		w.failed = w.flush()
	}
	if w.failed != nil {
		return w.failed
	}
	tag, err := w.s.pool.Exec(w.ctx, w.s.q.Get("file_complete"), w.account, w.owner, w.name, w.id, w.size)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrLost
	}
	if err != nil {
		return fmt.Errorf("tasks: the file %s: %w", w.name, err)
	}
	w.failed = errors.New("tasks: the file was closed")
	return nil
}

// Abort removes the file, even where the context has ended.
func (w *Writer) Abort() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), w.s.o.Stale)
	defer cancel()
	_, _ = w.s.pool.Exec(ctx, w.s.q.Get("file_abort"), w.account, w.owner, w.name, w.id)
	w.failed = errors.New("tasks: the file was given up")
}

// Reader reads a file part by part; between two reads it holds no connection. It is for one goroutine.
type Reader struct {
	task.File
	s              *Store
	ctx            context.Context
	account, owner int64
	part           int
	rest           []byte
	read           int64
}

// Open begins to read a complete file of an import or task; a fault of the kind NotFound where there is none.
func (s *Store) Open(ctx context.Context, account, owner ids.ID, name string) (*Reader, error) {
	r := &Reader{File: task.File{Name: name}, s: s, ctx: ctx, account: int64(account), owner: int64(owner)}
	err := s.pool.QueryRow(ctx, s.q.Get("file_get"), r.account, r.owner, name).Scan(&r.Type, &r.Size)
	if none(err) {
		return nil, task.FileNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("tasks: the file %s: %w", name, err)
	}
	return r, nil
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.read == r.Size {
			return 0, io.EOF
		}
		err := r.s.pool.QueryRow(r.ctx, r.s.q.Get("file_read"), r.account, r.owner, r.Name, r.part).Scan(&r.rest)
		if none(err) || err == nil && len(r.rest) == 0 {
			return 0, task.FileNotFound() // removed meanwhile
		}
		if err != nil {
			return 0, fmt.Errorf("tasks: the file %s: %w", r.Name, err)
		}
		r.part++
		r.read += int64(len(r.rest))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// RemoveFiles removes all files of an import or task.
func (s *Store) RemoveFiles(ctx context.Context, account, owner ids.ID) error {
	if _, err := s.pool.Exec(ctx, s.q.Get("files_remove"), int64(account), int64(owner)); err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	return nil
}

// Download opens a file of a task that the principal may see.
func (s *Store) Download(ctx context.Context, who *access.Principal, id ids.ID, name string) (task.File, io.Reader, error) {
	if _, err := s.Get(ctx, who, id); err != nil {
		return task.File{}, nil, err
	}
	r, err := s.Open(ctx, who.Account, id, name)
	if err != nil {
		return task.File{}, nil, err
	}
	return r.File, r, nil
}
