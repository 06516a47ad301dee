//go:build unix

package main

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// What comes after the first day: versions, the book kept in order, launches of every kind, and what holds them back. Like
// TestTutorial it may be read as a tutorial of the interface.
func TestTutorialOfTheDaysAfter(t *testing.T) {
	t.Parallel()
	server := startServerOn(t, storetest.New(t), t.TempDir(), true)
	me := server.client(t)
	me.post("/session/link", 200, m{"code": server.code, "password": "correct horse battery", "name": "Анна"})

	// Three customers; the first two have agreed to advertising by SMS.
	group := me.post("/groups", 201, m{"name": "Свои"}).text("id")
	var people []string
	for _, name := range []string{"Ольга", "Пётр", "Рита"} {
		c := me.post("/contacts", 201, m{"name": name, "phone": "+7 912 000-00-0" + string(rune('1'+len(people))), "zone": "Asia/Yekaterinburg",
			"groups": []string{group}})
		people = append(people, c.text("id"))
	}
	for _, id := range people[:2] {
		me.post("/contacts/"+id+"/consents", 201, m{"channel": "sms", "text": "Согласен на рассылку", "source": "сайт"})
	}
	version := tutorialVersions(t, me)
	tutorialKinds(t, me, group, version)
	tutorialHolding(t, me, group, version)
	tutorialApproval(t, me, group, version)
	tutorialBook(t, me, people)
}

// A scheme has a history: every published version stays as it was, and an old one may be drawn on.
func tutorialVersions(t *testing.T, me *client) (version string) {
	document := m{"kind": "cascade", "name": "Новости", "nodes": []m{
		{"id": "sms", "type": "sms", "name": "СМС", "x": 0, "y": 0, "config": m{"sender": "SHOP", "text": "Прывет!", "decision_time": "1h"}},
		{"id": "goal", "type": "goal", "name": "Прочитано", "x": 0, "y": 100, "config": m{}}},
		"links": []m{{"id": "1", "from": "sms", "to": "goal", "type": "status", "value": "delivered"}}}
	require.Empty(t, me.post("/findings", 200, m{"document": document}).list("findings"))
	path := "/schemes/" + me.post("/schemes", 201, m{"document": document}).text("id")
	draft := me.get(path + "/draft")
	version = me.header("If-Match", draft.etag()).post(path+"/publish", 201, m{"note": "первая"}).text("id")

	// A second version, and the first one drawn on again: it becomes the draft, and publishing it is a third.
	document["name"] = "Новости недели"
	draft = me.header("If-Match", me.get(path+"/draft").etag()).put(path+"/draft", 200, m{"document": document})
	me.header("If-Match", draft.etag()).post(path+"/publish", 201, m{"note": "вторая"})
	require.Len(t, me.get(path+"/versions").list("items"), 2)
	back := me.header("If-Match", me.get(path+"/draft").etag()).post(path+"/versions/"+version+"/restore", 200, nil)
	require.Equal(t, "Новости", back.text("document.name"))

	// Schemes travel as files, can be copied, and put away.
	file := me.raw(path + "/export")
	content, _ := me.header("Content-Type", "application/json").send(http.MethodPost, "/schemes/import", 201, []byte(file))
	require.Contains(t, string(content), "Новости")
	twin := me.post(path+"/copy", 201, m{"name": "Двойник"}).text("id")
	me.post("/schemes/"+twin+"/archive", 200, nil)
	return version
}

// launched makes and launches a campaign, and gives its path.
func launched(me *client, terms m) string {
	me.Helper()
	path := "/campaigns/" + me.post("/campaigns", 201, terms).text("id")
	me.post(path+"/launch", 202, nil)
	return path
}

func ended(c answer) bool { return c.text("finished_at") != "" }

// Launches of every kind: a trial on oneself, advertising, at the recipients' own hour, again and again.
func tutorialKinds(t *testing.T, me *client, group, version string) {
	terms := func(name string, more m) m {
		all := m{"name": name, "version": version, "audience": m{"groups": []string{group}}}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	draft := "/campaigns/" + me.post("/campaigns", 201, terms("Проба", nil)).text("id")
	trial := me.post(draft+"/test", 201, m{"phones": []string{"+7 912 000-00-09"}})
	me.until("/campaigns/"+trial.text("id"), "the trial is over", ended)

	// Advertising reaches only those who agreed.
	ads := me.until(launched(me, terms("Акция", m{"advertising": true})), "the advertising is over", ended)
	require.EqualValues(t, 2, ads.number("recipients"))
	require.EqualValues(t, 1, ads.number("refused.no_consent"))

	// Ten o'clock on everybody's own clock, and every Monday; each repetition will be a campaign of its own.
	local := launched(me, terms("В десять", m{"start": m{"when": "local", "local": "2027-06-15 10:00"}}))
	require.Equal(t, "2027-06-15T05:00:00Z", me.until(local, "it is scheduled", func(c answer) bool {
		return c.text("state") == "scheduled"
	}).text("starts_at"))
	require.EqualValues(t, 3, me.post(local+"/cancel", 200, nil).number("interrupted"))
	weekly := launched(me, terms("По понедельникам", m{"start": m{"when": "cron", "cron": "0 10 * * 1", "zone": "Europe/Moscow"}, "end_after": "8h"}))
	require.NotEmpty(t, me.get(weekly).text("next_at"))
	me.post(weekly+"/pause", 200, nil)
	me.post(weekly+"/cancel", 200, nil)

	// Evenly until the end of the day, only by day, never more than fifty a second.
	even := me.post("/campaigns", 201, terms("Плавно", m{"smooth": true, "end": "2027-06-15T18:00:00Z", "rate": 50,
		"start":  m{"when": "at", "at": "2027-06-15T06:00:00Z"},
		"window": m{"zone": "recipient", "days": []int{1, 2, 3, 4, 5, 6, 7}, "from": "10:00", "to": "21:00"}}))
	estimate := me.post("/campaigns/"+even.text("id")+"/estimate", 200, nil)
	require.Equal(t, "Asia/Yekaterinburg", estimate.list("zones")[0].text("zone"))
	require.Zero(t, estimate.number("never_open"))
}

// A campaign that runs can be watched, held, narrowed, mended in its texts and stopped; and followed by another one.
func tutorialHolding(t *testing.T, me *client, group, version string) {
	path := "/campaigns/" + me.post("/campaigns", 201, m{"name": "Новости", "version": version, "audience": m{"groups": []string{group}},
		"window": m{"zone": "UTC", "days": []int{1, 2, 3, 4, 5, 6, 7}, "from": "00:00", "to": "24:00"}}).text("id")
	me.post(path+"/launch", 202, nil)
	me.until(path, "it was launched", func(c answer) bool { return c.text("launched_at") != "" })
	event := firstEvent(t, me, path+"/events")
	require.Contains(t, event, "event: state")
	require.Contains(t, event, `"recipients":3`)
	over := me.until(path, "it is over", ended)
	require.EqualValues(t, 3, over.number("recipients"))

	// Again, as it was; with a slip in the text corrected, which is noted and leaves the version alone.
	again := "/campaigns/" + me.post(path+"/repeat", 201, m{"name": "Новости ещё раз"}).text("id")
	me.patch(again, m{"start": m{"when": "at", "at": "2027-06-15T10:00:00Z"}})
	me.post(again+"/launch", 202, nil)
	me.until(again, "it is scheduled", func(c answer) bool { return c.text("state") == "scheduled" })
	me.post(again+"/corrections", 201, m{"node": "sms", "field": "text", "old": "Прывет!", "new": "Привет!"})
	me.patch(again, m{"end": "2027-06-15T12:00:00Z", "rate": 10, "tags": []string{"новости"}})
	me.patch(again, m{"audience": m{}}, 409)
	me.post(again+"/pause", 200, nil)
	require.EqualValues(t, 3, me.post(again+"/cancel", 200, nil).number("interrupted"))
	require.EqualValues(t, 3, me.until(again+"/report", "all are interrupted", func(r answer) bool {
		return r.number("endings.interrupted") == 3
	}).number("recipients"))

	// Who has not got it, by name and in a file.
	found := me.get(again + "/recipients?state=interrupted&q=" + url.QueryEscape("Ольга")).list("items")
	require.Len(t, found, 1)
	file := me.finished(me.post(again+"/recipients/export", 202, m{"state": "interrupted"}))
	require.EqualValues(t, 3, file.number("result.rows"))
	rest := "/campaigns/" + me.post(again+"/follow-up", 201, m{"who": "interrupted"}).text("id")
	require.EqualValues(t, 3, me.post(rest+"/estimate", 200, nil).number("recipients"))
}

// firstEvent reads an event of a stream.
func firstEvent(t *testing.T, me *client, path string) string {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, me.base+path, nil)
	require.NoError(t, err)
	response, err := me.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var event strings.Builder
	for lines := bufio.NewScanner(response.Body); lines.Scan() && (lines.Text() != "" || event.Len() == 0); {
		event.WriteString(lines.Text() + "\n")
	}
	return event.String()
}

// An account may want two pairs of eyes on every launch, and may bound how often it writes to anybody.
func tutorialApproval(t *testing.T, me *client, group, version string) {
	me.put("/moderation", 200, m{"needed": true})
	marketer := *me
	marketer.token = me.post("/tokens", 201, m{"name": "Маркетолог", "scopes": []string{"campaigns:read", "campaigns:write", "campaigns:launch"}}).text("secret")
	path := launched(&marketer, m{"name": "На проверку", "version": version, "audience": m{"groups": []string{group}}})
	require.Equal(t, "moderation", marketer.get(path).text("state"))
	marketer.post(path+"/approve", 403, nil)
	me.post(path+"/approve", 200, m{"note": "хорошо"})
	me.until(path, "it is over", ended)
	me.put("/moderation", 200, m{"needed": false})

	// One campaign a day: the second one of a day tells before how many it would not write to, and they are interrupted.
	me.patch("/account", m{"cap_day": 1})
	terms := m{"name": "Первая за день", "version": version, "audience": m{"groups": []string{group}}}
	me.until(launched(me, terms), "it is over", ended)
	second := "/campaigns/" + me.post("/campaigns", 201, terms).text("id")
	require.EqualValues(t, 3, me.post(second+"/estimate", 200, nil).number("capped"))
	me.post(second+"/launch", 202, nil)
	me.until(second, "it is over", ended)
	require.EqualValues(t, 3, me.get(second+"/report").number("endings.interrupted"))
	me.patch("/account", m{"cap_day": nil})
}

// The book is kept in order: people in files, by lists, and forgotten at their wish.
func tutorialBook(t *testing.T, me *client, people []string) {
	file := me.finished(me.post("/exports", 202, m{"what": "contacts"}))
	require.GreaterOrEqual(t, file.number("result.rows"), 3.0)
	me.post("/contacts/delete", 200, m{"ids": people[:1]})
	me.post("/contacts/restore", 200, m{"ids": people[:1]})
	me.post("/contacts/"+people[1]+"/erase", 200, m{"confirm": true})
	me.get("/contacts/"+people[1], 404)
}
