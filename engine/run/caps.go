package run

import (
	"time"

	"kaskad/engine"
)

// asks gives the launches of the turn for which more has to be read than the contact: only campaigns with a cap or of
// advertising pay for that.
func (t *turn) asks() []Launching {
	var list []Launching
	for _, p := range t.launches {
		c, r := p.seg.campaign, &p.seg.rows[p.at]
		if !c.Capped && !c.Advertising {
			continue
		}
		list = append(list, Launching{Account: c.Key.Account, Contact: r.contact, Campaign: c.Key.Campaign, Ordinal: r.ordinal,
			Capped: c.Capped, Advertising: c.Advertising})
		t.asked[PersonKey{c.Key.Account, r.contact}] = true
	}
	return list
}

// knows reports whether everything has been read that a launch of a campaign needs to know about a contact.
func (t *turn) knows(key PersonKey, c *campaign) bool {
	if c.Capped || c.Advertising {
		return t.asked[key]
	}
	_, known := t.people[key]
	return known
}

// capped reports whether the account's cap stands against a launch that could be made now. A cascade counts once, with
// its first launch, and no cap holds back what follows.
func (w *Worker) capped(p place, person *Person) bool {
	s, r := p.seg, &p.seg.rows[p.at]
	if !s.campaign.Capped || person.Cap == nil || r.state.Phase != engine.Held {
		return false
	}
	at := make([]time.Time, len(person.Counted))
	for i, x := range person.Counted {
		if x.Campaign == s.Key.Campaign {
			return false
		}
		at[i] = x.At
	}
	z := &w.zones[r.zone]
	opens, ok := s.campaign.program.Opening(&s.campaign.input, z.zone, z.doubt, r.state.Node, w.now)
	return ok && opens <= w.now && person.Cap.Reached(at, w.now.Time(), z.zone)
}

// counted counts a launch that was made in its contact's cap, also for what comes later in this very batch.
func (w *Worker) counted(p place) {
	s := p.seg
	key := PersonKey{s.Key.Account, s.rows[p.at].contact}
	person := w.turn.people[key]
	if person.Cap == nil {
		return
	}
	for _, x := range person.Counted {
		if x.Campaign == s.Key.Campaign {
			return
		}
	}
	now := Counted{Campaign: s.Key.Campaign, At: w.now.Time()}
	person.Counted = append(person.Counted, now)
	w.turn.people[key] = person
	w.turn.batch.Counted = append(w.turn.batch.Counted, CountedRow{Account: key.Account, Contact: key.Contact, Counted: now})
}
