package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/store/migrate"
	"kaskad/engine/store/wire"
)

// Migrate brings the database to the state that this build expects. Several processes may call it at once. ErrPooled is
// found out before anything is changed. It is [migrate.Up], which has a package of its own so that test helpers need not
// import the store.
func Migrate(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return errAddress
	}
	wire.Dial(&config.Config)
	if err := refusePooler(ctx, config); err != nil {
		return err
	}
	return migrate.Up(ctx, url)
}
