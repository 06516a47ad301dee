package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/internal/flaw"
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
	offers    []offer // of the connections
	times     run.Times
	faults    faults
	storm     time.Duration // how long it is rough
	cancelled time.Duration // what has not finished then is cancelled
	kills     []time.Duration
	unlocks   []time.Duration
	changed   bool // terms of campaigns are, while they run
	accounts  int
	alike     bool       // providers give their messages the same ids in all accounts and connections
	again     bool       // people enter open campaigns again
	caps      []caps     // of the accounts
	failovers []failover // in the order in which they come
	stuck     float64    // chance in percent that a process freezes as it begins with a call of a provider
	bad       float64    // chance in percent that something about somebody's data is
	tests     bool       // some campaigns are
	recapped  bool       // caps of accounts are changed
	wrong     flaw.Flaws // what the runtime does wrong
}

// offer is what a connection is like.
type offer struct {
	kind   kind
	limits channel.Limits
	byKey  bool // its provider gives our key back in its reports
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
	p.offers = []offer{drawOffer(d)}
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
	w.drawMore()
	change(p)
	w.db = virtual.New(virtual.Options{Clock: w.now, Compile: w.compile, Flaws: w.flaws, Wrote: w.wrote})
	for i, o := range p.offers {
		w.providers = append(w.providers, newProvider(w, connections[i], o))
	}
	for i := range p.accounts {
		w.drawAccount(i, d)
	}
	w.note("seed %d: %+v", w.seed, *p)
}

func drawOffer(d *rand.Rand) offer {
	o := offer{kind: oneOf(d, asked, repeats, neither), byKey: chance(d, 30)}
	o.limits = channel.Limits{Batch: 1 + d.IntN(20), Concurrent: 1 + d.IntN(4), PerSecond: oneOf(d, 0, 0, 20, 60), Repeats: o.kind == repeats}
	return o
}

// drawMore draws what has dice of its own, so that what the first ones gave stays as it was.
func (w *world) drawMore() {
	p, d := &w.plan, w.dice("more")
	p.accounts, p.alike, p.again = oneOf(d, 1, 1, 2), chance(d, 70), chance(d, 50)
	if chance(d, 40) {
		p.offers = append(p.offers, drawOffer(w.dice("other connection")))
	}
	for range p.accounts {
		p.caps = append(p.caps, oneOf(d, caps{}, caps{}, caps{day: 1}, caps{day: 2}, caps{week: 1}, caps{day: 1, week: 2}, caps{week: 3}))
	}
	w.drawFailovers()
	p.stuck = oneOf(w.dice("stuck"), 0, 0, 0.5, 2)
	p.bad = oneOf(w.dice("bad"), 0.0, 0, 0, 0, 2, 6)
	p.tests, p.recapped = chance(w.dice("tests"), 30), chance(w.dice("recapped"), 40)
}

// plain is a plan of what there was first: one account and connection, and the same database all the time.
func (p *plan) plain() {
	p.accounts, p.offers, p.alike, p.again, p.caps, p.failovers = 1, p.offers[:1], false, false, nil, nil
	steady(p)
}

// drawAccount makes an account with its people and campaigns. Another account's are fewer, and have the same numbers and
// addresses as the first one's.
func (w *world) drawAccount(i int, d *rand.Rand) {
	a, most, campaigns := virtual.Account{ID: accounts[i]}, 45, 3
	if i > 0 {
		d, most, campaigns = w.dice("account", i), 12, 2
	}
	var cap caps
	if i < len(w.plan.caps) {
		cap = w.plan.caps[i]
	}
	a.Cap = cap.given()
	w.caps[a.ID] = []capFrom{{caps: cap}}
	w.db.CreateAccount(a)
	people := 4 + d.IntN(most)
	for i := range people {
		c := scheme.Contact{Phone: fmt.Sprintf("+7900%07d", i), Name: fmt.Sprint("Анна ", i), Addresses: map[string]string{}}
		for _, name := range []string{"vk", "ok"} {
			if chance(d, 70) {
				c.Addresses[name] = fmt.Sprint(name, i)
			}
		}
		key := run.PersonKey{Account: a.ID, Contact: int64(i + 1)}
		if w.plan.bad > 0 {
			w.spoil(key, &c)
		}
		w.db.CreateContact(key, c)
		if cap != (caps{}) {
			w.drawEntered(key)
		}
	}
	for i := range 1 + d.IntN(campaigns) {
		w.drawCampaign(run.CampaignKey{Account: a.ID, Campaign: int64(i + 1)}, people)
	}
}

func (w *world) drawCampaign(key run.CampaignKey, people int) {
	id := key.Campaign
	d := w.dice("campaign", id)
	if key.Account != accounts[0] {
		d = w.dice("campaign", key)
	}
	document := w.filledIn(anyScheme(d))
	start := w.now().Add(between(d, -time.Minute, 10*time.Second))
	c := &campaign{Campaign: run.Campaign{Key: key, Version: id, Name: "Весна", State: "scheduled", Zone: oneOf(d, zones[:6]...), Start: start,
		Rate: oneOf(d, 0, 0, 2, 10, 40), Connection: connections[w.dice("connection of", key).IntN(len(w.plan.offers))], Hurry: oneOf(d, 60, 300, 900, 3600), Open: chance(d, 25)},
		people: map[int64]comer{}, entries: map[string]int64{}, place: w.places[key.Account]}
	w.places[key.Account]++
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
	w.db.PublishVersion(key.Account, id, document, scheme.FormatVersion)
	var list []run.Recipient
	segments := 1 + d.IntN(3)
	for i := range people {
		ordinal := int64(i/segments) + int64(i%segments)*run.SegmentSize
		zone := oneOf(d, zones...)
		if who := (comer{int64(i + 1), zone, fmt.Sprint("order ", i+1)}); c.Open {
			c.comers = append(c.comers, who)
		} else {
			c.people[ordinal] = who
			list = append(list, run.Recipient{Ordinal: ordinal, Contact: int64(i + 1), Zone: zone,
				State: c.program.NewState(start.Add(between(d, 0, 20*time.Second)))})
		}
	}
	var rule virtual.Rule
	if c.Open && w.plan.again {
		rule.Again = oneOf(w.dice("again", key), "always", "after_end")
		for _, who := range slices.Clone(c.comers) {
			if chance(w.dice("again", key, who.contact), 40) {
				c.comers = append(c.comers, comer{who.contact, who.zone, who.order + " again"})
			}
		}
	}
	w.db.CreateCampaign(c.Campaign, rule, list)
	if c.test = w.plan.tests && chance(w.dice("test", key), 40); c.test {
		w.db.MakeTest(key)
	}
	w.spoilRecipients(c, int64(people))
	w.campaigns = append(w.campaigns, c)
	w.byKey[key] = c
	shown := c.Campaign
	shown.Window = nil
	w.note("campaign %s: %s %+v window %s", c, document, shown, words(c.Window))
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
