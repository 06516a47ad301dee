package driver

import (
	"context"
	"slices"
	"sync"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

// The codes of what was not taken.
const (
	CodeTooLate   = "too_late"
	CodeClosed    = "demo_closed"
	CodeBacklog   = "demo_backlog"
	CodeLedger    = "demo_ledger"
	CodeThrottled = "demo_throttled"
	CodeDown      = "demo_down"
	CodeTimeout   = "demo_timeout"
	CodeUnknown   = "demo_unknown"
)

const words = "demo channel: nothing is sent to anybody"

// call is one Send under way. It is used again, with its memory.
type call struct {
	lines    []byte
	requests []demo.Request
	chosen   []verdict
	fate     demo.Fate
	now      []entry
	later    []entry
	early    []entry
	group    uint32
	groupOf  channel.Key
	timeouts bool
	last     int64
}

type verdict struct {
	decision demo.Decision
	reason   string
	first    uint8 // of a repeat: the request at which it was taken
	skip     bool  // it came too late to be asked for
}

var calls = sync.Pool{New: func() any { return new(call) }}

// Send takes requests as the profile says. They are in the ledger before it returns.
func (d *Driver) Send(ctx context.Context, messages []channel.Message) []channel.Result {
	if len(messages) == 0 {
		return nil
	}
	if !d.slow(ctx, &messages[0]) {
		return all(len(messages), channel.Result{Status: channel.NotTaken, Code: CodeTooLate})
	}
	number, at, full, ok := d.plan.begin(d.o.Backlog)
	switch {
	case full:
		return all(len(messages), channel.Result{Status: channel.NotTaken, Code: CodeBacklog, Pause: time.Second})
	case !ok:
		return all(len(messages), channel.Result{Status: channel.NotTaken, Code: CodeClosed})
	}
	c := calls.Get().(*call)
	defer calls.Put(c)
	c.reset(len(messages))
	if err := d.decide(c, at, messages); err != nil {
		d.plan.end(number, at, nil, nil)
		d.o.Log.Error("demo: writing the ledger", "path", d.own.path, "error", err)
		return all(len(messages), channel.Result{Status: channel.NotTaken, Code: CodeLedger, Text: err.Error()})
	}
	results := d.answer(c, at, messages)
	if len(c.early) > 0 {
		d.reportEarly(ctx, c)
	}
	var now []entry
	if len(c.now) > 0 {
		now = slices.Clone(c.now)
	}
	d.plan.end(number, at, now, c.later)
	if c.timeouts {
		d.sleep(ctx, d.actor.Scaled(time.Duration(d.o.Profile.Faults.Timeout)))
	}
	return results
}

func all(n int, r channel.Result) []channel.Result { return slices.Repeat([]channel.Result{r}, n) }

func (c *call) reset(n int) {
	*c = call{lines: c.lines[:0], requests: slices.Grow(c.requests[:0], n), chosen: slices.Grow(c.chosen[:0], n),
		now: c.now[:0], later: c.later[:0], early: c.early[:0]}
}

// slow waits as long as a slow provider takes; false: the time was up first.
func (d *Driver) slow(ctx context.Context, m *channel.Message) bool {
	if d.o.Profile.Faults.Slow.Typical == 0 {
		return ctx.Err() == nil
	}
	return d.sleep(ctx, d.actor.Slow(&demo.Request{Key: m.Key, Asking: 1}))
}

// decide makes up the provider's mind about each request, and writes them down.
func (d *Driver) decide(c *call, at int64, messages []channel.Message) error {
	if d.remember {
		d.deciding.Lock()
		defer d.deciding.Unlock()
		if err := d.index.catchUp(false); err != nil {
			return err
		}
	}
	down, written := d.outage(at), uint64(0)
	for i := range messages {
		m := &messages[i]
		r := demo.Request{Key: m.Key, Part: d.actor.Part(m.Channel), Asking: 1, Traits: demo.TraitsOf(&m.Content)}
		v := verdict{skip: at > micros(m.HandBy)}
		var known memory
		if d.remember {
			known = d.index.of(&m.Key)
			r.Asking = min(known.asked, 254) + 1
		}
		switch {
		case v.skip:
		case down:
			v.decision = demo.Down
		default:
			v.decision, v.reason = d.actor.Decide(&r)
		}
		if v.decision.Sends() && known.taken > 0 && d.o.Profile.Repeats {
			v.decision, v.first = demo.Repeated, known.taken
		}
		c.requests, c.chosen = append(c.requests, r), append(c.chosen, v)
		if !v.skip {
			c.lines = appendRequest(c.lines, at, &r, v.decision, v.reason,
				&message{m.Channel, m.Address, textOf(&m.Content)})
			written++
		}
	}
	if written == 0 {
		return nil
	}
	d.stats.requests.Add(written)
	return d.own.append(c.lines)
}

// textOf is what stands for a message in the ledger.
func textOf(c *engine.Content) string {
	for _, s := range []string{c.Text, c.Template, c.Audio, c.Recording} {
		if s != "" {
			return s
		}
	}
	return c.Image
}

// outage tells whether the provider is out of order now.
func (d *Driver) outage(at int64) bool {
	f := &d.o.Profile.Faults
	every := d.actor.Scaled(time.Duration(f.OutageEvery)).Microseconds()
	if every <= 0 {
		return false
	}
	return (at-micros(d.start))%every >= every-d.actor.Scaled(time.Duration(f.OutageFor)).Microseconds()
}

// answer makes the results, and plans what comes of each message that was taken.
func (d *Driver) answer(c *call, at int64, messages []channel.Message) []channel.Result {
	results := make([]channel.Result, len(messages))
	sent := uint64(0)
	for i := range messages {
		r, v := &c.requests[i], &c.chosen[i]
		results[i] = d.result(r, v)
		if results[i].Status == channel.Uncertain {
			c.timeouts = true
		}
		if v.decision.Sends() {
			sent++
			d.foresee(c, at, r)
		}
	}
	d.stats.sent.Add(sent)
	if c.last > 0 {
		d.own.until(c.last)
	}
	return results
}

func (d *Driver) result(r *demo.Request, v *verdict) channel.Result {
	switch v.decision {
	case demo.Taken:
		return channel.Result{Status: channel.Accepted, ProviderID: d.actor.ProviderID(&r.Key, r.Asking)}
	case demo.Repeated:
		return channel.Result{Status: channel.Accepted, ProviderID: d.actor.ProviderID(&r.Key, v.first)}
	case demo.Refused:
		return channel.Result{Status: channel.Refused, Reason: v.reason, Code: "demo_" + v.reason, Text: words}
	case demo.Throttled:
		pause := d.actor.Scaled(time.Duration(d.o.Profile.Faults.Pause))
		return channel.Result{Status: channel.NotTaken, Code: CodeThrottled, Pause: pause, Text: words}
	case demo.Down:
		return channel.Result{Status: channel.NotTaken, Code: CodeDown, Text: words}
	case demo.TakenSilently, demo.Lost:
		return channel.Result{Status: channel.Uncertain, Code: CodeTimeout, Text: words}
	}
	return channel.Result{Status: channel.NotTaken, Code: CodeTooLate}
}

// foresee plans the first event of a message.
func (d *Driver) foresee(c *call, at int64, r *demo.Request) {
	d.actor.Fate(r, &c.fate)
	if c.fate.Count == 0 {
		return
	}
	c.last = max(c.last, at+c.fate.Last().Microseconds())
	if c.groupOf.Account != r.Key.Account || c.groupOf.Campaign != r.Key.Campaign || c.groupOf == (channel.Key{}) {
		c.group, c.groupOf = d.plan.groupOf(&r.Key), r.Key
	}
	e := newEntry(r, c.group, at)
	after := c.fate.Events[0].After.Microseconds()
	e.due += after
	switch {
	case c.fate.Early:
		c.early = append(c.early, e)
	case after == 0:
		c.now = append(c.now, e)
	default:
		c.later = append(c.later, e)
	}
}

func newEntry(r *demo.Request, group uint32, at int64) entry {
	return entry{due: at, ordinal: r.Key.Ordinal, group: group, node: r.Key.Node, traits: r.Traits,
		attempt: r.Key.Attempt, asking: r.Asking, part: r.Part}
}

// Ask tells what became of messages, from the ledgers of all processes. A provider that cannot be asked, or is out of
// order, gives no answer.
func (d *Driver) Ask(ctx context.Context, keys []channel.Key) []channel.Result {
	silent := channel.Result{Status: channel.Uncertain, Code: CodeTimeout, Text: words}
	if !d.o.Profile.Askable || d.outage(micros(d.o.Clock())) || ctx.Err() != nil {
		return all(len(keys), silent)
	}
	d.deciding.Lock()
	defer d.deciding.Unlock()
	if err := d.index.catchUp(true); err != nil {
		d.o.Log.Error("demo: reading the ledgers", "error", err)
		return all(len(keys), silent)
	}
	out := make([]channel.Result, len(keys))
	for i := range keys {
		switch m := d.index.of(&keys[i]); {
		case m.taken > 0:
			out[i] = channel.Result{Status: channel.Accepted, ProviderID: d.actor.ProviderID(&keys[i], m.taken)}
		case m.refused > 0:
			reason := engine.ErrorReasons()[m.refused-1]
			out[i] = channel.Result{Status: channel.Refused, Reason: reason, Code: "demo_" + reason, Text: words}
		default:
			out[i] = channel.Result{Status: channel.NotTaken, Code: CodeUnknown, Text: words}
		}
	}
	return out
}
