//go:build unix

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/audience/sample"
	"kaskad/engine/store/storetest"
)

// A day at work, from the first start to the reports, by nothing but HTTP. It may be read as a tutorial of the interface:
// every step is one request, and says what comes back. The reference is served at /api/v1/docs.
func TestTutorial(t *testing.T) {
	t.Parallel()

	// `kaskad serve` has been started for the first time, and prints a link with a code that makes the owner's password. A
	// cookie keeps the session.
	server := startServer(t)
	me := server.client(t)
	me.post("/session/link", 200, m{"code": server.code, "password": "correct horse battery", "name": "Анна"})
	require.Equal(t, "owner", me.get("/session").text("account.role"))
	require.Equal(t, "Анна", me.get("/session").text("user.name"))

	// Programs do not sign in: they have a token, which may do what its scopes allow and no more. It is shown this once.
	token := me.post("/tokens", 201, m{"name": "Tutorial", "scopes": []string{"contacts:read", "contacts:write", "stops:read", "stops:write",
		"schemes:read", "schemes:write", "campaigns:read", "campaigns:write", "campaigns:launch", "campaigns:enter", "reports:read"}})
	api := server.client(t)
	api.token = token.text("secret")
	api.get("/users", 403)

	group := tutorialPeople(t, api)
	version := tutorialScheme(t, api)
	campaign := tutorialCampaign(t, api, group, version)
	tutorialReports(t, api, campaign)
	tutorialEntries(t, api, version)

	// Everything that was done is in the log of the account, with who did it.
	log := me.get("/audit?limit=200")
	done := map[string]bool{}
	for _, e := range log.list("items") {
		done[e.text("what")] = true
	}
	for _, what := range []string{"token.made", "scheme.published", "campaign.created", "campaign.paused", "campaign.resumed"} {
		require.True(t, done[what], "%s is in the log, which has %v", what, done)
	}
}

// An address book, as a shop's program writes it: windows-1251, semicolons, Russian headers, phones in every form.
func tutorialPeople(t *testing.T, api *client) (group string) {
	group = api.post("/groups", 201, m{"name": "Покупатели"}).text("id")

	// The file is uploaded first and looked at. The answer shows how it was understood, and its first rows as they would
	// be kept.
	draft := api.upload("/imports?name=book.csv", sample.Contacts)
	require.Equal(t, "windows-1251", draft.text("settings.encoding"))
	require.Equal(t, ";", draft.text("settings.separator"))
	require.NotEmpty(t, draft.list("preview.rows"))

	// Settings may be changed before it starts: here, the group that everybody is put into.
	path := "/imports/" + draft.text("id")
	api.patch(path, m{"groups": []string{group}, "tags": []string{"весна"}})
	task := api.finished(api.post(path+"/start", 202, nil))
	require.EqualValues(t, 9_500, task.number("result.added"))
	require.EqualValues(t, 200, task.number("result.doubles"))
	require.EqualValues(t, 300, task.number("result.refused"))
	refused := api.raw("/tasks/" + task.text("id") + "/files/" + url.PathEscape(task.list("files")[0].text("name")))
	file := csv.NewReader(strings.NewReader(refused))
	file.Comma, file.FieldsPerRecord = ';', -1
	rows, err := file.ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+300+200, "a header, and the rows that were not taken, each with its reason")

	// People are searched by what is known of them; the same language chooses a campaign's audience.
	found := api.get("/contacts?filter=" + url.QueryEscape(`attributes.city == "Самара" && "vip" in tags`))
	require.NotEmpty(t, found.list("items"))
	wrong := api.get("/contacts?filter="+url.QueryEscape(`city = "Самара"`), 422)
	require.Equal(t, "query.filter", wrong.list("errors")[0].text("location"))

	// Who has said stop gets nothing, whatever group it is in.
	phone := found.list("items")[0].text("phone")
	api.post("/stops", 201, m{"addresses": []string{phone}, "reason": "manual"})
	return group
}

// A cascade: a message in Viber; whoever it is not delivered to gets a text message instead.
func tutorialScheme(t *testing.T, api *client) (version string) {
	scheme := api.post("/schemes", 201, m{"template": "viber-sms", "name": "Весенняя скидка"}).text("id")

	// A draft is saved against the revision that one has seen, so that nobody's work is lost.
	path := "/schemes/" + scheme
	draft := api.get(path + "/draft")
	document := draft.node("document")
	for _, block := range document.list("nodes") {
		delete(block.node("config"), "window") // the tutorial is read at any hour
	}
	api.header("If-Match", `"7"`).put(path+"/draft", 412, m{"document": document})
	api.header("If-Match", draft.etag()).put(path+"/draft", 200, m{"document": document})

	// What is wrong with a drawing is found while it is drawn, and a drawing with mistakes is not published.
	document["links"] = append(document["links"].([]any), m{"id": "loop", "from": "sms", "to": "viber", "type": "status", "value": "delivered"})
	broken := api.header("If-Match", api.get(path+"/draft").etag()).put(path+"/draft", 200, m{"document": document})
	refused := api.header("If-Match", broken.etag()).post(path+"/publish", 409, m{})
	require.Equal(t, "scheme_has_errors", refused.text("code"))
	document["links"] = document["links"].([]any)[:3]
	mended := api.header("If-Match", broken.etag()).put(path+"/draft", 200, m{"document": document})

	// A drawing can be tried without sending anything: here nothing is heard for two hours, and the SMS follows. A trial
	// that is kept runs whenever the scheme is published.
	script := m{"start": "2026-03-02T12:00:00+03:00", "recipient": m{"zone": "Europe/Moscow", "contact": m{"phone": "+79000000000"}},
		"events": []m{{"node": "sms", "after": "5m", "type": "status", "value": "clicked"}}}
	kept := api.post(path+"/tests", 201, m{"name": "Viber молчит", "script": script})
	require.Equal(t, "goal", kept.text("expected.outcome"))
	return api.header("If-Match", mended.etag()).post(path+"/publish", 201, m{"note": "первая"}).text("id")
}

// A campaign sends one version to an audience.
func tutorialCampaign(t *testing.T, api *client, group, version string) (campaign string) {
	c := api.post("/campaigns", 201, m{"name": "Весна, Самара", "version": version, "rate": 200, "start": m{"when": "now"},
		"audience": m{"groups": []string{group}, "filter": `attributes.city == "Самара"`}, "tags": []string{"весна"}})
	campaign = c.text("id")
	path := "/campaigns/" + campaign

	// Before anything is sent: how many, where, how long, and who will not be taken and why.
	estimate := api.post(path+"/estimate", 200, nil)
	people := int64(estimate.number("recipients"))
	require.Positive(t, people)
	require.EqualValues(t, 1, estimate.number("refused.stopped"))

	// It goes to as many as one was shown, or to nobody. A request with an Idempotency-Key may be repeated without harm.
	api.post(path+"/launch", 409, m{"expected_recipients": people + 1})
	for range 2 {
		api.header("Idempotency-Key", "launch of "+campaign).post(path+"/launch", 202, m{"expected_recipients": people})
	}
	api.until(path, "it runs", func(c answer) bool { return c.text("state") == "running" })

	// Meanwhile it can be held, and a slip in a text that has not been sent mended; the drawing itself stays.
	api.post(path+"/pause", 200, nil)
	require.Equal(t, "paused", api.get(path).text("state"))
	api.post(path+"/resume", 200, nil)
	api.patch(path, m{"rate": nil})
	end := api.until(path, "everybody's walk has ended", func(c answer) bool { return c.text("state") == "finished" })
	require.EqualValues(t, people, end.number("recipients"))
	return campaign
}

// What came of it, in figures and person by person.
func tutorialReports(t *testing.T, api *client, campaign string) {
	path := "/campaigns/" + campaign
	report := api.get(path + "/report")
	ended := 0.0
	for _, kind := range []string{"goal", "completed", "failed", "interrupted"} {
		ended += report.number("endings." + kind)
	}
	require.Equal(t, report.number("recipients"), ended)
	require.Zero(t, report.number("open"))
	require.Equal(t, report.number("recipients"), report.list("blocks")[0].number("entered"))

	// Of each person: every block, message, fact and decision with its reason, and the same in words.
	person := api.get(path + "/recipients?limit=1").list("items")[0]
	trace := api.get(path + "/recipients/" + person.text("recipient"))
	require.NotEmpty(t, trace.list("steps"))
	require.NotEmpty(t, trace.list("words.ru.lines"))
	for _, step := range trace.list("steps") {
		require.NotEmpty(t, step.text("reason"))
	}

	// The next campaign goes to those whom this one did not reach.
	next := api.post(path+"/follow-up", 201, m{"who": "not_delivered"})
	require.Equal(t, "draft", next.text("state"))
	require.Equal(t, campaign, next.text("parent"))
}

// An open campaign has no list: people enter it one by one, when something has happened to each.
func tutorialEntries(t *testing.T, api *client, version string) {
	c := api.post("/campaigns", 201, m{"name": "Заказ собран", "version": version, "kind": "open", "entry": m{"again": "after_end"}})
	path := "/campaigns/" + c.text("id")
	api.post(path+"/launch", 202, nil)
	api.until(path, "it is open", func(c answer) bool { return c.text("state") == "running" })

	// Each comes with what the texts need, and with a key, so that asking twice enters nobody twice.
	order := m{"recipients": []m{{"phone": "+7 912 000-00-17", "name": "Мария", "data": m{"order": "17"}, "key": "order 17"}}}
	first := api.post(path+"/entries", 200, order).list("recipients")[0]
	again := api.post(path+"/entries", 200, order).list("recipients")[0]
	require.NotEmpty(t, first.text("recipient"))
	require.Equal(t, first.text("recipient"), again.text("recipient"))

	api.until(path+"/report", "the message is sent", func(r answer) bool { return r.list("blocks")[0].number("sent") == 1 })
	api.post(path+"/close", 200, nil)
	end := api.until(path, "the last walk has ended", func(c answer) bool { return c.text("state") == "finished" })
	require.EqualValues(t, 1, end.number("recipients"))
}

// m is a JSON object.
type m = map[string]any

// server is a running program.
type server struct {
	base string
	code string // of the one-time link; empty where there is none any more
	kill func() // as a crash does; it returns when the process is gone
}

var (
	printedAddress = regexp.MustCompile(`Kaskad: (http://127\.0\.0\.1:\d+)/`)
	printedLink    = regexp.MustCompile(`/sign-in\?code=(\S+)`)
)

// startServer runs `kaskad serve` on a database of its own, with a demonstration's clock.
func startServer(t *testing.T) *server {
	t.Helper()
	return startServerOn(t, storetest.New(t), t.TempDir(), true)
}

// startServerOn starts one on a database and a folder that may have been used before; first tells that they were not.
func startServerOn(t *testing.T, database, dir string, first bool) *server {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	said, err := os.CreateTemp(dir, "said")
	require.NoError(t, err)
	defer said.Close()
	cmd := exec.Command(path, "serve", "--listen", "127.0.0.1:0", "--database", database, "--data", dir, "--hurry", "20000")
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(done)
	}()
	s := &server{kill: func() {
		_ = cmd.Process.Kill() // an error means that it has ended
		<-done
	}}
	t.Cleanup(func() {
		s.kill()
		if text, err := os.ReadFile(said.Name()); t.Failed() && err == nil {
			t.Log(lastWords(string(text)))
		}
	})
	until(t, time.Minute, "it says where it is", func() bool {
		text, err := os.ReadFile(said.Name())
		require.NoError(t, err)
		address, link := printedAddress.FindStringSubmatch(string(text)), printedLink.FindStringSubmatch(string(text))
		if address == nil || first && link == nil {
			return false
		}
		s.base = address[1] + "/api/v1"
		if link != nil {
			s.code = link[1]
		}
		return true
	})
	return s
}

// client speaks to the interface.
type client struct {
	testing.TB
	http    *http.Client
	base    string
	token   string
	headers map[string]string // of the next request
}

func (s *server) client(t *testing.T) *client {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &client{TB: t, http: &http.Client{Jar: jar, Timeout: time.Minute}, base: s.base, headers: map[string]string{}}
}

// header sets a header of the next request.
func (c *client) header(name, value string) *client {
	c.headers[name] = value
	return c
}

func (c *client) get(path string, status ...int) answer {
	c.Helper()
	return c.json(http.MethodGet, path, append(status, 200)[0], nil)
}

func (c *client) post(path string, status int, body any) answer {
	c.Helper()
	return c.json(http.MethodPost, path, status, body)
}

func (c *client) put(path string, status int, body any) answer {
	c.Helper()
	return c.json(http.MethodPut, path, status, body)
}

func (c *client) patch(path string, body any, status ...int) answer {
	c.Helper()
	return c.json(http.MethodPatch, path, append(status, 200)[0], body)
}

func (c *client) json(method, path string, status int, body any) answer {
	c.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(c, err)
		c.header("Content-Type", "application/json")
	}
	content, headers := c.send(method, path, status, text)
	a := answer{}
	if len(content) > 0 {
		require.NoError(c, json.Unmarshal(content, &a), "%s", content)
	}
	if tag := headers.Get("ETag"); tag != "" {
		a["etag"] = tag
	}
	return a
}

func (c *client) upload(path string, file []byte) answer {
	c.Helper()
	content, _ := c.header("Content-Type", "text/csv").send(http.MethodPost, path, 201, file)
	a := answer{}
	require.NoError(c, json.Unmarshal(content, &a))
	return a
}

func (c *client) raw(path string) string {
	c.Helper()
	content, _ := c.send(http.MethodGet, path, 200, nil)
	return string(content)
}

func (c *client) send(method, path string, status int, body []byte) ([]byte, http.Header) {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), method, c.base+path, bytes.NewReader(body))
	require.NoError(c, err)
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	clear(c.headers)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	require.NoError(c, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	require.Equal(c, status, response.StatusCode, "%s %s: %s", method, path, content)
	return content, response.Header
}

// finished waits for a task to end well.
func (c *client) finished(task answer) answer {
	c.Helper()
	end := c.until("/tasks/"+task.text("id"), "the task has ended", func(a answer) bool {
		return a.text("state") != "waiting" && a.text("state") != "running"
	})
	require.Equal(c, "done", end.text("state"), "%v", end)
	return end
}

func (c *client) until(path, what string, met func(answer) bool) (last answer) {
	c.Helper()
	until(c.TB, 2*time.Minute, what, func() bool {
		last = c.get(path)
		return met(last)
	})
	return last
}

// answer is a JSON object, whose parts are named by paths such as account.role.
type answer map[string]any

func (a answer) at(path string) any {
	var v any = map[string]any(a)
	for name := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

func (a answer) text(path string) string {
	switch v := a.at(path).(type) {
	case string:
		return v
	case float64:
		text, _ := json.Marshal(v) // a number always has a form
		return string(text)
	}
	return ""
}

func (a answer) number(path string) float64 {
	v, _ := a.at(path).(float64)
	return v
}

func (a answer) node(path string) answer {
	v, _ := a.at(path).(map[string]any)
	return v
}

func (a answer) list(path string) []answer {
	items, _ := a.at(path).([]any)
	list := make([]answer, 0, len(items))
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			list = append(list, object)
		}
	}
	return list
}

func (a answer) etag() string { return a.text("etag") }
