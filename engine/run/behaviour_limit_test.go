package run_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// ledger notes what the database granted: it is what the assertions are about, not what a clock on the wall shows.
type ledger struct {
	mu       sync.Mutex
	launches int              // by campaigns' rates
	grants   []run.LimitGrant // of the connection, of all processes
}

// noted lets a process's grants be noted.
func noted(g *ledger) func(*run.Options) {
	return func(o *run.Options) { o.Store = &notingStore{o.Store, g} }
}

type notingStore struct {
	run.Store
	ledger *ledger
}

func (s *notingStore) Limit(ctx context.Context, a run.LimitAsk) (run.LimitGrant, error) {
	g, err := s.Store.Limit(ctx, a)
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.ledger.grants = append(s.ledger.grants, g)
	return g, err
}

func (s *notingStore) Session(ctx context.Context, worker string) (run.Session, error) {
	session, err := s.Store.Session(ctx, worker)
	if err != nil {
		return nil, err
	}
	return &notingSession{session, s.ledger}, nil
}

type notingSession struct {
	run.Session
	ledger *ledger
}

func (s *notingSession) Lease(ctx context.Context, c run.CampaignKey, rate, n int) (int, error) {
	got, err := s.Session.Lease(ctx, c, rate, n)
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.ledger.launches += got
	return got, err
}

// inSecond gives the most messages that were granted in any second of the database's clock, and all.
func (g *ledger) inSecond() (most, all int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.grants {
		n := 0
		for _, b := range g.grants {
			if d := b.At.Sub(a.At); d >= 0 && d < time.Second {
				n += b.Messages
			}
		}
		most, all = max(most, n), all+a.Messages
	}
	return most, all
}

func TestProcessesKeepOneConnectionsLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const each, perSecond = 45, 40
	people := l.people(each)
	p := l.provider(nil)
	p.limits = channel.Limits{Batch: 5, Concurrent: 2, PerSecond: perSecond}
	g := &ledger{}
	first, second := l.start(p, noted(g)), l.start(p, noted(g))
	l.eventually("they know of each other", func() bool { return first.Figures().Living == 2 && second.Figures().Living == 2 })
	for range 4 { // a segment each, so that both processes have some
		l.campaign(toGoal("1h"), people)
	}
	p.hears(4 * each)
	most, all := g.inSecond()
	require.LessOrEqual(t, most, perSecond)
	require.GreaterOrEqual(t, all, 4*each, "nothing was sent without a grant")
	l.eventually("all are answered", func() bool {
		return first.Figures().Connections[0].InFlight+second.Figures().Connections[0].InFlight == 0
	})
	for _, r := range []*process{first, second} {
		require.Positive(t, r.Figures().Connections[0].Handed, "both had a part")
	}
	second.stop()
	first.stop()
	require.Zero(t, l.db.Count(`SELECT sum(cardinality(holders)) FROM connection_limits`), "a process that stops gives its calls back")
	p.oncePerMessage()
}

// What a process that was killed had is free again when its time is over.
func TestADeadProcessHoldsNoLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, err := l.store.Limit(t.Context(), run.LimitAsk{Account: account, Connection: connection, Process: "dead", Messages: 1, Concurrent: 1, Calls: 1, Busy: 1})
	require.NoError(t, err)
	key := l.campaign(toGoal("1h"), l.people(3))
	p := l.provider(nil)
	p.limits = channel.Limits{Batch: 1, Concurrent: 1}
	g := &ledger{}
	l.start(p, noted(g))
	l.accepted(key, "s", 3)
	g.mu.Lock()
	defer g.mu.Unlock()
	require.Zero(t, g.grants[0].Calls, "its only call is lent")
	until := l.db.Count(`SELECT count(*) FROM connection_limits WHERE 'dead' = ANY (holders)`)
	require.Zero(t, until)
}

// A message that is handed over again counts against the rate like the first time, and against the connection's limit.
func TestRetriesAndRedialsCountAgainstTheRate(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n = 20
	voice := block("s", "voice", `{"sender":"SHOP","text":"Здравствуйте","redial":{"attempts":2,"interval":"1m"}}`)
	key := l.campaign(draw(voice, goal("g"), link("s", "status:answered", "g")), l.people(n), hurry(60), func(c *run.Campaign) { c.Rate = 25 })
	p := l.provider(func(m channel.Message, times int) channel.Result {
		if times == 1 && m.Key.Attempt == 1 && m.Key.Ordinal%2 == 0 { // not all of a call: the circuit stays closed
			return notTaken()
		}
		return accepted(m)
	})
	p.limits.PerSecond = 1000
	g := &ledger{}
	r := l.start(p, noted(g))
	l.accepted(key, "s", n)
	for i := range n {
		r.report(channel.Report{Account: account, Connection: connection, Key: l.message(key, i, "s"), Fact: engine.NoAnswer})
	}
	const attempts = n + n/2 + n // the first calls, some of them twice, and the second ones
	p.hears(attempts)
	_, all := g.inSecond()
	g.mu.Lock()
	defer g.mu.Unlock()
	require.GreaterOrEqual(t, g.launches, attempts, "every attempt had a place in the rate")
	require.GreaterOrEqual(t, all, attempts, fmt.Sprint("and in the connection's limit: ", p.count()))
}
