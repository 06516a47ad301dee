package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/scheme"
)

// text is a template without expressions.
type text string

func (t text) Render(_ *scheme.Vars, link func(string) string) (string, error) {
	if strings.HasPrefix(string(t), "https://") {
		return link(string(t)), nil
	}
	return string(t), nil
}
func (t text) HasLink() bool            { return false }
func (t text) Constant() (string, bool) { return string(t), true }

// constant is a value that an update sets.
type constant string

func (c constant) Eval(*scheme.Vars) (any, error) { return string(c), nil }

// block makes a node; a link is written "type>target" or "type=value>target".
func block(id string, b Block, links ...string) Node {
	n := Node{ID: id, Block: b}
	for _, l := range links {
		outcome, target, _ := strings.Cut(l, ">")
		kind, value, _ := strings.Cut(outcome, "=")
		n.Links = append(n.Links, Link{ID: id + ":" + outcome, Type: scheme.LinkType(kind), Value: value})
		n.Links[len(n.Links)-1].reason = target // resolved below
	}
	return n
}

// drawing makes a routing program whose entry is the first node.
func drawing(nodes ...Node) *Program {
	p := &Program{Kind: scheme.Routing, Nodes: nodes, index: map[string]int16{}}
	for i := range nodes {
		p.index[nodes[i].ID] = int16(i)
	}
	for i := range nodes {
		for j := range nodes[i].Links {
			l := &nodes[i].Links[j]
			l.To, l.reason = p.index[l.reason], ""
		}
	}
	return p
}

// morning is Monday, 15 June 2026, 09:00 UTC.
var morning = At(time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC))

// chat is one dialog under test. Its clock is in seconds from the start.
type chat struct {
	in    DialogInput
	state DialogState
	out   DialogEffects // of the last event
}

func newChat(p *Program, operators ...Operator) *chat {
	return &chat{in: DialogInput{Program: p, Vars: &scheme.Vars{}, Operators: operators}}
}

func (c *chat) at(second int, ev DialogEvent) Verdict {
	var v Verdict
	c.out = DialogEffects{}
	c.state, v = StepDialog(&c.in, c.state, ev, morning.Add(time.Duration(second)*time.Second), &c.out)
	return v
}

func (c *chat) start() Verdict { return c.at(0, DialogEvent{Kind: DialogStart, Text: "hello"}) }

func (c *chat) accept(second int, operator string) Verdict {
	return c.at(second, DialogEvent{Kind: OfferAccepted, Operator: operator})
}

func (c *chat) decline(second int, operator string) Verdict {
	return c.at(second, DialogEvent{Kind: OfferDeclined, Operator: operator})
}

func (c *chat) write(second int, what string) Verdict {
	return c.at(second, DialogEvent{Kind: DialogMessage, Text: what})
}

func (c *chat) timer(second int) Verdict {
	return c.at(second, DialogEvent{Kind: DialogTimer, Wait: c.state.Wait})
}

func (c *chat) change(second int, change func(operators []Operator)) Verdict {
	change(c.in.Operators)
	return c.at(second, DialogEvent{Kind: OperatorsChanged})
}

// holders are those with an open offer, in order.
func (c *chat) holders() string {
	ids := make([]string, 0, len(c.state.Offers))
	for _, o := range c.state.Offers {
		ids = append(ids, o.Operator)
	}
	return strings.Join(ids, " ")
}

// reasons are those of the steps decided by the last event.
func (c *chat) reasons() string {
	var list []string
	for _, s := range c.out.Trace {
		if s.Decided != 0 {
			list = append(list, s.Reason)
		}
	}
	return strings.Join(list, " ")
}

func second(i Instant) int { return int(i.Sub(morning) / time.Second) }

func online(id string) Operator { return Operator{ID: id, Online: true, Limit: 3} }

func operation(mode string) *Distribute {
	return &Distribute{All: true, Mode: mode, Timeout: time.Minute}
}

func TestAcceptingEndsTheWalk(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeEveryone))), online("anna"), online("ivan"))
	require.Equal(t, Applied, c.start())
	require.Equal(t, "anna ivan", c.holders())
	require.Len(t, c.out.Offers, 2)
	require.Equal(t, []DialogStep{{Step: 1, Link: -1, Entered: morning}}, c.out.Trace)

	require.Equal(t, Applied, c.accept(60, "ivan"), "the last instant is in time")
	require.Equal(t, DialogAccepted, c.state.Outcome)
	require.Equal(t, "ivan", c.state.Operator)
	require.Equal(t, 60, second(c.state.Ended))
	require.Zero(t, c.state.Timer)
	require.Equal(t, "accepted:ivan", c.reasons())
	require.Equal(t, []OfferEnd{
		{Step: 1, Operator: "ivan", At: c.state.Ended, Why: OfferTaken},
		{Step: 1, Operator: "anna", At: c.state.Ended, Why: OfferWithdrawn},
	}, c.out.Ends)

	before := c.state
	require.Equal(t, Late, c.accept(60, "anna"))
	require.Equal(t, Late, c.write(61, "are you there?"))
	require.Equal(t, before, c.state)
}

func TestAcceptingNeedsAnOffer(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder))), online("anna"), online("ivan"))
	require.Equal(t, Stale, c.accept(0, "anna"), "before the start")
	c.start()
	before := c.state
	require.Equal(t, Stale, c.accept(1, "ivan"))
	require.Equal(t, Stale, c.decline(1, "ivan"))
	require.Equal(t, Stale, c.accept(1, "nobody"))
	require.Equal(t, Stale, c.start(), "it started already")
	require.Equal(t, before, c.state)
	require.Empty(t, c.out.Trace)
}

func TestOneOperatorAtATime(t *testing.T) {
	t.Parallel()
	busy := func(id string, open, limit int) Operator {
		return Operator{ID: id, Online: true, Open: open, Limit: limit}
	}
	cases := []struct {
		name      string
		mode      string
		listed    []string
		last      string // whom the rotation came to
		operators []Operator
		want      []string
	}{
		{"in the account's order", ModeInOrder, nil, "", []Operator{online("b"), online("a"), online("c")}, []string{"b", "a", "c"}},
		{"in the operation's own order", ModeInOrder, []string{"c", "b", "c", "gone"}, "", []Operator{online("a"), online("b"), online("c")},
			[]string{"c", "b"}},
		{"a rotation starts with the first", ModeRoundRobin, nil, "", []Operator{online("a"), online("b")}, []string{"a", "b"}},
		{"a rotation goes on", ModeRoundRobin, nil, "a", []Operator{online("a"), online("b"), online("c")}, []string{"b", "c", "a"}},
		{"a rotation comes round", ModeRoundRobin, nil, "c", []Operator{online("a"), online("b"), online("c")}, []string{"a", "b", "c"}},
		{"a rotation goes on from somebody who is away", ModeRoundRobin, nil, "b",
			[]Operator{online("a"), {ID: "b", Limit: 3}, online("c")}, []string{"c", "a"}},
		{"a rotation forgets who has left", ModeRoundRobin, nil, "x", []Operator{online("a"), online("b")}, []string{"a", "b"}},
		{"the least busy by share", ModeLeastBusy, nil, "", []Operator{busy("a", 2, 3), busy("b", 3, 10), busy("c", 1, 2)},
			[]string{"b", "c", "a"}},
		{"equally busy in the given order", ModeLeastBusy, nil, "", []Operator{busy("a", 1, 2), busy("b", 2, 4), busy("c", 0, 1)},
			[]string{"c", "a", "b"}},
		{"none to the full, the absent or the limitless zero", ModeInOrder, nil, "",
			[]Operator{busy("a", 3, 3), {ID: "b", Limit: 3}, busy("c", 0, 0), busy("d", 5, 3), online("e")}, []string{"e"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := operation(tc.mode)
			if tc.listed != nil {
				d.All, d.Operators = false, tc.listed
			}
			c := newChat(drawing(block("d", d)), tc.operators...)
			c.in.Rotation = map[int16]string{0: tc.last}
			c.start()
			var got []string
			for now := 0; c.state.Outcome == DialogOpen; now += 60 {
				require.Len(t, c.state.Offers, 1)
				require.Equal(t, now, second(c.state.Offers[0].At))
				require.Equal(t, now+60, second(c.state.Timer))
				got = append(got, c.holders())
				if tc.mode == ModeRoundRobin {
					require.Equal(t, map[int16]string{0: c.holders()}, c.out.Rotation)
					c.in.Rotation = c.out.Rotation
				} else {
					require.Nil(t, c.out.Rotation)
				}
				require.Equal(t, Applied, c.timer(now+60))
			}
			require.Equal(t, tc.want, got)
			require.Equal(t, DialogMissed, c.state.Outcome)
			require.Equal(t, "missed", c.reasons())
		})
	}
}

func TestWhoIsAddressed(t *testing.T) {
	t.Parallel()
	pool := []Operator{
		{ID: "a", Groups: []string{"sales"}, Skills: []string{"ru"}, Online: true, Limit: 1},
		{ID: "b", Groups: []string{"sales", "vip"}, Skills: []string{"ru", "en"}, Online: true, Limit: 1},
		{ID: "c", Groups: []string{"vip"}, Skills: []string{"en"}, Online: true, Limit: 1},
	}
	cases := []struct {
		name string
		d    Distribute
		last string
		want string
	}{
		{"all", Distribute{All: true}, "", "a b c"},
		{"a group", Distribute{Groups: []string{"vip"}}, "", "b c"},
		{"groups, nobody twice", Distribute{Groups: []string{"vip", "sales"}}, "", "a b c"},
		{"operators", Distribute{Operators: []string{"c", "a"}}, "", "c a"},
		{"the last operator", Distribute{LastOperator: true}, "c", "c"},
		{"no last operator", Distribute{LastOperator: true}, "", ""},
		{"a skill", Distribute{All: true, Skills: []string{"en"}}, "", "b c"},
		{"all of the skills", Distribute{All: true, Skills: []string{"en", "ru"}}, "", "b"},
		{"a skill of the last operator", Distribute{LastOperator: true, Skills: []string{"ru"}}, "c", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.d.Mode, tc.d.Timeout = ModeEveryone, time.Minute
			c := newChat(drawing(block("d", &tc.d)), pool...)
			c.in.LastOperator = tc.last
			c.start()
			require.Equal(t, tc.want, c.holders())
		})
	}
}

func TestDecliningMovesOnAtOnce(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder), "not_accepted>e"), block("e", operation(ModeEveryone), "not_accepted>x"),
		block("x", &Close{})), online("anna"), online("ivan"))
	c.start()
	require.Equal(t, Applied, c.decline(10, "anna"))
	require.Equal(t, "ivan", c.holders())
	require.Equal(t, 70, second(c.state.Timer), "a full turn")
	require.Equal(t, Applied, c.decline(20, "ivan"))
	require.Equal(t, "not_accepted", c.reasons())
	require.Equal(t, "anna ivan", c.holders(), "another operation offers anew")
	require.Equal(t, 80, second(c.state.Timer))
	c.decline(25, "anna")
	require.Equal(t, "ivan", c.holders())
	c.decline(30, "ivan")
	require.Equal(t, "not_accepted closed", c.reasons())
	require.Equal(t, DialogClosed, c.state.Outcome)
}

func TestWhoeverComesOnlineIsOfferedAtOnce(t *testing.T) {
	t.Parallel()
	arrive := func(ops []Operator) { ops[0].Online = true }
	for _, mode := range []string{ModeEveryone, ModeRoundRobin, ModeLeastBusy, ModeInOrder} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := newChat(drawing(block("d", operation(mode))), Operator{ID: "anna", Limit: 1})
			c.start()
			require.Empty(t, c.holders())
			require.Equal(t, 60, second(c.state.Timer), "without a nobody_online link it waits its timeout")
			c.change(45, arrive)
			require.Equal(t, "anna", c.holders())
			want := 105
			if mode == ModeEveryone {
				want = 60 // the operation's own end
			}
			require.Equal(t, want, second(c.state.Offers[0].Until))
			c.timer(want)
			require.Equal(t, DialogMissed, c.state.Outcome)
		})
	}
}

func TestLosingAnOfferIsNoTurn(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder))), online("anna"), online("ivan"))
	c.start()
	c.change(10, func(ops []Operator) { ops[0].Online = false })
	require.Equal(t, "ivan", c.holders(), "the next gets it at once")
	require.Equal(t, OfferLost, c.out.Ends[0].Why)
	require.Equal(t, Stale, c.accept(11, "anna"))
	c.change(20, func(ops []Operator) { ops[0].Online = true })
	require.Equal(t, "ivan", c.holders(), "one at a time")
	c.change(30, func(ops []Operator) { ops[1].Limit = 0 })
	require.Equal(t, "anna", c.holders(), "full is as good as gone, and anna has not had it")
	c.change(40, func(ops []Operator) { ops[0].Open = 3 })
	require.Empty(t, c.holders())
	require.Equal(t, 60, second(c.state.Timer), "nobody has had it: the operation waits its timeout")
	c.change(50, func(ops []Operator) { ops[0].Open = 2 })
	require.Equal(t, "anna", c.holders(), "freed up")
	c.timer(110)
	require.Equal(t, DialogMissed, c.state.Outcome, "the only one left has had it")
}

func TestLosingTheOnlyOfferAfterTheTimeoutEndsTheOperation(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder))), Operator{ID: "anna", Limit: 1})
	c.start()
	c.change(50, func(ops []Operator) { ops[0].Online = true })
	c.change(80, func(ops []Operator) { ops[0].Online = false })
	require.Equal(t, DialogMissed, c.state.Outcome)
	require.Equal(t, 80, second(c.state.Ended))
}

func TestNobodyOnline(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		operators []Operator
		want      bool
	}{
		{"no operators at all", nil, true},
		{"all away", []Operator{{ID: "a", Limit: 1, Skills: []string{"ru"}}}, true},
		{"online without the skill", []Operator{online("a")}, true},
		{"online and full", []Operator{{ID: "a", Online: true, Limit: 1, Open: 1, Skills: []string{"ru"}}}, false},
		{"online and free", []Operator{{ID: "a", Online: true, Limit: 1, Skills: []string{"ru"}}}, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := operation(ModeEveryone)
			d.Skills = []string{"ru"}
			c := newChat(drawing(block("d", d, "nobody_online>x"), block("x", &Close{})), tc.operators...)
			c.start()
			if tc.want {
				require.Equal(t, "nobody_online closed", c.reasons())
				require.Equal(t, DialogClosed, c.state.Outcome)
				return
			}
			require.Equal(t, DialogOpen, c.state.Outcome)
			c.change(1, func(ops []Operator) { ops[0].Online = false })
			require.Equal(t, DialogOpen, c.state.Outcome, "it is decided at entry only")
		})
	}
}

func TestRotationGoesOnInALoop(t *testing.T) {
	t.Parallel()
	p := drawing(block("d", operation(ModeRoundRobin), "not_accepted>d"))
	c := newChat(p, online("a"), online("b"), online("c"))
	c.in.Rotation = map[int16]string{0: "a"}
	c.start()
	c.in.Rotation = c.out.Rotation
	var got []string
	for now := 0; now < 360; now += 60 {
		got = append(got, c.holders())
		c.timer(now + 60)
		c.in.Rotation = c.out.Rotation
	}
	require.Equal(t, []string{"b", "c", "a", "b", "c", "a"}, got)
	require.Equal(t, int32(3), c.state.Step)
}

func TestRotationOfStepsCollectedTogether(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeRoundRobin), "not_accepted>d")), online("a"), online("b"), online("c"))
	var out DialogEffects
	state, _ := StepDialog(&c.in, DialogState{}, DialogEvent{Kind: DialogStart}, morning, &out)
	for i := range 3 {
		state, _ = StepDialog(&c.in, state, DialogEvent{Kind: DialogTimer, Wait: state.Wait}, morning.Add(time.Duration(i+1)*time.Minute), &out)
	}
	require.Equal(t, "a", state.Offers[0].Operator, "round once, and a new visit goes on from there")
	require.Equal(t, map[int16]string{0: "a"}, out.Rotation)
	require.Len(t, out.Offers, 4)
}

func TestTimers(t *testing.T) {
	t.Parallel()
	start := func() *chat {
		c := newChat(drawing(block("d", operation(ModeInOrder))), online("anna"), online("ivan"))
		c.start()
		return c
	}
	t.Run("one of an earlier wait changes nothing", func(t *testing.T) {
		t.Parallel()
		c := start()
		old := c.state.Wait
		c.decline(10, "anna")
		before := c.state
		require.Equal(t, Stale, c.at(100, DialogEvent{Kind: DialogTimer, Wait: old}))
		require.Equal(t, before, c.state)
		require.Equal(t, DialogEffects{}, c.out)
	})
	t.Run("one that comes early changes nothing", func(t *testing.T) {
		t.Parallel()
		c := start()
		before := c.state
		require.Equal(t, Stale, c.timer(59))
		require.Equal(t, before, c.state)
	})
	t.Run("one that is overdue comes before the event", func(t *testing.T) {
		t.Parallel()
		c := start()
		require.Equal(t, Stale, c.accept(61, "anna"), "her time was over")
		require.Equal(t, "ivan", c.holders())
		require.Equal(t, 121, second(c.state.Timer), "he gets his full time")
	})
	t.Run("an offer that nobody has seen cannot be answered", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []DialogEventKind{OfferAccepted, OfferDeclined} {
			c := start()
			require.Equal(t, Stale, c.at(61, DialogEvent{Kind: kind, Operator: "ivan"}))
			require.Equal(t, "ivan", c.holders())
			require.Equal(t, Applied, c.at(61, DialogEvent{Kind: kind, Operator: "ivan"}))
		}
	})
	t.Run("whoever comes at the last instant is in time", func(t *testing.T) {
		t.Parallel()
		c := newChat(drawing(block("d", operation(ModeInOrder))), Operator{ID: "anna", Limit: 1})
		c.start()
		c.write(60, "anybody?")
		require.Equal(t, DialogOpen, c.state.Outcome)
		c.change(60, func(ops []Operator) { ops[0].Online = true })
		require.Equal(t, "anna", c.holders())
	})
	t.Run("an overdue end comes before the event", func(t *testing.T) {
		t.Parallel()
		c := start()
		c.decline(10, "anna")
		require.Equal(t, Late, c.accept(71, "ivan"))
		require.Equal(t, DialogMissed, c.state.Outcome)
	})
}

func TestFromOutside(t *testing.T) {
	t.Parallel()
	c := newChat(drawing(block("d", operation(ModeInOrder))), online("anna"), online("ivan"))
	c.start()
	require.Equal(t, Applied, c.at(5, DialogEvent{Kind: DialogAssigned, Operator: "boss"}))
	require.Equal(t, DialogAccepted, c.state.Outcome)
	require.Equal(t, "boss", c.state.Operator)
	require.Equal(t, OfferWithdrawn, c.out.Ends[0].Why)

	c.state = DialogState{}
	c.start()
	require.Equal(t, Applied, c.at(5, DialogEvent{Kind: DialogShut}))
	require.Equal(t, DialogClosed, c.state.Outcome)
	require.Equal(t, "closed", c.reasons())
}

func TestReopens(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[DialogOutcome][2]bool{
		DialogOpen: {false, false}, DialogMissed: {true, false}, DialogClosed: {true, false},
		DialogCompleted: {true, false}, DialogFailed: {false, false}, DialogAccepted: {false, true},
	} {
		s := DialogState{Outcome: outcome, Operator: "anna"}
		require.Equal(t, want[0], s.Reopens(true, ""), outcome)
		require.Equal(t, want[1], s.Reopens(false, "anna"), outcome)
		require.False(t, s.Reopens(false, "ivan"), outcome)
	}
}
