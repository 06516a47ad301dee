// Package exports writes what an account has into files: a task reads it page by page, by key, so that no statement holds a
// snapshot for long, and writes a file that is downloaded from the task. An export changes nothing, so one whose process died
// begins anew.
package exports

import (
	"context"
	"embed"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Kind is the kind of an export's task.
const Kind task.Kind = "export"

// Chooser makes conditions of selections: contacts.Store.
type Chooser interface {
	CheckSelection(ctx context.Context, account ids.ID, sel audience.Selection, field string) error
	// Where is a condition on the alias c; its parameters are numbered from first.
	Where(account ids.ID, sel audience.Selection, first int) (sql string, args []any, err error)
}

// Options say what the store works with; all are needed.
type Options struct {
	Clock  func() time.Time
	Tasks  *tasks.Store
	People Chooser
}

// Store is the exports. It is safe for use by many goroutines.
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

// args are what the task is told.
type args struct {
	audience.ExportOrder
	Language audience.Lang `json:"language"`
}

// Start checks an order and starts its task; lang is the language of the headers.
func (s *Store) Start(ctx context.Context, who *access.Principal, o audience.ExportOrder, lang audience.Lang) (task.Task, error) {
	known, err := s.attributes(ctx, s.desk, who.Account)
	if err != nil {
		return task.Task{}, err
	}
	if err := o.Check(known); err != nil {
		return task.Task{}, err
	}
	if o.Selection != nil {
		if err := s.People.CheckSelection(ctx, who.Account, *o.Selection, "body.selection"); err != nil {
			return task.Task{}, err
		}
	}
	reads := access.ReadContacts
	if o.What == audience.ExportStops {
		reads = access.ReadStops
	}
	var t task.Task
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) (err error) {
		t, err = s.Tasks.Start(ctx, tx, who.Actor, task.Order{Kind: Kind, Name: o.FileName(s.Clock()), Reads: string(reads),
			Writes: string(reads), Args: args{o, lang}})
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, who.Actor, "export.started", "task", t.ID, map[string]any{"what": o.What,
			"selection": o.Selection, "ids": len(o.IDs), "columns": o.Columns})
	})
	return t, err
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (s *Store) attributes(ctx context.Context, from querier, account ids.ID) (map[string]audience.Attribute, error) {
	rows, err := from.Query(ctx, s.q.Get("attributes"), int64(account))
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a audience.Attribute, err error) {
		err = row.Scan(&a.Key, &a.Title, &a.Type, &a.Choices)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	known := make(map[string]audience.Attribute, len(list))
	for _, a := range list {
		known[a.Key] = a
	}
	return known, nil
}

// run is the work of a task.
func (s *Store) run(ctx context.Context, r *tasks.Run) (any, error) {
	var a args
	if err := r.Args(&a); err != nil {
		return nil, err
	}
	var result audience.ExportResult
	file, err := r.Create(ctx, a.FileName(s.Clock()), a.MediaType())
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, r, &a, file, &result)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		file.Abort()
	}
	return result, err
}

func (s *Store) write(ctx context.Context, r *tasks.Run, a *args, file io.Writer, result *audience.ExportResult) error {
	out, err := table(file, a)
	if err != nil {
		return err
	}
	rows := func(cells []string) error {
		if result.Rows++; result.Rows%1_000 == 0 {
			r.Progress("writing", int64(result.Rows), 0)
		}
		return out.Write(cells)
	}
	if a.What == audience.ExportStops {
		if err = out.Write(audience.StopHeader(a.Language)); err == nil {
			err = s.stops(ctx, r.Account(), rows)
		}
	} else {
		err = s.contacts(ctx, r.Account(), a, out.Write, rows)
	}
	r.Progress("writing", int64(result.Rows), int64(result.Rows))
	if err != nil {
		_ = out.Close() // for the files that it has on the disk
		return err
	}
	return out.Close()
}

func table(file io.Writer, a *args) (audience.TableWriter, error) {
	if a.Format == audience.FormatXLSX {
		name := map[audience.ExportWhat]string{audience.ExportContacts: "Contacts", audience.ExportStops: "Stop list"}[a.What]
		return audience.NewXLSX(file, name)
	}
	separator, _ := utf8.DecodeRuneInString(a.Separator)
	return audience.NewCSV(file, a.Encoding, separator)
}

// pageRows is how many rows a statement reads.
const pageRows = 5_000

func (s *Store) contacts(ctx context.Context, account ids.ID, a *args, header, row func([]string) error) error {
	pool := s.Tasks.Pool()
	known, err := s.attributes(ctx, pool, account)
	if err != nil {
		return err
	}
	if err := header(a.Header(a.Language, known)); err != nil {
		return err
	}
	groups, err := s.groups(ctx, account, a)
	if err != nil {
		return err
	}
	sql, params := s.q.Get("contacts"), []any{int64(account), int64(0), only(a.IDs), groups != nil}
	if a.Selection != nil {
		where, more, err := s.People.Where(account, *a.Selection, len(params)+1)
		if err != nil {
			return err
		}
		sql, params = sql+" AND "+where, append(params, more...)
	}
	sql += fmt.Sprintf(" ORDER BY c.contact LIMIT %d", pageRows)
	for {
		n, last, err := s.page(ctx, sql, params, a, groups, row)
		if err != nil || n < pageRows {
			return err
		}
		params[1] = last
	}
}

// page writes a page of contacts. It is read whole before it is written: nobody's slow disk holds the snapshot.
func (s *Store) page(ctx context.Context, sql string, params []any, a *args, groups map[int64]string, row func([]string) error) (n int, last int64, err error) {
	rows, err := s.Tasks.Pool().Query(ctx, sql, params...)
	if err != nil {
		return 0, 0, fmt.Errorf("exports: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]string, error) {
		var c audience.Contact
		var in []int64
		err := r.Scan((*int64)(&c.ID), &c.Name, &c.Phone, &c.Email, &c.Zone, &c.Tags, &c.Attributes, &c.Addresses, &c.Source,
			&c.CreatedAt, &c.UpdatedAt, &in)
		last = int64(c.ID)
		names := make([]string, len(in))
		for i, g := range in {
			names[i] = groups[g]
		}
		return a.Cells(&c, names), err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("exports: %w", err)
	}
	for _, cells := range list {
		if err := row(cells); err != nil {
			return 0, 0, err
		}
	}
	return len(list), last, nil
}

// only is the list of ids that are wanted; null where all are.
func only(list []ids.ID) []int64 {
	var out []int64
	for _, id := range list {
		out = append(out, int64(id))
	}
	return out
}

// groups are the names of groups, where they are to be written.
func (s *Store) groups(ctx context.Context, account ids.ID, a *args) (map[int64]string, error) {
	wanted := false
	for _, c := range a.Columns {
		wanted = wanted || c == "groups"
	}
	if !wanted {
		return nil, nil
	}
	rows, err := s.Tasks.Pool().Query(ctx, s.q.Get("groups"), int64(account))
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	names := map[int64]string{}
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	return names, err
}

func (s *Store) stops(ctx context.Context, account ids.ID, row func([]string) error) error {
	var last audience.Stop
	for {
		rows, err := s.Tasks.Pool().Query(ctx, s.q.Get("stops"), int64(account), last.Address, last.Channel, pageRows)
		if err != nil {
			return fmt.Errorf("exports: %w", err)
		}
		list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e audience.Stop, err error) {
			err = r.Scan((*int64)(&e.ID), &e.Address, &e.Channel, &e.Reason, &e.Source, &e.AddedBy, &e.CreatedAt)
			return e, err
		})
		if err != nil {
			return fmt.Errorf("exports: %w", err)
		}
		for i := range list {
			if err := row(list[i].Cells()); err != nil {
				return err
			}
		}
		if len(list) < pageRows {
			return nil
		}
		last = list[len(list)-1]
	}
}
