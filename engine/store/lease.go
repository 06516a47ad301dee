package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// leaseSlice is how much unused time of a rate is kept: nothing bursts after a night.
const leaseSlice = 250 * time.Millisecond

// Lease takes up to n launches of a campaign's rate for now. In any time T all processes together get at most
// rate x (T + 250 ms) launches, and one more where the rate is below four a second. It is the generic cell rate
// algorithm (ITU-T I.371, annex A) on one row a campaign, in a transaction of its own that waits for no disk: what a
// crash gives back twice is a slice.
func (s *Session) Lease(ctx context.Context, c run.CampaignKey, rate, n int) (int, error) {
	if rate <= 0 || n <= 0 {
		return 0, nil
	}
	granted := 0
	err := pgx.BeginFunc(ctx, s.store.pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue("SET LOCAL synchronous_commit = off")
		b.Queue(s.store.q.get("lease"), c.Account, c.Campaign, rate, n, leaseSlice)
		results := tx.SendBatch(ctx, b)
		defer results.Close()
		if _, err := results.Exec(); err != nil {
			return err
		}
		err := results.QueryRow().Scan(&granted)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := results.Close(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.store.q.get("lease_row"), c.Account, c.Campaign); err != nil {
			return err
		}
		return tx.QueryRow(ctx, s.store.q.get("lease"), c.Account, c.Campaign, rate, n, leaseSlice).Scan(&granted)
	})
	return granted, err
}

// Unanswered gives the intents of these messages that have no answer and no fact, with what was to be sent.
func (s *Session) Unanswered(ctx context.Context, keys []channel.Key) ([]run.MessageRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	c := columns(5, len(keys))
	for _, k := range keys {
		putKey(c, k)
	}
	rows, err := s.conn.Query(ctx, s.store.q.get("unanswered"), args(c)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []run.MessageRow
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		m := run.MessageRow{Key: readKey(&r), LaunchedAt: r.instant(), HandBy: r.instant(), Address: r.text(), Text: r.text()}
		if content := r.bytes(); content != nil {
			m.Content = append([]byte{}, content...)
		}
		if r.bad {
			return nil, errShape
		}
		list = append(list, m)
	}
	rows.Close()
	return list, rows.Err()
}

// Winner gives the variant that won, deciding it once for all processes: whoever asks first counts, and the first to
// store its count is right. The rate of a variant is the share of the people drawn for it who, by a message launched
// after the draw, got the fact, or who reached a goal after it. With fewer than w.Min people in a variant, and in a
// draw, it is the first one.
func (s *Session) Winner(ctx context.Context, c run.CampaignKey, node int16, variants []string, w *engine.Winner,
	goals []int16) (string, error) {
	if len(variants) == 0 {
		return "", fmt.Errorf("store: block %d has no variants", node)
	}
	var variant string
	err := s.store.pool.QueryRow(ctx, s.store.q.get("winner"), c.Account, c.Campaign, node).Scan(&variant)
	if !errors.Is(err, pgx.ErrNoRows) {
		return variant, err
	}
	rates, err := s.store.rates(ctx, c, node, w.Metric, goals)
	if err != nil {
		return "", err
	}
	won := best(variants, rates, w.Min)
	if _, err := s.store.pool.Exec(ctx, s.store.q.get("winner_set"), c.Account, c.Campaign, node, won); err != nil {
		return "", err
	}
	err = s.store.pool.QueryRow(ctx, s.store.q.get("winner"), c.Account, c.Campaign, node).Scan(&variant)
	return variant, err
}

// rate is how many people of a variant there are, and how many of them did what was wanted.
type rate struct{ people, hits int64 }

func (s *Store) rates(ctx context.Context, c run.CampaignKey, node int16, metric string, goals []int16) (map[string]rate, error) {
	facts := map[string]engine.Facts{"delivered": engine.Delivered, "clicked": engine.Clicked, "replied": engine.Replied}
	query, argument := "winner_by_fact", any(int32(facts[metric]))
	if metric == "goal" {
		query, argument = "winner_by_goal", any(goals)
	} else if facts[metric] == 0 {
		return nil, fmt.Errorf("store: unknown metric %q of an A/B test", metric)
	}
	rows, err := s.pool.Query(ctx, s.q.get(query), c.Account, c.Campaign, node, argument)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	rates := map[string]rate{}
	for rows.Next() {
		var variant string
		var r rate
		if err := rows.Scan(&variant, &r.people, &r.hits); err != nil {
			return nil, err
		}
		rates[variant] = r
	}
	return rates, rows.Err()
}

func best(variants []string, rates map[string]rate, least int64) string {
	winner := variants[0]
	for _, v := range variants {
		if rates[v].people < least {
			return variants[0]
		}
		if a, b := rates[v], rates[winner]; a.people > 0 && (b.people == 0 || a.hits*b.people > b.hits*a.people) {
			winner = v
		}
	}
	return winner
}
