package simulate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/simulate"
	"kaskad/engine/words"
)

// everyBlock is a cascade with every block that may stand in one.
const everyBlock = `{"kind": "cascade", "name": "every block", "nodes": [
	{"id": "v", "type": "viber", "name": "v", "x": 0, "y": 0, "config": {"sender": "S", "text": "{{ link(\"https://shop.example/\") }}",
		"decision_time": "2h"}},
	{"id": "s", "type": "sms", "name": "s", "x": 0, "y": 0, "config": {"sender": "S", "text": "Hello",
		"window": {"zone": "recipient", "days": [1, 7], "from": "22:00", "to": "03:00"}}},
	{"id": "c", "type": "voice", "name": "c", "x": 0, "y": 0, "config": {"sender": "S", "text": "Hello", "redial": {"attempts": 3, "interval": "10m"},
		"ivr": {"1": {"action": "record"}, "9": {"action": "unsubscribe"}}}},
	{"id": "d", "type": "delay", "name": "d", "x": 0, "y": 0, "config": {"for": "1d", "until": {"time": "02:30"}}},
	{"id": "t", "type": "split", "name": "t", "x": 0, "y": 0, "config": {"variants": [{"id": "a", "weight": 1}, {"id": "b", "weight": 2}],
		"winner": {"share": 20, "wait": "4h", "metric": "clicked", "min": 1}}},
	{"id": "i", "type": "condition", "name": "i", "x": 0, "y": 0, "config": {"branches": [{"id": "m", "when": "contact.attributes.city == \"x\""}]}},
	{"id": "h", "type": "webhook", "name": "h", "x": 0, "y": 0, "config": {"url": "https://crm.example/"}},
	{"id": "u", "type": "update", "name": "u", "x": 0, "y": 0, "config": {"set": {"city": "contact.name"}}},
	{"id": "g", "type": "goal", "name": "g", "x": 0, "y": 0, "config": {}}], "links": [
	{"id": "1", "from": "v", "to": "d", "type": "status", "value": "delivered"}, {"id": "2", "from": "v", "to": "s", "type": "status", "value": "not_delivered"},
	{"id": "3", "from": "v", "to": "u", "type": "reply", "value": "says(reply, \"да\")"}, {"id": "4", "from": "d", "to": "t", "type": "next"},
	{"id": "5", "from": "t", "to": "c", "type": "variant", "value": "a"}, {"id": "6", "from": "t", "to": "s", "type": "variant", "value": "b"},
	{"id": "7", "from": "s", "to": "c", "type": "status", "value": "not_delivered"}, {"id": "8", "from": "c", "to": "h", "type": "ivr", "value": "1"},
	{"id": "9", "from": "c", "to": "h", "type": "status", "value": "no_answer"}, {"id": "10", "from": "h", "to": "u", "type": "next"},
	{"id": "11", "from": "h", "to": "g", "type": "error"}, {"id": "12", "from": "u", "to": "i", "type": "next"},
	{"id": "13", "from": "i", "to": "g", "type": "branch", "value": "m"}, {"id": "14", "from": "i", "to": "g", "type": "branch", "value": "else"}]}`

func TestScriptMistakes(t *testing.T) {
	t.Parallel()
	p := compile(t, []byte(everyBlock))
	event := func(e string) string { return `{"start": "2026-06-15T09:00:00Z", "events": [` + e + `]}` }
	for script, want := range map[string]string{
		``:                                     "EOF",
		`[]`:                                   "does not fit",
		`{}`:                                   `"start"`,
		`nil`:                                  "invalid",
		`{"start": "2026-06-15T09:00:00Z"} {}`: "after its end",
		`{"start": "tomorrow"}`:                "tomorrow",
		`{"start": "0001-01-01T00:00:01Z"}`:    `"start": a year`,
		`{"start": "9999-01-01T00:00:00Z"}`:    `"start": a year`,
		`{"start": "2026-06-15T09:00:00Z", "begin": 1}`:                                                                        "begin",
		`{"start": "2026-06-15T09:00:00Z", "recipient": {"ordinal": -1}}`:                                                      "recipient.ordinal",
		`{"start": "2026-06-15T09:00:00Z", "recipient": {"zone": "Mars/Base"}}`:                                                "Mars/Base",
		`{"start": "2026-06-15T09:00:00Z", "recipient": {"contact": {"zone": "Local"}}}`:                                       "Local",
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"zone": "../etc"}}`:                                                    "../etc",
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"winner": {"x": "a"}}}`:                                                `no A/B block "x"`,
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"winner": {"v": "a"}}}`:                                                `no A/B block "v"`,
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"winner": {"t": "z"}}}`:                                                `no variant "z"`,
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"window": {"zone": "recipient"}}}`:                                     "campaign.window",
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"window": {"days": [8]}}}`:                                             "1 (Monday) to 7",
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"window": {"zone":"X","days": [1]}}}`:                                  `"X"`,
		`{"start": "2026-06-15T09:00:00Z", "campaign": {"window": {"zone":"sender","days": [1],"from":"24:00","to":"24:00"}}}`: "24:00",
		event(`{"node": "x", "after": "1s", "type": "reply"}`):                                                                 `events[0].node": no block "x"`,
		event(`{"node": "v", "type": "reply"}`):                                                                                `events[0].after": missing`,
		event(`{"node": "v", "after": "-1s", "type": "reply"}`):                                                                "duration",
		event(`{"node": "v", "after": "3661d", "type": "reply"}`):                                                              "at most 3660 days",
		event(`{"node": "v", "after": "90000h", "type": "reply"}`):                                                             "at most 3660 days",
		event(`{"node": "v", "after": "1s", "type": "call"}`):                                                                  `no type "call"`,
		event(`{"node": "v", "after": "1s", "type": "status", "value": "opened"}`):                                             `no status "opened"`,
		event(`{"node": "c", "after": "1s", "type": "ivr", "value": "10"}`):                                                    `no key "10"`,
		event(`{"node": "c", "after": "1s", "type": "ivr"}`):                                                                   `no key ""`,
		event(`{"node": "c", "after": "1s", "type": "ivr", "value": "1", "attempt": 256}`):                                     "attempt",
		event(`{"node": "c", "after": "1s", "type": "ivr", "value": "1", "attempt": -1}`):                                      "attempt",
		event(`{"node": "c", "after": "1s", "type": "ivr", "value": "1", "when": "now"}`):                                      "when",
		event(`{"node": "c", "after": "1s", "type": "ivr", "value": 1}`):                                                       "does not fit",
		`{"start": "2026-06-15T09:00:00Z", "name": "` + strings.Repeat("x", 4<<20) + `"}`:                                      "larger than",
		`{"start": "2026-06-15T09:00:00Z", "recipient": {"ordinal": 99999999999999999999999999999}}`:                           "ordinal",
	} {
		_, err := simulate.Cascade(p, []byte(script), nil)
		require.ErrorContains(t, err, want, "%.200s", script)
		require.Regexp(t, `\p{Cyrillic}`, words.Of(err).In(words.Russian), "%.200s", script)
	}
}

func TestPlaceOfAMistake(t *testing.T) {
	t.Parallel()
	p := compile(t, []byte(everyBlock))
	_, err := simulate.Cascade(p, []byte(`{"start": "2026-06-15T09:00:00Z", "events": [{"node": "x", "after": "1s", "type": "reply"}]}`), nil)
	field, what := simulate.Place(err)
	require.Equal(t, "events[0].node", field)
	require.Equal(t, `no block "x"`, what.In(words.English))
	require.Equal(t, "блока «x» нет", what.In(words.Russian))
	_, err = simulate.Cascade(p, []byte(`{} x`), nil)
	field, what = simulate.Place(err)
	require.Empty(t, field)
	require.Equal(t, err.Error(), what.In(words.English))
}

func TestZoneOfThePhone(t *testing.T) {
	t.Parallel()
	doc := `{"kind": "cascade", "name": "case", "nodes": [{"id": "d", "type": "delay", "name": "d", "x": 0, "y": 0, "config": {"until": {"time": "10:00"}}},
		{"id": "g", "type": "goal", "name": "g", "x": 0, "y": 0, "config": {}}], "links": [{"id": "1", "from": "d", "to": "g", "type": "next"}]}`
	zoneOf := func(phone string) string { return map[string]string{"+79241234567": "Asia/Vladivostok"}[phone] }
	for contact, want := range map[string]string{
		`{"phone": "+79241234567"}`:                        "2026-06-16T00:00:00Z",
		`{"phone": "+79241234567", "zone": "Asia/Tokyo"}`:  "2026-06-16T01:00:00Z",
		`{"phone": "+70000000000"}`:                        "2026-06-16T07:00:00Z",
		`{"phone": "+79241234567", "attributes": {"a":1}}`: "2026-06-16T00:00:00Z",
	} {
		script := `{"start": "2026-06-15T12:00:00Z", "campaign": {"zone": "Europe/Moscow"}, "recipient": {"contact": ` + contact + `}}`
		result, err := simulate.Cascade(compile(t, []byte(doc)), []byte(script), zoneOf)
		require.NoError(t, err)
		got, err := json.Marshal(result.EndedAt)
		require.NoError(t, err)
		require.Equal(t, `"`+want+`"`, string(got), contact)
	}
}

// TestLargeScript would take minutes if the order of events were searched for.
func TestLargeScript(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"start": "2026-06-15T09:00:00Z", "events": [`)
	for i := range 15_000 {
		fmt.Fprintf(&b, `{"node": "v", "after": "%ds", "type": "status", "value": "clicked"},`, 7200+i*7919%15_000)
	}
	b.WriteString(`{"node": "v", "after": "1m", "type": "reply", "value": "да"}]}`)
	result, err := simulate.Cascade(compile(t, []byte(everyBlock)), []byte(b.String()), nil)
	require.NoError(t, err)
	require.Equal(t, "goal", result.Outcome)
	require.Len(t, result.Late, 15_000)
}

func FuzzCascadeScript(f *testing.F) {
	files, err := filepath.Glob("testdata/cascade/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		var c cascadeCase
		require.NoError(f, json.Unmarshal(data, &c))
		f.Add([]byte(c.Script))
	}
	f.Add([]byte(`{"start": "2026-06-15T09:00:00Z", "campaign": {"winner": {"t": "a"}}, "events": [
		{"node": "v", "after": "1m", "type": "status", "value": "delivered"}, {"node": "c", "after": "0s", "type": "ivr", "value": "1"},
		{"node": "c", "after": "3660d", "type": "status", "value": "answered"}, {"node": "h", "after": "3660d", "type": "error", "value": "500"}]}`))
	f.Add([]byte(`{"start": "2026-06-15T09:00:00.5+14:00", "recipient": {"zone": "Pacific/Apia"}, "events": [
		{"node": "v", "after": "0s", "type": "reply", "value": "да"}, {"node": "v", "after": "0s", "type": "reply", "value": "стоп"}]}`))
	p := compile(f, []byte(everyBlock))
	f.Fuzz(func(t *testing.T, script []byte) {
		result, err := simulate.Cascade(p, script, nil)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEqual(t, "open", result.Outcome)
		require.NotEmpty(t, result.Steps)
		data, err := json.Marshal(result)
		require.NoError(t, err)
		require.True(t, json.Valid(data))
	})
}
