package run_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Whoever is at fault is found by halving: by about log2 n refused batches, not n.
func TestARefusedBatchIsHalved(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string][]int64{"one": {611}, "two": {3, 900}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			const n = 1000
			key := l.campaign(toGoal("1h"), l.people(n))
			p := l.provider(nil)
			var refused atomic.Int64
			r := l.start(p, faulty(func(b *run.Batch) error {
				if slices.ContainsFunc(bad, func(o int64) bool { return concerns(b, o) }) {
					refused.Add(1)
					return run.ErrData
				}
				return nil
			}))
			p.hears(n - len(bad))
			l.ended(key, int64(len(bad)))
			require.LessOrEqual(t, refused.Load(), int64(len(bad)*11+2), "log2 of a thousand is ten")
			f := r.Figures()
			require.Equal(t, refused.Load(), f.Refused)
			require.EqualValues(t, len(bad), f.Isolated)
			require.Zero(t, f.Aside)
			var reports []channel.Report
			for i := range int64(n) {
				if !slices.Contains(bad, i) {
					reports = append(reports, fact(l.message(key, int(i), "s"), engine.Delivered))
				}
			}
			r.report(reports...)
			l.finished(key)
			require.EqualValues(t, n-len(bad), l.figure(key, "", "end:goal"))
			require.EqualValues(t, len(bad), l.figure(key, "", "end:interrupted"))
			p.oncePerMessage()
		})
	}
}

// A batch that fails for another reason while somebody is being found, as a lost connection, is no answer: those who were
// tried are tried again, and are found in as many steps.
func TestARefusedBatchIsHalvedThoughTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const n, bad = 8, 5
	key := l.campaign(toGoal("1h"), l.people(n))
	p := l.provider(nil)
	var refused, lost atomic.Int64
	r := l.start(p, faulty(func(b *run.Batch) error {
		switch {
		case !concerns(b, bad):
			return nil
		case refused.Load() > 0 && lost.Load() < refused.Load():
			lost.Add(1)
			return errors.New("the connection is lost")
		}
		refused.Add(1)
		return run.ErrData
	}))
	p.hears(n - 1)
	l.ended(key, 1)
	require.EqualValues(t, 4, refused.Load(), "eight, four, two, one")
	require.EqualValues(t, 3, lost.Load())
	require.EqualValues(t, 1, r.Figures().Isolated)
	p.oncePerMessage()
}

// refuse lets the database refuse what is written of a recipient to a table.
func (l *lab) refuse(table string, ordinal int, when string) {
	l.Helper()
	l.db.Exec(fmt.Sprintf(`CREATE FUNCTION refuse_%[1]s() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.ordinal = %[2]d AND (%[3]s) THEN RAISE EXCEPTION 'not this one' USING ERRCODE = 'data_exception'; END IF; RETURN NEW; END $$`,
		table, ordinal, when))
	l.db.Exec(fmt.Sprintf(`CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON %[1]s FOR EACH ROW EXECUTE FUNCTION refuse_%[1]s()`, table))
}

// Even where the row that closes the walk is refused, the walk ends and the campaign does.
func TestAWalkEndsWhateverTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	const bad = 2
	for _, c := range []struct {
		name   string
		refuse func(l *lab)
		walk   string // of the one at fault
		end    string
		aside  int64
	}{
		{"its steps", func(l *lab) { l.refuse("steps", bad, "true") }, "interrupted (fault)", "end:interrupted", 0},
		{"its messages", func(l *lab) { l.refuse("messages", bad, "true") }, "interrupted (fault)", "end:interrupted", 0},
		{"its row", func(l *lab) { l.refuse("recipients", bad, "true") }, "failed (fault)", "end:failed", 1},
		{"all but the ending", func(l *lab) { l.refuse("recipients", bad, "NEW.phase <> 7") }, "interrupted (fault)", "end:interrupted", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			const n = 6
			key := l.campaign(toGoal("1h"), l.people(n))
			c.refuse(l)
			p := l.provider(nil)
			r := l.start(p)
			l.eventually("the others are sent to", func() bool { return p.count() >= n-1 })
			var reports []channel.Report
			for i := range n {
				reports = append(reports, fact(l.message(key, i, "s"), engine.Delivered))
			}
			r.report(reports...)
			l.eventually("the campaign is finished", func() bool { return l.state(key) == "finished" })
			require.Equal(t, c.walk, l.walk(key, bad))
			require.EqualValues(t, n-1, l.figure(key, "", "end:goal"))
			require.EqualValues(t, 1, l.figure(key, "", c.end))
			require.Equal(t, c.aside, l.db.Count(`SELECT count(*) FROM set_aside WHERE campaign = $1 AND ordinal = $2`, key.Campaign, bad))
			require.Equal(t, c.aside, r.Figures().Aside)
			require.Zero(t, l.db.Count(`SELECT sum(open) FROM segments WHERE campaign = $1`, key.Campaign))
			recount, err := l.store.Recount(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, recount, l.figures(key))
			total, list, err := l.store.Troubles(t.Context(), key, 10)
			require.NoError(t, err)
			require.EqualValues(t, 1, total)
			require.EqualValues(t, bad, list[0].Ordinal)
			require.Len(t, l.trace(key, bad).Troubles, 1, "and the trace tells it")
			p.oncePerMessage()
		})
	}
}

// Somebody who was set aside is not taken up again by the next owner.
func TestWhoWasSetAsideStaysAside(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(toGoal("1h"), l.people(3))
	l.refuse("recipients", 1, "true")
	p := l.provider(nil)
	first := l.start(p)
	l.eventually("it is set aside", func() bool { return first.Figures().Aside == 1 })
	p.hears(2)
	first.stop()
	second := l.start(p)
	second.report(fact(l.message(key, 0, "s"), engine.Delivered), fact(l.message(key, 2, "s"), engine.Delivered))
	l.eventually("the campaign is finished", func() bool { return l.state(key) == "finished" })
	require.Zero(t, second.Figures().Refused)
	p.oncePerMessage()
}

// A contact that cannot be read is one person's trouble too.
func TestAContactThatCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	people := l.people(5, func(i int, c *scheme.Contact) { c.Attributes = map[string]any{"n": i} })
	l.db.Exec(`UPDATE contacts SET attributes = '[1, 2]' WHERE contact = $1`, people[4])
	key := l.campaign(toGoal("1h"), people)
	p := l.provider(nil)
	r := l.start(p)
	p.hears(4)
	for i := range 4 {
		r.report(fact(l.message(key, i, "s"), engine.Delivered))
	}
	l.finished(key)
	require.Equal(t, "interrupted (fault)", l.walk(key, 4))
}
