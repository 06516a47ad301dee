package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine"
	"kaskad/engine/run"
)

// ErrExists says that there is one with this id already.
var ErrExists = errors.New("store: exists already")

// Account is a customer: everything else belongs to one.
type Account struct {
	ID            int64
	Name          string
	Zone, Country string   // IANA and ISO 3166; empty: Europe/Moscow and RU
	StopWords     []string // nil: engine.DefaultStopWords
}

// CreateAccount makes an account; ErrExists where the id is taken.
func (s *Store) CreateAccount(ctx context.Context, a Account) error {
	if a.Zone == "" {
		a.Zone = "Europe/Moscow"
	}
	if a.Country == "" {
		a.Country = "RU"
	}
	_, err := s.pool.Exec(ctx, s.q.get("account_create"), a.ID, storable(a.Name), a.Zone, a.Country, a.StopWords)
	return existing(err, "account", a.ID)
}

// AccountOf reads an account; ErrNotFound where there is none.
func (s *Store) AccountOf(ctx context.Context, id int64) (Account, error) {
	a := Account{ID: id}
	err := s.pool.QueryRow(ctx, s.q.get("account"), id).Scan(&a.Name, &a.Zone, &a.Country, &a.StopWords)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, fmt.Errorf("%w: account %d", ErrNotFound, id)
	}
	return a, err
}

// PublishVersion stores a document for ever; ErrExists where the id is taken. The document was checked by the caller.
func (s *Store) PublishVersion(ctx context.Context, account, version int64, name string, document []byte, format int) error {
	_, err := s.pool.Exec(ctx, s.q.get("version_publish"), account, version, storable(name), format, string(document))
	return existing(err, "version", version)
}

// CreateCampaign makes a draft; State is not looked at. Recipients are enrolled next, and SetState schedules it.
func (s *Store) CreateCampaign(ctx context.Context, c *run.Campaign) error {
	var window []byte
	if c.Window != nil {
		var err error
		if window, err = json.Marshal(c.Window); err != nil {
			return err
		}
	}
	tags := c.Tags
	if tags == nil {
		tags = []string{}
	}
	_, err := s.pool.Exec(ctx, s.q.get("campaign_create"), c.Key.Account, c.Key.Campaign, c.Version, storable(c.Name), c.Zone,
		window, c.Connection, c.Rate, c.Start.Time(), instantOrNull(c.End), tags, c.Hurry)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "23503" {
		return fmt.Errorf("%w: version %d of account %d: publish it first", ErrNotFound, c.Version, c.Key.Account)
	}
	return existing(err, "campaign", c.Key.Campaign)
}

// existing names what is there already.
func existing(err error, what string, id int64) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "23505" {
		return fmt.Errorf("%w: %s %d", ErrExists, what, id)
	}
	return err
}

// Enrolled is a recipient to be.
type Enrolled struct {
	Contact int64
	Zone    string         // IANA, never empty
	Start   engine.Instant // of this recipient's walk
}

// Enrol adds recipients to a draft, numbered in the order given, which should go zone by zone and then by start: a
// segment is put away only while nobody in it is due. `entry` is the index of the program's entry. A transaction takes
// at most one segment; after an error what was committed stays, and the number tells how much.
func (s *Store) Enrol(ctx context.Context, key run.CampaignKey, entry int16, recipients iter.Seq[Enrolled]) (int64, error) {
	next, stop := iter.Pull(recipients)
	defer stop()
	total := int64(0)
	for {
		n, more, err := s.enrolSegment(ctx, key, entry, next)
		total += n
		if err != nil || !more {
			return total, err
		}
	}
}

// enrolSegment fills the campaign's last segment up, or a new one.
func (s *Store) enrolSegment(ctx context.Context, key run.CampaignKey, entry int16, next func() (Enrolled, bool)) (
	n int64, more bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		have, err := s.lockDraft(ctx, tx, key)
		if err != nil {
			return err
		}
		room := run.SegmentSize - have%run.SegmentSize
		first := engine.Instant(0)
		more = true
		source := func() ([]any, error) {
			if n == room {
				return nil, nil
			}
			r, ok := next()
			if !ok {
				more = false
				return nil, nil
			}
			if first == 0 || r.Start < first {
				first = r.Start
			}
			n++
			return []any{key.Account, key.Campaign, have + n - 1, r.Contact, r.Zone, entry, r.Start.Time()}, nil
		}
		names := []string{"account", "campaign", "ordinal", "contact", "zone", "node", "wake_at"}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"recipients"}, names, pgx.CopyFromFunc(source)); err != nil || n == 0 {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(s.q.get("enrol_segment"), key.Account, key.Campaign, have/run.SegmentSize, n, first.Time())
		b.Queue(s.q.get("enrol_count"), key.Account, key.Campaign, have+n)
		return sendAll(ctx, tx, b)
	})
	if err != nil {
		return 0, false, err
	}
	return n, more, nil
}

// lockDraft gives the number of a draft's recipients, and keeps others from adding any.
func (s *Store) lockDraft(ctx context.Context, tx pgx.Tx, key run.CampaignKey) (int64, error) {
	var state string
	var have int64
	err := tx.QueryRow(ctx, s.q.get("enrol_lock"), key.Account, key.Campaign).Scan(&state, &have)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("%w: campaign %d of account %d", ErrNotFound, key.Campaign, key.Account)
	}
	if err == nil && state != "draft" {
		err = fmt.Errorf("store: campaign %d is %s: recipients are enrolled before it is scheduled", key.Campaign, state)
	}
	return have, err
}

// SetState moves a campaign: `scheduled` (from a draft), `paused`, `running` (from paused; one whose start is yet to come
// is scheduled again) or `cancelled`. A resumed or cancelled campaign's segments are due at once.
func (s *Store) SetState(ctx context.Context, key run.CampaignKey, state string) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var have string
		var early bool
		err := tx.QueryRow(ctx, s.q.get("state_lock"), key.Account, key.Campaign).Scan(&have, &early)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("%w: campaign %d of account %d", ErrNotFound, key.Campaign, key.Account)
		}
		if err != nil || have == state {
			return err
		}
		allowed := map[string]map[string]bool{
			"scheduled": {"draft": true},
			"paused":    {"scheduled": true, "running": true},
			"running":   {"paused": true},
			"cancelled": {"draft": true, "scheduled": true, "running": true, "paused": true},
		}
		if !allowed[state][have] {
			return fmt.Errorf("store: campaign %d is %s and cannot become %q", key.Campaign, have, state)
		}
		awake := state == "running" || state == "cancelled"
		if state == "running" && early {
			state = "scheduled"
		}
		if _, err := tx.Exec(ctx, s.q.get("state_set"), key.Account, key.Campaign, state); err != nil || !awake {
			return err
		}
		_, err = tx.Exec(ctx, s.q.get("segments_due_now"), key.Account, key.Campaign)
		return err
	})
}
