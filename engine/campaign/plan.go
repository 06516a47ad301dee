package campaign

import (
	"cmp"
	"errors"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// maxSmooth bounds the time over which entries are spread, and so the openings of a zone that are kept.
const maxSmooth = 366 * 24 * time.Hour

// Settings say when a campaign's recipients begin.
type Settings struct {
	Start  engine.Instant // for everybody, where Local is nil
	Local  *Wall          // in each recipient's own zone
	End    engine.Instant // of the campaign; 0: none
	Window *scheme.Window // of the campaign; nil: always open
	Sender *time.Location // whose clock a window of the sender's is read on; nil: UTC
	Smooth bool           // spread evenly over the open time; needs End
	Seed   uint64         // of the order within a zone
}

// Zone is where recipients are.
type Zone struct {
	Name  string // as it is stored
	Clock *time.Location
	// Doubt are the zones that they may be in where it is not known. They begin when the wall-clock time has come in all
	// of these, and while the window is open in all of these.
	Doubt []*time.Location
}

// Group are the contacts of one zone.
type Group struct {
	Zone     Zone
	Contacts []int64
}

// Recipient is a contact with the beginning of its walk.
type Recipient struct {
	Contact int64
	Zone    string
	Start   engine.Instant
}

// Plan plans the beginnings of a campaign's walks.
type Plan struct {
	s        Settings
	windowIn *time.Location // of a window with a zone of its own
}

// The ways in which settings can be wrong.
var (
	ErrNoEnd     = errors.New("smooth sending needs the campaign's end")
	ErrTooLong   = errors.New("smooth sending spreads over 366 days at most")
	ErrPastEnd   = errors.New("the campaign's end comes before anybody's start")
	ErrNoInstant = errors.New("a campaign needs a start: an instant, or a wall-clock time in each recipient's zone")
)

// New checks the settings. A window's unknown zone is an error too.
func New(s Settings) (*Plan, error) {
	p := &Plan{s: s}
	if s.Start == 0 && s.Local == nil {
		return nil, ErrNoInstant
	}
	if s.Smooth && s.End == 0 {
		return nil, ErrNoEnd
	}
	if s.Sender == nil {
		p.s.Sender = time.UTC
	}
	if w := s.Window; w != nil && w.Zone != scheme.ZoneRecipient && w.Zone != scheme.ZoneSender {
		var err error
		if p.windowIn, err = scheme.LoadZone(w.Zone); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Sender is whose clock a window of the sender's is read on.
func (p *Plan) Sender() *time.Location { return p.s.Sender }

// Start is when the first of a zone may begin: never after the campaign's end.
func (p *Plan) Start(z Zone) engine.Instant {
	at := p.s.Start
	if p.s.Local != nil {
		at = p.s.Local.In(z.Clock)
		for i, doubt := range z.Doubt {
			if t := p.s.Local.In(doubt); i == 0 || t > at {
				at = t
			}
		}
	}
	if p.s.End != 0 {
		at = min(at, p.s.End)
	}
	return at
}

// Starts are the beginnings of a zone's recipients.
type Starts struct {
	start engine.Instant
	n     int64
	phase int64
	open  []opening // empty: everybody begins at start
	total int64     // microseconds of all openings
}

// opening is a time in which the window is open; before is how much open time there was before it.
type opening struct {
	from   engine.Instant
	length int64
	before int64
}

// Zone plans the n recipients of a zone. What it keeps does not grow with n.
func (p *Plan) Zone(z Zone, n int) *Starts {
	s := &Starts{start: p.Start(z), n: int64(n)}
	if !p.s.Smooth || n == 0 {
		return s
	}
	for t := s.start; t < p.s.End; {
		from, to, ok := p.opening(z, t)
		if to = min(to, p.s.End); !ok || from >= to {
			break
		}
		s.open = append(s.open, opening{from: from, length: int64(to - from), before: s.total})
		s.total += int64(to - from)
		t = to
	}
	if each := s.total / s.n; each > 0 {
		// Each zone begins somewhere within its first share of time: else those of many small zones would begin together.
		s.phase = int64(p.hash(z.Name) % uint64(each))
	}
	return s
}

// At is when recipient k of the zone, from 0, begins; it never goes back as k grows. With smooth sending it lies in the
// window and before the end; where the window does not open before the end, it is the start.
func (s *Starts) At(k int) engine.Instant {
	if len(s.open) == 0 {
		return s.start
	}
	i := int64(k)
	offset := i*(s.total/s.n) + i*(s.total%s.n)/s.n + s.phase
	at := sort.Search(len(s.open), func(j int) bool { return s.open[j].before > offset }) - 1
	return s.open[at].from + engine.Instant(offset-s.open[at].before)
}

// maxMoves bounds the search for an instant that is open in several zones at once.
const maxMoves = 200

// opening is the next time from t on in which the window is open for a zone.
func (p *Plan) opening(z Zone, t engine.Instant) (from, to engine.Instant, ok bool) {
	w := p.s.Window
	if w == nil {
		return t, p.s.End, true
	}
	clocks := []*time.Location{z.Clock}
	switch {
	case p.windowIn != nil:
		clocks[0] = p.windowIn
	case w.Zone == scheme.ZoneSender:
		clocks[0] = p.s.Sender
	case len(z.Doubt) > 0:
		clocks = z.Doubt
	}
	for range maxMoves {
		at := t
		to = 0
		for _, clock := range clocks {
			open, closes, ok := w.Next(at.Time(), clock)
			if !ok {
				return 0, 0, false
			}
			at = engine.At(open)
			if end := engine.At(closes); to == 0 || end < to {
				to = end
			}
		}
		if at == t || len(clocks) == 1 {
			return at, to, true
		}
		t = at
	}
	return 0, 0, false
}

func (p *Plan) hash(zone string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(zone))
	return rand.NewPCG(p.s.Seed, h.Sum64()).Uint64()
}

// First is the earliest beginning of all groups: the campaign's own start. ErrPastEnd: nobody begins before the end;
// ErrTooLong: smooth sending would go on for too long.
func (p *Plan) First(groups []Group) (engine.Instant, error) {
	first := p.s.Start
	for i, g := range groups {
		if at := p.Start(g.Zone); i == 0 || at < first {
			first = at
		}
	}
	if len(groups) == 0 && p.s.Local != nil {
		first = p.s.Local.In(p.s.Sender)
	}
	switch {
	case p.s.End != 0 && first >= p.s.End:
		return 0, ErrPastEnd
	case p.s.Smooth && p.s.End.Sub(first) > maxSmooth:
		return 0, ErrTooLong
	}
	return first, nil
}

// Recipients gives everybody in the order of their numbers: zone by zone, the zone that begins first coming first, and by
// start within a zone. The contacts of a group are shuffled in place when its turn comes, and the groups are sorted; the
// same seed and the same groups give the same order. No more than a group is looked at at once.
func (p *Plan) Recipients(groups []Group) iter.Seq[Recipient] {
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(p.Start(a.Zone), p.Start(b.Zone)), strings.Compare(a.Zone.Name, b.Zone.Name))
	})
	return func(yield func(Recipient) bool) {
		for _, g := range groups {
			r := rand.New(rand.NewPCG(p.s.Seed, p.hash(g.Zone.Name)))
			r.Shuffle(len(g.Contacts), func(i, j int) { g.Contacts[i], g.Contacts[j] = g.Contacts[j], g.Contacts[i] })
			starts := p.Zone(g.Zone, len(g.Contacts))
			for k, contact := range g.Contacts {
				if !yield(Recipient{Contact: contact, Zone: g.Zone.Name, Start: starts.At(k)}) {
					return
				}
			}
		}
	}
}
