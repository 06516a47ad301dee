package run_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store"
)

// openCampaign makes an open campaign with a rule for coming again.
func (l *lab) openCampaign(drawing, again string, change ...func(*run.Campaign)) run.CampaignKey {
	l.Helper()
	key := l.campaignOf(drawing, func(engine.Instant) []store.Enrolled { return nil }, change...)
	l.db.Exec(`UPDATE campaigns SET kind = 'open', entry = $2 WHERE campaign = $1`, key.Campaign, fmt.Sprintf(`{"again": %q}`, again))
	return key
}

func (l *lab) closes(key run.CampaignKey) {
	l.Helper()
	l.db.Exec(`UPDATE campaigns SET closed_at = now(), revision = revision + 1 WHERE campaign = $1`, key.Campaign)
}

// entrants are people who want to enter, each with the number n as its data.
func entrants(key run.CampaignKey, people []int64) []run.Entrant {
	var list []run.Entrant
	for i, contact := range people {
		list = append(list, run.Entrant{Campaign: key, Contact: contact, Zone: "Europe/Moscow", Data: fmt.Appendf(nil, `{"n": %d}`, i)})
	}
	return list
}

// enter takes people in through the process, and requires that all are taken.
func (p *process) enter(list []run.Entrant) []int64 {
	p.lab.Helper()
	got, err := p.Entrance.Enter(p.lab.Context(), list)
	require.NoError(p.lab, err)
	require.Len(p.lab, got, len(list))
	ordinals := make([]int64, len(got))
	for i, e := range got {
		require.Empty(p.lab, e.Refused)
		ordinals[i] = e.Ordinal
	}
	return ordinals
}

// oncePerNumber requires that everybody's number was sent to that one and once.
func (l *lab) oncePerNumber(p *provider, n int) {
	l.Helper()
	p.oncePerMessage()
	texts := map[string]int{}
	for _, h := range p.all() {
		texts[h.Content.Text]++
	}
	require.Len(l, texts, n)
}

func numbered(id string) string {
	return block(id, "sms", `{"sender":"SHOP","text":"Ваш номер {{ data.n }}","decision_time":"1d"}`)
}

func TestPeopleEnterAnOpenCampaignWithTheirData(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(5)
	key := l.openCampaign(draw(block("c", "condition", `{"branches":[{"id":"many","when":"data.n >= 2"}]}`), numbered("s"),
		viber("v", "1d"), goal("g"), link("c", "branch:many", "s"), link("c", "branch:else", "v"), link("s", "status:delivered", "g"),
		link("v", "status:delivered", "g")), "never")
	p := l.provider(nil)
	r := l.start(p)
	require.Equal(t, []int64{0}, r.enter(entrants(key, people[:1])))
	l.accepted(key, "v", 1)
	require.Equal(t, "running", l.state(key), "an open campaign goes on")
	list := entrants(key, people)
	require.Equal(t, []int64{1, 2, 3, 4}, r.enter(list[1:]))
	l.accepted(key, "v", 2)
	l.accepted(key, "s", 3)
	p.oncePerMessage()
	for _, h := range p.all() {
		if h.Channel == "sms" {
			require.Equal(t, fmt.Sprint("Ваш номер ", h.Key.Ordinal), h.Content.Text)
			require.Equal(t, phone(int(h.Key.Ordinal)), h.Address)
		}
	}
	l.eventually("the campaign's number of recipients", func() bool {
		return l.db.Count(`SELECT recipients FROM campaigns WHERE campaign = $1`, key.Campaign) == 5
	})
	l.closes(key)
	for i := range people {
		at := "s"
		if i < 2 {
			at = "v"
		}
		r.report(fact(l.message(key, i, at), engine.Delivered))
	}
	l.finished(key)
}

func TestDataIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.openCampaign(draw(viber("v", "1d"), numbered("s"), link("v", "status:delivered", "s")), "never")
	p := l.provider(nil)
	r := l.start(p)
	r.enter(entrants(key, l.people(3)))
	l.accepted(key, "v", 3)
	r.stop()
	r = l.start(p)
	for i := range 3 {
		r.report(fact(l.message(key, i, "v"), engine.Delivered))
	}
	l.accepted(key, "s", 3)
	for _, h := range p.all() {
		if h.Channel == "sms" {
			require.Equal(t, fmt.Sprint("Ваш номер ", h.Key.Ordinal), h.Content.Text)
		}
	}
}

func TestAnOpenCampaignsSegmentsGrow(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = run.SegmentSize + 50
	person := l.people(1)[0]
	key := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "always")
	p := l.provider(nil)
	r := l.start(p)
	list := make([]run.Entrant, n)
	for i := range list {
		list[i] = run.Entrant{Campaign: key, Contact: person, Zone: "Europe/Moscow", Data: fmt.Appendf(nil, `{"n": %d}`, i)}
	}
	seen := map[int64]bool{}
	for from := 0; from < n; from += 3_000 {
		for _, ordinal := range r.enter(list[from:min(from+3_000, n)]) {
			require.False(t, seen[ordinal])
			seen[ordinal] = true
		}
	}
	l.accepted(key, "s", n)
	l.oncePerNumber(p, n)
	require.EqualValues(t, 2, l.db.Count(`SELECT count(*) FROM segments WHERE campaign = $1 AND open > 0`, key.Campaign))
	require.EqualValues(t, n, l.db.Count(`SELECT sum(open) FROM segments WHERE campaign = $1`, key.Campaign))
}

func TestEntriesSurviveTheirWorker(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = 40
	people := l.people(n)
	key := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never")
	p := l.provider(nil)
	r := l.start(p)
	r.enter(entrants(key, people)[:10])
	l.accepted(key, "s", 10)
	// Nobody can make a recipient while this is open: the worker waits in its batch, and is killed there.
	tx, err := l.store.Desk().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), `LOCK TABLE recipients IN EXCLUSIVE MODE`)
	require.NoError(t, err)
	r.enter(entrants(key, people)[10:])
	l.eventually("the worker waits", func() bool {
		return l.db.Count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'recipients'::regclass`) > 0
	})
	l.db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'recipients'::regclass`)
	require.NoError(t, tx.Commit(t.Context()))
	l.accepted(key, "s", n)
	l.oncePerNumber(p, n)
	require.EqualValues(t, n, l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1`, key.Campaign))
	require.EqualValues(t, n, l.db.Count(`SELECT sum(open) FROM segments WHERE campaign = $1`, key.Campaign))
}

// The segment was claimed because somebody was open in it; all have ended when the next one enters and the worker dies.
func TestTheFirstOneAfterAllHaveEndedIsNotForgotten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(2)
	key := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never")
	p := l.provider(nil)
	r := l.start(p)
	r.enter(entrants(key, people)[:1])
	l.accepted(key, "s", 1)
	r.stop()
	r = l.start(p)
	r.report(fact(l.message(key, 0, "s"), engine.Delivered))
	l.ended(key, 1)
	require.Equal(t, "running", l.state(key))
	tx, err := l.store.Desk().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), `LOCK TABLE recipients IN EXCLUSIVE MODE`)
	require.NoError(t, err)
	r.enter(entrants(key, people)[1:])
	l.eventually("the worker waits", func() bool {
		return l.db.Count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'recipients'::regclass`) > 0
	})
	l.db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'recipients'::regclass`)
	require.NoError(t, tx.Commit(t.Context()))
	l.accepted(key, "s", 2)
	l.closes(key)
	r.report(fact(l.message(key, 1, "s"), engine.Delivered))
	l.finished(key)
}

func TestTwoProcessesTakePeopleIn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = 120
	people := l.people(n)
	key := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never")
	p := l.provider(nil)
	both := []*process{l.start(p), l.start(p)}
	list := entrants(key, people)
	var work sync.WaitGroup
	got := make([]run.Entry, n)
	errs := make([]error, n)
	for i := range list {
		work.Go(func() {
			entries, err := both[i%2].Entrance.Enter(l.Context(), list[i:i+1])
			if errs[i] = err; err == nil {
				got[i] = entries[0]
			}
		})
	}
	work.Wait()
	seen := map[int64]bool{}
	for i := range got {
		require.NoError(t, errs[i])
		require.Empty(t, got[i].Refused)
		require.False(t, seen[got[i].Ordinal])
		seen[got[i].Ordinal] = true
	}
	l.accepted(key, "s", n)
	l.oncePerNumber(p, n)
}

func TestEntriesWaitWhileTheCampaignDoes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(3)
	paused := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never")
	early := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never", func(c *run.Campaign) { c.Start = engine.At(time.Now().Add(2 * time.Second)) })
	p := l.provider(nil)
	r := l.start(p)
	l.eventually("it runs", func() bool { return l.state(paused) == "running" })
	l.set(paused, "paused")
	r.enter(entrants(paused, people))
	r.enter(entrants(early, people))
	l.eventually("they are recipients", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND phase = 0`, paused.Campaign) == 3
	})
	require.Empty(t, p.all())
	l.accepted(early, "s", 3)
	require.Zero(t, l.figure(paused, "s", "sent"))
	l.set(paused, "running")
	l.accepted(paused, "s", 3)
}

// However the cancelling and the entering meet, nobody stays open.
func TestCancelledWhilePeopleEnter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = 60
	people := l.people(n)
	key := l.openCampaign(draw(numbered("s"), goal("g"), link("s", "status:delivered", "g")), "never")
	r := l.start(l.provider(func(m channel.Message, _ int) channel.Result { return accepted(m) }))
	list := entrants(key, people)
	var work sync.WaitGroup
	taken := make([]bool, n)
	for i := range list {
		work.Go(func() {
			got, err := r.Entrance.Enter(l.Context(), list[i:i+1])
			taken[i] = err == nil && got[0].Refused == ""
			if i == n/2 {
				_ = l.store.SetState(l.Context(), key, "cancelled")
			}
		})
	}
	work.Wait()
	in := int64(0)
	for _, t := range taken {
		if t {
			in++
		}
	}
	l.ended(key, in)
	require.Equal(t, "cancelled", l.state(key))
	l.sound(key)
}
