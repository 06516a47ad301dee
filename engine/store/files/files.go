// Package files keeps the pictures and sounds of accounts, in parts, so that no row is large. The rules are the package
// engine/files; what is refused comes back as a fault.
package files

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// partSize is how many bytes of a content a row has.
const partSize = 256 << 10

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

func notFound() error { return fault.New(fault.NotFound, "file_not_found", "path.upload") }

// Add keeps a content under a name made of name. added is false where the account has the content already: that file is
// given.
func (s *Store) Add(ctx context.Context, actor access.Actor, name string, content []byte) (f files.File, added bool, err error) {
	form, err := files.Check(content)
	if err != nil {
		return f, false, err
	}
	digest := sha256.Sum256(content)
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		account := int64(actor.Account)
		if _, err := tx.Exec(ctx, s.q.Get("lock_account"), account); err != nil {
			return err
		}
		var there []files.File
		if there, err = s.find(ctx, tx, "only_digest", account, digest[:]); err != nil || len(there) > 0 {
			if err == nil {
				f = there[0]
			}
			return err
		}
		var used int64
		if err := tx.QueryRow(ctx, s.q.Get("used"), account).Scan(&used); err != nil {
			return err
		}
		if err := files.Room(used, int64(len(content))); err != nil {
			return err
		}
		f = files.File{ID: s.newID(), Kind: form.Kind, Type: form.Type, Size: int64(len(content)),
			Digest: fmt.Sprintf("%x", digest), MadeBy: actor.Name, MadeAt: s.clock().UTC().Truncate(time.Microsecond)}
		if f.Name, err = s.freeName(ctx, tx, account, files.CleanName(name, form)); err != nil {
			return err
		}
		added = true
		return s.insert(ctx, tx, actor, &f, digest[:], content)
	})
	if err != nil {
		return files.File{}, false, err
	}
	return f, added, nil
}

// freeName numbers a name until it is free.
func (s *Store) freeName(ctx context.Context, tx pgx.Tx, account int64, name string) (string, error) {
	for n, try := 2, name; ; n++ {
		var taken bool
		if err := tx.QueryRow(ctx, s.q.Get("taken"), account, try).Scan(&taken); err != nil || !taken {
			return try, err
		}
		try = files.Numbered(name, n)
	}
}

func (s *Store) insert(ctx context.Context, tx pgx.Tx, actor access.Actor, f *files.File, digest, content []byte) error {
	account, id := int64(actor.Account), int64(f.ID)
	b := &pgx.Batch{}
	b.Queue(s.q.Get("add"), account, id, f.Name, files.Mark(f.Name), string(f.Kind), f.Type, f.Size, digest,
		strings.ReplaceAll(strings.ToValidUTF8(f.MadeBy, "\uFFFD"), "\x00", "\uFFFD"), f.MadeAt)
	for part := 0; len(content) > 0; part++ {
		n := min(len(content), partSize)
		b.Queue(s.q.Get("add_part"), account, id, part, content[:n])
		content = content[n:]
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return accounts.Audit(ctx, tx, actor, "file.added", "file", f.ID, map[string]any{"name": f.Name, "kind": f.Kind, "size": f.Size})
}

// asker is a pool or a transaction.
type asker interface {
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
}

func (s *Store) find(ctx context.Context, db asker, which string, args ...any) ([]files.File, error) {
	rows, err := db.Query(ctx, s.q.Get("columns")+" "+s.q.Get(which), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

func scan(row pgx.CollectableRow) (f files.File, err error) {
	err = row.Scan((*int64)(&f.ID), &f.Name, (*string)(&f.Kind), &f.Type, &f.Size, &f.Digest, &f.MadeBy, &f.MadeAt)
	f.MadeAt = f.MadeAt.UTC()
	return f, err
}

// Get reads what is known of a file.
func (s *Store) Get(ctx context.Context, account, id ids.ID) (files.File, error) {
	list, err := s.find(ctx, s.desk, "only_file", int64(account), int64(id))
	if err == nil && len(list) == 0 {
		err = notFound()
	}
	if err != nil {
		return files.File{}, err
	}
	return list[0], nil
}

// Named gives the files of an account that have one of the names.
func (s *Store) Named(ctx context.Context, account ids.ID, names []string) ([]files.File, error) {
	return s.find(ctx, s.desk, "only_names", int64(account), storable(names))
}

// storable makes texts that the database takes. No name of a file has a NUL, so that what had one is found nowhere.
func storable(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	}
	return out
}

// List gives a page of an account's files.
func (s *Store) List(ctx context.Context, account ids.ID, q files.Query, page paging.Request) (paging.Page[files.File], error) {
	out := paging.Page[files.File]{Items: []files.File{}}
	order, backwards := strings.CutPrefix(q.Sort, "-")
	by, cast := "made_at", "timestamptz"
	if order == "name" {
		by, cast = `folded(name) COLLATE "C"`, "text"
	}
	sign, direction := ">", ""
	if backwards {
		sign, direction = "<", " DESC"
	}
	text := s.q.Get("columns") + " " + s.q.Get("only_asked")
	args := []any{int64(account), string(q.Kind), paging.Words(q.Search)}
	if page.Cursor != "" {
		var after paging.Place
		if err := paging.Decode(page.Cursor, &after); err != nil {
			return out, err
		}
		var value any = storable([]string{after.Text})[0]
		at, err := time.Parse(time.RFC3339Nano, after.Text)
		if after.Sort != q.Sort || cast != "text" && err != nil {
			return out, fault.New(fault.Invalid, "bad_cursor", "query.cursor")
		}
		if cast == "text" {
			text += fmt.Sprintf(` AND (%s, file) %s (folded($4::text) COLLATE "C", $5::bigint)`, by, sign)
		} else {
			text, value = text+fmt.Sprintf(" AND (%s, file) %s ($4::timestamptz, $5::bigint)", by, sign), at
		}
		args = append(args, value, after.ID)
	}
	rows, err := s.desk.Query(ctx, text+fmt.Sprintf(" ORDER BY %s%s, file%s LIMIT %d", by, direction, direction, page.Limit+1), args...)
	if err != nil {
		return out, err
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return out, err
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		last := list[page.Limit-1]
		place := paging.Place{Sort: q.Sort, Text: last.MadeAt.Format(time.RFC3339Nano), ID: int64(last.ID)}
		if cast == "text" {
			place.Text = last.Name
		}
		out.Next = paging.Encode(place)
	}
	out.Items = append(out.Items, list...)
	return out, nil
}

// Delete deletes a file that no version and no draft uses.
func (s *Store) Delete(ctx context.Context, actor access.Actor, id ids.ID) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		account := int64(actor.Account)
		var name string
		err := tx.QueryRow(ctx, s.q.Get("lock"), account, int64(id)).Scan(&name)
		if errors.Is(err, pgx.ErrNoRows) {
			return notFound()
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, s.q.Get("users"), account, int64(id), files.Written(name))
		if err != nil {
			return err
		}
		schemes, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if len(schemes) > 0 {
			return fault.New(fault.Conflict, "file_used", "path.upload", "name", name, "schemes", listed(schemes))
		}
		if _, err := tx.Exec(ctx, s.q.Get("delete"), account, int64(id)); err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "file.deleted", "file", id, map[string]any{"name": name})
	})
}

// listed names three at most.
func listed(names []string) string {
	if len(names) > 3 {
		names = append(names[:3:3], "…")
	}
	return strings.Join(names, ", ")
}

// Open begins to read the content of a file.
func (s *Store) Open(ctx context.Context, account, id ids.ID) (files.File, io.ReadSeeker, error) {
	f, err := s.Get(ctx, account, id)
	return f, s.content(ctx, account, &f), err
}

// Fetch begins to read the content of the file that an address names.
func (s *Store) Fetch(ctx context.Context, account ids.ID, mark []byte) (files.File, io.ReadSeeker, error) {
	list, err := s.find(ctx, s.desk, "only_mark", int64(account), mark)
	if err == nil && len(list) == 0 {
		err = notFound()
	}
	if err != nil {
		return files.File{}, nil, err
	}
	return list[0], s.content(ctx, account, &list[0]), nil
}

func (s *Store) content(ctx context.Context, account ids.ID, f *files.File) *content {
	return &content{s: s, ctx: ctx, account: int64(account), file: int64(f.ID), size: f.Size, part: -1}
}
