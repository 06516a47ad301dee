package engine

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

func TestMenuAnswers(t *testing.T) {
	t.Parallel()
	m := &Menu{Options: []Option{{ID: "buy", Text: "Сделать ещё заказ"}, {ID: "Help", Text: "Помощь"}, {ID: "1", Text: "3"}}}
	for said, want := range map[string]string{
		"Сделать ещё заказ": "buy", "  сделать  ЕЩЕ\nзаказ ": "buy", "сделать еще\u0308 заказ": "buy",
		"1": "buy", " 2 ": "Help", "help": "Help", "HELP": "Help", "BUY": "buy", "помощь": "Help",
		"3": "1", "4": "else", "0": "else", "-1": "else", "": "else", "заказ": "else", "99999999999999999999": "else",
	} {
		require.Equal(t, want, m.match(said), "%q", said)
	}
}

func menu(timeout time.Duration, links ...string) *Program {
	m := &Menu{Text: text("What is it about?"), Timeout: timeout, Options: []Option{{ID: "buy", Text: "Buy"}, {ID: "ask", Text: "Ask"}}}
	return drawing(block("m", m, links...), block("x", &Close{}))
}

func TestMenu(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		links   []string
		answer  string // empty: none, and the timer comes
		reason  string
		outcome DialogOutcome
	}{
		{"an option", []string{"option=buy>x"}, "buy", "option:buy closed", DialogClosed},
		{"something else", []string{"option=else>x"}, "what?", "option:else closed", DialogClosed},
		{"an option without a link", []string{"option=else>x"}, "buy", "no_link", DialogCompleted},
		{"something else without a link", []string{"option=buy>x"}, "what?", "no_link", DialogCompleted},
		{"no answer", []string{"timeout>x"}, "", "timeout closed", DialogClosed},
		{"no answer and no link", []string{"option=buy>x"}, "", "no_link", DialogCompleted},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newChat(menu(time.Minute, tc.links...))
			c.start()
			require.Equal(t, "What is it about?", c.out.Says[0].Text)
			require.Len(t, c.out.Says[0].Options, 2)
			require.Equal(t, 60, second(c.state.Timer))
			if tc.answer == "" {
				require.Equal(t, Applied, c.timer(60))
			} else {
				require.Equal(t, Applied, c.write(60, tc.answer), "the last instant is in time")
			}
			require.Equal(t, tc.reason, c.reasons())
			require.Equal(t, tc.outcome, c.state.Outcome)
		})
	}
}

func TestMenuWithoutTimeoutWaitsForEver(t *testing.T) {
	t.Parallel()
	c := newChat(menu(0, "option=buy>x"))
	c.start()
	require.Zero(t, c.state.Timer)
	require.Equal(t, Stale, c.timer(1_000_000))
	require.Equal(t, DialogOpen, c.state.Outcome)
}

func TestHours(t *testing.T) {
	t.Parallel()
	moscow, err := time.LoadLocation("Europe/Moscow")
	require.NoError(t, err)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	const weekdays = scheme.Days(0b0011111)
	day := []scheme.Window{{Days: weekdays, From: 9 * 60, To: 18 * 60}, {Days: 1 << 5, From: 10 * 60, To: 24 * 60}}
	night := []scheme.Window{{Days: 1 << 4, From: 22 * 60, To: 6 * 60}}
	cases := []struct {
		name  string
		hours Hours
		at    string
		want  bool
	}{
		{"the first instant", Hours{Weekly: day}, "2026-06-15T09:00:00+03:00", true},
		{"before it", Hours{Weekly: day}, "2026-06-15T08:59:59+03:00", false},
		{"the last instant is closed", Hours{Weekly: day}, "2026-06-15T18:00:00+03:00", false},
		{"before the last instant", Hours{Weekly: day}, "2026-06-15T17:59:59+03:00", true},
		{"Saturday until midnight", Hours{Weekly: day}, "2026-06-20T23:59:59+03:00", true},
		{"Sunday", Hours{Weekly: day}, "2026-06-21T12:00:00+03:00", false},
		{"its own zone", Hours{Weekly: day, Zone: berlin}, "2026-06-15T09:30:00+03:00", false},
		{"its own zone, later", Hours{Weekly: day, Zone: berlin}, "2026-06-15T18:30:00+03:00", true},
		{"a holiday", Hours{Weekly: day, Holidays: []string{"2026-06-12"}}, "2026-06-12T12:00:00+03:00", false},
		{"the day after it", Hours{Weekly: day, Holidays: []string{"2026-06-11"}}, "2026-06-12T12:00:00+03:00", true},
		{"across midnight, the evening", Hours{Weekly: night}, "2026-06-19T23:00:00+03:00", true},
		{"across midnight, the morning", Hours{Weekly: night}, "2026-06-20T05:59:00+03:00", true},
		{"across midnight, over", Hours{Weekly: night}, "2026-06-20T06:00:00+03:00", false},
		{"a morning of another day", Hours{Weekly: night}, "2026-06-19T05:00:00+03:00", false},
		{"a shift that began before the holiday", Hours{Weekly: night, Holidays: []string{"2026-06-20"}}, "2026-06-20T05:00:00+03:00", true},
		{"a shift that begins on the holiday", Hours{Weekly: night, Holidays: []string{"2026-06-19"}}, "2026-06-20T05:00:00+03:00", false},
		{"nothing weekly", Hours{}, "2026-06-15T12:00:00+03:00", false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, tc.at)
			require.NoError(t, err)
			require.Equal(t, tc.want, tc.hours.Open(at, moscow))
			c := newChat(drawing(block("h", &tc.hours, "branch=open>x"), block("x", &Close{})))
			c.in.Account = moscow
			c.state, _ = StepDialog(&c.in, DialogState{}, DialogEvent{Kind: DialogStart}, At(at), &c.out)
			want := "no_link"
			if tc.want {
				want = "branch:open closed"
			}
			require.Equal(t, want, c.reasons())
		})
	}
}

func TestBlocksThatDecideAtOnce(t *testing.T) {
	t.Parallel()
	seen := scheme.Vars{}
	look := &Choose{Type: scheme.LinkBranch, Pick: func(v *scheme.Vars) (string, int) {
		seen = *v
		return "b", 2
	}}
	c := newChat(drawing(
		block("say", &Say{Text: text("https://shop.example/")}, "next>quiet"),
		block("quiet", &Say{Text: text("")}, "next>tag"),
		block("tag", &Retag{Add: []string{"new", "old"}, Remove: []string{"cold"}}, "next>level"),
		block("level", &Prioritise{Level: 7}, "next>set"),
		block("set", &Update{Set: []Assignment{{Key: "city", Value: constant("Moscow")}}, AddTags: []string{"chat"}}, "next>look"),
		block("look", look, "branch=b>x"),
		block("x", &Close{Reason: "done"}),
	))
	before := &scheme.Vars{Dialog: &scheme.Dialog{Tags: []string{"old", "cold"}, Channel: "widget"}, Contact: &scheme.Contact{Name: "Anna"}}
	c.in.Vars = before
	c.in.Link = func(url string) string { return "short:" + url }
	c.start()
	require.Equal(t, "next next next next next branch:b closed", c.reasons())
	require.Equal(t, DialogClosed, c.state.Outcome)
	require.Equal(t, []Utterance{{Step: 1, Text: "short:https://shop.example/"}}, c.out.Says, "an empty text says nothing")
	require.Equal(t, 2, c.out.Failures)
	require.Equal(t, 7, *c.out.Priority)
	require.Len(t, c.out.Tags, 1)
	require.Equal(t, "Moscow", c.out.Contact.Attributes["city"])

	require.Equal(t, []string{"old", "new"}, seen.Dialog.Tags, "later blocks see what earlier ones changed")
	require.Equal(t, 7, seen.Dialog.Priority)
	require.Equal(t, "Anna", seen.Contact.Name)
	require.Equal(t, []string{"chat"}, seen.Contact.Tags)
	require.Equal(t, "hello", seen.Message)
	require.Equal(t, morning.Time(), seen.Now)
	require.Equal(t, &scheme.Vars{Dialog: &scheme.Dialog{Tags: []string{"old", "cold"}, Channel: "widget"},
		Contact: &scheme.Contact{Name: "Anna"}}, before, "the input stays as it was")
}

// broken is an expression that fails on any data.
type broken struct{ text }

var errBroken = errors.New("an attribute is missing")

func (b broken) Render(*scheme.Vars, func(string) string) (string, error) {
	return string(b.text), errBroken
}
func (b broken) Eval(*scheme.Vars) (any, error) { return nil, errBroken }

func TestExpressionsThatFailAreCounted(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(
		block("say", &Say{Text: broken{"Hello, !"}}, "next>set"),
		block("set", &Update{Set: []Assignment{{Key: "city", Value: broken{}}}}, "next>x"),
		block("x", &Close{}),
	))
	c.start()
	require.Equal(t, "next next closed", c.reasons())
	require.Equal(t, 2, c.out.Failures)
	require.Equal(t, "Hello, !", c.out.Says[0].Text, "what could be rendered is said")
	require.Empty(t, c.out.Contact.Attributes)
}

func TestWaitingTimeIsCountedFromTheStart(t *testing.T) {
	t.Parallel()
	waited := 0
	look := &Choose{Type: scheme.LinkBranch, Pick: func(v *scheme.Vars) (string, int) {
		waited = v.Dialog.Waiting
		return "else", 0
	}}
	c := newChat(drawing(block("d", operation(ModeInOrder), "not_accepted>look"), block("look", look)))
	c.start()
	c.timer(60)
	require.Equal(t, 60, waited)
	require.Equal(t, DialogCompleted, c.state.Outcome)
}

func TestDelay(t *testing.T) {
	t.Parallel()
	hour := &Wait{Until: func(entered time.Time, zone *time.Location) time.Time { return entered.Add(time.Hour) }}
	c := newChat(drawing(block("w", hour, "next>x"), block("x", &Close{})))
	c.start()
	require.Equal(t, 3600, second(c.state.Timer))
	require.Equal(t, Applied, c.write(10, "hurry"))
	require.Equal(t, Stale, c.timer(3599))
	require.Equal(t, Applied, c.timer(3600))
	require.Equal(t, "next closed", c.reasons())

	c = newChat(drawing(block("w", hour)))
	c.start()
	require.Equal(t, DialogCompleted, c.state.Outcome, "without a link it ends at entry")
	require.Equal(t, "no_link", c.reasons())
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	hook := &Hook{Method: "POST", URL: text("https://crm.example/"), Body: text("{}"), Timeout: 5 * time.Second}
	cases := []struct {
		name    string
		links   []string
		failure string // empty: it succeeds
		reason  string
		outcome DialogOutcome
	}{
		{"success", []string{"next>x"}, "", "next closed", DialogClosed},
		{"success without a link", []string{"error>x"}, "", "no_link", DialogCompleted},
		{"its own error", []string{"error>y", "error=500>x"}, "500", "error:500 closed", DialogClosed},
		{"any error", []string{"error=404>y", "error>x"}, "500", "error:500 closed", DialogClosed},
		{"an error that nobody caught", []string{"next>x", "error=404>y"}, "500", "error:500", DialogFailed},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newChat(drawing(block("h", hook, tc.links...), block("x", &Close{}), block("y", operation(ModeInOrder))))
			c.start()
			require.Len(t, c.out.Hooks, 1)
			call := c.out.Hooks[0]
			require.Equal(t, "https://crm.example/", call.URL)
			require.Equal(t, "{}", call.Body)
			require.Equal(t, Stale, c.at(1, DialogEvent{Kind: DialogHookDone, Wait: call.Wait + 1}))
			require.Equal(t, Applied, c.write(1, "hello?"))
			ev := DialogEvent{Kind: DialogHookDone, Wait: call.Wait}
			if tc.failure != "" {
				ev.Kind, ev.Text = DialogHookFailed, tc.failure
			}
			require.Equal(t, Applied, c.at(2, ev))
			require.Equal(t, tc.reason, c.reasons())
			require.Equal(t, tc.outcome, c.state.Outcome)
		})
	}
}

// chain is n blocks that decide at once and then a close.
func chain(n int, b Block) *Program {
	nodes := make([]Node, 0, n+1)
	for i := range n {
		nodes = append(nodes, block(strconv.Itoa(i), b, "next>"+strconv.Itoa(i+1)))
	}
	return drawing(append(nodes, block(strconv.Itoa(n), &Close{}))...)
}

func TestTooManyTransitions(t *testing.T) {
	t.Parallel()
	c := newChat(chain(MaxTransitions-1, &Retag{}))
	c.start()
	require.Equal(t, DialogClosed, c.state.Outcome)

	c = newChat(chain(MaxTransitions, &Retag{}))
	c.start()
	require.Equal(t, DialogFailed, c.state.Outcome)
	require.Len(t, c.out.Trace, MaxTransitions, "the trace is kept")
	require.Zero(t, c.state.Timer)
}

func TestWebhooksDoNotHideALoop(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("h", &Hook{URL: text("https://crm.example/")}, "next>h")))
	c.start()
	calls := 0
	for c.state.Outcome == DialogOpen {
		calls++
		c.at(calls, DialogEvent{Kind: DialogHookDone, Wait: c.state.Wait})
	}
	require.Equal(t, MaxTransitions, calls)
	require.Equal(t, DialogFailed, c.state.Outcome)
}

func TestALoopThroughAWaitGoesOnForEver(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder), "not_accepted>say"), block("say", &Say{Text: text("Wait, please")}, "next>d")))
	c.start()
	for i := range 3 * MaxTransitions {
		require.Equal(t, Applied, c.timer(60*(i+1)))
	}
	require.Equal(t, DialogOpen, c.state.Outcome)
	require.Equal(t, int32(1+6*MaxTransitions), c.state.Step)
}
