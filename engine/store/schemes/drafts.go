package schemes

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/store/accounts"
)

// How much of a draft's history is kept.
const (
	keepNewest = 30
	keepInAll  = 200
)

// Create keeps a new scheme. The drawing must say what kind it is; the tests and tags were cleaned by the caller. from
// tells the log where the scheme comes from, such as template:viber-sms.
func (s *Store) Create(ctx context.Context, actor access.Actor, d library.Drawing, tags []string, tests []library.NewTest,
	from string) (out library.Scheme, err error) {
	id, now, by := s.newID(), s.now(), author(actor)
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(s.q.Get("scheme_create"), int64(actor.Account), int64(id), string(d.Kind), d.Name, tags, string(d.Document),
			int64(by.User), int64(by.Token), storable(by.Name), now)
		s.queueRevision(b, actor, id, 1, library.Created, d, now)
		for _, t := range tests {
			s.queueTest(b, actor, id, s.newID(), t, now)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if err := accounts.Audit(ctx, tx, actor, "scheme.created", object, id, map[string]any{"name": d.Name, "from": from}); err != nil {
			return err
		}
		out, err = s.get(ctx, tx, actor.Account, id)
		return err
	})
	return out, err
}

func (s *Store) queueRevision(b *pgx.Batch, actor access.Actor, id ids.ID, revision int64, cause library.Cause,
	d library.Drawing, now time.Time) {
	b.Queue(s.q.Get("revision_add"), int64(actor.Account), int64(id), revision, string(cause), d.Name, string(d.Document),
		int64(actor.User), int64(actor.Token), storable(actor.Name), now)
}

// Draft reads a scheme's draft.
func (s *Store) Draft(ctx context.Context, account, id ids.ID) (library.Draft, error) {
	d, err := readDraft(s.desk.QueryRow(ctx, s.q.Get("draft"), int64(account), int64(id)), id)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, noScheme()
	}
	return d, err
}

func readDraft(row pgx.Row, id ids.ID) (library.Draft, error) {
	d := library.Draft{Scheme: id}
	var document string
	err := row.Scan(&d.Revision.Revision, &d.Cause, &d.Name, &d.By.User, &d.By.Token, &d.By.Name, &d.SavedAt, &document)
	d.SavedAt, d.Document, d.Size = d.SavedAt.UTC(), []byte(document), len(document)
	return d, err
}

// Save makes a drawing the draft, where the draft's revision is still base; otherwise nothing is changed and the fault
// holds a library.Conflict. A drawing that is the same as the draft changes nothing, whatever base is.
func (s *Store) Save(ctx context.Context, actor access.Actor, id ids.ID, base int64, d library.Drawing, cause library.Cause) (
	out library.Draft, err error) {
	err = s.change(ctx, actor.Account, id, func(tx pgx.Tx, row *locked) error {
		if err := row.Editable(); err != nil {
			return err
		}
		if d.Kind != "" && d.Kind != row.Kind {
			return fault.New(fault.Invalid, "kind_fixed", "body.document.kind", "kind", string(row.Kind))
		}
		if unchanged(row.draft, d.Document) {
			out, err = readDraft(tx.QueryRow(ctx, s.q.Get("draft"), int64(actor.Account), int64(id)), id)
			return err
		}
		if row.Revision != base {
			return s.clash(ctx, tx, actor.Account, row, base, d.Document)
		}
		return s.save(ctx, tx, actor, row, d, cause, &out)
	})
	return out, err
}

// unchanged tells whether two documents are the same; the order of members is looked at only where it may be all.
func unchanged(a, b []byte) bool {
	return bytes.Equal(a, b) || len(a) == len(b) && library.SameJSON(a, b)
}

func (s *Store) save(ctx context.Context, tx pgx.Tx, actor access.Actor, row *locked, d library.Drawing, cause library.Cause,
	out *library.Draft) error {
	revision, now, by := row.Revision+1, s.now(), author(actor)
	account, id := int64(actor.Account), int64(row.ID)
	b := &pgx.Batch{}
	b.Queue(s.q.Get("draft_save"), account, id, d.Name, string(d.Document), revision, int64(by.User), int64(by.Token),
		storable(by.Name), now)
	s.queueRevision(b, actor, row.ID, revision, cause, d, now)
	b.Queue(s.q.Get("revisions_thin"), account, id, revision, keepNewest, keepInAll)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	*out = library.Draft{Scheme: row.ID, Document: d.Document, Revision: library.Revision{Revision: revision, Cause: cause,
		Name: d.Name, By: by, SavedAt: now, Size: len(d.Document)}}
	return accounts.Audit(ctx, tx, actor, "scheme."+string(cause), object, row.ID,
		map[string]any{"revision": revision, "name": d.Name})
}

// clash is the fault of whoever wants to change another revision than there is. document is nil where the request
// brings none.
func (s *Store) clash(ctx context.Context, tx pgx.Tx, account ids.ID, row *locked, base int64, document []byte) error {
	var was []byte
	old, err := readDraft(tx.QueryRow(ctx, s.q.Get("revision"), int64(account), int64(row.ID), base), row.ID)
	switch {
	case err == nil:
		was = old.Document
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	c := library.Clash(was, row.draft, document)
	c.Revision, c.By, c.At, c.Base = row.Revision, row.DraftBy, row.UpdatedAt, base
	f := fault.New(fault.Stale, "draft_changed", "header.If-Match", "name", row.DraftBy.Name, "at",
		row.UpdatedAt.Format(time.DateTime), "revision", row.Revision)
	f.Data = c
	return f
}

// Revisions gives a page of the draft's history, the newest first.
func (s *Store) Revisions(ctx context.Context, account, id ids.ID, page paging.Request) (
	paging.Page[library.Revision], error) {
	out := paging.Page[library.Revision]{Items: []library.Revision{}}
	var before int64
	if err := paging.Decode(page.Cursor, &before); err != nil {
		return out, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("revisions"), int64(account), int64(id), before, page.Limit+1)
	if err != nil {
		return out, err
	}
	out.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r library.Revision, err error) {
		err = row.Scan(&r.Revision, &r.Cause, &r.Name, &r.By.User, &r.By.Token, &r.By.Name, &r.SavedAt, &r.Size)
		r.SavedAt = r.SavedAt.UTC()
		return r, err
	})
	if err == nil && len(out.Items) == 0 {
		_, err = s.Get(ctx, account, id)
	}
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		out.Next = paging.Encode(out.Items[page.Limit-1].Revision)
	}
	return out, err
}

// Revision reads a draft as it was.
func (s *Store) Revision(ctx context.Context, account, id ids.ID, revision int64) (library.Draft, error) {
	d, err := readDraft(s.desk.QueryRow(ctx, s.q.Get("revision"), int64(account), int64(id), revision), id)
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err := s.Get(ctx, account, id); err != nil {
			return d, err
		}
		return d, fault.New(fault.NotFound, "no_revision", "path.revision")
	}
	return d, err
}

// storable makes a text that the database takes.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
