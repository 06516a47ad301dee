package virtual

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/run"
)

const (
	leaseSlice  = 250 * time.Millisecond            // how much unused time of a rate is kept
	limitWindow = time.Second + 2*run.LimitUse      // for how long a granted message counts
	spentIn     = engine.Instant(20_000)            // microseconds that are counted as one
	million     = engine.Instant(time.Second / 1e3) // microseconds in a second
)

// Lease takes up to n launches of a campaign's rate for now: the generic cell rate algorithm (ITU-T I.371, annex A).
func (s *Session) Lease(ctx context.Context, c run.CampaignKey, rate, n int) (granted int, err error) {
	if rate <= 0 || n <= 0 {
		return 0, nil
	}
	err = s.do(ctx, "Lease", func() error {
		now := s.db.o.Clock()
		slice := max(engine.Instant(leaseSlice.Microseconds()), (million+engine.Instant(rate)-1)/engine.Instant(rate))
		from := max(s.db.rates[c], now-slice)
		granted = max(min(n, int(int64(now-from)*int64(rate)/int64(million))), 0)
		s.db.rates[c] = from + engine.Instant(math.Ceil(float64(granted)*float64(million)/float64(rate)))
		return nil
	})
	return granted, err
}

type limitKey struct {
	account    int64
	connection string
}

type limitRow struct {
	spent   map[engine.Instant]int
	holders map[string]*holding
}

type holding struct {
	calls        int // 0: it waits
	since, until engine.Instant
}

// Limit grants a slice of a connection's limits. Whoever waits without a call comes before those that have some.
func (s *Store) Limit(ctx context.Context, a run.LimitAsk) (g run.LimitGrant, err error) {
	err = s.ask(ctx, Point{Call: "Limit", Key: fmt.Sprint(a.Account, a.Connection)}, func() error {
		k := limitKey{a.Account, a.Connection}
		if s.db.o.Flaws.Limits {
			k.connection += " of " + a.Process
		}
		row := s.db.limits[k]
		if row == nil {
			row = &limitRow{spent: map[engine.Instant]int{}, holders: map[string]*holding{}}
			s.db.limits[k] = row
		}
		g = row.grant(&a, s.db.o.Clock())
		return nil
	})
	return g, err
}

func (r *limitRow) grant(a *run.LimitAsk, now engine.Instant) run.LimitGrant {
	recent, first := 0, engine.Instant(math.MaxInt64)
	for at, n := range r.spent {
		if at <= now.Add(-limitWindow) {
			delete(r.spent, at)
			continue
		}
		recent, first = recent+n, min(first, at)
	}
	calls := r.lend(a, now)
	g := run.LimitGrant{Calls: calls, Processes: len(r.holders), At: now}
	if len(r.spent) > 0 {
		g.Again = first.Add(limitWindow).Sub(now)
	}
	if a.Calls == 0 && a.Busy == 0 {
		g.Processes++ // it was counted before it gave all back
	}
	if calls > a.Busy {
		g.Messages = a.Messages
		if a.PerSecond > 0 {
			g.Messages = max(min(a.Messages, a.PerSecond-recent), 0)
		}
	}
	if a.PerSecond > 0 && g.Messages > 0 {
		r.spent[now/spentIn*spentIn+spentIn] += g.Messages
	}
	return g
}

// lend gives the calls at once that a process may have now.
func (r *limitRow) lend(a *run.LimitAsk, now engine.Instant) int {
	for name, h := range r.holders {
		if h.until <= now {
			delete(r.holders, name)
		}
	}
	mine := r.holders[a.Process]
	others, lent, before := 0, 0, 0
	for name, h := range r.holders {
		if name == a.Process {
			continue
		}
		others++
		lent += h.calls
		if h.calls == 0 && (mine != nil && mine.calls > 0 || h.since < since(mine, now)) {
			before++
		}
	}
	free := min((a.Concurrent+others)/(others+1), a.Concurrent-lent-before)
	calls := max(a.Busy, min(a.Calls, free), 0)
	if a.Calls == 0 && a.Busy == 0 {
		delete(r.holders, a.Process)
		return calls
	}
	h := &holding{calls: calls, since: now, until: now.Add(run.LimitCalls)}
	if mine != nil && (mine.calls > 0) == (calls > 0) {
		h.since = mine.since
	}
	r.holders[a.Process] = h
	return calls
}

func since(h *holding, now engine.Instant) engine.Instant {
	if h == nil {
		return now
	}
	return h.since
}

// Winner gives the variant that won, deciding it once for all.
func (s *Session) Winner(ctx context.Context, c run.CampaignKey, node int16, variants []string, w *engine.Winner, goals []int16) (won string, err error) {
	if len(variants) == 0 {
		return "", fmt.Errorf("virtual: block %d has no variants", node)
	}
	err = s.do(ctx, "Winner", func() error {
		k := nodeKey{c, node}
		if s.db.winners[k] == "" {
			s.db.winners[k] = s.db.best(k, variants, w, goals)
		}
		won = s.db.winners[k]
		return nil
	})
	return won, err
}

func (d *DB) best(k nodeKey, variants []string, w *engine.Winner, goals []int16) string {
	people, hits := map[string]int64{}, map[string]int64{}
	for at, s := range d.steps {
		if at.node != k.node || at.recipient.Campaign != k.campaign || s.Step.Chosen == "" {
			continue
		}
		people[s.Step.Chosen]++
		if d.did(at.recipient, s.Step.Decided, w.Metric, goals) {
			hits[s.Step.Chosen]++
		}
	}
	winner := variants[0]
	for _, v := range variants {
		if people[v] < w.Min {
			return variants[0]
		}
		if people[v] > 0 && (people[winner] == 0 || cmp.Compare(hits[v]*people[winner], hits[winner]*people[v]) > 0) {
			winner = v
		}
	}
	return winner
}

// did reports whether a recipient did after an instant what decides a test.
func (d *DB) did(who run.RecipientKey, after engine.Instant, metric string, goals []int16) bool {
	if metric == "goal" {
		for at, s := range d.steps {
			if at.recipient == who && slices.Contains(goals, at.node) && s.Step.Decided >= after {
				return true
			}
		}
		return false
	}
	want := map[string]engine.Facts{"delivered": engine.Delivered, "clicked": engine.Clicked, "replied": engine.Replied}[metric]
	for k := range d.facts {
		if m := d.messages[k.key]; recipientOf(k.key) == who && k.code == int32(want) && m != nil && m.LaunchedAt >= after {
			return true
		}
	}
	return false
}
