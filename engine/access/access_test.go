package access_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/scheme"
)

func quick() argon2id.Params {
	return argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Anna@Example.ORG ": "anna@example.org", "owner@localhost": "owner@localhost", "анна@почта.рф": "анна@почта.рф",
		"": "", "anna": "", "Anna <anna@example.org>": "", "a@b, c@d": "", "a\x00@b.c": "", "a@b\n.c": "",
		strings.Repeat("a", 260) + "@b.c": "", "\xff@b.c": "",
	} {
		got, err := access.Email(text, "body.email")
		require.Equal(t, want, got, text)
		require.Equal(t, want == "", err != nil, text)
	}
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"anna@example.org", " A@b ", `"x y"@z`, "a@[127.0.0.1]", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := access.Email(text, "")
		if err != nil {
			return
		}
		twice, err := access.Email(once, "")
		require.NoError(t, err)
		require.Equal(t, once, twice, "what is kept is found again")
	})
}

func TestRolesAreWithinEachOther(t *testing.T) {
	t.Parallel()
	owner := &access.Principal{Scopes: access.ScopesOf(access.Owner)}
	for _, r := range access.Roles() {
		require.NotEmpty(t, access.ScopesOf(r))
		require.NoError(t, access.CheckGrant(owner, r, ""))
		require.NoError(t, access.CheckGrant(&access.Principal{Scopes: access.ScopesOf(r)}, r, ""), "one's own role may be given")
	}
	require.Empty(t, access.ScopesOf("god"))
	require.Equal(t, "bad_role", code(access.CheckGrant(owner, "god", "body.role")))
	admin := &access.Principal{Scopes: access.ScopesOf(access.Admin)}
	require.Equal(t, "role_above_own", code(access.CheckGrant(admin, access.Owner, "")))
}

// TestNobodyGrantsMoreThanTheirOwn is a property of every set of permissions.
func TestNobodyGrantsMoreThanTheirOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOf(rapid.SampledFrom(access.Scopes()))
		who := &access.Principal{Scopes: some.Draw(t, "own")}
		wanted := some.Draw(t, "wanted")
		given, err := access.CheckScopes(who, wanted, "body.scopes")
		above := false
		for _, s := range wanted {
			above = above || !who.May(s)
		}
		require.Equal(t, above || len(wanted) == 0, err != nil)
		for i, s := range given {
			require.True(t, who.May(s))
			require.Contains(t, wanted, s)
			require.NotContains(t, given[:i], s)
		}
	})
}

func TestPausesGrow(t *testing.T) {
	t.Parallel()
	s := access.Subjects("anna@example.org", "192.0.2.1")
	require.Len(t, s, 2)
	require.Zero(t, s[0].Pause(4))
	require.Equal(t, time.Second, s[0].Pause(5))
	require.Equal(t, 8*time.Second, s[0].Pause(8))
	require.Equal(t, 15*time.Minute, s[0].Pause(1_000_000))
	require.Zero(t, s[1].Pause(19))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<40).Draw(t, "failed")
		require.LessOrEqual(t, s[0].Pause(n), s[0].Pause(n+1))
		require.LessOrEqual(t, s[0].Pause(n+1), 15*time.Minute)
	})
	net := func(ip string) string { return string(access.Subjects("a", ip)[1].Digest) }
	require.Equal(t, net("2001:db8:1:2::1"), net("2001:db8:1:2:ffff::9"), "one household")
	require.NotEqual(t, net("2001:db8:1:2::1"), net("2001:db8:1:3::1"))
	require.NotEqual(t, net("192.0.2.1"), net("192.0.2.2"))
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	p, err := access.NewPasswords(quick(), 2)
	require.NoError(t, err)
	ctx := t.Context()
	hash, err := p.Hash(ctx, "пароль из слов é", "anna@example.org", "body.password")
	require.NoError(t, err)
	require.NotContains(t, hash, "пароль")
	for password, want := range map[string]bool{"пароль из слов é": true, "пароль из слов e\u0301": true, "Пароль из слов é": false, "": false,
		strings.Repeat("x", 10_000): false} {
		same, err := p.Check(ctx, password, hash)
		require.NoError(t, err)
		require.Equal(t, want, same, password)
	}
	for _, nobody := range []string{"", "x"} {
		same, err := p.Check(ctx, nobody, "")
		require.NoError(t, err)
		require.False(t, same, "who has no password is let in by none")
	}
	for password, want := range map[string]string{"short": "password_length", strings.Repeat("ab3c", 51): "password_length",
		"aaaaaaaaaaaaaa": "password_easy", "Anna@Example.org": "password_easy", "абвабвабвабв": "password_easy", "a\xffbcdefghijk": "password_length"} {
		_, err := p.Hash(ctx, password, "anna@example.org", "body.password")
		require.Equal(t, want, code(err), password)
	}
}

// TestPasswordsDoNotEatTheMachine lets more people in than there is room for: the others are sent away at once.
func TestPasswordsDoNotEatTheMachine(t *testing.T) {
	t.Parallel()
	p, err := access.NewPasswords(argon2id.Params{Memory: 8 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}, 1)
	require.NoError(t, err)
	var group sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 200 {
		group.Go(func() {
			_, err := p.Check(t.Context(), "x", "")
			mu.Lock()
			defer mu.Unlock()
			answers[code(err)]++
		})
	}
	group.Wait()
	require.Equal(t, 200, answers[""]+answers["sign_in_busy"])
	require.GreaterOrEqual(t, answers[""], 9)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	hold := make(chan error, 1)
	go func() { _, err := p.Check(gone, "x", ""); hold <- err }()
	if err := <-hold; err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestSessionsAndTokensEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := access.Session{Created: now, Seen: now}
	require.False(t, s.Over(now.Add(access.SessionIdle-1)))
	require.True(t, s.Over(now.Add(access.SessionIdle)))
	s.Seen = now.Add(access.SessionMost)
	require.True(t, s.Over(now.Add(access.SessionMost)))
	end := now.Add(time.Hour)
	require.False(t, (&access.Token{}).Over(now))
	require.False(t, (&access.Token{Expires: &end}).Over(now))
	require.True(t, (&access.Token{Expires: &end}).Over(end))
}

func TestSecretsAreRandomAndKeptAsDigests(t *testing.T) {
	t.Parallel()
	_, err := access.NewSecret(strings.NewReader("too little"))
	require.Error(t, err)
	secret, err := access.NewSecret(strings.NewReader(strings.Repeat("a", 32)))
	require.NoError(t, err)
	require.Len(t, secret, 43)
	require.Len(t, access.Digest(secret), 32)
	require.NotContains(t, string(access.Digest(secret)), secret)
}

func TestWhatSettingsAreTaken(t *testing.T) {
	t.Parallel()
	good := func() access.Account {
		return access.Account{Name: "Лавка", Zone: "Europe/Moscow", Country: "RU", Language: "ru"}
	}
	number := func(n int) *int { return &n }
	for want, change := range map[string]func(a *access.Account){
		"":                func(*access.Account) {},
		"bad_name":        func(a *access.Account) { a.Name = "a\nb" },
		"bad_zone":        func(a *access.Account) { a.Zone = "Local" },
		"bad_country":     func(a *access.Account) { a.Country = "ru" },
		"bad_country ":    func(a *access.Account) { a.Country = "QQ" },
		"bad_country  ":   func(a *access.Account) { a.Country = "" },
		"bad_language":    func(a *access.Account) { a.Language = "de" },
		"bad_cap":         func(a *access.Account) { a.CapDay = number(0) },
		"bad_stop_word":   func(a *access.Account) { a.StopWords = []string{"не надо"} },
		"many_stop_words": func(a *access.Account) { a.StopWords = make101() },
		"window_no_days":  func(a *access.Account) { a.Window = &scheme.Window{Zone: "recipient"} },
	} {
		a := good()
		change(&a)
		require.Equal(t, strings.TrimSpace(want), code(a.Check()))
	}
	two := good()
	two.Zone, two.CapWeek = "x", number(5000)
	var f *fault.Error
	require.ErrorAs(t, two.Check(), &f)
	require.Len(t, f.More, 1, "every mistake is told")
}

func make101() []string {
	var list []string
	for i := range 101 {
		list = append(list, "слово"+strings.Repeat("х", i%40)+string(rune('а'+i%30)))
	}
	return list
}
