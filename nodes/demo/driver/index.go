package driver

import (
	"errors"
	"os"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// index is what the provider remembers of earlier requests: about twenty bytes each, read from the ledgers of all
// processes, so that they are one provider. Its user guards it.
type index struct {
	dir    string
	clock  func() time.Time
	read   map[string]int64 // bytes read, by path; -1: the ledger has its end
	looked time.Time        // at the folder
	known  map[uint64]memory
}

// memory is what is known of a message.
type memory struct {
	asked   uint8 // requests
	taken   uint8 // the request at which it was taken, 0: it was not
	refused uint8 // 1 + the reason's number, 0: it was not
}

const lookEvery = time.Second

// catchUp reads what was written since. With fresh it looks for new ledgers now; else at most once a second: a message
// comes from another process only after the one that had it was given up for dead.
func (x *index) catchUp(fresh bool) error {
	if x.known == nil {
		x.known, x.read, fresh = map[uint64]memory{}, map[string]int64{}, true
	}
	if now := x.clock(); fresh || now.Sub(x.looked) >= lookEvery || now.Before(x.looked) {
		paths, err := ledgers(x.dir)
		if err != nil {
			return err
		}
		for _, path := range paths {
			if _, ok := x.read[path]; !ok {
				x.read[path] = 0
			}
		}
		x.looked = now
	}
	for path, from := range x.read {
		if from < 0 {
			continue
		}
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) { // somebody cleared up
			delete(x.read, path)
			continue
		}
		if err != nil {
			return err
		}
		if info.Size() <= from {
			continue
		}
		over := false
		to, err := readLines(path, from, func(line []byte) error {
			over = line[0] == 'e'
			return x.note(line)
		})
		x.read[path] = to
		if err != nil {
			return err
		}
		if over {
			x.read[path] = -1
		}
	}
	return nil
}

func (x *index) note(line []byte) error {
	if line[0] != 'r' {
		return nil
	}
	r, err := parseRequest(line)
	if err != nil {
		return err
	}
	id := demo.Fingerprint(&r.Key)
	m := x.known[id]
	if m.asked < 255 {
		m.asked++
	}
	switch {
	case r.Decision.Sends() && m.taken == 0:
		m.taken = uint8(r.Asking)
	case r.Decision == demo.Refused:
		m.refused = uint8(slices.Index(engine.ErrorReasons(), r.Reason) + 1)
	}
	x.known[id] = m
	return nil
}

func (x *index) of(key *channel.Key) memory { return x.known[demo.Fingerprint(key)] }
