// Package contacts keeps people: contacts with their groups, attributes, consents, the stop list and the numbering plan. A
// filter (engine/filter) becomes a condition of the database here.
package contacts

import (
	"context"
	"embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/filter"
	"kaskad/engine/ids"
	"kaskad/engine/store/sqlfile"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// KeepDeleted is how long deleted contacts and removed entries of the stop list can be had back.
const KeepDeleted = 30 * 24 * time.Hour

// Options say what the store works with; all but Tasks and Erasers are needed.
type Options struct {
	// Parse makes a filter of its text: expression.ParseFilter.
	Parse func(text string) (filter.Node, error)
	Clock func() time.Time
	NewID func() ids.ID
	// Tasks orders background work; needed where groups are filled.
	Tasks Starter
	// Erasers erase what other areas keep of a person, in the transaction of Erase.
	Erasers []Eraser
}

// Store is what is kept. It is safe for use by many goroutines.
type Store struct {
	desk *pgxpool.Pool
	q    sqlfile.Queries
	Options
	plans plans
}

// New makes a store on the pool for what people ask.
func New(desk *pgxpool.Pool, o Options) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	return &Store{desk: desk, q: q, Options: o}, nil
}

// change runs f in a transaction.
func (s *Store) change(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.desk, f)
}

// home is what an account says of itself.
type home struct{ Zone, Country string }

// rower asks for one row: a pool or a transaction.
type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (s *Store) home(ctx context.Context, db rower, account ids.ID) (h home, err error) {
	err = db.QueryRow(ctx, s.q.Get("home"), int64(account)).Scan(&h.Zone, &h.Country)
	return h, err
}

// numbers gives ids as the database takes them; never nil, which would be null.
func numbers(list []ids.ID) []int64 {
	out := make([]int64, len(list))
	for i, id := range list {
		out[i] = int64(id)
	}
	return out
}

func idsOf(list []int64) []ids.ID {
	out := make([]ids.ID, len(list))
	for i, n := range list {
		out[i] = ids.ID(n)
	}
	return out
}

// found turns a row that is not there into a fault.
func found(err error, code, field string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, code, field)
	}
	return err
}

// taken tells whether an error is about a row that is there already, in a constraint or index of the name.
func taken(err error, name string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == name
}

// tooMany refuses a list that is too long.
func tooMany(n int, field string) error {
	if n > audience.MaxIDs {
		return fault.New(fault.TooLarge, "too_many_ids", field, "max", audience.MaxIDs)
	}
	return nil
}

// scanContact reads a row of the statement `contact`.
func scanContact(row pgx.Row) (audience.Contact, error) {
	var c audience.Contact
	var groups []int64
	err := row.Scan((*int64)(&c.ID), &c.Name, &c.Phone, &c.Email, &c.Zone, &c.Tags, &c.Attributes, &c.Addresses, &c.Source,
		&c.CreatedAt, &c.UpdatedAt, &groups, &c.Consents)
	c.Groups = idsOf(groups)
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	return c, err
}

// parse makes a filter; a mistake in it is told at a field.
func (s *Store) parse(text, field string) (filter.Node, error) {
	n, err := s.Parse(text)
	var bad *filter.Error
	if errors.As(err, &bad) {
		return nil, bad.Fault(field)
	}
	return n, err
}
