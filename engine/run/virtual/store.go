package virtual

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Store is a process's way to the database. It is safe for use by many goroutines.
type Store struct {
	db      *DB
	process string
	wire    Wire
	beats   string // under DB.mu: as what the process has beaten; empty: not yet
}

var _ run.Store = (*Store)(nil)

// Connect gives a process its store.
func (d *DB) Connect(process string, wire Wire) *Store {
	return &Store{db: d, process: process, wire: wire}
}

// Session opens a session for a worker.
func (s *Store) Session(ctx context.Context, worker string) (run.Session, error) {
	var session *Session
	err := s.ask(ctx, Point{Session: worker, Call: "Session"}, func() error {
		s.db.lastPID++
		session = &Session{store: s, db: s.db, worker: worker, pid: s.db.lastPID, live: true}
		s.db.sessions[session] = true
		if p := s.db.processes[s.beats]; p != nil {
			p.sessions = append(p.sessions, session)
		}
		return nil
	})
	if err != nil {
		if session != nil {
			session.Kill()
		}
		return nil, err
	}
	return session, nil
}

// Campaign reads a campaign with its version; ErrNotFound where there is none.
func (s *Store) Campaign(ctx context.Context, key run.CampaignKey) (*run.Campaign, error) {
	var found run.Campaign
	err := s.ask(ctx, Point{Call: "Campaign", Key: fmt.Sprint(key)}, func() error {
		c := s.db.campaigns[key]
		if c == nil {
			return fmt.Errorf("%w: campaign %d of account %d", ErrNotFound, key.Campaign, key.Account)
		}
		found = c.Campaign
		found.Document = slices.Clone(s.db.versions[[2]int64{key.Account, c.Version}].document)
		if a := s.db.accounts[key.Account]; a != nil {
			found.StopWords = slices.Clone(a.StopWords)
		}
		found.Capped = s.db.capped(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &found, nil
}

// program is a campaign's, nil where it cannot be had.
func (d *DB) program(key run.CampaignKey) *engine.Program {
	if p, ok := d.programs[key]; ok {
		return p
	}
	c := d.campaigns[key]
	if c == nil || d.o.Compile == nil {
		return nil
	}
	p, err := d.o.Compile(d.versions[[2]int64{key.Account, c.Version}].document)
	if err != nil {
		p = nil
	}
	d.programs[key] = p
	return p
}

// States tells how the campaigns stand now; one that does not exist is left out.
func (s *Store) States(ctx context.Context, keys []run.CampaignKey) (map[run.CampaignKey]run.Standing, error) {
	states := map[run.CampaignKey]run.Standing{}
	err := s.ask(ctx, Point{Call: "States"}, func() error {
		for _, k := range keys {
			if c := s.db.campaigns[k]; c != nil {
				states[k] = run.Standing{State: c.State, Revision: c.Revision, Capped: s.db.capped(c)}
			}
		}
		return nil
	})
	return states, err
}

// Finish marks campaigns that have no open recipient as finished, and starts scheduled ones that are due.
func (s *Store) Finish(ctx context.Context) (n int, err error) {
	err = s.ask(ctx, Point{Call: "Finish"}, func() error {
		now := s.db.o.Clock()
		for _, c := range s.db.campaigns {
			if c.State == "scheduled" && c.Start <= now {
				c.State = "running"
				n++
			}
			live := c.State == "scheduled" || c.State == "running" || c.State == "paused"
			if c.Open && !c.closed && c.End != 0 && c.End <= now && live {
				c.closed = true
				c.Revision++
				n++
			}
			if !c.finished && (c.State == "running" || c.State == "paused" || c.State == "cancelled") && s.db.done(c) {
				c.finished = true
				n++
				if c.State != "cancelled" {
					c.State = "finished"
				}
			}
		}
		return nil
	})
	return n, err
}

// done reports whether nobody is open in a campaign, and nobody comes any more.
func (d *DB) done(c *campaignRow) bool {
	if c.Open && !c.closed && c.State != "cancelled" {
		return false
	}
	for k, s := range d.segments {
		if k.Account == c.Key.Account && k.Campaign == c.Key.Campaign && s.open > 0 {
			return false
		}
	}
	for k, e := range d.entries {
		if k.Campaign == c.Key && d.recipients[k] == nil && e.id >= d.segments[segmentOf(k.Campaign, k.Ordinal)].applied {
			return false
		}
	}
	return true
}

// Beat says that a process is alive, ends the sessions of processes silent for `silent`, and gives what there is to share out.
func (s *Store) Beat(ctx context.Context, name string, workers int, silent time.Duration) (beat run.Beat, err error) {
	err = s.ask(ctx, Point{Call: "Beat"}, func() error {
		d := s.db
		now := d.o.Clock()
		p := &process{workers: workers, seen: now}
		for session := range d.sessions {
			if session.store == s {
				p.sessions = append(p.sessions, session)
			}
		}
		s.beats = name
		d.processes[name] = p
		for other, p := range d.processes {
			if p.seen >= now.Add(-silent) {
				beat.Workers += p.workers
				continue
			}
			for _, session := range p.sessions {
				session.kill()
			}
			delete(d.processes, other)
		}
		due := map[run.SegmentKey]bool{}
		for k, s := range d.segments {
			if s.open > 0 && s.due != 0 && s.due <= now {
				due[k] = true
			}
		}
		for k := range d.wakes {
			due[k] = true
		}
		beat.Segments, beat.Room = len(due), room
		return nil
	})
	return beat, err
}

// Leave says that the process is gone.
func (s *Store) Leave(ctx context.Context, process string) error {
	return s.ask(ctx, Point{Call: "Leave"}, func() error {
		delete(s.db.processes, process)
		return nil
	})
}

// listener is told of facts that were stored for segments that are not held where they were stored.
type listener struct {
	told chan struct{}
	gone chan struct{} // closed with the server
}

// Listen calls f whenever another process may have stored facts for a segment held here.
func (s *Store) Listen(ctx context.Context, f func()) error {
	l := &listener{told: make(chan struct{}, 1), gone: make(chan struct{})}
	err := s.ask(ctx, Point{Call: "Listen"}, func() error {
		s.db.listeners[l] = true
		return nil
	})
	defer func() {
		s.db.mu.Lock()
		delete(s.db.listeners, l)
		s.db.mu.Unlock()
	}()
	for err == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.gone:
			return ErrGone
		case <-l.told:
			if err = s.pass(ctx, Point{Call: "Listen", Key: "told", Stage: Back}); err == nil {
				f()
			}
		}
	}
	return err
}

func (d *DB) notify() {
	for l := range d.listeners {
		select {
		case l.told <- struct{}{}:
		default:
		}
	}
}

// room is how many segments may be held.
const room = 3_200

// formatKnown is the newest format of documents that this process reads.
const formatKnown = scheme.FormatVersion
