package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

// now is the database's clock, the only one that decides anything.
func now(ctx context.Context, q querier) (t time.Time, err error) {
	err = q.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&t)
	return t.UTC(), err
}

// origin says what a new campaign comes from.
type origin struct {
	as     campaign.MadeAs
	parent ids.ID
	test   bool
}

// Create makes a draft.
func (s *Store) Create(ctx context.Context, actor access.Actor, terms campaign.Terms) (*campaign.Campaign, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) (err error) {
		made, err = s.create(ctx, tx, actor, terms, origin{})
		return err
	})
	return made, err
}

func (s *Store) create(ctx context.Context, tx pgx.Tx, actor access.Actor, terms campaign.Terms, from origin) (
	*campaign.Campaign, error) {
	a, err := s.account(ctx, tx, actor.Account)
	if err != nil {
		return nil, err
	}
	terms = terms.Complete(campaign.Defaults{Zone: a.zone, Connection: s.Connections[0]})
	if from.as == campaign.ByHand && terms.Window == nil {
		terms.Window = a.window
	}
	if err := s.check(ctx, tx, actor.Account, &terms); err != nil {
		return nil, err
	}
	id := s.NewID()
	row, err := columnsOf(&terms)
	if err != nil {
		return nil, err
	}
	arguments := append([]any{int64(actor.Account), int64(id), int64(terms.Version), clean(terms.Name), string(terms.Kind)}, row...)
	arguments = append(arguments, from.test, int64(from.parent), string(from.as), int64(actor.User), clean(actor.Name), int64(s.Seed()>>1),
		max(s.Hurry, 1))
	if _, err := tx.Exec(ctx, s.q.Get("create"), arguments...); err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	change := map[string]any{"name": terms.Name, "version": terms.Version}
	if from.parent != 0 {
		change["from"], change["made_as"] = from.parent, from.as
	}
	if err := accounts.Audit(ctx, tx, actor, "campaign.created", "campaign", id, change); err != nil {
		return nil, err
	}
	return s.get(ctx, tx, actor.Account, id)
}

// check holds terms against the rules and the account's data.
func (s *Store) check(ctx context.Context, tx pgx.Tx, account ids.ID, terms *campaign.Terms) error {
	at, err := now(ctx, tx)
	if err != nil {
		return err
	}
	if err := terms.Check(at); err != nil {
		return err
	}
	if !slices.Contains(s.Connections, terms.Connection) {
		return fault.New(fault.Invalid, "campaign_connection", "body.connection", "known", strings.Join(s.Connections, ", "))
	}
	if _, err := s.program(ctx, tx, account, terms.Version); err != nil {
		return err
	}
	if terms.Kind == campaign.Open {
		return nil
	}
	_, err = s.audienceOf(ctx, tx, account, &terms.Audience)
	return err
}

// columnsOf are the columns of terms from the audience to the entry rule.
func columnsOf(t *campaign.Terms) ([]any, error) {
	var window, entry, who, start []byte
	var err error
	if who, err = json.Marshal(t.Audience); err == nil {
		start, err = json.Marshal(t.Start)
	}
	if err == nil && t.Window != nil {
		window, err = json.Marshal(t.Window)
	}
	if err == nil && t.Entry != nil {
		entry, err = json.Marshal(t.Entry)
	}
	tags := make([]string, len(t.Tags))
	for i, tag := range t.Tags {
		tags[i] = clean(tag)
	}
	return []any{who, start, window, t.End, t.EndAfter, t.Smooth, t.Rate, t.Zone, t.Connection, t.Advertising, t.UnknownZones, tags,
		entry}, err
}

// Change changes named fields; null clears.
func (s *Store) Change(ctx context.Context, actor access.Actor, id ids.ID, change []byte) (*campaign.Campaign, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.locked(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		terms, changed, err := c.Terms.Merge(change)
		if err != nil {
			return err
		}
		if made = c; len(changed) == 0 {
			return nil
		}
		if err := c.CheckChange(changed); err != nil {
			return err
		}
		if err := s.change(ctx, tx, actor, c, terms, changed); err != nil {
			return err
		}
		made, err = s.get(ctx, tx, actor.Account, id)
		return err
	})
	return made, err
}

func (s *Store) change(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, terms campaign.Terms,
	changed []string) error {
	a, err := s.account(ctx, tx, actor.Account)
	if err != nil {
		return err
	}
	terms = terms.Complete(campaign.Defaults{Zone: a.zone, Connection: s.Connections[0]})
	if c.State == campaign.Draft {
		err = s.check(ctx, tx, actor.Account, &terms)
	} else {
		err = s.checkRunning(ctx, tx, actor.Account, c, &terms)
	}
	if err != nil {
		return err
	}
	row, err := columnsOf(&terms)
	if err != nil {
		return err
	}
	arguments := append([]any{int64(actor.Account), int64(c.ID), int64(terms.Version), clean(terms.Name), string(terms.Kind)}, row...)
	if _, err := tx.Exec(ctx, s.q.Get("change"), arguments...); err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	if c.State != campaign.Draft {
		// Workers look at the terms again when they take a turn: an end that has come interrupts what was not launched.
		if _, err := tx.Exec(ctx, s.q.Get("wake_segments"), int64(actor.Account), int64(c.ID)); err != nil {
			return err
		}
	}
	differences, err := c.Terms.Differences(terms, changed)
	if err != nil {
		return err
	}
	return accounts.Audit(ctx, tx, actor, "campaign.changed", "campaign", c.ID, differences)
}

// checkRunning holds what changes in a launched campaign against its start, which is no more the drafted one.
func (s *Store) checkRunning(ctx context.Context, tx pgx.Tx, account ids.ID, c *campaign.Campaign, terms *campaign.Terms) error {
	at, err := now(ctx, tx)
	if err != nil {
		return err
	}
	if err := terms.Check(at); err != nil {
		return err
	}
	if terms.End != nil && c.StartsAt != nil && !terms.End.After(*c.StartsAt) {
		return fault.New(fault.Invalid, "end_before_start", "body.end")
	}
	if schedule := terms.Schedule(); schedule != nil && c.MadeAs != campaign.Repetition {
		next := nextOf(terms, schedule, at)
		_, err = tx.Exec(ctx, s.q.Get("series_next"), int64(account), int64(c.ID), next)
	}
	return err
}

// Delete removes a draft, with what an abandoned launch left of it.
func (s *Store) Delete(ctx context.Context, actor access.Actor, id ids.ID) error {
	c, err := s.Get(ctx, actor.Account, id)
	if err != nil {
		return err
	}
	if err := c.Check(campaign.Delete); err != nil {
		return err
	}
	if err := s.wipe(ctx, s.inPieces, actor.Account, id); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.locked(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		if err := c.Check(campaign.Delete); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("delete"), int64(actor.Account), int64(id)); err != nil {
			return fmt.Errorf("campaigns: %w", err)
		}
		return accounts.Audit(ctx, tx, actor, campaign.Delete.What(), "campaign", id, map[string]any{"name": c.Name})
	})
}

// inPieces runs a piece of work in a transaction of its own.
func (s *Store) inPieces(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.desk, f)
}

// History gives the log of a campaign, the newest first.
func (s *Store) History(ctx context.Context, account, id ids.ID, page paging.Request) (paging.Page[campaign.Change], error) {
	out := paging.Page[campaign.Change]{Items: []campaign.Change{}}
	var before int64
	if err := paging.Decode(page.Cursor, &before); err != nil {
		return out, err
	}
	if _, err := s.Get(ctx, account, id); err != nil {
		return out, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("history"), int64(account), int64(id), before, page.Limit+1)
	if err != nil {
		return out, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (campaign.Change, error) {
		var h campaign.Change
		var id, user, token int64
		err := row.Scan(&id, &h.At, &user, &token, &h.By, &h.What, &h.Change)
		h.ID, h.User, h.Token, h.At = ids.ID(id), ids.ID(user), ids.ID(token), h.At.UTC()
		return h, err
	})
	if err != nil {
		return out, fmt.Errorf("campaigns: %w", err)
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		out.Next = paging.Encode(int64(list[len(list)-1].ID))
	}
	out.Items = append(out.Items, list...)
	return out, nil
}

// Correct corrects a mistake in a text of a launched campaign.
func (s *Store) Correct(ctx context.Context, actor access.Actor, id ids.ID, x campaign.Correction) (*campaign.Correction, error) {
	x.ID, x.By = s.NewID(), actor.Name
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.locked(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		if err := c.CheckCorrection(); err != nil {
			return err
		}
		if err := s.corrects(ctx, tx, actor.Account, c, x); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, s.q.Get("correct"), int64(actor.Account), int64(id), int64(x.ID), x.Node, x.Field, x.Old, x.New,
			int64(actor.User), clean(actor.Name)).Scan(&x.At)
		if err != nil {
			return fmt.Errorf("campaigns: %w", err)
		}
		x.At = x.At.UTC()
		if _, err := tx.Exec(ctx, s.q.Get("revise"), int64(actor.Account), int64(id)); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "campaign.corrected", "campaign", id, x)
	})
	return &x, err
}

// corrects tries a correction on top of the earlier ones.
func (s *Store) corrects(ctx context.Context, tx pgx.Tx, account ids.ID, c *campaign.Campaign, x campaign.Correction) error {
	document, err := s.document(ctx, tx, account, c.Version)
	if err != nil {
		return err
	}
	earlier, err := s.corrections(ctx, tx, account, c.ID)
	if err != nil {
		return err
	}
	if document, err = campaign.CorrectAll(document, earlier); err != nil {
		return fmt.Errorf("campaigns: %d: an earlier correction: %w", c.ID, errors.New(err.Error()))
	}
	corrected, err := campaign.Corrected(document, x)
	if err != nil {
		return err
	}
	before, err := s.Compile(document)
	if err != nil {
		return fmt.Errorf("campaigns: version %d: %w", c.Version, err)
	}
	after, err := s.Compile(corrected)
	if err != nil {
		return fault.New(fault.Invalid, "correction_compile", "body.new")
	}
	return campaign.SameForm(before, after, x.Node)
}

// Corrections gives a campaign's, the oldest first.
func (s *Store) Corrections(ctx context.Context, account, id ids.ID) ([]campaign.Correction, error) {
	if _, err := s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	return s.corrections(ctx, s.desk, account, id)
}

func (s *Store) corrections(ctx context.Context, q querier, account, id ids.ID) ([]campaign.Correction, error) {
	rows, err := q.Query(ctx, s.q.Get("corrections"), int64(account), int64(id))
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]campaign.Correction{}, rows, func(row pgx.CollectableRow) (campaign.Correction, error) {
		var x campaign.Correction
		var id int64
		err := row.Scan(&id, &x.Node, &x.Field, &x.Old, &x.New, &x.At, &x.By)
		x.ID, x.At = ids.ID(id), x.At.UTC()
		return x, err
	})
}

// clean makes a text that the database takes.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
