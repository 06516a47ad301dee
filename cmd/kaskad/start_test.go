//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/storetest"
)

// planned is a recipient as it was enrolled.
type planned struct {
	Ordinal int64
	Zone    string
	Start   time.Time
}

// enrolled makes the campaign that some flags ask for, of phones in two zones and of one nobody knows, and gives its
// recipients.
func enrolled(t *testing.T, flags ...string) (list []planned, campaignStart time.Time) {
	t.Helper()
	address := storetest.New(t)
	var rows strings.Builder
	rows.WriteString("phone;zone\n")
	for i := range 60 {
		fmt.Fprintf(&rows, "+7916%07d;%s\n", i, []string{"Europe/Moscow", "Asia/Vladivostok", ""}[i%3])
	}
	book, file := put(t, "book.csv", rows.String()), put(t, "scheme.json", goodScheme)
	l := &launch{}
	c, errs := parseConfig(append(flags, "--database", address, "--data", t.TempDir(), file, book), func(string) string { return "" }, l.flags()...)
	require.Empty(t, errs)
	require.NoError(t, l.finish())
	r := &campaignRun{t: terminal{env: func(string) string { return "" }}, c: c, l: l, w: speak("en"), log: quiet(c, terminal{err: t.Output()})}
	l.json = true
	checked, _, err := readScheme(file)
	require.NoError(t, err)
	r.program, err = engine.Compile(checked)
	require.NoError(t, err)
	r.d, err = openDatabase(t.Context(), c, r.log)
	require.NoError(t, err)
	defer r.d.close()
	r.account, err = ensureAccount(t.Context(), r.d, c)
	require.NoError(t, err)
	b, err := importBook(t.Context(), r.d, book, l, r.account, r.ids.next)
	require.NoError(t, err)
	document, err := readFile(file, scheme.MaxBytes)
	require.NoError(t, err)
	require.NoError(t, r.create(t.Context(), checked, document, b))
	db := storetest.Connect(t, address)
	list = storetest.Rows[planned](db, `SELECT ordinal, zone, wake_at FROM recipients WHERE campaign = $1 ORDER BY ordinal`, r.key.Campaign)
	info, err := r.d.CampaignInfo(t.Context(), r.key)
	require.NoError(t, err)
	require.Len(t, list, 60)
	return list, info.Start
}

func TestAStartOnEachRecipientsOwnClock(t *testing.T) {
	t.Parallel()
	list, start := enrolled(t, "--start-local", "2031-06-15 10:00")
	instant := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return v.UTC()
	}
	want := map[string]time.Time{"Europe/Moscow": instant("2031-06-15T10:00:00+03:00"), "Asia/Vladivostok": instant("2031-06-15T10:00:00+10:00"),
		"unknown/Europe/Moscow": instant("2031-06-15T10:00:00+02:00")} // ten in Kaliningrad: it has come everywhere
	for i, p := range list {
		require.Equal(t, []string{"Asia/Vladivostok", "Europe/Moscow", "unknown/Europe/Moscow"}[i/20], p.Zone, "numbered zone by zone")
		require.Equal(t, want[p.Zone], p.Start.UTC())
	}
	require.Equal(t, want["Asia/Vladivostok"], start.UTC(), "the campaign begins with the first of them")
}

func TestSmoothSendingSpreadsTheStarts(t *testing.T) {
	t.Parallel()
	list, _ := enrolled(t, "--start", "2031-06-15T00:00:00+03:00", "--end", "2031-06-16T00:00:00+03:00", "--window", "10:00-20:00", "--smooth")
	last := map[string]time.Time{}
	for _, p := range list {
		if strings.HasPrefix(p.Zone, run.Doubtful) {
			// When it is ten in Kaliningrad, Kamchatka closes at eight in the evening: there is no hour that is open in all zones.
			require.Equal(t, "2031-06-14T21:00:00Z", p.Start.UTC().Format(time.RFC3339), "they begin at the start")
			continue
		}
		clock := p.Start.In(zoneOfTest(t, p.Zone))
		require.True(t, 10 <= clock.Hour() && clock.Hour() < 20, "%v in %s", clock, p.Zone)
		if before, ok := last[p.Zone]; ok {
			require.Equal(t, 30*time.Minute, p.Start.Sub(before), "ten hours for twenty people")
		}
		last[p.Zone] = p.Start
	}
	require.Len(t, last, 2)
}

func zoneOfTest(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := campaigns.ZoneOf(name)
	require.NoError(t, err)
	return z.Clock
}

func TestStartsThatCannotBe(t *testing.T) {
	t.Parallel()
	good := put(t, "scheme.json", goodScheme)
	for want, flags := range map[string][]string{
		"--smooth needs --end": {"--smooth"},
		"give one of them":     {"--start", "2026-06-15T09:00:00Z", "--start-local", "2026-06-15 09:00"},
		"2026-06-15 10:00":     {"--start-local", "15.06.2026"},
	} {
		code, _, errs := call(t, append(append([]string{"run"}, flags...), good, good)...)
		require.Equal(t, exitBadCall, code)
		require.Contains(t, errs, want)
	}
}

func TestAnEndBeforeAnybodyBegins(t *testing.T) {
	t.Parallel()
	book, file := put(t, "book.csv", "phone;zone\n+79161234567;Europe/Moscow\n"), put(t, "scheme.json", goodScheme)
	common := []string{"run", "--lang", "en", "--database", storetest.New(t), "--data", t.TempDir()}
	for want, flags := range map[string][]string{
		"--end comes before anybody begins": {"--end", "2026-06-15T09:00:00Z", "--start-local", "2026-06-15 12:00"},
		"366 days at most":                  {"--end", "2039-06-15T09:00:00Z", "--start", "2031-06-15T09:00:00Z", "--smooth"},
	} {
		code, _, errs := call(t, append(append(common[:len(common):len(common)], flags...), file, book)...)
		require.Equal(t, exitBadCall, code)
		require.Contains(t, errs, want)
	}
}

// Whoever launches is told of people for whom the window never opens.
func TestAWindowThatNeverOpensIsWarnedOf(t *testing.T) {
	t.Parallel()
	book, file := put(t, "book.csv", "phone\n+79161234567\n+79161234568\n"), put(t, "scheme.json", goodScheme)
	code, out, errs := call(t, "run", "--lang", "en", "--database", storetest.New(t), "--data", t.TempDir(), "--profile", "instant",
		"--window", "10:00-12:00", file, book)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, errs, "Warning: 2 recipients of unknown zone get nothing")
	require.Contains(t, errs, "--unknown-zones account")
	require.Contains(t, out, "window_closed")
}
