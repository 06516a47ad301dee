package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/store/wire"
)

// Listen calls f whenever facts were stored for a segment that the storing process does not hold, until ctx ends or the
// connection breaks; it returns why. f is also called once at the start, for what came before.
func (s *Store) Listen(ctx context.Context, f func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := wire.Settle(ctx, conn, nil); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "LISTEN kaskad_facts"); err != nil {
		return err
	}
	for {
		f()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
