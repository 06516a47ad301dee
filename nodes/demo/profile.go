// Package demo is a provider inside the product, for every channel type: it sends nothing to anybody, and answers as
// providers and people do. Everything that it "decides" is a pure function of a seed and the message's key, so that a
// run can be repeated. This package is the play; driver performs it.
package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"kaskad/engine"
)

// Name is how the provider is called in settings. Notice is what people must be told wherever it is chosen.
const (
	Name     = "demo"
	NoticeEN = "Demo channel: nothing is sent to anybody, statuses and replies are made up."
	NoticeRU = "Демо-канал: сообщения никому не отправляются, статусы и ответы выдуманы."
)

// Duration is a time.Duration that is written as "1h30m" or "200ms" in JSON.
type Duration time.Duration

// UnmarshalJSON reads a duration.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("a duration is a text such as \"1h30m\" or \"200ms\", not %.20s", data)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%.20q is no duration: write \"1h30m\" or \"200ms\"", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON writes a duration.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Delay is a random time: half of all are shorter than Typical, and none is longer than Longest (0: ten times Typical).
// Its distribution is exponential.
type Delay struct {
	Typical Duration `json:"typical,omitempty"`
	Longest Duration `json:"longest,omitempty"`
}

// Profile is how the provider and the people behind it behave. Shares are from 0 to 1.
type Profile struct {
	Seed uint64 `json:"seed,omitempty"`
	// Scale is how much faster than life everything goes: with 3600 an hour passes in a second. 0 is 1.
	Scale float64 `json:"scale,omitempty"`
	// Channels are the behaviours by channel type; "*" is that of all others.
	Channels map[string]Behaviour `json:"channels,omitempty"`
	Faults   Faults               `json:"faults,omitzero"`
	// Repeats: a request under a key that was taken before is dropped, and answered as the first one was.
	Repeats bool `json:"repeats,omitempty"`
	// Askable: the provider can be asked what became of a message.
	Askable bool `json:"askable,omitempty"`
	// ByKey: reports carry our key instead of the provider's id.
	ByKey bool `json:"by_key,omitempty"`
	// Batch, Concurrent and PerSecond are the limits told to the dispatcher; 0: 1,000, 4 and none.
	Batch      int `json:"batch,omitempty"`
	Concurrent int `json:"concurrent,omitempty"`
	PerSecond  int `json:"per_second,omitempty"`
}

// Behaviour is what becomes of the messages of a channel. Refused, Failed, Delivered, NotDelivered, Answered and
// NoAnswer are shares of all messages; what is left is never heard of again.
type Behaviour struct {
	Refused map[string]float64 `json:"refused,omitempty"` // at once, by reason
	Failed  map[string]float64 `json:"failed,omitempty"`  // after acceptance, by reason

	// Of messages that are read.
	Delivered    float64 `json:"delivered,omitempty"`
	NotDelivered float64 `json:"not_delivered,omitempty"`
	Viewed       float64 `json:"viewed,omitempty"`  // of the delivered
	Clicked      float64 `json:"clicked,omitempty"` // of the viewed, or of the delivered where the channel has no views
	Replied      float64 `json:"replied,omitempty"` // likewise
	Replies      []Reply `json:"replies,omitempty"`
	Spam         float64 `json:"spam,omitempty"`         // likewise
	Unsubscribed float64 `json:"unsubscribed,omitempty"` // likewise

	// Of calls.
	Answered float64            `json:"answered,omitempty"`
	NoAnswer float64            `json:"no_answer,omitempty"`
	Pressed  float64            `json:"pressed,omitempty"` // of the answered calls with a menu
	Keys     map[string]float64 `json:"keys,omitempty"`    // weights of keys; a key of the menu that is not here has 1

	// The delays: from the request to the delivery or the end of ringing, and from each thing to the next.
	Delivery Delay `json:"delivery,omitzero"`
	View     Delay `json:"view,omitzero"`
	Click    Delay `json:"click,omitzero"`
	Reply    Delay `json:"reply,omitzero"`
	Talk     Delay `json:"talk,omitzero"`
}

// Reply is something that people answer.
type Reply struct {
	Text   string  `json:"text"`
	Weight float64 `json:"weight"`
}

// Faults are what goes wrong at the provider. Shares are of requests.
type Faults struct {
	Slow     Delay    `json:"slow,omitzero"`      // a call takes so long
	Throttle float64  `json:"throttle,omitempty"` // not taken, to be tried again after Pause
	Pause    Duration `json:"pause,omitempty"`
	Down     float64  `json:"down,omitempty"` // not taken, as if the connection were refused
	// Outages: for the last OutageFor of every OutageEvery since the start all requests are refused so.
	OutageEvery Duration `json:"outage_every,omitempty"`
	OutageFor   Duration `json:"outage_for,omitempty"`
	// Nobody knows: the request was taken and the answer lost, or the request itself; after Timeout the sender gives up.
	AnswerLost  float64  `json:"answer_lost,omitempty"`
	RequestLost float64  `json:"request_lost,omitempty"`
	Timeout     Duration `json:"timeout,omitempty"`
	// Shares of messages: whose first fact comes before the answer to the request, whose facts come twice, and whose
	// facts come in the wrong order.
	Early    float64 `json:"early,omitempty"`
	Twice    float64 `json:"twice,omitempty"`
	Shuffled float64 `json:"shuffled,omitempty"`
}

// asked reports whether a request can go wrong.
func (f *Faults) asked() bool {
	return f.Throttle > 0 || f.Down > 0 || f.AnswerLost > 0 || f.RequestLost > 0
}

const maxProfile = 64 << 10

// ParseProfile reads a profile: the name of a preset, or JSON. A JSON object may name a preset to begin with in
// "preset" and a "seed" and "scale"; what it has besides replaces what the preset has, a channel's behaviour as a whole.
func ParseProfile(text string) (Profile, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		p, ok := Preset(text)
		if !ok {
			return p, fmt.Errorf("demo: there is no profile %.40q: take one of %s, or a JSON object", text,
				strings.Join(Presets(), ", "))
		}
		return p, nil
	}
	if len(text) > maxProfile {
		return Profile{}, fmt.Errorf("demo: the profile is over %d KiB: shorten it", maxProfile>>10)
	}
	var base struct {
		Preset string `json:"preset"`
	}
	if err := json.Unmarshal([]byte(text), &base); err != nil {
		return Profile{}, fmt.Errorf("demo: the profile is no JSON object: %w", err)
	}
	p, ok := Preset(base.Preset)
	if !ok && base.Preset != "" {
		return p, fmt.Errorf("demo: preset: there is no %.40q: take one of %s", base.Preset, strings.Join(Presets(), ", "))
	}
	whole := struct {
		Preset string `json:"preset"`
		*Profile
	}{Profile: &p}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&whole); err != nil {
		return Profile{}, fmt.Errorf("demo: the profile: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Profile{}, errors.New("demo: the profile has something after its closing brace: remove it")
	}
	return p, p.Check()
}

// Check names every mistake in a profile.
func (p *Profile) Check() error {
	c := checks{}
	if !(p.Scale >= 0 && p.Scale <= 1e9) {
		c.add("scale", "is a number from 0 to 1000000000")
	}
	for _, n := range []struct {
		name string
		v    int
	}{{"batch", p.Batch}, {"concurrent", p.Concurrent}, {"per_second", p.PerSecond}} {
		if n.v < 0 || n.v > 1_000_000 {
			c.add(n.name, "is a whole number from 0 to 1000000")
		}
	}
	if len(p.Channels) > maxParts {
		c.add("channels", fmt.Sprintf("has at most %d", maxParts))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Channels)) {
		b := p.Channels[name]
		b.check(&c, "channels."+name+".")
	}
	p.Faults.check(&c)
	slices.SortFunc(c, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(c...)
}

type checks []error

func (c *checks) add(field, what string) { *c = append(*c, fmt.Errorf("demo: %s %s", field, what)) }

func (c *checks) shares(at string, sumName string, m map[string]float64) {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !(m[name] >= 0 && m[name] <= 1) {
			c.add(at+name, "is a share from 0 to 1")
		}
		sum += m[name]
	}
	if sumName != "" && sum > 1+1e-9 {
		c.add(at+sumName, "are more than all messages together: at most 1 in sum")
	}
}

func (c *checks) delay(at string, d Delay) {
	if d.Typical < 0 || d.Longest < 0 || time.Duration(max(d.Typical, d.Longest)) > maxDelay {
		c.add(at, "is from 0 to 30 days, \"typical\" and \"longest\"")
	}
}

func (b *Behaviour) check(c *checks, at string) {
	fates := map[string]float64{"delivered": b.Delivered, "not_delivered": b.NotDelivered}
	calls := map[string]float64{"answered": b.Answered, "no_answer": b.NoAnswer}
	for kind, m := range map[string]map[string]float64{"refused.": b.Refused, "failed.": b.Failed} {
		for reason, share := range m {
			if !slices.Contains(engine.ErrorReasons(), reason) {
				c.add(at+kind+reason, "is no reason: take one of "+strings.Join(engine.ErrorReasons(), ", "))
			}
			fates[kind+reason], calls[kind+reason] = share, share
		}
	}
	c.shares(at, "refused, failed, delivered and not_delivered", fates)
	c.shares(at, "refused, failed, answered and no_answer", calls)
	c.shares(at, "", map[string]float64{"viewed": b.Viewed, "clicked": b.Clicked, "replied": b.Replied, "spam": b.Spam,
		"unsubscribed": b.Unsubscribed, "pressed": b.Pressed})
	sum := 0.0
	for i, r := range b.Replies {
		if !(r.Weight > 0 && r.Weight <= 1e6) {
			c.add(fmt.Sprintf("%sreplies.%d.weight", at, i), "is above 0, up to 1000000")
		}
		sum += r.Weight
	}
	if b.Replied > 0 && sum == 0 {
		c.add(at+"replies", "is needed with replied: give texts with weights")
	}
	for key, w := range b.Keys {
		if len(key) != 1 || !strings.Contains(keypad, key) || !(w >= 0 && w <= 1e6) {
			c.add(at+"keys."+key, "is a key 0-9, * or # with a weight from 0 to 1000000")
		}
	}
	for name, d := range map[string]Delay{"delivery": b.Delivery, "view": b.View, "click": b.Click, "reply": b.Reply,
		"talk": b.Talk} {
		c.delay(at+name, d)
	}
}

func (f *Faults) check(c *checks) {
	c.shares("faults.", "throttle, down, answer_lost and request_lost", map[string]float64{"throttle": f.Throttle,
		"down": f.Down, "answer_lost": f.AnswerLost, "request_lost": f.RequestLost})
	c.shares("faults.", "", map[string]float64{"early": f.Early, "twice": f.Twice, "shuffled": f.Shuffled})
	c.delay("faults.slow", f.Slow)
	if f.Pause < 0 || f.Timeout < 0 {
		c.add("faults.pause and timeout", "are not negative")
	}
	if f.OutageEvery < 0 || f.OutageFor < 0 || f.OutageFor > f.OutageEvery {
		c.add("faults.outage_for", "is not longer than outage_every")
	}
}
