package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/run"
	"kaskad/engine/run/virtual"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// A world is a database, a provider and some processes of the runtime, all in one bubble of virtual time. How long each call
// takes, what breaks, dies, freezes, and what the provider says, is drawn from the seed, by the name of the call. As no two
// calls end at the same nanosecond, and time goes on only when everybody waits, one goroutine moves at a time: the same seed
// is the same run.

// The accounts and connections that a world may have.
var (
	accounts    = []int64{7, 8}
	connections = []string{"fake", "other"}
)

// world is one run.
type world struct {
	seed
	plan      plan
	flaws     virtual.Flaws
	loud      bool
	log       *slog.Logger
	began     time.Time
	db        *virtual.DB
	providers []*provider
	campaigns []*campaign
	byKey     map[run.CampaignKey]*campaign
	caps      map[int64][]capFrom // by account, in the order in which they came into force
	refused   map[run.RecipientKey]virtual.Refused
	places    map[int64]int  // how many campaigns an account has
	others    sync.WaitGroup // goroutines of the world's own

	mu        sync.Mutex
	hash      hash.Hash64
	lines     []string
	wrongs    []string
	processes []*process
	started   int
	calm      bool
	down      bool     // the database
	failed    []failed // what failovers lost
	ended     bool
	programs  map[string]*engine.Program
	ledger    ledger
}

// campaign is one of the campaigns, with what its recipients may get.
type campaign struct {
	run.Campaign
	program *engine.Program
	terms   []terms          // in the order in which they came into force
	people  map[int64]comer  // the recipients, by ordinal
	comers  []comer          // who enters, where it is open
	entries map[string]int64 // what was acknowledged: ordinals by key
	place   int              // among those of its account
	test    bool             // no cap is asked for it
}

func (c *campaign) String() string { return named(c.Key) }

func named(k run.CampaignKey) string { return fmt.Sprintf("%d/%d", k.Account, k.Campaign) }

// comer is somebody who is a recipient, or is to enter.
type comer struct {
	contact int64
	zone    string
	order   string // the key of the entry
}

// report is what came of a run.
type report struct {
	hash   uint64
	wrongs []string
	lines  []string
	spent  time.Duration // virtual
	stats  map[string]int
}

// play runs a world to its end.
func play(t *testing.T, s seed, flaws virtual.Flaws, loud bool) report {
	return playWith(t, s, flaws, loud, func(*plan) {})
}

// playWith runs one whose plan is changed.
func playWith(t *testing.T, s seed, flaws virtual.Flaws, loud bool, change func(*plan)) (r report) {
	synctest.Test(t, func(*testing.T) {
		w := &world{seed: s, flaws: flaws, loud: loud, began: time.Now(), hash: fnv.New64a(), programs: map[string]*engine.Program{},
			byKey: map[run.CampaignKey]*campaign{}, caps: map[int64][]capFrom{}, places: map[int64]int{},
			refused: map[run.RecipientKey]virtual.Refused{}}
		w.ledger = newLedger()
		w.log = quiet(loud, func(line string) { w.note("%s", strings.TrimSuffix(line, "\n")) })
		w.draw(change)
		w.live()
		r = report{w.hash.Sum64(), w.wrongs, w.lines, time.Since(w.began), w.ledger.stats}
	})
	return r
}

// now is the database's clock.
func (w *world) now() engine.Instant { return engine.At(w.plan.base.Add(time.Since(w.began))) }

func (w *world) compile(document []byte) (*engine.Program, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.programs[string(document)]; p != nil {
		return p, nil
	}
	checked, findings := scheme.Check(document, nodes.All(), expression.New())
	if checked == nil {
		return nil, fmt.Errorf("the drawn scheme has errors: %v", findings)
	}
	p, err := engine.Compile(checked)
	w.programs[string(document)] = p
	return p, err
}

// note writes a line of the schedule: what is in it is what makes two runs the same.
func (w *world) note(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	line := fmt.Sprintf("%12s ", time.Since(w.began)) + fmt.Sprintf(format, a...)
	w.hash.Write([]byte(line))
	if w.loud {
		w.lines = append(w.lines, line)
	}
}

// wrong notes that a promise was broken.
func (w *world) wrong(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	w.note("WRONG: %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrongs) < 20 {
		w.wrongs = append(w.wrongs, text)
	}
}

// rough reports whether things break now.
func (w *world) rough() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.calm
}

// over reports whether nothing is told any more.
func (w *world) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// wait draws how long a way takes.
func (w *world) wait(d *rand.Rand, rough bool) time.Duration {
	switch {
	case rough && chance(d, w.plan.faults.slow):
		return between(d, 10*time.Millisecond, 900*time.Millisecond)
	case rough && chance(d, w.plan.faults.slow/20):
		return between(d, time.Second, 6*time.Second)
	}
	return between(d, 20*time.Microsecond, 2*time.Millisecond)
}

// someone picks a living process.
func (w *world) someone(d *rand.Rand) *process {
	w.mu.Lock()
	list := slices.Clone(w.processes)
	w.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return list[d.IntN(len(list))]
}

// died lets another process take a dead one's place after a while.
func (w *world) died(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes = slices.DeleteFunc(w.processes, func(x *process) bool { return x == p })
	w.others.Go(func() {
		<-p.done
		pause(between(w.dice("restart", p.name), 100*time.Millisecond, 8*time.Second))
		w.spawn()
	})
}

func (w *world) spawn() {
	w.mu.Lock()
	if w.ended {
		w.mu.Unlock()
		return
	}
	w.started++
	name := fmt.Sprint("p", w.started)
	w.mu.Unlock()
	p := w.start(name)
	w.mu.Lock()
	w.processes = append(w.processes, p)
	w.mu.Unlock()
}

// live lets the world run until all campaigns are finished.
func (w *world) live() {
	for i := range w.plan.processes {
		w.spawn()
		pause(between(w.dice("spawn", i+1), 0, time.Second))
	}
	w.mishaps()
	for _, c := range w.campaigns {
		if c.Open {
			w.enter(c)
		}
	}
	at := func(span time.Duration) { pause(max(span-time.Since(w.began), time.Nanosecond)) }
	at(w.plan.storm)
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	for time.Since(w.began) < w.plan.cancelled && !w.finished() {
		pause(97 * time.Millisecond)
	}
	if !w.finished() {
		w.cancelRest()
	}
	for limit := time.Since(w.began) + 3*time.Minute; !w.finished(); pause(97 * time.Millisecond) {
		if time.Since(w.began) > limit {
			w.wrong("not everybody's walk has ended three minutes after the last mishap")
			break
		}
	}
	pause(25 * time.Second) // what is still told is heard
	w.stop()
	w.judge()
}

func (w *world) stop() {
	w.mu.Lock()
	w.ended = true
	list := slices.Clone(w.processes)
	w.mu.Unlock()
	for _, p := range list {
		p.cancel()
		if err := <-p.done; err != nil {
			w.mu.Lock()
			w.wrongs = append(w.wrongs, fmt.Sprintf("%s does not stop in order: %v", p.name, err))
			w.mu.Unlock()
		}
	}
	w.others.Wait()
}

func (w *world) finished() bool {
	for _, c := range w.campaigns {
		if _, finished := w.db.State(c.Key); !finished {
			return false
		}
	}
	return true
}

func (w *world) cancelRest() {
	for _, c := range w.campaigns {
		if _, finished := w.db.State(c.Key); !finished {
			w.checkOverdue(c)
			w.note("cancel %s", c)
			w.db.SetState(c.Key, "cancelled")
		}
	}
}

// mishaps ends and unlocks sessions at drawn instants, pauses campaigns, and changes their terms.
func (w *world) mishaps() {
	session := func(at time.Duration, name string, f func(*virtual.Session)) {
		w.others.Go(func() {
			pause(at)
			list := w.db.Sessions("")
			if len(list) == 0 {
				return
			}
			s := list[w.dice(name, at).IntN(len(list))]
			w.note("%s %s", name, s.Worker())
			f(s)
		})
	}
	for _, at := range w.plan.kills {
		session(at, "kill", (*virtual.Session).Kill)
	}
	for _, at := range w.plan.unlocks {
		session(at, "unlock", (*virtual.Session).Unlock)
	}
	w.failOver()
	for _, account := range accounts[:w.plan.accounts] {
		w.recap(account)
	}
	for _, c := range w.campaigns {
		w.change(c)
		d := w.dice("pause", c.Key)
		if !chance(d, 20) {
			continue
		}
		first := between(d, 0, w.plan.storm)
		w.others.Go(func() {
			pause(first)
			w.note("pause %s", c)
			if state, _ := w.db.State(c.Key); state == "running" || state == "scheduled" {
				w.db.SetState(c.Key, "paused")
			}
			pause(between(d, time.Second, 20*time.Second))
			w.note("resume %s", c)
			if state, _ := w.db.State(c.Key); state == "paused" {
				w.db.SetState(c.Key, "running")
			}
		})
	}
}

// enter brings people into an open campaign, each until somebody says what came of it, and closes it then.
func (w *world) enter(c *campaign) {
	var all sync.WaitGroup
	for _, x := range c.comers {
		w.others.Add(1)
		all.Go(func() {
			defer w.others.Done()
			w.enterOne(c, x)
		})
	}
	w.others.Go(func() {
		all.Wait()
		w.db.CloseEntry(c.Key)
	})
}

func (w *world) enterOne(c *campaign, x comer) {
	key := x.order
	d := w.dice("enters", c.Key, x.contact)
	if strings.HasSuffix(key, "again") {
		d = w.dice("enters", c.Key, key)
	}
	pause(between(d, 0, w.plan.storm))
	for try := 0; !w.over(); try++ {
		d := w.dice("enter", c.Key, x.contact, try)
		if strings.HasSuffix(key, "again") {
			d = w.dice("enter", c.Key, key, try)
		}
		pause(between(d, 50*time.Microsecond, 400*time.Millisecond))
		p := w.someone(d)
		if p == nil {
			continue
		}
		e, err := p.enter(d, run.Entrant{Campaign: c.Key, Contact: x.contact, Zone: x.zone, Data: w.brings(c.Key, key), Key: key})
		if err != nil || e.Refused == run.NotRunning {
			continue
		}
		pause(between(d, time.Microsecond, time.Millisecond)) // those who entered together are told at the same instant
		w.note("%s enters %s: %+v", key, c, e)
		w.mu.Lock()
		if e.Refused == "" {
			c.entries[key] = e.Ordinal
		}
		w.mu.Unlock()
		if try == 0 || chance(d, 80) {
			return
		}
	}
}
