package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/campaign"
)

// tidyRows is how many entries or keys a statement of the upkeep looks at.
const tidyRows = 5_000

// Tidied is what the upkeep removed.
type Tidied struct {
	Keys    int64 // whose time was over
	Entries int64 // whose walk had ended
}

// Tidy forgets what nobody asks for any more of people who entered open campaigns: keys that are older than what is promised
// of them, and entries whose walk has ended. Of all accounts, in short statements, so that it may be broken off and begun
// anew at any time, by several processes at once.
func (s *Store) Tidy(ctx context.Context, now time.Time) (Tidied, error) {
	var done Tidied
	for n := int64(tidyRows); n == tidyRows; done.Keys += n {
		tag, err := s.desk.Exec(ctx, s.q.Get("tidy_keys"), now.Add(-campaign.KeyFor), tidyRows)
		if err != nil {
			return done, fmt.Errorf("campaigns: old keys: %w", err)
		}
		n = tag.RowsAffected()
	}
	var account, id, ordinal int64 = -1 << 63, 0, 0
	for last := false; !last; {
		var gone int64
		err := s.desk.QueryRow(ctx, s.q.Get("tidy_entries"), account, id, ordinal, tidyRows).Scan(&account, &id, &ordinal, &last, &gone)
		if errors.Is(err, pgx.ErrNoRows) {
			return done, nil
		}
		if err != nil {
			return done, fmt.Errorf("campaigns: entries of ended walks: %w", err)
		}
		done.Entries += gone
	}
	return done, nil
}
