//go:build unix

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
	demodriver "kaskad/nodes/demo/driver"
)

// failover is a campaign during which the primary is lost and its standby promoted.
type failover struct {
	*world
	*pair
	process *process
	behind  int // messages that were asked for between the cut of the cable and the loss of the primary
	lost    time.Time
}

// newFailover runs a campaign of so many people until its primary is lost. cut: the cable to the standby is cut before, as when
// a network fails first and the machine next: what the primary commits from then on is its own.
func newFailover(t testing.TB, commit string, waited, cut bool, people int) *failover {
	t.Helper()
	f := &failover{pair: newPair(t, commit, waited)}
	f.world = newWorldOn(t, f.pair.url, "testdata/short.json", slowed("faulty"), crashHurry)
	f.world.campaign(run.Campaign{Rate: 300}, inMoscow(f.people(0, people)))
	f.process = f.serveWorkers()
	f.reach(f.middle()/2, f.process)
	if cut {
		before := f.requests()
		f.cable.cut()
		f.goOn(before, people/8)
		f.behind = f.requests() - before
	}
	f.lose()
	f.lost = time.Now()
	return f
}

// goOn waits until the provider was asked for some messages more, or for none any more: commits wait for the standby then.
func (f *failover) goOn(before, more int) {
	f.world.Helper()
	last, since := before, time.Now()
	until(f.world, time.Minute, "it goes on, or waits", func() bool {
		f.process.alive()
		if n := f.requests(); n != last {
			last, since = n, time.Now()
		}
		return last >= before+more || time.Since(since) > 3*time.Second
	})
}

// unknown are messages that the provider has sent and the standby has never heard of. Nobody can write now, but what was
// committed may be handed over for a while yet.
func (f *failover) unknown() (list []channel.Key) {
	f.world.Helper()
	until(f.world, time.Minute, "nothing more may be handed over", func() bool {
		f.process.alive()
		return time.Since(f.lost) > run.HandWithin+time.Second
	})
	db := storetest.Connect(f.world, f.standby)
	until(f.world, time.Minute, "all that came is applied", func() bool {
		return db.Count("SELECT (pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn())::integer::bigint") == 1
	})
	known := map[channel.Key]bool{}
	for _, m := range storetest.Rows[struct{ channel.Key }](db, "SELECT "+keyColumns+" FROM messages") {
		known[m.Key] = true
	}
	tallies, err := demodriver.ReadLedger(f.ledgers())
	require.NoError(f.world, err)
	for key, tally := range tallies {
		if tally.Sent > 0 && !known[key] {
			list = append(list, key)
		}
	}
	return list
}

// takeOver promotes the standby and lets the campaign end on it.
func (f *failover) takeOver() {
	f.world.Helper()
	f.promote()
	f.look(f.pair.url)
	f.finish(f.process)
}

// With commits that wait for a standby, the loss of the primary loses nothing that was acknowledged, and nothing is asked
// for twice.
func TestAStandbyThatWasWaitedForKeepsAll(t *testing.T) {
	t.Parallel()
	f := newFailover(t, "on", true, true, 400)
	require.Empty(t, f.unknown(), "messages were sent of which the standby does not know")
	f.takeOver()
	f.check(f.process)
}

// BenchmarkStandby prints what each setting keeps when the primary is lost (`make standby`). It measures no time.
func BenchmarkStandby(b *testing.B) {
	table := fmt.Sprintf("\n%-38s %11s %10s %10s %10s\n", "synchronous_commit", "asked alone", "intents", "doubles", "facts")
	for _, c := range []struct {
		name, commit string
		waited, cut  bool
	}{
		{"remote_apply, waits for a standby", "remote_apply", true, true}, {"on, waits for a standby", "on", true, true},
		{"remote_write, waits for a standby", "remote_write", true, true}, {"local, a standby beside it", "local", true, true},
		{"on, an asynchronous standby", "on", false, true}, {"the same, the cable whole to the end", "on", false, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := newFailover(b, c.commit, c.waited, c.cut, 2_000)
			lost := len(f.unknown())
			f.takeOver()
			facts := f.missing()
			doubles := 0
			tallies, err := demodriver.ReadLedger(f.ledgers())
			require.NoError(b, err)
			for _, tally := range tallies {
				if tally.Sent > 1 {
					doubles++
				}
			}
			table += fmt.Sprintf("%-38s %11d %10d %10d %10d\n", c.name, f.behind, lost, doubles, facts)
		})
	}
	fmt.Println(table)
}

// missing counts what the provider has reported, or will have, and is not stored once nothing more comes.
func (f *failover) missing() (n int) {
	f.world.Helper()
	since := time.Now()
	until(f.world, 2*time.Minute, "nothing more comes", func() bool {
		f.process.alive()
		a := f.newAudit()
		stored, now := a.stored(), 0
		for fact := range a.expected() {
			if !stored[fact] {
				now++
			}
		}
		if now != n {
			n, since = now, time.Now()
		}
		return n == 0 || time.Since(since) > 10*time.Second
	})
	return n
}
