package v1_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	v1 "kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/channel"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store/campaigns"
)

// wireEntries lets people in through a process without workers.
func (w *world) wireEntries() {
	store := w.parts.Campaigns.(*campaigns.Store)
	e := run.NewEntrance(w.store, run.NewRegistry(), slog.New(slog.DiscardHandler))
	store.Entrance = e
	w.parts.Entries = store
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	w.Cleanup(func() { stop(); <-done })
}

// orders is a cascade that tells of an order by SMS; the large ones are told otherwise.
const orders = `{"kind": "cascade", "name": "Orders", "nodes": [
	{"id": "c", "type": "condition", "name": "Large", "config": {"branches": [{"id": "large", "when": "data.sum > 1000"}]}},
	{"id": "l", "type": "sms", "name": "Large", "config": {"sender": "SHOP", "text": "{{ contact.name }}, ваш большой заказ {{ data.order }}", "decision_time": "1d"}},
	{"id": "s", "type": "sms", "name": "Small", "config": {"sender": "SHOP", "text": "{{ contact.name }}, ваш заказ {{ data.order }}", "decision_time": "1d"}},
	{"id": "g", "type": "goal", "name": "Done", "config": {}}],
	"links": [{"id": "1", "from": "c", "to": "l", "type": "branch", "value": "large"}, {"id": "2", "from": "c", "to": "s", "type": "branch", "value": "else"},
	{"id": "3", "from": "l", "to": "g", "type": "status", "value": "delivered"}, {"id": "4", "from": "s", "to": "g", "type": "status", "value": "delivered"}]}`

func (w *world) ordersVersion() ids.ID {
	w.Helper()
	id := w.newID()
	require.NoError(w, w.store.PublishVersion(w.Context(), int64(mine), int64(id), "Orders", []byte(orders), scheme.FormatVersion))
	return id
}

// opened makes and launches an open campaign.
func (w *world) opened(c *client, entry object) string {
	w.Helper()
	made := into[campaign.Campaign](c.post("/campaigns", object{"name": "Заказы", "version": w.ordersVersion(), "kind": "open", "entry": entry}, 201))
	path := "/campaigns/" + made.ID.String()
	c.post(path+"/launch", nil, 202)
	return path
}

// shelf is a provider that keeps what it was given.
type shelf struct {
	mu    sync.Mutex
	texts map[string]string // by address
	full  chan struct{}
	wants int
}

func (*shelf) Limits() channel.Limits { return channel.Limits{Batch: 100, Concurrent: 2} }

func (s *shelf) Send(_ context.Context, messages []channel.Message) []channel.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]channel.Result, len(messages))
	for i, m := range messages {
		s.texts[m.Address] = m.Content.Text
		results[i] = channel.Result{Status: channel.Accepted, ProviderID: m.Key.String()}
	}
	if len(s.texts) == s.wants {
		close(s.full)
		s.wants = -1
	}
	return results
}

type noHooks struct{}

func (noHooks) Call(context.Context, run.HookRequest) string { return "" }

// works starts a worker whose provider waits for so many addresses.
func (w *world) works(wants int) *shelf {
	w.Helper()
	s := &shelf{texts: map[string]string{}, full: make(chan struct{}), wants: wants}
	registry, log := run.NewRegistry(), w.journal.log()
	r, err := run.New(run.Options{Process: "worker", Workers: 1, Store: w.store, Registry: registry, Inbox: run.NewInbox(w.store, registry, log),
		Senders: map[string]channel.Sender{"demo": s}, Caller: noHooks{}, Compile: compiled, Link: func(channel.Key, int) string { return "" },
		Log: log, Clock: time.Now, Rand: rand.NewPCG(1, 2)})
	require.NoError(w, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	w.Cleanup(func() { stop(); require.NoError(w, <-done) })
	return s
}

// TestOrdersAreTold goes the whole way: a shop's program tells of orders, and the customers get their messages.
func TestOrdersAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as(access.Marketer)
	path := w.opened(c, object{"again": "always"})
	s := w.works(3)
	known := into[audience.Contact](w.owner.post("/contacts", object{"phone": "+79161234567", "name": "Анна"}, 201))
	r := into[campaign.EntryResult](c.post(path+"/entries", object{"recipients": []object{
		{"contact": known.ID, "key": "order 1", "data": object{"order": "A-1", "sum": 100}},
		{"phone": "8 916 765-43-21", "name": "Пётр", "attributes": object{"city": "Казань"}, "key": "order 2", "data": object{"order": "A-2", "sum": 5000}},
		{"email": "maria@shop.example", "addresses": object{"whatsapp": "+7 903 111-22-33"}, "data": object{"order": "A-3"}},
	}}, 200))
	require.Equal(t, []int{2, 0, 1}, []int{r.Entered, r.Repeated, r.Refused}, "%+v", r)
	require.Equal(t, "no_address", r.Recipients[2].Refused, "an SMS needs a phone")
	require.EqualValues(t, 0, *r.Recipients[0].Recipient)
	require.Equal(t, known.ID, r.Recipients[0].Contact)
	more := into[campaign.EntryResult](c.post(path+"/entries", object{"recipients": []object{
		{"phone": "+79167654321", "name": "Пётр Ильич", "key": "order 2", "data": object{"order": "other"}},
		{"phone": "+79165550000", "name": "Олег", "key": "order 4", "data": object{"order": "A-4"}}, // no sum: the condition is false
	}}, 200))
	require.True(t, more.Recipients[0].Repeated)
	require.Equal(t, r.Recipients[1].Recipient, more.Recipients[0].Recipient)
	require.Equal(t, r.Recipients[1].Contact, more.Recipients[0].Contact)
	select {
	case <-s.full:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the messages did not come", "%v\n%s", s.texts, w.journal)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(t, map[string]string{"+79161234567": "Анна, ваш заказ A-1", "+79167654321": "Пётр, ваш большой заказ A-2",
		"+79165550000": "Олег, ваш заказ A-4"}, s.texts)
	people := into[paging.Page[campaign.Person]](c.get(path+"/recipients", 200))
	require.Len(t, people.Items, 3)
	petr := into[audience.Contact](c.get("/contacts/"+r.Recipients[1].Contact.String(), 200))
	require.Equal(t, "Казань", petr.Attributes["city"])
	c.post(path+"/close", nil, 200)
	c.post(path+"/entries", object{"recipients": []object{{"contact": known.ID}}}, 409).says("entries_closed", "")
}

func TestMistakesOfEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(3)
	c := w.as(access.Marketer)
	path := w.opened(c, object{"again": "never", "limit": 2})
	one := func(o object) object { return object{"recipients": []object{o}} }
	deep := strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)
	for name, x := range map[string]struct {
		body        object
		code, field string
	}{
		"both":     {one(object{"contact": "501", "phone": "+79160000001"}), "entry_both", "body.recipients[0].contact"},
		"nobody":   {one(object{"name": "Анна"}), "entry_nobody", "body.recipients[0]"},
		"a list":   {one(object{"contact": "501", "data": []int{1}}), "entry_data", "body.recipients[0].data"},
		"deep":     {one(object{"contact": "501", "data": json.RawMessage(deep)}), "entry_data", "body.recipients[0].data"},
		"large":    {one(object{"contact": "501", "data": object{"a": strings.Repeat("x", 17<<10)}}), "entry_data", "body.recipients[0].data"},
		"too late": {one(object{"contact": "501", "start_at": time.Now().AddDate(2, 0, 0)}), "entry_start", "body.recipients[0].start_at"},
	} {
		t.Log(name)
		c.post(path+"/entries", x.body, 422).says(x.code, x.field)
	}
	require.NotEmpty(t, c.russian().post(path+"/entries", one(object{"name": "Анна"}), 422).says("entry_nobody", "body.recipients[0]").Errors[0].Message)
	c.post(path+"/entries", object{"recipients": []object{}}, 422)
	w.db.Exec(`INSERT INTO stop_list (account, address, channel, reason, source) VALUES ($1, '+79160000003', '', 'x', 'x')`, int64(mine))
	r := into[campaign.EntryResult](c.post(path+"/entries", object{"recipients": []object{{"contact": "999"}, {"phone": "12"}, {"contact": "503"},
		{"contact": "501"}, {"contact": "501"}, {"phone": "+79160000002"}, {"phone": "+79165550000"}}}, 200))
	var told []string
	for _, x := range r.Recipients {
		told = append(told, x.Refused)
	}
	require.Equal(t, []string{"contact_not_found", "phone_too_short", "stopped", "", "already_in", "", "limit"}, told)
	require.Equal(t, "phone", r.Recipients[1].Field)

	listed := into[campaign.Campaign](c.post("/campaigns", object{"name": "Список", "version": w.ordersVersion()}, 201))
	c.post("/campaigns/"+listed.ID.String()+"/entries", one(object{"contact": "501"}), 409).says("entries_not_open", "")
	draft := into[campaign.Campaign](c.post("/campaigns", object{"name": "Черновик", "version": w.ordersVersion(), "kind": "open"}, 201))
	c.post("/campaigns/"+draft.ID.String()+"/entries", one(object{"contact": "501"}), 409).says("campaign_is_draft", "")
	w.other.post(path+"/entries", one(object{"contact": "501"}), 404).says("campaign_not_found", "")
	w.as(access.Analyst).post(path+"/entries", one(object{"contact": "501"}), 403)
	require.Zero(t, w.db.Count(`SELECT count(*) FROM contacts WHERE account = $1`, int64(theirs)))
}

// Five thousand at once, of people that there are not yet.
func TestThousandsEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as(access.Marketer)
	path := w.opened(c, object{"again": "never"})
	list := make([]object, campaign.MaxEntrants)
	for i := range list {
		list[i] = object{"phone": fmt.Sprintf("+7916%07d", i), "name": "Анна", "key": fmt.Sprint(i), "data": object{"order": i}}
	}
	r := into[campaign.EntryResult](c.post(path+"/entries", v1.NewEntries{Recipients: entrants(t, list)}, 200))
	require.Equal(t, len(list), r.Entered)
	r = into[campaign.EntryResult](c.post(path+"/entries", v1.NewEntries{Recipients: entrants(t, list)}, 200))
	require.Equal(t, len(list), r.Repeated)
	require.EqualValues(t, len(list), w.db.Count(`SELECT count(*) FROM contacts WHERE account = $1`, int64(mine)))
	c.post(path+"/entries", object{"recipients": append(list, list[0])}, 422)
}

func entrants(t *testing.T, list []object) (out []campaign.Entrant) {
	t.Helper()
	text, err := json.Marshal(list)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// Who entered and is no recipient yet is open too: the cancelling counts everybody, and everybody's walk ends once.
func TestCancellingCountsWhoHasYetToBecomeARecipient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(5)
	c := w.as(access.Marketer)
	path := w.opened(c, object{"again": "never"})
	for i := range 5 {
		c.post(path+"/entries", object{"recipients": []object{{"contact": fmt.Sprint(501 + i)}}}, 200)
	}
	require.EqualValues(t, 5, into[campaign.Campaign](c.get(path, 200)).Open)
	done := into[campaign.Done](c.post(path+"/cancel", nil, 200))
	require.EqualValues(t, 5, done.Interrupted)
	require.Zero(t, w.db.Count(`SELECT count(*) FROM recipients`), "nobody works yet")
	w.works(0)
	var end campaign.Campaign
	require.Eventually(t, func() bool {
		end = into[campaign.Campaign](c.get(path, 200))
		return end.FinishedAt != nil
	}, time.Minute, 50*time.Millisecond, "%s", w.journal)
	require.Equal(t, campaign.Cancelled, end.State)
	require.Zero(t, end.Open)
	figures := into[v1.Figures](c.get(path+"/report", 200))
	require.EqualValues(t, 5, figures.Endings["interrupted"])
	require.EqualValues(t, 5, w.db.Count(`SELECT count(*) FROM recipients WHERE phase = 7 AND reason = 'cancelled'`))
}
