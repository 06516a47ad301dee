package run_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

func (l *lab) troubles(key run.CampaignKey) []string {
	l.Helper()
	return l.db.Texts(`SELECT ordinal || ': ' || what FROM troubles WHERE campaign = $1 ORDER BY ordinal, what`, key.Campaign)
}

func TestAnExpressionThatFailsOnOneContactIsReported(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(3, func(i int, c *scheme.Contact) {
		c.Attributes = map[string]any{"age": 40 + i}
		if i == 1 {
			c.Attributes["age"] = "сорок"
		}
	})
	key := l.campaign(draw(block("c", "condition", `{"branches":[{"id":"old","when":"contact.attributes.age > 18"}]}`),
		block("s", "sms", `{"sender":"SHOP","text":"Вам {{ contact.attributes.age + 1 }}"}`), goal("g"),
		link("c", "branch:old", "s"), link("c", "branch:else", "s"), link("s", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(3)
	for i := range 3 {
		r.report(fact(l.message(key, i, "s"), engine.Delivered))
	}
	l.finished(key)
	require.Equal(t, "c branch:old, s delivered, g goal, goal (goal)", l.walk(key, 0))
	require.Equal(t, "c branch:else, s delivered, g goal, goal (goal)", l.walk(key, 1))
	require.Equal(t, "Вам 41", p.of(l.message(key, 0, "s"))[0].Content.Text)
	require.Equal(t, "Вам ", p.of(l.message(key, 1, "s"))[0].Content.Text)
	found := l.troubles(key)
	require.NotEmpty(t, found)
	for _, what := range found {
		require.True(t, strings.HasPrefix(what, "1: "), what)
	}
	require.Len(t, l.trace(key, 1).Troubles, 2, "the condition's and the text's")
}

// The database refuses a row whose key is too long for an index: an address that is to go on the stop list.
func TestWhatTheDatabaseRefusesEndsOneWalkOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	random := rand.New(rand.NewPCG(3, 4))
	people := l.people(6, func(i int, c *scheme.Contact) {
		if i == 3 {
			var long strings.Builder // random, for what repeats is stored compressed
			for long.Len() < 20_000 {
				fmt.Fprintf(&long, "%x", random.Uint64())
			}
			c.Addresses = map[string]string{"viber": long.String()}
		}
	})
	key := l.campaign(draw(viber("v", "1h"), goal("g"), link("v", "status:delivered", "g")), people)
	p := l.provider(nil)
	r := l.start(p)
	l.eventually("all are accepted", func() bool { return l.figure(key, "v", "accepted") == 6 })
	var reports []channel.Report
	for i := range 6 {
		reports = append(reports, fact(l.message(key, i, "v"), engine.Spam))
	}
	r.report(reports...)
	l.finished(key)
	for i := range 6 {
		want := "v spam, interrupted (spam)"
		if i == 3 {
			want = "v fault, interrupted (fault)"
		}
		require.Equal(t, want, l.walk(key, i))
	}
	require.Equal(t, []string{"3: the recipient's data cannot be stored; its walk was ended"}, l.troubles(key))
	require.Len(t, l.stops(), 5)
	p.oncePerMessage()
}

// A number that JSON cannot hold.
func TestAnUpdateThatCannotBeStoredEndsOneWalkOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(4, func(i int, c *scheme.Contact) { c.Attributes = map[string]any{"n": i} })
	key := l.campaign(draw(block("u", "update", `{"set":{"share":"1.0 / contact.attributes.n"}}`), goal("g"), link("u", "next", "g")), people)
	l.start(l.provider(nil))
	l.finished(key)
	for i := 1; i < 4; i++ {
		require.Equal(t, "u next, g goal, goal (goal)", l.walk(key, i))
	}
	require.NotEmpty(t, l.troubles(key))
	require.True(t, strings.HasPrefix(l.troubles(key)[0], "0: "))
}

// Batches with one recipient are refused for what is in them, wherever that is: at the launch, at a fact, at a timer.
func TestARefusedBatchIsTakenApart(t *testing.T) {
	t.Parallel()
	for name, drawing := range map[string]string{
		"a launch": toGoal("1h"),
		"a timer":  draw(block("d", "delay", `{"for":"1m"}`), sms("s", "1h"), goal("g"), link("d", "next", "s"), link("s", "status:delivered", "g")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			const bad = 7
			key := l.campaign(drawing, l.people(20), hurry(60))
			p := l.provider(nil)
			r := l.start(p, faulty(func(b *run.Batch) error {
				if concerns(b, bad) {
					return run.ErrData
				}
				return nil
			}))
			p.hears(19)
			l.eventually("its walk is ended", func() bool { return l.figure(key, "", "end:interrupted") == 1 })
			require.Contains(t, l.walk(key, bad), "interrupted (fault)")
			for i := range 20 {
				if i != bad {
					r.report(fact(l.message(key, i, "s"), engine.Delivered))
				}
			}
			l.finished(key)
			require.EqualValues(t, 19, l.figure(key, "", "end:goal"))
			require.Len(t, l.troubles(key), 1)
			p.oncePerMessage()
		})
	}
}

func TestAFactWhoseBatchIsRefusedEndsOneWalkOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const bad = 7
	key := l.campaign(viberThenSMS("1h"), l.people(12))
	p := l.provider(nil)
	var broken atomic.Bool
	r := l.start(p, faulty(func(b *run.Batch) error {
		if broken.Load() && concerns(b, bad) {
			return run.ErrData
		}
		return nil
	}))
	l.eventually("all are accepted", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND accepted_at IS NOT NULL`, key.Campaign) == 12
	})
	broken.Store(true)
	var reports []channel.Report
	for i := range 12 {
		reports = append(reports, fact(l.message(key, i, "v"), engine.Delivered))
	}
	r.report(reports...)
	l.becomes(key, bad, "v fault, interrupted (fault)")
	l.eventually("the others know of their delivery", func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND facts = $2`, key.Campaign, int32(engine.Delivered)) == 11
	})
	for i := range 12 {
		r.report(fact(l.message(key, i, "v"), engine.Clicked))
	}
	l.finished(key)
	require.EqualValues(t, 11, l.figure(key, "", "end:goal"))
	require.Equal(t, []string{"7: the recipient's data cannot be stored; its walk was ended"}, l.troubles(key))
	p.oncePerMessage()
}

// broken panics on one contact.
type broken struct{ engine.Renderer }

func (b broken) Render(v *scheme.Vars, link func(string) string) (engine.Content, error) {
	if v.Contact != nil && v.Contact.Phone == phone(1) {
		panic("nobody thought of this")
	}
	return b.Renderer.Render(v, link)
}

type brokenTemplate struct{ scheme.Template }

func (b brokenTemplate) Render(v *scheme.Vars, link func(string) string) (string, error) {
	if v.Contact != nil && v.Contact.Phone == phone(1) {
		panic("nobody thought of this")
	}
	return b.Template.Render(v, link)
}

func TestAPanicWhileFillingInIsOneRecipientsOwn(t *testing.T) {
	t.Parallel()
	for name, drawing := range map[string]string{
		"a message": toGoal("1h"),
		"a webhook": draw(block("s", "webhook", `{"url":"https://crm.example/"}`), goal("g"), link("s", "next", "g")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			key := l.campaign(drawing, l.people(3))
			p := l.provider(nil)
			r := l.start(p, func(o *run.Options) {
				o.Compile = func(document []byte) (*engine.Program, error) {
					program, err := compile(document)
					if err != nil {
						return nil, err
					}
					switch b := program.Nodes[0].Block.(type) {
					case *engine.Message:
						b.Content = broken{b.Content}
					case *engine.Hook:
						b.URL = brokenTemplate{b.URL}
					}
					return program, nil
				}
			})
			l.becomes(key, 1, "s fault, interrupted (fault)")
			if name == "a message" {
				p.hears(2)
				r.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 2, "s"), engine.Delivered))
			}
			l.finished(key)
			require.EqualValues(t, 2, l.figure(key, "", "end:goal"))
			require.Equal(t, []string{"1: fault: nobody thought of this"}, l.troubles(key))
		})
	}
}
