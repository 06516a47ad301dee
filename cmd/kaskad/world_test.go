//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/storetest"
)

// world is a database, and a folder of data with a demo provider in it.
type world struct {
	testing.TB
	url, dir string
	store    *store.Store
	db       *storetest.Database
	program  *engine.Program
	profile  string // of the demo provider
	seed     uint64
	hurry    int
	random   *rand.Rand
	ids      ids
	started  int // processes
	keys     []run.CampaignKey
	shown    bool // what there is to see of a failed test
}

// newWorld makes a world with the scheme of a file. What is random in a test follows from a seed, which is logged;
// KASKAD_TEST_SEED repeats it.
func newWorld(t testing.TB, file, profile string, hurry int) *world {
	t.Helper()
	return newWorldOn(t, storetest.New(t), file, profile, hurry)
}

// newWorldOn makes a world on a database that has all migrations.
func newWorldOn(t testing.TB, url, file, profile string, hurry int) *world {
	t.Helper()
	seed := rand.Uint64() >> 1
	if text := os.Getenv("KASKAD_TEST_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("KASKAD_TEST_SEED=%d", seed)
	w := &world{TB: t, dir: t.TempDir(), profile: profile, seed: seed, hurry: hurry, random: rand.New(rand.NewPCG(seed, 0))}
	w.look(url)
	var err error
	require.NoError(t, w.store.CreateAccount(t.Context(), store.Account{ID: defaultAccount, Name: "Shop"}))
	document, err := os.ReadFile(file)
	require.NoError(t, err)
	w.program, err = compileScheme(document)
	require.NoError(t, err)
	require.NoError(t, w.store.PublishVersion(t.Context(), defaultAccount, 1, "Cascade", document, scheme.FormatVersion))
	return w
}

// look connects the world to its database, which may be another one than before.
func (w *world) look(url string) {
	w.Helper()
	s, err := store.Open(w.Context(), url, store.Options{Connections: 4, Compile: compileScheme})
	require.NoError(w, err)
	w.Cleanup(s.Close)
	w.url, w.store, w.db = url, s, storetest.Connect(w, url)
}

// data is the folder that the processes share.
func (w *world) data() string { return filepath.Join(w.dir, "data") }

// ledgers is the folder of the demo provider's ledgers.
func (w *world) ledgers() string { return filepath.Join(w.data(), "demo") }

// people imports n contacts with names and Russian phones, which begin at the first.
func (w *world) people(first, n int) []int64 {
	w.Helper()
	contacts, err := w.store.ImportContacts(w.Context(), defaultAccount, func(yield func(scheme.Contact) bool) {
		for i := first; i < first+n; i++ {
			if !yield(scheme.Contact{Phone: fmt.Sprintf("+7900%07d", i), Name: fmt.Sprint("Анна ", i)}) {
				return
			}
		}
	}, w.ids.next, store.Keep)
	require.NoError(w, err)
	return contacts
}

// campaign makes a campaign of recipients and schedules it; c says what is not usual. It starts now, unless told.
func (w *world) campaign(c run.Campaign, recipients []store.Enrolled) run.CampaignKey {
	w.Helper()
	c.Key = run.CampaignKey{Account: defaultAccount, Campaign: w.ids.next()}
	c.Version, c.Connection, c.Zone, c.Hurry = 1, demoConnection, "Europe/Moscow", w.hurry
	c.Name = fmt.Sprint("Campaign ", len(w.keys)+1)
	if c.Start == 0 {
		c.Start = engine.At(time.Now())
	}
	require.NoError(w, w.store.CreateCampaign(w.Context(), &c))
	n, err := w.store.Enrol(w.Context(), c.Key, w.program.Entry, func(yield func(store.Enrolled) bool) {
		for _, r := range recipients {
			r.Start = c.Start
			if !yield(r) {
				return
			}
		}
	})
	require.NoError(w, err)
	require.EqualValues(w, len(recipients), n)
	require.NoError(w, w.store.SetState(w.Context(), c.Key, "scheduled"))
	w.keys = append(w.keys, c.Key)
	return c.Key
}

// inMoscow enrols contacts there.
func inMoscow(contacts []int64) []store.Enrolled {
	list := make([]store.Enrolled, len(contacts))
	for i, c := range contacts {
		list[i] = store.Enrolled{Contact: c, Zone: "Europe/Moscow"}
	}
	return list
}

func (w *world) info(key run.CampaignKey) store.CampaignInfo {
	w.Helper()
	info, err := w.store.CampaignInfo(w.Context(), key)
	require.NoError(w, err)
	return info
}

// progress is how far all campaigns are: recipients that were launched to, and recipients whose walk has ended, so that
// it grows from 0 to twice the number of recipients, or a little less where walks end before a launch.
func (w *world) progress() (n int64) {
	w.Helper()
	for _, key := range w.keys {
		figures, err := w.store.Figures(w.Context(), key)
		require.NoError(w, err)
		n += figures[run.Counter{Campaign: key, Node: w.program.Entry, What: "sent"}]
		for _, outcome := range outcomes {
			n += figures[run.Counter{Campaign: key, Node: -1, What: "end:" + outcome.String()}]
		}
	}
	return n
}

var outcomes = []engine.Outcome{engine.ReachedGoal, engine.Completed, engine.NotSent, engine.Interrupted}

// reach waits until the campaigns are so far, while the processes work.
func (w *world) reach(progress int64, working ...*process) {
	w.Helper()
	until(w, time.Minute, fmt.Sprint("progress ", progress), func() bool {
		for _, p := range working {
			p.alive()
		}
		return w.progress() >= progress
	})
	require.False(w, w.finished(), "the campaigns were over before the moment came")
}

func (w *world) finished() bool {
	w.Helper()
	for _, key := range w.keys {
		if w.info(key).Finished == nil {
			return false
		}
	}
	return true
}

// finish waits until all campaigns have finished.
func (w *world) finish(working ...*process) {
	w.Helper()
	until(w, 2*time.Minute, "all campaigns finished", func() bool {
		for _, p := range working {
			p.alive()
		}
		return w.finished()
	})
}
