package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// call runs a command as a person would type it who has set nothing but English.
func call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = dispatch(context.Background(), terminal{in: strings.NewReader(""), out: &stdout, err: &stderr,
		env: variables("KASKAD_LANG", "en")}, args)
	return code, stdout.String(), stderr.String()
}

// put writes a file for a test.
func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const goodScheme = `{"kind": "cascade", "name": "SMS", "nodes": [
	{"id": "s", "type": "sms", "name": "Message", "config": {"sender": "SHOP", "text": "{{ contact.name ?? \"Hi\" }}"}},
	{"id": "g", "type": "goal", "name": "Reached"}],
	"links": [{"id": "1", "from": "s", "to": "g", "type": "status", "value": "delivered"}]}`

const script = `{"start": "2026-06-15T09:00:00Z", "campaign": {"zone": "Europe/Moscow"},
	"recipient": {"ordinal": 0, "zone": "Europe/Moscow", "contact": {"phone": "+79161234567"}},
	"events": [{"node": "s", "after": "5m", "type": "status", "value": "delivered"}]}`

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		code       int
		out        string // a code that must be found
	}{
		{"good", goodScheme, exitOK, `"findings":[]`},
		{"a warning is no refusal", `{"kind": "cascade", "name": "x", "nodes": [{"id": "s", "type": "sms", "config":
			{"sender": "S", "text": "t"}}], "links": []}`, exitOK, "no_goal"},
		{"an error", `{"kind": "cascade", "name": "x", "nodes": [], "links": []}`, exitNo, "empty_scheme"},
		{"not JSON", `{"kind"`, exitBadCall, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := call(t, "validate", put(t, "scheme.json", c.text))
			require.Equal(t, c.code, code)
			if c.code == exitBadCall {
				require.Empty(t, out)
				require.Equal(t, 1, strings.Count(errs, "\n"), "one line says why")
				return
			}
			require.Empty(t, errs)
			require.Contains(t, out, c.out)
			require.True(t, json.Valid([]byte(out)))
		})
	}
	code, _, errs := call(t, "validate", filepath.Join(t.TempDir(), "nowhere.json"))
	require.Equal(t, exitBadCall, code)
	require.Contains(t, errs, "nowhere.json")
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	scheme := put(t, "scheme.json", goodScheme)
	code, out, errs := call(t, "simulate", scheme, put(t, "script.json", script))
	require.Equal(t, exitOK, code, errs)
	require.JSONEq(t, `{"outcome": "goal", "goals": ["g"], "ended_at": "2026-06-15T09:05:00Z", "late": [], "unused": [],
		"steps": [{"node": "s", "entered_at": "2026-06-15T09:00:00Z", "sent_at": "2026-06-15T09:00:00Z",
			"decided_at": "2026-06-15T09:05:00Z", "link": "1", "reason": "delivered"},
			{"node": "g", "entered_at": "2026-06-15T09:05:00Z", "decided_at": "2026-06-15T09:05:00Z", "reason": "goal"}]}`, out)

	code, out, _ = call(t, "simulate", put(t, "bad.json", `{"kind": "cascade", "name": "x", "nodes": [], "links": []}`),
		put(t, "script.json", script))
	require.Equal(t, exitNo, code)
	require.Contains(t, out, "empty_scheme")

	for name, text := range map[string]string{"no JSON": "{", "no start": `{"events": []}`, "unknown block": strings.Replace(
		script, `"node": "s"`, `"node": "x"`, 1)} {
		code, out, errs := call(t, "simulate", scheme, put(t, "script.json", text))
		require.Equal(t, exitBadCall, code, name)
		require.Empty(t, out, name)
		require.Equal(t, 1, strings.Count(errs, "\n"), name)
	}
}

func TestSimulateRouting(t *testing.T) {
	t.Parallel()
	code, out, errs := call(t, "simulate", put(t, "scheme.json", `{"kind": "routing", "name": "x", "entry": "d", "nodes": [
		{"id": "d", "type": "distribute", "config": {"to": {"all": true}, "mode": "everyone", "timeout": "60s"}}],
		"links": [{"id": "1", "from": "d", "to": "d", "type": "not_accepted"}]}`), put(t, "script.json", `{"start":
		"2026-06-15T09:00:00Z", "zone": "Europe/Moscow", "message": "Hello", "operators": [{"id": "anna", "online": true,
		"limit": 1, "open": 0}], "events": [{"after": "5s", "type": "accept", "operator": "anna"}], "until": "10m"}`))
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, `"outcome":"accepted"`)
	require.Contains(t, out, `"operator":"anna"`)
}

func TestCallsThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	good := put(t, "scheme.json", goodScheme)
	for _, args := range [][]string{{"frobnicate"}, {"validate"}, {"simulate", good}, {"run", good}, {"run", "--window",
		"25:00-3", good, good}, {"run", "--days", "8", good, good}, {"run", "--nope", good, good}, {"trace", "x", "+79161234567"},
		{"trace", "1", "hello"}, {"serve", "more"}, {"run", "--start", "2026-06-15T09:00:00Z", "--end", "2026-06-14T09:00:00Z", good, good}} {
		code, out, errs := call(t, args...)
		require.Equal(t, exitBadCall, code, "%v", args)
		require.Empty(t, out, "%v", args)
		require.NotEmpty(t, errs, "%v", args)
	}
	code, out, _ := call(t, "help")
	require.Equal(t, exitOK, code)
	for _, c := range commands() {
		require.Contains(t, out, "kaskad "+c.name)
	}
}

// A campaign whose sound is not there is refused before anybody is imported, in one line that says which.
func TestARunLooksForItsFiles(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	scheme := put(t, "scheme.json", `{"kind": "cascade", "name": "Call", "nodes": [
		{"id": "v", "type": "voice", "name": "Call", "config": {"sender": "+74951234567", "audio": "greeting.mp3", "decision_time": "1h"}},
		{"id": "g", "type": "goal", "name": "Reached"}],
		"links": [{"id": "1", "from": "v", "to": "g", "type": "status", "value": "answered"}]}`)
	args := []string{"run", "--json", "--profile", "instant", "--lang", "en", "--database", url, "--data", t.TempDir(), scheme,
		put(t, "book.csv", "Телефон\n+79161234567\n")}
	code, out, errs := call(t, args...)
	require.Equal(t, exitBadCall, code, errs)
	require.Empty(t, out)
	require.Equal(t, 1, strings.Count(errs, "\n"), "one line says why: %s", errs)
	require.Contains(t, errs, "1 (v: greeting.mp3)")
	db := storetest.Connect(t, url)
	require.Zero(t, db.Count("SELECT count(*) FROM contacts"))
	require.Zero(t, db.Count("SELECT count(*) FROM versions"))
	add := func(kind string) {
		db.Exec(`INSERT INTO files (account, file, name, mark, kind, type, size, digest, made_by, made_at)
			VALUES (1, 5, 'greeting.mp3', 'm', $1, 'audio/mpeg', 1, 'd', '', now()) ON CONFLICT (account, file) DO UPDATE SET kind = $1`, kind)
	}
	add("picture")
	code, _, errs = call(t, args...)
	require.Equal(t, exitBadCall, code, errs)
	require.Contains(t, errs, "greeting.mp3")
	add("audio")
	code, _, errs = call(t, args...)
	require.Equal(t, exitOK, code, errs)
	require.EqualValues(t, 1, db.Count("SELECT count(*) FROM version_files WHERE file = 5"), "it cannot be deleted any more")
}

// TestTheMainJob runs a whole campaign of the sample book and tells one recipient's walk.
func TestTheMainJob(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	common := []string{"--database", storetest.New(t), "--data", folder}
	refused := filepath.Join(folder, "refused.csv")
	args := append([]string{"run", "--json", "--profile", "instant", "--lang", "en", "--refused", refused}, common...)
	code, out, errs := call(t, append(args, put(t, "scheme.json", goodScheme),
		"../../engine/audience/sample/contacts-windows-1251.csv")...)
	require.Equal(t, exitOK, code, errs)
	var got outcome
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "finished", got.State)
	require.Equal(t, []int{9500, 200, 300}, []int{got.Book.Contacts, got.Book.Doubles, got.Book.Refused})
	require.Equal(t, map[string]int64{"goal": 9500, "completed": 0, "failed": 0, "interrupted": 0}, got.Report.Endings)
	require.Equal(t, int64(9500), got.Report.Blocks[0].Sent)
	require.Equal(t, int64(9500), got.Report.Blocks[0].Facts["delivered"])
	require.Zero(t, got.Report.Open)
	rows, err := os.ReadFile(refused)
	require.NoError(t, err)
	table := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(rows, []byte("\ufeff"))))
	table.Comma = ';'
	records, err := table.ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 501, "a header, 300 refused and 200 doubles")

	campaign := strconv.FormatInt(got.Campaign, 10)
	code, out, errs = call(t, append([]string{"trace", "--lang", "en", campaign, "8 909 405-77-34"}, common...)...)
	require.Equal(t, exitOK, code, errs)
	for _, said := range []string{"+79094057734", `entered "Message" (sms)`, "sent to +79094057734: Александр", "the provider accepted it",
		"delivered", `link 1 to "Reached"`, "ended: goal reached"} {
		require.Contains(t, out, said)
	}
	code, _, errs = call(t, append([]string{"trace", "--lang", "en", campaign, "+79999999999"}, common...)...)
	require.Equal(t, exitNo, code)
	require.Contains(t, errs, "no recipient +79999999999")
}
