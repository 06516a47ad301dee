package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/campaign"
)

// tidyRows is how many entries or keys a statement of the upkeep looks at.
const tidyRows = 5_000

// clocksDiffer is how much later than by this process's clock a pause is taken to be over: the entries have the database's.
const clocksDiffer = time.Hour

// Tidied is what the upkeep removed.
type Tidied struct {
	Keys    int64 // whose time was over
	Entries int64 // whose walk had ended
	Entered int64 // last entries that no rule asks for any more
}

// Tidy forgets what nobody asks for any more of people who entered open campaigns: keys that are older than what is promised
// of them, entries whose walk has ended, and who entered last where no rule asks for it. Of all accounts, in short statements, so
// that it may be broken off and begun anew at any time, by several processes at once.
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
			break
		}
		if err != nil {
			return done, fmt.Errorf("campaigns: entries of ended walks: %w", err)
		}
		done.Entries += gone
	}
	for after := (&lastEntry{account: -1 << 63}); after != nil; {
		next, gone, err := s.tidyEntered(ctx, *after, now)
		if err != nil {
			return done, fmt.Errorf("campaigns: last entries: %w", err)
		}
		after, done.Entered = next, done.Entered+gone
	}
	return done, nil
}

// lastEntry is a contact's last entry into a campaign.
type lastEntry struct{ account, contact, campaign, ordinal int64 }

// tidyEntered looks at a page of last entries behind one, and takes those away that nobody needs. It gives the last one of the page;
// nil: it was the last page.
func (s *Store) tidyEntered(ctx context.Context, after lastEntry, now time.Time) (next *lastEntry, gone int64, err error) {
	rows, err := s.desk.Query(ctx, s.q.Get("entered_page"), after.account, after.contact, after.campaign, tidyRows)
	if err != nil {
		return nil, 0, err
	}
	var x lastEntry
	var at time.Time
	var rule []byte
	var ended, closed bool
	seen, drop := 0, [4][]int64{}
	_, err = pgx.ForEachRow(rows, []any{&x.account, &x.contact, &x.campaign, &x.ordinal, &at, &rule, &ended, &closed}, func() error {
		seen++
		var e campaign.Entry
		if err := json.Unmarshal(rule, &e); err != nil {
			return fmt.Errorf("campaign %d: %w", x.campaign, err)
		}
		if !e.Needed(at, ended, closed, now.Add(-clocksDiffer)) {
			for i, part := range []int64{x.account, x.contact, x.campaign, x.ordinal} {
				drop[i] = append(drop[i], part)
			}
		}
		rule = nil
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if len(drop[0]) > 0 {
		tag, err := s.desk.Exec(ctx, s.q.Get("entered_drop"), drop[0], drop[1], drop[2], drop[3])
		if err != nil {
			return nil, 0, err
		}
		gone = tag.RowsAffected()
	}
	if seen < tidyRows {
		return nil, gone, nil
	}
	return &x, gone, nil
}
