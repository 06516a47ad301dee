package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/run"
	"kaskad/engine/store"
	"kaskad/engine/store/accounts"
	"kaskad/engine/task"
)

// LaunchTask is the kind of the task that enrols an audience.
const LaunchTask task.Kind = "launch"

// Work is a task at work.
type Work interface {
	ID() ids.ID
	Object() ids.ID
	Account() ids.ID
	Actor() access.Actor
	Args(into any) error
	Checkpoint(into any) (found bool, err error)
	Progress(step string, done, total int64)
	Commit(ctx context.Context, checkpoint any, f func(tx pgx.Tx) error) error
}

// Launched is what came of a launch.
type Launched struct {
	Campaign   ids.ID           `json:"campaign"`
	Selected   int64            `json:"selected"`
	Recipients int64            `json:"recipients"`
	Refused    map[string]int64 `json:"refused"`
}

// ordered is what the task of a launch is told.
type ordered struct {
	Expected int64 `json:"expected"` // how many recipients there are to be; -1: any number
}

// order starts the task of a launch.
func (s *Store) order(ctx context.Context, tx pgx.Tx, actor access.Actor, c *campaign.Campaign, expected int64) error {
	t, err := s.Tasks.Start(ctx, tx, actor, task.Order{Kind: LaunchTask, Name: c.Name, Object: c.ID,
		Reads: string(access.ReadCampaigns), Writes: string(access.LaunchCampaigns), Args: ordered{expected}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, s.q.Get("stage_begin"), int64(actor.Account), int64(c.ID), int64(t.ID), int64(s.Seed()>>1))
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	return nil
}

// collected is how far the collecting of an audience is.
type collected struct {
	Wiped    bool             `json:"wiped"`
	After    int64            `json:"after"`
	Selected int64            `json:"selected"`
	Taken    int64            `json:"taken"`
	Refused  map[string]int64 `json:"refused"`
}

// RunLaunch enrols the audience of a campaign. What it does is done piece by piece, each with how far it is, so that a task
// that is taken up again goes on behind the last piece; the campaign is scheduled with the last one. After a cancel it is a
// draft again, and what is left of the launch is wiped by the next one or with the draft.
func (s *Store) RunLaunch(ctx context.Context, w Work) (any, error) {
	l := &launch{s: s, w: w, account: w.Account(), id: w.Object()}
	var err error
	if l.c, err = s.Get(ctx, l.account, l.id); err != nil {
		return nil, err
	}
	var ordered int64
	if err := s.desk.QueryRow(ctx, s.q.Get("stage"), int64(l.account), int64(l.id)).Scan(&l.phase, &l.seed, &l.start, &ordered); err != nil {
		return nil, err
	}
	if ordered != int64(w.ID()) {
		return nil, fault.New(fault.Conflict, "launch_superseded", "")
	}
	if l.c.LaunchedAt != nil { // the task was taken up again after its last piece
		return l.done(), s.wipeAudience(ctx, s.inPieces, l.account, l.id)
	}
	if l.program, err = s.program(ctx, s.desk, l.account, l.c.Version); err != nil {
		return nil, err
	}
	if l.phase == "collecting" {
		if err := l.collect(ctx); err != nil {
			return nil, err
		}
	}
	if err := l.enrol(ctx); err != nil {
		return nil, err
	}
	if l.c, err = s.Get(ctx, l.account, l.id); err != nil {
		return nil, err
	}
	return l.done(), s.wipeAudience(ctx, s.inPieces, l.account, l.id)
}

// launch is one at work.
type launch struct {
	s       *Store
	w       Work
	account ids.ID
	id      ids.ID
	c       *campaign.Campaign
	program *engine.Program
	phase   string
	seed    int64
	start   time.Time
}

func (l *launch) done() Launched {
	return Launched{Campaign: l.id, Selected: l.c.Selected, Recipients: l.c.Recipients, Refused: l.c.Refused}
}

// collect looks at every contact of the audience once and keeps those that are taken, with their zones.
func (l *launch) collect(ctx context.Context) error {
	at := collected{Refused: map[string]int64{}}
	if _, err := l.w.Checkpoint(&at); err != nil {
		return err
	}
	if !at.Wiped {
		if err := l.s.wipe(ctx, func(ctx context.Context, f func(pgx.Tx) error) error { return l.w.Commit(ctx, nil, f) }, l.account, l.id); err != nil {
			return err
		}
		at.Wiped = true
		if err := l.w.Commit(ctx, at, func(pgx.Tx) error { return nil }); err != nil {
			return err
		}
	}
	v, _, err := l.s.sieveOf(ctx, l.s.desk, l.account, l.c)
	if err != nil {
		return err
	}
	names, err := l.s.namer(ctx, l.account, l.c)
	if err != nil {
		return err
	}
	err = l.s.pages(ctx, l.account, at.After, func(lo int64, hi *int64) error {
		l.w.Progress("collecting", at.Selected, 0)
		return l.page(ctx, v, names, &at, lo, hi)
	})
	if err != nil {
		return err
	}
	return l.collected(ctx, at)
}

// page takes one page of contacts into the staging table.
func (l *launch) page(ctx context.Context, v *sieve, names *namer, at *collected, lo int64, hi *int64) error {
	text, args := v.statement(lo, hi)
	rows, err := l.s.desk.Query(ctx, "SELECT contact, zone, phone, reason FROM ("+text+") AS "+selected, args...)
	if err != nil {
		return fmt.Errorf("campaigns: the audience: %w", err)
	}
	type staged struct {
		contact int64
		zone    string
	}
	var list []staged
	var contact int64
	var zone, phone, reason string
	_, err = pgx.ForEachRow(rows, []any{&contact, &zone, &phone, &reason}, func() error {
		at.Selected++
		if reason != "" {
			at.Refused[reason]++
			return nil
		}
		list = append(list, staged{contact, names.of(zone, phone)})
		return nil
	})
	if err != nil {
		return fmt.Errorf("campaigns: the audience: %w", err)
	}
	at.Taken += int64(len(list))
	if hi != nil {
		at.After = *hi
	}
	if hi == nil {
		at.After = 1<<63 - 1 // nothing is left to look at
	}
	return l.w.Commit(ctx, at, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"campaign_audience"}, []string{"account", "campaign", "contact", "zone"},
			pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
				return []any{int64(l.account), int64(l.id), list[i].contact, list[i].zone}, nil
			}))
		return err
	})
}

// collected fixes the audience and the start: from here on the order of the recipients is settled.
func (l *launch) collected(ctx context.Context, at collected) error {
	if at.Taken == 0 {
		return fault.New(fault.Conflict, "nobody_left", "body.audience", "selected", at.Selected)
	}
	told := ordered{Expected: -1}
	if err := l.w.Args(&told); err != nil {
		return err
	}
	if err := expects(told.Expected, at.Taken); err != nil {
		return err
	}
	refused, err := json.Marshal(at.Refused)
	if err != nil {
		return err
	}
	return l.w.Commit(ctx, nil, func(tx pgx.Tx) error {
		var err error
		if l.start, err = now(ctx, tx); err != nil {
			return err
		}
		l.start = l.start.Truncate(time.Microsecond)
		start := l.start
		if l.c.End != nil && !l.c.End.After(start) { // said below, where the plan finds it; the row must stay right
			start = l.c.End.Add(-time.Second)
		}
		_, err = tx.Exec(ctx, l.s.q.Get("stage_end"), int64(l.account), int64(l.id), at.Selected, refused, start)
		return err
	})
}

// enrol gives the recipients their numbers and starts, a segment at a time, and schedules the campaign.
func (l *launch) enrol(ctx context.Context) error {
	plan, err := planOf(l.c, l.start, uint64(l.seed))
	if err != nil {
		return err
	}
	groups, total, err := l.groups(ctx)
	if err != nil {
		return err
	}
	first, err := plan.First(groups)
	switch {
	case errors.Is(err, campaign.ErrPastEnd):
		return fault.New(fault.Conflict, "end_passed", "body.end")
	case errors.Is(err, campaign.ErrTooLong):
		return fault.New(fault.Conflict, "smooth_too_long", "body.end")
	case err != nil:
		return err
	}
	var have int64
	if err := l.s.desk.QueryRow(ctx, l.s.q.Get("enrolled"), int64(l.account), int64(l.id)).Scan(&have); err != nil {
		return err
	}
	key := run.CampaignKey{Account: int64(l.account), Campaign: int64(l.id)}
	set := make([]store.Enrolled, 0, run.SegmentSize)
	skip := have
	flush := func() error {
		l.w.Progress("enrolling", have, total)
		err := l.w.Commit(ctx, nil, func(tx pgx.Tx) error {
			n, err := l.s.Store.EnrolIn(ctx, tx, key, l.program.Entry, have, set)
			if err == nil && n != int64(len(set)) {
				err = fmt.Errorf("campaigns: a set of %d recipients does not fit behind %d", len(set), have)
			}
			return err
		})
		have += int64(len(set))
		set = set[:0]
		return err
	}
	for r := range plan.Recipients(groups) {
		if skip > 0 {
			skip--
			continue
		}
		set = append(set, store.Enrolled(r))
		if (have+int64(len(set)))%run.SegmentSize == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(set) > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	return l.schedule(ctx, first, total)
}

// groups are the contacts of each zone, in the order of their ids: eight bytes a contact are in memory.
func (l *launch) groups(ctx context.Context) ([]campaign.Group, int64, error) {
	key := []any{int64(l.account), int64(l.id)}
	rows, err := l.s.desk.Query(ctx, l.s.q.Get("staged_zones"), key...)
	if err != nil {
		return nil, 0, err
	}
	var groups []campaign.Group
	at := map[string]int{}
	var name string
	var n, total int64
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		zone, err := ZoneOf(name)
		at[name] = len(groups)
		groups = append(groups, campaign.Group{Zone: zone, Contacts: make([]int64, 0, n)})
		total += n
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for after, more := int64(0), true; more; {
		rows, err := l.s.desk.Query(ctx, l.s.q.Get("staged"), append(key[:2:2], after, pageRows)...)
		if err != nil {
			return nil, 0, err
		}
		more = false
		_, err = pgx.ForEachRow(rows, []any{&after, &name}, func() error {
			g := &groups[at[name]]
			g.Contacts = append(g.Contacts, after)
			more = true
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return groups, total, nil
}

// schedule ends a launch: with it the workers may see the campaign.
func (l *launch) schedule(ctx context.Context, first engine.Instant, total int64) error {
	return l.w.Commit(ctx, nil, func(tx pgx.Tx) error {
		var end *time.Time
		if l.c.End != nil || l.c.EndAfter != "" {
			end = l.c.EndOf(l.start)
		}
		tag, err := tx.Exec(ctx, l.s.q.Get("launched"), int64(l.account), int64(l.id), first.Time(), end, total)
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("campaigns: %d changed while it was launched", l.id)
		}
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, l.w.Actor(), campaign.Launch.What(), "campaign", l.id, map[string]any{"recipients": total})
	})
}

// pieces runs a piece of work in a transaction.
type pieces func(ctx context.Context, f func(tx pgx.Tx) error) error

// wipe removes what an abandoned launch left of a draft, a piece at a time.
func (s *Store) wipe(ctx context.Context, piece pieces, account, id ids.ID) error {
	for more := true; more; {
		err := piece(ctx, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, s.q.Get("wipe_last"), int64(account), int64(id))
			more = tag.RowsAffected() > 0
			return err
		})
		if err != nil {
			return fmt.Errorf("campaigns: %w", err)
		}
	}
	return s.wipeAudience(ctx, piece, account, id)
}

func (s *Store) wipeAudience(ctx context.Context, piece pieces, account, id ids.ID) error {
	for more := true; more; {
		err := piece(ctx, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, s.q.Get("wipe_audience"), int64(account), int64(id), pageRows)
			more = tag.RowsAffected() == pageRows
			return err
		})
		if err != nil {
			return fmt.Errorf("campaigns: %w", err)
		}
	}
	return nil
}
