//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
	"kaskad/engine/store/storetest"
	"kaskad/nodes/demo"
	demodriver "kaskad/nodes/demo/driver"
)

// audit is everything that the database says of finished campaigns, held against what the provider was asked for.
type audit struct {
	*world
	actor    *demo.Actor
	walks    map[walk]*walkRows
	messages map[channel.Key]messageRow
	answers  map[string]answerRow // by the provider's id
	asked    map[channel.Key][]demodriver.Request
}

// walk names a recipient.
type walk struct{ campaign, ordinal int64 }

type walkRows struct {
	recipientRow
	steps    []stepRow
	launches map[int16]int // by block
}

type recipientRow struct {
	Campaign, Ordinal    int64
	Zone                 string
	Node, Phase, Outcome int16
	Ended, Wake          *time.Time
	Reason               string
}

type stepRow struct {
	Campaign, Ordinal    int64
	Node, Link, Attempts int16
	Entered, Decided     time.Time
	Sent                 *time.Time
	Reason               string
}

type messageRow struct {
	channel.Key
	Launched, HandBy time.Time
	Address, Text    string
	Content          []byte
}

type answerRow struct {
	channel.Key
	ProviderID string
}

type factRow struct {
	channel.Key
	Fact  int32
	Value string
}

const keyColumns = "account, campaign, ordinal, node, attempt"

// newAudit reads all rows. The ledgers are read after them, so that what was asked for meanwhile is no stranger.
func (w *world) newAudit() *audit {
	w.Helper()
	a := &audit{world: w, walks: map[walk]*walkRows{}, messages: map[channel.Key]messageRow{},
		answers: map[string]answerRow{}, asked: map[channel.Key][]demodriver.Request{}}
	profile, err := demo.ParseProfile(w.profile)
	require.NoError(w, err)
	profile.Seed, profile.Scale = w.seed, float64(w.hurry)
	a.actor, err = demo.NewActor(profile)
	require.NoError(w, err)
	for _, r := range storetest.Rows[recipientRow](w.db, `SELECT campaign, ordinal, zone, node, phase, outcome, ended_at,
		wake_at, coalesce(reason, '') FROM recipients`) {
		a.walks[walk{r.Campaign, r.Ordinal}] = &walkRows{recipientRow: r, launches: map[int16]int{}}
	}
	for _, s := range storetest.Rows[stepRow](w.db, `SELECT campaign, ordinal, node, link, attempts, entered_at, decided_at,
		sent_at, reason FROM steps ORDER BY campaign, ordinal, decided_at, entered_at`) {
		rows := a.walks[walk{s.Campaign, s.Ordinal}]
		require.NotNil(w, rows, "a step of nobody: %+v", s)
		rows.steps = append(rows.steps, s)
	}
	for _, m := range storetest.Rows[messageRow](w.db, "SELECT "+keyColumns+`, launched_at, hand_by, address, text, content
		FROM messages`) {
		rows := a.walks[walk{m.Campaign, m.Ordinal}]
		require.NotNil(w, rows, "a message of nobody: %s", m.Key)
		rows.launches[m.Node]++
		a.messages[m.Key] = m
	}
	for _, r := range storetest.Rows[answerRow](w.db, "SELECT "+keyColumns+", provider_id FROM answers") {
		a.answers[r.ProviderID] = r
	}
	a.readLedgers()
	return a
}

func (a *audit) readLedgers() {
	a.Helper()
	clear(a.asked)
	for r, err := range demodriver.Requests(a.ledgers()) {
		require.NoError(a, err)
		a.asked[r.Key] = append(a.asked[r.Key], r)
	}
}

// everyoneEndedOnce: each recipient has ended, in one outcome, by one path of links that begins at the entry.
func (a *audit) everyoneEndedOnce() {
	a.Helper()
	ends := map[run.CampaignKey]map[engine.Outcome]int64{}
	for _, key := range a.keys {
		ends[key] = map[engine.Outcome]int64{}
	}
	for id, rows := range a.walks {
		require.Equal(a, int16(engine.Ended), rows.Phase, "recipient %v", id)
		require.Contains(a, outcomes, engine.Outcome(rows.Outcome), "recipient %v", id)
		ends[run.CampaignKey{Account: defaultAccount, Campaign: id.campaign}][engine.Outcome(rows.Outcome)]++
		a.onePath(id, rows)
	}
	for _, key := range a.keys {
		info := a.info(key)
		require.Zero(a, info.Open)
		figures, err := a.store.Figures(a.Context(), key)
		require.NoError(a, err)
		sum := int64(0)
		for _, outcome := range outcomes {
			n := figures[run.Counter{Campaign: key, Node: -1, What: "end:" + outcome.String()}]
			require.Equal(a, ends[key][outcome], n, "the counter of %s", outcome)
			sum += n
		}
		require.Equal(a, info.Recipients, sum)
	}
}

// onePath follows the links that a recipient's steps took.
func (a *audit) onePath(id walk, rows *walkRows) {
	a.Helper()
	if len(rows.steps) == 0 { // interrupted before the first block
		require.Equal(a, int16(engine.Interrupted), rows.Outcome, "recipient %v", id)
		require.Empty(a, rows.launches, "recipient %v", id)
		return
	}
	byNode := map[int16]stepRow{}
	for _, s := range rows.steps {
		byNode[s.Node] = s
	}
	node, entered, walked := a.program.Entry, byNode[a.program.Entry].Entered, 0
	for {
		s, ok := byNode[node]
		require.True(a, ok, "recipient %v came to block %d and did not leave it: %+v", id, node, rows.steps)
		walked++
		require.Equal(a, entered, s.Entered, "recipient %v at block %d", id, node)
		require.Equal(a, int(s.Attempts), rows.launches[node], "launches of recipient %v at block %d", id, node)
		require.Equal(a, s.Attempts > 0, s.Sent != nil, "recipient %v at block %d", id, node)
		if s.Link < 0 {
			break
		}
		node, entered = a.program.Nodes[node].Links[s.Link].To, s.Decided
	}
	require.Equal(a, node, rows.Node, "recipient %v", id)
	require.Equal(a, byNode[node].Reason, rows.Reason, "recipient %v", id)
	require.Len(a, rows.steps, walked, "recipient %v has steps beside its path", id)
	for node := range rows.launches {
		require.Contains(a, byNode, node, "recipient %v has a message of a block beside its path", id)
	}
}

// askedOnce: each message was really sent at most once, none without an intent, and each request was for what the intent
// says. A provider that can be asked, or that drops repeats, is what it takes to find out; one that can neither is not
// asked again once it may have sent.
func (a *audit) askedOnce() {
	a.Helper()
	tallies, err := demodriver.ReadLedger(a.ledgers())
	require.NoError(a, err)
	for key, tally := range tallies {
		require.LessOrEqual(a, tally.Sent, 1, "message %s was sent more than once: %+v", key, a.asked[key])
		if !a.actor.Profile().Repeats {
			require.Zero(a, tally.Repeated, "message %s", key)
		}
	}
	for key, requests := range a.asked {
		m, ok := a.messages[key]
		require.True(a, ok, "message %s was asked for without an intent", key)
		content := engine.Content{}
		if m.Content != nil {
			require.NoError(a, json.Unmarshal(m.Content, &content))
		}
		for _, r := range requests {
			require.Equal(a, m.Address, r.Address, "message %s", key)
			require.Equal(a, m.Text, r.Text, "message %s", key)
			require.Equal(a, a.program.Nodes[key.Node].Type, r.Channel, "message %s", key)
			require.Equal(a, demo.TraitsOf(&content), r.Traits, "message %s", key)
		}
	}
	for id, answer := range a.answers {
		require.Contains(a, a.sentIDs(answer.Key), id, "the answer to message %s is not the provider's", answer.Key)
	}
	for id, rows := range a.walks {
		for _, s := range rows.steps {
			if s.Reason == "error:"+engine.Unreachable {
				key := channel.Key{Account: defaultAccount, Campaign: id.campaign, Ordinal: id.ordinal, Node: s.Node, Attempt: 1}
				for _, sent := range a.sentIDs(key) {
					require.Fail(a, "the provider was reached", "recipient %v at block %d: %+v\nintent %+v\nanswer %+v\nasked %+v",
						id, s.Node, s, a.messages[key], a.answers[sent], a.asked[key])
				}
			}
		}
	}
}

// sentIDs are the provider's ids under which a message was sent.
func (a *audit) sentIDs(key channel.Key) (list []string) {
	for _, r := range a.asked[key] {
		if r.Decision.Sends() {
			list = append(list, a.actor.ProviderID(&key, uint8(r.Asking)))
		}
	}
	return list
}

// facts are told apart by what they say of which message; those of messages whose answer was lost by the provider's id.
type factID struct {
	key      channel.Key
	provider string
	fact     engine.Facts
	value    string
}

// expected is what the provider has reported, or will have, of all messages that it sent.
func (a *audit) expected() map[factID]bool {
	list := map[factID]bool{}
	var fate demo.Fate
	for key, requests := range a.asked {
		for _, r := range requests {
			if !r.Decision.Sends() {
				continue
			}
			request := demo.Request{Key: key, Part: a.actor.Part(r.Channel), Asking: uint8(r.Asking), Traits: r.Traits}
			id := a.actor.ProviderID(&key, uint8(r.Asking))
			_, answered := a.answers[id]
			a.actor.Fate(&request, &fate)
			for _, e := range fate.Events[:fate.Count] {
				f := factID{key: key, fact: e.Fact, value: e.Value}
				if !answered {
					f.key, f.provider = channel.Key{}, id
				} else if e.Fact == engine.Replied && engine.IsStop(e.Value, engine.DefaultStopWords()) {
					f.fact = engine.Unsubscribed
				}
				list[f] = true
			}
		}
	}
	return list
}

// refused are the facts that providers' refusals may have become.
func (a *audit) refused() map[factID]bool {
	list := map[factID]bool{}
	for key, requests := range a.asked {
		for _, r := range requests {
			if r.Decision == demo.Refused {
				list[factID{key: key, fact: engine.Failed, value: r.Reason}] = true
			}
		}
	}
	return list
}

// stored are the facts in the database, of known messages and of others, apart from what is only implied.
func (a *audit) stored() map[factID]bool {
	a.Helper()
	list := map[factID]bool{}
	for _, r := range storetest.Rows[factRow](a.db, "SELECT "+keyColumns+`, fact, value FROM facts
		WHERE NOT implied AND node >= 0`) {
		list[factID{key: r.Key, fact: engine.Facts(r.Fact), value: r.Value}] = true
	}
	type unknownRow struct {
		ProviderID string
		Fact       int32
		Value      string
	}
	for _, r := range storetest.Rows[unknownRow](a.db, "SELECT provider_id, fact, value FROM unknown_facts") {
		list[factID{provider: r.ProviderID, fact: engine.Facts(r.Fact), value: r.Value}] = true
	}
	return list
}

// noFactLost: whatever the provider reported is stored, and nothing else. The provider goes on until its reports are
// taken, and whoever takes over its ledger goes on from the last mark; so everything that was to come has to be there in
// the end, and what was acknowledged to a process that was killed right after is not reported again.
func (w *world) noFactLost(working ...*process) {
	w.Helper()
	a := w.newAudit()
	expected := a.expected()
	var lost []factID
	until(w, time.Minute, "all reports stored", func() bool {
		for _, p := range working {
			p.alive()
		}
		stored := a.stored()
		lost = lost[:0]
		for f := range expected {
			if !stored[f] {
				lost = append(lost, f)
			}
		}
		return len(lost) == 0
	})
	refused := a.refused()
	for f := range a.stored() {
		require.True(w, expected[f] || refused[f], "the provider never said %+v", f)
	}
}

// countsAgree: the figures that are kept by deltas are those that counting the rows gives.
func (a *audit) countsAgree() {
	a.Helper()
	for _, key := range a.keys {
		kept, err := a.store.Figures(a.Context(), key)
		require.NoError(a, err)
		counted, err := a.store.Recount(a.Context(), key)
		require.NoError(a, err)
		maps.DeleteFunc(kept, func(_ run.Counter, n int64) bool { return n == 0 })
		require.Equal(a, counted, kept)
	}
	require.Empty(a, storetest.Rows[struct{ What string }](a.db, "SELECT what FROM troubles"))
}

// summary says what happened, so that a run shows that it was one worth looking at.
func (a *audit) summary() string {
	decisions := map[demo.Decision]int{}
	for _, requests := range a.asked {
		for _, r := range requests {
			decisions[r.Decision]++
		}
	}
	text := fmt.Sprintf("%d recipients, %d intents, %d answers, %d asked for; requests:", len(a.walks), len(a.messages),
		len(a.answers), len(a.asked))
	for _, d := range slices.Sorted(maps.Keys(decisions)) {
		text += fmt.Sprintf(" %c %d", d, decisions[d])
	}
	return text
}

// check holds finished campaigns against all that must be true of them. The processes go on until the provider has said
// everything, and are stopped in order then.
func (w *world) check(working ...*process) {
	w.Helper()
	w.noFactLost(working...)
	for _, p := range working {
		p.stop()
	}
	a := w.newAudit()
	w.Log(a.summary())
	a.everyoneEndedOnce()
	a.askedOnce()
	a.countsAgree()
}
