package accounts_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
)

// tables are those that have rows of accounts, members and users apart.
func (b *book) tables() []string {
	b.Helper()
	list := b.db.Texts(`SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account' AND NOT attisdropped
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
		AND c.relname NOT IN ('accounts', 'members', 'sessions', 'audit') ORDER BY 1`)
	require.Greater(b, len(list), 40)
	return list
}

// many is more than a statement deletes; few tables have as many rows.
const many = 5_003

// crowd puts three rows of an account into every table, and many where that is asked for: numbers are the row's, texts have it, so that rows refer to one another.
func (b *book) crowd(account ids.ID, large ...string) {
	b.Helper()
	left := b.tables()
	for turn := 0; len(left) > 0; turn++ { // a table comes after those that it refers to
		require.Less(b, turn, 10, "tables that refer to each other: %v", left)
		left = slices.DeleteFunc(left, func(table string) bool {
			waits := b.db.Texts(`SELECT DISTINCT confrelid::regclass::text FROM pg_constraint
				WHERE contype = 'f' AND conrelid = $1::regclass AND confrelid <> conrelid`, table)
			if slices.ContainsFunc(waits, func(on string) bool { return slices.Contains(left, on) }) {
				return false
			}
			n := 3
			if slices.Contains(large, table) {
				n = many
			}
			columns, values := []string{}, []string{}
			for _, c := range b.db.Texts(`SELECT a.attname || ' ' || format_type(a.atttypid, NULL) FROM pg_attribute a
				WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attnotnull
				ORDER BY a.attnum`, table) {
				name, kind, _ := strings.Cut(c, " ")
				columns, values = append(columns, name), append(values, valueOf(name, kind, account))
			}
			b.db.Exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) AS i ON CONFLICT DO NOTHING", table,
				strings.Join(columns, ", "), strings.Join(values, ", "), n))
			require.NotZero(b, b.db.Count("SELECT count(*) FROM "+table+" WHERE account = $1", int64(account)), table)
			return true
		})
	}
}

func valueOf(name, kind string, account ids.ID) string {
	switch {
	case name == "account":
		return account.String()
	case strings.HasSuffix(kind, "[]"):
		return "'{}'"
	case kind == "text":
		return "'" + account.String() + "-' || i"
	case kind == "bytea":
		return "convert_to('" + account.String() + "-' || i, 'UTF8')"
	case kind == "smallint":
		return "(1 + i % 30000)::smallint"
	case kind == "integer", kind == "bigint":
		return "i"
	case kind == "json", kind == "jsonb":
		return "'{}'"
	case kind == "boolean":
		return "false"
	case kind == "timestamp with time zone":
		return "now()"
	case kind == "xid8":
		return "pg_current_xact_id()"
	}
	return "NULL -- " + kind // refused: say here what such a value is
}

// prints are what an account has, table by table.
func (b *book) prints(account ids.ID) map[string]string {
	b.Helper()
	out := map[string]string{}
	for _, table := range append(b.tables(), "accounts", "members", "sessions", "audit") {
		out[table] = b.db.Texts(`SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '')
			FROM `+table+` x WHERE account = $1`, int64(account))[0]
	}
	return out
}

// crowded is a book of two accounts with rows in every table; the checks of values are out of force.
func crowded(t *testing.T, large ...string) (*book, *access.Principal) {
	t.Helper()
	b := newBook(t)
	for _, drop := range b.db.Texts(`SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname) FROM pg_constraint
		WHERE contype = 'c' AND connamespace = current_schema()::regnamespace AND conrelid <> 0`) {
		b.db.Exec(drop)
	}
	owner, both := b.user("anna@example.org", access.Owner), b.user("boris@example.org", access.Admin)
	b.db.Exec("INSERT INTO members (account, user_id, role, joined_at) VALUES ($1, $2, 'owner', now())", int64(two), int64(both.User))
	b.crowd(one, large...)
	b.crowd(two)
	b.db.Exec("UPDATE tasks SET state = 'done'")
	b.db.Exec("UPDATE campaigns SET state = 'finished', recipients = 2, launching = ''")
	b.db.Exec("UPDATE counters SET what = 'sent', n = 5")
	return b, owner
}

func TestAClosedAccountsDataGo(t *testing.T) {
	t.Parallel()
	b, owner := crowded(t, "contacts", "messages", "task_files", "task_file_parts")
	b.db.Exec("CREATE TABLE import_stage_1 (line integer)")
	b.db.Exec("CREATE TABLE import_stage_9000 (line integer)")
	_, err := b.CloseAccount(t.Context(), owner.Actor, "Лавка")
	require.NoError(t, err)
	theirs := b.prints(two)
	b.now = b.now.Add(access.KeepClosed - time.Second)
	mine := b.prints(one)
	done, err := b.EraseClosed(t.Context())
	require.NoError(t, err)
	require.Zero(t, done)
	require.Equal(t, mine, b.prints(one), "its time is not over")

	// It breaks off, and goes on where it was.
	b.now = b.now.Add(time.Second)
	b.db.Exec(`CREATE FUNCTION stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the power is out'; END $$`)
	b.db.Exec("CREATE TRIGGER stands BEFORE DELETE ON contacts FOR EACH ROW EXECUTE FUNCTION stands()")
	done, err = b.EraseClosed(t.Context())
	require.ErrorContains(t, err, "the power is out")
	require.Greater(t, done.Rows, int64(2*many))
	require.Zero(t, b.db.Count("SELECT count(*) FROM messages WHERE account = 1"))
	require.EqualValues(t, many, b.db.Count("SELECT count(*) FROM contacts WHERE account = 1"))
	_, err = b.Reopen(t.Context(), one.String())
	require.ErrorContains(t, err, "closed_erased")
	b.db.Exec("DROP TRIGGER stands ON contacts")

	var group sync.WaitGroup
	ended, errs := make([]accounts.Erased, 3), make([]error, 3)
	for i := range ended { // several processes at once
		group.Go(func() { ended[i], errs[i] = b.EraseClosed(context.Background()) })
	}
	group.Wait()
	var gone []ids.ID
	for i := range ended {
		require.NoError(t, errs[i])
		gone = append(gone, ended[i].Accounts...)
	}
	require.Equal(t, []ids.ID{one}, gone)
	for _, table := range append(b.tables(), "members", "sessions") {
		require.Zero(t, b.db.Count("SELECT count(*) FROM "+table+" WHERE account = 1"), table)
	}
	require.Equal(t, theirs, b.prints(two), "of other accounts nothing is touched")
	require.Equal(t, []string{"boris@example.org"}, b.db.Texts("SELECT email FROM users ORDER BY 1"), "who works elsewhere goes on")
	require.Equal(t, []string{"", "import_stage_9000"}, b.db.Texts(
		"SELECT coalesce(to_regclass(x)::text, '') FROM unnest(ARRAY['import_stage_1', 'import_stage_9000']) AS x"))
	require.Equal(t, []string{"account.closed", "account.erasing", "account.erased"}, b.db.Texts("SELECT what FROM audit WHERE account = 1 ORDER BY id"))
	require.Equal(t, []string{fmt.Sprintf(`{"sent": %d, "campaigns": %d, "recipients": %d}`, 15, 3, 6)},
		b.db.Texts("SELECT change ->> 'figures' FROM audit WHERE what = 'account.erasing'"))
	require.Equal(t, []string{"Лавка"}, b.db.Texts("SELECT name FROM accounts WHERE account = 1 AND erased_at IS NOT NULL"))

	done, err = b.EraseClosed(t.Context())
	require.NoError(t, err)
	require.Zero(t, done)
	_, err = b.Reopen(t.Context(), one.String())
	require.ErrorContains(t, err, "closed_erased")
	_, err = b.hot.Desk().Exec(t.Context(), "DELETE FROM versions WHERE account = 2")
	require.ErrorContains(t, err, "never changes", "versions of an account that is there stay as they are")
}

// Whoever opens an account again in time keeps all of it, though the upkeep is about to begin.
func TestAnOpenedAccountIsNotErased(t *testing.T) {
	t.Parallel()
	b, owner := crowded(t)
	_, err := b.CloseAccount(t.Context(), owner.Actor, "Лавка")
	require.NoError(t, err)
	_, err = b.Reopen(t.Context(), one.String())
	require.NoError(t, err)
	mine := b.prints(one)
	b.now = b.now.Add(2 * access.KeepClosed)
	done, err := b.EraseClosed(t.Context())
	require.NoError(t, err)
	require.Zero(t, done)
	require.Equal(t, mine, b.prints(one))
}
