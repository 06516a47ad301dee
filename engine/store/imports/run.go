package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine/audience"
	"kaskad/engine/fault"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/grown"
	"kaskad/engine/store/tasks"
)

// pieceRows is how many rows a transaction takes.
const pieceRows = 5_000

// The steps of an import, for its progress.
const (
	stepReading = "reading"
	stepStoring = "storing"
)

// mark is how far an import is. While rows are read into the import's own table there is none.
type mark struct {
	Staged int    `json:"staged"` // rows in the import's own table
	After  string `json:"after"`  // the phone up to which they are stored
	Past   int    `json:"past"`   // of lists, which have no such table: rows that are done
	audience.ImportResult
}

// job is an import at work.
type job struct {
	s *Store
	r *tasks.Run
	order
	kept
	refused refusals
	mark    mark
}

// run is the work of a task.
func (s *Store) run(ctx context.Context, r *tasks.Run) (any, error) {
	j := &job{s: s, r: r}
	if err := r.Args(&j.order); err != nil {
		return nil, err
	}
	var err error
	if j.kept, err = s.load(ctx, s.Tasks.Pool(), "get", r.Account(), r.Object()); err != nil {
		return nil, err
	}
	j.refused = refusals{run: r, lang: j.Language}
	defer j.refused.abort()
	if err := s.sweep(ctx); err != nil {
		return nil, err
	}
	if j.Kind == audience.ImportContacts {
		if err = j.contacts(ctx); err == nil {
			grown.Contacts(ctx, s.desk, int64(j.mark.Added))
		}
	} else {
		err = j.list(ctx)
	}
	if err == nil {
		err = j.end(ctx)
	}
	return j.mark.ImportResult, told(err)
}

// told makes of what is wrong with a file the fault that people are told.
func told(err error) error {
	var file *audience.FileError
	if !errors.As(err, &file) {
		return err
	}
	if file.Code == audience.ReadFailed && file.Err != nil {
		return file.Err // ours
	}
	return file.Fault("")
}

// end writes the log, and removes the file that was read.
func (j *job) end(ctx context.Context) error {
	err := j.r.Commit(ctx, nil, func(tx pgx.Tx) error {
		return accounts.Audit(ctx, tx, j.r.Actor(), "import.done", "import", j.ID, map[string]any{"name": j.Name, "kind": j.Kind,
			"result": j.mark.ImportResult})
	})
	if err != nil {
		return err
	}
	return j.s.Tasks.RemoveFiles(ctx, j.r.Account(), j.ID)
}

// open opens the whole file. progress tells how far it is read, in bytes, with how many there are; of a workbook nobody
// knows. close must be called.
func (j *job) open(ctx context.Context) (from audience.Source, progress func() (done, total int64), close func(), err error) {
	file, err := j.s.Tasks.Open(ctx, j.r.Account(), j.ID, upload)
	if err != nil {
		return nil, nil, nil, err
	}
	if j.Format == audience.FormatCSV {
		counted := &counter{r: file}
		return audience.CSV(counted, j.Settings.Encoding, separator(j.Settings.Separator)),
			func() (int64, int64) { return counted.n, file.Size }, func() {}, nil
	}
	copied, err := os.CreateTemp("", "kaskad-import-*.xlsx")
	if err != nil {
		return nil, nil, nil, err
	}
	remove := func() { _ = os.Remove(copied.Name()) }
	if _, err := io.Copy(copied, file); err != nil {
		remove()
		return nil, nil, nil, errors.Join(err, copied.Close())
	}
	if err := copied.Close(); err != nil {
		remove()
		return nil, nil, nil, err
	}
	book, err := audience.OpenBook(copied.Name())
	if err != nil {
		remove()
		return nil, nil, nil, err
	}
	return book.Sheet(j.Settings.Sheet), nil, func() {
		_ = book.Close()
		remove()
	}, nil
}

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// said reports how far the reading is.
func (j *job) said(progress func() (int64, int64), rows int) {
	if progress == nil {
		j.r.Progress(stepReading, int64(rows), 0)
		return
	}
	done, total := progress()
	j.r.Progress(stepReading, done, total)
}

// refusals is the file of refused rows, which is made for the first of them.
type refusals struct {
	run    *tasks.Run
	lang   audience.Lang
	header []string
	file   *tasks.Writer
	out    *audience.RefusedWriter
}

// RefusedFile is the name of the file of refused rows.
const RefusedFile = "refused.csv"

func (f *refusals) add(ctx context.Context, r *audience.Refusal) error {
	if f.file == nil {
		var err error
		if f.file, err = f.run.Create(ctx, RefusedFile, "text/csv; charset=utf-8"); err != nil {
			return err
		}
		if f.out, err = audience.NewRefusedWriter(f.file, f.header, f.lang); err != nil {
			return err
		}
	}
	return f.out.Write(r)
}

// close completes the file, if there is one.
func (f *refusals) close() error {
	if f.file == nil {
		return nil
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// abort removes a file that was not completed.
func (f *refusals) abort() {
	if f.file != nil {
		f.file.Abort()
	}
}

// commit does a piece; where it met another transaction crosswise it is done again.
func (j *job) commit(ctx context.Context, checkpoint any, f func(tx pgx.Tx) error) error {
	for tries := 1; ; tries++ {
		err := j.r.Commit(ctx, checkpoint, f)
		var pg *pgconn.PgError
		crossed := errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
		if !crossed || tries == 5 {
			return err
		}
	}
}

// stage gives a statement about the import's own table.
func (j *job) stage(query string) string {
	return strings.ReplaceAll(j.s.q.Get(query), "import_stage", j.table())
}

func (j *job) table() string { return "import_stage_" + strconv.FormatInt(int64(j.ID), 10) }

// sweep drops the tables that imports left behind which were cancelled or failed.
func (s *Store) sweep(ctx context.Context) error {
	rows, err := s.Tasks.Pool().Query(ctx, s.q.Get("stage_orphans"))
	if err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	for _, name := range names {
		if _, err := s.Tasks.Pool().Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("imports: %w", err)
		}
	}
	return nil
}

// lost tells whether the work goes on elsewhere, so that what it needs must stay.
func lost(ctx context.Context, err error) bool {
	cause := context.Cause(ctx)
	if errors.Is(cause, tasks.ErrCancelled) {
		return false
	}
	var f *fault.Error
	return cause != nil || err != nil && !errors.As(told(err), &f)
}
