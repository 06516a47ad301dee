package virtual

import (
	"maps"
	"slices"
	"sync"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// rows are the tables: what a standby has too.
type rows struct {
	lastID uint64

	accounts   map[int64]*Account
	versions   map[[2]int64]version
	contacts   map[run.PersonKey]*scheme.Contact
	consents   map[run.PersonKey][]string
	campaigns  map[run.CampaignKey]*campaignRow
	segments   map[run.SegmentKey]*segmentRow
	recipients map[run.RecipientKey]*recipientRow
	messages   map[channel.Key]*run.MessageRow
	answers    map[source]*answerRow
	facts      map[factKey]*StoredFact
	unknown    map[unknownKey]*unknownRow
	steps      map[stepKey]run.StepRow
	counters   map[run.Counter]int64
	stops      map[stopKey]run.StopRow
	wakes      map[run.SegmentKey]bool
	troubles   map[troubleKey]run.TroubleRow
	aside      map[run.RecipientKey]run.TroubleRow
	counted    map[run.PersonKey][]run.Counted
	rates      map[run.CampaignKey]engine.Instant
	limits     map[limitKey]*limitRow
	winners    map[nodeKey]string
	entries    map[run.RecipientKey]*entryRow
	entryKeys  map[entryKey]run.Entry
	entered    map[personIn]lastEntry
	processes  map[string]*process
	unreadable map[run.PersonKey]bool
	refused    map[run.RecipientKey]Refused
}

func newRows() rows {
	return rows{accounts: map[int64]*Account{}, versions: map[[2]int64]version{}, contacts: map[run.PersonKey]*scheme.Contact{},
		consents: map[run.PersonKey][]string{}, campaigns: map[run.CampaignKey]*campaignRow{},
		segments: map[run.SegmentKey]*segmentRow{}, recipients: map[run.RecipientKey]*recipientRow{},
		messages: map[channel.Key]*run.MessageRow{}, answers: map[source]*answerRow{}, facts: map[factKey]*StoredFact{},
		unknown: map[unknownKey]*unknownRow{}, steps: map[stepKey]run.StepRow{}, counters: map[run.Counter]int64{},
		stops: map[stopKey]run.StopRow{}, wakes: map[run.SegmentKey]bool{}, troubles: map[troubleKey]run.TroubleRow{},
		aside: map[run.RecipientKey]run.TroubleRow{}, counted: map[run.PersonKey][]run.Counted{},
		rates: map[run.CampaignKey]engine.Instant{}, limits: map[limitKey]*limitRow{}, winners: map[nodeKey]string{},
		entries: map[run.RecipientKey]*entryRow{}, entryKeys: map[entryKey]run.Entry{}, entered: map[personIn]lastEntry{},
		processes: map[string]*process{}, unreadable: map[run.PersonKey]bool{}, refused: map[run.RecipientKey]Refused{}}
}

// copied gives rows that later changes do not reach. Limits are left out: nobody waits for their commit, see store.Store.Limit.
func (r *rows) copied() rows {
	out := rows{lastID: r.lastID, accounts: maps.Clone(r.accounts), versions: maps.Clone(r.versions), contacts: maps.Clone(r.contacts),
		consents: maps.Clone(r.consents), campaigns: each(r.campaigns), segments: each(r.segments), recipients: each(r.recipients),
		messages: each(r.messages), answers: maps.Clone(r.answers), facts: maps.Clone(r.facts), unknown: each(r.unknown),
		steps: maps.Clone(r.steps), counters: maps.Clone(r.counters), stops: maps.Clone(r.stops), wakes: maps.Clone(r.wakes),
		troubles: maps.Clone(r.troubles), aside: maps.Clone(r.aside), counted: map[run.PersonKey][]run.Counted{},
		rates: maps.Clone(r.rates), limits: map[limitKey]*limitRow{}, winners: maps.Clone(r.winners), entries: maps.Clone(r.entries),
		entryKeys: maps.Clone(r.entryKeys), entered: maps.Clone(r.entered), processes: each(r.processes),
		unreadable: maps.Clone(r.unreadable), refused: maps.Clone(r.refused)}
	for k, list := range r.counted {
		out.counted[k] = slices.Clone(list)
	}
	return out
}

// each copies a table whose rows are changed in their place.
func each[K comparable, V any](table map[K]*V) map[K]*V {
	out := make(map[K]*V, len(table))
	for k, row := range table {
		same := *row
		out[k] = &same
	}
	return out
}

// Cut keeps from the standby what is committed from now on.
func (d *DB) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	had := d.rows.copied()
	d.standby = &had
}

// FailOver lets the standby take over: all sessions and running transactions end, and everything is as it was at the cut, where
// there was one. It gives what was there before and what is now, to look at.
func (d *DB) FailOver() (had, has *DB) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := range d.sessions {
		s.kill()
	}
	for l := range d.listeners {
		close(l.gone)
		delete(d.listeners, l)
	}
	had = d.view(d.rows)
	if d.standby != nil {
		d.rows, d.standby = *d.standby, nil
	} else {
		d.rows = d.rows.copied()
	}
	d.line++
	clear(d.running)
	clear(d.locks)
	return had, d.view(d.rows.copied())
}

func (d *DB) view(r rows) *DB {
	v := &DB{o: Options{Clock: d.o.Clock, Compile: d.o.Compile}, rows: r, programs: map[run.CampaignKey]*engine.Program{}}
	v.freed = sync.NewCond(&v.mu)
	return v
}

// Unkept gives the messages whose intents, or what was last written of them, another view of the database does not have.
func (d *DB) Unkept(by *DB) (list []channel.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, m := range d.messages {
		if kept := by.messages[k]; kept == nil || kept.HandBy != m.HandBy {
			list = append(list, k)
		}
	}
	return list
}

// EntryOf gives what was said to an entry under its key.
func (d *DB) EntryOf(campaign run.CampaignKey, key string) (run.Entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.entryKeys[entryKey{campaign, identifier(key)}]
	return e, ok
}

// TermsOf gives a campaign's terms as they are.
func (d *DB) TermsOf(key run.CampaignKey) Terms {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.campaigns[key]
	return Terms{Window: c.Window, End: c.End, Rate: c.Rate}
}
