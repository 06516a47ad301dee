package sim

import (
	"slices"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
)

// caps are how many campaigns of an account a contact may enter in a day of its zone, and in seven; 0: any number. They are
// reckoned here once more, and not by what the product has for it.
type caps struct{ day, week int }

// Reached implements run.Cap. An instant that lies ahead, by another process's look at the clock, is one of today.
func (c caps) Reached(entered []time.Time, now time.Time, zone *time.Location) bool {
	day, week := 0, 0
	today, first := date(now, zone, 0), date(now, zone, -6)
	for _, t := range entered {
		if d := date(t, zone, 0); d >= first {
			week++
			if d >= today {
				day++
			}
		}
	}
	return c.day > 0 && day >= c.day || c.week > 0 && week >= c.week
}

// date is a zone's date, so many days later, as text that sorts.
func date(at time.Time, zone *time.Location, days int) string {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// drawEntered draws campaigns of other days that a contact entered, near the midnights by which they count or do not.
func (w *world) drawEntered(key run.PersonKey) {
	d := w.dice("entered", key)
	if !chance(d, 30) {
		return
	}
	var list []run.Counted
	for i := range 1 + d.IntN(2) {
		days := oneOf(d, 0, 1, 5, 6, 7)
		at := w.now().Time().AddDate(0, 0, -days).Add(-between(d, 0, 6*time.Minute)).Truncate(time.Microsecond)
		list = append(list, run.Counted{Campaign: int64(900 + i), At: at})
	}
	w.db.Count(key, list...)
	w.ledger.entered[key] = slices.Clone(list)
}

// capsOf holds the launches of a batch, in the order of the commits, against the caps of their accounts, and who was capped
// against what was launched.
func (w *world) capsOf(b *run.Batch) {
	counted := map[run.PersonKey][]int64{}
	for i := range b.Counted {
		c := &b.Counted[i]
		key := run.PersonKey{Account: c.Account, Contact: c.Contact}
		counted[key] = append(counted[key], c.Campaign)
	}
	for i := range b.Messages {
		w.entering(b.Messages[i].Key, b.Messages[i].LaunchedAt, counted)
	}
	for i := range b.Recipients {
		if r := &b.Recipients[i]; r.Reason == engine.FrequencyCap {
			w.wasCapped(r)
		}
	}
}

// personOf is a recipient's contact, with what it entered so far.
func (w *world) personOf(k run.RecipientKey) (key run.PersonKey, entered []time.Time, in bool, zone *time.Location) {
	who := w.campaign(k.Campaign).people[k.Ordinal]
	key = run.PersonKey{Account: k.Campaign.Account, Contact: who.contact}
	for _, x := range w.ledger.entered[key] {
		entered = append(entered, x.At)
		in = in || x.Campaign == k.Campaign.Campaign
	}
	name, _ := run.Doubt(who.zone)
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return key, entered, in, zone
}

// entering notes a launch: a campaign counts once, whatever follows its first one, where the account has a cap then; a test
// neither counts nor is capped.
func (w *world) entering(m channel.Key, at engine.Instant, counted map[run.PersonKey][]int64) {
	walk := run.RecipientKey{Campaign: run.CampaignKey{Account: m.Account, Campaign: m.Campaign}, Ordinal: m.Ordinal}
	test := w.campaign(walk.Campaign).test
	w.mu.Lock()
	before := w.ledger.sent[walk]
	w.ledger.sent[walk]++
	key, entered, in, zone := w.personOf(walk)
	rule := w.ruleAt(m.Account, at)
	counts := slices.Contains(counted[key], m.Campaign)
	if counts && !in {
		w.ledger.entered[key] = append(w.ledger.entered[key], run.Counted{Campaign: m.Campaign, At: at.Time()})
	}
	w.mu.Unlock()
	switch {
	case counts && test:
		w.wrong("message %s is a test's, and counts", m)
	case test || in || before > 0:
	case !counts && !rule.none:
		w.wrong("message %s does not count for contact %d", m, key.Contact)
	case !rule.lets(entered, at, zone):
		w.wrong("message %s is launched past the cap of account %d, %+v: contact %d entered %s", m, m.Account, rule, key.Contact, instants(entered))
	}
}

// wasCapped requires that a cap was reached, and that it cut nobody off whose campaign counts already.
func (w *world) wasCapped(r *run.RecipientUpdate) {
	walk := run.RecipientKey{Campaign: r.Campaign, Ordinal: r.Ordinal}
	w.count("capped")
	w.mu.Lock()
	sent := w.ledger.sent[walk]
	_, entered, in, zone := w.personOf(walk)
	rule := w.ruleAt(r.Campaign.Account, r.At)
	w.mu.Unlock()
	switch {
	case w.campaign(r.Campaign).test:
		w.wrong("recipient %s/%d of a test is capped", named(r.Campaign), r.Ordinal)
	case sent > 0 || in:
		w.wrong("recipient %s/%d is capped, though its campaign counts already: it got %d messages", named(r.Campaign), r.Ordinal, sent)
	case r.State.Outcome != engine.Interrupted:
		w.wrong("recipient %s/%d is capped and ends %s", named(r.Campaign), r.Ordinal, r.State.Outcome)
	case !rule.stops(entered, r.At, zone):
		w.wrong("recipient %s/%d is capped at %s, though the contact entered only %s", named(r.Campaign), r.Ordinal, r.At.Time(), instants(entered))
	}
}

func instants(list []time.Time) string {
	var words []string
	for _, t := range list {
		words = append(words, t.UTC().Format(time.RFC3339Nano))
	}
	return strings.Join(words, ", ")
}

// judgeFacts requires that all that is stored of a walk's messages was told of them by their own provider, to their own account.
func (w *world) judgeFacts(c *campaign, walk *virtual.Walk, at string) {
	v := w.providers[slices.Index(connections, c.Connection)]
	for i := range walk.Answered {
		if a := &walk.Answered[i]; a.Connection != v.name || a.ProviderID != v.id(a.Key) {
			w.lasting("%s has the answer %s of %s", at, a.ProviderID, a.Connection)
		}
	}
	for i := range walk.Facts {
		f := &walk.Facts[i]
		if f.Implied || f.Code >= run.HookDoneCode {
			continue
		}
		told, fact := v.told[f.Key], engine.Facts(f.Code)
		if !told[saying{fact, f.Value}] && !(fact == engine.Failed && v.refused[f.Key]) && !(fact == engine.Unsubscribed && told[saying{engine.Replied, f.Value}]) {
			w.lasting("%s has the fact %s %q, which nobody told of it", at, fact, f.Value)
		}
	}
}

// judgeStops requires that a person's walks are interrupted, and addresses put on the stop list, only by what the person told
// the same account.
func (w *world) judgeStops() {
	const stops = engine.Unsubscribed | engine.Spam | engine.Pressed
	said := map[run.PersonKey]bool{}
	walks := map[run.CampaignKey][]virtual.Walk{}
	for _, c := range w.campaigns {
		walks[c.Key] = w.db.Walks(c.Key)
		for i := range walks[c.Key] {
			walk := &walks[c.Key][i]
			for j := range walk.Facts {
				if f := &walk.Facts[j]; f.Code < run.HookDoneCode && engine.Facts(f.Code)&stops != 0 {
					said[run.PersonKey{Account: c.Key.Account, Contact: walk.Contact}] = true
				}
			}
		}
	}
	for _, c := range w.campaigns {
		for i := range walks[c.Key] {
			walk := &walks[c.Key][i]
			key := run.PersonKey{Account: c.Key.Account, Contact: walk.Contact}
			stopped := slices.ContainsFunc(walk.Facts, func(f virtual.StoredFact) bool { return f.Code == run.InterruptCode })
			if !said[key] && (stopped || len(w.db.Stopped(key.Account, w.db.Contact(key).Phone)) > 0) {
				w.lasting("recipient %s/%d is stopped by what its account was not told", c, walk.Ordinal)
			}
		}
	}
}
