package run_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
)

// capAt sets the account's cap.
func (l *lab) capAt(day int) {
	l.db.Exec("UPDATE accounts SET cap_day = $2 WHERE account = $1", account, day)
}

func twoWorkers(o *run.Options) { o.Workers = 2 }

// unbegun makes a campaign whose start begin says.
func (l *lab) unbegun(drawing string, people []int64) run.CampaignKey {
	return l.campaign(drawing, people, func(c *run.Campaign) { c.Start = engine.Instant(1 << 52) })
}

func (l *lab) begin(key run.CampaignKey, set string) {
	l.Helper()
	l.db.Exec("UPDATE recipients SET wake_at = now() WHERE campaign = $1", key.Campaign)
	l.alter(key, "start_at = now(), "+set)
}

func cascadeAB() string {
	return draw(sms("a", "1h"), sms("b", "1h"), goal("g"), link("a", "status:not_delivered", "b"), link("b", "status:delivered", "g"))
}

func TestACapCountsACascadeOnceAtItsFirstLaunch(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.capAt(1)
	people := l.people(2)
	l.db.Exec(`INSERT INTO contact_caps (account, contact, campaigns, at) VALUES ($1, $2, '{5, 6}', ARRAY[now() - interval '9 days', now() - interval '3 days'])`,
		account, people[0])
	key := l.campaign(cascadeAB(), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(2)
	other := l.campaign(cascadeAB(), people)
	l.finished(other)
	require.Equal(t, "a frequency_cap, interrupted (frequency_cap)", l.walk(other, 1))
	require.EqualValues(t, 2, l.figure(other, "", "end:interrupted"))
	// The cap cuts off no fallback: neither that of a walk that was counted today, nor that of one whose entry is counted no more.
	l.db.Exec("UPDATE contact_caps SET campaigns = '{9}', at = ARRAY[now()] WHERE contact = $1", people[1])
	for i := range 2 {
		r.report(fact(l.message(key, i, "a"), engine.NotDelivered))
	}
	p.hears(4)
	for i := range 2 {
		r.report(fact(l.message(key, i, "b"), engine.Delivered))
	}
	l.finished(key)
	require.Equal(t, []string{fmt.Sprintf("{6,%d}", key.Campaign), "{9}"},
		l.db.Texts("SELECT campaigns::text FROM contact_caps WHERE account = $1 ORDER BY contact", account))
}

func TestACapIsKeptByCampaignsAtTheSameTime(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.capAt(2)
	people := l.people(60)
	keys := []run.CampaignKey{l.campaign(toGoal("1h"), people), l.campaign(toGoal("1h"), people), l.campaign(toGoal("1h"), people),
		l.campaign(toGoal("1h"), people)}
	p := l.provider(nil)
	l.start(p, twoWorkers)
	l.start(p)
	total := func(block, what string) (n int64) {
		for _, key := range keys {
			n += l.figure(key, block, what)
		}
		return n
	}
	l.eventually("everybody is sent to or capped", func() bool { return total("s", "sent")+total("", "end:interrupted") == 240 })
	require.EqualValues(t, 120, total("s", "sent"))
	require.EqualValues(t, 60, l.db.Count("SELECT count(*) FROM contact_caps WHERE cardinality(campaigns) = 2"))
	require.EqualValues(t, 60, l.db.Count("SELECT count(DISTINCT r.contact) FROM messages m JOIN recipients r USING (account, campaign, ordinal)"))
}

// What is not sent counts for nothing, and a test neither meets the cap nor fills it.
func TestWhatACapPassesOver(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.capAt(1)
	people := l.people(1)
	unreachable := l.campaign(draw(block("v", "vk", `{"sender":"1","text":"Здравствуйте","decision_time":"1h"}`), goal("g"),
		link("v", "status:delivered", "g")), people)
	p := l.provider(nil)
	l.start(p)
	l.finished(unreachable)
	key := l.campaign(toGoal("1h"), people)
	p.hears(1)
	l.begin(l.unbegun(toGoal("1h"), people), "test = true")
	p.hears(2)
	require.Equal(t, []string{fmt.Sprintf("{%d}", key.Campaign)}, l.db.Texts("SELECT campaigns::text FROM contact_caps"))
	l.db.Exec("UPDATE accounts SET cap_day = NULL")
	l.eventually("the cap is lifted", func() bool {
		another := l.campaign(toGoal("1h"), people)
		l.eventually("it is sent or capped", func() bool { return l.figure(another, "s", "sent")+l.figure(another, "", "end:interrupted") > 0 })
		return l.figure(another, "s", "sent") > 0
	})
}

func TestAdvertisingReachesWhoAgreed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(4)
	for i, consent := range []struct{ channel, withdrawn string }{{"viber", ""}, {"sms", ""}, {"sms", "now"}} {
		l.db.Exec(`INSERT INTO consents (account, consent, contact, channel, text, source, given_at, withdrawn_at)
			VALUES ($1, $2, $3, $4, 'Да', 'form', now(), nullif($5, '')::timestamptz)`, account, i+1, people[i], consent.channel, consent.withdrawn)
	}
	drawing := draw(viber("v", "1h"), sms("s", "1h"), goal("g"), link("v", "status:not_delivered", "s"),
		link("v", "status:delivered", "g"), link("s", "status:delivered", "g"))
	key := l.unbegun(drawing, people)
	l.begin(key, "advertising = true")
	p := l.provider(nil)
	r := l.start(p)
	l.becomes(key, 0, "v waiting")
	l.becomes(key, 1, "v error:unsubscribed, s waiting")
	l.ended(key, 2)
	for i := range 2 {
		require.Equal(t, "v error:unsubscribed, s error:unsubscribed, interrupted (error:unsubscribed)", l.walk(key, 2+i))
	}
	require.Equal(t, 2, p.count())
	other := l.campaign(drawing, people)
	p.hears(6)
	for i := range 4 {
		r.report(fact(l.message(other, i, "v"), engine.Delivered))
	}
	r.report(fact(l.message(key, 0, "v"), engine.Delivered), fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
	l.finished(other)
}

func TestAnUpdateChangesGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(30)
	l.db.Exec("INSERT INTO groups (account, group_id, name) VALUES ($1, 11, 'Старые'), ($1, 12, 'vip'), (8, 13, 'Новые')", account)
	l.db.Exec("INSERT INTO group_members (account, group_id, contact) SELECT $1, 11, unnest($2::bigint[])", account, people)
	key := l.campaign(draw(
		block("u", "update", `{"add_groups":["VIP", " Новые  люди", "999"],"remove_groups":["11", "never was"]}`),
		block("w", "update", `{"add_groups":["Временная"]}`), block("x", "update", `{"remove_groups":["Временная", "новые Люди"],"add_groups":["Новые люди"]}`),
		goal("g"), link("u", "next", "w"), link("w", "next", "x"), link("x", "next", "g")), people)
	l.start(l.provider(nil), twoWorkers)
	l.finished(key)
	require.Equal(t, []string{"vip 30", "Новые люди 30", "Старые 0"}, l.db.Texts(`SELECT g.name || ' ' || coalesce(sum(z.n), 0)
		FROM groups g LEFT JOIN group_sizes z USING (account, group_id) WHERE g.account = $1 GROUP BY g.name ORDER BY g.name COLLATE "C"`, account))
	require.EqualValues(t, 60, l.db.Count("SELECT count(*) FROM group_members"))
}
