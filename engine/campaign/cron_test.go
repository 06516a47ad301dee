package campaign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/campaign"
)

func schedule(t require.TestingT, text, zone string) *campaign.Schedule {
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	s, bad := campaign.ParseSchedule(text, loc)
	require.Nil(t, bad)
	return s
}

func moment(t require.TestingT, text string) time.Time {
	i, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return i.UTC()
}

func TestScheduleAcrossChangesOfClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cron, zone, after string
		want                    []string
	}{
		{"every Monday at ten", "0 10 * * 1", "Europe/Moscow", "2026-06-10T00:00:00Z", []string{"2026-06-15T07:00:00Z", "2026-06-22T07:00:00Z"}},
		{"the wall-clock time stays over the change", "0 10 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T09:00:00Z", "2026-03-29T08:00:00Z", "2026-03-30T08:00:00Z"}},
		{"a time within the gap is the first instant after it", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"a time that comes twice is the first one", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"asked between the two of them", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"a zone before the fields", "CRON_TZ=Asia/Vladivostok 0 10 1 * *", "Europe/Moscow", "2026-06-15T00:00:00Z", []string{"2026-07-01T00:00:00Z"}},
		{"a change by half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
		{"midnight that does not exist", "0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", []string{"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"}},
		{"the 29th of February", "0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T12:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, i := range schedule(t, c.cron, c.zone).Upcoming(moment(t, c.after), len(c.want)) {
				got = append(got, i.Format(time.RFC3339))
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestSchedulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]string{
		"": "start_cron", "0 10 * *": "start_cron", "0 0 10 * * 1": "start_cron", "61 * * * *": "start_cron", "@every 1h": "start_cron",
		"* * * * *": "cron_often", "*/5 * * * *": "cron_often", "0 10 30 2 *": "cron_never", "CRON_TZ=Nowhere/City 0 10 * * 1": "campaign_zone",
		"TZ=UTC CRON_TZ=UTC 0 1 * * *": "start_cron", "0 10 * * 1 \x00": "start_cron",
	} {
		_, bad := campaign.ParseSchedule(text, time.UTC)
		require.NotNil(t, bad, text)
		require.Equal(t, code, bad.Code, text)
		require.Equal(t, "body.start.cron", bad.Field)
	}
}

// TestScheduleAlwaysMovesOn asks from random instants: what comes is later, and asking from just before it gives it again.
func TestScheduleAlwaysMovesOn(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Moscow", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"}
	texts := []string{"0 10 * * *", "30 2 * * *", "0 0 * * 1", "*/15 * * * *", "0 3 1 * *", "@hourly"}
	rapid.Check(t, func(t *rapid.T) {
		s := schedule(t, rapid.SampledFrom(texts).Draw(t, "cron"), rapid.SampledFrom(zones).Draw(t, "zone"))
		from := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "from"), 0)
		next := s.Next(from)
		require.True(t, next.After(from))
		require.Equal(t, next, s.Next(next.Add(-time.Second)))
		require.True(t, s.Next(next).After(next))
	})
}

func TestAfterAStopOneIsCaughtUp(t *testing.T) {
	t.Parallel()
	s := schedule(t, "0 10 * * *", "UTC")
	due, missed, then := s.Due(moment(t, "2026-06-10T10:00:00Z"), moment(t, "2026-06-10T09:59:59Z"))
	require.Zero(t, due)
	require.Zero(t, missed)
	require.Equal(t, moment(t, "2026-06-10T10:00:00Z"), then)
	due, missed, then = s.Due(moment(t, "2026-06-10T10:00:00Z"), moment(t, "2026-06-10T10:00:00Z"))
	require.Equal(t, moment(t, "2026-06-10T10:00:00Z"), due)
	require.Zero(t, missed)
	require.Equal(t, moment(t, "2026-06-11T10:00:00Z"), then)
	due, missed, then = s.Due(moment(t, "2026-06-10T10:00:00Z"), moment(t, "2026-06-13T12:00:00Z"))
	require.Equal(t, moment(t, "2026-06-13T10:00:00Z"), due, "the newest only")
	require.EqualValues(t, 3, missed)
	require.Equal(t, moment(t, "2026-06-14T10:00:00Z"), then)
}
