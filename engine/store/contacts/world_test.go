package contacts_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	pages "kaskad/engine/paging"
	"kaskad/engine/store"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/storetest"
)

// The accounts of a world.
const (
	mine   = ids.ID(7)
	theirs = ids.ID(8)
)

// world is a database with two accounts.
type world struct {
	*testing.T
	hot  *store.Store
	db   *storetest.Database
	at   time.Time
	last atomic.Int64
	*contacts.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, at: time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)}
	url := storetest.New(t)
	var err error
	w.hot, err = store.Open(t.Context(), url, store.Options{Connections: 4})
	require.NoError(t, err)
	t.Cleanup(w.hot.Close)
	for _, account := range []ids.ID{mine, theirs} {
		require.NoError(t, w.hot.CreateAccount(t.Context(), store.Account{ID: int64(account), Name: "Лавка", Country: "RU", Zone: "Europe/Moscow"}))
	}
	w.db = storetest.Connect(t, url)
	w.Store, err = contacts.New(w.hot.Desk(), contacts.Options{Parse: expression.ParseFilter,
		Clock: func() time.Time { return w.at }, NewID: func() ids.ID { return ids.ID(1000 + w.last.Add(1)) }})
	require.NoError(t, err)
	return w
}

// actor is somebody who works in an account.
func actor(account ids.ID) access.Actor {
	return access.Actor{Account: account, User: 1, Name: "Ольга"}
}

// make makes contacts.
func (w *world) make(drafts ...audience.NewContact) []ids.ID {
	w.Helper()
	list := make([]ids.ID, len(drafts))
	for i, d := range drafts {
		c, err := w.Create(w.Context(), actor(mine), d)
		require.NoError(w, err, "%+v", d)
		list[i] = c.ID
	}
	return list
}

// crowd makes n contacts straight in the database: three in four have a phone, every tenth lives in Kazan.
func (w *world) crowd(account ids.ID, n int) {
	w.Helper()
	w.db.Fill(1, n, `INSERT INTO contacts (account, contact, phone, name, email, tags, attributes, source, created_at)
		SELECT $3, 10000000 + i, CASE WHEN i % 4 > 0 THEN '+7916' || lpad((i * 7919 % 10000000)::text, 7, '0') END,
		    (ARRAY['Анна', 'Иван', 'Пётр', 'Мария', 'Ольга'])[i % 5 + 1] || ' ' || (ARRAY['Иванова', 'Петров', 'Ким'])[i % 3 + 1] || ' ' || i,
		    CASE WHEN i % 2 = 0 THEN 'user' || i || '@mail.example' ELSE '' END,
		    CASE WHEN i % 50 = 0 THEN ARRAY['vip'] ELSE '{}' END,
		    jsonb_build_object('city', CASE WHEN i % 10 = 0 THEN 'Казань' ELSE 'Город ' || i % 100 END, 'age', i % 90),
		    'import', timestamptz '2026-01-01' + i * interval '1 minute'
		FROM generate_series($1::integer, $2::integer) AS i`, int64(account))
}

func phone(i int) string { return fmt.Sprintf("+7916%07d", i) }

func paging(limit int, cursor string) pages.Request {
	return pages.Request{Limit: limit, Cursor: cursor}
}
