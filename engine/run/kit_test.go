package run_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/expression"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/storetest"
	"kaskad/nodes"
)

// The tests wait more than they work: more of them run at once than there are processors. The private PostgreSQL ends with
// the process, and so does who waits for it.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("6") // a number is what it takes
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("kaskad/engine/store/private.spawnKeeper.func1"))
}

const (
	account    = 7
	connection = "fake"
	// patience bounds the wait for a condition; nothing here takes a tenth of it on a quiet machine.
	patience = 30 * time.Second
)

// lab is a database with an account, and what a test makes in it.
type lab struct {
	*testing.T
	url   string
	store *store.Store
	db    *storetest.Database
	last  atomic.Int64
	nodes map[run.CampaignKey][]string // ids of the blocks, by index
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{T: t, url: storetest.New(t), nodes: map[run.CampaignKey][]string{}}
	l.store = l.open()
	l.db = storetest.Connect(t, l.url)
	require.NoError(t, l.store.CreateAccount(t.Context(), store.Account{ID: account, Name: "Лавка"}))
	return l
}

func (l *lab) open() *store.Store {
	l.Helper()
	s, err := store.Open(l.Context(), l.url, store.Options{Connections: 4, Compile: compile,
		NewID: func() int64 { return 1_000_000 + l.last.Add(1) }})
	require.NoError(l, err)
	l.Cleanup(s.Close)
	return s
}

func compile(document []byte) (*engine.Program, error) {
	checked, findings := scheme.Check(document, nodes.All(), expression.New())
	if checked == nil {
		return nil, fmt.Errorf("the test's scheme has errors: %v", findings)
	}
	return engine.Compile(checked)
}

// eventually waits until a condition holds.
func (l *lab) eventually(what string, holds func() bool) {
	l.Helper()
	tick, end := time.NewTicker(10*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer end.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end.C:
			require.FailNow(l, "it did not come true: "+what)
		}
	}
}

// throughout waits until a condition holds, and requires another one at every look until then.
func (l *lab) throughout(what string, holds func() bool, meanwhile func()) {
	l.Helper()
	l.eventually(what, func() bool {
		meanwhile()
		return holds()
	})
}

func phone(i int) string { return fmt.Sprintf("+7900%07d", i) }

// people imports n contacts with the phones of their numbers.
func (l *lab) people(n int, change ...func(i int, c *scheme.Contact)) []int64 {
	l.Helper()
	ids, err := l.store.ImportContacts(l.Context(), account, func(yield func(scheme.Contact) bool) {
		for i := range n {
			c := scheme.Contact{Phone: phone(i), Name: fmt.Sprint("Анна ", i)}
			for _, f := range change {
				f(i, &c)
			}
			if !yield(c) {
				return
			}
		}
	}, func() int64 { return l.last.Add(1) }, store.Keep)
	require.NoError(l, err)
	return ids
}

// campaign makes a scheduled campaign of a drawing for these people, whose walks begin at its start: a second ago, if
// the changes do not say otherwise.
func (l *lab) campaign(drawing string, people []int64, change ...func(*run.Campaign)) run.CampaignKey {
	l.Helper()
	return l.campaignOf(drawing, func(start engine.Instant) (list []store.Enrolled) {
		for _, contact := range people {
			list = append(list, store.Enrolled{Contact: contact, Zone: "Europe/Moscow", Start: start})
		}
		return list
	}, change...)
}

// campaignOf makes a scheduled campaign whose recipients follow from its start.
func (l *lab) campaignOf(drawing string, recipients func(start engine.Instant) []store.Enrolled, change ...func(*run.Campaign)) run.CampaignKey {
	l.Helper()
	id := l.last.Add(1)
	key := run.CampaignKey{Account: account, Campaign: id}
	c := run.Campaign{Key: key, Version: id, Name: "Весна", Zone: "Europe/Moscow", Connection: connection,
		Start: engine.At(time.Now().Add(-time.Second))}
	for _, f := range change {
		f(&c)
	}
	program, err := compile([]byte(drawing))
	require.NoError(l, err)
	for _, n := range program.Nodes {
		l.nodes[key] = append(l.nodes[key], n.ID)
	}
	require.NoError(l, l.store.PublishVersion(l.Context(), account, id, "drawing", []byte(drawing), scheme.FormatVersion))
	require.NoError(l, l.store.CreateCampaign(l.Context(), &c))
	_, err = l.store.Enrol(l.Context(), key, program.Entry, slices.Values(recipients(c.Start)))
	require.NoError(l, err)
	l.set(key, "scheduled")
	return key
}

func (l *lab) set(key run.CampaignKey, state string) {
	l.Helper()
	require.NoError(l, l.store.SetState(l.Context(), key, state))
}

// hurry makes the campaign's durations so many times shorter.
func hurry(n int) func(*run.Campaign) { return func(c *run.Campaign) { c.Hurry = n } }

func (l *lab) trace(key run.CampaignKey, i int) store.Trace {
	l.Helper()
	list, err := l.store.Trace(l.Context(), key, phone(i))
	require.NoError(l, err)
	require.Len(l, list, 1)
	return list[0]
}

// walk tells a recipient's walk in short: each block left and why, then where it stands or how it ended and why.
func (l *lab) walk(key run.CampaignKey, i int) string {
	l.Helper()
	t := l.trace(key, i)
	var words []string
	for _, s := range t.Steps {
		words = append(words, l.nodes[key][s.Node]+" "+s.Reason)
	}
	st := &t.Recipient.State
	if st.Phase == engine.Ended {
		words = append(words, fmt.Sprintf("%s (%s)", st.Outcome, t.Reason))
	} else {
		words = append(words, fmt.Sprintf("%s %s", l.nodes[key][st.Node], st.Phase))
	}
	return strings.Join(words, ", ")
}

// becomes waits until a recipient's walk reads so.
func (l *lab) becomes(key run.CampaignKey, i int, want string) {
	l.Helper()
	last := ""
	tick, end := time.NewTicker(10*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer end.Stop()
	for {
		if last = l.walk(key, i); last == want {
			return
		}
		select {
		case <-tick.C:
		case <-end.C:
			require.Equal(l, want, last, "recipient %d", i)
		}
	}
}

// finished waits until a campaign is finished, and holds its figures against its rows.
func (l *lab) finished(key run.CampaignKey) {
	l.Helper()
	l.eventually("the campaign is finished", func() bool { return l.state(key) == "finished" })
	l.sound(key)
}

// sound requires that nobody is open, that everyone has one ending, and that the figures are those of the rows.
func (l *lab) sound(key run.CampaignKey) {
	l.Helper()
	require.Zero(l, l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND (phase <> 7 OR reason IS NULL)`, key.Campaign))
	require.Zero(l, l.db.Count(`SELECT sum(open) FROM segments WHERE campaign = $1`, key.Campaign))
	// Answers and facts may come still, and are counted: the recount is of the instant of figures that are the same before and
	// after it, for figures only grow.
	for figures := l.figures(key); ; {
		recount, err := l.store.Recount(l.Context(), key)
		require.NoError(l, err)
		after := l.figures(key)
		if maps.Equal(figures, after) {
			require.Equal(l, recount, figures)
			return
		}
		figures = after
	}
}

func (l *lab) state(key run.CampaignKey) string {
	l.Helper()
	info, err := l.store.CampaignInfo(l.Context(), key)
	require.NoError(l, err)
	return info.State
}

func (l *lab) figures(key run.CampaignKey) map[run.Counter]int64 {
	l.Helper()
	f, err := l.store.Figures(l.Context(), key)
	require.NoError(l, err)
	return f
}

// figure is one of them; block "" is the campaign itself.
func (l *lab) figure(key run.CampaignKey, block, what string) int64 {
	l.Helper()
	node := int16(-1)
	for i, id := range l.nodes[key] {
		if id == block {
			node = int16(i)
		}
	}
	return l.figures(key)[run.Counter{Campaign: key, Node: node, What: what}]
}

// ended waits until so many walks of a campaign have ended.
func (l *lab) ended(key run.CampaignKey, n int64) {
	l.Helper()
	l.eventually(fmt.Sprint(n, " walks have ended"), func() bool {
		return l.db.Count(`SELECT count(*) FROM recipients WHERE campaign = $1 AND phase = 7`, key.Campaign) == n
	})
}

// accepted waits until the provider has taken so many messages of a block.
func (l *lab) accepted(key run.CampaignKey, block string, n int64) {
	l.Helper()
	l.eventually(fmt.Sprint(n, " messages are accepted"), func() bool { return l.figure(key, block, "accepted") == n })
}

// message names the message of a recipient at a block.
func (l *lab) message(key run.CampaignKey, i int, block string, attempt ...uint8) channel.Key {
	l.Helper()
	k := channel.Key{Account: key.Account, Campaign: key.Campaign, Ordinal: int64(i), Node: -1, Attempt: 1}
	for n, id := range l.nodes[key] {
		if id == block {
			k.Node = int16(n)
		}
	}
	require.NotEqual(l, int16(-1), k.Node, "no block %q", block)
	if len(attempt) > 0 {
		k.Attempt = attempt[0]
	}
	return k
}

// process is a runtime as a process has one.
type process struct {
	*run.Runtime
	lab    *lab
	inbox  *run.Inbox
	cancel context.CancelFunc
	done   chan error
}

// start starts a process whose only connection is the given provider's. It is stopped with the test, if not before.
func (l *lab) start(sender channel.Sender, change ...func(*run.Options)) *process {
	l.Helper()
	s := l.open()
	o := run.Options{Process: fmt.Sprint("process ", l.last.Add(1)), Workers: 1, Store: s, Registry: run.NewRegistry(),
		Senders: map[string]channel.Sender{connection: sender}, Caller: &hookServer{}, Compile: compile,
		Link: func(key channel.Key, n int) string { return fmt.Sprintf("https://l.example/%s/%d", key, n) },
		Log:  slog.New(slog.NewTextHandler(l.Output(), nil)), Clock: time.Now, Rand: rand.NewPCG(1, 2),
		Times: run.Times{RetryPause: 20 * time.Millisecond}}
	for _, f := range change {
		f(&o)
	}
	o.Inbox, o.Entrance = run.NewInbox(o.Store, o.Registry, o.Log), run.NewEntrance(o.Store, o.Registry, o.Log)
	r, err := run.New(o)
	require.NoError(l, err)
	p := &process{Runtime: r, lab: l, inbox: o.Inbox, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() { p.done <- r.Run(ctx) }()
	l.Cleanup(func() {
		if p.cancel != nil {
			p.stop()
		}
	})
	return p
}

// stop stops the process in order.
func (p *process) stop() {
	p.lab.Helper()
	p.cancel()
	p.cancel = nil
	require.NoError(p.lab, <-p.done)
}

// report hands reports to the process's inbox; they are stored when it returns.
func (p *process) report(reports ...channel.Report) {
	p.lab.Helper()
	require.NoError(p.lab, p.inbox.Receive(p.lab.Context(), reports))
}

// fact is a provider's word about a message, by the id that the fake provider gave it.
func fact(key channel.Key, f engine.Facts, value ...string) channel.Report {
	return channel.Report{Account: account, Connection: connection, ProviderID: providerID(key), Fact: f,
		Value: strings.Join(value, "")}
}

// The drawing: blocks and links as text, in the order given.

func block(id, typ, config string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"name":%q,"x":0,"y":0,"config":%s}`, id, typ, id, config)
}

func sms(id, decision string) string {
	return block(id, "sms", fmt.Sprintf(`{"sender":"SHOP","text":"Здравствуйте","decision_time":%q}`, decision))
}

func viber(id, decision string) string {
	return block(id, "viber", fmt.Sprintf(`{"sender":"SHOP","text":"Здравствуйте","decision_time":%q}`, decision))
}

func goal(id string) string { return block(id, "goal", `{}`) }

// link writes a link: its outcome is a type, or a type and a value with a colon between them.
func link(from, outcome, to string) string {
	typ, value, _ := strings.Cut(outcome, ":")
	text, _ := json.Marshal(value)
	return fmt.Sprintf(`{"id":"%s-%d","from":%q,"to":%q,"type":%q,"value":%s}`, from, hashOf(outcome), from, to, typ, text)
}

func hashOf(s string) (h uint32) {
	for _, b := range []byte(s) {
		h = h*31 + uint32(b)
	}
	return h
}

func draw(parts ...string) string {
	var blocks, links []string
	for _, p := range parts {
		if strings.Contains(p, `"from":`) {
			links = append(links, p)
		} else {
			blocks = append(blocks, p)
		}
	}
	return fmt.Sprintf(`{"kind":"cascade","name":"drawing","nodes":[%s],"links":[%s]}`, strings.Join(blocks, ","),
		strings.Join(links, ","))
}
