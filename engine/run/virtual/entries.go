package virtual

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/run"
)

// Rule is an open campaign's rule for who may enter.
type Rule struct {
	Again string // always, after_end, after_pause; else nobody enters twice
	Pause time.Duration
	Limit int64 // 0: none
}

type entryRow struct {
	run.Arrived
	data []byte
	id   uint64
}

type entryKey struct {
	campaign run.CampaignKey
	key      string
}

type personIn struct {
	campaign run.CampaignKey
	contact  int64
}

type lastEntry struct {
	at      engine.Instant
	ordinal int64
}

// Enter stores entries of open campaigns in one transaction and numbers them. Entries go one transaction after another, so
// what is decided is decided at the commit.
func (s *Store) Enter(ctx context.Context, list []run.Entrant, held func(run.SegmentKey) bool) ([]run.Entry, []run.SegmentKey, error) {
	out := make([]run.Entry, len(list))
	if len(list) == 0 {
		return out, nil, nil
	}
	d, touched := s.db, map[run.SegmentKey]bool{}
	err := s.transact(ctx, Point{Call: "Enter", Key: fmt.Sprint(list[0].Campaign, list[0].Contact, list[0].Key)},
		func(uint64) error { return nil }, func(id uint64) error {
			now := d.o.Clock()
			for i := range list {
				out[i] = d.enter(&list[i], id, now, touched)
			}
			far := false
			for k := range touched {
				if d.segments[k] == nil {
					d.segments[k] = &segmentRow{}
				}
				d.wakes[k] = true
				far = far || held == nil || !held(k)
			}
			if far {
				d.notify()
			}
			d.wrote(Commit{Process: s.process, Entered: len(touched)})
			return nil
		})
	if err != nil {
		return nil, nil, err
	}
	return out, slices.SortedFunc(maps.Keys(touched), compareSegments), nil
}

func (d *DB) enter(x *run.Entrant, id uint64, now engine.Instant, touched map[run.SegmentKey]bool) run.Entry {
	k := entryKey{x.Campaign, identifier(x.Key)}
	if x.Key != "" {
		if have, there := d.entryKeys[k]; there {
			have.Again = true
			return have
		}
	}
	c, person := d.campaigns[x.Campaign], personIn{x.Campaign, x.Contact}
	e := run.Entry{Refused: run.NotOpen}
	if c != nil {
		start := max(x.Start, now, c.Start)
		if e.Refused = d.refusesEntry(c, person, start, now); e.Refused == "" {
			e.Ordinal = c.recycled
			c.recycled++
			d.entered[person] = lastEntry{now, e.Ordinal}
			key := segmentOf(x.Campaign, e.Ordinal)
			touched[key] = true
			d.entries[run.RecipientKey{Campaign: x.Campaign, Ordinal: e.Ordinal}] = &entryRow{Arrived: run.Arrived{Key: key,
				Ordinal: e.Ordinal, Contact: x.Contact, Zone: x.Zone, Start: start}, data: slices.Clone(x.Data), id: id}
		}
	}
	if x.Key != "" && (e.Refused == "" || e.Refused == run.InAlready || e.Refused == run.TooSoon) {
		d.entryKeys[k] = e
	}
	return e
}

func (d *DB) refusesEntry(c *campaignRow, person personIn, start, now engine.Instant) run.NoEntry {
	switch {
	case !c.Open:
		return run.NotOpen
	case c.State != "scheduled" && c.State != "running" && c.State != "paused":
		return run.NotRunning
	case c.closed || c.End != 0 && c.End <= now:
		return run.Shut
	case c.End != 0 && start >= c.End:
		return run.StartsLate
	}
	if last, ok := d.entered[person]; ok {
		switch c.rule.Again {
		case "always":
		case "after_end":
			if !d.over(run.RecipientKey{Campaign: person.campaign, Ordinal: last.ordinal}) {
				return run.InAlready
			}
		case "after_pause":
			if last.at.Add(c.rule.Pause) > now {
				return run.TooSoon
			}
		default:
			return run.InAlready
		}
	}
	if c.rule.Limit > 0 && c.recycled >= c.rule.Limit {
		return run.Full
	}
	return ""
}

// over reports whether a walk has ended.
func (d *DB) over(k run.RecipientKey) bool {
	if _, aside := d.aside[k]; aside {
		return true
	}
	r := d.recipients[k]
	return r != nil && r.State.Phase == engine.Ended
}

// entriesOf adds the entries of a segment that are no recipients yet.
func (d *DB) entriesOf(t *run.Tick, c run.Cursor, fresh func(id uint64) bool) {
	var list []*entryRow
	for k, e := range d.entries {
		if e.Key == c.Key && fresh(e.id) && d.recipients[k] == nil {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entryRow) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.Ordinal, b.Ordinal)) })
	for _, e := range list {
		if len(t.Entries) == run.EntriesAtOnce {
			return
		}
		t.Entries = append(t.Entries, e.Arrived)
	}
}
