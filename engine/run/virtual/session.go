package virtual

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// Session is the holder of its segments. It is used by one goroutine; Kill and Unlock are for any.
type Session struct {
	store  *Store
	db     *DB
	worker string
	pid    int

	// Under DB.mu.
	live  bool
	open  bool // a transaction
	ticks []look
	mark  engine.Instant
}

var _ run.Session = (*Session)(nil)

// look is a look at the clock: everything recorded before it has a transaction id of at most `id`.
type look struct {
	clock engine.Instant
	id    uint64
}

// Kill ends the session as the server does when it is told to: its locks are free, its transaction is rolled back, and its next call fails.
func (s *Session) Kill() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.kill()
}

// Worker is the name of the worker that the session is of.
func (s *Session) Worker() string { return s.worker }

func (s *Session) kill() {
	s.live = false
	delete(s.db.sessions, s)
	s.unlock()
	s.rollback()
}

// Unlock frees the session's locks and leaves it alive, as a pooler in between can.
func (s *Session) Unlock() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.unlock()
}

func (s *Session) unlock() {
	for k, holder := range s.db.locks {
		if holder == s {
			delete(s.db.locks, k)
		}
	}
}

func (s *Session) rollback() {
	s.open = false
	for k, queue := range s.db.capQueue {
		if queue = slices.DeleteFunc(queue, func(x *Session) bool { return x == s }); len(queue) > 0 {
			s.db.capQueue[k] = queue
		} else {
			delete(s.db.capQueue, k)
		}
	}
	s.db.freed.Broadcast()
}

// Close ends the session and gives everything up.
func (s *Session) Close() { s.Kill() }

// do is a call of the session; an error that the wire made breaks it.
func (s *Session) do(ctx context.Context, call string, f func() error) error {
	return s.broken(s.store.ask(ctx, Point{Session: s.worker, Call: call}, s.alive(f)))
}

func (s *Session) alive(f func() error) func() error {
	return func() error {
		if !s.live {
			return ErrGone
		}
		return f()
	}
}

func (s *Session) broken(err error) error {
	if err != nil && !isOurs(err) {
		s.Kill()
	}
	return err
}

// Rollback gives an open transaction up.
func (s *Session) Rollback(ctx context.Context) error {
	return s.do(ctx, "Rollback", func() error {
		s.rollback()
		return nil
	})
}

// Claim takes up to max segments that are due within `ahead`, or were woken, and that nobody holds.
func (s *Session) Claim(ctx context.Context, max int, ahead time.Duration) (list []run.Claimed, err error) {
	if max <= 0 {
		return nil, nil
	}
	err = s.do(ctx, "Claim", func() error {
		now := s.db.o.Clock()
		for _, key := range s.db.claimable(now, ahead) {
			if len(list) == max {
				break
			}
			list = append(list, s.take(key, now))
		}
		return nil
	})
	return list, err
}

// claimable gives the segments that may be claimed, those due first in front.
func (d *DB) claimable(now engine.Instant, ahead time.Duration) []run.SegmentKey {
	due := map[run.SegmentKey]engine.Instant{}
	for k, s := range d.segments {
		if s.open > 0 && s.due != 0 && s.due <= now.Add(ahead) {
			due[k] = s.due
		}
	}
	for k := range d.wakes {
		if at, ok := due[k]; d.segments[k] != nil && (!ok || now < at) {
			due[k] = now
		}
	}
	var keys []run.SegmentKey
	for k := range due {
		c := d.campaigns[run.CampaignKey{Account: k.Account, Campaign: k.Campaign}]
		if c == nil || d.locks[k] != nil || d.versions[[2]int64{k.Account, c.Version}].format > formatKnown {
			continue
		}
		if c.State != "draft" && (c.State != "scheduled" || c.Start <= now.Add(ahead)) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b run.SegmentKey) int {
		return cmp.Or(cmp.Compare(due[a], due[b]), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign),
			cmp.Compare(a.Segment, b.Segment))
	})
	return keys
}

func (s *Session) take(key run.SegmentKey, now engine.Instant) run.Claimed {
	d := s.db
	row := d.segments[key]
	d.locks[key] = s
	row.epoch++
	if row.open == 0 {
		row.due = 0
	} else if row.due == 0 || now < row.due {
		row.due = now
	}
	campaign := run.CampaignKey{Account: key.Account, Campaign: key.Campaign}
	c := run.Claimed{Key: key, Epoch: row.epoch, Applied: row.applied, Revision: d.campaigns[campaign].Revision}
	for k, r := range d.recipients {
		if segmentOf(k.Campaign, k.Ordinal) != key || r.State.Phase == engine.Ended {
			continue
		}
		if _, aside := d.aside[k]; !aside || d.o.Flaws.Aside {
			open := r.Recipient
			open.State.Heard = slices.Clone(r.State.Heard)
			c.Recipients = append(c.Recipients, open)
		}
	}
	slices.SortFunc(c.Recipients, func(a, b run.Recipient) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	return c
}

// Release gives a segment back, to be claimed again at due.
func (s *Session) Release(ctx context.Context, c run.Claimed, due engine.Instant) (done bool, err error) {
	err = s.do(ctx, "Release", func() error {
		d, row := s.db, s.db.segments[c.Key]
		campaign := d.campaigns[run.CampaignKey{Account: c.Key.Account, Campaign: c.Key.Campaign}]
		if d.unread(c.Key, c.Applied) {
			return nil
		}
		if row == nil || row.epoch != c.Epoch && !d.o.Flaws.Epochs {
			return run.ErrLost
		}
		if campaign.Revision != c.Revision {
			return nil
		}
		row.applied = max(row.applied, c.Applied)
		if row.due = due; row.open == 0 {
			row.due = 0
		}
		delete(d.wakes, c.Key)
		if d.locks[c.Key] == s {
			delete(d.locks, c.Key)
		}
		done = true
		return nil
	})
	return done && err == nil, err
}

// unread reports whether something is stored for a segment that its cursor has not passed.
func (d *DB) unread(key run.SegmentKey, applied uint64) bool {
	for _, a := range d.answers {
		if segmentOf(campaignOf(a.key), a.key.Ordinal) == key && a.id >= applied {
			return true
		}
	}
	for _, f := range d.facts {
		if segmentOf(campaignOf(f.Key), f.Key.Ordinal) == key && f.id >= applied && !f.Implied {
			return true
		}
	}
	for k, e := range d.entries {
		if segmentOf(k.Campaign, k.Ordinal) == key && e.id >= applied {
			return true
		}
	}
	return false
}

// Unanswered gives the intents of these messages that have no answer and no fact.
func (s *Session) Unanswered(ctx context.Context, keys []channel.Key) (list []run.MessageRow, err error) {
	err = s.do(ctx, "Unanswered", func() error {
		known := map[channel.Key]bool{}
		for _, a := range s.db.answers {
			known[a.key] = true
		}
		for k := range s.db.facts {
			known[k.key] = true
		}
		for _, k := range keys {
			m := s.db.messages[k]
			if m == nil || known[k] {
				continue
			}
			row := *m
			row.Content = slices.Clone(m.Content)
			if s.db.o.Flaws.HandBy {
				row.HandBy = run.Untaken
			}
			list = append(list, row)
		}
		return nil
	})
	return list, err
}

// ContactsOf gives the contacts of recipients, in the order of the keys; 0 for one that does not exist.
func (s *Session) ContactsOf(ctx context.Context, keys []channel.Key) (list []int64, err error) {
	err = s.do(ctx, "ContactsOf", func() error {
		for _, k := range keys {
			contact := int64(0)
			if r := s.db.recipients[recipientOf(k)]; r != nil {
				contact = r.Contact
			}
			list = append(list, contact)
		}
		return nil
	})
	return list, err
}

// Process is the name of the process that the session is of.
func (s *Session) Process() string { return s.store.process }
