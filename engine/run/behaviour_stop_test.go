package run_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// viberDelaySMS goes from a delivered Viber message over a delay to an SMS.
func viberDelaySMS(delay string) string {
	return draw(viber("v", "1h"), block("d", "delay", `{"for":"`+delay+`"}`), sms("s", "1h"), goal("g"),
		link("v", "status:delivered", "d"), link("d", "next", "s"), link("s", "status:delivered", "g"))
}

func (l *lab) stops() []string {
	l.Helper()
	return l.db.Texts(`SELECT address || ' ' || channel || ' ' || reason FROM stop_list ORDER BY 1`)
}

func TestAStopAfterTheBlockWasLeftEndsTheWalk(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(viberDelaySMS("1h"), l.people(1))
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	v := l.message(key, 0, "v")
	r.report(fact(v, engine.Delivered))
	l.becomes(key, 0, "v delivered, d pausing")
	r.report(fact(v, engine.Spam))
	l.finished(key)
	require.Equal(t, "v delivered, d spam, interrupted (spam)", l.walk(key, 0))
	require.Equal(t, []string{phone(0) + " viber spam"}, l.stops())
	r.report(fact(v, engine.Spam))
	require.Equal(t, 1, p.count())
	l.sound(key)
}

func TestAStopAfterTheWalkEndedIsHeard(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(1)
	first := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	s := l.message(first, 0, "s")
	r.report(fact(s, engine.Delivered))
	l.finished(first)
	r.report(fact(s, engine.Replied, "Стоп, хватит"))
	l.eventually("the address is on the stop list", func() bool { return len(l.stops()) > 0 })
	require.Equal(t, []string{phone(0) + "  unsubscribed"}, l.stops())
	require.Equal(t, "s delivered, g goal, goal (goal)", l.walk(first, 0), "it ended before")
	second := l.campaign(draw(sms("s", "1h"), viber("v", "1h"), link("s", "status:not_delivered", "v")), people)
	l.finished(second)
	require.Equal(t, "s error:unsubscribed, interrupted (error:unsubscribed)", l.walk(second, 0),
		"someone who stopped everything is not sent on to the next channel")
	require.Equal(t, 1, p.count())
	l.sound(first)
}

func TestAStopWordInterruptsTheContactsOtherWalks(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	one := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), people)
	two := l.campaign(viberDelaySMS("1h"), people)
	later := l.campaign(viberDelaySMS("1h"), people, func(c *run.Campaign) { c.Start = c.Start.Add(1e9 * 3600) })
	p := l.provider(nil)
	r := l.start(p, times(func(t *run.Times) { t.RestAfter = 1 })) // what waits is put away at once
	p.hears(4)
	r.report(fact(l.message(two, 0, "v"), engine.Delivered))
	l.becomes(two, 0, "v delivered, d pausing")
	r.report(fact(l.message(one, 0, "s"), engine.Replied, "СТОП!"))
	l.becomes(one, 0, "s unsubscribed, interrupted (unsubscribed)")
	l.becomes(two, 0, "v delivered, d unsubscribed, interrupted (unsubscribed)")
	require.Equal(t, []string{phone(0) + "  unsubscribed"}, l.stops())
	l.set(later, "cancelled") // it does not run yet: nobody holds it
	l.eventually("the third has ended", func() bool {
		return l.db.Count(`SELECT sum(open) FROM segments WHERE campaign = $1`, later.Campaign) == 0
	})
	require.Equal(t, []string{"unsubscribed", "cancelled"},
		l.db.Texts(`SELECT reason FROM recipients WHERE campaign = $1 ORDER BY ordinal`, later.Campaign))
	require.Equal(t, 4, p.count())
	l.sound(later)
}

func TestAChannelsStopStopsThatChannelOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(1)
	one := l.campaign(draw(viber("v", "1h"), goal("g"), link("v", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(1)
	stop := fact(l.message(one, 0, "v"), engine.Unsubscribed)
	stop.Scope = engine.ThisChannel
	r.report(stop)
	l.finished(one)
	require.Equal(t, "v unsubscribed, interrupted (unsubscribed)", l.walk(one, 0))
	require.Equal(t, []string{phone(0) + " viber unsubscribed"}, l.stops())

	two := l.campaign(draw(viber("v", "1h"), sms("s", "1h"), goal("g"), link("v", "status:not_delivered", "s"),
		link("s", "status:delivered", "g")), people)
	l.accepted(two, "s", 1)
	r.report(fact(l.message(two, 0, "s"), engine.Delivered))
	l.finished(two)
	require.Equal(t, "v error:unsubscribed, s delivered, g goal, goal (goal)", l.walk(two, 0))
	require.Empty(t, p.of(l.message(two, 0, "v")))
	require.EqualValues(t, 1, l.figure(two, "v", "error:unsubscribed"))
}

func TestTheStopListAtLaunch(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	for i, scope := range []string{"", "sms"} {
		l.db.Exec(`INSERT INTO stop_list (account, address, channel, reason, source) VALUES ($1, $2, $3, 'unsubscribed', 'test')`,
			account, phone(i), scope)
	}
	linked := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "error:unsubscribed", "g")), people)
	bare := l.campaign(draw(sms("s", "1h"), goal("g"), link("s", "status:delivered", "g")), people)
	p := l.provider(nil)
	l.start(p)
	l.finished(linked)
	l.finished(bare)
	for i := range 2 {
		require.Equal(t, "s error:unsubscribed, g goal, goal (goal)", l.walk(linked, i))
		require.Equal(t, "s error:unsubscribed, interrupted (error:unsubscribed)", l.walk(bare, i))
		require.Zero(t, l.trace(bare, i).Steps[0].Sent)
	}
	require.Zero(t, p.count())
}

func TestAContactWithoutAnAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2, func(i int, c *scheme.Contact) {
		if i == 1 {
			c.Addresses = map[string]string{"vk": "id1"}
		}
	})
	key := l.campaign(draw(block("k", "vk", `{"sender":"SHOP","text":"Привет"}`), sms("s", "1h"), goal("g"),
		link("k", "status:not_delivered", "s"), link("k", "status:delivered", "g"), link("s", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(2)
	require.Equal(t, "id1", p.of(l.message(key, 1, "k"))[0].Address)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 1, "k"), engine.Delivered))
	l.finished(key)
	require.Equal(t, "k error:no_address, s delivered, g goal, goal (goal)", l.walk(key, 0))
	require.Equal(t, "k delivered, g goal, goal (goal)", l.walk(key, 1))
	require.Equal(t, []channel.Key{l.message(key, 1, "k"), l.message(key, 0, "s")}, keysOf(p.all()))
}
