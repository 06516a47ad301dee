package campaign_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/campaign"
	"kaskad/engine/scheme"
)

// Counting entries since Days gave an instant is counting them by the calendar, as Reached does.
func TestDaysAreThoseOfCaps(t *testing.T) {
	t.Parallel()
	zones := []string{"Asia/Vladivostok", "Europe/Moscow", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := scheme.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		now := time.Unix(rapid.Int64Range(1_500_000_000, 2_000_000_000).Draw(t, "now"), 0)
		entered := now.Add(-time.Duration(rapid.Int64Range(0, int64(9*24*time.Hour)).Draw(t, "ago")))
		day, week := campaign.Days(now, zone)
		require.Equal(t, campaign.Caps{Day: 1}.Reached([]time.Time{entered}, now, zone), !entered.Before(day))
		require.Equal(t, campaign.Caps{Week: 1}.Reached([]time.Time{entered}, now, zone), !entered.Before(week))
	})
}
