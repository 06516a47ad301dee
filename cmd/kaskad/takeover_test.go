//go:build unix

package main

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// Work that a process was at when it was killed is taken up by the next one, and comes out as if nothing had happened: an
// import, killed while it reads and while it stores, and a launch, killed while it enrols.
func TestWorkIsTakenOverFromAKilledProcess(t *testing.T) {
	t.Parallel()
	const people, doubles, refused = 40_000, 500, 300
	database, dir := storetest.New(t), t.TempDir()
	db := storetest.Connect(t, database)
	s := startServerOn(t, database, dir, true)
	me := s.client(t)
	me.post("/session/link", 200, m{"code": s.code, "password": "correct horse battery", "name": "Анна"})
	token := me.post("/tokens", 201, m{"name": "Takeover", "scopes": []string{"contacts:read", "contacts:write", "schemes:read",
		"schemes:write", "campaigns:read", "campaigns:write", "campaigns:launch"}}).text("secret")
	api := func() *client {
		c := s.client(t)
		c.token = token
		return c
	}
	// killed kills the process as soon as something holds, while the task is still at work, and starts another.
	killed := func(task, when string, holds func() bool) {
		until(t, time.Minute, when, holds)
		s.kill()
		require.EqualValues(t, 1, db.Count("SELECT count(*) FROM tasks WHERE task = "+task+" AND state = 'running'"), "it is killed %s", when)
		s = startServerOn(t, database, dir, false)
	}
	some := func(query string) func() bool {
		return func() bool { return db.Count("SELECT count(*) FROM (SELECT 1 FROM "+query+" LIMIT 1) AS x") > 0 }
	}

	var file strings.Builder
	file.WriteString("phone;name\n")
	for i := range people {
		fmt.Fprintf(&file, "+7901%07d;Имя %d\n", i, i)
		if i%(people/doubles) == 0 {
			fmt.Fprintf(&file, "8901%07d;Снова %d\n", i, i)
		}
	}
	for i := range refused {
		fmt.Fprintf(&file, "+7901%03d;Короткий %d\n", i, i)
	}
	group := api().post("/groups", 201, m{"name": "Все"}).text("id")
	draft := api().upload("/imports?name=all.csv", []byte(file.String()))
	path := "/imports/" + draft.text("id")
	api().patch(path, m{"groups": []string{group}})
	task := api().post(path+"/start", 202, nil).text("id")
	killed(task, "while it reads", some("tasks WHERE task = "+task+" AND state = 'running'"))
	killed(task, "while it stores", some("contacts"))
	done := api().finished(answer{"id": task})
	require.EqualValues(t, people, done.number("result.added"))
	require.EqualValues(t, doubles, done.number("result.doubles"))
	require.EqualValues(t, refused, done.number("result.refused"))
	require.EqualValues(t, people, db.Count("SELECT count(*) FROM contacts"))
	require.EqualValues(t, people, db.Count("SELECT count(DISTINCT phone) FROM contacts WHERE name LIKE 'Имя %'"))
	require.EqualValues(t, people, api().get("/groups/"+group).number("size"))
	lines := csv.NewReader(strings.NewReader(api().raw("/tasks/" + task + "/files/" + url.PathEscape(done.list("files")[0].text("name")))))
	lines.Comma = ';'
	rows, err := lines.ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+doubles+refused)
	require.EqualValues(t, 1, db.Count("SELECT count(*) FROM audit WHERE what = 'import.done'"))

	scheme := api().post("/schemes", 201, m{"template": "viber-sms"}).text("id")
	etag := api().get("/schemes/" + scheme + "/draft").etag()
	version := api().header("If-Match", etag).post("/schemes/"+scheme+"/publish", 201, m{}).text("id")
	campaign := "/campaigns/" + api().post("/campaigns", 201, m{"name": "Всем", "version": version, "audience": m{"groups": []string{group}},
		"start": m{"when": "at", "at": time.Now().Add(48 * time.Hour)}}).text("id")
	task = api().post(campaign+"/launch", 202, m{"expected_recipients": people}).text("task")
	killed(task, "while it enrols", some("recipients"))
	require.EqualValues(t, people, api().finished(answer{"id": task}).number("result.recipients"))
	launched := api().get(campaign)
	require.Equal(t, "scheduled", launched.text("state"))
	require.EqualValues(t, people, launched.number("recipients"))
	require.EqualValues(t, people, launched.number("open"))
	require.EqualValues(t, people, db.Count("SELECT count(*) FROM recipients"))
	require.EqualValues(t, people, db.Count("SELECT count(DISTINCT contact) FROM recipients"))
	require.EqualValues(t, 1, db.Count("SELECT count(*) FROM audit WHERE what = 'campaign.launched'"))
}
