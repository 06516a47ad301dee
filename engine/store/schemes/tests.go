package schemes

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/store/accounts"
)

// Tests reads a scheme's tests, the oldest first, with a stamp that changes with any of them.
func (s *Store) Tests(ctx context.Context, account, id ids.ID) (tests []library.SchemeTest, stamp int64, err error) {
	// The stamp is read first: a test that changes between the two makes Publish refuse, not pass.
	err = s.desk.QueryRow(ctx, s.q.Get("tests_stamp"), int64(account), int64(id)).Scan(&stamp)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, noScheme()
	}
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.desk.Query(ctx, s.q.Get("tests"), int64(account), int64(id))
	if err != nil {
		return nil, 0, err
	}
	tests, err = pgx.CollectRows(rows, scanTest)
	return tests, stamp, err
}

// TestHeads reads a scheme's tests without their scripts, the oldest first.
func (s *Store) TestHeads(ctx context.Context, account, id ids.ID) ([]library.TestHead, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("test_heads"), int64(account), int64(id))
	if err != nil {
		return nil, err
	}
	heads, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t library.TestHead, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.By.User, &t.By.Token, &t.By.Name, &t.CreatedAt, &t.UpdatedAt)
		t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
		return t, err
	})
	if err == nil && len(heads) == 0 {
		_, err = s.Get(ctx, account, id)
	}
	return heads, err
}

// Test reads one.
func (s *Store) Test(ctx context.Context, account, id, test ids.ID) (library.SchemeTest, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("test"), int64(account), int64(id), int64(test))
	if err != nil {
		return library.SchemeTest{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTest)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, noTest()
	}
	return t, err
}

func noTest() error { return fault.New(fault.NotFound, "no_test", "path.test") }

func scanTest(row pgx.CollectableRow) (t library.SchemeTest, err error) {
	var script, expected string
	err = row.Scan(&t.ID, &t.Name, &script, &expected, &t.By.User, &t.By.Token, &t.By.Name, &t.CreatedAt, &t.UpdatedAt)
	t.Script, t.Expected = []byte(script), []byte(expected)
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	return t, err
}

func (s *Store) queueTest(b *pgx.Batch, actor access.Actor, id, test ids.ID, t library.NewTest, now time.Time) {
	b.Queue(s.q.Get("test_add"), int64(actor.Account), int64(id), int64(test), t.Name, string(t.Script), string(t.Expected),
		int64(actor.User), int64(actor.Token), storable(actor.Name), now)
}

// AddTest keeps a test that the caller has cleaned.
func (s *Store) AddTest(ctx context.Context, actor access.Actor, id ids.ID, t library.NewTest) (library.SchemeTest, error) {
	now := s.now()
	out := library.SchemeTest{Script: t.Script, Expected: t.Expected,
		TestHead: library.TestHead{ID: s.newID(), Name: t.Name, By: author(actor), CreatedAt: now, UpdatedAt: now}}
	err := s.changeTests(ctx, actor, id, out.ID, t.Name, "scheme.test_added", func(tx pgx.Tx, b *pgx.Batch) error {
		var n int
		if err := tx.QueryRow(ctx, s.q.Get("tests_count"), int64(actor.Account), int64(id)).Scan(&n); err != nil {
			return err
		}
		if n >= library.MaxTests {
			return fault.New(fault.Conflict, "too_many_tests", "", "max", library.MaxTests)
		}
		s.queueTest(b, actor, id, out.ID, t, out.CreatedAt)
		return nil
	})
	return out, err
}

// ChangeTest replaces a test by one that the caller has cleaned.
func (s *Store) ChangeTest(ctx context.Context, actor access.Actor, id, test ids.ID, t library.NewTest) (library.SchemeTest, error) {
	out, err := s.Test(ctx, actor.Account, id, test)
	if err != nil {
		return out, err
	}
	out.Name, out.Script, out.Expected, out.By, out.UpdatedAt = t.Name, t.Script, t.Expected, author(actor), s.now()
	err = s.changeTests(ctx, actor, id, test, t.Name, "scheme.test_changed", func(_ pgx.Tx, b *pgx.Batch) error {
		b.Queue(s.q.Get("test_change"), int64(actor.Account), int64(id), int64(test), t.Name, string(t.Script),
			string(t.Expected), int64(actor.User), int64(actor.Token), storable(actor.Name), out.UpdatedAt).
			Exec(oneTest)
		return nil
	})
	return out, err
}

// DeleteTest forgets a test.
func (s *Store) DeleteTest(ctx context.Context, actor access.Actor, id, test ids.ID) error {
	return s.changeTests(ctx, actor, id, test, "", "scheme.test_deleted", func(_ pgx.Tx, b *pgx.Batch) error {
		b.Queue(s.q.Get("test_delete"), int64(actor.Account), int64(id), int64(test)).Exec(oneTest)
		return nil
	})
}

// changeTests sends what f queues, and notes that the tests are others now.
func (s *Store) changeTests(ctx context.Context, actor access.Actor, id, test ids.ID, name, what string,
	f func(tx pgx.Tx, b *pgx.Batch) error) error {
	return s.change(ctx, actor.Account, id, func(tx pgx.Tx, row *locked) error {
		if err := row.Editable(); err != nil {
			return err
		}
		b := &pgx.Batch{}
		if err := f(tx, b); err != nil {
			return err
		}
		b.Queue(s.q.Get("tests_changed"), int64(actor.Account), int64(id))
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		change := map[string]any{"test": test}
		if name != "" {
			change["name"] = name
		}
		return accounts.Audit(ctx, tx, actor, what, object, id, change)
	})
}

// oneTest wants a statement to have met a test.
func oneTest(tag pgconn.CommandTag) error {
	if tag.RowsAffected() == 0 {
		return noTest()
	}
	return nil
}
