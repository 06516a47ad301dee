package campaign

import (
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

// Reason says why a contact of the audience is not taken.
type Reason string

// The reasons, in the order in which they are looked for: a contact is counted under the first.
const (
	NoAddress      Reason = "no_address"      // no address for any channel of the scheme
	Stopped        Reason = "stopped"         // on the stop list of all channels
	StoppedChannel Reason = "stopped_channel" // in every channel where it has an address
	NoConsent      Reason = "no_consent"      // an advertising campaign, and no agreement to any channel where it has an address
	SharedAddress  Reason = "shared_address"  // an earlier contact of the audience has the same address
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{NoAddress, Stopped, StoppedChannel, NoConsent, SharedAddress}
}

// ZoneCount is how many recipients are in a zone.
type ZoneCount struct {
	Zone       string     `json:"zone" doc:"The IANA zone; where a contact's own is not known, the account's."`
	Known      bool       `json:"known" doc:"False: their zone is not known, and messages go out only in hours that are open in every zone of the country, unless the campaign says otherwise."`
	Recipients int64      `json:"recipients"`
	StartsAt   *time.Time `json:"starts_at,omitempty" doc:"When the first of them begins."`
	NeverOpen  bool       `json:"never_open,omitempty" doc:"The window never opens for them: see warnings."`
}

// Example is a contact that stands for others.
type Example struct {
	Contact ids.ID `json:"contact"`
	Name    string `json:"name,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Reason  Reason `json:"reason,omitempty" doc:"Why it is not taken; absent: it is."`
}

// Warning is something that whoever launches should know.
type Warning struct {
	Code       string      `json:"code" enum:"window_never_open" doc:"window_never_open: the window is never open for some recipients, so that they get nothing."`
	Recipients int64       `json:"recipients" doc:"Whom it concerns."`
	Blocks     []string    `json:"blocks" nullable:"false" doc:"The blocks that it concerns, by their ids."`
	Message    scheme.Text `json:"message" doc:"What is wrong and what can be done, in each language."`
}

// Estimate is what a launch would do now.
type Estimate struct {
	Task        ids.ID           `json:"task,omitempty" doc:"The account has more contacts than can be looked at within a request: this task looks at them, and its result is the whole estimate. The figures here are none yet."`
	Selected    int64            `json:"selected" doc:"How many contacts the audience has."`
	Recipients  int64            `json:"recipients" doc:"How many would be enrolled."`
	Refused     map[string]int64 `json:"refused" doc:"How many would not be, by reason: no_address (none for any channel of the scheme), stopped (on the stop list of all channels), stopped_channel (stopped in every channel where they have an address), no_consent (an advertising campaign to which they did not agree), shared_address (somebody else of the audience has the same address)."`
	Capped      int64            `json:"capped" doc:"How many of the recipients would be interrupted at their entry by the frequency cap if they entered now."`
	ZoneUnknown int64            `json:"zone_unknown" doc:"How many of the recipients have a zone that is not known."`
	Channels    map[string]int64 `json:"channels" doc:"How many of the recipients can be reached in each channel of the scheme."`
	Zones       []ZoneCount      `json:"zones" nullable:"false" doc:"Where the recipients are, the largest zone first."`
	StartsAt    *time.Time       `json:"starts_at,omitempty" doc:"When the first recipient would begin."`
	LaunchedBy  *time.Time       `json:"launched_by,omitempty" doc:"When the last first message would be launched, by the rate, the window and the zones."`
	EndsBy      *time.Time       `json:"ends_by,omitempty" doc:"When the last walk would have ended if everybody took the longest way through the scheme."`
	Unlaunched  int64            `json:"unlaunched" doc:"How many recipients the end would come too early for."`
	NeverOpen   int64            `json:"never_open" doc:"How many of the recipients would get nothing from some block, because its window is never open in every zone that theirs may be: error:window_closed. See warnings."`
	Warnings    []Warning        `json:"warnings" nullable:"false"`
	Repetitions []time.Time      `json:"repetitions,omitempty" doc:"When the next repetitions would begin, of a repeated campaign."`
	Examples    []Example        `json:"examples" nullable:"false" doc:"A few contacts of each kind."`
}

// Channels are the channels of a program's messages, each once, in order.
func Channels(p *engine.Program) []string {
	list := []string{}
	for i := range p.Nodes {
		if m, ok := p.Nodes[i].Block.(*engine.Message); ok && !slices.Contains(list, m.Channel) {
			list = append(list, m.Channel)
		}
	}
	slices.Sort(list)
	return list
}

// Longest is how long the longest way through a cascade takes once its first message is launched: decision times and
// delays. Windows and the waiting for a rate come on top.
func Longest(p *engine.Program) time.Duration {
	known := make([]time.Duration, len(p.Nodes))
	done := make([]bool, len(p.Nodes))
	var from func(i int16) time.Duration
	from = func(i int16) time.Duration { // a cascade has no cycles
		if done[i] {
			return known[i]
		}
		rest := time.Duration(0)
		for _, l := range p.Nodes[i].Links {
			rest = max(rest, from(l.To))
		}
		known[i], done[i] = rest+ofBlock(p.Nodes[i].Block), true
		return known[i]
	}
	return from(p.Entry)
}

// ofBlock is how long a block may hold a recipient.
func ofBlock(b engine.Block) time.Duration {
	switch b := b.(type) {
	case *engine.Message:
		return b.Decision
	case *engine.Wait:
		at := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
		return b.Until(at, time.UTC).Sub(at)
	case *engine.Hook:
		return b.Timeout
	case *engine.Split:
		if b.Winner != nil {
			return b.Winner.Wait
		}
	}
	return 0
}

// slice is the step in which launches are followed.
const slice = 15 * time.Minute

// Launches foretells the launches of first messages: when the first and the last go out, and how many do not before the
// end. rate is launches a second, 0: no limit. What waits is taken in the order of the zones; within a step of a quarter
// of an hour nothing is told apart.
func (p *Plan) Launches(zones []ZonedCount, rate int) (first, last engine.Instant, unlaunched int64) {
	queue := p.backlogs(zones)
	if len(queue) == 0 {
		return 0, 0, 0
	}
	first = queue[0].starts.start
	for _, b := range queue {
		first = min(first, b.starts.start)
	}
	limit := first.Add(maxSpan)
	for t := first; t < limit; {
		next, busy, used := t.Add(slice), false, int64(0)
		room := int64(rate) * int64(slice/time.Second)
		for _, b := range queue {
			if b.left == 0 {
				continue
			}
			from, to, ok := b.open(p, t)
			switch {
			case !ok || p.s.End != 0 && from >= p.s.End:
				unlaunched += b.left
				b.left = 0
			case from < next && b.due(min(next, to)) > b.done:
				busy = true
				n := b.take(min(next, to), &room, rate > 0)
				used += n
				if at := p.reached(b, max(from, t), used, rate); n > 0 && at > last {
					last = at
				}
			}
		}
		if t = next; !busy {
			if t = p.wake(queue, next); t == 0 {
				break
			}
		}
	}
	for _, b := range queue {
		unlaunched += b.left
	}
	return first, last, unlaunched
}

// reached is when the n-th launch of a step happens, where the opening is at `from`.
func (p *Plan) reached(b *backlog, from engine.Instant, n int64, rate int) engine.Instant {
	at := from
	if rate > 0 {
		at = from.Add(time.Duration(n) * time.Second / time.Duration(rate))
	}
	if b.done > 0 {
		at = max(at, b.starts.At(int(b.done-1)))
	}
	if p.s.End != 0 {
		at = min(at, p.s.End)
	}
	return at
}

// ZonedCount is how many recipients begin in a zone.
type ZonedCount struct {
	Zone Zone
	N    int64
}

// backlog is what is left to launch in a zone.
type backlog struct {
	zone       Zone
	starts     *Starts
	n          int64
	left, done int64
	from, to   engine.Instant // the opening that was looked at last
	known      bool
}

func (p *Plan) backlogs(zones []ZonedCount) []*backlog {
	var list []*backlog
	for _, z := range zones {
		if z.N > 0 {
			list = append(list, &backlog{zone: z.Zone, starts: p.Zone(z.Zone, int(z.N)), n: z.N, left: z.N})
		}
	}
	slices.SortStableFunc(list, func(a, b *backlog) int { return int(min(max(a.starts.start-b.starts.start, -1), 1)) })
	return list
}

// open is the opening at or after t.
func (b *backlog) open(p *Plan, t engine.Instant) (from, to engine.Instant, ok bool) {
	if p.s.Window == nil {
		return t, t.Add(maxSpan), true
	}
	if !b.known || t >= b.to {
		if b.from, b.to, ok = p.opening(b.zone, t); !ok {
			return 0, 0, false
		}
		b.known = true
	}
	return max(b.from, t), b.to, true
}

// due is how many begin before t.
func (b *backlog) due(t engine.Instant) int64 {
	low, high := b.done, b.n
	for low < high {
		if middle := (low + high) / 2; b.starts.At(int(middle)) < t {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (b *backlog) take(until engine.Instant, room *int64, limited bool) int64 {
	n := b.due(until) - b.done
	if limited {
		n = min(n, *room)
		*room -= n
	}
	b.done += n
	b.left -= n
	return n
}

// wake is when anything can be launched next; 0: never.
func (p *Plan) wake(queue []*backlog, t engine.Instant) engine.Instant {
	soonest := engine.Instant(0)
	for _, b := range queue {
		if b.left == 0 {
			continue
		}
		from, _, ok := b.open(p, max(t, b.starts.At(int(b.done))))
		if ok && (soonest == 0 || from < soonest) {
			soonest = from
		}
	}
	return soonest
}
