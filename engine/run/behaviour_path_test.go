package run_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
)

// The provider of the kit fails every test in which it hears of a message before its intent is committed.
func TestAMessageIsSentDeliveredAndLeadsToTheGoal(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), l.people(3))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(3)
	for i := range 3 {
		l.becomes(key, i, "s waiting")
	}
	r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 1, "s"), engine.Delivered))
	for i := range 2 {
		l.becomes(key, i, "s delivered, g goal, goal (goal)")
	}
	require.Equal(t, "running", l.state(key), "one recipient is open")
	r.report(fact(l.message(key, 2, "s"), engine.Delivered))
	l.finished(key)
	p.oncePerMessage()

	for what, want := range map[string]int64{"entered": 3, "sent": 3, "accepted": 3, "delivered": 3, "link:0": 3} {
		require.Equal(t, want, l.figure(key, "s", what), what)
	}
	require.EqualValues(t, 3, l.figure(key, "g", "goal"))
	require.EqualValues(t, 3, l.figure(key, "", "end:goal"))
	got := l.trace(key, 0)
	require.Len(t, got.Messages, 1)
	require.Equal(t, "Здравствуйте", got.Messages[0].Text)
	require.Equal(t, phone(0), got.Messages[0].Address)
	require.Equal(t, providerID(l.message(key, 0, "s")), got.Answers[0].ProviderID)
	heard := p.of(l.message(key, 0, "s"))[0]
	require.Equal(t, "SHOP", heard.Content.Sender)
	require.Equal(t, "sms", heard.Channel)
}

func TestWithoutDeliveryTheDeadlineLeadsOn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(viber("v", "10m"), sms("s", "1h"), link("v", "status:not_delivered", "s"),
		link("s", "status:delivered", "g"), goal("g")), l.people(1), hurry(1200))
	p := l.provider(nil)
	r := l.start(p)
	l.accepted(key, "s", 1)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.finished(key)
	require.Equal(t, "v timeout, s delivered, g goal, goal (goal)", l.walk(key, 0))
	p.oncePerMessage()
}
