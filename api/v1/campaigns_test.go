package v1_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	v1 "kaskad/api/v1"
	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/expression"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/report/trace"
	"kaskad/engine/scheme"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
	"kaskad/nodes"
)

// wireCampaigns comes after contacts and tasks, which campaigns stand on.
func (w *world) wireCampaigns() {
	s, err := campaigns.New(campaigns.Options{Store: w.store, Select: w.people, Zones: w.people, Takers: w.people, Tasks: w.tasks, Compile: compiled,
		NewID: w.newID, Seed: func() uint64 { return 42 }, Connections: []string{"demo"}})
	require.NoError(w, err)
	w.tasks.Register(campaigns.LaunchTask, func(ctx context.Context, r *tasks.Run) (any, error) { return s.RunLaunch(ctx, r) })
	w.tasks.Register(campaigns.EstimateTask, func(ctx context.Context, r *tasks.Run) (any, error) { return s.RunEstimate(ctx, r) })
	w.tasks.Register(campaigns.ExportTask, func(ctx context.Context, r *tasks.Run) (any, error) { return s.RunExport(ctx, r) })
	w.parts.Campaigns = s
}

func compiled(document []byte) (*engine.Program, error) {
	checked, found := scheme.Check(document, nodes.All(), expression.New())
	if checked == nil {
		return nil, fmt.Errorf("%v", found)
	}
	return engine.Compile(checked)
}

// version publishes the small cascade and gives its version's id.
func (w *world) version(account ids.ID) ids.ID {
	w.Helper()
	id := w.newID()
	text, err := json.Marshal(cascade("Viber, then SMS"))
	require.NoError(w, err)
	require.NoError(w, w.store.PublishVersion(w.Context(), int64(account), int64(id), "Viber, then SMS", text, scheme.FormatVersion))
	return id
}

// somebody makes n contacts with phones +7916...
func (w *world) somebody(n int) {
	w.db.Fill(1, n, `INSERT INTO contacts (account, contact, phone, name, zone) SELECT $3, 500 + i, '+7916' || lpad(i::text, 7, '0'), 'Анна ' || i, 'Europe/Moscow'
		FROM generate_series($1::bigint, $2::bigint) AS i`, int64(mine))
}

type campaignPage = paging.Page[campaign.Campaign]

// TestACampaign goes the way that a marketer goes.
func TestACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(5)
	c := w.as(access.Marketer)
	made := into[campaign.Campaign](c.post("/campaigns", object{"name": "Весенняя распродажа", "version": w.version(mine),
		"audience": object{"filter": `name != "Анна 5"`}, "tags": []string{"весна"},
		"window": object{"zone": "recipient", "days": []int{1, 2, 3, 4, 5, 6, 7}, "from": "00:00", "to": "24:00"}}, 201))
	path := "/campaigns/" + made.ID.String()
	require.Equal(t, campaign.Draft, made.State)
	require.Equal(t, "demo", made.Connection)

	changed := into[campaign.Campaign](c.patch(path, object{"rate": 100, "tags": []string{"весна", "скидки"}, "window": nil}, 200))
	require.Equal(t, 100, *changed.Rate)
	require.Nil(t, changed.Window)
	e := into[campaign.Estimate](c.post(path+"/estimate", nil, 200))
	require.EqualValues(t, 4, e.Recipients)
	c.post(path+"/launch", object{"expected_recipients": 3}, 409).says("recipients_differ", "body.expected_recipients")
	launching := into[campaign.Campaign](c.post(path+"/launch", object{"expected_recipients": 4}, 202))
	require.True(t, launching.Launching)
	done := c.ended(launching.Task)
	require.Equal(t, task.Done, done.State, "%+v", done)
	require.JSONEq(t, `{"campaign": "`+made.ID.String()+`", "selected": 4, "recipients": 4, "refused": {}}`, string(done.Result))

	c.post("/campaigns", object{"name": "Акция", "version": w.version(mine)}, 201)
	byName := into[campaignPage](c.get("/campaigns?sort=name&limit=1", 200))
	require.Equal(t, "Акция", byName.Items[0].Name)
	require.Equal(t, made.ID, into[campaignPage](c.get("/campaigns?sort=name&cursor="+byName.Next, 200)).Items[0].ID)
	c.get("/campaigns?sort=-name&cursor="+byName.Next, 422).says("bad_cursor", "query.cursor")
	list := into[campaignPage](c.get("/campaigns?state=scheduled&tag=%D0%B2%D0%B5%D1%81%D0%BD%D0%B0&q=%D1%80%D0%B0%D1%81%D0%BF%D1%80%D0%BE%D0%B4", 200))
	require.Len(t, list.Items, 1)
	require.EqualValues(t, 4, list.Items[0].Open)
	_, err := w.store.Finish(t.Context()) // as a worker does
	require.NoError(t, err)
	require.Equal(t, campaign.Running, into[campaign.Campaign](c.get(path, 200)).State)

	people := into[paging.Page[campaign.Person]](c.get(path+"/recipients?limit=3&state=waiting", 200))
	require.Len(t, people.Items, 3)
	require.Equal(t, "v", people.Items[0].Node)
	rest := into[paging.Page[campaign.Person]](c.get(path+"/recipients?limit=3&cursor="+people.Next, 200))
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.Next)
	found := into[paging.Page[campaign.Person]](c.get(path+"/recipients?q=0000003", 200))
	require.Len(t, found.Items, 1)
	require.Equal(t, "+79160000003", found.Items[0].Phone)
	require.Len(t, into[paging.Page[campaign.Person]](c.get(path+"/recipients?q=%D0%90%D0%9D%D0%9D%D0%90", 200)).Items, 4, "by the beginning of a name")
	c.get(path+"/recipients?node=zzz", 422).says("recipients_node", "query.node")

	told := into[trace.Shown](c.get(fmt.Sprintf("%s/recipients/%d", path, found.Items[0].Number), 200))
	require.Equal(t, "waiting", told.State)
	require.Contains(t, told.Words.EN.Lines[0].Text, "begins at")
	require.Contains(t, told.Words.RU.Lines[0].Text, "начнёт в")
	c.get(path+"/recipients/99", 404).says("recipient_not_found", "")
	walks := into[paging.Page[campaign.Walk]](c.get("/contacts/503/walks", 200))
	require.Len(t, walks.Items, 1)
	require.Equal(t, made.ID, walks.Items[0].Campaign)

	figures := into[v1.Figures](c.get(path+"/report", 200))
	require.EqualValues(t, 4, figures.Open)
	require.Len(t, figures.Blocks, 3)
	require.Empty(t, into[paging.Page[campaign.Trouble]](c.get(path+"/troubles", 200)).Items)
	require.Empty(t, into[paging.Page[campaign.UnknownFact]](c.get("/unknown-facts", 200)).Items)

	x := into[campaign.Correction](c.post(path+"/corrections", object{"node": "v", "field": "text", "old": "20% off", "new": "25% off"}, 201))
	require.Equal(t, "marketer", x.By)
	c.post(path+"/pause", nil, 200)
	c.post(path+"/pause", nil, 409).says("campaign_is_paused", "")
	require.Contains(t, c.russian().post(path+"/pause", nil, 409).says("campaign_is_paused", "").Detail, "на паузе")
	c.post(path+"/resume", nil, 200)
	cancelled := into[campaign.Done](c.post(path+"/cancel", nil, 200))
	require.EqualValues(t, 4, cancelled.Interrupted)
	history := into[paging.Page[campaign.Change]](c.get(path+"/history", 200))
	var whats []string
	for _, h := range history.Items {
		whats = append(whats, h.What)
	}
	require.Equal(t, []string{"campaign.cancelled", "campaign.resumed", "campaign.paused", "campaign.corrected", "campaign.launched",
		"campaign.changed", "campaign.created"}, whats)
	c.delete(path, 409).says("campaign_is_cancelled", "")
	copied := into[campaign.Campaign](c.post(path+"/copy", object{"name": "Копия"}, 201))
	require.Equal(t, campaign.Copy, copied.MadeAs)
	c.delete("/campaigns/"+copied.ID.String(), 204)
	test := into[campaign.Campaign](c.post(path+"/test", object{"phones": []string{"+79160000001"}}, 201))
	require.True(t, test.Test)
	follow := into[campaign.Campaign](c.post(path+"/follow-up", object{"who": "not_delivered"}, 201))
	require.Equal(t, made.ID, follow.Audience.Follows.Campaign)
}

// TestCampaignsOfAnotherAccount tries everything with a stranger's campaign.
func TestCampaignsOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.owner.post("/campaigns", object{"name": "Моя", "version": w.version(mine)}, 201).made().String()
	for _, path := range []string{"", "/history", "/corrections", "/recipients", "/recipients/0", "/report", "/events", "/troubles"} {
		w.other.get("/campaigns/"+id+path, 404).says("campaign_not_found", "")
	}
	for _, path := range []string{"/estimate", "/launch", "/pause", "/resume", "/withdraw", "/close", "/archive", "/unarchive", "/cancel", "/copy",
		"/repeat", "/approve", "/reject"} {
		w.other.post("/campaigns/"+id+path, nil, 404).says("campaign_not_found", "")
	}
	w.other.post("/campaigns/"+id+"/follow-up", object{"who": "no_goal"}, 404).says("campaign_not_found", "")
	w.other.post("/campaigns/"+id+"/test", object{"phones": []string{"+79160000001"}}, 404).says("campaign_not_found", "")
	w.other.post("/campaigns/"+id+"/corrections", object{"node": "v", "field": "text", "old": "a", "new": "b"}, 404).says("campaign_not_found", "")
	w.other.patch("/campaigns/"+id, object{"name": "Чужая"}, 404).says("campaign_not_found", "")
	w.other.delete("/campaigns/"+id, 404).says("campaign_not_found", "")
	w.other.post("/campaigns", object{"name": "Чужая", "version": w.version(mine)}, 422).says("campaign_version_unknown", "body.version")
	require.Empty(t, into[campaignPage](w.other.get("/campaigns", 200)).Items)
	w.as(access.Operator).get("/campaigns", 403).says("scope_needed", "")
	w.as(access.Analyst).post("/campaigns/"+id+"/launch", nil, 403).says("scope_needed", "")
	w.as(access.Marketer).post("/campaigns/"+id+"/approve", nil, 403).says("scope_needed", "")
}

func TestModerationByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(1)
	require.False(t, into[v1.ModerationRule](w.owner.get("/moderation", 200)).Needed)
	w.owner.put("/moderation", object{"needed": true}, 200)
	path := "/campaigns/" + w.owner.post("/campaigns", object{"name": "Акция", "version": w.version(mine)}, 201).made().String()
	c := w.as(access.Marketer)
	require.Equal(t, campaign.Moderation, into[campaign.Campaign](c.post(path+"/launch", nil, 202)).State)
	require.Equal(t, "Не так", into[campaign.Campaign](w.owner.post(path+"/reject", object{"note": "Не так"}, 200)).Note)
	c.post(path+"/launch", nil, 202)
	approved := into[campaign.Campaign](w.as(access.Admin).post(path+"/approve", nil, 200))
	require.True(t, approved.Launching)
	require.Equal(t, task.Done, c.ended(approved.Task).State)
	require.Equal(t, campaign.Scheduled, into[campaign.Campaign](c.get(path, 200)).State)
}

func TestMistakesInCampaigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	version := w.version(mine)
	for field, c := range map[string]struct {
		code string
		body object
	}{
		"body.name":            {"campaign_name", object{"name": " ", "version": version}},
		"body.version":         {"campaign_version_unknown", object{"name": "x", "version": "77"}},
		"body.start.cron":      {"cron_often", object{"name": "x", "version": version, "start": object{"when": "cron", "cron": "* * * * *"}}},
		"body.start.local":     {"start_local", object{"name": "x", "version": version, "start": object{"when": "local", "local": "9 мая"}}},
		"body.zone":            {"campaign_zone", object{"name": "x", "version": version, "zone": "Moscow"}},
		"body.audience.filter": {"", object{"name": "x", "version": version, "audience": object{"filter": "name =="}}},
	} {
		a := w.owner.post("/campaigns", c.body, 422)
		if c.code != "" {
			a.says(c.code, field)
		}
		require.Contains(t, string(a.body), field)
	}
	w.owner.post("/campaigns", object{"name": "x", "version": version, "colour": "red"}, 422)
	w.owner.get("/campaigns?sort=colour", 422)
	w.owner.get("/campaigns?cursor=zzz", 422).says("bad_cursor", "query.cursor")
	w.owner.get("/contacts/999/walks", 404).says("walks_contact", "")
}

// TestWatchACampaign reads a stream as a browser does.
func TestWatchACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(2)
	made := into[campaign.Campaign](w.owner.post("/campaigns", object{"name": "Акция", "version": w.version(mine)}, 201))
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+v1.Base+"/campaigns/"+made.ID.String()+"/events", nil)
	require.NoError(t, err)
	r.Header = w.owner.headers.Clone()
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, answer.Body.Close()) })
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines := bufio.NewScanner(answer.Body)
	next := func() (name, data string) {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = text
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return name, text
			}
		}
		require.FailNow(t, "the stream ended")
		return "", ""
	}
	name, data := next()
	require.Equal(t, "state", name)
	require.Contains(t, data, `"blocks":[{"id":"v"`)
	w.db.Exec("INSERT INTO counters (account, campaign, shard, node, what, n) VALUES ($1, $2, 1, 0, 'entered', 2)", int64(mine), int64(made.ID))
	w.clock.move(2 * time.Second)
	name, data = next()
	require.Equal(t, "change", name)
	var change v1.FiguresChange
	require.NoError(t, json.Unmarshal([]byte(data), &change))
	require.Len(t, change.Blocks, 1, "only what changed")
	require.EqualValues(t, 2, change.Blocks[0].Entered)
	require.Nil(t, change.Recipients)
}
