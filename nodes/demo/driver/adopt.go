package driver

import (
	"bytes"
	"errors"
	"strconv"

	"kaskad/nodes/demo"
)

// adopt takes over the ledgers of processes that are gone, and plans what they did not report.
func (d *Driver) adopt() {
	paths, err := ledgers(d.o.Dir)
	if err != nil {
		d.o.Log.Error("demo: looking for ledgers", "dir", d.o.Dir, "error", err)
		return
	}
	for _, path := range paths {
		if d.ctx.Err() != nil {
			return
		}
		if path == d.own.path || d.knows(path) {
			continue
		}
		if err := d.adoptOne(path); err != nil {
			d.o.Log.Error("demo: adopting a ledger", "path", path, "error", err)
		}
	}
}

func (d *Driver) knows(path string) bool {
	d.adoptedMu.Lock()
	defer d.adoptedMu.Unlock()
	_, ok := d.adopted[path]
	return ok || d.finished[path]
}

func (d *Driver) adoptOne(path string) error {
	l, err := takeOver(path)
	if err != nil || l == nil {
		return err
	}
	n, err := d.outstanding(l)
	if err != nil { // keep it from being tried again and again; a person has to look at it
		d.adoptedMu.Lock()
		d.finished[path] = true
		d.adoptedMu.Unlock()
		return errors.Join(err, l.close(false))
	}
	d.stats.adopted.Add(uint64(n))
	d.adoptedMu.Lock()
	d.adopted[path] = l
	d.adoptedMu.Unlock()
	if n > 0 {
		d.o.Log.Info("demo: adopted a ledger", "path", path, "messages", n)
	}
	return nil
}

// outstanding plans what a ledger has beyond its last mark, and counts the messages.
func (d *Driver) outstanding(l *ledger) (n int, err error) {
	reported := int64(0)
	if _, err := readLines(l.path, 0, func(line []byte) error {
		if line[0] != 'm' {
			return nil
		}
		_, at, _ := bytes.Cut(line, []byte{'\t'})
		v, err := strconv.ParseInt(string(at), 10, 64)
		reported = max(reported, v)
		return err
	}); err != nil {
		return 0, err
	}
	var fate demo.Fate
	var found []entry
	_, err = readLines(l.path, 0, func(line []byte) error {
		if line[0] != 'r' {
			return nil
		}
		r, err := parseRequest(line)
		if err != nil || !r.Decision.Sends() {
			return err
		}
		request := demo.Request{Key: r.Key, Part: d.actor.Part(r.Channel), Asking: uint8(r.Asking), Traits: r.Traits}
		d.actor.Fate(&request, &fate)
		at := micros(r.At)
		for i := range fate.Events[:fate.Count] {
			if due := at + fate.Events[i].After.Microseconds(); due >= reported {
				e := newEntry(&request, d.plan.groupOf(&r.Key), due)
				e.event = uint8(i)
				found = append(found, e)
				l.until(at + fate.Last().Microseconds())
				break
			}
		}
		return d.ctx.Err()
	})
	if err != nil {
		return 0, err
	}
	d.plan.add(found)
	return len(found), nil
}
