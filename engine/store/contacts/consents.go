package contacts

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

func scanConsent(row pgx.CollectableRow) (c audience.Consent, err error) {
	err = row.Scan((*int64)(&c.ID), &c.Channel, &c.Text, &c.Source, &c.GivenAt, &c.RecordedAt, &c.WithdrawnAt, &c.WithdrawnBy, &c.Valid)
	c.GivenAt, c.RecordedAt = c.GivenAt.UTC(), c.RecordedAt.UTC()
	if c.WithdrawnAt != nil {
		*c.WithdrawnAt = c.WithdrawnAt.UTC()
	}
	return c, err
}

// Consents gives what a contact has agreed to and withdrawn, the newest first.
func (s *Store) Consents(ctx context.Context, account, contact ids.ID) ([]audience.Consent, error) {
	if err := s.there(ctx, s.desk, account, contact); err != nil {
		return nil, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("consents")+" ORDER BY given_at DESC, consent DESC LIMIT 1000", int64(account), int64(contact))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanConsent)
}

func (s *Store) there(ctx context.Context, db rower, account, contact ids.ID) error {
	var n int
	err := db.QueryRow(ctx, s.q.Get("contact_there"), int64(account), int64(contact)).Scan(&n)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "contact_not_found", "path.contact")
	}
	return err
}

// GiveConsent writes down that a contact agreed.
func (s *Store) GiveConsent(ctx context.Context, actor access.Actor, contact ids.ID, a audience.Agreement) (audience.Consent, error) {
	now, id := s.Clock(), s.NewID()
	if err := a.Check(now); err != nil {
		return audience.Consent{}, err
	}
	err := s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.q.Get("consent_add"), int64(actor.Account), int64(contact), int64(id), a.Channel, storable(a.Text),
			a.Source, *a.GivenAt, now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "contact_not_found", "path.contact")
		}
		return accounts.Audit(ctx, tx, actor, "consent.given", "contact", contact, map[string]any{"channel": a.Channel})
	})
	if err != nil {
		return audience.Consent{}, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("consents")+" AND consent = $3", int64(actor.Account), int64(contact), int64(id))
	if err != nil {
		return audience.Consent{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanConsent)
}

// WithdrawConsent ends what a contact agreed to for a channel. Where nothing is valid, nothing changes.
func (s *Store) WithdrawConsent(ctx context.Context, actor access.Actor, contact ids.ID, channel string) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := s.there(ctx, tx, actor.Account, contact); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, s.q.Get("consent_withdraw"), int64(actor.Account), int64(contact), channel, s.Clock(), actor.Name)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "consent.withdrawn", "contact", contact, map[string]any{"channel": channel})
	})
}
