package demo

import (
	"slices"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// Decision is what the provider makes of one request. Its values are written in the ledger.
type Decision byte

// The decisions. Only Taken and TakenSilently send something.
const (
	Taken         Decision = 't' // accepted
	TakenSilently Decision = 'u' // accepted, but the answer is lost
	Lost          Decision = 'l' // the request is lost, and nobody knows that
	Refused       Decision = 'r'
	Repeated      Decision = 'd' // dropped as a repeat, and answered as the first one
	Throttled     Decision = 'n' // not taken: too many
	Down          Decision = 'x' // not taken: the provider is out of order
)

// Sends reports whether something is sent by this decision.
func (d Decision) Sends() bool { return d == Taken || d == TakenSilently }

// Known reports whether it is a decision at all.
func (d Decision) Known() bool { return strings.IndexByte("tulrdnx", byte(d)) >= 0 }

// Traits is what of a message's content matters for what people do with it: whether there is something to click, and
// the keys of its menu.
type Traits uint16

const (
	keypad           = "0123456789*#"
	clickable Traits = 1 << 15
)

// TraitsOf looks at a message's content.
func TraitsOf(c *engine.Content) Traits {
	var t Traits
	if c.ButtonURL != "" || c.Template != "" || len(c.Links) > 0 {
		t |= clickable
	}
	for key := range c.Keys {
		if i := strings.Index(keypad, key); i >= 0 && len(key) == 1 {
			t |= 1 << i
		}
	}
	return t
}

// Request is one request to send a message.
type Request struct {
	Key    channel.Key
	Part   uint8 // of the channel, see Actor.Part
	Asking uint8 // which request for this message it is, from 1
	Traits Traits
}

// Event is something that comes true for a message that was taken.
type Event struct {
	After  time.Duration // from the request, the scale included
	Fact   engine.Facts
	Value  string
	Scope  engine.Scope
	Unique bool // it has an id of its own at the provider
}

const maxEvents = 12

// Fate is what becomes of a message that is taken, in order of time.
type Fate struct {
	Early  bool // the first event is reported before the request is answered
	Count  int
	Events [maxEvents]Event
}

func (f *Fate) add(e Event) {
	if f.Count < maxEvents {
		f.Events[f.Count] = e
		f.Count++
	}
}

// maxParts bounds the channels of a profile.
const maxParts = 200

// Actor plays a profile. It is safe for use by many goroutines.
type Actor struct {
	p     Profile
	scale float64
	names map[string]uint8
	parts []part
}

// part is the behaviour on one channel, made ready.
type part struct {
	Behaviour
	offers  engine.Facts
	refused []chance
	failed  []chance
	replies float64 // sum of weights
	keys    [len(keypad)]float64
}

type chance struct {
	reason string
	share  float64
}

// NewActor prepares a profile; the error names its mistakes.
func NewActor(p Profile) (*Actor, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	a := &Actor{p: p, scale: p.Scale, names: map[string]uint8{}}
	if a.scale == 0 {
		a.scale = 1
	}
	a.parts = append(a.parts, newPart("*", p.Channels["*"]))
	names := []string{"sms", "viber", "voice", "vk", "ok", "whatsapp"}
	for name := range p.Channels {
		if name != "*" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		b, ok := p.Channels[name]
		if !ok {
			b = p.Channels["*"]
		}
		a.names[name] = uint8(len(a.parts))
		a.parts = append(a.parts, newPart(name, b))
	}
	return a, nil
}

func newPart(name string, b Behaviour) part {
	p := part{Behaviour: b, offers: offers(name), refused: chances(b.Refused), failed: chances(b.Failed)}
	for _, r := range b.Replies {
		p.replies += r.Weight
	}
	for i := range keypad {
		w, ok := b.Keys[keypad[i:i+1]]
		if !ok {
			w = 1
		}
		p.keys[i] = w
	}
	return p
}

func chances(m map[string]float64) []chance {
	out := make([]chance, 0, len(m))
	for reason, share := range m {
		out = append(out, chance{reason, share})
	}
	slices.SortFunc(out, func(a, b chance) int { return strings.Compare(a.reason, b.reason) })
	return out
}

// offers is what a channel can report. A channel that nobody foresaw is taken for a messenger.
func offers(name string) engine.Facts {
	const text = engine.Delivered | engine.NotDelivered | engine.Clicked | engine.Replied | engine.Failed
	switch name {
	case "sms":
		return text
	case "viber":
		return text | engine.Viewed | engine.Spam | engine.Unsubscribed
	case "whatsapp":
		return text | engine.Viewed | engine.Unsubscribed
	case "voice":
		return engine.Answered | engine.NoAnswer | engine.Pressed | engine.Failed
	}
	return text | engine.Viewed
}

// Profile gives the profile that is played.
func (a *Actor) Profile() Profile { return a.p }

// Remembers reports whether earlier requests for a message matter to a later one.
func (a *Actor) Remembers() bool { return a.p.Repeats || a.p.Faults.asked() }

// Part gives the number of a channel's part.
func (a *Actor) Part(name string) uint8 { return a.names[name] }

// Scaled is a time of the profile as it passes in this play.
func (a *Actor) Scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / a.scale) }

// Slow is how long a call that begins with this request takes.
func (a *Actor) Slow(r *Request) time.Duration {
	return a.Scaled(newDice(a.p.Seed, &r.Key).delay(ofSlow+uint64(r.Asking)<<16, a.p.Faults.Slow))
}

// ProviderID is the provider's id of what was taken at a request.
func (a *Actor) ProviderID(key *channel.Key, asking uint8) string {
	return newDice(a.p.Seed, key).providerID(asking)
}

// Decide tells what the provider makes of a request, and the reason of a refusal. It knows nothing of earlier requests
// beyond their number.
func (a *Actor) Decide(r *Request) (Decision, string) {
	d := newDice(a.p.Seed, &r.Key)
	taken := Taken
	if f := &a.p.Faults; f.asked() {
		u := d.share(ofRequest + uint64(r.Asking)<<16)
		switch {
		case u < f.Down:
			return Down, ""
		case u < f.Down+f.Throttle:
			return Throttled, ""
		case u < f.Down+f.Throttle+f.RequestLost:
			return Lost, ""
		case u < f.Down+f.Throttle+f.RequestLost+f.AnswerLost:
			taken = TakenSilently
		}
	}
	u := d.share(ofFate)
	for _, c := range a.parts[r.Part].refused {
		if u -= c.share; u < 0 {
			return Refused, c.reason
		}
	}
	return taken, ""
}

// Fate tells what becomes of a message that is taken, into f.
func (a *Actor) Fate(r *Request, f *Fate) {
	f.Count, f.Early = 0, false
	d := newDice(a.p.Seed, &r.Key)
	p := &a.parts[r.Part]
	u := d.share(ofFate)
	for _, c := range p.refused {
		u -= c.share
	}
	first := d.delay(0, p.Delivery)
	for _, c := range p.failed {
		if u -= c.share; u < 0 {
			f.add(Event{After: first, Fact: engine.Failed, Value: c.reason})
			break
		}
	}
	switch {
	case u < 0:
	case p.offers&engine.Answered != 0:
		p.ring(d, u, first, r.Traits, f)
	default:
		p.read(d, u, first, r.Traits, f)
	}
	a.disturb(d, f)
	for i := range f.Events[:f.Count] {
		f.Events[i].After = a.Scaled(f.Events[i].After)
	}
}

// ring is the fate of a call.
func (p *part) ring(d dice, u float64, first time.Duration, t Traits, f *Fate) {
	switch {
	case u < p.Answered:
		end := first + d.delay(1, p.Talk)
		if key := p.key(d, t); key != "" && d.happens(ofPress, p.Pressed) {
			at := first + d.delay(2, p.Click)
			end = max(end, at)
			f.add(Event{After: at, Fact: engine.Pressed, Value: key})
		}
		f.add(Event{After: end, Fact: engine.Answered})
	case u < p.Answered+p.NoAnswer:
		f.add(Event{After: first, Fact: engine.NoAnswer})
	}
}

// key picks one of the menu's keys.
func (p *part) key(d dice, t Traits) string {
	sum := 0.0
	for i, w := range p.keys {
		if t&(1<<i) != 0 {
			sum += w
		}
	}
	u := d.share(ofKey) * sum
	for i, w := range p.keys {
		if t&(1<<i) == 0 || w == 0 {
			continue
		}
		if u -= w; u < 0 {
			return keypad[i : i+1]
		}
	}
	return ""
}

// read is the fate of a message that people read.
func (p *part) read(d dice, u float64, at time.Duration, t Traits, f *Fate) {
	if u >= p.Delivered {
		if u < p.Delivered+p.NotDelivered {
			f.add(Event{After: at, Fact: engine.NotDelivered})
		}
		return
	}
	f.add(Event{After: at, Fact: engine.Delivered})
	if p.offers&engine.Viewed != 0 {
		if !d.happens(ofView, p.Viewed) {
			return
		}
		at += d.delay(3, p.View)
		f.add(Event{After: at, Fact: engine.Viewed})
	}
	if t&clickable != 0 && d.happens(ofClick, p.Clicked) {
		f.add(Event{After: at + d.delay(4, p.Click), Fact: engine.Clicked})
	}
	if p.offers&engine.Replied != 0 && d.happens(ofReply, p.Replied) {
		f.add(Event{After: at + d.delay(5, p.Reply), Fact: engine.Replied, Value: p.reply(d), Unique: true})
	}
	if p.offers&engine.Spam != 0 && d.happens(ofSpam, p.Spam) {
		f.add(Event{After: at + d.delay(6, p.Click), Fact: engine.Spam, Scope: engine.ThisChannel})
	}
	if p.offers&engine.Unsubscribed != 0 && d.happens(ofUnsubscribed, p.Unsubscribed) {
		f.add(Event{After: at + d.delay(7, p.Click), Fact: engine.Unsubscribed, Scope: engine.ThisChannel})
	}
	f.sort()
}

func (p *part) reply(d dice) string {
	u := d.share(ofReplyText) * p.replies
	for _, r := range p.Replies {
		if u -= r.Weight; u < 0 {
			return r.Text
		}
	}
	return p.Replies[len(p.Replies)-1].Text
}

// disturb has facts come early, twice or in the wrong order.
func (a *Actor) disturb(d dice, f *Fate) {
	faults := &a.p.Faults
	if f.Count == 0 {
		return
	}
	if d.happens(ofShuffle, faults.Shuffled) {
		events := f.Events[:f.Count]
		for i := range len(events) / 2 {
			j := len(events) - 1 - i
			events[i].After, events[j].After = events[j].After, events[i].After
		}
	}
	if d.happens(ofTwice, faults.Twice) {
		for i := range f.Count {
			e := f.Events[i]
			e.After += time.Duration(d.share(ofTwiceDelay) * float64(2*time.Minute))
			f.add(e)
		}
	}
	f.sort()
	if d.happens(ofEarly, faults.Early) {
		f.Early, f.Events[0].After = true, 0
	}
}

// sort orders the few events by time, equal ones as they were.
func (f *Fate) sort() {
	e := f.Events[:f.Count]
	for i := 1; i < len(e); i++ {
		for j := i; j > 0 && e[j].After < e[j-1].After; j-- {
			e[j], e[j-1] = e[j-1], e[j]
		}
	}
}

// Last is the time of the last event, from the request; 0 without any.
func (f *Fate) Last() time.Duration {
	if f.Count == 0 {
		return 0
	}
	return f.Events[f.Count-1].After
}
