package nodes_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// compile makes the behaviour of one block.
func compile(t testing.TB, kind scheme.Kind, typ, config string) engine.Block {
	t.Helper()
	doc := fixtures{Kind: kind}.alone(typ, json.RawMessage(config))
	checked, findings := scheme.Check(doc, nodes.All(), expression.New())
	require.NotNil(t, checked, findings)
	return checked.Settings("a").(engine.Compiler).Compile()
}

func TestMessages(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		typ, config string
		offers      engine.Facts
		clickable   bool
		decision    time.Duration
		attempts    int
	}{
		{"sms", `{"sender":"S","text":"hi"}`, engine.Clicked | engine.Delivered | engine.NotDelivered | engine.Replied, false, time.Hour, 1},
		{"sms", `{"sender":"S","text":"{{ link(\"https://a.example\") }}","decision_time":"1d"}`, engine.Clicked | engine.Delivered | engine.NotDelivered | engine.Replied, true, day, 1},
		{"vk", `{"sender":"S","text":"hi"}`, engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied, false, time.Hour, 1},
		{"ok", `{"sender":"S","text":"hi"}`, engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied, false, time.Hour, 1},
		{"viber", `{"sender":"S","text":"hi"}`, engine.Spam | engine.Unsubscribed | engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied, false, time.Hour, 1},
		{"viber", `{"sender":"S","format":"text_button","text":"hi","button":{"text":"b","url":"https://a.example"}}`, engine.Spam | engine.Unsubscribed | engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied, true, time.Hour, 1},
		{"viber", `{"sender":"S","format":"image","image":"a.png","text":"{{ link(\"https://a.example\") }}"}`, engine.Spam | engine.Unsubscribed | engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied, false, time.Hour, 1},
		{"whatsapp", `{"sender":"S","text":"hi"}`, engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Unsubscribed | engine.Replied, false, time.Hour, 1},
		{"whatsapp", `{"sender":"S","template":"t"}`, engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Unsubscribed | engine.Replied, true, time.Hour, 1},
		{"voice", `{"sender":"7","text":"hi"}`, engine.Unsubscribed | engine.Answered | engine.NoAnswer, false, time.Hour, 1},
		{"voice", `{"sender":"7","text":"hi","ivr":{"9":{"action":"unsubscribe"}}}`, engine.Unsubscribed | engine.Answered | engine.NoAnswer | engine.Pressed, false, time.Hour, 1},
		{"voice", `{"sender":"7","text":"hi","redial":{"attempts":3,"interval":"10m"}}`, engine.Unsubscribed | engine.Answered | engine.NoAnswer, false, 90 * time.Minute, 3},
		{"voice", `{"sender":"7","text":"hi","redial":{"attempts":10,"interval":"1d"}}`, engine.Unsubscribed | engine.Answered | engine.NoAnswer, false, 10*day + time.Hour, 10},
		{"voice", `{"sender":"7","text":"hi","decision_time":"2h","redial":{"attempts":2,"interval":"1s"}}`, engine.Unsubscribed | engine.Answered | engine.NoAnswer, false, 2 * time.Hour, 2},
	} {
		t.Run(fmt.Sprint(c.typ, c.config), func(t *testing.T) {
			t.Parallel()
			m := compile(t, scheme.Cascade, c.typ, c.config).(*engine.Message)
			require.Equal(t, c.offers, m.Offers)
			require.Equal(t, c.clickable, m.Clickable)
			require.Equal(t, c.decision, m.Decision)
			require.Equal(t, c.attempts, m.Attempts)
			require.Nil(t, m.Window)
			require.False(t, m.RepliesToChat)
			require.Equal(t, c.typ == "voice", m.Call())
		})
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	anna := &scheme.Vars{Contact: &scheme.Contact{Name: "Анна", Attributes: map[string]any{"shop": "https://anna.example/", "age": "old"}}}
	short := func(url string) string { return "s/" + strings.TrimPrefix(url, "https://") }
	render := func(typ, config string) (engine.Content, error) {
		return compile(t, scheme.Cascade, typ, config).(*engine.Message).Content.Render(anna, short)
	}
	got, err := render("viber", `{"sender":"SHOP","format":"text_image_button","text":"{{ contact.name }}: {{ link(\"https://a.example\") }}",
		"image":"i.png","button":{"text":"{{ contact.name }}","url":"{{ contact.attributes.shop }}"},"decision_time":"2h","replies_to_chat":true}`)
	require.NoError(t, err)
	require.Equal(t, engine.Content{Sender: "SHOP", Format: "text_image_button", Text: "Анна: s/a.example", Image: "i.png", ButtonText: "Анна",
		ButtonURL: "https://anna.example/", Attempts: 1, TimeToLive: 2 * time.Hour}, got)

	got, err = render("viber", `{"sender":"SHOP","text":"hi","image":"i.png","button":{"text":"b","url":"https://a.example"}}`)
	require.NoError(t, err)
	require.Equal(t, engine.Content{Sender: "SHOP", Format: "text", Text: "hi", Attempts: 1, TimeToLive: time.Hour}, got,
		"what the format has no place for is not sent")

	got, err = render("whatsapp", `{"sender":"SHOP","template":"sale","parameters":["{{ contact.name }}","{{ contact.email }}"]}`)
	require.NoError(t, err)
	require.Equal(t, []string{"Анна", ""}, got.Parameters)
	require.Equal(t, "sale", got.Template)

	got, err = render("voice", `{"sender":"7","text":"{{ contact.name }}","voice":"anna","speed":1.5,"language":"ru",
		"ivr":{"1":{"action":"connect","number":"+78001234567"},"9":{"action":"unsubscribe"}},"redial":{"attempts":2,"interval":"1m"}}`)
	require.NoError(t, err)
	require.Equal(t, engine.Content{Sender: "7", Text: "Анна", Voice: "anna", Speed: 1.5, Language: "ru", Attempts: 2,
		TimeToLive: time.Hour + 2*time.Minute, Keys: map[string]engine.KeyPress{"1": {Action: "connect", Number: "+78001234567"},
			"9": {Action: "unsubscribe"}}}, got)

	got, err = render("whatsapp", `{"sender":"S","template":"t","parameters":["a","{{ contact.attributes.age + 1 > 5 }}","{{ contact.name }}"]}`)
	require.Error(t, err, "the first failure is told")
	require.Equal(t, []string{"a", "", "Анна"}, got.Parameters, "and leaves its place empty")
}

func TestDelayEnds(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	entered := time.Date(2026, 3, 28, 10, 0, 0, 0, berlin) // the clocks change in the night that follows
	for _, c := range []struct {
		config string
		want   time.Time
	}{
		{`{"for":"1d"}`, time.Date(2026, 3, 29, 10, 0, 0, 0, berlin)},
		{`{"for":"24h"}`, time.Date(2026, 3, 29, 11, 0, 0, 0, berlin)},
		{`{"until":{"time":"10:00"}}`, time.Date(2026, 3, 29, 10, 0, 0, 0, berlin)},
		{`{"until":{"time":"10:00","days":[6]}}`, time.Date(2026, 4, 4, 10, 0, 0, 0, berlin)},
		{`{"for":"1d","until":{"time":"10:00"}}`, time.Date(2026, 3, 29, 10, 0, 0, 0, berlin)},
		{`{"for":"1d1s","until":{"time":"10:00"}}`, time.Date(2026, 3, 30, 10, 0, 0, 0, berlin)},
		{`{"for":"1h","until":{"time":"02:30"}}`, time.Date(2026, 3, 29, 3, 0, 0, 0, berlin)},
	} {
		wait := compile(t, scheme.Cascade, "delay", c.config).(*engine.Wait)
		require.True(t, c.want.Equal(wait.Until(entered, berlin)), "%s: %s", c.config, wait.Until(entered, berlin))
	}
}

func TestConditionPicks(t *testing.T) {
	t.Parallel()
	choose := compile(t, scheme.Cascade, "condition", `{"branches":[{"id":"old","when":"contact.attributes.age + 1 > 18"},
		{"id":"msk","when":"contact.attributes.city == \"Москва\""}]}`).(*engine.Choose)
	for _, c := range []struct {
		attributes map[string]any
		want       string
		failed     int
	}{
		{map[string]any{"age": 20, "city": "Москва"}, "old", 0},
		{map[string]any{"age": 10, "city": "Москва"}, "msk", 0},
		{map[string]any{"age": 10}, "else", 0},
		{map[string]any{"age": "old", "city": "Москва"}, "msk", 1},
	} {
		value, failed := choose.Pick(&scheme.Vars{Contact: &scheme.Contact{Attributes: c.attributes}})
		require.Equal(t, c.want, value)
		require.Equal(t, c.failed, failed)
	}
	require.Equal(t, scheme.LinkBranch, choose.Type)
}

func TestOtherBehaviours(t *testing.T) {
	t.Parallel()
	require.Equal(t, &engine.Split{Variants: []engine.Variant{{ID: "a", Weight: 1}, {ID: "b", Weight: 2}},
		Winner: &engine.Winner{Share: 20, Wait: 4 * time.Hour, Metric: "clicked", Min: 100}},
		compile(t, scheme.Cascade, "split", `{"variants":[{"id":"a","weight":1},{"id":"b","weight":2.0}],
			"winner":{"share":20,"wait":"4h","metric":"clicked","min":100}}`))
	require.Equal(t, &engine.Distribute{Groups: []string{"sales"}, Mode: "least_busy", Timeout: 30 * time.Second, Skills: []string{"ru", "en"}},
		compile(t, scheme.Routing, "distribute", `{"to":{"groups":["sales","sales"]},"mode":"least_busy","timeout":"30s","skills":["ru","en"]}`))
	require.Equal(t, &engine.Distribute{LastOperator: true, Mode: "everyone", Timeout: time.Minute},
		compile(t, scheme.Routing, "distribute", `{"to":{"last_operator":true}}`))
	require.Equal(t, &engine.Prioritise{Level: -3}, compile(t, scheme.Routing, "priority", `{"level":-3}`))
	require.Equal(t, &engine.Close{Reason: "spam"}, compile(t, scheme.Routing, "close", `{"reason":"spam"}`))
	require.Equal(t, &engine.Retag{Add: []string{"a"}, Remove: []string{"b"}}, compile(t, scheme.Routing, "tag", `{"add":["a"],"remove":["b"]}`))

	hook := compile(t, scheme.Cascade, "webhook", `{"url":"https://crm.example/"}`).(*engine.Hook)
	require.Equal(t, "POST", hook.Method)
	require.Equal(t, 10*time.Second, hook.Timeout)
	require.True(t, hook.Body == nil, "no body is nil, not a nil in an interface") //nolint:testifylint // Nil takes the other for one too

	hours := compile(t, scheme.Routing, "hours", `{"weekly":[{"days":[6],"from":"22:00","to":"24:00"}],"holidays":["2026-01-01"]}`).(*engine.Hours)
	require.Nil(t, hours.Zone)
	require.Equal(t, []scheme.Window{{Days: 1 << 5, From: 22 * 60, To: 24 * 60}}, hours.Weekly)

	update := compile(t, scheme.Cascade, "update", `{"set":{"b":"1 + 1","a":"contact.name"},"add_groups":["g"]}`).(*engine.Update)
	require.Equal(t, []string{"b", "a"}, []string{update.Set[0].Key, update.Set[1].Key}, "in the order in which they are written")

	menu := compile(t, scheme.Routing, "menu", `{"text":"?","options":[{"id":"a","text":"A"}]}`).(*engine.Menu)
	require.Zero(t, menu.Timeout)
	require.Equal(t, []engine.Option{{ID: "a", Text: "A"}}, menu.Options)
}
