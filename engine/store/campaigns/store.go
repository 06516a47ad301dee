// Package campaigns keeps what people decide about campaigns: drafts, launches, repetitions, corrections, and what came of
// them. The runtime's own statements are in engine/store; this package changes only what its workers look at again: states,
// and the terms that may change while a campaign runs.
package campaigns

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/task"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Selector makes a condition over the alias c of the table contacts, whose parameters are numbered from first. A mistake in
// the filter is a fault of body.filter.
type Selector interface {
	Where(account ids.ID, sel audience.Selection, first int) (sql string, args []any, err error)
}

// Zoner gives what finds the zones of an account's contacts.
type Zoner interface {
	ZoneOf(ctx context.Context, account ids.ID) (contacts.Zones, error)
}

// Starter begins background work within a transaction.
type Starter interface {
	Start(ctx context.Context, tx pgx.Tx, actor access.Actor, o task.Order) (task.Task, error)
}

// Options are the parts that the store works with. All but Entrance, Hurry and Large are needed.
type Options struct {
	Store       *store.Store
	Select      Selector
	Zones       Zoner
	Tasks       Starter
	Compile     func(document []byte) (*engine.Program, error)
	NewID       func() ids.ID
	Seed        func() uint64 // of a campaign's order
	Connections []string      // by name; the first is taken where a campaign names none
	Takers      Taker         // of open campaigns
	Entrance    Entrance      // of open campaigns; nil: nobody enters through this process
	Hurry       int           // of new campaigns, see campaign.Campaign; 0: none
	Large       int           // from how many contacts on an account's audiences are counted by tasks; 0: 500,000
}

// Store is safe for use by many goroutines.
type Store struct {
	Options
	desk *pgxpool.Pool
	q    sqlfile.Queries

	mu       sync.Mutex
	programs map[version]*engine.Program
}

type version struct{ account, version ids.ID }

// New makes a store.
func New(o Options) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	if o.Large == 0 {
		o.Large = 500_000
	}
	return &Store{Options: o, desk: o.Store.Desk(), q: q, programs: map[version]*engine.Program{}}, nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// notFound is the fault of a campaign that there is not, or not in this account.
func notFound() error { return fault.New(fault.NotFound, "campaign_not_found", "path.campaign") }

// account is what campaigns need of an account's settings.
type account struct {
	zone, country string
	moderation    bool
	window        *scheme.Window
	caps          campaign.Caps
}

func (s *Store) account(ctx context.Context, q querier, id ids.ID) (account, error) {
	var a account
	var window []byte
	err := q.QueryRow(ctx, s.q.Get("account"), int64(id)).Scan(&a.zone, &a.country, &a.moderation, &window, &a.caps.Day, &a.caps.Week)
	if err == nil && window != nil {
		err = json.Unmarshal(window, &a.window)
	}
	if err != nil {
		return a, fmt.Errorf("campaigns: account %d: %w", id, err)
	}
	return a, nil
}

// maxPrograms bounds how many compiled versions are kept; they never change.
const maxPrograms = 200

// program gives a published cascade. The faults are of body.version.
func (s *Store) program(ctx context.Context, q querier, account, id ids.ID) (*engine.Program, error) {
	key := version{account, id}
	s.mu.Lock()
	p := s.programs[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	document, err := s.document(ctx, q, account, id)
	if err != nil {
		return nil, err
	}
	if p, err = s.Compile(document); err != nil {
		return nil, fmt.Errorf("campaigns: version %d: %w", id, err)
	}
	if p.Kind != scheme.Cascade {
		return nil, fault.New(fault.Invalid, "version_not_cascade", "body.version")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.programs) >= maxPrograms {
		clear(s.programs)
	}
	s.programs[key] = p
	return p, nil
}

func (s *Store) document(ctx context.Context, q querier, account, id ids.ID) ([]byte, error) {
	var name, document string
	err := q.QueryRow(ctx, s.q.Get("version"), int64(account), int64(id)).Scan(&name, &document)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.Invalid, "campaign_version_unknown", "body.version")
	}
	return []byte(document), err
}

// Moderation tells whether an account's launches need an approval.
func (s *Store) Moderation(ctx context.Context, account ids.ID) (bool, error) {
	a, err := s.account(ctx, s.desk, account)
	return a.moderation, err
}

// utc gives an instant in UTC; nil stays nil.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
