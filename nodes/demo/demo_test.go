package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/channel"
)

func actor(t testing.TB, p Profile) *Actor {
	t.Helper()
	a, err := NewActor(p)
	require.NoError(t, err)
	return a
}

func preset(t testing.TB, name string) Profile {
	t.Helper()
	p, ok := Preset(name)
	require.True(t, ok)
	return p
}

func request(a *Actor, name string, n int, t Traits) *Request {
	return &Request{Key: channel.Key{Account: 1, Campaign: 7, Ordinal: int64(n), Node: 3, Attempt: 1}, Part: a.Part(name),
		Asking: 1, Traits: t}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	for _, name := range Presets() {
		p := preset(t, name)
		require.NoError(t, p.Check(), name)
		parsed, err := ParseProfile(name)
		require.NoError(t, err)
		require.Equal(t, p, parsed)
		data, err := json.Marshal(p)
		require.NoError(t, err)
		again, err := ParseProfile(string(data))
		require.NoError(t, err, "what is written can be read")
		require.Equal(t, p, again)
	}
	_, ok := Preset("life")
	require.False(t, ok)
}

func TestParseProfile(t *testing.T) {
	t.Parallel()
	p, err := ParseProfile(` {"preset": "lifelike", "seed": 5, "scale": 3600, "channels": {"sms": {"delivered": 1}}} `)
	require.NoError(t, err)
	require.Equal(t, uint64(5), p.Seed)
	require.InDelta(t, 3600, p.Scale, 0)
	require.Equal(t, Behaviour{Delivered: 1}, p.Channels["sms"], "a behaviour is replaced whole")
	require.Positive(t, p.Channels["viber"].Viewed, "the others stay")
	for text, says := range map[string]string{
		"lively":                        "take one of instant",
		"":                              "take one of instant",
		"{":                             "no JSON object",
		"{} {}":                         "no JSON object",
		`{"preset": "x"}`:               "preset",
		`{"speed": 1}`:                  `"speed"`,
		`{"scale": -1}`:                 "scale is a number",
		`{"batch": -1}`:                 "batch",
		`{"faults": {"twice": 1.5}}`:    "faults.twice is a share",
		`{"faults": {"pause": "soon"}}`: "no duration",
		`{"faults": {"pause": 5}}`:      "a duration is a text",
		`{"faults": {"down": 0.6, "throttle": 0.6}}`:                              "at most 1 in sum",
		`{"faults": {"outage_for": "2s"}}`:                                        "outage_every",
		`{"channels": {"sms": {"delivered": 0.6, "refused": {"rejected": 0.6}}}}`: "channels.sms.refused, failed",
		`{"channels": {"sms": {"refused": {"bored": 0.6}}}}`:                      "channels.sms.refused.bored is no reason",
		`{"channels": {"sms": {"replied": 0.6}}}`:                                 "channels.sms.replies is needed",
		`{"channels": {"sms": {"replies": [{"text": "x"}]}}}`:                     "replies.0.weight",
		`{"channels": {"voice": {"keys": {"12": 1}}}}`:                            "keys.12",
		`{"channels": {"voice": {"talk": {"typical": "1000h"}}}}`:                 "channels.voice.talk",
		`{"seed": ` + strings.Repeat(" ", maxProfile) + `1}`:                      "over 64 KiB",
	} {
		_, err := ParseProfile(text)
		require.ErrorContains(t, err, says, "%.80s", text)
	}
}

func FuzzParseProfile(f *testing.F) {
	for _, name := range Presets() {
		p, _ := Preset(name)
		data, _ := json.Marshal(p)
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile(text)
		if err != nil {
			return
		}
		a := actor(t, p)
		var fate Fate
		for n := range 10 {
			a.Fate(request(a, "viber", n, clickable), &fate)
			require.LessOrEqual(t, fate.Count, maxEvents)
		}
	})
}

func TestTraits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content engine.Content
		want    Traits
	}{
		{engine.Content{Text: "hello"}, 0},
		{engine.Content{ButtonURL: "https://x"}, clickable},
		{engine.Content{Template: "order"}, clickable},
		{engine.Content{Links: []string{"https://x"}}, clickable},
		{engine.Content{Keys: map[string]engine.KeyPress{"1": {}, "#": {}, "x": {}, "": {}, "12": {}}}, 1<<1 | 1<<11},
	} {
		require.Equal(t, c.want, TraitsOf(&c.content))
	}
}

// Every fact that a channel's people can bring about comes up, and no other.
func TestFactsByChannel(t *testing.T) {
	t.Parallel()
	const text = engine.Delivered | engine.NotDelivered | engine.Clicked | engine.Replied | engine.Failed
	a := actor(t, preset(t, "lifelike"))
	for name, want := range map[string]engine.Facts{
		"sms":      text,
		"viber":    text | engine.Viewed | engine.Spam | engine.Unsubscribed,
		"whatsapp": text | engine.Viewed | engine.Unsubscribed,
		"vk":       text | engine.Viewed,
		"ok":       text | engine.Viewed,
		"telegram": text | engine.Viewed,
		"voice":    engine.Answered | engine.NoAnswer | engine.Pressed,
	} {
		var seen engine.Facts
		var fate Fate
		for n := range 20_000 {
			a.Fate(request(a, name, n, clickable|1<<1|1<<9), &fate)
			for i, e := range fate.Events[:fate.Count] {
				seen |= e.Fact
				require.True(t, i == 0 || fate.Events[i-1].After <= e.After, "in order")
				require.Equal(t, e.Fact == engine.Replied, e.Unique)
				if e.Fact == engine.Pressed {
					require.Contains(t, []string{"1", "9"}, e.Value, "keys of this menu")
				}
			}
		}
		require.Equal(t, want, seen, name)
	}
}

func TestNothingToClickOrPress(t *testing.T) {
	t.Parallel()
	a := actor(t, preset(t, "lifelike"))
	var fate Fate
	for n := range 5_000 {
		for _, name := range []string{"viber", "voice"} {
			a.Fate(request(a, name, n, 0), &fate)
			for _, e := range fate.Events[:fate.Count] {
				require.Zero(t, e.Fact&(engine.Clicked|engine.Pressed))
			}
		}
	}
}

func TestSharesAreKept(t *testing.T) {
	t.Parallel()
	p := preset(t, "lifelike")
	a := actor(t, p)
	const n = 10_000
	for _, name := range []string{"sms", "viber", "voice"} {
		b := p.Channels[name]
		refused := map[string]int{}
		facts := map[engine.Facts]int{}
		var fate Fate
		for i := range n {
			r := request(a, name, i, clickable|1<<1)
			if decision, reason := a.Decide(r); decision == Refused {
				refused[reason]++
				continue
			}
			a.Fate(r, &fate)
			for _, e := range fate.Events[:fate.Count] {
				facts[e.Fact]++
			}
		}
		near := func(share float64, got int, what string) {
			require.InDelta(t, share, float64(got)/n, 0.02, "%s: %s", name, what)
		}
		near(b.Delivered, facts[engine.Delivered], "delivered")
		near(b.NotDelivered, facts[engine.NotDelivered], "not delivered")
		near(b.Answered, facts[engine.Answered], "answered")
		near(b.NoAnswer, facts[engine.NoAnswer], "no answer")
		near(b.Answered*b.Pressed, facts[engine.Pressed], "pressed")
		near(b.Failed[engine.Rejected], facts[engine.Failed], "failed")
		for reason, share := range b.Refused {
			near(share, refused[reason], reason)
		}
		base := b.Delivered
		if name == "viber" {
			base *= b.Viewed
			near(base, facts[engine.Viewed], "viewed")
		}
		near(base*b.Clicked, facts[engine.Clicked], "clicked")
		near(base*b.Replied, facts[engine.Replied], "replied")
	}
}

func TestRepliesAndKeysByWeight(t *testing.T) {
	t.Parallel()
	a := actor(t, Profile{Channels: map[string]Behaviour{
		"sms":   {Delivered: 1, Replied: 1, Replies: []Reply{{"да", 3}, {"стоп", 1}}},
		"voice": {Answered: 1, Pressed: 1, Keys: map[string]float64{"1": 3, "2": 1, "3": 0}},
	}})
	said := map[string]int{}
	var fate Fate
	const n = 10_000
	for i := range n {
		a.Fate(request(a, "sms", i, 0), &fate)
		require.Equal(t, 2, fate.Count)
		said[fate.Events[1].Value]++
		a.Fate(request(a, "voice", i, 1<<1|1<<2|1<<3), &fate)
		require.Equal(t, 2, fate.Count)
		require.Equal(t, engine.Pressed, fate.Events[0].Fact)
		said[fate.Events[0].Value]++
	}
	for value, share := range map[string]float64{"да": 0.75, "стоп": 0.25, "1": 0.75, "2": 0.25, "3": 0} {
		require.InDelta(t, share, float64(said[value])/n, 0.02, value)
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	b := Behaviour{Delivered: 1, Delivery: delay(10*time.Second, time.Minute)}
	slow := actor(t, Profile{Channels: map[string]Behaviour{"*": b}})
	fast := actor(t, Profile{Scale: 3600, Channels: map[string]Behaviour{"*": b}})
	var one, other Fate
	short := 0
	const n = 10_000
	for i := range n {
		slow.Fate(request(slow, "sms", i, 0), &one)
		fast.Fate(request(fast, "sms", i, 0), &other)
		after := one.Events[0].After
		require.LessOrEqual(t, after, time.Minute)
		require.InDelta(t, float64(after)/3600, float64(other.Events[0].After), 1)
		if after < 10*time.Second {
			short++
		}
	}
	require.InDelta(t, 0.5, float64(short)/n, 0.02, "the typical delay is the median")
}

func TestInstant(t *testing.T) {
	t.Parallel()
	a := actor(t, preset(t, "instant"))
	var fate Fate
	for name, fact := range map[string]engine.Facts{"sms": engine.Delivered, "voice": engine.Answered, "fax": engine.Delivered} {
		a.Fate(request(a, name, 1, 0), &fate)
		require.Equal(t, 1, fate.Count)
		require.Equal(t, Event{Fact: fact}, fate.Events[0])
		decision, _ := a.Decide(request(a, name, 1, 0))
		require.Equal(t, Taken, decision)
	}
	require.False(t, a.Remembers())
}

func TestFaultsByRequest(t *testing.T) {
	t.Parallel()
	p := preset(t, "faulty")
	a := actor(t, p)
	require.True(t, a.Remembers())
	seen := map[Decision]int{}
	changed := 0
	const n = 10_000
	for i := range n {
		r := request(a, "viber", i, 0)
		first, _ := a.Decide(r)
		require.True(t, first.Known())
		seen[first]++
		r.Asking = 2
		if second, _ := a.Decide(r); second != first {
			changed++
		}
	}
	for decision, share := range map[Decision]float64{Down: p.Faults.Down, Throttled: p.Faults.Throttle,
		Lost: p.Faults.RequestLost, TakenSilently: p.Faults.AnswerLost} {
		require.InDelta(t, share, float64(seen[decision])/n, 0.01, string(decision))
	}
	require.Positive(t, changed, "what went wrong once may go well when it is asked for again")
	require.False(t, Decision('?').Known())
}

func TestTwiceShuffledAndEarly(t *testing.T) {
	t.Parallel()
	b := map[string]Behaviour{"*": {Delivered: 1, Viewed: 1, Delivery: delay(time.Second, 0), View: delay(time.Minute, 0)}}
	a := actor(t, Profile{Channels: b, Faults: Faults{Twice: 1, Shuffled: 1, Early: 1}})
	var fate Fate
	for i := range 100 {
		a.Fate(request(a, "viber", i, 0), &fate)
		require.Equal(t, 4, fate.Count)
		require.Equal(t, engine.Viewed, fate.Events[0].Fact, "before it was delivered")
		require.True(t, fate.Early)
		require.Zero(t, fate.Events[0].After)
		count := map[engine.Facts]int{}
		for _, e := range fate.Events[:4] {
			count[e.Fact]++
		}
		require.Equal(t, map[engine.Facts]int{engine.Viewed: 2, engine.Delivered: 2}, count)
	}
}

// Everything is a function of the seed and the key, whoever asks, and in whatever order.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, _ := Preset(rapid.SampledFrom(Presets()).Draw(t, "preset"))
		p.Seed = rapid.Uint64().Draw(t, "seed")
		one, err := NewActor(p)
		require.NoError(t, err)
		other, err := NewActor(p)
		require.NoError(t, err)
		r := Request{Key: channel.Key{Account: rapid.Int64().Draw(t, "account"), Campaign: rapid.Int64().Draw(t, "campaign"),
			Ordinal: rapid.Int64().Draw(t, "ordinal"), Node: rapid.Int16().Draw(t, "node"), Attempt: rapid.Uint8().Draw(t, "attempt")},
			Part: one.Part(rapid.SampledFrom([]string{"sms", "voice", "viber", "fax"}).Draw(t, "channel")), Asking: 1}
		var a, b Fate
		one.Fate(&Request{}, &a) // something else in between
		one.Fate(&r, &a)
		other.Fate(&r, &b)
		require.Equal(t, a.Events[:a.Count], b.Events[:b.Count])
		d1, why1 := one.Decide(&r)
		d2, why2 := other.Decide(&r)
		require.Equal(t, d1, d2)
		require.Equal(t, why1, why2)
		require.Equal(t, one.ProviderID(&r.Key, 1), other.ProviderID(&r.Key, 1))
		require.NotEqual(t, one.ProviderID(&r.Key, 1), one.ProviderID(&r.Key, 2))
		require.Equal(t, one.Slow(&r), other.Slow(&r))
	})
}

func TestProviderIDsAreMarkedAndUnique(t *testing.T) {
	t.Parallel()
	a := actor(t, preset(t, "instant"))
	seen := map[string]bool{}
	prints := map[uint64]bool{}
	for n := range 100_000 {
		key := channel.Key{Account: 1, Campaign: int64(n % 3), Ordinal: int64(n / 6), Attempt: uint8(n / 3 % 2)}
		id := a.ProviderID(&key, 1)
		require.True(t, strings.HasPrefix(id, "demo-"))
		require.Len(t, id, 21)
		seen[id] = true
		prints[Fingerprint(&key)] = true
	}
	require.Len(t, seen, 100_000)
	require.Len(t, prints, 100_000)
}

func BenchmarkFate(b *testing.B) {
	a := actor(b, Profile{Channels: lifelike()})
	var fate Fate
	r := request(a, "viber", 0, clickable)
	b.ReportAllocs()
	for b.Loop() {
		r.Key.Ordinal++
		a.Fate(r, &fate)
	}
}
