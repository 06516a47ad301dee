package virtual

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// isOurs reports whether an error leaves the session alive.
func isOurs(err error) bool { return errors.Is(err, run.ErrLost) || errors.Is(err, run.ErrData) }

// Begin opens the batch's transaction and reads the people concerned, with what more launches need. It waits for those whose
// caps another launch is about.
func (s *Session) Begin(ctx context.Context, people map[int64][]int64, launches ...run.Launching) (map[run.PersonKey]run.Person, error) {
	found := map[run.PersonKey]run.Person{}
	err := s.do(ctx, "Begin", func() error {
		s.open = true
		for account, list := range people {
			for _, contact := range list {
				key := run.PersonKey{Account: account, Contact: contact}
				if s.db.unreadable[key] {
					return fmt.Errorf("%w: contact %d cannot be read", run.ErrData, contact)
				}
				if c := s.db.contacts[key]; c != nil {
					found[key] = run.Person{Contact: cloned(c), Stops: s.db.stopsOf(account, c)}
				}
			}
		}
		return s.readLaunching(found, launches)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func cloned(c *scheme.Contact) scheme.Contact {
	out := *c
	out.Tags, out.Attributes, out.Addresses = slices.Clone(c.Tags), maps.Clone(c.Attributes), maps.Clone(c.Addresses)
	return out
}

// stopsOf gives the channels of a contact's addresses that are on the stop list.
func (d *DB) stopsOf(account int64, c *scheme.Contact) []string {
	set := map[string]bool{}
	for k := range d.stops {
		if k.account != account {
			continue
		}
		if k.address == c.Phone && c.Phone != "" {
			set[k.channel] = true
		}
		for name, address := range c.Addresses {
			if address == k.address && (k.channel == "" || k.channel == name) {
				set[k.channel] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func (s *Session) readLaunching(found map[run.PersonKey]run.Person, launches []run.Launching) error {
	if err := s.lockCaps(launches); err != nil {
		return err
	}
	told := map[run.PersonKey]bool{}
	for i := range launches {
		l := &launches[i]
		key := run.PersonKey{Account: l.Account, Contact: l.Contact}
		p, known := found[key]
		if !known && s.db.contacts[key] == nil {
			continue
		}
		if l.Advertising {
			p.Agreed = slices.Clone(s.db.consents[key])
		}
		if l.Capped {
			if !told[key] {
				p.Counted = slices.Clone(s.db.counted[key])
			}
			told[key] = true
			if a := s.db.accounts[l.Account]; a != nil {
				if p.Cap = a.Cap; s.db.o.Flaws.OldCaps && a.Cap != nil && a.first != nil {
					p.Cap = a.first
				}
			}
			walk := run.RecipientKey{Campaign: run.CampaignKey{Account: l.Account, Campaign: l.Campaign}, Ordinal: l.Ordinal}
			if s.db.launched(walk) {
				p.Counted = append(p.Counted, run.Counted{Campaign: l.Campaign})
			}
		}
		found[key] = p
	}
	return nil
}

// lockCaps waits until the rows of the contacts concerned are this session's. Whoever came first is first at all of them: two
// that wait for each other there cannot be, and who goes on is nobody's luck.
func (s *Session) lockCaps(launches []run.Launching) error {
	if s.db.o.Flaws.Caps {
		return nil
	}
	mine := map[run.PersonKey]bool{}
	for i := range launches {
		key := run.PersonKey{Account: launches[i].Account, Contact: launches[i].Contact}
		if launches[i].Capped && !mine[key] {
			mine[key] = true
			s.db.capQueue[key] = append(s.db.capQueue[key], s)
		}
	}
	for key := range mine {
		for s.live && s.db.capQueue[key][0] != s {
			s.db.freed.Wait()
		}
	}
	if !s.live {
		return ErrGone
	}
	return nil
}

func (d *DB) launched(walk run.RecipientKey) bool {
	for k := range d.messages {
		if recipientOf(k) == walk {
			return true
		}
	}
	return false
}

// Data gives what recipients of open campaigns brought with them.
func (s *Session) Data(ctx context.Context, keys []run.RecipientKey) (map[run.RecipientKey][]byte, error) {
	found := map[run.RecipientKey][]byte{}
	err := s.do(ctx, "Data", func() error {
		for _, k := range keys {
			if e := s.db.entries[k]; e != nil && e.data != nil {
				found[k] = slices.Clone(e.data)
			}
		}
		return nil
	})
	return found, err
}

// Commit writes the batch and commits.
func (s *Session) Commit(ctx context.Context, b *run.Batch) error {
	var at engine.Instant
	flaws := s.db.o.Flaws
	err := s.store.transact(ctx, Point{Session: s.worker, Call: "Commit"}, func(id uint64) error {
		if !s.live {
			return ErrGone
		}
		s.open, at = true, s.db.o.Clock()
		if err := s.db.refuses(b); err != nil {
			return err
		}
		if flaws.Halves {
			s.writeStates(b)
		}
		return nil
	}, func(id uint64) error {
		if !s.live && !flaws.Epochs {
			return ErrGone
		}
		if err := s.db.refuses(b); err != nil {
			return err
		}
		s.write(b, id, at)
		return nil
	})
	if errors.Is(err, run.ErrLost) {
		s.db.mu.Lock()
		s.rollback()
		s.db.mu.Unlock()
	}
	return s.broken(err)
}

// refuses says why a batch cannot be written: it is held against the rows before anything is.
func (d *DB) refuses(b *run.Batch) error {
	for i := range b.Segments {
		u := &b.Segments[i]
		if s := d.segments[u.Key]; s == nil || s.epoch != u.Epoch && !d.o.Flaws.Epochs {
			return run.ErrLost
		}
	}
	refused := func(format string, a ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{run.ErrData}, a...)...)
	}
	for i := range b.Entered {
		if k := (run.RecipientKey{Campaign: b.Entered[i].Campaign, Ordinal: b.Entered[i].Ordinal}); d.recipients[k] != nil {
			return refused("recipient %d is there", k.Ordinal)
		}
	}
	for i := range b.Recipients {
		u := &b.Recipients[i]
		if over := u.State.Phase == engine.Ended; over != (u.State.Outcome != engine.Open) || over != (u.At != 0) {
			return refused("the state of recipient %d", u.Ordinal)
		}
	}
	if who := d.refusedIn(b); who != nil {
		return refused("recipient %d of campaign %d", who.Ordinal, who.Campaign.Campaign)
	}
	if d.o.Flaws.Epochs {
		return nil
	}
	twice := map[any]bool{}
	for i := range b.Messages {
		m := &b.Messages[i]
		if d.messages[m.Key] != nil || seen(twice, m.Key) {
			return refused("message %s", m.Key)
		}
	}
	for i := range b.Steps {
		s := &b.Steps[i]
		k := stepKey{run.RecipientKey{Campaign: s.Campaign, Ordinal: s.Ordinal}, s.Step.Node}
		if _, ok := d.steps[k]; ok || seen(twice, k) {
			return refused("the step of recipient %d at block %d", s.Ordinal, s.Step.Node)
		}
	}
	return nil
}

func seen(set map[any]bool, key any) bool {
	there := set[key]
	set[key] = true
	return there
}

// write writes a batch that nothing stands against.
func (s *Session) write(b *run.Batch, id uint64, at engine.Instant) {
	d := s.db
	for i := range b.Segments {
		u := &b.Segments[i]
		row := d.segments[u.Key]
		row.open += u.Entered - u.Closed
		row.applied = max(row.applied, u.Applied)
		if u.Entered > u.Closed && row.due == 0 {
			row.due = d.o.Clock()
		}
	}
	for i := range b.Entered {
		r := b.Entered[i]
		d.recipients[run.RecipientKey{Campaign: r.Campaign, Ordinal: r.Ordinal}] = &recipientRow{Recipient: r.Recipient}
	}
	s.writeStates(b)
	for i := range b.Messages {
		m := b.Messages[i]
		m.Address, m.Text = clean(m.Address), clean(m.Text)
		d.messages[m.Key] = &m
	}
	for i := range b.Steps {
		k := run.RecipientKey{Campaign: b.Steps[i].Campaign, Ordinal: b.Steps[i].Ordinal}
		step := b.Steps[i]
		step.Step.Reason, step.Step.Chosen = clean(step.Step.Reason), clean(step.Step.Chosen)
		d.steps[stepKey{k, step.Step.Node}] = step
	}
	for _, k := range b.Extended {
		if m := d.messages[k]; m != nil {
			m.HandBy = b.HandBy
		}
	}
	s.writeRest(b, id, at)
	s.rollback() // its locks of rows
	d.wrote(Commit{Process: s.store.process, Batch: b})
}

func (s *Session) writeStates(b *run.Batch) {
	d := s.db
	for i := range b.Recipients {
		u := &b.Recipients[i]
		if r := d.recipients[run.RecipientKey{Campaign: u.Campaign, Ordinal: u.Ordinal}]; r != nil {
			r.State, r.at, r.reason = u.State, u.At, clean(u.Reason)
			r.State.Heard = slices.Clone(u.State.Heard)
		}
	}
}

func (s *Session) writeRest(b *run.Batch, id uint64, at engine.Instant) {
	d := s.db
	for i := range b.Troubles {
		t := b.Troubles[i]
		d.troubles[troubleKey{run.RecipientKey{Campaign: t.Campaign, Ordinal: t.Ordinal}, t.Node, t.What}] = t
	}
	for i := range b.Aside {
		k := run.RecipientKey{Campaign: b.Aside[i].Campaign, Ordinal: b.Aside[i].Ordinal}
		if _, ok := d.aside[k]; !ok {
			d.aside[k] = b.Aside[i]
		}
	}
	for i := range b.Contacts {
		d.changeContact(&b.Contacts[i])
	}
	for i := range b.Counted {
		c := &b.Counted[i]
		k := run.PersonKey{Account: c.Account, Contact: c.Contact}
		d.counted[k] = append(d.counted[k], c.Counted)
	}
	for i := range b.Stops {
		d.stop(&b.Stops[i], id, at)
	}
	for k, n := range b.Counters {
		d.counters[k] += n
	}
}

// changeContact changes a contact; groups are not kept here.
func (d *DB) changeContact(r *run.ContactRow) {
	key := run.PersonKey{Account: r.Account, Contact: r.Contact}
	c := d.contacts[key]
	if c == nil {
		return
	}
	changed := cloned(c)
	if changed.Attributes == nil && len(r.Set) > 0 {
		changed.Attributes = map[string]any{}
	}
	maps.Copy(changed.Attributes, r.Set)
	changed.Tags = merged(changed.Tags, r.AddTags, r.RemoveTags)
	d.contacts[key] = &changed
}

// merged removes from a list first and adds then.
func merged(list, add, remove []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(t string) bool { return slices.Contains(remove, t) })
	for _, t := range add {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// stop puts an address on the stop list. A stop of all channels interrupts the person's other open walks.
func (d *DB) stop(r *run.StopRow, id uint64, at engine.Instant) {
	k := stopKey{r.Account, r.Address, r.Channel}
	if _, there := d.stops[k]; !there && r.Address != "" {
		d.stops[k] = *r
	}
	if r.Channel != "" || r.Contact == 0 {
		return
	}
	stored := false
	for k, walk := range d.recipients {
		if k.Campaign.Account != r.Account || walk.Contact != r.Contact || walk.State.Phase == engine.Ended || k == recipientOf(r.Except) {
			continue
		}
		f := &StoredFact{Code: run.InterruptCode, Value: r.Reason, Recorded: at, id: id}
		f.Key.Account, f.Key.Campaign, f.Key.Ordinal, f.Key.Node = k.Campaign.Account, k.Campaign.Campaign, k.Ordinal, -1
		if fk := (factKey{key: f.Key, code: f.Code}); d.facts[fk] == nil {
			d.facts[fk] = f
			stored = true
			d.wakes[segmentOf(k.Campaign, k.Ordinal)] = true
		}
	}
	if stored {
		d.notify()
	}
}
