package scheme_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/scheme"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := scheme.LoadZone(name)
	require.NoError(t, err)
	return loc
}

// at reads an instant with its offset, as people check it against a table of zones.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return v
}

func same(t testing.TB, want string, got time.Time) {
	t.Helper()
	require.Equal(t, at(t, want).UTC().Format(time.RFC3339), got.UTC().Format(time.RFC3339))
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, zone, wall, want string }{
		{"an ordinary day", "Europe/Berlin", "2026-06-15 02:30", "2026-06-15T02:30:00+02:00"},
		{"in the gap", "Europe/Berlin", "2026-03-29 02:30", "2026-03-29T03:00:00+02:00"},
		{"the first of the gap", "Europe/Berlin", "2026-03-29 02:00", "2026-03-29T03:00:00+02:00"},
		{"before the gap", "Europe/Berlin", "2026-03-29 01:59", "2026-03-29T01:59:00+01:00"},
		{"after the gap", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T03:00:00+02:00"},
		{"twice", "Europe/Berlin", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00"},
		{"the first of twice", "Europe/Berlin", "2026-10-25 02:00", "2026-10-25T02:00:00+02:00"},
		{"after twice", "Europe/Berlin", "2026-10-25 03:00", "2026-10-25T03:00:00+01:00"},
		{"in the gap", "America/New_York", "2026-03-08 02:30", "2026-03-08T03:00:00-04:00"},
		{"twice", "America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00"},
		{"after twice", "America/New_York", "2026-11-01 02:00", "2026-11-01T02:00:00-05:00"},
		{"in a gap of half an hour", "Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30:00+11:00"},
		{"twice in half an hour", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45:00+11:00"},
		{"midnight in the gap", "America/Santiago", "2026-09-06 00:00", "2026-09-06T01:00:00-03:00"},
		{"midnight of twice", "America/Santiago", "2026-04-04 23:30", "2026-04-04T23:30:00-03:00"},
		{"24:00 in the gap", "America/Santiago", "2026-09-05 24:00", "2026-09-06T01:00:00-03:00"},
		{"a day that there was not", "Pacific/Apia", "2011-12-30 10:00", "2011-12-31T00:00:00+14:00"},
		{"the day after it", "Pacific/Apia", "2011-12-31 10:00", "2011-12-31T10:00:00+14:00"},
		{"24:00", "Europe/Moscow", "2026-12-31 24:00", "2027-01-01T00:00:00+03:00"},
	} {
		t.Run(c.zone+" "+c.name, func(t *testing.T) {
			t.Parallel()
			day, err := time.Parse(time.DateOnly, c.wall[:10])
			require.NoError(t, err)
			clock, err := scheme.ParseClock(c.wall[11:])
			require.NoError(t, err)
			y, m, d := day.Date()
			same(t, c.want, scheme.Local(y, m, d, int(clock), zone(t, c.zone)))
		})
	}
}

func TestWindowNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, zone, window, now, open, end string }{
		{"before it", "Asia/Vladivostok", `{"days":[1,2,3,4,5,6,7],"from":"10:00","to":"21:00"}`, "2026-03-27T18:00:00+03:00", "2026-03-28T10:00:00+10:00", "2026-03-28T21:00:00+10:00"},
		{"inside", "Europe/Moscow", `{"days":[5],"from":"10:00","to":"21:00"}`, "2026-03-27T18:00:00+03:00", "2026-03-27T18:00:00+03:00", "2026-03-27T21:00:00+03:00"},
		{"at its start", "Europe/Moscow", `{"days":[5],"from":"10:00","to":"21:00"}`, "2026-03-27T10:00:00+03:00", "2026-03-27T10:00:00+03:00", "2026-03-27T21:00:00+03:00"},
		{"at its end", "Europe/Moscow", `{"days":[5],"from":"10:00","to":"21:00"}`, "2026-03-27T21:00:00+03:00", "2026-04-03T10:00:00+03:00", "2026-04-03T21:00:00+03:00"},
		{"after midnight, of the day before", "Europe/Moscow", `{"days":[5],"from":"22:00","to":"03:00"}`, "2026-03-28T02:59:59+03:00", "2026-03-28T02:59:59+03:00", "2026-03-28T03:00:00+03:00"},
		{"after midnight, of no day", "Europe/Moscow", `{"days":[5],"from":"22:00","to":"03:00"}`, "2026-03-27T02:00:00+03:00", "2026-03-27T22:00:00+03:00", "2026-03-28T03:00:00+03:00"},
		{"from Sunday into Monday", "Europe/Moscow", `{"days":[7],"from":"22:00","to":"03:00"}`, "2026-03-30T01:00:00+03:00", "2026-03-30T01:00:00+03:00", "2026-03-30T03:00:00+03:00"},
		{"equal ends", "Europe/Moscow", `{"days":[5],"from":"10:00","to":"10:00"}`, "2026-03-28T09:59:59+03:00", "2026-03-28T09:59:59+03:00", "2026-03-28T10:00:00+03:00"},
		{"equal ends are over", "Europe/Moscow", `{"days":[5],"from":"10:00","to":"10:00"}`, "2026-03-28T10:00:00+03:00", "2026-04-03T10:00:00+03:00", "2026-04-04T10:00:00+03:00"},
		{"to 24:00", "Europe/Moscow", `{"days":[5],"from":"00:00","to":"24:00"}`, "2026-03-27T23:59:59+03:00", "2026-03-27T23:59:59+03:00", "2026-03-28T00:00:00+03:00"},
		{"from midnight to midnight", "Europe/Moscow", `{"days":[5],"from":"00:00","to":"00:00"}`, "2026-03-27T12:00:00+03:00", "2026-03-27T12:00:00+03:00", "2026-03-28T00:00:00+03:00"},
		{"opens in the gap", "Europe/Berlin", `{"days":[7],"from":"02:30","to":"12:00"}`, "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T12:00:00+02:00"},
		{"wholly in the gap", "Europe/Berlin", `{"days":[7],"from":"02:15","to":"02:45"}`, "2026-03-29T01:00:00+01:00", "2026-04-05T02:15:00+02:00", "2026-04-05T02:45:00+02:00"},
		{"ends in the gap", "Europe/Berlin", `{"days":[6],"from":"22:00","to":"02:30"}`, "2026-03-29T01:59:00+01:00", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"opens at the first of twice", "Europe/Berlin", `{"days":[7],"from":"02:30","to":"12:00"}`, "2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T12:00:00+01:00"},
		{"ends at the first of twice", "Europe/Berlin", `{"days":[6],"from":"22:00","to":"02:30"}`, "2026-10-25T02:30:00+02:00", "2026-10-31T22:00:00+01:00", "2026-11-01T02:30:00+01:00"},
		{"a day of 25 hours", "America/New_York", `{"days":[7],"from":"00:00","to":"24:00"}`, "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"},
		{"half an hour's change", "Australia/Lord_Howe", `{"days":[7],"from":"02:15","to":"03:00"}`, "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"},
		{"midnight in the gap", "America/Santiago", `{"days":[7],"from":"00:00","to":"10:00"}`, "2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00", "2026-09-06T10:00:00-03:00"},
		{"to a midnight in the gap", "America/Santiago", `{"days":[6],"from":"20:00","to":"24:00"}`, "2026-09-05T20:00:00-04:00", "2026-09-05T20:00:00-04:00", "2026-09-06T01:00:00-03:00"},
		{"on a day that there was not", "Pacific/Apia", `{"days":[5],"from":"10:00","to":"21:00"}`, "2011-12-29T12:00:00-10:00", "2012-01-06T10:00:00+14:00", "2012-01-06T21:00:00+14:00"},
		{"over a day that there was not", "Pacific/Apia", `{"days":[4],"from":"22:00","to":"03:00"}`, "2011-12-29T23:00:00-10:00", "2011-12-29T23:00:00-10:00", "2011-12-31T00:00:00+14:00"},
	} {
		t.Run(c.zone+" "+c.name, func(t *testing.T) {
			t.Parallel()
			var w scheme.Window
			require.NoError(t, json.Unmarshal([]byte(c.window), &w))
			open, end, ok := w.Next(at(t, c.now), zone(t, c.zone))
			require.True(t, ok)
			same(t, c.open, open)
			same(t, c.end, end)
		})
	}
	_, _, ok := scheme.Window{From: 600, To: 700}.Next(at(t, "2026-01-01T00:00:00Z"), time.UTC)
	require.False(t, ok, "a window without days never opens")
}

// TestRussianZones takes one hour of the evening in every zone of the country: no two of them are held alike.
func TestRussianZones(t *testing.T) {
	t.Parallel()
	offsets := map[string]int{"Europe/Kaliningrad": 2, "Europe/Moscow": 3, "Europe/Samara": 4, "Asia/Yekaterinburg": 5, "Asia/Omsk": 6,
		"Asia/Krasnoyarsk": 7, "Asia/Irkutsk": 8, "Asia/Yakutsk": 9, "Asia/Vladivostok": 10, "Asia/Magadan": 11, "Asia/Kamchatka": 12}
	w := scheme.Window{Days: scheme.EveryDay, From: 10 * 60, To: 21 * 60}
	now := at(t, "2026-03-27T18:00:00+03:00")
	for name, offset := range offsets {
		open, end, ok := w.Next(now, zone(t, name))
		require.True(t, ok)
		ten := time.Date(2026, 3, 28, 10-offset, 0, 0, 0, time.UTC)
		if offset <= 5 { // not yet 21:00 there
			ten = now
		}
		require.True(t, ten.Equal(open), "%s: %s", name, open)
		require.Equal(t, 21, end.In(zone(t, name)).Hour(), name)
	}
}

func TestAddCalendar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, add, from, want string }{
		{"Europe/Berlin", "1d", "2026-03-28T10:00:00+01:00", "2026-03-29T10:00:00+02:00"},
		{"Europe/Berlin", "24h", "2026-03-28T10:00:00+01:00", "2026-03-29T11:00:00+02:00"},
		{"Europe/Berlin", "1d", "2026-03-28T02:30:15+01:00", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "1d2h", "2026-03-28T02:30:00+01:00", "2026-03-29T05:00:00+02:00"},
		{"Europe/Berlin", "1w", "2026-10-18T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"Europe/Berlin", "1d", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"},
		{"Europe/Berlin", "2h", "2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+01:00"},
		{"America/New_York", "1d", "2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"Australia/Lord_Howe", "1d", "2026-10-03T02:15:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"America/Santiago", "1d", "2026-09-05T00:00:00-04:00", "2026-09-06T01:00:00-03:00"},
		{"Pacific/Apia", "1d", "2011-12-29T10:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"Europe/Moscow", "1d2h3m4s", "2026-02-28T22:00:00+03:00", "2026-03-02T00:03:04+03:00"},
	} {
		d, err := scheme.ParseDuration(c.add)
		require.NoError(t, err)
		same(t, c.want, d.AddCalendar(at(t, c.from), zone(t, c.zone)))
	}
}

func TestUntilNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, until, from string
		at                bool
		want              string
	}{
		{"Europe/Moscow", `{"time":"10:00"}`, "2026-03-27T09:59:59+03:00", false, "2026-03-27T10:00:00+03:00"},
		{"Europe/Moscow", `{"time":"10:00"}`, "2026-03-27T10:00:00+03:00", false, "2026-03-28T10:00:00+03:00"},
		{"Europe/Moscow", `{"time":"10:00"}`, "2026-03-27T10:00:00+03:00", true, "2026-03-27T10:00:00+03:00"},
		{"Europe/Moscow", `{"time":"10:00","days":[5]}`, "2026-03-27T10:00:00+03:00", false, "2026-04-03T10:00:00+03:00"},
		{"Europe/Moscow", `{"time":"00:00","days":[1]}`, "2026-03-29T23:00:00+03:00", false, "2026-03-30T00:00:00+03:00"},
		{"Europe/Berlin", `{"time":"02:30"}`, "2026-03-29T01:00:00+01:00", false, "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", `{"time":"02:30"}`, "2026-03-29T03:00:00+02:00", false, "2026-03-30T02:30:00+02:00"},
		{"Europe/Berlin", `{"time":"02:30"}`, "2026-10-25T02:30:00+02:00", false, "2026-10-26T02:30:00+01:00"},
		{"Pacific/Apia", `{"time":"10:00","days":[5]}`, "2011-12-29T12:00:00-10:00", false, "2011-12-31T00:00:00+14:00"},
	} {
		var u scheme.Until
		require.NoError(t, json.Unmarshal([]byte(c.until), &u))
		same(t, c.want, u.Next(at(t, c.from), c.at, zone(t, c.zone)))
	}
}

// TestWindowNextIsTheFirst holds Next against the rule read minute by minute.
func TestWindowNextIsTheFirst(t *testing.T) {
	t.Parallel()
	names := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kamchatka", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := scheme.LoadZone(rapid.SampledFrom(names).Draw(t, "zone"))
		require.NoError(t, err)
		w := scheme.Window{Days: scheme.Days(rapid.IntRange(1, 127).Draw(t, "days")),
			From: scheme.Clock(rapid.IntRange(0, 95).Draw(t, "from") * 15), To: scheme.Clock(rapid.IntRange(0, 96).Draw(t, "to") * 15)}
		now := time.Date(2026, 1, 1, 0, 15*rapid.IntRange(0, 365*96).Draw(t, "now"), 0, 0, time.UTC)
		open, end, ok := w.Next(now, loc)
		require.True(t, ok)
		require.False(t, open.Before(now))
		require.True(t, open.Before(end))
		for i := now; i.Before(open); i = i.Add(15 * time.Minute) {
			require.False(t, isOpen(w, i, loc), i)
		}
		require.True(t, isOpen(w, open, loc))
		require.True(t, isOpen(w, end.Add(-time.Minute), loc))
	})
}

// isOpen asks every day near t whether its window has t in it.
func isOpen(w scheme.Window, t time.Time, loc *time.Location) bool {
	y, m, d := t.In(loc).Date()
	for i := -2; i <= 1; i++ {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC)
		next := day.AddDate(0, 0, 1)
		if w.To > w.From {
			next = day
		}
		from, to := scheme.Local(day.Year(), day.Month(), day.Day(), int(w.From), loc), scheme.Local(next.Year(), next.Month(), next.Day(), int(w.To), loc)
		if w.Days.Has(day.Weekday()) && !t.Before(from) && t.Before(to) {
			return true
		}
	}
	return false
}

func TestZonesAndClocks(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "Local", "/etc/passwd", "../UTC", "Moscow", "Europe/Nowhere"} {
		_, err := scheme.LoadZone(s)
		require.Error(t, err, s)
	}
	for _, s := range []string{"", "1:00", "24:01", "25:00", "12:60", "12.00", "12:0a", "-1:00", "12:000", "１2:00"} {
		_, err := scheme.ParseClock(s)
		require.Error(t, err, s)
	}
	for s, want := range map[string]scheme.Clock{"00:00": 0, "09:05": 545, "23:59": 1439, "24:00": 1440} {
		got, err := scheme.ParseClock(s)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, s, got.String())
	}
	var d scheme.Days
	require.NoError(t, json.Unmarshal([]byte(`[7,1]`), &d))
	require.True(t, d.Has(time.Monday) && d.Has(time.Sunday) && !d.Has(time.Tuesday))
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, `[1,7]`, string(text))
	require.Error(t, json.Unmarshal([]byte(`[0]`), &d))
	require.Error(t, json.Unmarshal([]byte(`["1"]`), &d))
}
