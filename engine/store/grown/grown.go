// Package grown tells the planner of tables that have grown much at once.
package grown

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// many is how many contacts are so many that plans which were made before may not do for them.
const many = 1_000

// known is how many contacts the planner believes there are; negative: it was never told.
const known = `SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts'::regclass`

// Contacts is called by whoever has added so many contacts at once. Plans that were made while the table was small are kept until it
// is analysed, and may walk over a whole account for each of thousands of contacts: where the table has grown much it is analysed
// now, not when the server comes to it. The contacts are there either way: where that fails, or takes longer than the pool waits, it
// is left to the server.
func Contacts(ctx context.Context, pool *pgxpool.Pool, added int64) {
	if added < many {
		return
	}
	var before int64
	if err := pool.QueryRow(ctx, known).Scan(&before); err == nil && added >= before/2 {
		_, _ = pool.Exec(ctx, "ANALYZE contacts")
	}
}
