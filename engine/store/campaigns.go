package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// ErrNotFound says that there is no such account, version, campaign or recipient.
var ErrNotFound = errors.New("store: not found")

// Campaign reads a campaign with its version; ErrNotFound where there is none.
func (s *Store) Campaign(ctx context.Context, key run.CampaignKey) (*run.Campaign, error) {
	c := &run.Campaign{Key: key}
	var document string
	var window []byte
	var start time.Time
	var end *time.Time
	b := &pgx.Batch{}
	b.Queue(s.q.get("plan_anew"))
	b.Queue(s.q.get("campaign"), key.Account, key.Campaign).QueryRow(func(row pgx.Row) error {
		return row.Scan(&c.Version, &document, &c.Name, &c.Tags, &c.State, &c.Zone, &window, &start, &end, &c.Rate, &c.Connection,
			&c.StopWords, &c.Hurry, &c.Revision, &c.Capped, &c.Advertising, &c.Open)
	})
	err := sendAll(ctx, s.pool, b)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: campaign %d of account %d", ErrNotFound, key.Campaign, key.Account)
	}
	if err != nil {
		return nil, err
	}
	c.Document, c.Start = []byte(document), engine.At(start)
	if end != nil {
		c.End = engine.At(*end)
	}
	if window != nil {
		c.Window = &scheme.Window{}
		if err := json.Unmarshal(window, c.Window); err != nil {
			return nil, fmt.Errorf("store: the window of campaign %d: %w", key.Campaign, err)
		}
	}
	return c, s.correct(ctx, c)
}

// correct puts the texts into a campaign's document that were corrected after its launch. They were checked when that was
// done; one that does not fit all the same is left out.
func (s *Store) correct(ctx context.Context, c *run.Campaign) error {
	if c.Revision == 0 {
		return nil
	}
	rows, err := s.pool.Query(ctx, s.q.get("corrections"), c.Key.Account, c.Key.Campaign)
	if err != nil {
		return err
	}
	var x campaign.Correction
	_, err = pgx.ForEachRow(rows, []any{&x.Node, &x.Field, &x.Old, &x.New}, func() error {
		document, err := campaign.Corrected(c.Document, x)
		if err != nil {
			s.log.Error("a correction does not fit its campaign's document", "campaign", c.Key.Campaign, "node", x.Node,
				"field", x.Field, "error", err)
			return nil
		}
		c.Document = document
		return nil
	})
	return err
}

// States tells how the campaigns stand now; one that does not exist is left out.
func (s *Store) States(ctx context.Context, keys []run.CampaignKey) (map[run.CampaignKey]run.Standing, error) {
	c := columns(2, len(keys))
	for _, k := range keys {
		c[0].int64(k.Account)
		c[1].int64(k.Campaign)
	}
	rows, err := s.pool.Query(ctx, s.q.get("states"), args(c)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	states := make(map[run.CampaignKey]run.Standing, len(keys))
	for rows.Next() {
		var k run.CampaignKey
		var state run.Standing
		if err := rows.Scan(&k.Account, &k.Campaign, &state.State, &state.Revision, &state.Capped); err != nil {
			return nil, err
		}
		states[k] = state
	}
	return states, rows.Err()
}

// Finish marks campaigns that have no open recipient as finished, and starts scheduled ones that are due; it returns how
// many of either there were. A cancelled one stays cancelled and gets the instant at which the last walk had ended.
func (s *Store) Finish(ctx context.Context) (int, error) {
	n := int64(0)
	for _, query := range []string{"start_due", "close_ended", "finish"} {
		tag, err := s.pool.Exec(ctx, s.q.get(query))
		if err != nil {
			return 0, err
		}
		n += tag.RowsAffected()
	}
	_, err := s.pool.Exec(ctx, s.q.get("count_entered"))
	return int(n), err
}

// Beat says that a process is alive with so many workers, ends all connections of processes silent for `silent`, and gives
// the number of living workers, of the segments that are due, woken or held, and of those for which there is room. A
// process that was ended and comes back is alive again with its next beat. It has a connection of its own: those of the pool may
// all wait for what a frozen process has locked.
func (s *Store) Beat(ctx context.Context, process string, workers int, silent time.Duration) (run.Beat, error) {
	s.mu.Lock()
	s.process = process
	pids, started := make([]int32, 0, len(s.sessions)), make([]time.Time, 0, len(s.sessions))
	for session := range s.sessions {
		pids, started = append(pids, session.pid), append(started, session.started)
	}
	s.mu.Unlock()
	var beat run.Beat
	b := &pgx.Batch{}
	b.Queue(s.q.get("beat"), process, workers, pids, started, scheme.FormatVersion)
	b.Queue(s.q.get("beat_silent"), silent)
	b.Queue(s.q.get("beat_gone"), silent)
	b.Queue(s.q.get("beat_count"), silent).QueryRow(func(row pgx.Row) error {
		return row.Scan(&beat.Workers, &beat.Segments, &beat.Room)
	})
	err := s.pulse.SendBatch(ctx, b).Close()
	return beat, err
}

// Leave says that the process is gone.
func (s *Store) Leave(ctx context.Context, process string) error {
	_, err := s.pool.Exec(ctx, s.q.get("leave"), process)
	return err
}
