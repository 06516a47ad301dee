package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/scheme"
)

var (
	crew   = []string{"a", "b", "c", "d"}
	groups = []string{"sales", "vip"}
	skills = []string{"ru", "en"}
)

func anyOperation(t *rapid.T) *Distribute {
	d := &Distribute{Timeout: time.Duration(rapid.IntRange(1, 90).Draw(t, "timeout")) * time.Second,
		Mode: rapid.SampledFrom([]string{ModeEveryone, ModeRoundRobin, ModeLeastBusy, ModeInOrder}).Draw(t, "mode")}
	if rapid.IntRange(0, 3).Draw(t, "skilled") == 0 {
		d.Skills = []string{rapid.SampledFrom(skills).Draw(t, "skill")}
	}
	switch rapid.IntRange(0, 4).Draw(t, "to") {
	case 0:
		d.Operators = rapid.SliceOfN(rapid.SampledFrom(crew), 1, 4).Draw(t, "operators")
	case 1:
		d.Groups = []string{rapid.SampledFrom(groups).Draw(t, "group")}
	case 2:
		d.LastOperator = true
	default:
		d.All = true
	}
	return d
}

func anyBlock(t *rapid.T) (Block, []string) {
	switch rapid.IntRange(0, 10).Draw(t, "block") {
	case 0:
		return &Menu{Text: text("?"), Options: []Option{{ID: "x", Text: "yes"}}, Timeout: time.Duration(rapid.IntRange(0, 60).Draw(t, "menu")) * time.Second},
			[]string{"option=x", "option=else", "timeout"}
	case 1:
		wait := time.Duration(rapid.IntRange(0, 60).Draw(t, "delay")) * time.Second
		return &Wait{Until: func(entered time.Time, _ *time.Location) time.Time { return entered.Add(wait) }}, []string{"next"}
	case 2:
		return &Choose{Type: scheme.LinkBranch, Pick: func(v *scheme.Vars) (string, int) {
			return map[bool]string{true: "late", false: "else"}[v.Dialog.Waiting > 60], 0
		}}, []string{"branch=late", "branch=else"}
	case 3:
		return &Hook{URL: text("u")}, []string{"next", "error", "error=500"}
	case 4:
		return &Say{Text: text("hi")}, []string{"next"}
	case 5:
		return &Retag{Add: []string{"t"}}, []string{"next"}
	case 6:
		return &Close{}, nil
	default:
		return anyOperation(t), []string{"not_accepted", "nobody_online"}
	}
}

// anyDrawing draws what no check would let through too: loops of any kind.
func anyDrawing(t *rapid.T) *Program {
	n := rapid.IntRange(1, 6).Draw(t, "nodes")
	var nodes []Node
	for i := range n {
		b, outcomes := anyBlock(t)
		var links []string
		for _, o := range outcomes {
			if to := rapid.IntRange(-1, n-1).Draw(t, "link"); to >= 0 {
				links = append(links, o+">"+fmt.Sprint(to))
			}
		}
		nodes = append(nodes, block(fmt.Sprint(i), b, links...))
	}
	return drawing(nodes...)
}

func anyCrew(t *rapid.T) []Operator {
	var list []Operator
	for _, id := range crew[:rapid.IntRange(0, len(crew)).Draw(t, "crew")] {
		list = append(list, Operator{ID: id, Online: rapid.Bool().Draw(t, "online"), Limit: rapid.IntRange(0, 3).Draw(t, "limit"),
			Open: rapid.IntRange(0, 2).Draw(t, "open"), Groups: []string{rapid.SampledFrom(groups).Draw(t, "in")},
			Skills: []string{rapid.SampledFrom(skills).Draw(t, "can")}})
	}
	return list
}

func anyEvent(t *rapid.T, c *chat) DialogEvent {
	ev := DialogEvent{Kind: DialogEventKind(rapid.IntRange(1, 7).Draw(t, "event")), Operator: rapid.SampledFrom(crew).Draw(t, "who"),
		Text: rapid.SampledFrom([]string{"yes", "1", "no", "500"}).Draw(t, "text"), Wait: c.state.Wait}
	if rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
		ev.Wait--
	}
	if ev.Kind == OperatorsChanged && len(c.in.Operators) > 0 {
		o := &c.in.Operators[rapid.IntRange(0, len(c.in.Operators)-1).Draw(t, "whose")]
		o.Online, o.Limit, o.Open = rapid.Bool().Draw(t, "now online"), rapid.IntRange(0, 3).Draw(t, "new limit"), rapid.IntRange(0, 3).Draw(t, "new open")
	}
	return ev
}

func asJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// reread is the state after a trip through the database.
func reread(t require.TestingT, s DialogState) DialogState {
	var again DialogState
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, s)), &again))
	return again
}

func TestAnyDialog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChat(anyDrawing(t), anyCrew(t)...)
		c.in.LastOperator, c.in.Rotation = "b", map[int16]string{0: "a"}
		h := history{open: map[string]int{}}
		c.start()
		h.check(t, c, DialogState{}, DialogEvent{Kind: DialogStart, Text: "hello"}, 0)
		now := 0
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			ev := anyEvent(t, c)
			now += rapid.SampledFrom([]int{0, 1, 5, 30, 60}).Draw(t, "pause")
			if ev.Kind == DialogTimer && c.state.Timer != 0 && rapid.Bool().Draw(t, "due") {
				now = max(now, second(c.state.Timer))
			}
			before := c.state
			c.at(now, ev)
			h.check(t, c, before, ev, now)
			for node, operator := range c.out.Rotation {
				c.in.Rotation[node] = operator
			}
		}
	})
}

// history is what must hold over a whole walk.
type history struct {
	open     map[string]int // offers by operator, made and not ended
	accepted int
	step     int32 // the last one decided
}

func (h *history) check(t *rapid.T, c *chat, before DialogState, ev DialogEvent, now int) {
	h.checkPurity(t, c, before, ev, now)
	h.checkOffers(t, c, before, ev)
	h.checkTrace(t, c)
	if c.state.Outcome == DialogOpen {
		requireWakeable(t, c)
		return
	}
	require.Zero(t, c.state.Timer)
	require.Empty(t, c.state.Offers)
	if before.Outcome != DialogOpen {
		require.Equal(t, before, c.state, "a walk that is over stays so")
		require.Equal(t, DialogEffects{}, c.out)
	}
}

// checkPurity takes the same step again, from a state that was saved and read.
func (h *history) checkPurity(t *rapid.T, c *chat, before DialogState, ev DialogEvent, now int) {
	saved, rotation := asJSON(t, before), asJSON(t, c.in.Rotation)
	var out DialogEffects
	again, _ := StepDialog(&c.in, reread(t, before), ev, morning.Add(time.Duration(now)*time.Second), &out)
	require.Equal(t, asJSON(t, c.state), asJSON(t, again))
	require.Equal(t, asJSON(t, c.out), asJSON(t, out))
	require.Equal(t, saved, asJSON(t, before), "the state that went in is unchanged")
	require.Equal(t, rotation, asJSON(t, c.in.Rotation))
}

func (h *history) checkOffers(t *rapid.T, c *chat, before DialogState, ev DialogEvent) {
	for _, o := range c.out.Offers {
		i := slices.IndexFunc(c.in.Operators, func(p Operator) bool { return p.ID == o.Operator })
		require.GreaterOrEqual(t, i, 0)
		require.True(t, c.in.Operators[i].Free(), "an offer to somebody who cannot take it")
		require.Greater(t, o.Until, o.At)
		h.open[o.Operator]++
	}
	taken := 0
	for _, e := range c.out.Ends {
		h.open[e.Operator]--
		if e.Why == OfferTaken {
			taken++
			require.Equal(t, OfferAccepted, ev.Kind)
			require.Equal(t, ev.Operator, e.Operator)
			require.True(t, before.Offered(e.Operator), "accepted without an offer")
			require.Equal(t, e.Operator, c.state.Operator)
		}
	}
	h.accepted += taken
	require.LessOrEqual(t, h.accepted, 1)
	require.Equal(t, c.state.Outcome == DialogAccepted, h.accepted == 1)
	total := 0
	for _, n := range h.open {
		require.Contains(t, []int{0, 1}, n)
		total += n
	}
	require.Len(t, c.state.Offers, total, "every offer ends exactly once")
	d, _ := c.in.Program.Nodes[c.state.Node].Block.(*Distribute)
	for _, o := range c.state.Offers {
		require.Equal(t, 1, h.open[o.Operator])
		require.NotNil(t, d)
		requireEligible(t, c, d, o.Operator)
	}
	if d != nil && d.Mode != ModeEveryone {
		require.LessOrEqual(t, total, 1)
	}
}

func requireEligible(t *rapid.T, c *chat, d *Distribute, id string) {
	i := slices.IndexFunc(c.in.Operators, func(p Operator) bool { return p.ID == id })
	o := c.in.Operators[i]
	require.True(t, o.Online && o.Open < o.Limit)
	for _, s := range d.Skills {
		require.Contains(t, o.Skills, s)
	}
	meant := d.All || slices.Contains(d.Operators, id) || d.LastOperator && id == c.in.LastOperator
	for _, g := range o.Groups {
		meant = meant || slices.Contains(d.Groups, g)
	}
	require.True(t, meant, "an offer to somebody whom the operation does not address")
}

func (h *history) checkTrace(t *rapid.T, c *chat) {
	require.LessOrEqual(t, len(c.out.Trace), 2*MaxTransitions)
	for _, s := range c.out.Trace {
		require.Equal(t, h.step+1, s.Step, "steps are decided one after another, each once")
		if s.Decided != 0 {
			h.step = s.Step
			require.NotEmpty(t, s.Reason)
			require.GreaterOrEqual(t, s.Decided, s.Entered)
		}
	}
}

// requireWakeable finds a dialog that nothing could ever move.
func requireWakeable(t *rapid.T, c *chat) {
	switch b := c.in.Program.Nodes[c.state.Node].Block.(type) {
	case *Hook:
	case *Menu:
		require.Equal(t, b.Timeout > 0, c.state.Timer != 0)
	case *Distribute, *Wait:
		require.NotZero(t, c.state.Timer)
	default:
		require.Failf(t, "waits where nothing is to wait for", "%T", b)
	}
}

func TestStaleTimersChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChat(anyDrawing(t), anyCrew(t)...)
		c.start()
		seen := []int32{}
		for now := range rapid.IntRange(1, 30).Draw(t, "events") {
			if !slices.Contains(seen, c.state.Wait) {
				seen = append(seen, c.state.Wait)
			}
			c.at(7*now, anyEvent(t, c))
			for _, old := range seen {
				if old == c.state.Wait {
					continue
				}
				before := c.state
				verdict := c.at(100_000, DialogEvent{Kind: DialogTimer, Wait: old})
				require.NotEqual(t, Applied, verdict)
				require.Equal(t, before, c.state)
				require.Equal(t, DialogEffects{}, c.out)
			}
		}
	})
}
