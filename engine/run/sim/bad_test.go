package sim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
)

// Some people's data is bad: an expression fails on it, it cannot be read, what is written of a recipient is refused, or what
// somebody brought into an open campaign is no object. That is their trouble alone.

// The texts that are filled in: an expression of it fails on odd contacts.
const (
	plainText  = `"text":"Hello"`
	filledText = `"text":"Hello {{ contact.attributes.n * 2 }}"`
)

// spoil draws what is bad about a contact.
func (w *world) spoil(key run.PersonKey, c *scheme.Contact) {
	d := w.dice("bad contact", key)
	c.Attributes = map[string]any{"n": 4.0}
	if chance(d, w.plan.bad) {
		c.Attributes["n"] = "odd"
	}
	if !chance(d, w.plan.bad) {
		return
	}
	if chance(d, 50) {
		w.db.Spoil(key)
		return
	}
	at := between(d, time.Second, w.plan.storm)
	w.others.Go(func() {
		pause(at)
		w.note("contact %d of account %d cannot be read any more", key.Contact, key.Account)
		w.db.Spoil(key)
	})
}

// spoilRecipients draws what is refused of a campaign's recipients.
func (w *world) spoilRecipients(c *campaign, ordinals int64) {
	if w.plan.bad == 0 {
		return
	}
	for ordinal := range ordinals {
		for s := range int64(3) {
			k := run.RecipientKey{Campaign: c.Key, Ordinal: ordinal + s*run.SegmentSize}
			if d := w.dice("bad recipient", k); chance(d, w.plan.bad) {
				w.refused[k] = oneOf(d, virtual.RefusedMessages, virtual.RefusedSteps, virtual.RefusedOpen, virtual.RefusedRow,
					virtual.RefusedRow|virtual.RefusedSteps)
				w.db.Refuse(k, w.refused[k])
			}
		}
	}
}

// brings is what somebody brings into an open campaign.
func (w *world) brings(key run.CampaignKey, order string) []byte {
	if chance(w.dice("brings", key, order), w.plan.bad) {
		return []byte(`[1, 2]`)
	}
	return []byte(`{"n":1}`)
}

// isBad reports whether a walk may be ended as broken.
func (w *world) isBad(c *campaign, walk *virtual.Walk) bool {
	k := run.RecipientKey{Campaign: c.Key, Ordinal: walk.Ordinal}
	if w.refused[k] != 0 || w.db.Unreadable(run.PersonKey{Account: c.Key.Account, Contact: walk.Contact}) {
		return true
	}
	for key, ordinal := range c.entries {
		if ordinal == walk.Ordinal && bytes.HasPrefix(w.brings(c.Key, key), []byte("[")) {
			return true
		}
	}
	return false
}

// judgeBroken requires that nobody's walk is ended as broken but of those whose data is, and that it is reported; that who cannot
// be written is set aside; and that an expression that fails is reported and does nothing else.
func (w *world) judgeBroken(c *campaign, walk *virtual.Walk, at string) {
	fault, bad := walk.Reason == "fault", w.isBad(c, walk)
	refused := w.refused[run.RecipientKey{Campaign: c.Key, Ordinal: walk.Ordinal}]
	has := func(what string) bool { return slices.Contains(walk.Troubles, what) }
	switch {
	case (fault || walk.Aside) && !bad:
		w.lasting("%s was ended as broken: %v", at, walk.Troubles)
	case walk.Aside != (refused&virtual.RefusedRow != 0):
		w.lasting("%s: set aside %v, and its row is refused: %v", at, walk.Aside, refused)
	case fault && (walk.State.Outcome != engine.Interrupted || !has(run.TroubleStored)):
		w.lasting("%s was ended as broken, %s, and reported with %v", at, walk.State.Outcome, walk.Troubles)
	case refused&virtual.RefusedMessages != 0 && len(walk.Messages) > 0:
		w.lasting("%s has messages, which are refused", at)
	}
	if fault || walk.Aside {
		w.ledger.stats["broken"]++
	}
	if walk.Aside {
		w.ledger.stats["aside"]++
	}
	w.judgeFilled(c, walk, at)
}

func (w *world) judgeFilled(c *campaign, walk *virtual.Walk, at string) {
	odd := w.oddly(c, walk.Contact)
	failed := slices.ContainsFunc(walk.Troubles, func(what string) bool { return what != run.TroubleStored && what != run.TroubleAside })
	want := "Hello 8"
	if odd {
		want = "Hello"
	}
	filled := false
	for i := range walk.Messages {
		if m := &walk.Messages[i]; w.plan.bad > 0 && strings.HasPrefix(m.Text, "Hello") {
			if filled = true; strings.TrimSpace(m.Text) != want {
				w.lasting("%s got %q, and n is odd: %v", at, m.Text, odd)
			}
		}
	}
	if failed != (odd && filled) {
		w.lasting("%s: an expression was reported: %v, and n is odd: %v", at, walk.Troubles, odd)
	}
	if failed {
		w.ledger.stats["expressions"]++
	}
}

func (w *world) oddly(c *campaign, contact int64) bool {
	return w.db.Contact(run.PersonKey{Account: c.Key.Account, Contact: contact}).Attributes["n"] == "odd"
}

// filledIn has texts filled in from contacts, in worlds with bad data.
func (w *world) filledIn(document []byte) []byte {
	if w.plan.bad == 0 {
		return document
	}
	return bytes.ReplaceAll(document, []byte(plainText), []byte(filledText))
}

// sentWell requires that the provider gets the very text that is stored.
func (w *world) sentWell(m *channel.Message) {
	c := w.campaign(run.CampaignKey{Account: m.Key.Account, Campaign: m.Key.Campaign})
	if w.plan.bad == 0 || !strings.HasPrefix(m.Content.Text, "Hello") {
		return
	}
	w.mu.Lock()
	contact := c.people[m.Key.Ordinal].contact
	w.mu.Unlock()
	if got, odd := strings.TrimSpace(m.Content.Text), w.oddly(c, contact); got != map[bool]string{true: "Hello", false: "Hello 8"}[odd] {
		w.wrong("message %s says %s, and n is odd: %v", m.Key, fmt.Sprintf("%q", got), odd)
	}
}
