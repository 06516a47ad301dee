package main

import (
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	problem "kaskad/engine/fault"
	"kaskad/engine/store/storetest"
)

var oneTime = regexp.MustCompile(`(https?://\S+)/sign-in\?code=(\S{43})`)

func codeIn(t *testing.T, out string) string {
	t.Helper()
	m := oneTime.FindStringSubmatch(out)
	require.NotNil(t, m, out)
	return m[2]
}

// TestTheFirstStartMakesAnOwner, and prints a link until somebody has set a password.
func TestTheFirstStartMakesAnOwner(t *testing.T) {
	t.Parallel()
	url, data := storetest.New(t), t.TempDir()
	flags := []string{"--database", url, "--data", data, "--lang", "en", "--base-url", "https://kaskad.example"}
	run := func(args ...string) (string, string, int) {
		code, out, errs := call(t, append(args, flags...)...)
		return out, errs, code
	}
	out, errs, status := run("user", "reset", "anna@example.org")
	require.Equal(t, exitBadCall, status, out)
	require.Contains(t, errs, "There is no such user")
	out, _, status = run("account", "add", "Shop", "--owner", "Anna@example.org")
	require.Equal(t, exitOK, status)
	require.Contains(t, out, "its owner is anna@example.org")
	first := codeIn(t, out)
	out, errs, status = run("user", "reset", "anna@example.org")
	require.Equal(t, exitOK, status)
	require.NotContains(t, errs, "code=", "the link is for the terminal alone")
	second := codeIn(t, out)
	require.NotEqual(t, first, second)
	for _, bad := range [][]string{{"user"}, {"user", "reset"}, {"account", "add", "x"}, {"account", "remove", "x", "--owner", "a@b.c"}} {
		_, errs, status := run(bad...)
		require.Equal(t, exitBadCall, status)
		require.Contains(t, errs, "kaskad "+bad[0])
	}
	_, errs, status = run("account", "add", "x", "--owner", "nobody")
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "e-mail address")
}

// TestAClosedAccountIsOpenedAgain, by its name, for a while.
func TestAClosedAccountIsOpenedAgain(t *testing.T) {
	t.Parallel()
	url, data := storetest.New(t), t.TempDir()
	flags := []string{"--database", url, "--data", data, "--lang", "en", "--base-url", "https://kaskad.example"}
	run := func(args ...string) (string, string, int) {
		code, out, errs := call(t, append(args, flags...)...)
		return out, errs, code
	}
	_, _, status := run("account", "add", "Shop", "--owner", "anna@example.org")
	require.Equal(t, exitOK, status)
	_, errs, status := run("account", "reopen", "Shop")
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "no closed account")
	db := storetest.Connect(t, url)
	db.Exec("UPDATE accounts SET closed_at = now() - interval '31 days'")
	_, errs, status = run("account", "reopen", "Shop")
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "more than 30 days")
	db.Exec("UPDATE accounts SET closed_at = now() - interval '29 days', name = 'Shop'")
	_, errs, status = run("account", "reopen", "Shop")
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "several closed accounts")
	id := db.Texts("SELECT account::text FROM accounts WHERE account <> 1")[0]
	out, _, status := run("account", "reopen", id)
	require.Equal(t, exitOK, status)
	require.Contains(t, out, "Account "+id+" is open again")
	require.EqualValues(t, 1, db.Count("SELECT count(*) FROM audit WHERE what = 'account.reopened' AND account::text = $1", id))
	require.EqualValues(t, 1, db.Count("SELECT count(*) FROM accounts WHERE closed_at IS NOT NULL"))
	db.Exec("UPDATE accounts SET closed_at = now() - interval '40 days', erasing_at = now() WHERE account::text = $1", id)
	_, errs, status = run("account", "reopen", id)
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "deleted for good")
	_, errs, status = run("account", "reopen", "Shop", "--owner", "a@b.c")
	require.Equal(t, exitBadCall, status)
	require.Contains(t, errs, "kaskad account")
}

func TestFaultsHaveWordsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	err := inWords(problem.New(problem.Conflict, "account_taken", ""))
	require.Contains(t, err.Error(), "such an account already")
	require.Contains(t, terminal{lang: "ru"}.explain(err), "аккаунт уже есть")
	plain := errors.New("x")
	require.Equal(t, plain, inWords(plain))
	_, err = access.Email("x", "")
	require.Contains(t, terminal{lang: "ru"}.explain(inWords(err)), "адрес")
}
