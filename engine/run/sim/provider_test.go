package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
)

// kind is what a provider can do about a message of which nobody knows.
type kind int

const (
	asked   kind = iota // it can be asked
	repeats             // it drops repeats under the same key
	neither
)

func (k kind) String() string { return [...]string{"asked", "repeats", "neither"}[k] }

// provider is the provider of all processes, and its ledger.
type provider struct {
	w    *world
	name string // of the connection
	offer

	mu      sync.Mutex
	taken   map[channel.Key]bool
	refused map[channel.Key]bool
	open    map[channel.Key]bool // asked for, and not told since that it never got it
	times   map[channel.Key]int
	begun   map[int64][]begun // by account
	acked   []ack
	told    map[channel.Key]map[saying]bool
	stuck   map[channel.Key]*process // who froze with a message that it was about to send
}

func newProvider(w *world, name string, o offer) *provider {
	return &provider{w: w, name: name, offer: o, taken: map[channel.Key]bool{}, refused: map[channel.Key]bool{}, open: map[channel.Key]bool{},
		times: map[channel.Key]int{}, begun: map[int64][]begun{}, told: map[channel.Key]map[saying]bool{}, stuck: map[channel.Key]*process{}}
}

// saying is a fact that the provider has told of a message.
type saying struct {
	fact  engine.Facts
	value string
}

// begun is a call that began.
type begun struct {
	at time.Time
	n  int
}

// ack is a fact that was acknowledged to the provider.
type ack struct {
	key    channel.Key
	report channel.Report
}

// id is the provider's name of a message. It may be that of another account's message, or of another connection's.
func (v *provider) id(k channel.Key) string {
	if v.w.plan.alike {
		c := v.w.campaign(run.CampaignKey{Account: k.Account, Campaign: k.Campaign})
		return fmt.Sprintf("id-%d-%d-%d-%d", c.place, k.Ordinal, k.Node, k.Attempt)
	}
	return "id-" + k.String()
}

// sender is the provider as a process sees it.
type sender struct {
	*provider
	p *process
}

// asker is one that can be asked.
type asker struct{ sender }

func (v *provider) sender(p *process) channel.Sender {
	s := sender{v, p}
	if v.kind == asked {
		return asker{s}
	}
	return s
}

func (s sender) Limits() channel.Limits { return s.limits }

func (s sender) Send(ctx context.Context, list []channel.Message) []channel.Result {
	s.w.checkBegun(s.p, s.name, list)
	results := make([]channel.Result, len(list))
	all := func(st channel.Status, code string) []channel.Result {
		for i := range results {
			results[i] = channel.Result{Status: st, Code: code}
		}
		return results
	}
	s.mu.Lock()
	s.begun[list[0].Key.Account] = append(s.begun[list[0].Key.Account], begun{time.Now(), len(list)})
	s.times[list[0].Key]++
	d := s.w.dice("send", list[0].Key, s.times[list[0].Key])
	s.mu.Unlock()
	rough := s.w.rough()
	if rough {
		s.stick(s.p, list)
	}
	if s.p.here(d) != nil || ctx.Err() != nil {
		return all(channel.NotTaken, "stopped")
	}
	if rough && chance(d, 4) {
		return all(channel.NotTaken, "connection refused")
	}
	if !flies(ctx, s.w.wait(d, rough)) {
		return all(channel.Uncertain, "cut")
	}
	said := make([]channel.Result, len(list))
	for i := range list {
		said[i] = s.take(s.p, &list[i], rough)
	}
	back := s.w.wait(d, rough)
	if rough && chance(d, 5) {
		back = between(d, time.Second, time.Minute)
	}
	if s.p.travel(ctx, d, back, false) != nil || rough && chance(d, 4) {
		return all(channel.Uncertain, "time-out")
	}
	for i := range said {
		if said[i].Status == channel.NotTaken {
			s.never(list[i].Key)
		}
	}
	return said
}

// flies is the way of a request that has been written: a process that freezes then does not hold it up any more.
func flies(ctx context.Context, span time.Duration) bool {
	t := time.NewTimer(span)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// take is the provider getting a message.
func (v *provider) take(p *process, m *channel.Message, rough bool) channel.Result {
	v.w.checkRequest(m)
	lost := v.w.wasLost(m.Key)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.times[m.Key]++
	d := v.w.dice("take", m.Key, v.times[m.Key])
	if v.open[m.Key] && v.kind != repeats && !lost {
		v.w.wrong("message %s is asked for again by %s, though nobody said that it was never got", m.Key, p.name)
	}
	v.open[m.Key] = true
	accepted := channel.Result{Status: channel.Accepted, ProviderID: v.id(m.Key)}
	switch {
	case v.taken[m.Key]:
		if v.kind != repeats && !lost {
			v.w.wrong("message %s is sent twice", m.Key)
		}
		if v.kind != repeats {
			v.w.count("doubles")
		}
		return accepted
	case v.refused[m.Key]:
		return channel.Result{Status: channel.Refused, Reason: engine.Rejected}
	case rough && chance(d, 8):
		return channel.Result{Status: channel.NotTaken, Code: "throttled", Pause: oneOf(d, 0, between(d, time.Millisecond, 3*time.Second))}
	case rough && chance(d, 5): // lost on the provider's side
		return channel.Result{Status: channel.Uncertain, Code: "silence"}
	case chance(d, 3):
		v.refused[m.Key] = true
		return channel.Result{Status: channel.Refused, Reason: engine.Rejected}
	}
	v.taken[m.Key] = true
	v.w.note("taken %s", m.Key)
	v.tell(m, rough)
	if v.relayed(p, m.Key) || rough && chance(d, 5) {
		return channel.Result{Status: channel.Uncertain, Code: "silence"}
	}
	return accepted
}

// never notes that a process was told that the provider never got a message.
func (v *provider) never(key channel.Key) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, key)
}

// Ask implements channel.Asker.
func (s asker) Ask(ctx context.Context, keys []channel.Key) []channel.Result {
	results := make([]channel.Result, len(keys))
	for i := range results {
		results[i] = channel.Result{Status: channel.Uncertain}
	}
	s.mu.Lock()
	s.times[keys[0]]++
	d := s.w.dice("ask", keys[0], s.times[keys[0]])
	s.mu.Unlock()
	rough := s.w.rough()
	if s.p.here(d) != nil || s.p.travel(ctx, d, s.w.wait(d, rough), false) != nil || rough && chance(d, 15) {
		return results
	}
	said := make([]channel.Result, len(keys))
	s.mu.Lock()
	for i, k := range keys {
		said[i] = channel.Result{Status: channel.NotTaken}
		if s.taken[k] {
			said[i] = channel.Result{Status: channel.Accepted, ProviderID: s.id(k)}
		} else if s.refused[k] {
			said[i] = channel.Result{Status: channel.Refused, Reason: engine.Rejected}
		}
	}
	s.mu.Unlock()
	if s.p.travel(ctx, d, s.w.wait(d, rough), false) != nil {
		return results
	}
	for i := range said {
		if said[i].Status == channel.NotTaken {
			s.never(keys[i])
		}
	}
	return said
}

// word is a fact that the provider is going to tell.
type word struct {
	fact  engine.Facts
	value string
	after time.Duration
}

// fate draws what becomes of a message.
func (v *provider) fate(m *channel.Message) []word {
	d := v.w.dice("fate", m.Key)
	soon := func() time.Duration {
		return between(d, 0, oneOf(d, time.Millisecond, 200*time.Millisecond, 8*time.Second, 40*time.Second))
	}
	if m.Channel == "voice" {
		return oneOf(d, nil, []word{{engine.NoAnswer, "", soon()}}, []word{{engine.NoAnswer, "", soon()}}, []word{{engine.Answered, "", soon()}},
			[]word{{engine.Pressed, "1", soon()}, {engine.Answered, "", soon()}}, []word{{engine.Pressed, "9", soon()}})
	}
	words := []word{{engine.Delivered, "", soon()}}
	if chance(d, 40) {
		words = append(words, word{engine.Viewed, "", soon()})
	}
	if chance(d, 30) {
		words = append(words, word{engine.Clicked, "", soon()})
	}
	switch p := d.Float64() * 100; {
	case p < 15:
		return nil
	case p < 25:
		return []word{{engine.NotDelivered, "", soon()}}
	case p < 28:
		return []word{{engine.Failed, engine.Rejected, soon()}}
	case p < 33:
		return append(words, word{engine.Replied, "стоп", soon()})
	case p < 36 && m.Channel == "viber":
		return append(words, word{engine.Spam, "", soon()})
	case p < 60:
		return append(words, word{engine.Replied, oneOf(d, "да", "нет"), soon()})
	}
	return words
}

// tell tells the facts of a message, each until it is acknowledged, some of them again after that; and some of messages
// that nobody knows.
func (v *provider) tell(m *channel.Message, rough bool) {
	key := m.Key
	for i, f := range v.fate(m) {
		r := channel.Report{Account: key.Account, Connection: v.name, ProviderID: v.id(key), Fact: f.fact, Value: f.value}
		if v.byKey {
			r.ProviderID, r.Key = "", key
		}
		if f.fact == engine.Replied {
			r.Unique = fmt.Sprint(key, i)
		}
		d := v.w.dice("tell", key, i)
		v.w.others.Go(func() { v.deliver(key, r, f.after, fmt.Sprint(key, i, "first")) })
		if rough && chance(d, 25) {
			later := f.after + between(d, 0, 20*time.Second)
			v.w.others.Go(func() { v.deliver(key, r, later, fmt.Sprint(key, i, "again")) })
		}
		if rough && chance(d, 3) {
			strange := r
			strange.ProviderID, strange.Key = fmt.Sprint("unheard of ", key), channel.Key{}
			v.w.others.Go(func() { v.deliver(channel.Key{Account: key.Account}, strange, f.after, fmt.Sprint(key, i, "unknown")) })
		}
		if v.w.plan.accounts > 1 && chance(v.w.dice("foreign", key, i), 5) {
			v.tellForeign(key, r, f.after, fmt.Sprint(key, i, "foreign"))
		}
	}
}

// tellForeign tells of a message by our key under another account, as somebody can who has a connection of an own.
func (v *provider) tellForeign(key channel.Key, r channel.Report, after time.Duration, name string) {
	r.Account = accounts[0] + accounts[1] - key.Account
	r.ProviderID, r.Key = "", key
	key.Account = r.Account
	v.w.others.Go(func() { v.deliver(key, r, after, name) })
}

func (v *provider) deliver(key channel.Key, r channel.Report, after time.Duration, name string) {
	pause(after)
	for try := 0; !v.w.over(); try++ {
		d := v.w.dice("deliver", name, try)
		pause(between(d, 50*time.Microsecond, 5*time.Millisecond))
		p := v.w.someone(d)
		if v.tells(r.Account, key, r); p == nil || p.receive(d, []channel.Report{r}) != nil {
			pause(between(d, 300*time.Millisecond, 3*time.Second))
			continue
		}
		v.mu.Lock()
		v.acked = append(v.acked, ack{key, r})
		v.mu.Unlock()
		return
	}
}

// tells notes that a message's fact is told, to the account that the message is of.
func (v *provider) tells(account int64, key channel.Key, r channel.Report) {
	if r.ProviderID == "" && r.Key.Account != account {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.told[key] == nil {
		v.told[key] = map[saying]bool{}
	}
	v.told[key][saying{r.Fact, r.Value}] = true
}

// pause waits in virtual time.
func pause(span time.Duration) { <-time.After(span) }

// kept reports whether the acknowledged fact is in the database: as what it means, or as it came where its message is unknown.
func (a *ack) kept(db *virtual.DB) bool {
	r := &a.report
	who := run.Answer{Key: a.key, Connection: r.Connection, ProviderID: r.ProviderID}
	if r.Fact == engine.Replied && engine.IsStop(r.Value, engine.DefaultStopWords()) && db.Knows(who, engine.Unsubscribed, "all") {
		return true
	}
	return db.Knows(who, r.Fact, virtual.UniqueBy(r.Fact, r.Value, r.Scope, r.Unique, 0))
}
