package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// viberThenSMS waits for a click, and goes on to an SMS where there is no delivery.
func viberThenSMS(decision string) string {
	button := `{"sender":"SHOP","format":"text_button","text":"Скидка","button":{"text":"Купить","url":"https://shop.example"},` +
		`"decision_time":"` + decision + `"}`
	return draw(block("v", "viber", button), sms("s", decision), goal("g"), link("v", "status:clicked", "g"),
		link("v", "status:not_delivered", "s"), link("s", "status:delivered", "g"))
}

func TestFactsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), l.people(1))
	var r *process
	ready := make(chan struct{})
	p := l.provider(func(m channel.Message, _ int) channel.Result {
		<-ready
		r.report(fact(m.Key, engine.Delivered)) // by an id that nobody here knows yet
		require.EqualValues(t, 1, l.db.Count(`SELECT count(*) FROM unknown_facts`))
		return accepted(m)
	})
	r = l.start(p)
	close(ready)
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, 0))
	require.Zero(t, l.db.Count(`SELECT count(*) FROM unknown_facts`), "it found its message")
	require.EqualValues(t, 1, l.figure(key, "s", "delivered"))
}

func TestRepeatedFactsCountOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(viberThenSMS("1h"), l.people(1))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	delivered := fact(l.message(key, 0, "v"), engine.Delivered)
	r.report(delivered, delivered)
	r.report(delivered)
	l.eventually("it is applied", func() bool { return l.trace(key, 0).Recipient.State.Facts == engine.Delivered })
	r.report(fact(l.message(key, 0, "v"), engine.Clicked))
	l.finished(key)
	r.report(delivered, fact(l.message(key, 0, "v"), engine.Clicked))
	require.Equal(t, "v clicked, g goal, goal (goal)", l.walk(key, 0))
	for _, what := range []string{"delivered", "viewed", "clicked", "link:0"} {
		require.EqualValues(t, 1, l.figure(key, "v", what), what)
	}
	l.sound(key)
}

func TestFactsOutOfOrder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(viberThenSMS("30m"), l.people(2), hurry(1800))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(2)
	// The view first, then the delivery; and a failure that a delivery contradicts.
	one, two := l.message(key, 0, "v"), l.message(key, 1, "v")
	r.report(fact(one, engine.Viewed), fact(two, engine.Delivered))
	r.report(fact(one, engine.Delivered), fact(two, engine.NotDelivered))
	l.finished(key)
	require.Equal(t, "v no_link, completed (no_link)", l.walk(key, 0))
	require.Equal(t, "v no_link, completed (no_link)", l.walk(key, 1), "delivered: there is no way to the SMS")
	require.Equal(t, engine.Delivered|engine.Viewed, l.trace(key, 0).Steps[0].Facts)
	require.EqualValues(t, 2, l.figure(key, "v", "delivered"))
	require.Equal(t, 2, p.count())
}

func TestFactsOfUnknownMessagesAreKeptAndMatchedLater(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), l.people(1),
		func(c *run.Campaign) { c.Start = engine.At(time.Now().Add(1500 * time.Millisecond)) })
	p := l.provider(nil)
	r := l.start(p)
	early := fact(l.message(key, 0, "s"), engine.Delivered)
	nobody := channel.Report{Account: account, Connection: connection, ProviderID: "nobody's", Fact: engine.Viewed}
	r.report(early, nobody)
	r.report(nobody)
	require.Zero(t, p.count(), "nothing is launched yet")
	require.EqualValues(t, 2, l.db.Count(`SELECT count(*) FROM unknown_facts`))
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, 0))
	kept, err := l.store.UnknownFacts(t.Context(), account, 10)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, "nobody's", kept[0].ProviderID)
	require.EqualValues(t, 2, kept[0].Times)
}

// An answer and a fact whose transactions ran at the same time have both missed the other: the next look matches them.
func TestAFactThatMissedItsAnswerIsMatchedAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), l.people(1))
	p := l.provider(nil)
	l.start(p)
	l.accepted(key, "s", 1)
	l.db.Exec(`INSERT INTO unknown_facts (account, connection, provider_id, fact, recorded_at) VALUES ($1, $2, $3, $4, clock_timestamp())`,
		account, connection, providerID(l.message(key, 0, "s")), int32(engine.Delivered))
	l.finished(key)
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(key, 0))
	require.Zero(t, l.db.Count(`SELECT count(*) FROM unknown_facts`))
}

func TestALateFactIsCountedAndMovesNobody(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(viberThenSMS("30m"), l.people(1), hurry(1800))
	p := l.provider(nil)
	r := l.start(p)
	l.accepted(key, "s", 1)
	r.report(fact(l.message(key, 0, "v"), engine.Clicked))
	l.finished(key)
	require.Equal(t, "v timeout, s no_link, completed (no_link)", l.walk(key, 0))
	require.EqualValues(t, 1, l.figure(key, "v", "clicked"))
	require.EqualValues(t, 1, l.figure(key, "v", "delivered"), "a click implies it")
	require.Equal(t, 2, p.count())
}
