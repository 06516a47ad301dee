package campaigns_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/expression"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/storetest"
	"kaskad/engine/store/tasks"
	"kaskad/nodes"
)

// The accounts of a world.
const (
	mine   = ids.ID(7)
	theirs = ids.ID(8)
)

// document is the cascade that all campaigns here run: Viber, then SMS where it was not delivered.
const document = `{"kind": "cascade", "name": "Viber, then SMS", "nodes": [
	{"id": "v", "type": "viber", "name": "Offer", "config": {"sender": "SHOP", "text": "20% off", "decision_time": "2h"}},
	{"id": "s", "type": "sms", "name": "Fallback", "config": {"sender": "SHOP", "text": "20% off: {{ link(\"https://shop.example\") }}", "decision_time": "1d"}},
	{"id": "g", "type": "goal", "name": "Visited", "config": {}}],
	"links": [{"id": "1", "from": "v", "to": "g", "type": "status", "value": "delivered"},
	{"id": "2", "from": "v", "to": "s", "type": "status", "value": "not_delivered"},
	{"id": "3", "from": "s", "to": "g", "type": "status", "value": "clicked"}]}`

const (
	cascade = ids.ID(51)
	routing = ids.ID(52)
)

// world is a database with two accounts, and the campaigns of one.
type world struct {
	testing.TB
	hot   *store.Store
	db    *storetest.Database
	tasks *tasks.Store
	last  atomic.Int64
	*campaigns.Store
}

func compile(text []byte) (*engine.Program, error) {
	checked, found := scheme.Check(text, nodes.All(), expression.New())
	if checked == nil {
		return nil, fmt.Errorf("%v", found)
	}
	return engine.Compile(checked)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t}
	url := storetest.New(t)
	var err error
	w.hot, err = store.Open(t.Context(), url, store.Options{Connections: 4, Compile: compile})
	require.NoError(t, err)
	t.Cleanup(w.hot.Close)
	w.db = storetest.Connect(t, url)
	for _, account := range []ids.ID{mine, theirs} {
		require.NoError(t, w.hot.CreateAccount(t.Context(), store.Account{ID: int64(account), Name: "Лавка", Country: "RU", Zone: "Europe/Moscow"}))
	}
	require.NoError(t, w.hot.PublishVersion(t.Context(), int64(mine), int64(cascade), "Viber, then SMS", []byte(document), 1))
	require.NoError(t, w.hot.PublishVersion(t.Context(), int64(mine), int64(routing), "Rooms", []byte(`{"kind": "routing", "name": "Rooms",
		"nodes": [{"id": "c", "type": "close", "config": {"reason": "x"}}], "links": []}`), 1))
	people, err := contacts.New(w.hot.Desk(), contacts.Options{Parse: expression.ParseFilter, Clock: time.Now, NewID: w.newID})
	require.NoError(t, err)
	w.tasks, err = tasks.New(t.Context(), w.hot.Desk(), tasks.Options{Clock: time.Now, NewID: w.newID, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(w.tasks.Close)
	w.Store, err = campaigns.New(campaigns.Options{Store: w.hot, Select: people, Zones: people, Takers: people, Tasks: w.tasks, Compile: compile,
		NewID: w.newID, Seed: func() uint64 { return 42 }, Connections: []string{"demo"}})
	require.NoError(t, err)
	return w
}

func (w *world) newID() ids.ID { return ids.ID(1000 + w.last.Add(1)) }

// people makes n contacts with phones +7916..., zones of three kinds in turn, numbered from first.
func (w *world) people(first, n int) {
	w.Helper()
	w.db.Fill(first, first+n-1, `INSERT INTO contacts (account, contact, phone, name, zone)
		SELECT $3, i, '+7916' || lpad(i::text, 7, '0'), 'Анна ' || i,
		(ARRAY['Europe/Moscow', 'Asia/Vladivostok', ''])[1 + i % 3] FROM generate_series($1::bigint, $2::bigint) AS i`,
		int64(mine))
}

// marketer works in the account mine and may not approve; admin may.
func marketer() *access.Principal {
	return &access.Principal{Actor: access.Actor{Account: mine, User: 1, Name: "Ольга"}, Role: access.Marketer, Scopes: access.ScopesOf(access.Marketer)}
}

func admin() *access.Principal {
	return &access.Principal{Actor: access.Actor{Account: mine, User: 2, Name: "Павел"}, Role: access.Admin, Scopes: access.ScopesOf(access.Admin)}
}

// draft makes one; change changes its terms before.
func (w *world) draft(change func(*campaign.Terms)) *campaign.Campaign {
	w.Helper()
	terms := campaign.Terms{Name: "Весна", Version: cascade}
	if change != nil {
		change(&terms)
	}
	c, err := w.Create(w.Context(), marketer().Actor, terms)
	require.NoError(w, err)
	return c
}

// work is a task at work in the test itself, without River.
type work struct {
	*world
	id, object ids.ID
	checkpoint []byte
	commits    int
	failAt     int // the number of the commit that fails; 0: none
}

// launched launches a draft and does the task's work.
func (w *world) launched(id ids.ID) *campaign.Campaign {
	w.Helper()
	c, err := w.Launch(w.Context(), admin(), id, -1)
	require.NoError(w, err)
	require.True(w, c.Launching)
	_, err = w.RunLaunch(w.Context(), &work{world: w, id: c.Task, object: id})
	require.NoError(w, err)
	w.finishTask(c.Task)
	return w.got(id)
}

// finishTask says that a task has ended.
func (w *world) finishTask(id ids.ID) {
	w.db.Exec("UPDATE tasks SET state = 'done', finished_at = now() WHERE account = $1 AND task = $2", int64(mine), int64(id))
}

func (w *world) got(id ids.ID) *campaign.Campaign {
	w.Helper()
	c, err := w.Get(w.Context(), mine, id)
	require.NoError(w, err)
	return c
}

// refused requires a fault with this code and field.
func refused(t testing.TB, err error, kind fault.Kind, code, field string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, []any{kind, code, field}, []any{f.Kind, f.Code, f.Field})
}

// whats are the entries of a campaign's history, the oldest first.
func (w *world) whats(id ids.ID) string {
	w.Helper()
	page, err := w.History(w.Context(), mine, id, paging.Request{Limit: 100})
	require.NoError(w, err)
	var list []string
	for _, h := range page.Items {
		list = append([]string{h.What}, list...)
	}
	return strings.Join(list, " ")
}

var _ campaigns.Work = (*work)(nil)

func (k *work) ID() ids.ID                              { return k.id }
func (k *work) Object() ids.ID                          { return k.object }
func (k *work) Account() ids.ID                         { return mine }
func (k *work) Actor() access.Actor                     { return admin().Actor }
func (k *work) Progress(step string, done, total int64) {}
