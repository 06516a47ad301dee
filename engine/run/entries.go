package run

import (
	"context"
	"encoding/json"
	"fmt"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// EntriesAtOnce bounds the entries that a look at the database reads, of all segments together.
const EntriesAtOnce = 5_000

// Arrived is an entry that is no recipient yet.
type Arrived struct {
	Key     SegmentKey
	Ordinal int64
	Contact int64
	Zone    string
	Start   engine.Instant
}

// RecipientKey names a recipient.
type RecipientKey struct {
	Campaign CampaignKey
	Ordinal  int64
}

// NewRecipient is a recipient whose row is to be made.
type NewRecipient struct {
	Campaign CampaignKey
	Recipient
}

// takeIn makes recipients of entries. Their rows are written with this turn's batch, and the cursor passes the entries with
// it: after a crash they are read again, but for those that have a row.
func (w *Worker) takeIn(tick *Tick) {
	t := &w.turn
	for i := range tick.Entries {
		a := &tick.Entries[i]
		s := w.segs[a.Key]
		if s == nil || s.find(a.Ordinal) >= 0 {
			continue
		}
		entry := s.campaign.program.Entry
		state := engine.State{Node: entry, Phase: engine.Fresh, Wake: a.Start}
		s.rows = append(s.rows, row{state: state, contact: a.Contact, ordinal: a.Ordinal, zone: w.zone(a.Zone)})
		at := int32(len(s.rows) - 1)
		s.places[a.Ordinal%SegmentSize] = at + 1
		s.open++
		s.entering++
		s.resting = w.now
		t.updated[a.Key] = s
		t.batch.Entered = append(t.batch.Entered, NewRecipient{s.campaign.Key,
			Recipient{Ordinal: a.Ordinal, Contact: a.Contact, Zone: a.Zone, State: state}})
		due, _ := s.due(&s.rows[at].state)
		w.timers.push(timer{due: due, seg: s, at: at})
	}
	if len(tick.Entries) < EntriesAtOnce {
		return
	}
	for _, key := range t.read { // there may be more: the cursors stay
		if s := w.segs[key]; s != nil && s.campaign.Open {
			t.deferred[key], s.touched = true, true
		}
	}
}

// filling reports whether more recipients may come to a segment at any time.
func (s *segment) filling() bool { return s.campaign.Open && s.campaign.State != "cancelled" }

// readData reads what the recipients of open campaigns in this turn were given when they entered, in the batch's
// transaction.
func (w *Worker) readData(ctx context.Context) error {
	t := &w.turn
	clear(t.data)
	if len(t.wantedData) == 0 {
		return nil
	}
	keys := make([]RecipientKey, 0, len(t.wantedData))
	for k := range t.wantedData {
		keys = append(keys, k)
	}
	found, err := w.session.Data(ctx, keys)
	if err != nil {
		return err
	}
	if t.data == nil {
		t.data = make(map[RecipientKey]map[string]any, len(keys))
	}
	for _, k := range keys {
		t.data[k] = nil
		if text := found[k]; text != nil {
			var data map[string]any
			if err := json.Unmarshal(text, &data); err != nil {
				return fmt.Errorf("%w: data of recipient %d of campaign %d: %w", ErrData, k.Ordinal, k.Campaign.Campaign, err)
			}
			t.data[k] = data
		}
	}
	return nil
}

// knowsData reports whether what the recipient brought was read in this turn, where there may be something.
func (t *turn) knowsData(p place) bool {
	if !p.seg.campaign.Open {
		return true
	}
	_, known := t.data[p.key()]
	return known
}

// vars are what the expressions of a recipient's blocks are about.
func (w *Worker) vars(p place, contact *scheme.Contact) scheme.Vars {
	v := scheme.Vars{Contact: contact, Campaign: p.seg.campaign.vars()}
	if p.seg.campaign.Open {
		v.Data = w.turn.data[p.key()]
	}
	return v
}

func (p place) key() RecipientKey {
	return RecipientKey{p.seg.campaign.Key, p.seg.rows[p.at].ordinal}
}
