package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Enter stores entries of open campaigns in one transaction and numbers them; see run.Store. The campaigns' rows are shared
// until its commit, so that a campaign is closed before or after it, and the rows of the numbers are locked: entries of one
// campaign are stored by one transaction at a time.
func (s *Store) Enter(ctx context.Context, list []run.Entrant, held func(run.SegmentKey) bool) ([]run.Entry, []run.SegmentKey, error) {
	if len(list) == 0 {
		return []run.Entry{}, nil, nil
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Release()
	for range writeAttempts {
		e := &entering{q: s.q, list: list, out: make([]run.Entry, len(list)), held: held}
		if err = e.store(ctx, conn); err == nil {
			return e.out, sortedSegments(e.touched), nil
		}
		if _, rollback := conn.Exec(ctx, "ROLLBACK"); rollback != nil {
			return nil, nil, err
		}
		if !isConflict(err) {
			return nil, nil, err
		}
	}
	return nil, nil, err
}

// door is what a group commit knows of a campaign.
type door struct {
	open, running, shut bool
	start, end          engine.Instant
	rule                campaign.Entry
	pause               time.Duration
	next                int64
	changed             bool
}

type keyed struct {
	campaign run.CampaignKey
	key      string
}

// person is a contact in a campaign.
type person struct {
	campaign run.CampaignKey
	contact  int64
}

// lastEntry is a contact's last one; ordinal is set where it is of this transaction.
type lastEntry struct {
	at      engine.Instant
	ended   bool
	ordinal int64
	fresh   bool
}

// entering is one transaction.
type entering struct {
	q    queries
	list []run.Entrant
	out  []run.Entry
	held func(run.SegmentKey) bool

	now     engine.Instant
	doors   map[run.CampaignKey]*door
	keys    map[keyed]run.Entry
	last    map[person]lastEntry
	touched map[run.SegmentKey]bool
	taken   []int // of the list
	noted   []int // of the list, those whose key is to be kept
}

func (e *entering) store(ctx context.Context, conn *pgxpool.Conn) error {
	if err := e.look(ctx, conn); err != nil {
		return err
	}
	e.touched = map[run.SegmentKey]bool{}
	for i := range e.list {
		e.decide(i)
	}
	if len(e.taken)+len(e.noted) == 0 {
		_, err := conn.Exec(ctx, "ROLLBACK")
		return err
	}
	return e.write(ctx, conn)
}

// look locks the campaigns and the numbers, and reads what the decisions need, in one round trip: each statement sees what
// was committed before the locks were had.
func (e *entering) look(ctx context.Context, conn *pgxpool.Conn) error {
	e.doors = map[run.CampaignKey]*door{}
	for i := range e.list {
		e.doors[e.list[i].Campaign] = &door{}
	}
	camps, keys, people := columns(2, len(e.doors)), columns(3, len(e.list)), columns(3, len(e.list))
	for _, k := range sortedCampaigns(e.doors) {
		camps[0].int64(k.Account)
		camps[1].int64(k.Campaign)
	}
	for i := range e.list {
		x := &e.list[i]
		people[0].int64(x.Campaign.Account)
		people[1].int64(x.Campaign.Campaign)
		people[2].int64(x.Contact)
		if x.Key != "" {
			keys[0].int64(x.Campaign.Account)
			keys[1].int64(x.Campaign.Campaign)
			keys[2].text(identifier(x.Key))
		}
	}
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(e.q.get("enter_lock"), args(camps)...).Query(e.readDoors)
	b.Queue(e.q.get("enter_row"), args(camps)...)
	b.Queue(e.q.get("enter_next"), args(camps)...).Query(e.readNext)
	b.Queue(e.q.get("enter_keys"), args(keys)...).Query(e.readKeys)
	b.Queue(e.q.get("enter_last"), args(people)...).Query(e.readLast)
	b.Queue(e.q.get("enter_clock")).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			r := reader{values: rows.RawValues()}
			e.now = r.instant()
		}
		return rows.Err()
	})
	return conn.SendBatch(ctx, b).Close()
}

func (e *entering) readDoors(rows pgx.Rows) error {
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		d := e.doors[run.CampaignKey{Account: r.int64(), Campaign: r.int64()}]
		state := r.text()
		d.running = state == "scheduled" || state == "running" || state == "paused"
		d.open, d.shut, d.start, d.end = r.bool(), r.bool(), r.instant(), r.instant()
		rule := r.bytes()
		if r.bad {
			return errShape
		}
		if len(rule) > 0 && rule[0] == 1 { // the version that jsonb's binary form begins with
			rule = rule[1:]
		}
		if len(rule) > 0 {
			if err := json.Unmarshal(rule, &d.rule); err != nil {
				return fmt.Errorf("store: the entry of a campaign: %w", err)
			}
		}
		if p, err := scheme.ParseDuration(d.rule.Pause); err == nil {
			d.pause = time.Duration(p.Days)*24*time.Hour + p.Elapsed
		}
	}
	return rows.Err()
}

func (e *entering) readNext(rows pgx.Rows) error {
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		if d := e.doors[run.CampaignKey{Account: r.int64(), Campaign: r.int64()}]; d != nil {
			d.next = r.int64()
		}
	}
	return rows.Err()
}

func (e *entering) readKeys(rows pgx.Rows) error {
	e.keys = map[keyed]run.Entry{}
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		k := keyed{run.CampaignKey{Account: r.int64(), Campaign: r.int64()}, r.text()}
		e.keys[k] = run.Entry{Ordinal: r.int64(), Refused: run.NoEntry(r.text()), Again: true}
	}
	return rows.Err()
}

func (e *entering) readLast(rows pgx.Rows) error {
	e.last = map[person]lastEntry{}
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		p := person{run.CampaignKey{Account: r.int64(), Campaign: r.int64()}, r.int64()}
		e.last[p] = lastEntry{at: r.instant(), ended: r.bool()}
	}
	return rows.Err()
}

// decide says what comes of one, after those before it.
func (e *entering) decide(i int) {
	x := &e.list[i]
	d := e.doors[x.Campaign]
	k := keyed{x.Campaign, identifier(x.Key)}
	if x.Key != "" {
		if have, there := e.keys[k]; there {
			e.out[i] = have
			return
		}
	}
	refused := d.refuses(e.last[person{x.Campaign, x.Contact}], max(x.Start, e.now, d.start), e.now)
	if refused != "" {
		e.out[i] = run.Entry{Refused: refused}
	} else {
		e.out[i] = run.Entry{Ordinal: d.next}
		e.last[person{x.Campaign, x.Contact}] = lastEntry{at: e.now, ordinal: d.next, fresh: true}
		e.touched[run.SegmentKey{Account: x.Campaign.Account, Campaign: x.Campaign.Campaign, Segment: int32(d.next / run.SegmentSize)}] = true
		e.taken = append(e.taken, i)
		d.next++
		d.changed = true
	}
	// What the person's own entries decided is kept; what the campaign did may be another thing tomorrow.
	if x.Key != "" && (refused == "" || refused == run.InAlready || refused == run.TooSoon) {
		e.noted = append(e.noted, i)
		again := e.out[i]
		again.Again = true
		e.keys[k] = again
	}
}

func (d *door) refuses(last lastEntry, start, now engine.Instant) run.NoEntry {
	switch {
	case !d.open:
		return run.NotOpen
	case !d.running:
		return run.NotRunning
	case d.shut:
		return run.Shut
	case d.end != 0 && start >= d.end:
		return run.StartsLate
	}
	if last.at != 0 {
		switch d.rule.Again {
		case campaign.Always:
		case campaign.AfterEnd:
			if !last.ended {
				return run.InAlready
			}
		case campaign.AfterPause:
			if last.at.Add(d.pause) > now {
				return run.TooSoon
			}
		default:
			return run.InAlready
		}
	}
	if d.rule.Limit > 0 && d.next >= d.rule.Limit {
		return run.Full
	}
	return ""
}

// write stores what was decided and commits, in one round trip.
func (e *entering) write(ctx context.Context, conn *pgxpool.Conn) error {
	w := inboxWriter{q: e.q}
	if len(e.taken) > 0 {
		e.writeEntries(&w)
	}
	if len(e.noted) > 0 {
		c := columns(5, len(e.noted))
		for _, i := range e.noted {
			x := &e.list[i]
			c[0].int64(x.Campaign.Account)
			c[1].int64(x.Campaign.Campaign)
			c[2].text(identifier(x.Key))
			if e.out[i].Refused == "" {
				c[3].int64(e.out[i].Ordinal)
			} else {
				c[3].null()
			}
			c[4].text(string(e.out[i].Refused))
		}
		w.exec(e.q.get("enter_keys_keep"), args(c)...)
	}
	far := false
	if len(e.touched) > 0 {
		c := columns(3, len(e.touched))
		for _, k := range sortedSegments(e.touched) {
			far = far || e.held == nil || !e.held(k)
			c[0].int64(k.Account)
			c[1].int64(k.Campaign)
			c[2].int32(k.Segment)
		}
		w.exec(e.q.get("enter_segments"), args(c)...)
		w.exec(e.q.get("wake"), args(c, true)...)
	}
	w.exec("COMMIT")
	if far {
		w.exec(e.q.get("notify"))
	}
	return w.send(ctx, conn.Conn())
}

func (e *entering) writeEntries(w *inboxWriter) {
	c := columns(9, len(e.taken))
	for _, i := range e.taken {
		x, d := &e.list[i], e.doors[e.list[i].Campaign]
		c[0].int64(x.Campaign.Account)
		c[1].int64(x.Campaign.Campaign)
		c[2].int64(e.out[i].Ordinal)
		c[3].int32(int32(e.out[i].Ordinal / run.SegmentSize))
		c[4].int64(x.Contact)
		c[5].text(x.Zone)
		c[6].json(x.Data)
		c[7].instant(max(x.Start, e.now, d.start))
		c[8].instant(e.now)
	}
	w.exec(e.q.get("enter"), args(c)...)
	people := make([]person, 0, len(e.taken))
	for p, l := range e.last {
		if l.fresh {
			people = append(people, p)
		}
	}
	slices.SortFunc(people, func(a, b person) int {
		return cmp.Or(cmp.Compare(a.campaign.Account, b.campaign.Account), cmp.Compare(a.contact, b.contact),
			cmp.Compare(a.campaign.Campaign, b.campaign.Campaign))
	})
	c = columns(5, len(people))
	for _, p := range people {
		l := e.last[p]
		c[0].int64(p.campaign.Account)
		c[1].int64(p.contact)
		c[2].int64(p.campaign.Campaign)
		c[3].int64(l.ordinal)
		c[4].instant(l.at)
	}
	w.exec(e.q.get("enter_last_keep"), args(c)...)
	c = columns(3, len(e.doors))
	for _, k := range sortedCampaigns(e.doors) {
		if d := e.doors[k]; d.changed {
			c[0].int64(k.Account)
			c[1].int64(k.Campaign)
			c[2].int64(d.next)
		}
	}
	w.exec(e.q.get("enter_count"), args(c)...)
}

func sortedCampaigns(set map[run.CampaignKey]*door) []run.CampaignKey {
	list := make([]run.CampaignKey, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b run.CampaignKey) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign))
	})
	return list
}
