package virtual

import "context"

// Stage is how far a call has come.
type Stage uint8

// The stages of a call. An error at the first two means that nothing is done; at the last one it is, and the caller is told
// the error all the same.
const (
	Out  Stage = iota // on the way to the database
	Work              // in the database, its transaction begun and not committed; of calls that have one
	Back              // on the way to the caller
)

func (s Stage) String() string { return [...]string{"out", "work", "back"}[s] }

// Point is where a call is.
type Point struct {
	Process string
	Session string // the worker's name; empty for a call of none
	Call    string // the port's method
	Key     string // what tells this call from others of the kind that are under way at once
	Stage   Stage
}

// Wire is the way between a process and its database: it takes its time, and may fail a call. It is called without any lock.
// nil: the way is short and good.
type Wire func(ctx context.Context, p Point) error

func (s *Store) pass(ctx context.Context, p Point) error {
	if s.wire == nil {
		return ctx.Err()
	}
	p.Process = s.process
	return s.wire(ctx, p)
}

// ask is a call with one step in the database.
func (s *Store) ask(ctx context.Context, p Point, f func() error) error {
	if err := s.pass(ctx, p); err != nil {
		return err
	}
	s.db.mu.Lock()
	err := f()
	s.db.mu.Unlock()
	p.Stage = Back
	if lost := s.pass(ctx, p); lost != nil {
		return lost
	}
	return err
}

// transact is a call whose transaction is open for a while: begun has its id and may refuse, and end commits.
func (s *Store) transact(ctx context.Context, p Point, begun func(id uint64) error, end func(id uint64) error) error {
	if err := s.pass(ctx, p); err != nil {
		return err
	}
	s.db.mu.Lock()
	id, line := s.db.begin(), s.db.line
	err := begun(id)
	s.db.mu.Unlock()
	if err == nil {
		p.Stage = Work
		err = s.pass(ctx, p)
	}
	s.db.mu.Lock()
	switch {
	case s.db.line != line:
		err = ErrGone // with the server that it ran on
	case err == nil:
		err = end(id)
		fallthrough
	default:
		s.db.end(id)
	}
	s.db.mu.Unlock()
	if err != nil {
		return err
	}
	p.Stage = Back
	return s.pass(ctx, p)
}
