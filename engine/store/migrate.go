package store

import (
	"context"

	"kaskad/engine/store/migrate"
)

// Migrate brings the database to the state that this build expects. Several processes may call it at once. It is
// [migrate.Up], which has a package of its own so that test helpers need not import the store.
func Migrate(ctx context.Context, url string) error { return migrate.Up(ctx, url) }
