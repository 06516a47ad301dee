package run_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// hooked calls a webhook for everybody; its reasons lead to different goals.
func hooked() string {
	return draw(block("h", "webhook", `{"method":"POST","url":"https://crm.example/{{ contact.phone }}","body":"{{ contact.name }}","headers":{"X-Key":"1"}}`),
		goal("done"), goal("gone"), goal("any"), link("h", "next", "done"), link("h", "error:404", "gone"), link("h", "error", "any"))
}

func TestAWebhookLeadsOnByItsResult(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(3)
	key := l.campaign(hooked(), people)
	bare := l.campaign(draw(block("h", "webhook", `{"url":"https://crm.example/"}`), goal("done"), link("h", "next", "done")), people)
	h := &hookServer{answer: func(_ context.Context, r run.HookRequest, _ int) string {
		return []string{"", "404", "timeout"}[r.Key.Ordinal]
	}}
	l.start(l.provider(nil), hooks(h))
	l.finished(key)
	l.finished(bare)
	require.Equal(t, "h next, done goal, goal (goal)", l.walk(key, 0))
	require.Equal(t, "h error:404, gone goal, goal (goal)", l.walk(key, 1))
	require.Equal(t, "h error:timeout, any goal, goal (goal)", l.walk(key, 2))
	require.Equal(t, "h error:404, failed (error:404)", l.walk(bare, 1))
	require.EqualValues(t, 1, l.figure(key, "h", "error:timeout"))
	require.Len(t, h.made(), 6)
	for _, r := range h.made() {
		if r.Key == l.message(key, 1, "h") {
			require.Equal(t, run.HookRequest{Key: r.Key, Method: "POST", URL: "https://crm.example/+79000000001",
				Headers: map[string]string{"X-Key": "1"}, Body: "Анна 1", Timeout: 10 * time.Second}, r)
		}
	}
}

func TestAWebhookIsCalledAgainAfterARestart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(hooked(), l.people(1))
	h := &hookServer{answer: func(ctx context.Context, _ run.HookRequest, times int) string {
		if times == 1 {
			<-ctx.Done() // the process is stopped during the call
			return "timeout"
		}
		return ""
	}}
	first := l.start(l.provider(nil), hooks(h))
	l.eventually("it is called", func() bool { return len(h.made()) == 1 })
	require.Equal(t, "h calling", l.walk(key, 0))
	first.stop()
	require.Equal(t, "h calling", l.walk(key, 0))
	l.start(l.provider(nil), hooks(h))
	l.finished(key)
	require.Equal(t, "h next, done goal, goal (goal)", l.walk(key, 0))
	require.Len(t, h.made(), 2)
	require.Equal(t, h.made()[0], h.made()[1], "under the same key")
}

// A segment is kept while it waits for a call: nobody else would know that its holder has gone.
func TestASegmentIsNotPutAwayDuringACall(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(hooked(), l.people(1))
	answer := make(chan struct{})
	h := &hookServer{answer: func(ctx context.Context, _ run.HookRequest, _ int) string {
		select {
		case <-answer:
		case <-ctx.Done():
		}
		return ""
	}}
	r := l.start(l.provider(nil), hooks(h), times(func(t *run.Times) { t.RestAfter = time.Millisecond }))
	l.eventually("it is called", func() bool { return len(h.made()) == 1 })
	batches := 0
	l.throughout("the worker went round often", func() bool { batches++; return batches > 60 }, func() {
		require.NotEmpty(t, l.holder(key))
	})
	require.EqualValues(t, 1, r.Figures().Held)
	close(answer)
	l.finished(key)
}

func TestAnUpdateIsSeenByTheNextBlockAndStored(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2, func(i int, c *scheme.Contact) {
		c.Tags, c.Attributes = []string{"old", "new"}, map[string]any{"visits": i, "city": "Москва"}
	})
	key := l.campaign(draw(
		block("u", "update", `{"set":{"visits":"contact.attributes.visits + 1","seen":"\"spring\""},"add_tags":["hot"],"remove_tags":["old"]}`),
		block("c", "condition", `{"branches":[{"id":"many","when":"contact.attributes.visits == 2 && \"hot\" in contact.tags && !(\"old\" in contact.tags)"}]}`),
		sms("s", "1h"), goal("g"), goal("few"), link("u", "next", "c"), link("c", "branch:many", "s"), link("c", "branch:else", "few"),
		link("s", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	r.report(fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, "u next, c branch:else, few goal, goal (goal)", l.walk(key, 0))
	require.Equal(t, "u next, c branch:many, s delivered, g goal, goal (goal)", l.walk(key, 1))
	require.Equal(t, []string{`{"city": "Москва", "seen": "spring", "visits": 1} new,hot`, `{"city": "Москва", "seen": "spring", "visits": 2} new,hot`},
		l.db.Texts(`SELECT attributes::text || ' ' || array_to_string(tags, ',') FROM contacts ORDER BY contact`))
}

func TestTheRestTakesTheBetterVariant(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const people, drawn = 100, 40
	key := l.campaign(draw(block("t", "split", `{"variants":[{"id":"a","weight":1},{"id":"b","weight":1}],
		"winner":{"share":40,"wait":"30m","metric":"delivered","min":10}}`), sms("a", "1h"), sms("b", "1h"), goal("g"),
		link("t", "variant:a", "a"), link("t", "variant:b", "b"), link("a", "status:delivered", "g"), link("b", "status:delivered", "g")),
		l.people(people), hurry(300)) // the winner is known six seconds after the start, the decision time is twelve
	p := l.provider(nil)
	r := l.start(p)
	l.eventually("the share is drawn and the rest waits", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND phase = $2`, key.Campaign, int16(engine.Resting)) == people-drawn &&
			p.count() == drawn
	})
	var reports []channel.Report
	of := map[int16]int{}
	for _, h := range p.all() {
		of[h.Key.Node]++
		if h.Key.Node == l.message(key, 0, "b").Node {
			reports = append(reports, fact(h.Key, engine.Delivered))
		}
	}
	require.Len(t, of, 2)
	require.InDelta(t, drawn/2, of[1], 8, "the share is a part of runs that are drawn evenly")
	r.report(reports...)
	p.hears(people)
	for _, h := range p.all()[drawn:] {
		require.Equal(t, l.message(key, 0, "b").Node, h.Key.Node)
	}
	require.Equal(t, []string{"b"}, l.db.Texts(`SELECT variant FROM winners`))
	require.EqualValues(t, people-of[1], l.figure(key, "t", "link:1"))
	require.EqualValues(t, of[1], l.figure(key, "t", "link:0"))
}

// Two tests whose winners are known at the same instant: whoever rests at the first one rests no longer at the second, and who
// comes there at that very instant neither.
func TestTwoTestsThatEndTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const people = 40
	split := func(id string) string {
		return block(id, "split", `{"variants":[{"id":"a","weight":1},{"id":"b","weight":1}],
			"winner":{"share":20,"wait":"10m","metric":"goal","min":1}}`)
	}
	key := l.campaign(draw(split("t"), split("u"), split("w"), goal("g"), link("t", "variant:a", "u"), link("t", "variant:b", "u"),
		link("u", "variant:a", "w"), link("u", "variant:b", "w"), link("w", "variant:a", "g"), link("w", "variant:b", "g")),
		l.people(people), hurry(600))
	l.start(l.provider(nil))
	l.finished(key)
	require.EqualValues(t, people, l.figure(key, "g", "goal"))
	require.EqualValues(t, people, l.figure(key, "u", "entered"))
}

func voice(id, redial, decision, ivr string) string {
	return block(id, "voice", fmt.Sprintf(`{"sender":"78001234567","text":"Здравствуйте","redial":%s,"decision_time":%q,"ivr":%s}`, redial, decision, ivr))
}

func TestRedialling(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(voice("v", `{"attempts":3,"interval":"5m"}`, "3h", `{"1":{"action":"record"}}`), sms("s", "1d"), goal("key"), goal("talk"),
		link("v", "ivr:1", "key"), link("v", "status:no_answer", "s"), link("v", "status:answered", "talk"),
		link("s", "status:delivered", "talk")), l.people(3), hurry(1200))
	calls := make(chan channel.Key, 100)
	p := l.provider(func(m channel.Message, _ int) channel.Result {
		if m.Channel == "voice" {
			calls <- m.Key
		}
		return accepted(m)
	})
	r := l.start(p)
	made := map[channel.Key]bool{}
	for range 3 + 3 + 1 {
		k := <-calls
		require.False(t, made[k])
		made[k] = true

		l.eventually("it is accepted", func() bool {
			return l.db.Count(`SELECT count(*) FROM answers WHERE provider_id = $1`, providerID(k)) == 1
		})
		switch {
		case k.Ordinal == 1 && k.Attempt == 2:
			r.report(fact(k, engine.Pressed, "1")) // a key ends the redialling: the call's end decides, whatever it is
			r.report(fact(k, engine.Answered))
		case k.Ordinal == 2 && k.Attempt == 2:
			r.report(fact(k, engine.Answered))
		default:
			r.report(fact(k, engine.NoAnswer))
		}
	}
	l.becomes(key, 0, "v no_answer, s waiting")
	l.becomes(key, 1, "v ivr:1, key goal, goal (goal)")
	l.becomes(key, 2, "v answered, talk goal, goal (goal)")
	require.EqualValues(t, 3, l.trace(key, 0).Steps[0].Attempts)
	require.EqualValues(t, 3, l.figure(key, "v", "sent"))
	require.EqualValues(t, 4, l.figure(key, "v", "redialled"))
	heard := p.of(l.message(key, 0, "v", 2))[0].at.Sub(p.of(l.message(key, 0, "v", 1))[0].at)
	require.GreaterOrEqual(t, heard, 250*time.Millisecond, "the interval")
	p.oncePerMessage()
}
