package accounts_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/sqlfile"
)

func (b *book) user(email string, role access.Role) *access.Principal {
	b.Helper()
	id, err := b.CreateUser(b.Context(), access.System(one), accounts.NewUser{Account: one, Role: role, Email: email, Language: "ru",
		Zone: "Europe/Moscow"})
	require.NoError(b, err)
	return &access.Principal{Actor: access.Actor{Account: one, User: id, Name: email}, Role: role, Scopes: access.ScopesOf(role)}
}

func kind(err error) fault.Kind {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return 0
}

// TestEveryStatementIsThere reads the code: what it gets is in the files, and what is in the files is got.
func TestEveryStatementIsThere(t *testing.T) {
	t.Parallel()
	q, err := sqlfile.Load(os.DirFS("."))
	require.NoError(t, err)
	used := map[string]bool{"audit": true}
	names, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range names {
		if !regexp.MustCompile(`^[a-z]+\.go$`).MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(e.Name())
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`"([a-z]+(?:_[a-z]+)*)"`).FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`q\.Get\("([a-z_]+)"\)`).FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, q, m[1])
		}
	}
	for name := range q {
		require.True(t, used[name], name)
	}
}

// TestTwoOwnersCannotRemoveEachOther at once: one stays.
func TestTwoOwnersCannotRemoveEachOther(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	anna, boris := b.user("anna@example.org", access.Owner), b.user("boris@example.org", access.Owner)
	var group sync.WaitGroup
	errs := make([]error, 2)
	group.Go(func() { errs[0] = b.RemoveMember(context.Background(), anna, boris.User) })
	group.Go(func() { _, errs[1] = b.ChangeRole(context.Background(), boris, anna.User, access.Analyst) })
	group.Wait()
	require.Equal(t, int64(1), b.db.Count("SELECT count(*) FROM members WHERE account = 1 AND role = 'owner'"))
	require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%v", errs)
	for _, err := range errs {
		require.True(t, err == nil || kind(err) == fault.Conflict || kind(err) == fault.NotFound, "%v", err)
	}
}

// TestManyAttemptsAtOnceAreCounted: guessing in parallel gains nothing.
func TestManyAttemptsAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	tried := 0
	for range 40 {
		group.Go(func() {
			wait, err := b.Attempt(context.Background(), access.Subjects("anna@example.org", "192.0.2.1"))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				tried++
			}
		})
	}
	group.Wait()
	require.Equal(t, 5, tried)
	b.now = b.now.Add(25 * time.Hour)
	wait, err := b.Attempt(t.Context(), access.Subjects("anna@example.org", "192.0.2.1"))
	require.NoError(t, err)
	require.Zero(t, wait)
	require.Equal(t, int64(1), b.db.Count("SELECT max(failed) FROM attempts"), "a day later all is forgotten")
}

// TestALinkIsUsedOnce however many try at once.
func TestALinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	owner := b.user("anna@example.org", access.Owner)
	i := access.Invitation{Email: "boris@example.org", Role: access.Analyst, Expires: b.now.Add(time.Hour)}
	require.NoError(t, b.Invite(t.Context(), owner, &i, access.Digest("code")))
	l, err := b.LinkOf(t.Context(), access.Digest("code"))
	require.NoError(t, err)
	var group sync.WaitGroup
	errs := make([]error, 4)
	for n := range errs {
		group.Go(func() {
			errs[n] = b.UseLink(context.Background(), access.Digest("code"), l, "hash", "Борис",
				access.NewSession{Digest: access.Digest(string(rune('a' + n)))})
		})
	}
	group.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		require.Equal(t, fault.NotFound, kind(err), "%v", err)
	}
	require.Equal(t, 1, done)
	require.Equal(t, int64(2), b.db.Count("SELECT count(*) FROM users"))
	require.Equal(t, int64(1), b.db.Count("SELECT count(*) FROM sessions"))
}

// TestAnAccountIsAddedWithItsOwner, who may be there already.
func TestAnAccountIsAddedWithItsOwner(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	add := func(id ids.ID, email string) (ids.ID, error) {
		return b.AddAccount(t.Context(), access.Account{ID: id, Name: "Третья", Zone: "Europe/Moscow", Country: "RU", Language: "ru"}, email)
	}
	user, _, err := b.FirstOwner(t.Context())
	require.NoError(t, err)
	require.Zero(t, user)
	anna, err := add(3, "anna@example.org")
	require.NoError(t, err)
	again, err := add(4, "anna@example.org")
	require.NoError(t, err)
	require.Equal(t, anna, again)
	list, err := b.Standings(t.Context(), anna)
	require.NoError(t, err)
	require.Len(t, list, 2)
	_, err = add(4, "boris@example.org")
	require.Equal(t, fault.Conflict, kind(err))
	require.Equal(t, int64(1), b.db.Count("SELECT count(*) FROM users"), "nobody is made for nothing")
	first, email, err := b.FirstOwner(t.Context())
	require.NoError(t, err)
	require.Equal(t, anna, first)
	require.Equal(t, "anna@example.org", email)
	require.NoError(t, b.SetPassword(t.Context(), access.Actor{Account: 3, User: anna}, "hash", nil))
	first, _, err = b.FirstOwner(t.Context())
	require.NoError(t, err)
	require.Zero(t, first, "somebody has signed in")
	require.Equal(t, int64(2), b.db.Count("SELECT count(*) FROM audit WHERE what = 'user.password_set'"), "in each account's log")
}
