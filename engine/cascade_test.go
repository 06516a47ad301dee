package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

func aViber() *Message {
	return &Message{Channel: "viber", Offers: Spam | Unsubscribed | Clicked | Viewed | Delivered | NotDelivered | Replied,
		Clickable: true, Decision: 2 * time.Hour, Attempts: 1}
}

func anSMS() *Message {
	return &Message{Channel: "sms", Offers: Clicked | Delivered | NotDelivered | Replied, Clickable: true,
		Decision: time.Hour, Attempts: 1}
}

func aCall(attempts int) *Message {
	return &Message{Channel: "voice", Offers: Unsubscribed | Answered | NoAnswer, Decision: 2 * time.Hour,
		Attempts: attempts, Interval: 10 * time.Minute,
		Keys: map[byte]KeyAction{'1': KeyRecord, '2': KeyConnect, '9': KeyUnsubscribe}}
}

// contains is the condition of a reply link.
type contains string

func (c contains) Holds(v *scheme.Vars) (bool, error) {
	return strings.Contains(v.Reply, string(c)), nil
}

// cascade makes a cascade whose entry is the first node. The value of a reply link is what the reply must contain.
func cascade(nodes ...Node) *Program {
	p := drawing(nodes...)
	p.Kind = scheme.Cascade
	for i := range p.Nodes {
		for j := range p.Nodes[i].Links {
			l := &p.Nodes[i].Links[j]
			if l.reason = reasonOf(scheme.Link{Type: l.Type, Value: l.Value}); l.Type == scheme.LinkReply && l.Value != "" {
				l.When = contains(l.Value)
			}
		}
		p.Nodes[i].hold = newLinks(&p.Nodes[i])
	}
	return p
}

// run is one recipient under test. Its clock is the time since the start.
type run struct {
	in    Input
	state State
	out   Effects // of the last event
}

func newRun(p *Program) *run {
	return &run{in: Input{Program: p, Vars: &scheme.Vars{}, Zone: time.UTC,
		Campaign: &Campaign{Seed: "c", Start: morning, Zone: time.UTC, StopWords: DefaultStopWords()}}, state: p.NewState(morning)}
}

func (r *run) at(since time.Duration, ev Event) Verdict {
	var v Verdict
	r.out = Effects{}
	r.state, v = Step(&r.in, r.state, ev, morning.Add(since), &r.out)
	return v
}

func (r *run) timer(since time.Duration) Verdict { return r.at(since, Event{Kind: Timer}) }

func (r *run) fact(since time.Duration, fact Facts) Verdict {
	return r.at(since, Event{Kind: Fact, Fact: fact, Attempt: 1})
}

// launched brings the recipient to the launch of the first message, a second after the start.
func launched(t *testing.T, p *Program) *run {
	r := newRun(p)
	require.Equal(t, Applied, r.timer(0))
	require.Equal(t, Applied, r.timer(time.Second))
	require.Equal(t, []Launch{{Node: 0, Attempt: 1, At: morning.Add(time.Second)}}, r.out.Launches)
	require.Equal(t, Sending, r.state.Phase)
	return r
}

// ends requires that the walk has just ended, and how.
func (r *run) ends(t *testing.T, o Outcome, reason string) {
	t.Helper()
	require.Equal(t, Ended, r.state.Phase)
	require.Equal(t, o.String(), r.state.Outcome.String())
	require.NotEmpty(t, r.out.Trace)
	last := r.out.Trace[len(r.out.Trace)-1]
	require.Equal(t, reason, last.Reason)
	require.EqualValues(t, -1, last.Link)
	_, waits := r.in.Program.Due(&r.state)
	require.False(t, waits)
}

func TestTimerOfAnotherWaitIsStale(t *testing.T) {
	t.Parallel()
	r := launched(t, cascade(block("v", aViber(), "status=delivered>g"), block("g", &Goal{})))
	before := r.state
	require.Equal(t, Stale, r.timer(2*time.Hour))
	require.True(t, before.Equal(&r.state))
	require.Equal(t, Applied, r.at(time.Minute, Event{Kind: Acceptance, Attempt: 1}))
	require.Equal(t, Stale, r.timer(2*time.Hour+time.Second), "the decision time runs from the acceptance")
	require.Equal(t, Applied, r.timer(2*time.Hour+time.Minute))
	r.ends(t, Completed, "no_link")
	require.Equal(t, Stale, r.timer(3*time.Hour))
}

func TestWhatIsNotReached(t *testing.T) {
	t.Parallel()
	p := cascade(block("v", aViber(), "error=unavailable>g", "status=not_delivered>h"), block("g", &Goal{}), block("h", &Goal{}))
	t.Run("the provider, for the whole decision time", func(t *testing.T) {
		t.Parallel()
		r := launched(t, p)
		require.Equal(t, Applied, r.timer(2*time.Hour+time.Second))
		require.Equal(t, "error:unavailable", r.out.Trace[0].Reason)
		r.ends(t, ReachedGoal, "goal")
	})
	t.Run("an answer: it counts as accepted at the launch", func(t *testing.T) {
		t.Parallel()
		r := launched(t, p)
		require.Equal(t, Stale, r.at(time.Minute, Event{Kind: Uncertainty, Node: 1, Attempt: 1}))
		require.Equal(t, Applied, r.at(time.Minute, Event{Kind: Uncertainty, Attempt: 1}))
		require.Equal(t, Applied, r.timer(2*time.Hour+time.Second))
		require.Equal(t, "timeout", r.out.Trace[0].Reason)
	})
	t.Run("a fact is an acceptance", func(t *testing.T) {
		t.Parallel()
		r := launched(t, cascade(block("v", aViber(), "status=clicked>g", "status=delivered>g"), block("g", &Goal{})))
		require.Equal(t, Applied, r.fact(time.Minute, Delivered))
		require.Equal(t, Waiting, r.state.Phase)
		require.Equal(t, Repeated, r.at(2*time.Minute, Event{Kind: Acceptance, Attempt: 1}))
		require.Equal(t, Applied, r.timer(2*time.Hour+time.Minute))
		require.Equal(t, "delivered", r.out.Trace[0].Reason)
	})
	t.Run("an acceptance of a call that ended with its launch", func(t *testing.T) {
		t.Parallel()
		r := launched(t, cascade(block("c", aCall(1), "status=unsubscribed>g"), block("g", &Goal{})))
		require.Equal(t, Applied, r.at(time.Second, Event{Kind: Fact, Fact: Pressed, Key: '1', Attempt: 1}))
		require.Equal(t, Applied, r.fact(time.Second, Answered))
		require.Equal(t, Sending, r.state.Phase, "before the acceptance nothing is over")
		require.Equal(t, Applied, r.timer(2*time.Hour+time.Second))
		r.ends(t, Completed, "no_link")
	})
	t.Run("the provider, but it answered of an earlier call", func(t *testing.T) {
		t.Parallel()
		r := launched(t, cascade(block("c", aCall(2), "status=no_answer>g"), block("g", &Goal{})))
		require.Equal(t, Applied, r.fact(time.Second, NoAnswer))
		require.Equal(t, Applied, r.timer(10*time.Minute+time.Second))
		require.Equal(t, Applied, r.timer(2*time.Hour+time.Second))
		require.Equal(t, "timeout", r.out.Trace[0].Reason)
	})
}

func TestLateLaunch(t *testing.T) {
	t.Parallel()
	hours := &scheme.Window{Zone: scheme.ZoneSender, Days: scheme.EveryDay, From: 8 * 60, To: 10 * 60}
	start := func(t *testing.T, end time.Duration) *run {
		r := newRun(cascade(block("v", aViber(), "status=not_delivered>g"), block("g", &Goal{})))
		r.in.Campaign.Window = hours
		if end != 0 {
			r.in.Campaign.End = morning.Add(end)
		}
		require.Equal(t, Applied, r.timer(0))
		require.Equal(t, Held, r.state.Phase)
		return r
	}
	t.Run("what a rate pushed past the window is held again", func(t *testing.T) {
		t.Parallel()
		r := start(t, 0)
		require.Equal(t, Applied, r.timer(time.Hour))
		require.Empty(t, r.out.Launches)
		require.Equal(t, Held, r.state.Phase)
		require.Equal(t, morning.Add(23*time.Hour), r.state.Wake)
		require.Equal(t, Applied, r.timer(23*time.Hour))
		require.Len(t, r.out.Launches, 1)
	})
	t.Run("and past the end it is an error", func(t *testing.T) {
		t.Parallel()
		r := start(t, 2*time.Hour)
		require.Equal(t, Applied, r.timer(time.Hour))
		require.Equal(t, "error:window_closed", r.out.Trace[0].Reason)
		require.Zero(t, r.out.Trace[0].Sent)
	})
	for name, c := range map[string]struct {
		ev      Event
		outcome Outcome
		reason  string
	}{
		"a channel's stop falls through":   {Event{Scope: ThisChannel}, ReachedGoal, "goal"},
		"a stop of all channels does not":  {Event{Scope: AllChannels}, Interrupted, "error:unsubscribed"},
		"no address falls through":         {Event{Value: NoAddress}, ReachedGoal, "goal"},
		"the stop list comes before both":  {Event{Scope: AllChannels, Value: NoAddress}, Interrupted, "error:unsubscribed"},
		"a reason of the account's making": {Event{Value: FrequencyCap}, ReachedGoal, "goal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, 0)
			require.Equal(t, Applied, r.at(time.Minute, c.ev))
			require.Empty(t, r.out.Launches)
			r.ends(t, c.outcome, c.reason)
		})
	}
}

func TestLateRedial(t *testing.T) {
	t.Parallel()
	// start brings the recipient to the wait for its second call, planned for 11 minutes and a second.
	start := func(t *testing.T) *run {
		r := launched(t, cascade(block("c", aCall(3), "status=answered>g", "status=no_answer>h"), block("g", &Goal{}), block("h", &Goal{})))
		require.Equal(t, Applied, r.fact(61*time.Second, NoAnswer))
		require.Equal(t, morning.Add(11*time.Minute+time.Second), r.state.Wake)
		return r
	}
	for name, c := range map[string]struct {
		since  time.Duration
		ev     Event
		reason string // "" where a call is made or planned
		wake   time.Duration
	}{
		"in time":                  {since: 11*time.Minute + time.Second},
		"late, and still in time":  {since: 2 * time.Hour},
		"at the deadline":          {since: 2*time.Hour + 61*time.Second, reason: "no_answer"},
		"after the deadline":       {since: 3 * time.Hour, reason: "no_answer"},
		"on the stop list":         {since: 12 * time.Minute, ev: Event{Scope: AllChannels}, reason: "error:unsubscribed"},
		"refused for the account":  {since: 12 * time.Minute, ev: Event{Value: NoFunds}, reason: "error:no_funds"},
		"outside the window":       {since: 70 * time.Minute, wake: 90 * time.Minute},
		"outside the last opening": {since: 100 * time.Minute, reason: "no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			if strings.HasPrefix(name, "outside") {
				r.in.Campaign.Window = &scheme.Window{Zone: scheme.ZoneSender, Days: scheme.EveryDay, From: 10*60 + 30, To: 10*60 + 35}
			}
			require.Equal(t, Applied, r.at(c.since, c.ev))
			switch {
			case c.reason != "":
				require.Equal(t, c.reason, r.out.Trace[0].Reason)
				require.EqualValues(t, 1, r.out.Trace[0].Attempts)
			case c.wake != 0:
				require.Empty(t, r.out.Launches)
				require.Equal(t, morning.Add(c.wake), r.state.Wake)
			default:
				require.Equal(t, []Launch{{Node: 0, Attempt: 2, At: morning.Add(c.since)}}, r.out.Launches)
				require.Equal(t, morning.Add(time.Second), r.state.Launched, "the first attempt's")
			}
		})
	}
}

func TestAnswersToSomethingElse(t *testing.T) {
	t.Parallel()
	p := cascade(block("c", aCall(2), "status=answered>w", "status=no_answer>w"), block("w", &Hook{}, "next>s", "error=500>s"),
		block("s", anSMS(), "status=delivered>g"), block("g", &Goal{}))
	for name, c := range map[string]struct {
		ev   Event
		want Verdict
	}{
		"no such node":                  {Event{Kind: Fact, Fact: Answered, Node: 99, Attempt: 1}, Unavailable},
		"a node below all":              {Event{Kind: Fact, Fact: Answered, Node: -1, Attempt: 1}, Unavailable},
		"a node that sends nothing":     {Event{Kind: Fact, Fact: Answered, Node: 1, Attempt: 1}, Unavailable},
		"no attempt":                    {Event{Kind: Fact, Fact: Answered}, Unavailable},
		"an attempt too many":           {Event{Kind: Fact, Fact: Answered, Attempt: 3}, Unavailable},
		"an attempt that is not made":   {Event{Kind: Fact, Fact: Answered, Attempt: 2}, Stale},
		"a stop of one that is not":     {Event{Kind: Fact, Fact: Unsubscribed, Attempt: 2}, Stale},
		"a fact that a call lacks":      {Event{Kind: Fact, Fact: Delivered, Attempt: 1}, Unavailable},
		"a reply to a call":             {Event{Kind: Fact, Fact: Replied, Attempt: 1, Value: "да"}, Unavailable},
		"a key that the menu lacks":     {Event{Kind: Fact, Fact: Pressed, Key: '7', Attempt: 1}, Unavailable},
		"a click on what has no link":   {Event{Kind: Fact, Fact: Clicked, Attempt: 1}, Unavailable},
		"a message that is to come":     {Event{Kind: Fact, Fact: Delivered, Node: 2, Attempt: 1}, Late},
		"an acceptance of another node": {Event{Kind: Acceptance, Node: 2, Attempt: 1}, Stale},
		"a webhook's answer":            {Event{Kind: HookDone, Node: 1}, Late},
		"a webhook's failure":           {Event{Kind: HookFailed, Node: 0, Value: "500"}, Late},
		"an unknown kind":               {Event{Kind: 99}, Stale},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launched(t, p)
			before := r.state
			require.Equal(t, c.want, r.at(time.Minute, c.ev))
			require.True(t, before.Equal(&r.state))
			require.Equal(t, Effects{}, r.out)
		})
	}
}

func TestStopFromOutside(t *testing.T) {
	t.Parallel()
	r := launched(t, cascade(block("s", anSMS(), "status=delivered>g"), block("g", &Goal{})))
	require.Equal(t, Unavailable, r.fact(time.Minute, Unsubscribed), "an SMS has no such status")
	page := Event{Kind: Fact, Fact: Unsubscribed, Attempt: 1, Scope: AllChannels}
	require.Equal(t, Applied, r.at(time.Minute, page), "but the unsubscribe page speaks for all channels")
	require.Equal(t, []Stop{{Node: 0, Attempt: 1, Scope: AllChannels}}, r.out.Stops)
	r.ends(t, Interrupted, "unsubscribed")
	require.Equal(t, Late, r.at(2*time.Minute, page))
	require.Empty(t, r.out.Stops, "once is enough")
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	r := newRun(cascade(block("v", aViber(), "status=delivered>g"), block("g", &Goal{})))
	require.Equal(t, Applied, r.at(0, Event{Kind: Interrupt, Value: "cancelled"}))
	require.Equal(t, Interrupted, r.state.Outcome)
	require.Empty(t, r.out.Trace, "no block was entered")
	require.Equal(t, Late, r.at(0, Event{Kind: Interrupt, Value: "cancelled"}))
	require.Equal(t, Stale, r.timer(time.Hour))

	r = launched(t, r.in.Program)
	require.Equal(t, Applied, r.at(time.Minute, Event{Kind: Interrupt, Value: "deleted"}))
	r.ends(t, Interrupted, "deleted")
	require.Equal(t, Late, r.fact(2*time.Minute, Delivered))
}

func TestWinnerByShare(t *testing.T) {
	t.Parallel()
	p := cascade(block("t", &Split{Variants: []Variant{{"a", 3}, {"b", 1}}, Winner: &Winner{Share: 20, Wait: time.Hour}},
		"variant=a>g", "variant=b>g"), block("g", &Goal{}))
	drawn, rest := map[string]int{}, 0
	for i := range int64(200) {
		r := newRun(p)
		r.in.Ordinal = i
		require.Equal(t, Applied, r.timer(time.Minute))
		if r.state.Phase == Ended {
			drawn[r.out.Trace[0].Chosen]++
			continue
		}
		rest++
		require.Equal(t, morning.Add(time.Hour), r.state.Wake, "from the campaign's start, not from the entry")
		require.Equal(t, Stale, r.timer(time.Hour), "the winner is not known")
		require.Equal(t, Applied, r.at(time.Hour, Event{Kind: Timer, Variant: "b"}))
		require.Equal(t, "variant:b", r.out.Trace[0].Reason)
	}
	require.Equal(t, 160, rest)
	require.Equal(t, map[string]int{"a": 30, "b": 10}, drawn, "the variants are in proportion among those drawn")
}

// TestSmallShareDrawsEveryVariant: a share that is a part of one run must not always fall on the same side.
func TestSmallShareDrawsEveryVariant(t *testing.T) {
	t.Parallel()
	p := cascade(block("t", &Split{Variants: []Variant{{"a", 1}, {"b", 1}}, Winner: &Winner{Share: 1, Wait: time.Hour}},
		"variant=a>g", "variant=b>g"), block("g", &Goal{}))
	drawn := map[string]int{}
	for i := range int64(2000) {
		r := newRun(p)
		r.in.Ordinal = i
		require.Equal(t, Applied, r.timer(time.Minute))
		if r.state.Phase == Ended {
			drawn[r.out.Trace[0].Chosen]++
		}
	}
	require.Equal(t, map[string]int{"a": 10, "b": 10}, drawn)
}

func TestIsStop(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"стоп": true, "Стоп!": true, "  STOP": true, "стоп, больше не пишите": true, "«Отписаться»": true, "unsubscribe me": true,
		"отписка.": true, "🛑 stop": true, "стоп-слово": true, "не стоп": false, "стопка": false, "nonstop": false, "": false,
		"!!!": false, "2 стоп": false, "сто": false, "stop2": false,
	} {
		require.Equal(t, want, IsStop(text, DefaultStopWords()), "%q", text)
	}
	require.True(t, IsStop("Ещё", []string{"еще"}), "ё as е")
	require.False(t, IsStop("стоп", nil), "an account without stop words")
	require.False(t, IsStop("", []string{""}))
}

func TestChangeLeavesTheContactAsItIs(t *testing.T) {
	t.Parallel()
	old := scheme.Contact{Name: "Анна", Tags: []string{"a", "b"}, Attributes: map[string]any{"city": "Омск"}}
	c := Change{Block: &Update{AddTags: []string{"b", "c", "c"}, RemoveTags: []string{"a"}}, Set: map[string]any{"age": 3}}
	require.Equal(t, scheme.Contact{Name: "Анна", Tags: []string{"b", "c"}, Attributes: map[string]any{"city": "Омск", "age": 3}}, c.Apply(old))
	require.Equal(t, scheme.Contact{Name: "Анна", Tags: []string{"a", "b"}, Attributes: map[string]any{"city": "Омск"}}, old)
	again := Change{Block: &Update{AddTags: []string{"a"}, RemoveTags: []string{"a"}}}
	require.Equal(t, []string{"b", "a"}, again.Apply(old).Tags, "removed first, then added")
}

func TestFactsHaveTheNamesOfLinks(t *testing.T) {
	t.Parallel()
	for f := Delivered; f <= Failed; f <<= 1 {
		name := f.String()
		require.NotEqual(t, "facts", name)
		if f&(Replied|Pressed|Failed) == 0 {
			require.Equal(t, f, StatusFact(name))
		}
	}
	require.Zero(t, StatusFact("opened"))
	require.Equal(t, "facts", (Delivered | Viewed).String())
	for _, reason := range ErrorReasons() {
		require.Equal(t, "error:"+reason, errorReason(reason))
	}
}

func TestStopsOfTwoBranchesOfTimeDoNotMix(t *testing.T) {
	t.Parallel()
	r := launched(t, cascade(block("v", aViber(), "status=delivered>g"), block("g", &Goal{})))
	r.state.Heard = make([]int32, 1, 8) // as a caller may have it, with room behind
	at := morning.Add(time.Minute)
	one, _ := Step(&r.in, r.state, Event{Kind: Fact, Fact: Spam, Attempt: 1}, at, &r.out)
	two, _ := Step(&r.in, r.state, Event{Kind: Fact, Fact: Unsubscribed, Attempt: 1}, at, &r.out)
	require.NotEqual(t, one.Heard, two.Heard)
}

func TestWindowWhereTheZoneIsInDoubt(t *testing.T) {
	t.Parallel()
	east, west := time.FixedZone("east", 5*3600), time.FixedZone("west", 2*3600)
	start := func(from, to scheme.Clock) *run {
		r := newRun(cascade(block("v", aViber(), "status=delivered>g"), block("g", &Goal{})))
		r.in.Doubt = []*time.Location{east, west}
		r.in.Campaign.Window = &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: from, To: to}
		require.Equal(t, Applied, r.timer(0))
		return r
	}
	r := start(12*60, 18*60) // from 10:00 UTC in the west, to 13:00 UTC in the east
	require.Equal(t, morning.Add(time.Hour), r.state.Wake)
	require.Equal(t, Applied, r.timer(4*time.Hour))
	require.Empty(t, r.out.Launches, "over in the east")
	require.Equal(t, morning.Add(25*time.Hour), r.state.Wake)
	require.Equal(t, Applied, r.timer(25*time.Hour))
	require.Len(t, r.out.Launches, 1)

	start(12*60, 14*60).ends(t, Interrupted, "error:window_closed") // never open in both
}

func TestHasten(t *testing.T) {
	t.Parallel()
	wait := &Wait{Until: func(entered time.Time, _ *time.Location) time.Time { return entered.Add(time.Hour) }}
	test := &Split{Variants: []Variant{{"a", 1}}, Winner: &Winner{Share: 20, Wait: time.Hour}}
	p := cascade(block("c", aCall(2), "status=no_answer>d"), block("d", wait, "next>t"), block("t", test, "variant=a>g"), block("g", &Goal{}))
	require.Same(t, p, p.Hasten(1))
	fast := p.Hasten(3600)
	require.Equal(t, 2*time.Second, fast.Nodes[0].Block.(*Message).Decision)
	require.Equal(t, 10*time.Minute/3600, fast.Nodes[0].Block.(*Message).Interval)
	require.Equal(t, time.Second, fast.Nodes[2].Block.(*Split).Winner.Wait)
	require.Equal(t, 2*time.Hour, p.Nodes[0].Block.(*Message).Decision, "the program itself keeps its times")
	require.Equal(t, time.Hour, test.Winner.Wait)

	r := launched(t, fast)
	require.Equal(t, Applied, r.timer(3*time.Second), "the call's decision time")
	require.Equal(t, Pausing, r.state.Phase)
	require.Equal(t, morning.Add(4*time.Second), r.state.Wake)
}
