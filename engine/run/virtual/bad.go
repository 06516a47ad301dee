package virtual

import (
	"kaskad/engine"
	"kaskad/engine/run"
)

// Data that cannot be read or written, and what people change of accounts: none of it goes over a wire.

// Refused are the tables that take no row of a recipient.
type Refused uint8

// The tables. Of those of recipients' rows a new one is always taken.
const (
	RefusedMessages Refused = 1 << iota
	RefusedSteps
	RefusedOpen // the recipient's row, unless its walk has ended
	RefusedRow  // the recipient's row
)

// Refuse lets some tables take nothing of a recipient any more.
func (d *DB) Refuse(k run.RecipientKey, tables Refused) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused[k] |= tables
}

// Spoil makes a contact one that cannot be read.
func (d *DB) Spoil(key run.PersonKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unreadable[key] = true
}

// Unreadable reports whether a contact cannot be read.
func (d *DB) Unreadable(key run.PersonKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unreadable[key]
}

// refusedIn gives a recipient of whom something in the batch is refused, nil where none is.
func (d *DB) refusedIn(b *run.Batch) *run.RecipientKey {
	if len(d.refused) == 0 {
		return nil
	}
	for i := range b.Messages {
		k := recipientOf(b.Messages[i].Key)
		if d.o.Flaws.Refusals {
			k.Ordinal &^= 1
		}
		if d.refused[k]&RefusedMessages != 0 {
			return &k
		}
	}
	for i := range b.Steps {
		if k := (run.RecipientKey{Campaign: b.Steps[i].Campaign, Ordinal: b.Steps[i].Ordinal}); d.refused[k]&RefusedSteps != 0 {
			return &k
		}
	}
	for i := range b.Recipients {
		u := &b.Recipients[i]
		k := run.RecipientKey{Campaign: u.Campaign, Ordinal: u.Ordinal}
		if r := d.refused[k]; r&RefusedRow != 0 || r&RefusedOpen != 0 && u.State.Phase != engine.Ended {
			return &k
		}
	}
	return nil
}

// SetCap changes an account's cap; nil: none.
func (d *DB) SetCap(account int64, c run.Cap) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := *d.accounts[account]
	a.Cap = c
	d.accounts[account] = &a
}

// CapOf gives an account's cap.
func (d *DB) CapOf(account int64) run.Cap {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accounts[account].Cap
}

// MakeTest makes a campaign a test: no cap is asked for it, and it counts in none.
func (d *DB) MakeTest(key run.CampaignKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.campaigns[key].test = true
}

// capped reports whether a cap of the account counts for a campaign.
func (d *DB) capped(c *campaignRow) bool {
	a := d.accounts[c.Key.Account]
	return a != nil && a.Cap != nil && (!c.test || d.o.Flaws.Tests)
}
