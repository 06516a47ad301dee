package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/run"
)

// queueEntries asks for the entries of open campaigns' segments; false: none of them is of one.
func (s *Session) queueEntries(b *pgx.Batch, cursors []run.Cursor) bool {
	c := columns(4, 0)
	for _, cursor := range cursors {
		if cursor.Open {
			c[0].int64(cursor.Key.Account)
			c[1].int64(cursor.Key.Campaign)
			c[2].int32(cursor.Key.Segment)
			c[3].uint64(cursor.Applied)
		}
	}
	if c[0].rows == 0 {
		return false
	}
	b.Queue(s.store.q.get("tick_entries"), args(c, run.EntriesAtOnce)...)
	return true
}

func readEntries(results pgx.BatchResults, t *run.Tick) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		a := run.Arrived{Key: run.SegmentKey{Account: r.int64(), Campaign: r.int64(), Segment: r.int32()}, Ordinal: r.int64(),
			Contact: r.int64(), Zone: r.text(), Start: r.instant()}
		if r.bad {
			return errShape
		}
		t.Entries = append(t.Entries, a)
	}
	rows.Close()
	return rows.Err()
}

// entered makes the rows of recipients that entered.
func (w writer) entered(list []run.NewRecipient) {
	if len(list) == 0 {
		return
	}
	c := columns(7, len(list))
	for i := range list {
		r := &list[i]
		c[0].int64(r.Campaign.Account)
		c[1].int64(r.Campaign.Campaign)
		c[2].int64(r.Ordinal)
		c[3].int64(r.Contact)
		c[4].text(r.Zone)
		c[5].int16(r.State.Node)
		c[6].instant(r.State.Wake)
	}
	w.queue("new_recipients", args(c)...)
}

// Data gives what recipients of open campaigns brought with them.
func (s *Session) Data(ctx context.Context, keys []run.RecipientKey) (map[run.RecipientKey][]byte, error) {
	c := columns(3, len(keys))
	for _, k := range keys {
		c[0].int64(k.Campaign.Account)
		c[1].int64(k.Campaign.Campaign)
		c[2].int64(k.Ordinal)
	}
	rows, err := s.conn.Query(ctx, s.store.q.get("entry_data"), args(c)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[run.RecipientKey][]byte, len(keys))
	for rows.Next() {
		r := reader{values: rows.RawValues()}
		k := run.RecipientKey{Campaign: run.CampaignKey{Account: r.int64(), Campaign: r.int64()}, Ordinal: r.int64()}
		found[k] = append([]byte(nil), r.bytes()...)
		if r.bad {
			return nil, errShape
		}
	}
	return found, rows.Err()
}
