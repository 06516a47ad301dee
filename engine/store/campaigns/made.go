package campaigns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/store"
	"kaskad/engine/store/accounts"
)

// Another makes a new draft of a campaign: a copy, a repeat, or a follow-up for those whom who names.
func (s *Store) Another(ctx context.Context, actor access.Actor, id ids.ID, as campaign.MadeAs, who campaign.Why, name string) (
	*campaign.Campaign, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.get(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		at, err := now(ctx, tx)
		if err != nil {
			return err
		}
		terms, err := c.Another(as, who, name, at)
		if err != nil {
			return err
		}
		made, err = s.create(ctx, tx, actor, terms, origin{as: as, parent: id})
		return err
	})
	return made, err
}

// Test sends a campaign's messages to a few numbers, at once: a campaign of its own, of the same version and connection. A
// number that nobody has becomes a contact with the tag test.
func (s *Store) Test(ctx context.Context, actor access.Actor, id ids.ID, phones []string) (*campaign.Campaign, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		c, err := s.get(ctx, tx, actor.Account, id)
		if err != nil {
			return err
		}
		a, err := s.account(ctx, tx, actor.Account)
		if err != nil {
			return err
		}
		numbers, err := testNumbers(phones, a.country)
		if err != nil {
			return err
		}
		at, err := now(ctx, tx)
		if err != nil {
			return err
		}
		terms, err := c.Another(campaign.Test, "", "", at)
		if err != nil {
			return err
		}
		if made, err = s.create(ctx, tx, actor, terms, origin{as: campaign.Test, parent: id, test: true}); err != nil {
			return err
		}
		if err := s.enrolTest(ctx, tx, actor, made, numbers, a.zone, at); err != nil {
			return err
		}
		made, err = s.get(ctx, tx, actor.Account, made.ID)
		return err
	})
	return made, err
}

// testNumbers normalises numbers, each once.
func testNumbers(phones []string, country string) ([]string, error) {
	var list []string
	for i, p := range phones {
		number, why := audience.NormalisePhone(p, country)
		if why != "" {
			return nil, fault.New(fault.Invalid, "test_phone", fmt.Sprintf("body.phones[%d]", i), "phone", p)
		}
		twice := false
		for _, have := range list {
			twice = twice || have == number
		}
		if !twice {
			list = append(list, number)
		}
	}
	if len(list) == 0 || len(list) > campaign.MaxTestPhones {
		return nil, fault.New(fault.Invalid, "test_phones", "body.phones", "max", campaign.MaxTestPhones)
	}
	return list, nil
}

func (s *Store) enrolTest(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, phones []string, zone string,
	at time.Time) error {
	p, err := s.program(ctx, tx, actor.Account, c.Version)
	if err != nil {
		return err
	}
	known := map[string]int64{}
	rows, err := tx.Query(ctx, s.q.Get("test_contacts"), int64(actor.Account), phones)
	if err != nil {
		return err
	}
	var contact int64
	var phone string
	if _, err := pgx.ForEachRow(rows, []any{&contact, &phone}, func() error { known[phone] = contact; return nil }); err != nil {
		return err
	}
	people := make([]store.Enrolled, 0, len(phones))
	for _, phone := range phones {
		contact, ok := known[phone]
		if !ok {
			err := tx.QueryRow(ctx, s.q.Get("test_contact"), int64(actor.Account), int64(s.NewID()), phone).Scan(&contact)
			if err != nil {
				return fmt.Errorf("campaigns: %w", err)
			}
		}
		people = append(people, store.Enrolled{Contact: contact, Zone: zone, Start: engine.At(at)})
	}
	key := run.CampaignKey{Account: int64(actor.Account), Campaign: int64(c.ID)}
	if _, err := s.Store.EnrolIn(ctx, tx, key, p.Entry, 0, people); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, s.q.Get("test_start"), key.Account, key.Campaign); err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	return accounts.Audit(ctx, tx, actor, "campaign.tested", "campaign", c.Parent, map[string]any{"test": c.ID, "phones": phones})
}

// Repeat makes one repetition that is due, of whatever account, and tells which; nil: none is due now. Any number of
// processes may call it at any time: the row of a repeated campaign is locked while its repetition is made, with the
// launch's task, in one transaction.
func (s *Store) Repeat(ctx context.Context) (*campaign.Repeated, error) {
	var done *campaign.Repeated
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var account, id int64
		var next, at time.Time
		err := tx.QueryRow(ctx, s.q.Get("series_due")).Scan(&account, &id, &next, &at)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		done = &campaign.Repeated{Campaign: ids.ID(id)}
		return s.repeat(ctx, tx, ids.ID(account), next, at, done)
	})
	if err != nil {
		return nil, fmt.Errorf("campaigns: a repetition: %w", err)
	}
	return done, nil
}

// KeepRepeating makes repetitions as they fall due, until ctx ends. It looks every so often.
func (s *Store) KeepRepeating(ctx context.Context, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		done, err := s.Repeat(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("repetitions of campaigns", "error", err)
		case done != nil:
			log.Info("a campaign is repeated", "campaign", done.Campaign, "repetition", done.Made, "due", done.Due, "missed", done.Missed)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) repeat(ctx context.Context, tx pgx.Tx, account ids.ID, next, at time.Time, done *campaign.Repeated) error {
	c, err := s.get(ctx, tx, account, done.Campaign)
	if err != nil {
		return err
	}
	schedule := c.Schedule()
	if schedule == nil || c.State != campaign.Scheduled {
		_, err := tx.Exec(ctx, s.q.Get("series_next"), int64(account), int64(c.ID), nil)
		return err
	}
	due, missed, _ := schedule.Due(next, at)
	done.Due, done.Missed = due, missed
	actor := access.System(account)
	terms := c.Repetition(due)
	if terms.End == nil || terms.End.After(at) { // else its own end has passed: there is nothing to be made any more
		made, err := s.makeRepetition(ctx, tx, actor, c, terms)
		if err != nil {
			return err
		}
		done.Made = made
	} else {
		done.Missed++
	}
	if _, err := tx.Exec(ctx, s.q.Get("series_done"), int64(account), int64(c.ID), nextOf(&c.Terms, schedule, at), done.Missed, int64(done.Made)); err != nil {
		return err
	}
	if nextOf(&c.Terms, schedule, at) != nil {
		return nil
	}
	if _, err := tx.Exec(ctx, s.q.Get("series_end"), int64(account), int64(c.ID)); err != nil {
		return err
	}
	return accounts.Audit(ctx, tx, actor, "campaign.repetitions_ended", "campaign", c.ID, nil)
}

// makeRepetition makes and launches one. What is wrong with the campaign by now, such as a group that was deleted, must not
// stop the schedule: it is written into the history, and the repetition is left out.
func (s *Store) makeRepetition(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, terms campaign.Terms) (
	ids.ID, error) {
	var made *campaign.Campaign
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) (err error) {
		if made, err = s.create(ctx, tx, actor, terms, origin{as: campaign.Repetition, parent: c.ID}); err != nil {
			return err
		}
		return s.order(ctx, tx, actor, made, -1)
	})
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return 0, accounts.Audit(ctx, tx, actor, "campaign.repetition_failed", "campaign", c.ID, map[string]any{"code": f.Code, "field": f.Field})
	}
	if err != nil {
		return 0, err
	}
	return made.ID, nil
}

// Tell puts a campaign that was made and launched past this package, as the demonstration's is, into the account's log, so that
// its history begins like any other's.
func Tell(ctx context.Context, s *store.Store, actor access.Actor, id, version ids.ID, name string, recipients int64) error {
	return pgx.BeginFunc(ctx, s.Desk(), func(tx pgx.Tx) error {
		if err := accounts.Audit(ctx, tx, actor, "campaign.created", "campaign", id, map[string]any{"name": name, "version": version}); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, campaign.Launch.What(), "campaign", id, map[string]any{"recipients": recipients})
	})
}
