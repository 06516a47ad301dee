package store

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/channel"
)

func answerOf(i int) answerRow {
	return answerRow{source: source{1, "demo", strconv.Itoa(i)}, key: channel.Key{Account: 1, Campaign: 2, Ordinal: int64(i), Attempt: 1}}
}

func TestRecentAnswersAreFoundAndBounded(t *testing.T) {
	t.Parallel()
	var r recent
	look := func(i int) (channel.Key, bool) {
		facts, found := []fact{{source: answerOf(i).source}}, []bool{false}
		r.find(facts, found)
		return facts[0].key, found[0]
	}
	_, known := look(0)
	require.False(t, known)
	for i := range 3*recentAnswers + 1 {
		r.add([]answerRow{answerOf(i)})
	}
	require.LessOrEqual(t, len(r.young)+len(r.old), 2*recentAnswers)
	for _, i := range []int{3 * recentAnswers, 2*recentAnswers + 1, 2 * recentAnswers} {
		key, known := look(i)
		require.True(t, known)
		require.Equal(t, answerOf(i).key, key)
	}
	_, known = look(0)
	require.False(t, known, "the oldest ones are forgotten")
}

func TestRecentAnswersLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	var r recent
	r.add([]answerRow{answerOf(1)})
	other := channel.Key{Account: 1, Campaign: 9, Ordinal: 9, Attempt: 1}
	facts := []fact{{source: answerOf(1).source, key: other}, {key: other}, {source: source{1, "other", "1"}}, {source: answerOf(1).source}}
	found := []bool{true, false, false, false}
	r.find(facts, found)
	require.Equal(t, []bool{true, false, false, true}, found)
	require.Equal(t, other, facts[0].key, "what was found already stays")
	require.Equal(t, other, facts[1].key, "a fact by our own key is looked up elsewhere")
	require.Equal(t, answerOf(1).key, facts[3].key)
}
