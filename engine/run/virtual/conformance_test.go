package virtual_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/run/conformance"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Test(t, newWorld(virtual.Flaws{}))
}

// newWorld makes worlds with flaws. They live by the real clock, like those of PostgreSQL.
func newWorld(flaws virtual.Flaws) func(t *testing.T) conformance.World {
	return func(t *testing.T) conformance.World {
		var last atomic.Int64
		clock := func() engine.Instant { // no two looks are the same
			for {
				was, now := last.Load(), int64(engine.At(time.Now()))
				if now = max(now, was+1); last.CompareAndSwap(was, now) {
					return engine.Instant(now)
				}
			}
		}
		w := &world{T: t, db: virtual.New(virtual.Options{Clock: clock, Compile: conformance.Program, Flaws: flaws})}
		w.db.CreateAccount(virtual.Account{ID: conformance.Account})
		w.db.PublishVersion(conformance.Account, 1, []byte(`{"kind":"cascade"}`), 1)
		return w
	}
}

type world struct {
	*testing.T
	db   *virtual.DB
	last int64
}

func (w *world) id() int64 {
	w.last++
	return w.last
}

func (w *world) Open() run.Store { return w.db.Connect("process", nil) }

func (w *world) Contact(c scheme.Contact, agreed ...string) int64 {
	id := w.id()
	w.db.CreateContact(run.PersonKey{Account: conformance.Account, Contact: id}, c, agreed...)
	return id
}

func (w *world) campaign(open bool, rule virtual.Rule, contacts []int64) run.CampaignKey {
	key := run.CampaignKey{Account: conformance.Account, Campaign: w.id()}
	start := engine.At(time.Now().Add(-time.Minute))
	var list []run.Recipient
	for i, contact := range contacts {
		list = append(list, run.Recipient{Ordinal: int64(i), Contact: contact, Zone: "Europe/Moscow", State: engine.State{Wake: start}})
	}
	w.db.CreateCampaign(run.Campaign{Key: key, Version: 1, Name: "Весна", State: "running", Zone: "Europe/Moscow", Start: start,
		Connection: conformance.Connection, Open: open}, rule, list)
	return key
}

func (w *world) Campaign(contacts ...int64) run.CampaignKey {
	return w.campaign(false, virtual.Rule{}, contacts)
}

func (w *world) OpenCampaign(limit int64) run.CampaignKey {
	return w.campaign(true, virtual.Rule{Limit: limit}, nil)
}

func (w *world) SetState(key run.CampaignKey, state string) { w.db.SetState(key, state) }

func (w *world) SetTerms(key run.CampaignKey, t conformance.Terms) {
	w.db.SetTerms(key, virtual.Terms(t))
}

func (w *world) Cap(n int) {
	if n == 0 {
		w.db.SetCap(conformance.Account, nil)
		return
	}
	w.db.SetCap(conformance.Account, daily(n))
}

func (w *world) Test(key run.CampaignKey) { w.db.MakeTest(key) }

func (w *world) Spoil(contact int64) {
	w.db.Spoil(run.PersonKey{Account: conformance.Account, Contact: contact})
}

// daily is a cap of so many campaigns a day.
type daily int

func (d daily) Reached(entered []time.Time, now time.Time, zone *time.Location) bool {
	today := slices.DeleteFunc(slices.Clone(entered), func(at time.Time) bool {
		return at.In(zone).Format(time.DateOnly) != now.In(zone).Format(time.DateOnly)
	})
	return len(today) >= int(d)
}

func (w *world) Hold() func() { return w.db.Hold() }

func (w *world) Kill(worker string) {
	w.Helper()
	list := w.db.Sessions(worker)
	require.NotEmpty(w, list)
	for _, s := range list {
		s.Kill()
	}
}

func (w *world) Segment(key run.SegmentKey) conformance.Segment {
	s := w.db.SegmentOf(key)
	return conformance.Segment{Open: s.Open, Due: s.Due, Epoch: s.Epoch, Woken: s.Woken}
}

func (w *world) Walk(key run.CampaignKey, ordinal int64) conformance.Walk {
	w.Helper()
	walks := w.db.Walks(key)
	at := slices.IndexFunc(walks, func(x virtual.Walk) bool { return x.Ordinal == ordinal })
	require.NotEqual(w, -1, at)
	x := walks[at]
	return conformance.Walk{State: x.State, Ended: x.Ended, Reason: x.Reason, Steps: x.Steps, Messages: x.Messages}
}

func (w *world) Figures(key run.CampaignKey) map[run.Counter]int64 { return w.db.Figures(key) }
func (w *world) Recount(key run.CampaignKey) map[run.Counter]int64 { return w.db.Recount(key) }

func (w *world) Stopped(address string) []string { return w.db.Stopped(conformance.Account, address) }

func (w *world) Read(contact int64) scheme.Contact {
	return w.db.Contact(run.PersonKey{Account: conformance.Account, Contact: contact})
}

func (w *world) Troubles(key run.CampaignKey) (int, int) { return w.db.Troubles(key) }

func (w *world) Unknown() int { return w.db.UnknownFacts() }
