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

var channelOutcomes = map[string][]string{
	"viber": {"status=spam", "status=unsubscribed", "status=clicked", "status=viewed", "status=delivered", "status=not_delivered",
		"reply=yes", "reply", "error", "error=rejected", "error=unsubscribed", "error=window_closed"},
	"sms": {"status=clicked", "status=delivered", "status=not_delivered", "reply=yes", "reply", "error", "error=rejected", "error=unsubscribed"},
	"voice": {"status=unsubscribed", "status=answered", "status=no_answer", "ivr=1", "ivr=2", "error", "error=rejected",
		"error=unsubscribed"},
}

// anyStep draws a block of a cascade and says what its links may take.
func anyStep(t *rapid.T) (Block, []string) {
	var m *Message
	switch rapid.IntRange(0, 12).Draw(t, "block") {
	case 0:
		hours := rapid.IntRange(1, 40).Draw(t, "wait")
		return &Wait{Until: func(entered time.Time, _ *time.Location) time.Time { return entered.Add(time.Duration(hours) * time.Hour) }}, []string{"next"}
	case 1:
		return &Choose{Type: scheme.LinkBranch, Pick: func(v *scheme.Vars) (string, int) {
			return map[bool]string{true: "a", false: "else"}[v.Contact != nil && v.Contact.Attributes["k"] != nil], 0
		}}, []string{"branch=a", "branch=else"}
	case 2:
		s := &Split{Variants: []Variant{{"a", 2}, {"b", 1}}}
		if rapid.Bool().Draw(t, "winner") {
			s.Winner = &Winner{Share: 50, Wait: 30 * time.Hour}
		}
		return s, []string{"variant=a", "variant=b"}
	case 3:
		return &Goal{}, []string{"next"}
	case 4:
		return &Hook{}, []string{"next", "error", "error=500"}
	case 5:
		return &Update{Set: []Assignment{{Key: "k", Value: constant("v")}}, AddTags: []string{"t"}}, []string{"next"}
	case 6, 7, 8:
		m = anSMS()
	case 9, 10:
		m = aCall(rapid.IntRange(1, 3).Draw(t, "attempts"))
	default:
		m = aViber()
	}
	m.Clickable = m.Offers&Clicked != 0 && rapid.Bool().Draw(t, "clickable")
	if rapid.IntRange(0, 4).Draw(t, "own window") == 0 {
		m.Window = anyWindow(t)
	}
	return m, channelOutcomes[m.Channel]
}

func anyWindow(t *rapid.T) *scheme.Window {
	return &scheme.Window{Zone: rapid.SampledFrom([]string{"recipient", "sender", "Asia/Tokyo"}).Draw(t, "window's zone"),
		Days: scheme.Days(rapid.IntRange(1, 127).Draw(t, "days")), From: scheme.Clock(rapid.IntRange(0, 1439).Draw(t, "from")),
		To: scheme.Clock(rapid.IntRange(0, 1440).Draw(t, "to"))}
}

// anyCascade draws a cascade in which links lead to later nodes only.
func anyCascade(t *rapid.T) *Program {
	n := rapid.IntRange(1, 7).Draw(t, "nodes")
	var nodes []Node
	for i := range n {
		b, outcomes := anyStep(t)
		var links []string
		for _, o := range outcomes {
			if to := rapid.IntRange(i-1, n-1).Draw(t, "link"); to > i {
				links = append(links, o+">"+fmt.Sprint(to))
			}
		}
		nodes = append(nodes, block(fmt.Sprint(i), b, links...))
	}
	return cascade(nodes...)
}

// journey is what must hold over a whole walk.
type journey struct {
	*run
	now     Instant
	last    Event           // the last fact
	made    map[Launch]bool // At is left out
	stopped map[string]bool // channels, "" for all
	trace   []Record
	goals   []int16
	endings int
	events  int
}

func anyJourney(t *rapid.T) *journey {
	j := &journey{run: newRun(anyCascade(t)), now: morning, made: map[Launch]bool{}, stopped: map[string]bool{}}
	zones := []*time.Location{time.UTC, time.FixedZone("east", 9*3600), time.FixedZone("west", -5*3600)}
	c := j.in.Campaign
	j.in.Zone, c.Zone = rapid.SampledFrom(zones).Draw(t, "zone"), rapid.SampledFrom(zones).Draw(t, "sender")
	if rapid.Bool().Draw(t, "window") {
		c.Window = anyWindow(t)
		c.WindowIn = fixedZone(c.Window)
	}
	if rapid.IntRange(0, 2).Draw(t, "end") == 0 {
		c.End = morning.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
	}
	j.in.Ordinal = rapid.Int64Range(0, 1000).Draw(t, "ordinal")
	j.in.Vars = &scheme.Vars{Contact: &scheme.Contact{Name: "Анна"}}
	return j
}

// wake is the timer as the caller gives it: with what the stop list and the account say.
func (j *journey) wake(t *rapid.T) Event {
	ev := Event{Kind: Timer, Variant: "b"}
	if m, ok := j.in.Program.Nodes[j.state.Node].Block.(*Message); ok {
		switch {
		case j.stopped[""]:
			ev.Scope = AllChannels
		case j.stopped[m.Channel]:
			ev.Scope = ThisChannel
		}
		if rapid.IntRange(0, 9).Draw(t, "refused") == 0 {
			ev.Value = NoAddress
		}
	}
	return ev
}

func (j *journey) anyFact(t *rapid.T) Event {
	ev := Event{Kind: Fact, Fact: 1 << rapid.IntRange(0, 10).Draw(t, "fact"), Node: j.state.Node, Attempt: max(j.state.Attempt, 1),
		Key: rapid.SampledFrom([]byte("1279")).Draw(t, "key"), Value: rapid.SampledFrom([]string{"yes", "no", "stop", "rejected"}).Draw(t, "value")}
	if rapid.IntRange(0, 4).Draw(t, "elsewhere") == 0 && len(j.made) > 0 {
		keys := make([]Launch, 0, len(j.made))
		for l := range j.made {
			keys = append(keys, l)
		}
		slices.SortFunc(keys, func(a, b Launch) int { return int(a.Node-b.Node)*1000 + int(a.Attempt) - int(b.Attempt) })
		l := rapid.SampledFrom(keys).Draw(t, "of")
		ev.Node, ev.Attempt = l.Node, l.Attempt
	}
	return ev
}

// next draws what happens next and when.
func (j *journey) next(t *rapid.T) Event {
	due, waits := j.in.Program.Due(&j.state)
	pause := time.Duration(rapid.SampledFrom([]int{0, 0, 1, 60, 601, 3600, 40000}).Draw(t, "pause")) * time.Second
	switch kind := rapid.IntRange(0, 11).Draw(t, "kind"); {
	case kind < 4 && waits:
		j.now = max(j.now, due)
		if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
			j.now = j.now.Add(pause)
		}
		return j.wake(t)
	case kind == 4:
		return j.wake(t) // mostly stale
	case kind == 5:
		j.now = j.now.Add(pause)
		return Event{Kind: rapid.SampledFrom([]EventKind{HookDone, HookFailed}).Draw(t, "answer"), Node: j.state.Node, Value: "500"}
	case kind == 6:
		return Event{Kind: rapid.SampledFrom([]EventKind{Acceptance, Acceptance, Uncertainty}).Draw(t, "answer"), Node: j.state.Node, Attempt: 1}
	case kind == 7 && j.last.Kind == Fact:
		return j.last // again
	case kind == 8 && rapid.IntRange(0, 9).Draw(t, "interrupted") == 0:
		return Event{Kind: Interrupt, Value: "cancelled"}
	}
	if j.now = j.now.Add(pause); waits {
		j.now = min(j.now, max(due, j.now.Add(-pause)))
	}
	j.last = j.anyFact(t)
	return j.last
}

// take makes the step three times: from the state, from a copy of it, and from one that went through a table.
func (j *journey) take(t *rapid.T, ev Event) {
	before, input := j.state, asJSON(t, []any{j.state, j.in.Vars, j.in.Campaign, j.in.Ordinal})
	var again Effects
	var stored State
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, j.state)), &stored))
	repeated, verdict := Step(&j.in, stored, ev, j.now, &again)
	got := j.at(j.now.Sub(morning), ev)
	require.Equal(t, verdict, got)
	require.True(t, repeated.Equal(&j.state), "%+v\n%+v", repeated, j.state)
	require.Equal(t, again, j.out)
	require.Equal(t, input, asJSON(t, []any{before, j.in.Vars, j.in.Campaign, j.in.Ordinal}), "the arguments are left as they were")
	j.check(t, before, ev, got)
	if j.out.Contact != nil {
		j.in.Vars = &scheme.Vars{Contact: j.out.Contact}
	}
	j.events++
}

func (j *journey) check(t *rapid.T, before State, ev Event, v Verdict) {
	if v != Applied && len(j.out.Stops) == 0 {
		require.True(t, before.Equal(&j.state), "%v changed the state", v)
		require.Equal(t, Effects{}, j.out)
	}
	if before.Phase == Ended {
		require.NotEqual(t, Applied, v)
		require.Empty(t, j.out.Trace)
		require.Equal(t, before.Outcome, j.state.Outcome)
	} else if j.state.Phase == Ended {
		j.endings++
		require.NotEqual(t, Open, j.state.Outcome)
	}
	for _, s := range j.out.Stops {
		channel := j.in.Program.Nodes[s.Node].Block.(*Message).Channel
		if s.Scope == AllChannels {
			channel = ""
		}
		j.stopped[channel] = true
	}
	for _, l := range j.out.Launches {
		j.checkLaunch(t, l)
	}
	j.trace = append(j.trace, j.out.Trace...)
	j.goals = append(j.goals, j.out.Goals...)
}

func (j *journey) checkLaunch(t *rapid.T, l Launch) {
	p, c := j.in.Program, j.in.Campaign
	m := p.Nodes[l.Node].Block.(*Message)
	require.Equal(t, j.now, l.At)
	require.LessOrEqual(t, int(l.Attempt), m.Attempts)
	require.False(t, j.made[Launch{Node: l.Node, Attempt: l.Attempt}], "launched twice")
	require.True(t, l.Attempt == 1 || j.made[Launch{Node: l.Node, Attempt: l.Attempt - 1}])
	j.made[Launch{Node: l.Node, Attempt: l.Attempt}] = true
	require.False(t, j.stopped[""] || j.stopped[m.Channel], "launched after a stop")
	require.True(t, c.End == 0 || l.At < c.End, "launched after the end")
	win := c.Window
	if m.Window != nil {
		win = m.Window
	}
	if win == nil {
		return
	}
	zone := map[string]*time.Location{scheme.ZoneRecipient: j.in.Zone, scheme.ZoneSender: c.Zone}[win.Zone]
	if zone == nil {
		zone = fixedZone(win)
	}
	open, _, ok := win.Next(l.At.Time(), zone)
	require.True(t, ok && open.Equal(l.At.Time()), "launched outside the window")
}

// checkWalk looks at the whole walk after its end.
func (j *journey) checkWalk(t *rapid.T) {
	require.Equal(t, 1, j.endings)
	var goals []int16
	at, entered := j.in.Program.Entry, morning
	for i, r := range j.trace {
		require.Equal(t, at, r.Node, "a path along links")
		require.LessOrEqual(t, entered, r.Entered)
		require.LessOrEqual(t, r.Entered, r.Decided)
		if r.Sent != 0 {
			require.True(t, r.Entered <= r.Sent && r.Sent <= r.Decided)
		}
		require.Equal(t, r.Sent != 0, j.made[Launch{Node: r.Node, Attempt: 1}])
		require.NotEmpty(t, r.Reason)
		entered = r.Decided
		if _, ok := j.in.Program.Nodes[r.Node].Block.(*Goal); ok {
			goals = append(goals, r.Node)
		}
		if i == len(j.trace)-1 {
			require.EqualValues(t, -1, r.Link, "only the last has no link")
			break
		}
		require.GreaterOrEqual(t, r.Link, int16(0))
		at = j.in.Program.Nodes[r.Node].Links[r.Link].To
	}
	require.Equal(t, goals, j.goals)
	if j.state.Outcome == ReachedGoal {
		require.NotEmpty(t, goals)
	}
}

func TestAnyWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j := anyJourney(t)
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			j.take(t, j.next(t))
		}
		// Left alone, with timers and webhooks answered, it ends.
		for bound := j.events + 200; j.state.Phase != Ended; {
			require.Less(t, j.events, bound, "no end in sight: %+v", j.state)
			ev := Event{Kind: HookDone, Node: j.state.Node}
			if due, waits := j.in.Program.Due(&j.state); waits {
				j.now = max(j.now, due)
				ev = j.wake(t)
			}
			j.take(t, ev)
		}
		j.checkWalk(t)
		for range 5 { // and nothing more comes of it
			j.take(t, j.next(t))
		}
	})
}

func TestDrawIsInProportion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, 60), 1, 6).Draw(t, "weights")
		seed, node := rapid.String().Draw(t, "campaign"), rapid.StringN(1, 5, -1).Draw(t, "node")
		var variants []Variant
		var sum, gcd int64
		for i, w := range weights {
			variants = append(variants, Variant{ID: fmt.Sprint(i), Weight: w})
			sum, gcd = sum+w, divisor(gcd, w)
		}
		length := sum / gcd
		run := rapid.Int64Range(0, 1_000_000_000).Draw(t, "run")
		count := map[string]int64{}
		for i := run * length; i < (run+1)*length; i++ {
			v := Draw(variants, i, seed, node)
			require.Equal(t, v, Draw(variants, i, seed, node))
			count[v]++
		}
		for _, v := range variants {
			require.Equal(t, v.Weight/gcd, count[v.ID])
		}
	})
}
