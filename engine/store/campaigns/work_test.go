package campaigns_test

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
)

var errCrash = errors.New("the process is gone")

// Checkpoint implements campaigns.Work.
func (k *work) Checkpoint(into any) (bool, error) {
	if k.checkpoint == nil {
		return false, nil
	}
	return true, json.Unmarshal(k.checkpoint, into)
}

// Commit implements campaigns.Work: the commit that is to fail is lost, as if the process had died in it.
func (k *work) Commit(ctx context.Context, checkpoint any, f func(tx pgx.Tx) error) error {
	k.commits++
	if k.commits == k.failAt {
		return errCrash
	}
	if err := pgx.BeginFunc(ctx, k.hot.Desk(), f); err != nil || checkpoint == nil {
		return err
	}
	text, err := json.Marshal(checkpoint)
	k.checkpoint = text
	return err
}

// Args implements campaigns.Work.
func (k *work) Args(into any) error {
	return json.Unmarshal([]byte(k.db.Texts("SELECT args::text FROM tasks WHERE account = $1 AND task = $2", int64(mine), int64(k.id))[0]), into)
}
