// Package conformance is what a database has to do to be one for the runtime, told by the ports of [run] alone. It runs on
// PostgreSQL and on the virtual database, so that the two cannot drift apart.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
)

// Account is the account of every world, and Connection the connection of its campaigns.
const (
	Account    = 7
	Connection = "demo"
)

// The blocks of the program that all campaigns have, see [Program].
const (
	Viber = int16(0)
	SMS   = int16(1)
	Goal  = int16(2)
)

// Program is what a world's database has to be given as the program of any document.
func Program([]byte) (*engine.Program, error) {
	return &engine.Program{Kind: scheme.Cascade, Nodes: []engine.Node{
		{ID: "v", Block: &engine.Message{Channel: "viber", Clickable: true, Attempts: 1, Decision: time.Hour,
			Offers: engine.Delivered | engine.Viewed | engine.Clicked | engine.Replied | engine.NotDelivered | engine.Unsubscribed}},
		{ID: "s", Block: &engine.Message{Channel: "sms", Attempts: 1, Decision: time.Hour,
			Offers: engine.Delivered | engine.Clicked | engine.Replied | engine.NotDelivered}},
		{ID: "g", Block: &engine.Goal{}},
	}}, nil
}

// World is an empty database with an account, and the ways to it that are no ports. Campaigns made by it have started a
// minute ago and are running; recipients are numbered from 0 and due since then.
type World interface {
	// Open gives a process its store.
	Open() run.Store
	// Contact makes a contact that agreed to some channels.
	Contact(c scheme.Contact, agreed ...string) int64
	// Campaign makes a closed campaign of contacts, OpenCampaign one without any that lets nobody in twice, and takes so many.
	Campaign(contacts ...int64) run.CampaignKey
	OpenCampaign(limit int64) run.CampaignKey
	SetState(key run.CampaignKey, state string)
	// SetTerms changes a campaign's terms, as people do while it runs.
	SetTerms(key run.CampaignKey, t Terms)
	// Cap lets a contact enter so many campaigns a day; 0: any number. Test makes a campaign a test.
	Cap(n int)
	Test(key run.CampaignKey)
	// Spoil makes a contact one that cannot be read.
	Spoil(contact int64)
	// Hold begins a transaction that has an id, and gives what ends it.
	Hold() (end func())
	// Kill ends the sessions of a worker, as the server does, and returns when their locks are free.
	Kill(worker string)
	// Segment is a segment's row.
	Segment(key run.SegmentKey) Segment
	// Walk is a recipient's row, with its walk.
	Walk(key run.CampaignKey, ordinal int64) Walk
	Figures(key run.CampaignKey) map[run.Counter]int64
	Recount(key run.CampaignKey) map[run.Counter]int64
	// Stopped gives the channels for which an address is on the stop list, sorted.
	Stopped(address string) []string
	Read(contact int64) scheme.Contact
	// Troubles counts the recipients that were reported, and that were set aside.
	Troubles(key run.CampaignKey) (reported, aside int)
	// Unknown counts the facts of messages that nobody knows.
	Unknown() int
}

// Segment is a segment's row.
type Segment struct {
	Open  int
	Due   engine.Instant // 0: none
	Epoch int64
	Woken bool
}

// Walk is a recipient with its walk.
type Walk struct {
	State    engine.State
	Ended    engine.Instant
	Reason   string
	Steps    []engine.Record
	Messages []run.MessageRow
}

// patience bounds the wait for what other transactions of the server delay.
const patience = time.Minute

// Test holds a database against the promises. Each of them has a world of its own.
func Test(t *testing.T, world func(t *testing.T) World) {
	for name, f := range map[string]func(*lab){
		"a segment has one holder":                    oneHolder,
		"what is claimed and what is not":             whatIsClaimed,
		"a killed session gives all up":               killed,
		"a batch is written whole":                    batchWhole,
		"a batch of another epoch is lost":            batchLost,
		"a batch with bad data is refused":            batchRefused,
		"a rollback leaves nothing":                   rolledBack,
		"events are read once and in order":           eventsOnce,
		"nothing is read past a running transaction":  eventsBehind,
		"facts are unique and imply others":           factsUnique,
		"facts that come before their answer":         factsEarly,
		"what is said twice and what means stop":      repliesAndStops,
		"results of webhooks":                         webhooks,
		"releasing":                                   releasing,
		"a changed campaign is not put away":          releasingChanged,
		"wakes":                                       wakes,
		"intents without an answer":                   unanswered,
		"recipients set aside":                        setAside,
		"a stop of everything interrupts other walks": interrupts,
		"contacts are changed and read":               contacts,
		"caps and consents":                           capsAndConsents,
		"caps that are changed, and tests":            capsChange,
		"a contact that cannot be read":               unreadable,
		"a rate is kept":                              rates,
		"a connection's limits are shared":            limits,
		"a winner is decided once":                    winners,
		"states of campaigns":                         states,
		"a silent process loses its sessions":         silence,
		"others are told":                             listening,
		"who enters":                                  entering,
		"entries are read until they are recipients":  entriesRead,
		"the same facts stored by many at once":       manySaves,
		"changed terms":                               termsChange,
		"a changed end of an open campaign":           termsShut,
		"a changed rate":                              termsRate,
		"accounts are apart":                          accountsApart,
		"what another server has lost":                lostIntents,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lab{T: t, World: world(t)}
			l.store = l.Open()
			f(l)
		})
	}
}

// lab is a world with a store.
type lab struct {
	*testing.T
	World
	store run.Store
}

func nobody(run.SegmentKey) bool { return false }
func here(run.SegmentKey) bool   { return true }

func (l *lab) people(n int) (list []int64) {
	for i := range n {
		list = append(list, l.Contact(scheme.Contact{Phone: fmt.Sprintf("+7900%07d", i), Name: fmt.Sprint("Анна ", i)}))
	}
	return list
}

func (l *lab) session(s run.Store, worker string) run.Session {
	l.Helper()
	session, err := s.Session(l.Context(), worker)
	require.NoError(l, err)
	l.Cleanup(session.Close)
	return session
}

func (l *lab) claims(s run.Session, ahead time.Duration) []run.Claimed {
	l.Helper()
	list, err := s.Claim(l.Context(), 10, ahead)
	require.NoError(l, err)
	return list
}

// claim takes exactly one segment.
func (l *lab) claim(s run.Session) run.Claimed {
	l.Helper()
	list := l.claims(s, time.Second)
	require.Len(l, list, 1)
	return list[0]
}

// held is a campaign of so many people, and its segment in a session's hands.
func (l *lab) held(n int) (run.CampaignKey, run.Session, run.Claimed) {
	l.Helper()
	key := l.Campaign(l.people(n)...)
	s := l.session(l.store, "one")
	return key, s, l.claim(s)
}

func message(c run.CampaignKey, ordinal int64) channel.Key {
	return channel.Key{Account: c.Account, Campaign: c.Campaign, Ordinal: ordinal, Node: Viber, Attempt: 1}
}

func update(c *run.Claimed) run.SegmentUpdate {
	return run.SegmentUpdate{Key: c.Key, Epoch: c.Epoch, Applied: c.Applied}
}

func campaignOf(c *run.Claimed) run.CampaignKey {
	return run.CampaignKey{Account: c.Key.Account, Campaign: c.Key.Campaign}
}

// launchBatch has the intents of everybody in a claimed segment, at the first block.
func launchBatch(c *run.Claimed) *run.Batch {
	camp, now := campaignOf(c), engine.Instant(1_790_000_000_000_000)
	n := int64(len(c.Recipients))
	b := &run.Batch{Segments: []run.SegmentUpdate{update(c)}, Counters: map[run.Counter]int64{
		{Campaign: camp, Node: Viber, What: "entered"}: n, {Campaign: camp, Node: Viber, What: "sent"}: n}}
	for _, r := range c.Recipients {
		b.Recipients = append(b.Recipients, run.RecipientUpdate{Campaign: camp, Ordinal: r.Ordinal, State: engine.State{Node: Viber,
			Phase: engine.Sending, Attempt: 1, Entered: now, Launched: now}})
		b.Messages = append(b.Messages, run.MessageRow{Key: message(camp, r.Ordinal), LaunchedAt: now, HandBy: now.Add(run.HandWithin),
			Address: "+79000000000", Text: "Скидка"})
	}
	return b
}

func (l *lab) commit(s run.Session, b *run.Batch, contacts ...int64) {
	l.Helper()
	_, err := s.Begin(l.Context(), map[int64][]int64{Account: contacts})
	require.NoError(l, err)
	require.NoError(l, s.Commit(l.Context(), b))
}

// launched is held with everybody's message launched.
func (l *lab) launched(n int) (run.CampaignKey, run.Session, run.Claimed) {
	l.Helper()
	key, s, c := l.held(n)
	l.commit(s, launchBatch(&c))
	return key, s, c
}

func answer(c run.CampaignKey, ordinal int64) run.Answer {
	return run.Answer{Key: message(c, ordinal), Connection: Connection, ProviderID: fmt.Sprint("p", ordinal)}
}

func report(ordinal int64, fact engine.Facts, value ...string) channel.Report {
	r := channel.Report{Account: Account, Connection: Connection, ProviderID: fmt.Sprint("p", ordinal), Fact: fact}
	if len(value) > 0 {
		r.Value = value[0]
	}
	return r
}

func (l *lab) save(held func(run.SegmentKey) bool, answers []run.Answer, reports ...channel.Report) run.Saved {
	l.Helper()
	saved, err := l.store.Save(l.Context(), answers, reports, held)
	require.NoError(l, err)
	return saved
}

func (l *lab) tick(s run.Session, c *run.Claimed, open ...bool) *run.Tick {
	l.Helper()
	t, err := s.Tick(l.Context(), []run.Cursor{{Key: c.Key, Applied: c.Applied, Open: len(open) > 0}})
	require.NoError(l, err)
	return t
}

// eventually waits until something holds: on a server that others use too it may take a while.
func (l *lab) eventually(what string, holds func() bool) {
	l.Helper()
	tick, end := time.NewTicker(2*time.Millisecond), time.NewTimer(patience)
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

// read reads so many events of a segment, moving its cursor, and sees no more than that.
func (l *lab) read(s run.Session, c *run.Claimed, n int) (list []run.Incoming) {
	l.Helper()
	l.eventually(fmt.Sprint(n, " events"), func() bool {
		t := l.tick(s, c)
		list, c.Applied = append(list, t.Events...), t.Below
		return len(list) >= n
	})
	require.Len(l, list, n)
	return list
}

func names(list []run.Incoming) []string {
	words := []string{}
	for i := range list {
		in := &list[i]
		word := map[engine.EventKind]string{engine.Acceptance: "accepted", engine.HookDone: "done", engine.HookFailed: "failed",
			engine.Interrupt: "interrupt"}[in.Kind]
		if in.Kind == engine.Fact {
			word = in.Fact.String()
		}
		words = append(words, fmt.Sprint(in.Key.Ordinal, " ", word))
	}
	slices.Sort(words)
	return words
}

// figure is one of a campaign's figures; the kept ones and the counted ones have to be the same.
func (l *lab) figure(key run.CampaignKey, node int16, what string) int64 {
	l.Helper()
	kept := l.Figures(key)
	require.Equal(l, l.Recount(key), kept)
	return kept[run.Counter{Campaign: key, Node: node, What: what}]
}

func (l *lab) release(s run.Session, c run.Claimed, due engine.Instant) bool {
	l.Helper()
	ok, err := s.Release(l.Context(), c, due)
	require.NoError(l, err)
	return ok
}

// broken requires that a session has ended, and that it does not say that it only lost a segment.
func (l *lab) broken(s run.Session) {
	l.Helper()
	_, err := s.Tick(l.Context(), nil)
	require.Error(l, err)
	require.False(l, errors.Is(err, run.ErrLost) || errors.Is(err, run.ErrData), "%v", err)
	_, err = s.Claim(context.WithoutCancel(l.Context()), 1, time.Hour)
	require.Error(l, err)
}
