package campaign_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine"
	"kaskad/engine/campaign"
	"kaskad/engine/scheme"
)

func clock(t require.TestingT, name string) *time.Location {
	loc, err := scheme.LoadZone(name)
	require.NoError(t, err)
	return loc
}

func zone(t require.TestingT, name string) campaign.Zone {
	return campaign.Zone{Name: name, Clock: clock(t, name)}
}

// doubtful is a zone of which only the country is known.
func doubtful(t require.TestingT, names ...string) campaign.Zone {
	z := campaign.Zone{Name: "unknown/" + names[0], Clock: clock(t, names[0])}
	for _, n := range names {
		z.Doubt = append(z.Doubt, clock(t, n))
	}
	return z
}

func at(t require.TestingT, text string) engine.Instant {
	v, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return engine.At(v)
}

func planOf(t require.TestingT, s campaign.Settings) *campaign.Plan {
	p, err := campaign.New(s)
	require.NoError(t, err)
	return p
}

func TestWall(t *testing.T) {
	t.Parallel()
	w, err := campaign.ParseWall("2026-06-15 09:05")
	require.NoError(t, err)
	require.Equal(t, campaign.Wall{Year: 2026, Month: time.June, Day: 15, Minute: 545}, w)
	require.Equal(t, "2026-06-15 09:05", w.String())
	for _, bad := range []string{"", "2026-06-15", "2026-06-15T09:05", "2026-06-31 09:05", "2026-06-15 24:00", "2026-6-15 9:05",
		"2026-06-15 09:05:00", "1970-01-01 00:00", "3000-01-01 00:00", "2026-06-15 09:05 "} {
		_, err := campaign.ParseWall(bad)
		require.Error(t, err, bad)
	}
}

func TestAWallClockTimeInEachZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, wall, want string }{
		{"Europe/Moscow", "2026-06-15 10:00", "2026-06-15T07:00:00Z"},
		{"Asia/Vladivostok", "2026-06-15 10:00", "2026-06-15T00:00:00Z"},
		{"Asia/Kathmandu", "2026-06-15 10:00", "2026-06-15T04:15:00Z"},
		{"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00Z"},    // does not exist: the first instant after the gap
		{"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},    // comes twice: the first
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z"}, // comes twice
		{"Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00Z"},
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"}, // a day that was left out
	} {
		w, err := campaign.ParseWall(c.wall)
		require.NoError(t, err)
		p := planOf(t, campaign.Settings{Local: &w})
		z := zone(t, c.zone)
		require.Equal(t, at(t, c.want).Time(), p.Start(z).Time(), "%s in %s", c.wall, c.zone)
		require.Equal(t, at(t, c.want), p.Zone(z, 7).At(6))
	}
	w, err := campaign.ParseWall("2026-06-15 10:00")
	require.NoError(t, err)
	z := doubtful(t, "Europe/Moscow", "Europe/Kaliningrad", "Asia/Kamchatka")
	require.Equal(t, at(t, "2026-06-15T08:00:00Z"), planOf(t, campaign.Settings{Local: &w}).Start(z), "when it is ten in all of them")
	end := at(t, "2026-06-15T05:00:00Z")
	require.Equal(t, end, planOf(t, campaign.Settings{Local: &w, End: end}).Start(z), "never after the end")
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := campaign.New(campaign.Settings{})
	require.ErrorIs(t, err, campaign.ErrNoInstant)
	_, err = campaign.New(campaign.Settings{Start: 1, Smooth: true})
	require.ErrorIs(t, err, campaign.ErrNoEnd)
	_, err = campaign.New(campaign.Settings{Start: 1, Window: &scheme.Window{Zone: "Europe/Nowhere"}})
	require.Error(t, err)

	moscow, vladivostok := zone(t, "Europe/Moscow"), zone(t, "Asia/Vladivostok")
	w, err := campaign.ParseWall("2026-06-15 10:00")
	require.NoError(t, err)
	groups := []campaign.Group{{Zone: moscow}, {Zone: vladivostok}}
	first := func(s campaign.Settings) (engine.Instant, error) { return planOf(t, s).First(groups) }
	got, err := first(campaign.Settings{Local: &w})
	require.NoError(t, err)
	require.Equal(t, at(t, "2026-06-15T00:00:00Z"), got, "the campaign begins where it is ten first")
	_, err = first(campaign.Settings{Local: &w, End: at(t, "2026-06-15T00:00:00Z")})
	require.ErrorIs(t, err, campaign.ErrPastEnd)
	_, err = first(campaign.Settings{Start: at(t, "2026-06-15T00:00:00Z"), End: at(t, "2027-06-17T00:00:00Z"), Smooth: true})
	require.ErrorIs(t, err, campaign.ErrTooLong)
	got, err = planOf(t, campaign.Settings{Local: &w, Sender: moscow.Clock}).First(nil)
	require.NoError(t, err)
	require.Equal(t, at(t, "2026-06-15T07:00:00Z"), got)
}

func hours(zone string, from, to scheme.Clock, days scheme.Days) *scheme.Window {
	return &scheme.Window{Zone: zone, Days: days, From: from, To: to}
}

func TestSmoothSendingUsesTheOpenTime(t *testing.T) {
	t.Parallel()
	// From Friday 20:00 in Moscow to Monday 12:00, open 10 to 21 on working days: one hour on Friday, two on Monday.
	p := planOf(t, campaign.Settings{Start: at(t, "2026-06-19T20:00:00+03:00"), End: at(t, "2026-06-22T12:00:00+03:00"), Smooth: true,
		Window: hours(scheme.ZoneRecipient, 10*60, 21*60, 1<<5-1), Seed: 5})
	z := zone(t, "Europe/Moscow")
	const n = 3000
	starts := p.Zone(z, n)
	friday, last := 0, engine.Instant(0)
	for k := range n {
		got := starts.At(k)
		require.Less(t, last, got)
		if last = got; got < at(t, "2026-06-20T00:00:00+03:00") {
			friday++
		}
	}
	require.Equal(t, 1000, friday)
	require.Equal(t, int64(3_600_000), int64(starts.At(1001)-starts.At(1000)), "3.6 s apart")

	// Nobody is sent to where it does not open before the end: they begin at the start.
	p = planOf(t, campaign.Settings{Start: at(t, "2026-06-20T10:00:00+03:00"), End: at(t, "2026-06-21T12:00:00+03:00"), Smooth: true,
		Window: hours(scheme.ZoneRecipient, 10*60, 21*60, 1<<5-1)})
	require.Equal(t, at(t, "2026-06-20T10:00:00+03:00"), p.Zone(z, 5).At(4))
}

var zones = []string{"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/New_York",
	"Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "UTC"}

// someSettings draws a campaign whose start and end lie around changes of clocks as often as not.
func someSettings(rt *rapid.T) campaign.Settings {
	begin := rapid.SampledFrom([]string{"2026-03-28T20:00:00Z", "2026-10-24T11:00:00Z", "2026-10-31T00:00:00Z", "2026-06-15T09:13:07Z"}).Draw(rt, "begin")
	from, to := rapid.IntRange(0, 1439).Draw(rt, "from"), rapid.IntRange(0, 1440).Draw(rt, "to")
	s := campaign.Settings{Start: at(rt, begin).Add(time.Duration(rapid.Int64Range(0, 48*3600e6).Draw(rt, "later")) * time.Microsecond), Smooth: true,
		Seed: rapid.Uint64().Draw(rt, "seed"), Sender: clock(rt, "Europe/Moscow")}
	s.End = s.Start.Add(time.Duration(rapid.Int64Range(1, 10*24*3600e6).Draw(rt, "lasts")) * time.Microsecond)
	if rapid.Bool().Draw(rt, "window") {
		s.Window = hours(rapid.SampledFrom([]string{scheme.ZoneRecipient, scheme.ZoneSender, "America/New_York"}).Draw(rt, "whose"),
			scheme.Clock(from), scheme.Clock(to), scheme.Days(rapid.IntRange(1, 127).Draw(rt, "days")))
	}
	if rapid.Bool().Draw(rt, "local") {
		l := s.Start.Time().In(s.Sender)
		s.Local = &campaign.Wall{Year: l.Year(), Month: l.Month(), Day: l.Day(), Minute: l.Hour()*60 + l.Minute()}
	}
	return s
}

// isOpen asks the window itself, on every clock that counts.
func isOpen(t require.TestingT, s campaign.Settings, z campaign.Zone, i engine.Instant) bool {
	if s.Window == nil {
		return true
	}
	clocks := []*time.Location{z.Clock}
	switch s.Window.Zone {
	case scheme.ZoneRecipient:
		if len(z.Doubt) > 0 {
			clocks = z.Doubt
		}
	case scheme.ZoneSender:
		clocks = []*time.Location{s.Sender}
	default:
		clocks = []*time.Location{clock(t, s.Window.Zone)}
	}
	for _, c := range clocks {
		if open, _, ok := s.Window.Next(i.Time(), c); !ok || engine.At(open) != i {
			return false
		}
	}
	return true
}

// openTime is how much open time there is before an instant, counted by whole minutes of the plan's clock and so without
// the plan's own code; it is exact to a minute at every opening.
func openTime(t require.TestingT, s campaign.Settings, z campaign.Zone, from, to engine.Instant) (total time.Duration) {
	for i := from; i < to; i = i.Add(time.Minute) {
		if isOpen(t, s, z, i) {
			total += min(time.Minute, to.Sub(i))
		}
	}
	return total
}

func TestSmoothStartsAreEvenAndInTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := someSettings(rt)
		p := planOf(rt, s)
		z := zone(rt, rapid.SampledFrom(zones).Draw(rt, "zone"))
		if rapid.IntRange(0, 3).Draw(rt, "doubt") == 0 {
			z = doubtful(rt, "Europe/Moscow", "Europe/Kaliningrad", "Asia/Kamchatka")
		}
		start := p.Start(z)
		require.LessOrEqual(rt, start, s.End)
		n := rapid.IntRange(1, 400).Draw(rt, "n")
		starts := p.Zone(z, n)
		list := make([]engine.Instant, n)
		for k := range n {
			list[k] = starts.At(k)
		}
		require.True(rt, slices.IsSorted(list))
		total := openTime(rt, s, z, start, s.End)
		if list[0] == start && list[n-1] == start && !isOpen(rt, s, z, start) || start == s.End {
			require.LessOrEqual(rt, total, time.Minute, "there was time that is open")
			return
		}
		for _, i := range list {
			require.True(rt, isOpen(rt, s, z, i), "%v is outside the window", i.Time().In(z.Clock))
			require.GreaterOrEqual(rt, i, start)
			require.Less(rt, i, s.End)
		}
		// Up to any instant no more than one recipient too many or too few; a few minutes are how exactly openTime counts.
		k := rapid.IntRange(0, n-1).Draw(rt, "k")
		share := float64(openTime(rt, s, z, start, list[k])) / float64(max(total, 1))
		slack := 1 + float64(n)*float64(30*time.Minute)/float64(max(total, 1))
		require.InDelta(rt, float64(k), share*float64(n), slack, "recipient %d of %d", k, n)
	})
}

// Without a window what is even can be told exactly: a recipient's place differs by less than one.
func TestSmoothStartsWithoutAWindowAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := someSettings(rt)
		s.Window = nil
		z := zone(rt, rapid.SampledFrom(zones).Draw(rt, "zone"))
		p := planOf(rt, s)
		n := rapid.IntRange(1, 3_000_000).Draw(rt, "n")
		starts, start := p.Zone(z, n), p.Start(z)
		if start == s.End {
			return
		}
		for range 50 {
			k := rapid.IntRange(0, n-1).Draw(rt, "k")
			got := starts.At(k)
			require.GreaterOrEqual(rt, got, start)
			require.Less(rt, got, s.End)
			place := float64(got-start) / float64(s.End-start) * float64(n)
			most := 1.0 + 2*float64(n)/float64(s.End-start) // two microseconds
			require.InDelta(rt, float64(k)+0.5, place, 0.5+most)
		}
	})
}

func TestRecipientsGoZoneByZoneAndShuffled(t *testing.T) {
	t.Parallel()
	w, err := campaign.ParseWall("2026-06-15 10:00")
	require.NoError(t, err)
	groups := func() []campaign.Group {
		var list []campaign.Group
		for i, name := range []string{"Europe/Moscow", "Asia/Vladivostok", "Europe/Minsk"} {
			g := campaign.Group{Zone: zone(t, name)}
			for k := range 100 {
				g.Contacts = append(g.Contacts, int64(1000*i+k))
			}
			list = append(list, g)
		}
		return list
	}
	order := func(s campaign.Settings, g []campaign.Group) (list []campaign.Recipient) {
		return slices.Collect(planOf(t, s).Recipients(g))
	}
	s := campaign.Settings{Local: &w, End: at(t, "2026-06-20T00:00:00Z"), Smooth: true, Seed: 3}
	list := order(s, groups())
	require.Len(t, list, 300)
	for i, want := range []string{"Asia/Vladivostok", "Europe/Minsk", "Europe/Moscow"} {
		part := list[100*i : 100*i+100]
		var contacts []int64
		for k, r := range part {
			require.Equal(t, want, r.Zone, "where it is ten first comes first")
			contacts = append(contacts, r.Contact)
			require.True(t, k == 0 || part[k-1].Start < r.Start)
		}
		require.False(t, slices.IsSorted(contacts), "shuffled")
		slices.Sort(contacts)
		require.Len(t, slices.Compact(contacts), 100, "everybody once")
	}
	require.Equal(t, list, order(s, groups()))
	backwards := groups()
	slices.Reverse(backwards)
	require.Equal(t, list, order(s, backwards))
	s.Seed = 4
	require.NotEqual(t, list, order(s, groups()))
	for r := range planOf(t, s).Recipients(groups()) {
		require.Equal(t, "Asia/Vladivostok", r.Zone)
		break
	}
}
