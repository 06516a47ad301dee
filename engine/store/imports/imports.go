// Package imports brings files into an account: contacts, stop lists and members of groups. A file is kept in parts with the
// tasks' files, shown in advance as it would be read, and then read by a task.
//
// Contacts go in two steps, each in memory that does not grow with the file. First the rows are read into a table of the
// import's own, where doubles meet by their phone; nothing is changed for anybody until the whole file was readable. Then
// they are put among the contacts, some thousands in a transaction that also says how far it is. So a task that begins
// again after its process died stores nothing twice, and one that is cancelled has stored whole pieces only.
package imports

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Kind is the kind of an import's task.
const Kind task.Kind = "import"

// Stopper puts entries on the stop list: contacts.Store.
type Stopper interface {
	AddStops(ctx context.Context, tx pgx.Tx, actor access.Actor, entries []audience.StopEntry) ([]ids.ID, error)
}

// Options say what the store works with; all are needed.
type Options struct {
	Clock func() time.Time
	NewID func() ids.ID
	Tasks *tasks.Store
	Stops Stopper
}

// Store is the imports. It is safe for use by many goroutines.
type Store struct {
	desk *pgxpool.Pool
	q    sqlfile.Queries
	Options
}

// New makes a store on the pool for what people ask, and registers its work with the tasks.
func New(desk *pgxpool.Pool, o Options) (*Store, error) {
	q, err := sqlfile.Load(queryFiles)
	if err != nil {
		return nil, err
	}
	s := &Store{desk: desk, q: q, Options: o}
	o.Tasks.Register(Kind, s.run)
	return s, nil
}

// upload is the name of an import's file.
const upload = "upload"

// kept is an import as it is stored.
type kept struct {
	audience.Import
	heads []audience.SheetHead
}

func notFound() error { return fault.New(fault.NotFound, "import_not_found", "path.import") }

func scan(row pgx.CollectableRow) (kept, error) {
	var k kept
	var heads, settings []byte
	err := row.Scan((*int64)(&k.ID), &k.Kind, &k.Name, &k.Size, &k.Format, &heads, &settings, (*int64)(&k.Task), &k.By,
		&k.CreatedAt, &k.StartedAt)
	if err != nil {
		return k, err
	}
	k.CreatedAt = k.CreatedAt.UTC()
	if k.StartedAt != nil {
		*k.StartedAt = k.StartedAt.UTC()
	}
	k.Sheets = []string{}
	k.Preview = audience.Preview{Header: []string{}, Rows: []audience.PreviewRow{}}
	if err := json.Unmarshal(heads, &k.heads); err != nil {
		return k, err
	}
	for _, h := range k.heads {
		k.Sheets = append(k.Sheets, h.Name)
	}
	return k, json.Unmarshal(settings, &k.Settings)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// load reads an import that the principal may see.
func (s *Store) load(ctx context.Context, from querier, query string, account, id ids.ID) (kept, error) {
	rows, err := from.Query(ctx, s.q.Get(query), int64(account), int64(id))
	if err != nil {
		return kept{}, fmt.Errorf("imports: %w", err)
	}
	k, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, notFound()
	}
	if err != nil {
		return k, fmt.Errorf("imports: %w", err)
	}
	return k, nil
}

// scopeOf is the permission that an import needs, to be read or written.
func scopeOf(kind audience.Purpose, write bool) access.Scope {
	switch {
	case kind == audience.ImportStops && write:
		return access.WriteStops
	case kind == audience.ImportStops:
		return access.ReadStops
	case write:
		return access.WriteContacts
	}
	return access.ReadContacts
}

func may(who *access.Principal, kind audience.Purpose, write bool) error {
	if scope := scopeOf(kind, write); !who.May(scope) {
		return fault.New(fault.Forbidden, "scope_needed", "", "scope", string(scope))
	}
	return nil
}

// Get gives an import with its preview; lang is the language of its remarks.
func (s *Store) Get(ctx context.Context, who *access.Principal, id ids.ID, lang audience.Lang) (audience.Import, error) {
	k, err := s.load(ctx, s.desk, "get", who.Account, id)
	if err != nil {
		return audience.Import{}, err
	}
	if err := may(who, k.Kind, false); err != nil {
		return audience.Import{}, notFound()
	}
	if k.Task == 0 {
		err = s.preview(ctx, s.desk, who.Account, &k, lang)
	}
	return k.Import, err
}

// List gives the imports that the principal may see, the newest first, without previews.
func (s *Store) List(ctx context.Context, who *access.Principal, q audience.ImportQuery, page paging.Request) (paging.Page[audience.Import], error) {
	out := paging.Page[audience.Import]{Items: []audience.Import{}}
	var last ids.ID
	if err := paging.Decode(page.Cursor, &last); err != nil {
		return out, err
	}
	var kinds []string
	for _, k := range []audience.Purpose{audience.ImportContacts, audience.ImportStops, audience.ImportMembers} {
		if may(who, k, false) == nil {
			kinds = append(kinds, string(k))
		}
	}
	query := "list"
	if q.Sort == "created_at" {
		query = "list_oldest"
	}
	rows, err := s.desk.Query(ctx, s.q.Get(query), int64(who.Account), int64(last), string(q.Kind), kinds, page.Limit+1,
		paging.Words(q.Search), q.State)
	if err != nil {
		return out, fmt.Errorf("imports: %w", err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return out, fmt.Errorf("imports: %w", err)
	}
	for _, k := range list[:min(len(list), page.Limit)] {
		out.Items = append(out.Items, k.Import)
	}
	if len(list) > page.Limit {
		out.Next = paging.Encode(out.Items[page.Limit-1].ID)
	}
	return out, nil
}

// locked changes a draft in a transaction.
func (s *Store) locked(ctx context.Context, who *access.Principal, id ids.ID, f func(tx pgx.Tx, k *kept) error) (kept, error) {
	var k kept
	err := pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) (err error) {
		if k, err = s.load(ctx, tx, "get_locked", who.Account, id); err != nil {
			return err
		}
		if may(who, k.Kind, false) != nil {
			return notFound()
		}
		if err := may(who, k.Kind, true); err != nil {
			return err
		}
		if k.Task != 0 {
			return fault.New(fault.Conflict, "import_started", "", "task", k.Task.String())
		}
		return f(tx, &k)
	})
	return k, err
}

// Remove throws a draft away, with its file.
func (s *Store) Remove(ctx context.Context, who *access.Principal, id ids.ID) error {
	_, err := s.locked(ctx, who, id, func(tx pgx.Tx, k *kept) error {
		if _, err := tx.Exec(ctx, s.q.Get("remove"), int64(who.Account), int64(id)); err != nil {
			return fmt.Errorf("imports: %w", err)
		}
		return accounts.Audit(ctx, tx, who.Actor, "import.removed", "import", id, map[string]any{"name": k.Name})
	})
	if err != nil {
		return err
	}
	return s.Tasks.RemoveFiles(ctx, who.Account, id)
}

// Start orders the task that reads the file; lang is the language of the file of refused rows.
func (s *Store) Start(ctx context.Context, who *access.Principal, id ids.ID, lang audience.Lang) (task.Task, error) {
	var t task.Task
	_, err := s.locked(ctx, who, id, func(tx pgx.Tx, k *kept) error {
		if err := s.preview(ctx, tx, who.Account, k, lang); err != nil {
			return err
		}
		if p := k.Problem; p != nil {
			return fault.New(fault.Conflict, p.Code, "", "line", 0, "detail", p.Value)
		}
		if k.Kind == audience.ImportMembers && len(k.Settings.Groups) == 0 {
			return fault.New(fault.Conflict, "import_no_group", "body.groups")
		}
		known, err := s.attributes(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		added := k.Settings.Settle(known)
		if len(known)+len(added) > audience.MaxDefinitions {
			return fault.New(fault.Conflict, "too_many_definitions", "", "max", audience.MaxDefinitions)
		}
		t, err = s.Tasks.Start(ctx, tx, who.Actor, task.Order{Kind: Kind, Name: k.Name, Object: id,
			Reads: string(scopeOf(k.Kind, false)), Writes: string(scopeOf(k.Kind, true)), Args: order{Language: lang}})
		if err != nil {
			return err
		}
		settings, err := json.Marshal(k.Settings)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, s.q.Get("started"), int64(who.Account), int64(id), int64(t.ID), s.Clock(), settings)
		if err != nil {
			return fmt.Errorf("imports: %w", err)
		}
		return accounts.Audit(ctx, tx, who.Actor, "import.started", "import", id, map[string]any{"name": k.Name, "kind": k.Kind,
			"settings": k.Settings, "task": t.ID})
	})
	return t, err
}

// order is what the task is told beside the import itself.
type order struct {
	Language audience.Lang `json:"language"`
}

// attributes are the definitions of an account by key.
func (s *Store) attributes(ctx context.Context, from querier, account ids.ID) (map[string]audience.Attribute, error) {
	rows, err := from.Query(ctx, s.q.Get("attributes"), int64(account))
	if err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	known := map[string]audience.Attribute{}
	var a audience.Attribute
	_, err = pgx.ForEachRow(rows, []any{&a.Key, &a.Title, &a.Type, &a.Choices, &a.CreatedAt}, func() error {
		known[a.Key] = a
		a.Choices = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	return known, nil
}
