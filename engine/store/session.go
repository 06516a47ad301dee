package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Session is the only holder of its segments; see run.Session. It has one connection, which is never replaced.
type Session struct {
	store   *Store
	conn    *pgx.Conn
	worker  string
	pid     int32
	started time.Time
	server  int64  // see nameOf
	ticks   []tick // earlier looks that may still become the watermark
	mark    engine.Instant
	open    bool // a transaction
	close   sync.Once
}

var _ run.Session = (*Session)(nil)

// Session opens a session for a worker.
func (s *Store) Session(ctx context.Context, worker string) (run.Session, error) {
	config := s.config.Copy()
	config.RuntimeParams["application_name"] = applicationName("kaskad "+worker, s.named)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("store: a session: %w", err)
	}
	session := &Session{store: s, conn: conn, worker: worker}
	if err := session.begin(ctx); err != nil {
		session.Close()
		return nil, fmt.Errorf("store: a session: %w", err)
	}
	return session, nil
}

func (s *Session) begin(ctx context.Context) error {
	if err := s.store.prepare(ctx, s.conn); err != nil {
		return err
	}
	var server time.Time
	err := s.conn.QueryRow(ctx, s.store.q.get("session_identity")).Scan(&s.pid, &s.started, &server)
	if err != nil {
		return err
	}
	s.server = nameOf(server)
	s.store.mu.Lock()
	s.store.sessions[s] = struct{}{}
	process := s.store.process
	s.store.mu.Unlock()
	if process == "" {
		return nil
	}
	// A process that freezes right now has to be known by this session too.
	_, err = s.conn.Exec(ctx, s.store.q.get("session_opened"), process, s.pid, s.started)
	return err
}

// Close ends the session and gives everything up.
func (s *Session) Close() {
	s.close.Do(func() {
		s.store.mu.Lock()
		delete(s.store.sessions, s)
		s.store.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.conn.Close(ctx) // an error means that it is closed already
	})
}

// Rollback gives an open transaction up.
func (s *Session) Rollback(ctx context.Context) error {
	if !s.open {
		return nil
	}
	s.open = false
	_, err := s.conn.Exec(ctx, "ROLLBACK")
	return err
}

// Claim takes up to max segments that are due within `ahead`, or were woken, and that nobody holds. It locks first and
// reads after that, by a new snapshot, so that it sees what the last holder wrote.
func (s *Session) Claim(ctx context.Context, max int, ahead time.Duration) ([]run.Claimed, error) {
	if max <= 0 {
		return nil, nil
	}
	rows, err := s.conn.Query(ctx, s.store.q.get("claim_lock"), max, ahead, scheme.FormatVersion)
	if err != nil {
		return nil, err
	}
	locks := map[run.SegmentKey]int64{}
	keys := columns(3, max)
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		key := run.SegmentKey{Account: r.int64(), Campaign: r.int64(), Segment: r.int32()}
		locks[key] = r.int64()
		keys[0].int64(key.Account)
		keys[1].int64(key.Campaign)
		keys[2].int32(key.Segment)
	}
	if err := rows.Err(); err != nil || len(locks) == 0 {
		return nil, err
	}
	claimed, err := s.take(ctx, keys, len(locks), ahead)
	if err != nil {
		return nil, err
	}
	for i := range claimed {
		delete(locks, claimed[i].Key)
	}
	if len(locks) > 0 { // another owner was quicker and has put them away again
		free := columns(1, len(locks))
		for _, lock := range locks {
			free[0].int64(lock)
		}
		if _, err := s.conn.Exec(ctx, s.store.q.get("unlock"), &free[0]); err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// take makes the locked segments this session's, and reads their open recipients.
func (s *Session) take(ctx context.Context, keys []column, n int, ahead time.Duration) ([]run.Claimed, error) {
	holder := fmt.Sprintf("%s %d", storable(s.worker), s.pid)
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(s.store.q.get("claim_take"), args(keys, ahead, holder)...)
	b.Queue("COMMIT")
	b.Queue(s.store.q.get("claim_recipients"), args(keys)...)
	b.Queue(s.store.q.get("claim_aside"), args(keys)...)
	results := s.conn.SendBatch(ctx, b)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	claimed := make([]run.Claimed, 0, n)
	place := map[run.SegmentKey]int{}
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		c := run.Claimed{Key: run.SegmentKey{Account: r.int64(), Campaign: r.int64(), Segment: r.int32()}, Epoch: r.int64(),
			Applied: uint64(r.int64()), Revision: r.int64()}
		if r.bad {
			return nil, errShape
		}
		place[c.Key] = len(claimed)
		claimed = append(claimed, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	rows, err = results.Query()
	if err != nil {
		return nil, err
	}
	if err := readRecipients(rows, claimed, place); err != nil {
		return nil, err
	}
	if rows, err = results.Query(); err != nil {
		return nil, err
	}
	if err := leaveAside(rows, claimed, place); err != nil {
		return nil, err
	}
	return claimed, results.Close()
}

// Release gives a segment back. Its wakes go first: one that is stored from now on stays, and whoever relied on one
// that was there has committed by then, so that the look for the unread sees its rows. The campaign's row is locked until
// the commit: whoever changes its terms after that finds the segment put away, and wakes it.
func (s *Session) Release(ctx context.Context, c run.Claimed, due engine.Instant) (bool, error) {
	k := c.Key
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(s.store.q.get("release_wakes"), k.Account, k.Campaign, k.Segment)
	b.Queue(s.store.q.get("release"), k.Account, k.Campaign, k.Segment, c.Epoch, c.Applied, instantOrNull(due))
	b.Queue(s.store.q.get("release_terms"), k.Account, k.Campaign)
	results := s.conn.SendBatch(ctx, b)
	defer results.Close()
	for range 2 {
		if _, err := results.Exec(); err != nil {
			return false, err
		}
	}
	var unread, done bool
	var lock int64
	if err := results.QueryRow().Scan(&unread, &done, &lock); err != nil {
		return false, err
	}
	revision := int64(-1)
	if err := results.QueryRow().Scan(&revision); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	if err := results.Close(); err != nil {
		return false, err
	}
	if !done || revision != c.Revision {
		if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
			return false, err
		}
		if !done && !unread {
			return false, run.ErrLost
		}
		return false, nil
	}
	b = &pgx.Batch{}
	b.Queue("COMMIT")
	b.Queue("SELECT pg_advisory_unlock($1)", lock)
	return true, sendAll(ctx, s.conn, b)
}

// ContactsOf gives the contacts of recipients, in the order of the keys; 0 for one that does not exist.
func (s *Session) ContactsOf(ctx context.Context, keys []channel.Key) ([]int64, error) {
	c := columns(3, len(keys))
	for _, k := range keys {
		c[0].int64(k.Account)
		c[1].int64(k.Campaign)
		c[2].int64(k.Ordinal)
	}
	rows, err := s.conn.Query(ctx, s.store.q.get("contacts_of"), args(c)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
