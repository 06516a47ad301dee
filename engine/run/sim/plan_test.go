package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/sim/drawn"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
)

// faults are chances in percent, at each stage of each call of the database.
type faults struct{ die, freeze, wire, slow float64 }

// plan is what is drawn of a world at its beginning.
type plan struct {
	base      time.Time // the database's clock then
	processes int
	workers   int
	kind      kind
	limits    channel.Limits
	byKey     bool
	times     run.Times
	faults    faults
	storm     time.Duration // how long it is rough
	cancelled time.Duration // what has not finished then is cancelled
	kills     []time.Duration
	unlocks   []time.Duration
	changed   bool // terms of campaigns are, while they run
}

// bases are instants worth living at: changes of clocks, nights, ends of months.
var bases = []string{"2026-03-29T00:58:00Z", "2026-10-25T00:58:00Z", "2026-03-08T06:58:30Z", "2026-11-01T05:59:00Z", "2026-12-31T20:59:00Z",
	"2026-05-12T09:00:00Z", "2026-05-12T17:58:00Z", "2026-02-28T23:59:00Z"}

var zones = []string{"Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Omsk", "Asia/Kamchatka", "UTC", run.Doubtful + "Europe/Moscow"}

func (w *world) draw(change func(*plan)) {
	d := w.dice("plan")
	base, err := time.Parse(time.RFC3339, oneOf(d, bases...))
	if err != nil {
		panic(err)
	}
	p := &w.plan
	p.base = base.Add(between(d, 0, 4*time.Minute))
	p.processes, p.workers = 1+d.IntN(3), 1+d.IntN(2)
	p.kind, p.byKey = oneOf(d, asked, repeats, neither), chance(d, 30)
	p.limits = channel.Limits{Batch: 1 + d.IntN(20), Concurrent: 1 + d.IntN(4), PerSecond: oneOf(d, 0, 0, 20, 60), Repeats: p.kind == repeats}
	p.times = run.Times{RestAfter: oneOf(d, 0, 500*time.Millisecond), RestUnless: oneOf(d, 0, 2*time.Second), RetryPause: oneOf(d, 0, 100*time.Millisecond)}
	p.faults = faults{die: oneOf(d, 0.0, 0.02, 0.1, 0.3), freeze: oneOf(d, 0.0, 0.02, 0.1), wire: oneOf(d, 0.0, 0.2, 1), slow: oneOf(d, 0.0, 1, 5)}
	p.storm = between(d, 15*time.Second, 60*time.Second)
	p.cancelled = p.storm + between(d, 20*time.Second, 60*time.Second)
	for range d.IntN(4) {
		p.kills = append(p.kills, between(d, 0, p.storm))
	}
	for range d.IntN(3) {
		p.unlocks = append(p.unlocks, between(d, 0, p.storm))
	}
	p.changed = chance(w.dice("changed"), 50)
	change(p)
	w.db = virtual.New(virtual.Options{Clock: w.now, Compile: w.compile, Flaws: w.flaws, Wrote: w.wrote})
	w.provider = &provider{w: w, kind: p.kind, limits: p.limits, byKey: p.byKey, taken: map[channel.Key]bool{},
		refused: map[channel.Key]bool{}, open: map[channel.Key]bool{}, times: map[channel.Key]int{}}
	w.db.CreateAccount(virtual.Account{ID: account})
	people := 4 + d.IntN(45)
	for i := range people {
		c := scheme.Contact{Phone: fmt.Sprintf("+7900%07d", i), Name: fmt.Sprint("Анна ", i), Addresses: map[string]string{}}
		for _, name := range []string{"vk", "ok"} {
			if chance(d, 70) {
				c.Addresses[name] = fmt.Sprint(name, i)
			}
		}
		w.db.CreateContact(run.PersonKey{Account: account, Contact: int64(i + 1)}, c)
	}
	for i := range 1 + d.IntN(3) {
		w.drawCampaign(int64(i+1), people)
	}
	w.note("seed %d: %+v", w.seed, *p)
}

func (w *world) drawCampaign(id int64, people int) {
	d := w.dice("campaign", id)
	document := anyScheme(d)
	key := run.CampaignKey{Account: account, Campaign: id}
	start := w.now().Add(between(d, -time.Minute, 10*time.Second))
	c := &campaign{Campaign: run.Campaign{Key: key, Version: id, Name: "Весна", State: "scheduled", Zone: oneOf(d, zones[:6]...), Start: start,
		Rate: oneOf(d, 0, 0, 2, 10, 40), Connection: connection, Hurry: oneOf(d, 60, 300, 900, 3600), Open: chance(d, 25)},
		zones: map[int64]string{}, entries: map[string]int64{}}
	if chance(d, 50) {
		c.Window = w.drawWindow(d)
	}
	if chance(d, 40) {
		c.End = max(w.now(), start).Add(between(d, 5*time.Second, 90*time.Second))
	}
	c.terms = []terms{{Terms: virtual.Terms{Window: c.Window, End: c.End, Rate: c.Rate}}}
	var err error
	if c.program, err = w.compile(document); err != nil {
		panic(err)
	}
	w.db.PublishVersion(account, id, document, scheme.FormatVersion)
	var list []run.Recipient
	segments := 1 + d.IntN(3)
	for i := range people {
		ordinal := int64(i/segments) + int64(i%segments)*run.SegmentSize
		zone := oneOf(d, zones...)
		if c.Open {
			c.comers = append(c.comers, comer{int64(i + 1), zone})
		} else {
			c.zones[ordinal] = zone
			list = append(list, run.Recipient{Ordinal: ordinal, Contact: int64(i + 1), Zone: zone,
				State: c.program.NewState(start.Add(between(d, 0, 20*time.Second)))})
		}
	}
	w.db.CreateCampaign(c.Campaign, virtual.Rule{}, list)
	w.campaigns = append(w.campaigns, c)
	shown := c.Campaign
	shown.Window = nil
	w.note("campaign %d: %s %+v window %s", id, document, shown, words(c.Window))
}

// anyScheme draws a scheme, more often than not one that sends something early.
func anyScheme(d *rand.Rand) []byte {
	if chance(d, 25) {
		document, _ := drawn.Cascade(d)
		return document
	}
	for {
		document, _ := drawn.Cascade(d, "viber", "sms", "sms", "voice", "whatsapp", "goal", "webhook", "update")
		var s struct{ Nodes []struct{ Type string } }
		if err := json.Unmarshal(document, &s); err != nil {
			panic(err)
		}
		if slices.Contains([]string{"viber", "sms", "voice"}, s.Nodes[0].Type) && len(s.Nodes) > 1 {
			return document
		}
	}
}

func words(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// drawWindow draws one that opens or closes about now in some zone.
func (w *world) drawWindow(d *rand.Rand) *scheme.Window {
	there, err := time.LoadLocation(oneOf(d, zones[:6]...))
	if err != nil {
		panic(err)
	}
	now := w.now().Time().In(there)
	minute := now.Hour()*60 + now.Minute()
	from := (minute + d.IntN(5) - 3 + 1440) % 1440
	return &scheme.Window{Zone: oneOf(d, scheme.ZoneRecipient, scheme.ZoneSender, "Europe/Berlin"), Days: scheme.Days(127),
		From: scheme.Clock(from), To: scheme.Clock((from + 1 + d.IntN(oneOf(d, 3, 600))) % 1440)}
}
