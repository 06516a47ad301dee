// Package schemes keeps schemes: drafts with their history, versions and tests. The rules are the package library's; what
// is refused comes back as a fault. Every change is written into the account's log in its own transaction.
package schemes

import (
	"context"
	"embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Store is what is kept. It is safe for use by many goroutines.
type Store struct {
	desk  *pgxpool.Pool
	q     sqlfile.Queries
	clock func() time.Time
	newID func() ids.ID
}

// New makes a store on the pool for what people ask.
func New(desk *pgxpool.Pool, clock func() time.Time, newID func() ids.ID) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	return &Store{desk: desk, q: q, clock: clock, newID: newID}, nil
}

// now is the clock as the database keeps it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// object is the kind of thing in the log.
const object = "scheme"

func noScheme() error { return fault.New(fault.NotFound, "no_scheme", "path.scheme") }

func author(a access.Actor) library.Author {
	return library.Author{User: a.User, Token: a.Token, Name: a.Name}
}

// key is where a page of a list ended.
type key struct {
	Name string    `json:"n,omitempty"`
	At   time.Time `json:"t,omitzero"`
	ID   ids.ID    `json:"i"`
}

var orders = map[library.Order]string{library.NewestFirst: "newest_first", library.OldestFirst: "oldest_first",
	library.ByName: "by_name", library.ByNameDown: "by_name_down"}

// List gives a page of schemes.
func (s *Store) List(ctx context.Context, account ids.ID, q library.Query, page paging.Request) (
	paging.Page[library.Scheme], error) {
	out := paging.Page[library.Scheme]{Items: []library.Scheme{}}
	var from key
	if err := paging.Decode(page.Cursor, &from); err != nil {
		return out, err
	}
	order, ok := orders[q.Sort]
	if !ok {
		order = orders[library.NewestFirst]
	}
	byName := q.Sort == library.ByName || q.Sort == library.ByNameDown
	var after any
	switch {
	case page.Cursor == "":
	case byName:
		after = from.Name
	default:
		after = from.At
	}
	rows, err := s.desk.Query(ctx, s.q.Get("scheme_columns")+" "+s.q.Get("only_asked")+" "+s.q.Get(order), int64(account),
		storable(q.Name), string(q.Kind), q.Archived, storable(q.Tag), after, int64(from.ID), page.Limit+1)
	if err != nil {
		return out, err
	}
	list, err := pgx.CollectRows(rows, scanScheme)
	if err != nil {
		return out, err
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		last := list[len(list)-1]
		next := key{ID: last.ID, At: last.UpdatedAt}
		if byName {
			next = key{ID: last.ID, Name: last.lower}
		}
		out.Next = paging.Encode(next)
	}
	for i := range list {
		out.Items = append(out.Items, list[i].Scheme)
	}
	return out, nil
}

// Get reads a scheme.
func (s *Store) Get(ctx context.Context, account, id ids.ID) (library.Scheme, error) {
	return s.get(ctx, s.desk, account, id)
}

// asker is a pool or a transaction.
type asker interface {
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
}

func (s *Store) get(ctx context.Context, db asker, account, id ids.ID) (library.Scheme, error) {
	rows, err := db.Query(ctx, s.q.Get("scheme_columns")+" "+s.q.Get("only_scheme"), int64(account), int64(id))
	if err != nil {
		return library.Scheme{}, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, scanScheme)
	if errors.Is(err, pgx.ErrNoRows) {
		return library.Scheme{}, noScheme()
	}
	return row.Scheme, err
}

type schemeRow struct {
	library.Scheme
	lower string // the name as it is sorted by
}

func scanScheme(row pgx.CollectableRow) (schemeRow, error) {
	var r schemeRow
	var published *int64
	var publishedAt *time.Time
	var number int
	var revision int64
	err := row.Scan(&r.ID, &r.Kind, &r.Name, &r.Tags, &r.Revision, &r.DraftBy.User, &r.DraftBy.Token, &r.DraftBy.Name,
		&r.CreatedAt, &r.UpdatedAt, &r.ArchivedAt, &published, &number, &revision, &publishedAt, &r.lower)
	if err != nil {
		return r, err
	}
	r.CreatedAt, r.UpdatedAt = r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	if r.ArchivedAt != nil {
		r.ArchivedAt = new(r.ArchivedAt.UTC())
	}
	if published != nil && publishedAt != nil {
		r.Published = &library.Published{Version: ids.ID(*published), Number: number, At: publishedAt.UTC(),
			Changed: revision != r.Revision}
	}
	return r, nil
}

// locked is a scheme's row while a transaction changes it.
type locked struct {
	library.Scheme
	draft []byte
	stamp int64 // of the tests
}

// change runs f in a transaction that holds the scheme's row.
func (s *Store) change(ctx context.Context, account, id ids.ID, f func(tx pgx.Tx, row *locked) error) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		row := &locked{Scheme: library.Scheme{ID: id}}
		var kind, draft string
		var published *int64
		var number int
		err := tx.QueryRow(ctx, s.q.Get("scheme_lock"), int64(account), int64(id)).Scan(&kind, &row.Name, &draft,
			&row.Revision, &row.DraftBy.User, &row.DraftBy.Token, &row.DraftBy.Name, &row.UpdatedAt, &row.ArchivedAt,
			&row.stamp, &published, &number)
		if errors.Is(err, pgx.ErrNoRows) {
			return noScheme()
		}
		if err != nil {
			return err
		}
		row.Kind, row.draft, row.UpdatedAt = scheme.Kind(kind), []byte(draft), row.UpdatedAt.UTC()
		if published != nil {
			row.Published = &library.Published{Version: ids.ID(*published), Number: number}
		}
		return f(tx, row)
	})
}

// SetTags replaces a scheme's tags, which the caller has cleaned.
func (s *Store) SetTags(ctx context.Context, actor access.Actor, id ids.ID, tags []string) (library.Scheme, error) {
	return s.changed(ctx, actor, id, "scheme.tagged", map[string]any{"tags": tags}, func(tx pgx.Tx, row *locked) error {
		if err := row.Editable(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, s.q.Get("scheme_tags"), int64(actor.Account), int64(id), tags)
		return err
	})
}

// SetArchived archives a scheme or takes it out of the archive. What is so already stays as it is. A scheme that campaigns go
// on to repeat is not archived: that is a fault of the kind Conflict, which names some of them.
func (s *Store) SetArchived(ctx context.Context, actor access.Actor, id ids.ID, archived bool) (library.Scheme, error) {
	what := "scheme.unarchived"
	var at *time.Time
	if archived {
		what, at = "scheme.archived", new(s.now())
	}
	return s.changed(ctx, actor, id, what, nil, func(tx pgx.Tx, row *locked) error {
		if (row.ArchivedAt != nil) == archived {
			return errUnchanged
		}
		if archived {
			rows, err := tx.Query(ctx, s.q.Get("scheme_repeated"), int64(actor.Account), int64(id))
			if err != nil {
				return err
			}
			names, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			if err := row.Archivable(names); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, s.q.Get("scheme_archive"), int64(actor.Account), int64(id), at)
		return err
	})
}

// errUnchanged tells that there was nothing to change, and so nothing for the log.
var errUnchanged = errors.New("schemes: unchanged")

// changed runs a change, writes the log, and gives the scheme as it is then.
func (s *Store) changed(ctx context.Context, actor access.Actor, id ids.ID, what string, change any,
	f func(tx pgx.Tx, row *locked) error) (out library.Scheme, err error) {
	err = s.change(ctx, actor.Account, id, func(tx pgx.Tx, row *locked) error {
		err := f(tx, row)
		if err == nil {
			err = accounts.Audit(ctx, tx, actor, what, object, id, change)
		}
		if err != nil && !errors.Is(err, errUnchanged) {
			return err
		}
		out, err = s.get(ctx, tx, actor.Account, id)
		return err
	})
	return out, err
}

// Delete deletes a scheme that was never published and is archived.
func (s *Store) Delete(ctx context.Context, actor access.Actor, id ids.ID) error {
	return s.change(ctx, actor.Account, id, func(tx pgx.Tx, row *locked) error {
		if err := row.Deletable(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("scheme_delete"), int64(actor.Account), int64(id)); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "scheme.deleted", object, id, map[string]any{"name": row.Name})
	})
}
