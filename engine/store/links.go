package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/channel"
)

// Link gives the address behind the n-th tracked link of a message; ErrNotFound where there is none.
func (s *Store) Link(ctx context.Context, key channel.Key, n int) (string, error) {
	var url *string
	err := s.pool.QueryRow(ctx, s.q.get("message_link"), key.Account, key.Campaign, key.Ordinal, key.Node,
		int16(key.Attempt), n).Scan(&url)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && url == nil {
		return "", fmt.Errorf("%w: link %d of message %s", ErrNotFound, n, key)
	}
	if err != nil {
		return "", err
	}
	return *url, nil
}
