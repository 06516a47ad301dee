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

// die draws numbers from a seed. Unlike rapid's own ranges it does not prefer small ones, so that long walks come up.
type die uint64

func (d *die) pick(n int) int {
	*d += 0x9e3779b97f4a7c15
	return int(mix(uint64(*d)) % uint64(n))
}

func (d *die) chance(of int) bool { return d.pick(of) == 0 }

func oneOf[T any](d *die, list ...T) T { return list[d.pick(len(list))] }

// anyStep draws a block of a cascade and says what its links may take.
func anyStep(d *die) (Block, []string) {
	var m *Message
	switch d.pick(15) {
	case 0:
		hours := 1 + d.pick(40)
		return &Wait{Until: func(entered time.Time, _ *time.Location) time.Time {
			return entered.Add(time.Duration(hours) * time.Hour)
		}}, []string{"next"}
	case 1:
		return &Choose{Type: scheme.LinkBranch, Pick: func(v *scheme.Vars) (string, int) {
			return map[bool]string{true: "a", false: "else"}[v.Contact != nil && v.Contact.Attributes["k"] != nil], 0
		}}, []string{"branch=a", "branch=else"}
	case 2:
		s := &Split{Variants: []Variant{{"a", 2}, {"b", 1}}}
		if d.chance(2) {
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
		m = aCall(1 + d.pick(3))
	default:
		m = aViber()
	}
	m.Clickable = m.Offers&Clicked != 0 && d.chance(2)
	if d.chance(5) {
		m.Window = anyWindow(d)
	}
	return m, channelOutcomes[m.Channel]
}

func anyWindow(d *die) *scheme.Window {
	return &scheme.Window{Zone: oneOf(d, "recipient", "sender", "Asia/Tokyo"),
		Days: scheme.Days(1 + d.pick(127)), From: scheme.Clock(d.pick(1440)),
		To: scheme.Clock(d.pick(1441))}
}

// anyCascade draws a cascade in which links lead to later nodes only.
func anyCascade(d *die) *Program {
	n := 1 + d.pick(7)
	var nodes []Node
	for i := range n {
		b, outcomes := anyStep(d)
		var links []string
		for _, o := range outcomes {
			if to := i + 1 + d.pick(n-i); to < n && d.pick(6) > 0 {
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

func anyJourney(d *die) *journey {
	j := &journey{run: newRun(anyCascade(d)), now: morning, made: map[Launch]bool{}, stopped: map[string]bool{}}
	zones := []*time.Location{time.UTC, time.FixedZone("east", 9*3600), time.FixedZone("west", -5*3600)}
	c := j.in.Campaign
	j.in.Zone, c.Zone = oneOf(d, zones...), oneOf(d, zones...)
	if d.chance(3) {
		c.Window = anyWindow(d)
		c.WindowIn = fixedZone(c.Window)
	}
	if d.chance(4) {
		c.End = morning.Add(time.Duration(d.pick(201)) * time.Hour)
	}
	j.in.Ordinal = int64(d.pick(1000))
	j.in.Vars = &scheme.Vars{Contact: &scheme.Contact{Name: "Анна"}}
	return j
}

// wake is the timer as the caller gives it: with what the stop list and the account say.
func (j *journey) wake(d *die) Event {
	ev := Event{Kind: Timer, Variant: "b"}
	if m, ok := j.in.Program.Nodes[j.state.Node].Block.(*Message); ok {
		switch {
		case j.stopped[""]:
			ev.Scope = AllChannels
		case j.stopped[m.Channel]:
			ev.Scope = ThisChannel
		}
		if d.chance(10) {
			ev.Value = NoAddress
		}
	}
	return ev
}

func (j *journey) anyFact(d *die) Event {
	fact := oneOf(d, Delivered, Viewed, Clicked, Replied, Replied, NotDelivered, Spam, Unsubscribed, Failed)
	if m, ok := j.in.Program.Nodes[j.state.Node].Block.(*Message); ok && m.Call() {
		fact = oneOf(d, Pressed, Pressed, Answered, NoAnswer, NoAnswer, Unsubscribed, Failed, Viewed)
	}
	ev := Event{Kind: Fact, Fact: fact, Node: j.state.Node, Attempt: max(j.state.Attempt, 1),
		Key: oneOf(d, []byte("1279")...), Value: oneOf(d, "yes", "no", "stop", "rejected")}
	if d.chance(5) && len(j.made) > 0 {
		keys := make([]Launch, 0, len(j.made))
		for l := range j.made {
			keys = append(keys, l)
		}
		slices.SortFunc(keys, func(a, b Launch) int { return int(a.Node-b.Node)*1000 + int(a.Attempt) - int(b.Attempt) })
		l := oneOf(d, keys...)
		ev.Node, ev.Attempt = l.Node, l.Attempt
	}
	return ev
}

// next draws what happens next and when: what fits the phase more often than not.
func (j *journey) next(d *die) Event {
	due, waits := j.in.Program.Due(&j.state)
	pause := time.Duration(oneOf(d, 0, 0, 1, 60, 601, 3600, 40000)) * time.Second
	message := j.state.Phase == Sending || j.state.Phase == Waiting
	switch {
	case waits && (!message && d.chance(2) || d.chance(7)):
		if j.now = max(j.now, due); d.chance(4) {
			j.now = j.now.Add(pause)
		}
		return j.wake(d)
	case d.chance(15):
		return j.wake(d) // mostly stale
	case j.state.Phase == Sending && d.chance(3):
		return Event{Kind: oneOf(d, Acceptance, Acceptance, Uncertainty), Node: j.state.Node, Attempt: 1}
	case j.state.Phase == Calling && d.chance(2) || d.chance(20):
		j.now = j.now.Add(pause)
		return Event{Kind: oneOf(d, HookDone, HookFailed), Node: j.state.Node, Value: oneOf(d, "500", "timeout")}
	case j.last.Kind == Fact && d.chance(8):
		return j.last // again
	case d.chance(100):
		return Event{Kind: Interrupt, Value: "cancelled"}
	}
	if after := j.now.Add(pause); waits && after > due {
		j.now = max(j.now, due)
	} else {
		j.now = after
	}
	j.last = j.anyFact(d)
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
		d := die(rapid.Uint64().Draw(t, "seed"))
		for range 30 {
			anyJourney(&d).walk(t, &d)
		}
	})
}

// walk takes the recipient through some random events, then to the end, and a bit further.
func (j *journey) walk(t *rapid.T, d *die) {
	for left := d.pick(60); left > 0 && j.state.Phase != Ended; left-- {
		j.take(t, j.next(d))
	}
	// Left alone, with timers and webhooks answered, it ends.
	for bound := j.events + 200; j.state.Phase != Ended; {
		require.Less(t, j.events, bound, "no end in sight: %+v", j.state)
		ev := Event{Kind: HookDone, Node: j.state.Node}
		if due, waits := j.in.Program.Due(&j.state); waits {
			j.now = max(j.now, due)
			ev = j.wake(d)
		}
		j.take(t, ev)
	}
	j.checkWalk(t)
	for range 5 { // and nothing more comes of it
		j.take(t, j.next(d))
	}
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

// TestTwoTestsInARow: the sides of one test are spread over the sides of the next, whatever the lengths of their runs.
func TestTwoTestsInARow(t *testing.T) {
	t.Parallel()
	const people = 4000
	first := []Variant{{"a", 1}, {"b", 1}}
	for _, second := range [][]Variant{{{"a", 1}, {"b", 1}}, {{"a", 2}, {"b", 2}}, {{"a", 1}, {"b", 2}, {"c", 1}}} {
		both, sum := map[string]int{}, int64(0)
		for i := range int64(people) {
			both[Draw(first, i, "c", "t1")+Draw(second, i, "c", "t2")]++
		}
		for _, v := range second {
			sum += v.Weight
		}
		for _, v := range second {
			want := float64(people/2) * float64(v.Weight) / float64(sum)
			require.InDelta(t, want, both["a"+v.ID], want/5, "%v", both)
			require.InDelta(t, want, both["b"+v.ID], want/5, "%v", both)
		}
	}
}
