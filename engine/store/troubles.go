package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/run"
)

// Trouble is something in a recipient's data that broke, while the others went on.
type Trouble struct {
	Ordinal int64
	Phone   string // empty where the contact has none, or is gone
	Node    int16
	What    string
	At      time.Time
}

// Troubles gives how many troubles a campaign has, and the first of them by recipient, at most `limit`.
func (s *Store) Troubles(ctx context.Context, key run.CampaignKey, limit int) (int64, []Trouble, error) {
	var n int64
	if err := s.pool.QueryRow(ctx, s.q.get("troubles_count"), key.Account, key.Campaign).Scan(&n); err != nil || n == 0 {
		return n, nil, err
	}
	rows, err := s.pool.Query(ctx, s.q.get("troubles_first"), key.Account, key.Campaign, limit)
	if err != nil {
		return n, nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Trouble])
	return n, list, err
}
