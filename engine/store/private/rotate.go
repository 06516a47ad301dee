//go:build unix

package private

import (
	"fmt"
	"os"
	"sync"
)

// logLimit bounds server.log, in bytes. One older file is kept beside it.
const logLimit = 8 << 20

// rotating is a log file that is put aside when it is full, so that it never takes more than twice its limit.
type rotating struct {
	mu    sync.Mutex
	path  string
	limit int64
	size  int64
	file  *os.File
}

func openRotating(path string, limit int64) (*rotating, error) {
	r := &rotating{path: path, limit: limit}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *rotating) open() error {
	file, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the server's log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("opening the server's log: %w", err)
	}
	r.file, r.size = file, info.Size()
	return nil
}

// Write appends to the log. It never fails: a full disk must not make the server block on, or die of, its log.
func (r *rotating) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size > 0 && r.size+int64(len(text)) > r.limit {
		r.turn()
	}
	n, _ := r.file.Write(text)
	r.size += int64(n)
	return len(text), nil
}

// turn puts the full file aside. When that fails it goes on in the file that it has, from the start.
func (r *rotating) turn() {
	old := r.file
	if os.Rename(r.path, r.path+".1") == nil && r.open() == nil {
		_ = old.Close()
		return
	}
	if old.Truncate(0) == nil {
		r.size = 0
	}
}
