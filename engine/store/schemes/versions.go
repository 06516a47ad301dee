package schemes

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
	"kaskad/engine/store/accounts"
)

// Publish makes a version of the draft, where its revision is still base and its tests are still those of the stamp: the
// caller has checked the one and run the others. Note was cleaned. Files are the names of the stored files that the draft uses:
// the version keeps them from being deleted.
func (s *Store) Publish(ctx context.Context, actor access.Actor, id ids.ID, base, stamp int64, note string, files ...string) (
	out library.Version, err error) {
	err = s.change(ctx, actor.Account, id, func(tx pgx.Tx, row *locked) error {
		if err := row.Editable(); err != nil {
			return err
		}
		if row.Revision != base {
			return s.clash(ctx, tx, actor.Account, row, base, nil)
		}
		if row.stamp != stamp {
			return fault.New(fault.Conflict, "tests_changed", "")
		}
		if err := s.unpublished(ctx, tx, actor.Account, row); err != nil {
			return err
		}
		if out, err = s.publish(ctx, tx, actor, row, note); err != nil || len(files) == 0 {
			return err
		}
		return s.hold(ctx, tx, actor.Account, out.ID, files)
	})
	return out, err
}

// HoldFiles keeps files from being deleted that a version uses which was published past this package.
func (s *Store) HoldFiles(ctx context.Context, account, version ids.ID, files []string) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error { return s.hold(ctx, tx, account, version, files) })
}

func (s *Store) hold(ctx context.Context, tx pgx.Tx, account, version ids.ID, files []string) error {
	held, err := tx.Exec(ctx, s.q.Get("version_files"), int64(account), int64(version), files)
	if err == nil && held.RowsAffected() != int64(len(files)) {
		err = fault.New(fault.Conflict, "files_changed", "")
	}
	return err
}

// unpublished refuses a draft that is the same as the latest version.
func (s *Store) unpublished(ctx context.Context, tx pgx.Tx, account ids.ID, row *locked) error {
	if row.Published == nil {
		return nil
	}
	var document string
	err := tx.QueryRow(ctx, s.q.Get("version_document"), int64(account), int64(row.Published.Version)).Scan(&document)
	if err != nil || !unchanged([]byte(document), row.draft) {
		return err
	}
	f := fault.New(fault.Conflict, "unchanged", "", "number", row.Published.Number)
	f.Data = library.Unchanged{Version: row.Published.Version, Number: row.Published.Number}
	return f
}

func (s *Store) publish(ctx context.Context, tx pgx.Tx, actor access.Actor, row *locked, note string) (library.Version, error) {
	v := library.Version{ID: s.newID(), Scheme: row.ID, Kind: row.Kind, Number: 1, Name: row.Name, Note: note,
		By: author(actor), PublishedAt: s.now()}
	if row.Published != nil {
		v.Number = row.Published.Number + 1
	}
	account := int64(actor.Account)
	b := &pgx.Batch{}
	b.Queue(s.q.Get("version_add"), account, int64(v.ID), v.Name, scheme.FormatVersion, string(row.draft), v.PublishedAt,
		int64(row.ID), v.Number, note, int64(v.By.User), int64(v.By.Token), storable(v.By.Name))
	b.Queue(s.q.Get("scheme_published"), account, int64(row.ID), int64(v.ID), v.Number, v.PublishedAt)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return v, err
	}
	return v, accounts.Audit(ctx, tx, actor, "scheme.published", object, row.ID,
		map[string]any{"version": v.ID, "number": v.Number, "revision": row.Revision, "note": note})
}

// Versions gives a page of a scheme's versions, the newest first.
func (s *Store) Versions(ctx context.Context, account, id ids.ID, page paging.Request) (paging.Page[library.Version], error) {
	out := paging.Page[library.Version]{Items: []library.Version{}}
	var before int
	if err := paging.Decode(page.Cursor, &before); err != nil {
		return out, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("versions"), int64(account), int64(id), before, page.Limit+1)
	if err != nil {
		return out, err
	}
	list, err := pgx.CollectRows(rows, scanEdition)
	if err == nil && len(list) == 0 {
		_, err = s.Get(ctx, account, id)
	}
	if len(list) > page.Limit {
		list = list[:page.Limit]
		out.Next = paging.Encode(list[page.Limit-1].Number)
	}
	for i := range list {
		out.Items = append(out.Items, list[i].Version)
	}
	return out, err
}

// Edition reads a version, whichever scheme it is of.
func (s *Store) Edition(ctx context.Context, account, version ids.ID) (library.Edition, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("version"), int64(account), int64(version))
	if err != nil {
		return library.Edition{}, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanEdition)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.New(fault.NotFound, "no_version", "path.version")
	}
	return v, err
}

func scanEdition(row pgx.CollectableRow) (v library.Edition, err error) {
	var document string
	err = row.Scan(&v.ID, &v.Scheme, &v.Kind, &v.Number, &v.Name, &v.Note, &v.By.User, &v.By.Token, &v.By.Name,
		&v.PublishedAt, &document, &v.Campaigns)
	v.PublishedAt, v.Document = v.PublishedAt.UTC(), []byte(document)
	if err == nil && v.Kind == "" {
		var d struct {
			Kind scheme.Kind `json:"kind"`
		}
		err = json.Unmarshal(v.Document, &d)
		v.Kind = d.Kind
	}
	return v, err
}
