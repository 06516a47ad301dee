package store

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/channel"
)

func answerOf(i int) answerRow {
	a := answerRow{source: source{1, "demo", strconv.Itoa(i)}, key: channel.Key{Account: 1, Campaign: int64(i % 7), Ordinal: int64(i), Attempt: 1}}
	a.id = a.source.id()
	return a
}

func factOf(i int, code engine.Facts, implied bool) fact {
	a := answerOf(i)
	return fact{source: a.source, id: a.id, key: a.key, code: int32(code), implied: implied}
}

// ask looks for one message.
func (m *memory) ask(i int) (fact, bool) {
	a := answerOf(i)
	facts, found := []fact{{source: a.source, id: a.id}}, []bool{false}
	m.find(facts, found)
	return facts[0], found[0]
}

func TestMessagesAreRememberedAndBounded(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 32, unsafe.Sizeof(remembered{}))
	m := newMemory(64 * 2 * firstPlaces * 5)
	_, known := m.ask(0)
	require.False(t, known)
	room := m.most / 4 * 3
	for i := range 5*room + 1 {
		m.accepted([]answerRow{answerOf(i)})
	}
	require.LessOrEqual(t, (len(m.young.places)+len(m.old.places))*32, 64*2*firstPlaces*5)
	for i := 4*room + 1; i < 5*room+1; i += 100 {
		f, known := m.ask(i)
		require.True(t, known, i)
		require.Equal(t, answerOf(i).key, f.key)
	}
	_, known = m.ask(0)
	require.False(t, known, "the oldest ones are forgotten")
	m.forget()
	_, known = m.ask(5 * room)
	require.False(t, known)
}

func TestWhatIsAskedForIsNotTheNextToBeForgotten(t *testing.T) {
	t.Parallel()
	m := newMemory(1)
	m.stored([]fact{factOf(0, engine.Delivered, false)})
	for i := range 10 * m.most {
		m.accepted([]answerRow{answerOf(i + 1)})
		f, known := m.ask(0)
		require.True(t, known, i)
		require.Equal(t, engine.Delivered, f.real, "with what is known of it")
	}
}

func TestMemoryLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	m := newMemory(0)
	m.accepted([]answerRow{answerOf(1)})
	other := channel.Key{Account: 1, Campaign: 9, Ordinal: 9, Attempt: 1}
	strange := fact{source: source{1, "dem", "o1"}}
	strange.id = strange.source.id()
	asked := factOf(1, engine.Delivered, false)
	asked.key = other
	facts := []fact{asked, {key: other}, strange, asked}
	found := []bool{true, false, false, false}
	m.find(facts, found)
	require.Equal(t, []bool{true, false, false, true}, found)
	require.Equal(t, other, facts[0].key, "what was found already stays")
	require.Equal(t, other, facts[1].key, "a fact by our own key is looked up elsewhere")
	require.Equal(t, answerOf(1).key, facts[3].key)
	far := answerOf(2)
	far.key.Ordinal = math.MaxUint32 + 1
	m.accepted([]answerRow{far})
	_, known := m.ask(2)
	require.False(t, known, "no entry can hold it")
}

func TestManyCampaignsAreNotRememberedForEver(t *testing.T) {
	t.Parallel()
	m := newMemory(16 << 20)
	for i := range maxCampaigns + 10 {
		a := answerOf(i)
		a.key.Campaign = int64(i)
		m.accepted([]answerRow{a})
		f, known := m.ask(i)
		require.True(t, known)
		require.Equal(t, int64(i), f.key.Campaign)
	}
	require.LessOrEqual(t, len(m.campaigns), maxCampaigns)
}

// What the memory tells of a message is what it was told, or less.
func TestMemoryNeverTellsMoreThanItWasTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory(1)
		stored, real := map[int]engine.Facts{}, map[int]engine.Facts{}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			i := rapid.IntRange(0, 3_000).Draw(t, "message")
			if rapid.Bool().Draw(t, "tell") {
				code := engine.Facts(1) << rapid.IntRange(0, 10).Draw(t, "fact")
				implied := rapid.Bool().Draw(t, "implied")
				m.stored([]fact{factOf(i, code, implied)})
				if stored[i] |= code; !implied {
					real[i] |= code
				}
				for range rapid.IntRange(0, 50).Draw(t, "others") {
					m.accepted([]answerRow{answerOf(10_000 + int(m.young.places[0].ordinal) + m.young.used)})
				}
			}
			f, known := m.ask(i)
			if known {
				require.Equal(t, answerOf(i).key, f.key)
			}
			require.Zero(t, f.stored&^stored[i])
			require.Zero(t, f.real&^real[i])
			require.Zero(t, f.real&^f.stored)
		}
	})
}

func TestRepliesAreNotTakenForRepeats(t *testing.T) {
	t.Parallel()
	m := newMemory(0)
	reply := factOf(1, engine.Replied, false)
	reply.unique = "r1"
	stop := factOf(1, engine.Unsubscribed, false)
	stop.unique = stopsAll
	m.stored([]fact{reply, stop, factOf(1, engine.Delivered, true)})
	f, known := m.ask(1)
	require.True(t, known || f.stored == 0)
	require.Equal(t, engine.Delivered, f.stored, "only what a message can have once")
	f.code, f.implied = int32(engine.Delivered), true
	require.True(t, f.repeated())
	f.implied = false
	require.False(t, f.repeated())
	require.True(t, f.promotes())
}

func TestRepliesAreRememberedOneByOne(t *testing.T) {
	t.Parallel()
	reply := func(message int, code engine.Facts, unique string) fact {
		f := factOf(message, code, false)
		f.unique = unique
		return f
	}
	byKey := reply(1, engine.Replied, "r1")
	byKey.id = messageID{}
	asked := []fact{reply(1, engine.Replied, "r1"), reply(1, engine.Replied, "r2"), reply(2, engine.Replied, "r1"),
		reply(1, engine.Pressed, "r1"), factOf(1, engine.Replied, false), byKey}
	m := newMemory(0)
	m.repeats(asked)
	for i := range asked {
		require.False(t, asked[i].repeated(), i)
	}
	m.stored([]fact{asked[0], byKey})
	m.repeats(asked)
	for i := range asked {
		require.Equal(t, i == 0, asked[i].repeated(), i)
	}
	f, known := m.ask(1)
	require.False(t, known, "a reply is no message")
	require.Zero(t, f.key)
	m.forget()
	m.repeats(asked[:1])
	require.False(t, asked[0].repeated())
}

func TestMessagesNamesDoNotRunTogether(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("я", maxIdentifier/2)
	names := []source{{1, "a", "bc"}, {1, "ab", "c"}, {2, "a", "bc"}, {1, "", "abc"}, {1, long, long}, {1, long, long[2:]}}
	seen := map[messageID]bool{{}: true}
	for _, s := range names {
		require.False(t, seen[s.id()], s)
		seen[s.id()] = true
	}
}
