package imports

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

// Upload keeps a file as it comes and makes a draft of it: how it is read is found out, and may be changed. A file that
// cannot be read at all is refused.
func (s *Store) Upload(ctx context.Context, who *access.Principal, kind audience.Purpose, name string, body io.Reader,
	lang audience.Lang) (audience.Import, error) {
	if err := may(who, kind, true); err != nil {
		return audience.Import{}, err
	}
	k := kept{Import: audience.Import{ID: s.NewID(), Kind: kind, Name: fileName(name), By: who.Name, CreatedAt: s.Clock(),
		Sheets: []string{}}, heads: []audience.SheetHead{}}
	if err := s.keep(ctx, who.Account, &k, body); err != nil {
		return audience.Import{}, err
	}
	if err := s.draft(ctx, who, &k, lang); err != nil {
		// What was kept is of no use; where this fails the file goes after a week.
		return audience.Import{}, errors.Join(err, s.Tasks.RemoveFiles(context.WithoutCancel(ctx), who.Account, k.ID))
	}
	return k.Import, nil
}

// fileName takes the folders off a name, and what no text may hold.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" || name == "" {
		return "upload"
	}
	if utf8.RuneCountInString(name) > 200 {
		name = string([]rune(name)[:200])
	}
	return name
}

// keep stores the bytes of a file, and of a workbook reads the beginnings of its sheets on the way.
func (s *Store) keep(ctx context.Context, account ids.ID, k *kept, body io.Reader) error {
	in := bufio.NewReader(&bounded{body, audience.MaxImport})
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return brokenOff(err)
	}
	k.Format = audience.FormatCSV
	var from io.Reader = in
	var copied *os.File
	if string(head) == "PK\x03\x04" {
		k.Format = audience.FormatXLSX
		if copied, err = os.CreateTemp("", "kaskad-import-*.xlsx"); err != nil {
			return err
		}
		defer os.Remove(copied.Name())
		defer copied.Close()
		from = io.TeeReader(in, copied)
	}
	w, err := s.Tasks.Create(ctx, account, k.ID, upload, "application/octet-stream")
	if err != nil {
		return err
	}
	if k.Size, err = io.Copy(w, from); err == nil {
		err = w.Close()
	}
	if err == nil && copied != nil {
		k.heads, err = heads(copied.Name())
	}
	if err != nil {
		w.Abort()
		return brokenOff(err)
	}
	return nil
}

// brokenOff tells what went wrong while a file came.
func brokenOff(err error) error {
	var file *audience.FileError
	if errors.As(err, &file) {
		return file.Fault("body")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Invalid, "import_broken_off", "body")
	}
	return err
}

// bounded refuses more than so many bytes.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.New(fault.TooLarge, "import_too_large", "body", "max", "1 GiB")
	}
	return n, err
}

// heads reads the beginnings of all sheets.
func heads(path string) ([]audience.SheetHead, error) {
	book, err := audience.OpenBook(path)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	var list []audience.SheetHead
	for _, sheet := range book.Sheets() {
		head, err := book.Head(sheet)
		if err != nil {
			return nil, err
		}
		list = append(list, head)
	}
	return list, nil
}

// draft finds out how a file is to be read, and stores the import.
func (s *Store) draft(ctx context.Context, who *access.Principal, k *kept, lang audience.Lang) error {
	k.Settings = audience.ImportSettings{Header: true, Doubles: audience.FirstWins, Existing: audience.MergeExisting,
		Groups: []ids.ID{}, Tags: []string{}}
	if err := s.desk.QueryRow(ctx, s.q.Get("country"), int64(who.Account)).Scan(&k.Settings.Country); err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	for _, h := range k.heads {
		k.Sheets = append(k.Sheets, h.Name)
	}
	k.Settings.Sheet = sheetOf(k)
	err := s.propose(ctx, s.desk, who.Account, k)
	var file *audience.FileError
	if errors.As(err, &file) && file.Code == audience.NoHeader {
		k.Settings.Header = false
		err = s.propose(ctx, s.desk, who.Account, k)
	}
	if errors.As(err, &file) && k.Format == audience.FormatCSV {
		return file.Fault("body")
	}
	if err != nil && !errors.As(err, &file) {
		return err
	}
	if err := s.preview(ctx, s.desk, who.Account, k, lang); err != nil {
		return err
	}
	heads, err := json.Marshal(k.heads)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(k.Settings)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.q.Get("add"), int64(who.Account), int64(k.ID), string(k.Kind), k.Name, k.Size, string(k.Format),
			heads, settings, who.Name, k.CreatedAt)
		if err != nil {
			return fmt.Errorf("imports: %w", err)
		}
		return accounts.Audit(ctx, tx, who.Actor, "import.uploaded", "import", k.ID, map[string]any{"name": k.Name, "kind": k.Kind,
			"size": k.Size})
	})
}

// sheetOf proposes a sheet of a workbook: the first with a column that says who is meant, else the first that has rows.
func sheetOf(k *kept) string {
	filled := ""
	for _, h := range k.heads {
		if len(h.Rows) == 0 {
			continue
		}
		if filled == "" {
			filled = h.Name
		}
		t, err := audience.Open(h.Source(), false, 0, k.Settings.Country)
		if err != nil {
			continue // without a header, or with nothing in its rows
		}
		st := audience.ImportSettings{Columns: audience.ProposeFor(k.Kind, t.Header(), t.Sample(), k.Settings.Country)}
		if st.Complete(k.Kind) {
			return h.Name
		}
	}
	if filled == "" && len(k.Sheets) > 0 {
		filled = k.Sheets[0]
	}
	return filled
}

// source gives the beginning of the file. Of a workbook it is kept apart; of CSV as much is read as is asked for.
func (s *Store) source(ctx context.Context, account ids.ID, k *kept) (audience.Source, error) {
	if k.Format == audience.FormatXLSX {
		for _, h := range k.heads {
			if h.Name == k.Settings.Sheet {
				return h.Source(), nil
			}
		}
		return nil, &audience.FileError{Code: audience.NoSheet}
	}
	file, err := s.Tasks.Open(ctx, account, k.ID, upload)
	if err != nil {
		return nil, err
	}
	return audience.CSV(file, k.Settings.Encoding, separator(k.Settings.Separator)), nil
}

func separator(text string) rune {
	if text == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// propose guesses what the columns hold, and fills in how the file is read.
func (s *Store) propose(ctx context.Context, db querier, account ids.ID, k *kept) error {
	k.Settings.Columns = []audience.Column{}
	t, err := s.table(ctx, account, k)
	if err != nil {
		return err
	}
	k.Settings.Columns = audience.ProposeFor(k.Kind, t.Header(), t.Sample(), k.Settings.Country)
	k.Settings.Encoding = t.Encoding()
	if r := t.Separator(); r != 0 {
		k.Settings.Separator = string(r)
	}
	known, err := s.attributes(ctx, db, account)
	k.Settings.Settle(known)
	return err
}

func (s *Store) table(ctx context.Context, account ids.ID, k *kept) (*audience.Table, error) {
	from, err := s.source(ctx, account, k)
	if err != nil {
		return nil, err
	}
	return audience.Open(from, !k.Settings.Header, 0, k.Settings.Country)
}

// Change changes the settings of a draft and gives it with its new preview.
func (s *Store) Change(ctx context.Context, who *access.Principal, id ids.ID, c audience.ImportChange, lang audience.Lang) (audience.Import, error) {
	k, err := s.locked(ctx, who, id, func(tx pgx.Tx, k *kept) error {
		if c.Sheet != nil && !slices.Contains(k.Sheets, *c.Sheet) {
			return fault.New(fault.Invalid, "file_no_sheet", "body.sheet", "line", 0, "detail", *c.Sheet)
		}
		if c.Apply(&k.Settings) {
			var file *audience.FileError
			// A file that cannot be read so is a problem that the preview shows.
			if err := s.propose(ctx, tx, who.Account, k); err != nil && !errors.As(err, &file) {
				return err
			}
		}
		if err := s.check(ctx, tx, who.Account, k); err != nil {
			return err
		}
		if err := s.preview(ctx, tx, who.Account, k, lang); err != nil {
			return err
		}
		settings, err := json.Marshal(k.Settings)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("change"), int64(who.Account), int64(id), settings); err != nil {
			return fmt.Errorf("imports: %w", err)
		}
		return accounts.Audit(ctx, tx, who.Actor, "import.changed", "import", id, c)
	})
	return k.Import, err
}

// check says what is wrong with the settings of a draft.
func (s *Store) check(ctx context.Context, tx pgx.Tx, account ids.ID, k *kept) error {
	width := audience.MaxColumns
	if t, err := s.table(ctx, account, k); err == nil {
		width = len(t.Header())
		for i := range k.Settings.Columns[:min(width, len(k.Settings.Columns))] {
			k.Settings.Columns[i].Header = t.Header()[i]
		}
	}
	if err := k.Settings.Check(k.Kind, width, s.Clock()); err != nil {
		return err
	}
	groups := make([]int64, len(k.Settings.Groups))
	for i, g := range k.Settings.Groups {
		groups[i] = int64(g)
	}
	var there int
	if err := tx.QueryRow(ctx, s.q.Get("groups_there"), int64(account), groups).Scan(&there); err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	if there != len(groups) {
		return fault.New(fault.Invalid, "group_unknown", "body.groups")
	}
	known, err := s.attributes(ctx, tx, account)
	if err != nil {
		return err
	}
	if added := k.Settings.Settle(known); len(known)+len(added) > audience.MaxDefinitions {
		return fault.New(fault.Invalid, "too_many_definitions", "body.columns", "max", audience.MaxDefinitions)
	}
	return nil
}
