package accounts_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/store"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/storetest"
)

// book is a database with two accounts.
type book struct {
	*testing.T
	*accounts.Store
	hot *store.Store
	db  *storetest.Database
	now time.Time
}

const one, two = ids.ID(1), ids.ID(2)

func newBook(t *testing.T) *book {
	t.Helper()
	url := storetest.New(t)
	hot, err := store.Open(t.Context(), url, store.Options{Connections: 4})
	require.NoError(t, err)
	t.Cleanup(hot.Close)
	b := &book{T: t, hot: hot, db: storetest.Connect(t, url), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for _, id := range []int64{1, 2} {
		require.NoError(t, hot.CreateAccount(t.Context(), store.Account{ID: id, Name: "Лавка"}))
	}
	var last atomic.Int64
	b.Store, err = accounts.New(hot.Desk(), func() time.Time { return b.now }, func() ids.ID { return ids.ID(last.Add(1)) })
	require.NoError(t, err)
	return b
}

func TestAuditIsWrittenWithWhatWasDone(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	actor := access.Actor{Account: one, User: 5, Name: "Анна\x00", IP: "192.0.2.1"}
	write := func(end error) error {
		return pgx.BeginFunc(t.Context(), b.hot.Desk(), func(tx pgx.Tx) error {
			err := accounts.Audit(t.Context(), tx, actor, "campaign.paused", "campaign", 7, map[string]string{"state": "paused"})
			require.NoError(t, err)
			return end
		})
	}
	require.NoError(t, write(nil))
	require.Error(t, write(pgx.ErrTxClosed))
	require.Equal(t, []string{"1|5|Анна\uFFFD|192.0.2.1|campaign.paused|campaign|7|paused"},
		b.db.Texts(`SELECT concat_ws('|', account, user_id, token_id, name, ip, what, object, object_id, change->>'state') FROM audit`))
	require.Equal(t, int64(1), b.db.Count(`SELECT count(*) FROM audit
		WHERE id > 0 AND at BETWEEN now() - interval '1 minute' AND now() + interval '1 minute'`))
}

func TestASessionIsFoundByItsDigest(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	user, err := b.CreateUser(t.Context(), access.System(one), accounts.NewUser{Account: one, Role: access.Admin,
		Email: "anna@example.org", Name: "Анна", Language: "ru", Zone: "Europe/Moscow"})
	require.NoError(t, err)
	require.NoError(t, b.BeginSession(t.Context(), access.NewSession{Digest: access.Digest("s"), User: user, Account: one}))
	v, err := b.VisitOf(t.Context(), access.Digest("s"))
	require.NoError(t, err)
	require.Equal(t, access.Admin, v.Role)
	require.Equal(t, "Анна", v.Name)
	require.Equal(t, user, v.User)
	_, err = b.VisitOf(t.Context(), access.Digest("other"))
	require.ErrorContains(t, err, "no_session")
}
