package store

import (
	"context"
	"fmt"
)

// Locks are the places for locks in the server, and the segments that want one each while they are held.
type Locks struct {
	PerTransaction, Transactions int64 // settings: max_locks_per_transaction, and how many there may be
	Segments                     int64 // that have open recipients
}

// Room is how many segments may be held: half of the places, for the rest of the server needs locks too.
func (l Locks) Room() int64 { return l.PerTransaction * l.Transactions / 2 }

// Short reports whether there are more segments than room.
func (l Locks) Short() bool { return l.Segments > l.Room() }

func (l Locks) String() string {
	if !l.Short() {
		return fmt.Sprintf("room for %d held segments, %d have open recipients", l.Room(), l.Segments)
	}
	return fmt.Sprintf("too few: room for %d held segments, %d have open recipients, so some may have to wait; set max_locks_per_transaction "+
		"to %d or more and restart the server", l.Room(), l.Segments, (2*l.Segments+l.Transactions-1)/l.Transactions)
}

// Locks looks at the server's settings and at the segments.
func (s *Store) Locks(ctx context.Context) (l Locks, err error) {
	err = s.pool.QueryRow(ctx, s.q.get("locks")).Scan(&l.PerTransaction, &l.Transactions, &l.Segments)
	return l, err
}
