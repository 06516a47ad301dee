package store

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
)

// readRecipients reads the open recipients of claimed segments, each to its segment, by ordinal.
func readRecipients(rows pgx.Rows, claimed []run.Claimed, place map[run.SegmentKey]int) error {
	defer rows.Close()
	zones := map[string]string{} // a few hundred names, not a string a recipient
	last, at := run.SegmentKey{Segment: -1}, -1
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key := run.SegmentKey{Account: r.int64(), Campaign: r.int64()}
		one := run.Recipient{Ordinal: r.int64(), Contact: r.int64()}
		zone := r.bytes()
		name, known := zones[string(zone)]
		if !known {
			name = string(zone)
			zones[name] = name
		}
		one.Zone = name
		readState(&r, &one.State)
		if r.bad {
			return errShape
		}
		if key.Segment = int32(one.Ordinal / run.SegmentSize); key != last {
			i, ok := place[key]
			if last, at = key, i; !ok {
				at = -1
			}
		}
		if at < 0 {
			continue
		}
		if claimed[at].Recipients == nil {
			claimed[at].Recipients = make([]run.Recipient, 0, 1024)
		}
		claimed[at].Recipients = append(claimed[at].Recipients, one)
	}
	byOrdinal := func(a, b run.Recipient) int { return cmp.Compare(a.Ordinal, b.Ordinal) }
	for i := range claimed {
		if !slices.IsSortedFunc(claimed[i].Recipients, byOrdinal) {
			slices.SortFunc(claimed[i].Recipients, byOrdinal)
		}
	}
	return rows.Err()
}

// leaveAside takes out who was set aside.
func leaveAside(rows pgx.Rows, claimed []run.Claimed, place map[run.SegmentKey]int) error {
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key, ordinal := run.SegmentKey{Account: r.int64(), Campaign: r.int64()}, r.int64()
		if key.Segment = int32(ordinal / run.SegmentSize); r.bad {
			return errShape
		}
		if i, ok := place[key]; ok {
			claimed[i].Recipients = slices.DeleteFunc(claimed[i].Recipients, func(x run.Recipient) bool { return x.Ordinal == ordinal })
		}
	}
	rows.Close()
	return rows.Err()
}

func readState(r *reader, s *engine.State) {
	s.Node = r.int16()
	s.Phase = engine.Phase(r.int16())
	s.Outcome = engine.Outcome(r.int16())
	s.Attempt = uint8(r.int16())
	s.Key = byte(r.int16())
	s.Unsure = r.bool()
	s.Facts = engine.Facts(r.int32())
	s.Entered = r.instant()
	s.Launched = r.instant()
	s.Accepted = r.instant()
	s.Wake = r.instant()
	s.Heard = r.int32s()
}
