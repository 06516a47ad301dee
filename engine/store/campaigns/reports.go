package campaigns

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/report"
	"kaskad/engine/report/trace"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// Report gives a campaign in figures: people by ending, and what happened at each block and link.
func (s *Store) Report(ctx context.Context, account, id ids.ID) (*campaign.Campaign, *report.Campaign, error) {
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.program(ctx, s.desk, account, c.Version)
	if err != nil {
		return nil, nil, err
	}
	counters, err := s.Store.Figures(ctx, run.CampaignKey{Account: int64(account), Campaign: int64(id)})
	if err != nil {
		return nil, nil, fmt.Errorf("campaigns: figures: %w", err)
	}
	figures := report.Figures{}
	for at, n := range counters {
		if figures[at.Node] == nil {
			figures[at.Node] = map[string]int64{}
		}
		figures[at.Node][at.What] += n
	}
	return c, report.Of(p, c.Recipients, figures), nil
}

// Trace gives one recipient's walk.
func (s *Store) Trace(ctx context.Context, account, id ids.ID, recipient int64) (*trace.Shown, error) {
	c, err := s.Get(ctx, account, id)
	if err != nil {
		return nil, err
	}
	if c.LaunchedAt == nil && c.State == campaign.Draft { // what a launch under way has enrolled is not to be seen yet
		return nil, recipientNotFound(store.ErrNotFound)
	}
	key := run.CampaignKey{Account: int64(account), Campaign: int64(id)}
	t, err := s.Store.TraceOf(ctx, key, recipient)
	if err != nil {
		return nil, recipientNotFound(err)
	}
	info, err := s.Store.Campaign(ctx, key)
	if err != nil {
		return nil, err
	}
	p, err := s.program(ctx, s.desk, account, c.Version)
	if err != nil {
		return nil, err
	}
	var name, phone string
	err = s.desk.QueryRow(ctx, s.q.Get("contact_of"), int64(account), t.Recipient.Contact).Scan(&name, &phone)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	return trace.Show(WalkOf(info, p, phone, t)), nil
}

// WalkOf puts together what is told of a walk. p is the program of the version as it was published.
func WalkOf(c *run.Campaign, p *engine.Program, phone string, t *store.Trace) *trace.Walk {
	zone, maybe := run.Doubt(t.Recipient.Zone)
	w := &trace.Walk{Program: p, Phone: phone, Ordinal: t.Recipient.Ordinal, Contact: t.Recipient.Contact, Zone: zone, Maybe: maybe,
		State: t.Recipient.State, Steps: t.Steps, Ended: t.Ended,
		Campaign: trace.Campaign{ID: c.Key.Campaign, Name: c.Name, Start: c.Start, End: c.End, Window: c.Window, Zone: c.Zone, Hurry: c.Hurry}}
	for _, m := range t.Messages {
		w.Messages = append(w.Messages, trace.Message{Node: m.Node, Attempt: int(m.Attempt), Launched: m.Launched, HandBy: m.HandBy,
			Address: m.Address, Text: m.Text, Content: m.Content})
	}
	for _, a := range t.Answers {
		w.Answers = append(w.Answers, trace.Answer{Node: a.Node, Attempt: int(a.Attempt), Connection: a.Connection,
			ProviderID: a.ProviderID, Recorded: a.Recorded})
	}
	for _, f := range t.Facts {
		w.Facts = append(w.Facts, trace.Fact{Node: f.Node, Attempt: int(f.Attempt), Name: f.Name, Value: f.Value, Implied: f.Implied,
			Recorded: f.Recorded, At: f.At})
	}
	for _, x := range t.Troubles {
		w.Troubles = append(w.Troubles, trace.Trouble{Node: x.Node, What: x.What, At: x.At})
	}
	return w
}
