package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/run"
)

// Figures gives a campaign's figures, as they are kept: by block and, with node -1, of the whole campaign.
func (s *Store) Figures(ctx context.Context, key run.CampaignKey) (map[run.Counter]int64, error) {
	return s.countsOf(ctx, key, "figures", key.Account, key.Campaign)
}

// Recount gives the same figures counted from the rows: slow, to hold the kept ones against. Goals are counted where the
// store can compile.
func (s *Store) Recount(ctx context.Context, key run.CampaignKey) (map[run.Counter]int64, error) {
	m, err := s.meaning(ctx, key)
	if err != nil {
		return nil, err
	}
	goals := []int16{}
	if m != nil && m.program != nil {
		for i := range m.program.Nodes {
			if _, ok := m.program.Nodes[i].Block.(*engine.Goal); ok {
				goals = append(goals, int16(i))
			}
		}
	}
	codes, names := []int32{}, []string{}
	for bit := engine.Facts(1); bit != 0; bit <<= 1 {
		codes, names = append(codes, int32(bit)), append(names, bit.String())
	}
	return s.countsOf(ctx, key, "recount", key.Account, key.Campaign, goals, codes, names)
}

func (s *Store) countsOf(ctx context.Context, key run.CampaignKey, query string, arguments ...any) (map[run.Counter]int64, error) {
	rows, err := s.pool.Query(ctx, s.q.get(query), arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[run.Counter]int64{}
	for rows.Next() {
		c := run.Counter{Campaign: key}
		var n int64
		if err := rows.Scan(&c.Node, &c.What, &n); err != nil {
			return nil, err
		}
		counts[c] += n
	}
	return counts, rows.Err()
}

// CampaignInfo is a campaign as a list shows it.
type CampaignInfo struct {
	Key              run.CampaignKey
	Version          int64
	Name             string
	Tags             []string
	State            string
	Zone, Connection string
	Rate             int // launches a second, 0: no limit
	Start            time.Time
	End              *time.Time
	Created          time.Time
	Finished         *time.Time
	Recipients, Open int64
}

// Campaigns lists an account's campaigns, the newest first, at most `limit`.
func (s *Store) Campaigns(ctx context.Context, account int64, limit int) ([]CampaignInfo, error) {
	return s.campaigns(ctx, run.CampaignKey{Account: account}, limit)
}

// CampaignInfo gives one campaign as the list does; ErrNotFound where there is none.
func (s *Store) CampaignInfo(ctx context.Context, key run.CampaignKey) (CampaignInfo, error) {
	list, err := s.campaigns(ctx, key, 1)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return CampaignInfo{}, err
	}
	return list[0], nil
}

func (s *Store) campaigns(ctx context.Context, key run.CampaignKey, limit int) ([]CampaignInfo, error) {
	rows, err := s.pool.Query(ctx, s.q.get("campaigns"), key.Account, key.Campaign, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (CampaignInfo, error) {
		c := CampaignInfo{Key: run.CampaignKey{Account: key.Account}}
		err := row.Scan(&c.Key.Campaign, &c.Version, &c.Name, &c.Tags, &c.State, &c.Zone, &c.Connection, &c.Rate, &c.Start,
			&c.End, &c.Created, &c.Finished, &c.Recipients, &c.Open)
		return c, err
	})
}

// SegmentInfo is a segment as it stands.
type SegmentInfo struct {
	Segment int32
	Open    int
	Due     *time.Time
	Epoch   int64
	Holder  string
}

// Segments lists a campaign's segments.
func (s *Store) Segments(ctx context.Context, key run.CampaignKey) ([]SegmentInfo, error) {
	rows, err := s.pool.Query(ctx, s.q.get("segment_list"), key.Account, key.Campaign)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SegmentInfo])
}

// UnknownFact is a report of a message that nobody knows. Fact names it as links do.
type UnknownFact struct {
	Connection, ProviderID string
	Fact                   string
	Value                  string
	Times                  int64
	Recorded               time.Time
	At                     *time.Time // by the provider's clock
}

// UnknownFacts lists an account's reports of unknown messages, the newest first, at most `limit`.
func (s *Store) UnknownFacts(ctx context.Context, account int64, limit int) ([]UnknownFact, error) {
	rows, err := s.pool.Query(ctx, s.q.get("unknown_facts"), account, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (UnknownFact, error) {
		var u UnknownFact
		var code int32
		err := row.Scan(&u.Connection, &u.ProviderID, &code, &u.Value, &u.Times, &u.Recorded, &u.At)
		u.Fact = factName(code)
		return u, err
	})
}

// Depths are the lengths of the queues, for metrics.
type Depths struct {
	Due     int64 // segments that are due and that nobody holds
	Held    int64 // segments that have a holder
	Open    int64 // recipients whose walk goes on
	Wakes   int64 // segments woken
	Unknown int64 // reports of unknown messages
	Lag     time.Duration
}

// Depths looks at the queues. Lag is for how long the first due segment has waited for a holder.
func (s *Store) Depths(ctx context.Context) (Depths, error) {
	var d Depths
	err := s.pool.QueryRow(ctx, s.q.get("depths")).Scan(&d.Due, &d.Held, &d.Open, &d.Wakes, &d.Unknown, &d.Lag)
	return d, err
}

// factName names a stored code.
func factName(code int32) string {
	switch code {
	case run.HookDoneCode:
		return "webhook"
	case run.HookFailedCode:
		return "webhook_failed"
	case run.InterruptCode:
		return "interrupted"
	}
	return engine.Facts(code).String()
}
