// Package accounts keeps accounts, users, sessions, tokens, the log of what was done, and the answers to repeated requests.
package accounts

import (
	"embed"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/ids"
	"kaskad/engine/store/sqlfile"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Store is what is kept. It is safe for use by many goroutines.
type Store struct {
	desk  *pgxpool.Pool
	q     sqlfile.Queries
	clock func() time.Time
	newID func() ids.ID
}

// New makes a store on the pool for what people ask.
func New(desk *pgxpool.Pool, clock func() time.Time, newID func() ids.ID) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	return &Store{desk: desk, q: q, clock: clock, newID: newID}, nil
}
