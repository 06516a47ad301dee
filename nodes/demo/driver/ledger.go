package driver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"kaskad/nodes/demo"
)

// A ledger is a text file of lines, written by one process at a time, which holds it under flock; reading needs no
// lock. Fields are separated by tabs. The first line names the format; a request is
//
//	r  µs  account  campaign  ordinal  node  attempt  asking  decision  traits  channel  address  reason  text
//
// `m µs` says that everything due before that instant was reported, and `e` that nothing is outstanding any more.
// A request is written, with the others of its call in one write, before it is answered. There is no fsync: what was
// answered survives the end of the process, however sudden, and not that of the machine.
const (
	ledgerHead = "kaskad demo ledger\t1"
	ledgerEnd  = ".ledger"
	ledgerNew  = ".new"
)

// ledger is a file that this process may append to.
type ledger struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
	last int64 // µs: when the last event of its requests is due
	// marked is the last mark.
	marked int64
}

// createLedger makes a new file, locked before anybody can see it.
func createLedger(dir string, now int64) (*ledger, error) {
	for n := range 1000 {
		name := filepath.Join(dir, fmt.Sprintf("%016d-%d-%d", now, os.Getpid(), n))
		f, err := os.OpenFile(name+ledgerNew, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l := &ledger{path: name + ledgerEnd, file: f}
		if err = l.publish(name + ledgerNew); err == nil {
			return l, nil
		}
		_ = f.Close()
		_ = os.Remove(name + ledgerNew)
		if !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no free name in %s", dir)
}

func (l *ledger) publish(temporary string) error {
	if err := lock(l.file); err != nil {
		return err
	}
	if err := l.append([]byte(ledgerHead + "\n")); err != nil {
		return err
	}
	if err := os.Link(temporary, l.path); err != nil {
		return err
	}
	return os.Remove(temporary)
}

func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// takeOver opens the ledger of a process that is gone; nil: it lives, or nothing is outstanding. What its process was
// writing when it died was never answered, and is cut off.
func takeOver(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	l := &ledger{path: path, file: f}
	if err = lock(f); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	last, size, err := lastLine(f)
	if err == nil {
		err = f.Truncate(size)
	}
	if err != nil || last == "e" {
		_ = f.Close()
		return nil, err
	}
	l.size = size
	return l, nil
}

// lastLine gives the last whole line, and where it ends.
func lastLine(f *os.File) (line string, end int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	size := info.Size()
	for window := int64(4 << 10); ; window *= 4 {
		from := max(size-window, 0)
		buf := make([]byte, size-from)
		if _, err := f.ReadAt(buf, from); err != nil {
			return "", 0, err
		}
		text := string(buf)
		stop := strings.LastIndexByte(text, '\n')
		start := -1
		if stop >= 0 {
			start = strings.LastIndexByte(text[:stop], '\n')
		}
		if start < 0 && from > 0 {
			continue
		}
		if stop < 0 {
			return "", 0, nil
		}
		return text[start+1 : stop], from + int64(stop) + 1, nil
	}
}

// append writes whole lines, or nothing.
func (l *ledger) append(lines []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(lines); err != nil {
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.size += int64(len(lines))
	return nil
}

// mark notes that everything due before `below` was reported; over: then nothing of this ledger is outstanding.
func (l *ledger) mark(below int64) (over bool, err error) {
	l.mu.Lock()
	over = l.last < below
	news := l.marked <= l.last && l.marked < below
	if news {
		l.marked = below
	}
	l.mu.Unlock()
	if news {
		err = l.append(append(strconv.AppendInt([]byte("m\t"), below, 10), '\n'))
	}
	return over, err
}

// until notes when the last event of a request is due.
func (l *ledger) until(last int64) {
	l.mu.Lock()
	l.last = max(l.last, last)
	l.mu.Unlock()
}

// close gives the file up, as one without anything outstanding if so.
func (l *ledger) close(over bool) error {
	var err error
	if over {
		err = l.append([]byte("e\n"))
	}
	return errors.Join(err, l.file.Close())
}

// appendRequest encodes a request.
func appendRequest(b []byte, at int64, r *demo.Request, decision demo.Decision, reason string, m *message) []byte {
	number := func(v int64) {
		b = append(strconv.AppendInt(b, v, 10), '\t')
	}
	b = append(b, 'r', '\t')
	number(at)
	number(r.Key.Account)
	number(r.Key.Campaign)
	number(r.Key.Ordinal)
	number(int64(r.Key.Node))
	number(int64(r.Key.Attempt))
	number(int64(r.Asking))
	b = append(b, byte(decision), '\t')
	number(int64(r.Traits))
	b = append(appendEscaped(b, m.channel), '\t')
	b = append(appendEscaped(b, m.address), '\t')
	b = append(appendEscaped(b, reason), '\t')
	return append(appendEscaped(b, m.text), '\n')
}

type message struct{ channel, address, text string }

func appendEscaped(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var c byte
		switch s[i] {
		case '\t':
			c = 't'
		case '\n':
			c = 'n'
		case '\r':
			c = 'r'
		case '\\':
			c = '\\'
		default:
			continue
		}
		b = append(append(b, s[from:i]...), '\\', c)
		from = i + 1
	}
	return append(b, s[from:]...)
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			switch c = s[i]; c {
			case 't':
				c = '\t'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			}
		}
		b = append(b, c)
	}
	return string(b)
}
