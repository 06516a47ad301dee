package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/store/accounts"
)

// Done is what came of an action.
type Done = campaign.Done

// Act does an action other than launching and deleting. note is the moderator's, of approving and rejecting.
func (s *Store) Act(ctx context.Context, actor access.Actor, id ids.ID, a campaign.Action, note string) (*Done, error) {
	done := &Done{}
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.locked(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		if err := c.Check(a); err != nil {
			return err
		}
		change := map[string]any{}
		if note != "" {
			change["note"] = note
		}
		if err := s.act(ctx, tx, actor, c, a, note, done); err != nil {
			return err
		}
		if a == campaign.Cancel {
			change["interrupted"] = done.Interrupted
		}
		if err := accounts.Audit(ctx, tx, actor, a.What(), "campaign", id, change); err != nil {
			return err
		}
		done.Campaign, err = s.get(ctx, tx, actor.Account, id)
		return err
	})
	return done, err
}

func (s *Store) act(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, a campaign.Action, note string,
	done *Done) error {
	key := []any{int64(actor.Account), int64(c.ID)}
	var early bool
	if err := tx.QueryRow(ctx, s.q.Get("starts_later"), key...).Scan(&early); err != nil {
		return err
	}
	series := c.Start.When == campaign.Cron && c.MadeAs != campaign.Repetition && c.LaunchedAt != nil
	switch a {
	case campaign.Approve: // much may have changed since it was handed in
		if err := s.ready(ctx, tx, actor.Account, c); err != nil {
			return err
		}
	case campaign.Archive:
		_, err := tx.Exec(ctx, s.q.Get("archive"), append(key, true)...)
		return err
	case campaign.Close:
		_, err := tx.Exec(ctx, s.q.Get("close"), key...)
		return err
	case campaign.Pause, campaign.Resume:
		if series {
			return s.holdSeries(ctx, tx, c, a == campaign.Pause, key)
		}
	case campaign.Cancel:
		done.Interrupted = c.Open
		if series {
			if _, err := tx.Exec(ctx, s.q.Get("series_next"), append(key, nil)...); err != nil {
				return err
			}
		}
	}
	next := c.Next(a, early, false)
	over := a == campaign.Cancel && c.Open == 0 && c.Kind != campaign.Open // somebody may have entered who is no recipient yet
	if _, err := tx.Exec(ctx, s.q.Get("set_state"), append(key, string(next), clean(note), over)...); err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	if a == campaign.Resume || a == campaign.Cancel {
		if _, err := tx.Exec(ctx, s.q.Get("wake_segments"), key...); err != nil {
			return err
		}
	}
	if a == campaign.Approve {
		return s.begin(ctx, tx, actor, c, -1)
	}
	return nil
}

// holdSeries pauses a repeated campaign, or goes on with it from the next instant on: what passed meanwhile is not caught up.
func (s *Store) holdSeries(ctx context.Context, tx pgx.Tx, c *campaign.Campaign, hold bool, key []any) error {
	var next *time.Time
	if !hold {
		at, err := now(ctx, tx)
		if err != nil {
			return err
		}
		next = nextOf(&c.Terms, c.Schedule(), at)
	}
	_, err := tx.Exec(ctx, s.q.Get("series_hold"), append(key, hold, next)...)
	return err
}

// Restore takes a campaign out of the archive.
func (s *Store) Restore(ctx context.Context, actor access.Actor, id ids.ID) (*campaign.Campaign, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := s.locked(ctx, tx, actor.Account, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("archive"), int64(actor.Account), int64(id), false); err != nil {
			return err
		}
		if err := accounts.Audit(ctx, tx, actor, "campaign.restored", "campaign", id, nil); err != nil {
			return err
		}
		var err error
		made, err = s.get(ctx, tx, actor.Account, id)
		return err
	})
	return made, err
}

// Launch launches a draft, or hands it to moderation. expected, if not negative, is how many recipients whoever launches
// was told of: another number is a fault of the kind Conflict. Of a large account the task of the launch finds out, and the
// campaign is a draft again.
func (s *Store) Launch(ctx context.Context, who *access.Principal, id ids.ID, expected int64) (*campaign.Campaign, error) {
	if expected >= 0 {
		large, err := s.large(ctx, who.Account)
		if err != nil {
			return nil, err
		}
		if !large {
			e, err := s.estimate(ctx, who.Account, id, func(int64) {})
			if err != nil {
				return nil, err
			}
			if err := expects(expected, e.Recipients); err != nil {
				return nil, err
			}
			expected = -1
		}
	}
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.locked(ctx, tx, who.Account, id)
		if err != nil {
			return err
		}
		if err := c.Check(campaign.Launch); err != nil {
			return err
		}
		if err := s.ready(ctx, tx, who.Account, c); err != nil {
			return err
		}
		a, err := s.account(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if campaign.Moderated(a.moderation, who.May(access.ModerateScope), c) {
			err = s.submit(ctx, tx, who.Actor, c)
		} else {
			err = s.begin(ctx, tx, who.Actor, c, expected)
		}
		if err != nil {
			return err
		}
		made, err = s.get(ctx, tx, who.Account, id)
		return err
	})
	return made, err
}

// expects holds a number of recipients against what whoever launches was told; -1: any will do.
func expects(expected, now int64) error {
	if expected < 0 || expected == now {
		return nil
	}
	return fault.New(fault.Conflict, "recipients_differ", "body.expected_recipients", "expected", expected, "now", now)
}

// ready holds a campaign that is to be launched against the rules as they are now: it may have been written long ago. A start
// that has passed meanwhile is no fault: it begins at once.
func (s *Store) ready(ctx context.Context, tx pgx.Tx, account ids.ID, c *campaign.Campaign) error {
	if err := s.check(ctx, tx, account, &c.Terms); err != nil {
		return err
	}
	if err := s.usable(ctx, tx, account, c.Version); err != nil {
		return err
	}
	at, err := now(ctx, tx)
	if err != nil {
		return err
	}
	if c.End != nil && !c.End.After(at) {
		return fault.New(fault.Conflict, "end_passed", "body.end")
	}
	if schedule := c.Schedule(); schedule != nil && nextOf(&c.Terms, schedule, at) == nil {
		return fault.New(fault.Conflict, "no_repetition", "body.start")
	}
	return nil
}

// usable refuses a version whose scheme is archived; one that was published from a file has none.
func (s *Store) usable(ctx context.Context, tx pgx.Tx, account, version ids.ID) error {
	var scheme library.Scheme
	err := tx.QueryRow(ctx, s.q.Get("scheme"), int64(account), int64(version)).Scan(&scheme.Name, &scheme.ArchivedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	return scheme.Editable()
}

func (s *Store) submit(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign) error {
	_, err := tx.Exec(ctx, s.q.Get("set_state"), int64(actor.Account), int64(c.ID), string(campaign.Moderation), "", false)
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	return accounts.Audit(ctx, tx, actor, "campaign.submitted", "campaign", c.ID, nil)
}

// begin launches: a list by a task, an open campaign at once, a repeated one by setting its first instant.
func (s *Store) begin(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, expected int64) error {
	at, err := now(ctx, tx)
	if err != nil {
		return err
	}
	key := []any{int64(actor.Account), int64(c.ID)}
	switch {
	case c.Kind == campaign.Open:
		start := at
		if c.Start.At != nil {
			start = *c.Start.At
		}
		_, err = tx.Exec(ctx, s.q.Get("schedule_open"), append(key, start)...)
	case c.Start.When == campaign.Cron && c.MadeAs != campaign.Repetition:
		if _, err = tx.Exec(ctx, s.q.Get("schedule_series"), key...); err == nil {
			_, err = tx.Exec(ctx, s.q.Get("series_begin"), append(key, nextOf(&c.Terms, c.Schedule(), at))...)
		}
	default:
		return s.order(ctx, tx, actor, c, expected)
	}
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	return accounts.Audit(ctx, tx, actor, campaign.Launch.What(), "campaign", c.ID, nil)
}

// SetModeration says whether an account's launches need an approval.
func (s *Store) SetModeration(ctx context.Context, actor access.Actor, needed bool) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("moderation_set"), int64(actor.Account), needed)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "account.moderation", "account", 0, map[string]any{"needed": needed})
	})
}

// nextOf is when the next repetition begins after t; nil: there is none.
func nextOf(terms *campaign.Terms, schedule *campaign.Schedule, t time.Time) *time.Time {
	if schedule == nil {
		return nil
	}
	next := schedule.Next(t)
	if next.IsZero() || terms.Start.Until != nil && next.After(*terms.Start.Until) {
		return nil
	}
	return &next
}
