package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kaskad/engine"
	"kaskad/engine/run"
)

// lostCode is what the function all_held raises.
const lostCode = "KL001"

// Commit writes the batch and commits: in one round trip, and two more for each of many messages and many steps, which go
// by COPY. The first statement checks the epochs and locks the segments' rows; where it fails nothing else is run.
func (s *Session) Commit(ctx context.Context, batch *run.Batch) error {
	b := &pgx.Batch{}
	if !s.open {
		b.Queue("BEGIN")
	}
	s.open = true
	w := writer{b: b, q: s.store.q, newID: s.store.newID}
	w.segments(batch.Segments)
	w.entered(batch.Entered)
	w.recipients(batch.Recipients)
	w.messages(batch.Messages)
	w.steps(batch.Steps)
	w.extended(batch)
	w.troubles("troubles", batch.Troubles)
	w.troubles("set_aside", batch.Aside)
	if err := w.contacts(batch.Contacts); err != nil {
		return err
	}
	w.counted(batch.Counted)
	tell := w.stops(batch.Stops)
	w.counters(batch.Counters)
	if err := s.send(ctx, b, batch, tell); err != nil {
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) && pgErr.Code == lostCode {
			if err := s.Rollback(ctx); err != nil {
				return errors.Join(run.ErrLost, err)
			}
			return run.ErrLost
		}
		if pgErr != nil && dataClass(pgErr.Code) {
			return fmt.Errorf("%w: %w", run.ErrData, err)
		}
		return err
	}
	s.open = false
	return nil
}

// dataClass reports whether an error's code speaks of what was to be written: a bad value (22), one that breaks a
// constraint (23), or one that is too long for an index (54).
func dataClass(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || strings.HasPrefix(code, "54")
}

// send sends the batch's statements, the rows that go by COPY, and the commit; then, outside of the transaction, whoever else
// is to be told is.
func (s *Session) send(ctx context.Context, b *pgx.Batch, batch *run.Batch, tell bool) error {
	commit := func(b *pgx.Batch) error {
		b.Queue("COMMIT")
		if tell {
			b.Queue(s.store.q.get("notify"))
		}
		return sendAll(ctx, s.conn, b)
	}
	messages, steps := len(batch.Messages), len(batch.Steps)
	if messages < copyRows && steps < copyRows {
		return commit(b)
	}
	if err := sendAll(ctx, s.conn, b); err != nil {
		return err
	}
	if messages >= copyRows {
		data := newCopyData(messages)
		for i := range batch.Messages {
			putMessage(data.row(10), &batch.Messages[i])
		}
		if err := s.copy(ctx, "messages_copy", data); err != nil {
			return err
		}
	}
	if steps >= copyRows {
		data := newCopyData(steps)
		for i := range batch.Steps {
			putStep(data.row(12), &batch.Steps[i])
		}
		if err := s.copy(ctx, "steps_copy", data); err != nil {
			return err
		}
	}
	return commit(&pgx.Batch{})
}

func (s *Session) copy(ctx context.Context, name string, data *copyData) error {
	_, err := s.conn.PgConn().CopyFrom(ctx, data.end(), s.store.q.get(name))
	return err
}

// writer queues the statements of a batch; an empty part needs none. Rows go sorted, so that two transactions take
// their locks in one order and pages are visited once.
type writer struct {
	b     *pgx.Batch
	q     queries
	newID func() int64
}

func (w writer) queue(name string, arguments ...any) { w.b.Queue(w.q.get(name), arguments...) }

func (w writer) segments(list []run.SegmentUpdate) {
	if len(list) == 0 {
		return
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b run.SegmentUpdate) int {
		return cmp.Or(cmp.Compare(a.Key.Account, b.Key.Account), cmp.Compare(a.Key.Campaign, b.Key.Campaign),
			cmp.Compare(a.Key.Segment, b.Key.Segment))
	})
	c := columns(6, len(list))
	for i := range list {
		u := &list[i]
		c[0].int64(u.Key.Account)
		c[1].int64(u.Key.Campaign)
		c[2].int32(u.Key.Segment)
		c[3].int64(u.Epoch)
		c[4].uint64(u.Applied)
		c[5].int32(int32(u.Closed - u.Entered))
	}
	w.queue("guard", args(c, len(list))...)
}

func (w writer) recipients(list []run.RecipientUpdate) {
	if len(list) == 0 {
		return
	}
	order := make([]int32, len(list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &list[i], &list[j]
		return cmp.Or(cmp.Compare(a.Campaign.Account, b.Campaign.Account),
			cmp.Compare(a.Campaign.Campaign, b.Campaign.Campaign), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	c := columns(17, len(list))
	for _, i := range order {
		u := &list[i]
		c[0].int64(u.Campaign.Account)
		c[1].int64(u.Campaign.Campaign)
		c[2].int64(u.Ordinal)
		putState(c[3:15], &u.State)
		if u.State.Phase == engine.Ended {
			c[15].instant(u.At)
			c[16].text(u.Reason)
		} else {
			c[15].null()
			c[16].null()
		}
	}
	w.queue("recipients", args(c)...)
}

func putState(c []column, s *engine.State) {
	c[0].int16(s.Node)
	c[1].int16(int16(s.Phase))
	c[2].int16(int16(s.Outcome))
	c[3].int16(int16(s.Attempt))
	c[4].int16(int16(s.Key))
	c[5].bool(s.Unsure)
	c[6].int32(int32(s.Facts))
	c[7].instant(s.Entered)
	c[8].instant(s.Launched)
	c[9].instant(s.Accepted)
	c[10].instant(s.Wake)
	if len(s.Heard) == 0 {
		c[11].null()
		return
	}
	text := []byte{'{'} // unnest would take a second dimension apart
	for i, h := range s.Heard {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(h), 10)
	}
	c[11].text(string(append(text, '}')))
}

func (w writer) messages(list []run.MessageRow) {
	if len(list) == 0 || len(list) >= copyRows {
		return
	}
	c := columns(10, len(list))
	for i := range list {
		putMessage(fields{c}, &list[i])
	}
	w.queue("messages", args(c)...)
}

func putMessage(f fields, m *run.MessageRow) {
	f.at(0).int64(m.Key.Account)
	f.at(1).int64(m.Key.Campaign)
	f.at(2).int64(m.Key.Ordinal)
	f.at(3).int16(m.Key.Node)
	f.at(4).int16(int16(m.Key.Attempt))
	f.at(5).instant(m.LaunchedAt)
	f.at(6).instant(m.HandBy)
	f.at(7).text(m.Address)
	f.at(8).text(m.Text)
	f.at(9).json(m.Content)
}

func (w writer) steps(list []run.StepRow) {
	if len(list) == 0 || len(list) >= copyRows {
		return
	}
	c := columns(12, len(list))
	for i := range list {
		putStep(fields{c}, &list[i])
	}
	w.queue("steps", args(c)...)
}

func putStep(f fields, r *run.StepRow) {
	f.at(0).int64(r.Campaign.Account)
	f.at(1).int64(r.Campaign.Campaign)
	f.at(2).int64(r.Ordinal)
	f.at(3).int16(r.Step.Node)
	f.at(4).int16(r.Step.Link)
	f.at(5).int16(int16(r.Step.Attempts))
	f.at(6).int32(int32(r.Step.Facts))
	f.at(7).instant(r.Step.Entered)
	f.at(8).instant(r.Step.Sent)
	f.at(9).instant(r.Step.Decided)
	f.at(10).text(r.Step.Reason)
	f.at(11).text(r.Step.Chosen)
}

func (w writer) extended(batch *run.Batch) {
	if len(batch.Extended) == 0 {
		return
	}
	c := columns(5, len(batch.Extended))
	for _, k := range batch.Extended {
		putKey(c, k)
	}
	w.queue("extended", args(c, batch.HandBy.Time())...)
}

func (w writer) troubles(query string, list []run.TroubleRow) {
	if len(list) == 0 {
		return
	}
	c := columns(6, len(list))
	for i := range list {
		t := &list[i]
		c[0].int64(t.Campaign.Account)
		c[1].int64(t.Campaign.Campaign)
		c[2].int64(t.Ordinal)
		c[3].int16(t.Node)
		c[4].text(bounded(t.What, 1000))
		c[5].instant(t.At)
	}
	w.queue(query, args(c)...)
}

func (w writer) counters(deltas map[run.Counter]int64) {
	keys := make([]run.Counter, 0, len(deltas))
	for k, n := range deltas {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b run.Counter) int {
		return cmp.Or(cmp.Compare(a.Campaign.Account, b.Campaign.Account),
			cmp.Compare(a.Campaign.Campaign, b.Campaign.Campaign), cmp.Compare(a.Node, b.Node), cmp.Compare(a.What, b.What))
	})
	c := columns(5, len(keys))
	for _, k := range keys {
		c[0].int64(k.Campaign.Account)
		c[1].int64(k.Campaign.Campaign)
		c[2].int16(k.Node)
		c[3].text(k.What)
		c[4].int64(deltas[k])
	}
	w.queue("counters", args(c)...)
}
