package store

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/run"
)

// HotPool is the pool of the runtime's own statements.
func (s *Store) HotPool() *pgxpool.Pool { return s.pool }

// ConnOf is the connection of a session.
func ConnOf(s run.Session) *pgx.Conn { return s.(*Session).conn }
