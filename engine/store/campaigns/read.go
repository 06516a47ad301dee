package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/campaign"
	"kaskad/engine/ids"
)

// Get gives one campaign.
func (s *Store) Get(ctx context.Context, account, id ids.ID) (*campaign.Campaign, error) {
	return s.get(ctx, s.desk, account, id)
}

func (s *Store) get(ctx context.Context, q querier, account, id ids.ID) (*campaign.Campaign, error) {
	list, err := s.read(ctx, q, account, id, campaign.Query{}, " LIMIT 1")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound()
	}
	return &list[0], nil
}

// locked gives a campaign whose row nobody else changes until the transaction ends.
func (s *Store) locked(ctx context.Context, tx pgx.Tx, account, id ids.ID) (*campaign.Campaign, error) {
	var there bool
	if err := tx.QueryRow(ctx, s.q.Get("lock"), int64(account), int64(id)).Scan(&there); errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound()
	} else if err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	return s.get(ctx, tx, account, id)
}

// read gives the campaigns that a query chooses; tail is what follows the statement, with its arguments.
func (s *Store) read(ctx context.Context, q querier, account, id ids.ID, f campaign.Query, tail string, args ...any) ([]campaign.Campaign, error) {
	states := []string{}
	for _, state := range f.States {
		states = append(states, string(state))
	}
	all := []any{int64(account), int64(id), states, f.Tag, int64(f.Scheme), int64(f.Version), instant(f.From), instant(f.To), f.Words,
		f.Archived, f.Tests, int64(f.Parent)}
	rows, err := q.Query(ctx, s.q.Get("campaigns")+tail, append(all, args...)...)
	if err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	return list, nil
}

// instant is nil for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func scan(row pgx.CollectableRow) (campaign.Campaign, error) {
	var c campaign.Campaign
	var id, version, parent, launchTask int64
	var hurry int
	var who, start, window, entry, refused []byte
	err := row.Scan(&id, &c.State, &c.Name, &c.Kind, &version, &who, &start, &window, &c.End, &c.EndAfter, &c.Smooth, &c.Rate,
		&c.Zone, &c.Connection, &c.Advertising, &c.UnknownZones, &c.Tags, &entry, &c.Test, &parent, &c.MadeAs, &c.Author, &c.Note,
		&launchTask, &c.Launching, &c.Recipients, &c.Open, &c.Selected, &refused, &c.CreatedAt, &c.LaunchedAt, &c.StartsAt,
		&c.FinishedAt, &c.ClosedAt, &c.ArchivedAt, &c.NextAt, &c.Made, &c.Missed, &hurry)
	if err != nil {
		return c, err
	}
	if hurry > 1 {
		c.Hurry = hurry
	}
	c.ID, c.Version, c.Parent, c.Task = ids.ID(id), ids.ID(version), ids.ID(parent), ids.ID(launchTask)
	for _, part := range []struct {
		text []byte
		into any
	}{{who, &c.Audience}, {start, &c.Start}, {window, &c.Window}, {entry, &c.Entry}, {refused, &c.Refused}} {
		if part.text == nil {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return c, fmt.Errorf("campaign %d: %w", id, err)
		}
	}
	c.CreatedAt = c.CreatedAt.UTC()
	for _, t := range []**time.Time{&c.End, &c.LaunchedAt, &c.StartsAt, &c.FinishedAt, &c.ClosedAt, &c.ArchivedAt, &c.NextAt} {
		*t = utc(*t)
	}
	return c, nil
}
