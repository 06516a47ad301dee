package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/expression"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/nodes"
	"kaskad/nodes/demo"
	"kaskad/nodes/demo/driver"
)

const (
	account    = int64(1)
	campaignID = int64(1)
	connection = "demo"
	blocks     = 3 // channel blocks of the cascade
)

// cascade is a scheme of that many channel blocks, each going on to the next when its message is delivered, and a goal.
func cascade(blocks int) []byte {
	var nodes, links []string
	for i := range blocks {
		next := fmt.Sprintf("b%d", i+1)
		if i == blocks-1 {
			next = "goal"
		}
		nodes = append(nodes, fmt.Sprintf(`{"id": "b%d", "type": "sms", "name": "b%d", "x": 0, "y": 0, "config": {"sender": "SHOP",
			"text": "{{ contact.name }}, -20%% до воскресенья", "decision_time": "1d"}}`, i, i))
		links = append(links, fmt.Sprintf(`{"id": "%d", "from": "b%d", "to": "%s", "type": "status", "value": "delivered"}`, i, i, next))
	}
	nodes = append(nodes, `{"id": "goal", "type": "goal", "name": "goal", "x": 0, "y": 0, "config": {}}`)
	return fmt.Appendf(nil, `{"format": 1, "kind": "cascade", "name": "bench", "nodes": [%s], "links": [%s]}`,
		strings.Join(nodes, ","), strings.Join(links, ","))
}

func compile(document []byte) (*engine.Program, error) {
	checked, found := scheme.Check(document, nodes.All(), expression.New())
	if checked == nil {
		return nil, fmt.Errorf("the scheme of the benchmark: %s %s", found[0].Code, found[0].Message)
	}
	return engine.Compile(checked)
}

// world is a schema with an account, people and a campaign that is ready to start.
type world struct {
	*machine
	url     string
	db      *pgx.Conn
	store   *store.Store
	program *engine.Program
	key     run.CampaignKey
	people  []int64 // contacts
	drop    func()
}

// newWorld enrols n people in a campaign that starts at the given instant.
func (m *machine) newWorld(name string, n int, start time.Time) *world {
	w := m.newShop(name, n, blocks)
	w.enrol(w.key, start)
	m.exec(w.db, "ANALYZE")
	return w
}

// newShop is a world with n people, whom no campaign has yet.
func (m *machine) newShop(name string, n, blocks int) *world {
	w := &world{machine: m, key: run.CampaignKey{Account: account, Campaign: campaignID}}
	w.url, w.drop = m.schema(name)
	w.db = m.connect(w.url)
	w.open()
	document := cascade(blocks)
	var err error
	w.program, err = compile(document)
	require.NoError(m, err)
	ctx := m.Context()
	require.NoError(m, w.store.CreateAccount(ctx, store.Account{ID: account, Name: "Лавка"}))
	require.NoError(m, w.store.PublishVersion(ctx, account, 1, "bench", document, scheme.FormatVersion))
	var last atomic.Int64
	w.people, err = w.store.ImportContacts(ctx, account, func(yield func(scheme.Contact) bool) {
		for i := range n {
			if !yield(scheme.Contact{Phone: fmt.Sprintf("+79%09d", i), Name: fmt.Sprint("Анна ", i)}) {
				return
			}
		}
	}, func() int64 { return last.Add(1) }, store.Keep)
	require.NoError(m, err)
	return w
}

// enrol makes a campaign of everybody, a draft.
func (w *world) enrol(key run.CampaignKey, start time.Time) {
	ctx, at := w.Context(), engine.At(start)
	require.NoError(w, w.store.CreateCampaign(ctx, &run.Campaign{Key: key, Version: 1, Name: "bench", Zone: "Europe/Moscow",
		Connection: connection, Start: engine.At(time.Now().Add(-time.Minute))}))
	_, err := w.store.Enrol(ctx, key, w.program.Entry, func(yield func(store.Enrolled) bool) {
		for _, id := range w.people {
			if !yield(store.Enrolled{Contact: id, Zone: "Europe/Moscow", Start: at}) {
				return
			}
		}
	})
	require.NoError(w, err)
}

func (w *world) open() {
	var err error
	w.store, err = store.Open(w.Context(), w.url, store.Options{Compile: compile, Log: slog.New(slog.DiscardHandler)})
	require.NoError(w, err)
}

// close leaves the schema alone, with all figures told.
func (w *world) close() {
	w.store.Close()
	w.alone(w.db)
}

func (w *world) remove() {
	w.store.Close()
	_ = w.db.Close(context.Background())
	w.drop()
}

// works is the runtime at work on the world.
type works struct {
	runtime *run.Runtime
	inbox   *run.Inbox
	stop    func()
}

// start starts the real runtime with the demo channel answering at once.
func (w *world) start(times run.Times) *works {
	x := &works{}
	registry := run.NewRegistry()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	x.inbox = run.NewInbox(w.store, registry, log)
	profile, ok := demo.Preset("instant")
	require.True(w, ok)
	profile.Batch = batch
	provider, err := driver.Open(driver.Options{Profile: profile, Connection: connection, Dir: w.TempDir(), Inbox: x.inbox,
		Clock: time.Now, Log: log, ReportBatch: batch})
	require.NoError(w, err)
	x.runtime, err = run.New(run.Options{Process: "bench", Workers: min(runtime.NumCPU(), 64), Store: w.store, Registry: registry,
		Inbox: x.inbox, Senders: map[string]channel.Sender{connection: provider.Sender()}, Caller: noCalls{}, Compile: compile, Times: times,
		Link: func(channel.Key, int) string { return "" }, Log: log, Clock: time.Now, Rand: rand.NewPCG(1, 2)})
	require.NoError(w, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.runtime.Run(ctx) }()
	x.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(w, <-done)
		require.NoError(w, provider.Close())
	})
	w.Cleanup(x.stop)
	return x
}

// noCalls answers for webhooks, of which the cascade has none.
type noCalls struct{}

func (noCalls) Call(context.Context, run.HookRequest) string { return "" }

// outcome is what a run of n messages took.
type outcome struct {
	messages, seconds float64
	log               float64 // bytes
	disk              float64 // bytes that the tables grew by
	hot, updates      float64
	tables            map[string]tableState // those whose rows change
}

// tableState is whether the updates of a table can stay in their pages, and how many did.
type tableState struct{ fill, hot float64 }

// changing are the tables whose rows are updated all the time, and the fill factor that each must have.
var changing = []struct {
	name string
	fill float64
}{{"recipients", 40}, {"segments", 40}, {"counters", 50}}

func (o *outcome) rate() float64          { return o.messages / o.seconds }
func (o *outcome) logPerMessage() float64 { return o.log / o.messages }

// engineRun takes n recipients through the cascade with the real runtime.
func (m *machine) engineRun(n int) outcome {
	w := m.newWorld("bench_engine", n, time.Now().Add(-time.Minute))
	defer w.remove()
	o := outcome{messages: float64(n * blocks)}
	m.exec(w.db, "CHECKPOINT")
	disk, log, began := m.disk(w.db), m.log(w.db), time.Now()
	require.NoError(m, w.store.SetState(m.Context(), w.key, "scheduled"))
	x := w.start(run.Times{})
	w.finished(x)
	o.seconds = time.Since(began).Seconds()
	x.stop()
	o.log, o.disk = m.log(w.db)-log, m.disk(w.db)-disk
	require.Equal(m, o.messages, m.number(w.db, "SELECT count(*) FROM messages"))
	require.Equal(m, o.messages, m.number(w.db, "SELECT count(*) FROM steps WHERE link >= 0"))
	require.EqualValues(m, n, m.number(w.db, "SELECT count(*) FROM recipients WHERE phase = 7"))
	w.close()
	o.hot, o.updates = m.hot(w.db, "recipients")
	o.tables = map[string]tableState{}
	for _, t := range changing {
		hot, _ := m.hot(w.db, t.name)
		o.tables[t.name] = tableState{fill: m.fillFactor(w.db, t.name), hot: hot}
	}
	return o
}

// finished waits for the campaign's end.
func (w *world) finished(x *works) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var state string
		require.NoError(w, w.db.QueryRow(w.Context(), "SELECT state FROM campaigns").Scan(&state))
		if state == "finished" {
			return
		}
		select {
		case <-tick.C:
		case <-w.Context().Done():
			w.Fatal("the campaign did not end in time", x.runtime.Figures())
		}
	}
}
