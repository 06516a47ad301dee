package store_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	"kaskad/engine/store"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/exports"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

// exporting is a process that exports, on sessions that can be told from others'.
type exporting struct {
	*world
	tasks     *tasks.Store
	exports   *exports.Store
	campaigns *campaigns.Store
}

func newExporting(t *testing.T) *exporting {
	t.Helper()
	name := make([]byte, 8)
	_, err := rand.Read(name)
	require.NoError(t, err)
	w := &world{T: t, url: storetest.New(t) + "&application_name=" + hex.EncodeToString(name)}
	w.store = w.open()
	w.db = w.connect()
	w.exec(w.db, "SET application_name = 'the test'")
	require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: account, Name: "Лавка"}))
	require.NoError(t, w.store.PublishVersion(t.Context(), account, 1, "Viber, then SMS", []byte(`{"kind":"cascade"}`), 1))
	newID := func() ids.ID { return ids.ID(1_000_000 + w.last.Add(1)) }
	x := &exporting{world: w}
	x.tasks, err = tasks.New(t.Context(), w.store.Desk(), tasks.Options{Clock: time.Now, NewID: newID, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(x.tasks.Close)
	people, err := contacts.New(w.store.Desk(), contacts.Options{Parse: expression.ParseFilter, Clock: time.Now, NewID: newID})
	require.NoError(t, err)
	x.exports, err = exports.New(w.store.Desk(), exports.Options{Clock: time.Now, Tasks: x.tasks, People: people})
	require.NoError(t, err)
	x.campaigns, err = campaigns.New(campaigns.Options{Store: w.store, Select: people, Zones: people, Takers: people, Tasks: x.tasks,
		Compile: compile, NewID: newID, Seed: func() uint64 { return 42 }, Connections: []string{"demo"}})
	require.NoError(t, err)
	x.tasks.Register(campaigns.ExportTask, func(ctx context.Context, r *tasks.Run) (any, error) { return x.campaigns.RunExport(ctx, r) })
	x.watch(hex.EncodeToString(name))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.tasks.Work(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return x
}

// watch lets the database note, with each part of a file that is written, since when the process has had a transaction open.
func (x *exporting) watch(name string) {
	x.Helper()
	x.exec(x.db, "CREATE TABLE noted (at timestamptz NOT NULL, oldest timestamptz NOT NULL)")
	x.exec(x.db, fmt.Sprintf(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
		INSERT INTO noted SELECT clock_timestamp(), min(xact_start) FROM pg_stat_activity WHERE application_name = '%s';
		RETURN NULL;
		END $f$`, name))
	x.exec(x.db, "CREATE TRIGGER note AFTER INSERT ON task_file_parts FOR EACH ROW EXECUTE FUNCTION note()")
}

type noted struct{ At, Oldest time.Time }

// brief requires that a task exports all, and that nothing is open for longer than it takes to write three parts of a file, of
// which a page has six or more and the file many.
func (x *exporting) brief(start func(who *access.Principal) (task.Task, error), rows int) {
	x.Helper()
	x.exec(x.db, "DELETE FROM noted")
	who := &access.Principal{Actor: access.Actor{Account: account, User: 3, Name: "Анна"}, Role: access.Admin, Scopes: access.ScopesOf(access.Admin)}
	t, err := start(who)
	require.NoError(x, err)
	for !t.State.Final() {
		t, err = x.tasks.Watch(x.Context(), who, t.ID, t)
		require.NoError(x, err)
	}
	require.Equal(x, task.Done, t.State, "%+v", t)
	require.JSONEq(x, fmt.Sprintf(`{"rows": %d}`, rows), string(t.Result))
	list, err := x.db.Query(x.Context(), "SELECT at, oldest FROM noted ORDER BY at")
	require.NoError(x, err)
	parts, err := pgx.CollectRows(list, pgx.RowToStructByPos[noted])
	require.NoError(x, err)
	require.Greater(x, len(parts), 18)
	for i := 3; i < len(parts); i++ {
		require.True(x, parts[i].Oldest.After(parts[i-3].At), "at part %d a transaction had been open for %v", i, parts[i].At.Sub(parts[i].Oldest))
	}
}

// Exports go page by page. However long they last, no snapshot does: it would keep dead rows from being pruned.
func TestExportsHoldNoSnapshot(t *testing.T) {
	t.Parallel()
	const n = 18_000 // four pages
	x := newExporting(t)
	x.exec(x.db, `INSERT INTO contacts (account, contact, phone, name) SELECT $1, i, '+7916' || lpad(i::text, 7, '0'), repeat('Анна ', 40) || i
		FROM generate_series(1, $2::bigint) AS i`, account, n)
	people := make([]int64, n)
	for i := range people {
		people[i] = int64(i + 1)
	}
	key := x.campaign(1, people)
	x.brief(func(who *access.Principal) (task.Task, error) {
		return x.exports.Start(t.Context(), who, audience.ExportOrder{What: audience.ExportContacts}, audience.English)
	}, n)
	x.brief(func(who *access.Principal) (task.Task, error) {
		return x.campaigns.Export(t.Context(), who.Actor, ids.ID(key.Campaign), campaign.PeopleExport{}, audience.English)
	}, n)
}
