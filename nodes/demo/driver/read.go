package driver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// Request is one request as a ledger has it.
type Request struct {
	At       time.Time
	Key      channel.Key
	Asking   int // which request for this message it was, as far as the provider knew; from 1
	Decision demo.Decision
	Channel  string
	Address  string
	Reason   string // of a refusal
	Text     string
	Traits   demo.Traits // of the content, as far as they matter to what people do with it
}

// Tally is what was asked for under one key, in all.
type Tally struct {
	Asked    int // requests
	Sent     int // of them, those that sent the message: more than 1 is a fault of whoever asked
	Repeated int // dropped as repeats
	Refused  int
	NotTaken int // throttled, out of order, or lost on the way
	First    time.Time
	Last     time.Time
}

// Requests reads all ledgers of a folder, one after the other, each in the order of its requests. It needs no lock and
// may run while they are written; it ends at the first error.
func Requests(dir string) iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		paths, err := ledgers(dir)
		if err != nil {
			yield(Request{}, err)
			return
		}
		for _, path := range paths {
			stop := false
			_, err := readLines(path, 0, func(line []byte) error {
				if line[0] != 'r' {
					return nil
				}
				r, err := parseRequest(line)
				if err == nil && !yield(r, nil) {
					stop, err = true, errStop
				}
				return err
			})
			if stop {
				return
			}
			if err != nil {
				yield(Request{}, err)
				return
			}
		}
	}
}

// ReadLedger adds up all ledgers of a folder by message.
func ReadLedger(dir string) (map[channel.Key]Tally, error) {
	out := map[channel.Key]Tally{}
	for r, err := range Requests(dir) {
		if err != nil {
			return nil, err
		}
		t := out[r.Key]
		t.Asked++
		switch {
		case r.Decision.Sends():
			t.Sent++
		case r.Decision == demo.Repeated:
			t.Repeated++
		case r.Decision == demo.Refused:
			t.Refused++
		default:
			t.NotTaken++
		}
		if t.Asked == 1 || r.At.Before(t.First) {
			t.First = r.At
		}
		if t.Asked == 1 || r.At.After(t.Last) {
			t.Last = r.At
		}
		out[r.Key] = t
	}
	return out, nil
}

func ledgers(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(globEscape(dir), "*"+ledgerEnd))
	slices.Sort(paths)
	if err == nil && len(paths) == 0 {
		_, err = os.Stat(dir)
	}
	return paths, err
}

// globEscape keeps a folder's name from being a pattern.
func globEscape(dir string) string {
	var b []byte
	for i := range len(dir) {
		switch dir[i] {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, dir[i])
	}
	return string(b)
}

var errStop = errors.New("stop")

const maxLine = 16 << 20

// readLines reads whole lines from an offset on, and gives the offset behind the last one. Lines are never empty.
func readLines(path string, from int64, line func([]byte) error) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return from, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return from, err
	}
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 128<<10), maxLine)
	s.Split(wholeLines)
	for s.Scan() {
		text := s.Bytes()
		switch {
		case from == 0 && string(text) != ledgerHead:
			return from, fmt.Errorf("%s is no ledger of this version: its first line is %.40q", path, text)
		case from > 0 && len(text) == 0:
			return from, fmt.Errorf("%s at byte %d: an empty line", path, from)
		case from > 0:
			if err := line(text); err != nil {
				return from, fmt.Errorf("%s at byte %d: %w", path, from, err)
			}
		}
		from += int64(len(text)) + 1
	}
	if err := s.Err(); err != nil {
		return from, fmt.Errorf("%s at byte %d: %w", path, from, err)
	}
	return from, nil
}

func wholeLines(data []byte, _ bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}

var errLine = errors.New("not a line of a ledger")

// parseRequest reads a line that begins with r.
func parseRequest(line []byte) (r Request, err error) {
	f := fields{rest: line}
	f.next()
	r.At = time.UnixMicro(f.number(64)).UTC()
	r.Key = channel.Key{Account: f.number(64), Campaign: f.number(64), Ordinal: f.number(64),
		Node: int16(f.number(16)), Attempt: uint8(f.number(9))}
	r.Asking = int(f.number(9))
	decision := f.next()
	r.Traits = demo.Traits(f.number(17))
	r.Channel = unescape(string(f.next()))
	r.Address = unescape(string(f.next()))
	r.Reason = unescape(string(f.next()))
	r.Text = unescape(string(f.next()))
	if f.bad || f.rest != nil || len(decision) != 1 || !demo.Decision(decision[0]).Known() {
		return Request{}, errLine
	}
	r.Decision = demo.Decision(decision[0])
	return r, nil
}

// fields takes a line apart.
type fields struct {
	rest []byte // nil behind the last field
	bad  bool
}

func (f *fields) next() []byte {
	if f.rest == nil {
		f.bad = true
		return nil
	}
	field, rest, more := bytes.Cut(f.rest, []byte{'\t'})
	f.rest = rest
	if !more {
		f.rest = nil
	} else if rest == nil {
		f.rest = []byte{}
	}
	return field
}

func (f *fields) number(bits int) int64 {
	v, err := strconv.ParseInt(string(f.next()), 10, bits)
	if err != nil {
		f.bad = true
	}
	return v
}
