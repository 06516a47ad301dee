package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/ids"
)

// erasedTables are the tables with what an account has, in an order in which no row is left that another one refers to. The log
// comes last, and its lines of the closing stay. A test holds the list against the database.
var erasedTables = []string{
	"task_file_parts", "task_files", "tasks", "imports", "version_files", "file_parts", "files", "scheme_tests", "scheme_revisions",
	"corrections", "repetitions", "campaign_audience", "entry_keys", "entered", "entries", "entering", "contact_caps",
	"wakes", "troubles", "set_aside", "steps", "unknown_facts", "facts", "answers", "messages", "recipients", "counters", "rates",
	"connection_limits", "winners", "segments", "campaigns", "versions", "schemes", "consents", "group_members", "group_sizes", "groups", "deleted_groups",
	"merged_contacts", "deleted_contacts", "contacts", "attributes", "removed_stops", "stop_list", "numbering_plans", "tokens",
	"invitations", "repeats", "audit",
}

// How many rows of a table a statement deletes: of those with parts of files few.
const (
	erasedRows  = 5_000
	erasedParts = 50
)

// Erased is what came of EraseClosed.
type Erased struct {
	Accounts []ids.ID // whose data are gone now
	Rows     int64
}

// EraseClosed deletes the data of accounts that were closed more than access.KeepClosed ago, in short statements, so that it may be
// broken off and begun anew at any time, by several processes at once. What stays is the line of the account, and in its log the
// closing and the erasing, with the figures of all that was sent.
func (s *Store) EraseClosed(ctx context.Context) (Erased, error) {
	var done Erased
	rows, err := s.desk.Query(ctx, s.q.Get("closed_long"), s.clock().Add(-access.KeepClosed))
	if err != nil {
		return done, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
	if err != nil {
		return done, err
	}
	for _, id := range list {
		gone, n, err := s.erase(ctx, id)
		if done.Rows += n; err != nil {
			return done, fmt.Errorf("accounts: erasing %s: %w", id, err)
		}
		if gone {
			done.Accounts = append(done.Accounts, id)
		}
	}
	return done, nil
}

// erase deletes what an account has. It tells whether the account was brought to its end here.
func (s *Store) erase(ctx context.Context, id ids.ID) (gone bool, n int64, err error) {
	if ours, err := s.beginErasing(ctx, id); err != nil || !ours {
		return false, 0, err
	}
	if err := s.dropStages(ctx, id); err != nil {
		return false, 0, err
	}
	for _, table := range erasedTables {
		for seen := int64(1); seen > 0; { // until a pass finds nothing
			var deleted int64
			seen, deleted, err = s.eraseTable(ctx, id, table)
			if n += deleted; err != nil {
				return false, n, fmt.Errorf("%s: %w", table, err)
			}
		}
	}
	gone, err = s.endErasing(ctx, id)
	return gone, n, err
}

// eraseTable deletes an account's rows of a table, once through its primary key. seen counts also those that another process
// deletes meanwhile.
func (s *Store) eraseTable(ctx context.Context, id ids.ID, table string) (seen, deleted int64, err error) {
	rows, err := s.desk.Query(ctx, s.q.Get("erase_keys"), table)
	if err != nil {
		return 0, 0, err
	}
	texts, given, order := []string{}, []string{}, []string{}
	var column, kind string
	_, err = pgx.ForEachRow(rows, []any{&column, &kind}, func() error {
		given = append(given, fmt.Sprintf("($3::text[])[%d]::%s", len(given)+1, kind))
		column = pgx.Identifier{column}.Sanitize()
		texts, order = append(texts, column+"::text"), append(order, column)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	if len(order) == 0 { // one row an account
		texts, given, order = []string{"account::text"}, []string{"$1"}, []string{"account"}
	}
	but, most := "", erasedRows
	switch table {
	case "audit":
		but = "AND what NOT IN ('account.closed', 'account.erasing', 'account.erased')"
	case "file_parts", "task_file_parts":
		most = erasedParts
	}
	list := func(parts []string) string { return strings.Join(parts, ", ") }
	statement := fmt.Sprintf(s.q.Get("erase_rows"), table, list(texts), list(given), list(order), but)
	for key := []string(nil); ; {
		var page, gone int64
		if err := s.desk.QueryRow(ctx, statement, id, most, key).Scan(&page, &gone, &key); err != nil {
			return seen, deleted, err
		}
		seen, deleted = seen+page, deleted+gone
		if page < int64(most) {
			return seen, deleted, nil
		}
	}
}

// beginErasing marks an account, which cannot be opened again from then on. It is false where somebody has opened it meanwhile.
func (s *Store) beginErasing(ctx context.Context, id ids.ID) (ours bool, err error) {
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var begun bool
		err := tx.QueryRow(ctx, s.q.Get("erasing"), id, s.clock().Add(-access.KeepClosed)).Scan(&begun)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if ours = err == nil; err != nil || begun {
			return err
		}
		figures := map[string]int64{}
		rows, err := tx.Query(ctx, s.q.Get("erased_figures"), id)
		if err != nil {
			return err
		}
		var what string
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error { figures[what] = n; return nil }); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.q.Get("begin_erasing"), id, s.clock()); err != nil {
			return err
		}
		return Audit(ctx, tx, access.System(id), "account.erasing", "account", 0, map[string]any{"figures": figures})
	})
	return ours, err
}

// dropStages drops the tables of imports that were broken off: each import has its own while it runs.
func (s *Store) dropStages(ctx context.Context, id ids.ID) error {
	rows, err := s.desk.Query(ctx, s.q.Get("erased_stages"), id)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, table := range list {
		if err == nil {
			_, err = s.desk.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{table}.Sanitize())
		}
	}
	return err
}

// endErasing takes the account's users away, who are users of the installation where no other account has them, and puts the end
// into the log.
func (s *Store) endErasing(ctx context.Context, id ids.ID) (ours bool, err error) {
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var name string
		err := tx.QueryRow(ctx, s.q.Get("end_erasing"), id, s.clock()).Scan(&name)
		if errors.Is(err, pgx.ErrNoRows) { // another process was first
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, s.q.Get("erased_members"), id)
		if err != nil {
			return err
		}
		users, err := pgx.CollectRows(rows, pgx.RowTo[ids.ID])
		if err != nil {
			return err
		}
		// A statement of its own: it sees who has become a member elsewhere before the users were locked.
		tag, err := tx.Exec(ctx, s.q.Get("erase_users"), users)
		if err != nil {
			return err
		}
		ours = true
		return Audit(ctx, tx, access.System(id), "account.erased", "account", 0, map[string]any{"users": tag.RowsAffected()})
	})
	return ours, err
}
