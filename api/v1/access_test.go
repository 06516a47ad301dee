package v1_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

const passphrase = "four quiet green horses"

// session is the session that an answer begins.
func (a answer) session() *client {
	a.Helper()
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(a, err)
	require.True(a, cookie.HttpOnly && cookie.Secure)
	require.Equal(a, http.SameSiteLaxMode, cookie.SameSite)
	return a.stranger().with("Cookie", "kaskad_session="+cookie.Value)
}

func codeOf(l v1.OneTimeLink) string {
	u, err := url.Parse(l.Link)
	if err != nil {
		return ""
	}
	return u.Query().Get("code")
}

// join invites somebody and uses the link.
func (w *world) join(email string, role access.Role) (*client, answer) {
	w.Helper()
	invited := into[v1.Invited](w.owner.post("/invitations", map[string]any{"email": email, "name": "Анна", "role": role}, 201))
	require.True(w, strings.HasPrefix(invited.OneTimeLink.Link, baseURL+"/sign-in?code="))
	a := w.stranger().post("/session/link", map[string]any{"code": codeOf(invited.OneTimeLink), "password": passphrase}, 200)
	return a.session(), a
}

func TestAnInvitedUserSignsInWorksAndLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := into[v1.Invited](w.owner.post("/invitations", map[string]any{"email": " Anna@Example.org ", "role": "marketer"}, 201))
	require.Equal(t, "anna@example.org", invited.Email)
	code := codeOf(invited.OneTimeLink)
	link := into[access.Link](w.stranger().post("/session/link/look", map[string]any{"code": code}, 200))
	require.Equal(t, access.Join, link.Kind)
	require.Equal(t, "Лавка", link.Account)
	w.stranger().post("/session/link", map[string]any{"code": code, "password": "short"}, 422).says("password_length", "body.password")
	w.stranger().post("/session/link", map[string]any{"code": code, "password": "aaaaaaaaaaaa"}, 422).says("password_easy", "body.password")
	anna := w.stranger().post("/session/link", map[string]any{"code": code, "password": passphrase, "name": "Анна"}, 200).session()
	w.stranger().post("/session/link", map[string]any{"code": code, "password": passphrase}, 404).says("no_link", "body.code")

	me := into[v1.Me](anna.get("/session", 200))
	require.Equal(t, "Анна", me.User.Name)
	require.Equal(t, access.Marketer, me.Account.Role)
	require.Equal(t, access.ScopesOf(access.Marketer), me.Scopes)
	require.Equal(t, mine, me.Account.ID)

	again := w.stranger().post("/session", map[string]any{"email": "ANNA@example.org", "password": passphrase}, 200).session()
	list := into[struct{ Items []access.Session }](again.get("/sessions", 200)).Items
	require.Len(t, list, 2)
	require.True(t, list[0].Current)
	again.delete("/sessions/"+list[1].ID.String(), 204)
	anna.get("/session", 401).says("session_over", "")
	w.owner.delete("/sessions/"+list[0].ID.String(), 404).says("no_session", "path.session")
	out := again.delete("/session", 204)
	require.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
	again.get("/session", 401)
	require.Equal(t, "Сеанс закончился: войдите снова.", into[v1.Problem](again.russian().get("/session", 401)).Detail)
}

func TestSigningInTellsNothingAndSlowsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join("anna@example.org", access.Marketer)
	try := func(email, password string, want int) answer {
		t.Helper()
		return w.stranger().post("/session", map[string]any{"email": email, "password": password}, want)
	}
	wrong, unknown := try("anna@example.org", "wrong", 401), try("nobody@example.org", "wrong", 401)
	require.Equal(t, string(wrong.body), string(unknown.body))
	require.Equal(t, string(wrong.body), string(try("no address", "wrong", 401).body))
	for range 4 {
		try("anna@example.org", "wrong", 401)
	}
	failed := into[paging.Page[access.Entry]](w.owner.get("/audit?what=session.failed", 200)).Items
	require.Len(t, failed, 5, "and none for the address that nobody has")
	require.Contains(t, string(failed[0].Change), "anna@example.org")
	require.Zero(t, failed[0].User, "it is not known who it was")
	require.NotEmpty(t, failed[0].IP)
	require.Empty(t, into[paging.Page[access.Entry]](w.other.get("/audit?what=session.failed", 200)).Items)
	locked := try("anna@example.org", passphrase, 429)
	locked.says("too_many_attempts", "")
	require.Equal(t, "1", locked.header.Get("Retry-After"))
	w.clock.move(time.Second)
	try("anna@example.org", "wrong", 401)
	w.clock.move(time.Second)
	require.Equal(t, "1", try("anna@example.org", passphrase, 429).header.Get("Retry-After"), "the pause grows")
	w.clock.move(time.Second)
	try("anna@example.org", passphrase, 200)
	for range 5 { // forgotten
		try("anna@example.org", "wrong", 401)
	}
	for range 8 { // one address and many e-mails
		w.stranger().send(http.MethodPost, "/session", `{"email":"`+w.newID().String()+`@x.org","password":"x"}`)
	}
	try("boris@example.org", "wrong", 429)
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.move(access.SessionIdle - time.Second)
	w.owner.get("/session", 200)
	w.clock.move(access.SessionIdle - time.Second)
	w.owner.get("/session", 200)
	w.clock.move(access.SessionIdle)
	w.owner.get("/session", 401)
	w = newWorld(t)
	for range 5 {
		w.owner.get("/session", 200)
		w.clock.move(access.SessionIdle - time.Second)
	}
	w.owner.get("/session", 401).says("session_over", "")
	require.NoError(t, w.accounts.Tidy(t.Context()))
	require.Zero(t, w.db.Count("SELECT count(*) FROM sessions"))
}

func TestWhatIsAskedFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := map[string]any{"name": "Имя"}
	evil := w.owner.with("Origin", "https://evil.example").with("Sec-Fetch-Site", "cross-site")
	evil.patch("/session", body, 403).says("cross_origin", "")
	evil.get("/session", 200)
	w.owner.with("Origin", baseURL).with("Sec-Fetch-Site", "cross-site").patch("/session", body, 200)
	w.stranger().with("Origin", "https://evil.example").post("/session", map[string]any{"email": "a@b.c", "password": "x"}, 403)
}

func TestNobodyRisesAboveThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(access.Admin)
	admin.post("/invitations", map[string]any{"email": "a@example.org", "role": "owner"}, 403).says("role_above_own", "body.role")
	admin.patch("/users/"+admin.user.String(), map[string]any{"role": "owner"}, 403).says("role_above_own", "body.role")
	admin.patch("/users/"+w.owner.user.String(), map[string]any{"role": "analyst"}, 403).says("role_above_own", "path.user")
	admin.delete("/users/"+w.owner.user.String(), 403).says("role_above_own", "path.user")
	admin.post("/users/"+w.owner.user.String()+"/password-link", nil, 403).says("role_above_own", "path.user")
	admin.post("/tokens", map[string]any{"name": "x", "scopes": []string{"account:own"}}, 403).says("scope_above_own", "body.scopes")
	admin.post("/tokens", map[string]any{"name": "x", "scopes": []string{"made:up"}}, 422).says("bad_scope", "body.scopes")
	w.as(access.Marketer).post("/tokens", map[string]any{"name": "x", "scopes": []string{"schemes:read"}}, 403).says("scope_needed", "")

	w.owner.patch("/users/"+w.owner.user.String(), map[string]any{"role": "admin"}, 409).says("last_owner", "path.user")
	w.owner.delete("/users/"+w.owner.user.String(), 409).says("last_owner", "path.user")
	w.owner.patch("/users/"+admin.user.String(), map[string]any{"role": "owner"}, 200)
	w.owner.patch("/users/"+w.owner.user.String(), map[string]any{"role": "admin"}, 200)
	admin.delete("/users/"+w.owner.user.String(), 204)
	w.owner.get("/session", 401).says("session_over", "")
	require.Zero(t, w.db.Count("SELECT count(*) FROM users WHERE user_id = $1", int64(w.owner.user)), "a user of no account is gone")
}

func TestUsersAreListedPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range access.Roles() {
		w.as(r)
	}
	var emails []string
	for cursor := ""; ; {
		p := into[paging.Page[access.Member]](w.owner.get("/users?limit=2&cursor="+cursor, 200))
		for _, m := range p.Items {
			emails = append(emails, m.Email)
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"admin@1.example", "analyst@1.example", "marketer@1.example", "operator@1.example", "owner@1.example",
		"supervisor@1.example"}, emails)
	w.owner.get("/users?limit=0", 422).says("too_small", "query.limit")
	w.owner.get("/users?limit=2&cursor=zzz", 422).says("bad_cursor", "query.cursor")
	w.owner.get("/users/"+w.other.user.String(), 404).says("no_user", "path.user")
}

func TestALinkForANewPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, _ := w.join("anna@example.org", access.Marketer)
	user := into[v1.Me](anna.get("/session", 200)).User.ID
	admin := w.as(access.Admin)
	first := into[v1.OneTimeLink](admin.post("/users/"+user.String()+"/password-link", nil, 201))
	second := into[v1.OneTimeLink](admin.post("/users/"+user.String()+"/password-link", nil, 201))
	use := func(l v1.OneTimeLink, want int) answer {
		t.Helper()
		return w.stranger().post("/session/link", map[string]any{"code": codeOf(l), "password": "another quiet horse"}, want)
	}
	use(first, 404).says("no_link", "body.code")
	anna.get("/session", 200)
	use(second, 200).session().get("/session", 200)
	anna.get("/session", 401)
	use(second, 404)
	w.stranger().post("/session", map[string]any{"email": "anna@example.org", "password": "another quiet horse"}, 200)
	third := into[v1.OneTimeLink](admin.post("/users/"+user.String()+"/password-link", nil, 201))
	w.clock.move(access.LinkLasts)
	use(third, 404)

	// A name may come with it: the owner of the first start has none.
	fourth := into[v1.OneTimeLink](admin.post("/users/"+user.String()+"/password-link", nil, 201))
	renamed := w.stranger().post("/session/link", map[string]any{"code": codeOf(fourth), "password": passphrase, "name": "Анна Петрова"}, 200).session()
	require.Equal(t, "Анна Петрова", into[v1.Me](renamed.get("/session", 200)).User.Name)
}

func TestAUserOfTwoAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, _ := w.join("anna@example.org", access.Marketer)
	user := into[v1.Me](anna.get("/session", 200)).User.ID
	invited := into[v1.Invited](w.other.post("/invitations", map[string]any{"email": "anna@example.org", "role": "analyst"}, 201))
	use := map[string]any{"code": codeOf(invited.OneTimeLink), "password": "a password of the inviter's"}
	w.stranger().post("/session/link", use, 422).says("password_of_invited", "body.password")
	use["password"] = passphrase
	both := w.stranger().post("/session/link", use, 200).session()
	require.Equal(t, theirs, into[v1.Me](both.get("/session", 200)).Account.ID)
	both.get("/users", 403).says("scope_needed", "")
	require.Equal(t, access.Marketer, into[v1.Me](both.put("/session/account", map[string]any{"account": mine}, 200)).Account.Role)
	require.Len(t, into[struct{ Items []access.Standing }](both.get("/accounts", 200)).Items, 2)
	w.owner.put("/session/account", map[string]any{"account": theirs}, 404).says("no_account_of_yours", "body.account")
	w.owner.post("/users/"+user.String()+"/password-link", nil, 409).says("user_elsewhere", "path.user")
	w.owner.delete("/users/"+user.String(), 204)
	both.get("/session", 401)
	w.stranger().post("/session", map[string]any{"email": "anna@example.org", "password": passphrase}, 200)
}

func TestChangingOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, _ := w.join("anna@example.org", access.Operator)
	other := w.stranger().post("/session", map[string]any{"email": "anna@example.org", "password": passphrase}, 200).session()
	anna.post("/session/password", map[string]any{"old": "wrong", "password": "another quiet horse"}, 422).says("wrong_old_password", "body.old")
	anna.post("/session/password", map[string]any{"old": passphrase, "password": "another quiet horse"}, 204)
	anna.get("/session", 200)
	other.get("/session", 401)
	me := into[v1.Me](anna.patch("/session", map[string]any{"zone": "Asia/Vladivostok", "language": "en"}, 200))
	require.Equal(t, "Asia/Vladivostok", me.User.Zone)
	require.Equal(t, "Анна", me.User.Name)
	anna.patch("/session", map[string]any{"zone": "Mars/Base"}, 422).says("bad_zone", "body.zone")
	anna.patch("/session", map[string]any{"name": ""}, 422).says("bad_name", "body.name")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := map[string]any{"name": "CRM", "scopes": []string{"users:read", "contacts:read"}, "expires_at": w.clock.now().Add(time.Hour)}
	made := into[v1.MadeToken](w.owner.post("/tokens", in, 201))
	require.True(t, strings.HasPrefix(made.Secret, made.Prefix) && len(made.Secret) > 40)
	program := w.stranger().with("Authorization", "Bearer "+made.Secret).with("Origin", "https://elsewhere.example")
	me := into[v1.Me](program.get("/session", 200))
	require.Nil(t, me.User)
	require.Equal(t, made.ID, me.Token)
	program.get("/users", 200)
	program.get("/audit", 403).says("scope_needed", "")
	program.get("/sessions", 403).says("session_needed", "")
	seen := w.owner.get("/tokens/"+made.ID.String(), 200)
	require.NotContains(t, string(seen.body), made.Secret)
	require.NotNil(t, into[access.Token](seen).Used)
	require.Zero(t, w.db.Count("SELECT count(*) FROM tokens WHERE secret = $1", []byte(made.Secret)))
	w.clock.move(time.Hour)
	program.get("/session", 401).says("bad_token", "")
	w.owner.post("/tokens", in, 422).says("expired_already", "body.expires_at")
	delete(in, "expires_at")
	made = into[v1.MadeToken](w.owner.post("/tokens", in, 201))
	program = w.stranger().with("Authorization", "Bearer "+made.Secret)
	program.get("/users", 200)
	w.owner.delete("/tokens/"+made.ID.String(), 204)
	program.get("/users", 401)
	require.Len(t, into[paging.Page[access.Token]](w.owner.get("/tokens", 200)).Items, 1)
	w.stranger().with("Authorization", "Bearer nonsense").get("/users", 401).says("bad_token", "")
}

func TestTheAccountsSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := into[access.Account](w.owner.get("/account", 200))
	require.Equal(t, "Лавка", a.Name)
	require.Nil(t, a.StopWords)
	w.owner.patch("/account", map[string]any{"stop_words": []string{" Стоп", "хватит", "стоп"}, "cap_day": 2, "zone": "Asia/Omsk",
		"window": map[string]any{"zone": "recipient", "days": []int{1, 2}, "from": "09:00", "to": "21:00"}}, 200)
	a = into[access.Account](w.owner.get("/account", 200))
	require.Equal(t, []string{"стоп", "хватит"}, a.StopWords)
	require.Equal(t, 2, *a.CapDay)
	require.Equal(t, "recipient", a.Window.Zone)
	a = into[access.Account](w.owner.patch("/account", map[string]any{"stop_words": nil, "window": nil, "cap_day": nil}, 200))
	require.Nil(t, a.StopWords)
	require.Nil(t, a.Window)
	require.Nil(t, a.CapDay)
	require.Equal(t, "Asia/Omsk", a.Zone)
	p := w.owner.patch("/account", map[string]any{"zone": "x", "name": " ", "country": "ru"}, 422)
	p.says("bad_zone", "body.zone")
	p.says("bad_name", "body.name")
	p.says("bad_country", "body.country")
	p = w.owner.patch("/account", map[string]any{"country": "QQ"}, 422)
	p.says("bad_country", "body.country")
	require.Contains(t, string(p.body), "“QQ”", "what was sent, and what to send")
	require.Equal(t, "KZ", into[access.Account](w.owner.patch("/account", map[string]any{"country": "KZ"}, 200)).Country)
	w.owner.patch("/account", map[string]any{"cap_day": 0}, 422).says("too_small", "body.cap_day")
	w.owner.patch("/account", map[string]any{"stop_words": []string{"a b"}}, 422).says("bad_stop_word", "body.stop_words")
	w.owner.patch("/account", map[string]any{"window": map[string]any{"zone": "recipient", "days": []int{9}, "from": "09:00",
		"to": "21:00"}}, 422)
	w.owner.patch("/account", map[string]any{"colour": "red"}, 422).says("unknown_field", "body.colour")
	w.as(access.Marketer).patch("/account", map[string]any{"name": "x"}, 403)
	require.Equal(t, "Другая лавка", into[access.Account](w.other.get("/account", 200)).Name)
}

func TestSessionsAreSearched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := func(user, account ids.ID, secret, ip, agent string) {
		t.Helper()
		require.NoError(t, w.accounts.BeginSession(t.Context(), access.NewSession{Digest: access.Digest(secret), User: user, Account: account,
			IP: ip, Agent: agent}))
	}
	begin(w.owner.user, mine, "one", "198.51.100.7", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
	begin(w.owner.user, mine, "two", "198.51.100.8", "Mozilla/5.0 (X11; Linux) Chrome/142.0")
	begin(w.other.user, theirs, "three", "198.51.100.7", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
	for q, want := range map[string]int{"": 3, "198.51.100": 2, "FIREFOX": 1, "mozilla%20198.51.100.8": 1, "firefox%20linux": 0, "%25": 0} {
		list := into[struct{ Items []access.Session }](w.owner.get("/sessions?q="+q, 200)).Items
		require.Len(t, list, want, q)
	}
	require.Len(t, into[struct{ Items []access.Session }](w.other.get("/sessions?q=firefox", 200)).Items, 1, "one's own alone")
}

func TestTheAuditLogIsSearched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner.patch("/account", map[string]any{"name": "Лавка чудес"}, 200)
	token := w.owner.post("/tokens", map[string]any{"name": "x", "scopes": []string{"audit:read"}}, 201).made()
	w.other.patch("/account", map[string]any{"name": "Другая"}, 200)
	find := func(query string) []access.Entry {
		t.Helper()
		return into[paging.Page[access.Entry]](w.owner.get("/audit?"+query, 200)).Items
	}
	require.Len(t, find("what=account"), 1)
	e := find("what=account.changed")[0]
	require.Equal(t, w.owner.user, e.User)
	require.Equal(t, "owner", e.Name)
	require.Equal(t, "192.0.2.1", e.IP)
	require.Contains(t, string(e.Change), "Лавка чудес")
	require.Len(t, find("object=token&object_id="+token.String()), 1)
	require.Empty(t, find("what=acc"))
	require.Empty(t, find("user=5"))
	require.Empty(t, find("until=2020-01-01T00:00:00Z"))
	require.NotEmpty(t, find("since=2020-01-01T00:00:00Z"))
	for q, want := range map[string]int{"пауза%7Ctoken.made": 1, "account.changed%7Ctoken.made": 2, "account.changed%7Ctoken.made%20чудес": 1,
		"%7C%7C": len(find("")), "%7Cчудес%7C": 1, "другая%7Cаккаунт": 0, "чудес": 1, "ЛАВКА%20чуд": 1, "удес": 0, "account.changed": 1, "token%20made": 1, "192.0.2.1%20changed": 1,
		token.String(): 1, "другая": 0, "чудес%20нет": 0, "%27:": len(find("")), "%27*%26!": 0, "x%5C": len(find("q=x"))} {
		require.Len(t, find("q="+q), want, q)
	}
	page := into[paging.Page[access.Entry]](w.owner.get("/audit?limit=1", 200))
	require.Equal(t, "token.made", page.Items[0].What)
	page = into[paging.Page[access.Entry]](w.owner.get("/audit?limit=1&cursor="+page.Next, 200))
	require.Equal(t, "account.changed", page.Items[0].What)
	require.NotContains(t, string(w.owner.get("/audit", 200).body), "Другая")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := into[struct{ Items []v1.RoleInfo }](w.as(access.Operator).get("/roles", 200)).Items
	require.Len(t, list, 6)
	require.Equal(t, access.Owner, list[0].Role)
	require.Contains(t, list[0].Scopes, access.OwnAccount)
}

func TestARequestIsMadeOnceForItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	digest, other := [32]byte{1}, [32]byte{2}
	done, err := w.accounts.Begin(ctx, mine, "k", "op", digest)
	require.NoError(t, err)
	require.Nil(t, done)
	_, err = w.accounts.Begin(ctx, mine, "k", "op", digest)
	require.ErrorContains(t, err, "key_busy")
	require.NoError(t, w.accounts.Finish(ctx, mine, "k", "op", []byte(`{}`)))
	done, err = w.accounts.Begin(ctx, mine, "k", "op", digest)
	require.NoError(t, err)
	require.Equal(t, `{}`, string(done))
	_, err = w.accounts.Begin(ctx, mine, "k", "op", other)
	require.ErrorContains(t, err, "key_used")
	_, err = w.accounts.Begin(ctx, mine, "k", "op2", digest)
	require.ErrorContains(t, err, "key_used")
	_, err = w.accounts.Begin(ctx, theirs, "k", "op2", digest)
	require.NoError(t, err)
	require.NoError(t, w.accounts.Finish(ctx, theirs, "k", "op2", nil))
	_, err = w.accounts.Begin(ctx, theirs, "k", "op2", digest)
	require.NoError(t, err, "what was not done may be done again")
	w.clock.move(11 * time.Minute)
	_, err = w.accounts.Begin(ctx, theirs, "k", "op2", digest)
	require.NoError(t, err, "its process is dead")
	w.clock.move(24 * time.Hour)
	_, err = w.accounts.Begin(ctx, mine, "k", "op3", other)
	require.NoError(t, err, "a day later")
	w.clock.move(25 * time.Hour)
	require.NoError(t, w.accounts.Tidy(ctx))
	require.Zero(t, w.db.Count("SELECT count(*) FROM repeats"))
}

func TestWhatIsWrongIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := into[v1.Problem](w.owner.russian().patch("/account", map[string]any{"zone": "x"}, 422))
	require.Contains(t, p.Detail, "Такого часового пояса нет")
	require.Equal(t, "В запросе ошибка", p.Title)
	require.Contains(t, into[v1.Problem](w.owner.patch("/account", `{"zone`, 400)).Detail, "line 1")
	require.Contains(t, into[v1.Problem](w.owner.russian().patch("/account", `{"language":"de"}`, 422)).Errors[0].Message, "Укажите одно из: ru")
	w.owner.patch("/account", nil, 400).says("no_body", "")
	w.owner.with("Content-Type", "text/plain").patch("/account", `{}`, 415).says("unknown_content", "body")
	w.owner.patch("/account", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`, 413).says("too_large", "")
	w.owner.get("/users?colour=red", 422).says("unknown_parameter", "query.colour")
	w.owner.get("/users/abc", 422).says("bad_id", "path.user")
	w.owner.get("/users/-5", 422).says("bad_id", "path.user")
}
