//go:build unix

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
	"kaskad/engine/scheme"
	"kaskad/engine/store"
	"kaskad/engine/store/migrate"
	"kaskad/engine/store/storetest"
)

// zonesOfTest are the eleven Russian zones, from west to east, and others with whole, half and three-quarter hours.
var zonesOfTest = []string{"Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
	"Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
	"Europe/Berlin", "America/New_York", "America/St_Johns", "America/Los_Angeles", "Asia/Kathmandu", "Asia/Kolkata",
	"Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "UTC"}

const russianZonesOfTest = 11

// hours is a window on the recipient's clock, worked out without our code: what a clock on the wall shows.
type hours struct{ from, to int } // minutes of the day

func (h hours) open(t testing.TB, at time.Time, zone string) bool {
	t.Helper()
	place, err := time.LoadLocation(zone)
	require.NoError(t, err)
	local := at.In(place)
	now := local.Hour()*60 + local.Minute()
	if h.from < h.to {
		return h.from <= now && now < h.to
	}
	return now >= h.from || now < h.to
}

// opening is the first whole minute from an instant on at which it is open.
func (h hours) opening(t testing.TB, from time.Time, zone string) time.Time {
	t.Helper()
	for at := from.Truncate(time.Minute); ; at = at.Add(time.Minute) {
		if h.open(t, at, zone) {
			return at
		}
	}
}

func (h hours) window(t testing.TB) *scheme.Window {
	t.Helper()
	w := &scheme.Window{Zone: scheme.ZoneRecipient}
	var err error
	w.From, err = scheme.ParseClock(fmt.Sprintf("%02d:%02d", h.from/60, h.from%60))
	require.NoError(t, err)
	w.To, err = scheme.ParseClock(fmt.Sprintf("%02d:%02d", h.to/60, h.to%60))
	require.NoError(t, err)
	w.Days, err = scheme.ParseDays([]int{1, 2, 3, 4, 5, 6, 7})
	require.NoError(t, err)
	return w
}

// zoned is a campaign over all zones.
type zoned struct {
	*world
	hours
	key   run.CampaignKey
	began time.Time
}

const perZone = 40

// overZones makes a campaign over recipients in all zones, and some of whom it is not known which Russian zone they are
// in, with a window of three hours. With lasts it ends that long after everybody is there.
func (w *world) overZones(h hours, c run.Campaign, first int, lasts time.Duration) zoned {
	w.Helper()
	var all []store.Enrolled
	for i, zone := range append(zonesOfTest[:len(zonesOfTest):len(zonesOfTest)], run.Doubtful+"Europe/Moscow") {
		for _, contact := range w.people(first+i*perZone, perZone) {
			all = append(all, store.Enrolled{Contact: contact, Zone: zone})
		}
	}
	c.Window = h.window(w)
	began := time.Now()
	if lasts > 0 {
		c.End = engine.At(began.Add(lasts))
	}
	return zoned{world: w, hours: h, key: w.campaign(c, all), began: began}
}

// inside reports whether a zone's recipients were in their hours from the campaign's beginning until now, and outside
// whether they never were. Neither is said of a zone whose hours began or ended meanwhile.
func (z zoned) inside(zone string) bool {
	return z.open(z, z.began, zone) && z.open(z, time.Now(), zone)
}

func (z zoned) outside(zone string) bool {
	return !z.open(z, z.began, zone) && !z.open(z, time.Now(), zone)
}

func (z zoned) recipients() []recipientRow {
	z.Helper()
	return storetest.Rows[recipientRow](z.db, `SELECT campaign, ordinal, zone, node, phase, outcome, ended_at, wake_at,
		coalesce(reason, '') FROM recipients WHERE campaign = $1`, z.key.Campaign)
}

func doubtful(zone string) bool { return zone == run.Doubtful+"Europe/Moscow" }

// insideEnded reports whether everyone in its hours has ended.
func (z zoned) insideEnded() bool {
	z.Helper()
	for _, r := range z.recipients() {
		if !doubtful(r.Zone) && z.inside(r.Zone) && engine.Phase(r.Phase) != engine.Ended {
			return false
		}
	}
	return true
}

// othersHeld: whoever is not in its hours waits for them to begin, and has been sent nothing.
func (z zoned) othersHeld() (earliest time.Time) {
	z.Helper()
	held := 0
	for _, r := range z.recipients() {
		switch {
		case doubtful(r.Zone):
			require.Equal(z, "error:"+engine.WindowClosed, r.Reason, "there is no hour that is open in all Russian zones")
		case z.outside(r.Zone):
			held++
			require.Equal(z, engine.Held, engine.Phase(r.Phase), r.Zone)
			require.Equal(z, z.program.Entry, r.Node)
			want := z.opening(z, z.began, r.Zone)
			require.WithinDuration(z, want, *r.Wake, 0, "the opening in %s", r.Zone)
			if earliest.IsZero() || want.Before(earliest) {
				earliest = want
			}
		}
	}
	require.Positive(z, held, "somebody is outside the window")
	return earliest
}

// requestsInHours: every request that the provider got was made in the recipient's hours.
func (z zoned) requestsInHours(a *audit) {
	z.Helper()
	byZone, byType := map[string]int{}, map[string]int{}
	for key, requests := range a.asked {
		if key.Campaign != z.key.Campaign {
			continue
		}
		zone := a.walks[walk{key.Campaign, key.Ordinal}].Zone
		require.False(z, doubtful(zone), "there is no hour that is open in all Russian zones")
		for _, r := range requests {
			require.True(z, z.open(z, r.At, zone), "%s in %s at %s: not within %+v", r.Key, zone, r.At, z.hours)
			byZone[zone]++
			byType[r.Channel]++
		}
	}
	require.NotEmpty(z, byZone)
	require.Len(z, byType, len(z.program.Nodes)-1, "all channels had their turn")
	for _, zone := range zonesOfTest {
		if z.outside(zone) {
			require.Zero(z, byZone[zone], zone)
		}
	}
	z.Log("requests by zone:", byZone)
}

// Nobody gets a message outside the hours of the place where it lives. The program's clock is the real one, so the hours
// are chosen around what it is now in one of the Russian zones.
func TestAllZones(t *testing.T) {
	t.Parallel()
	// A server of its own: the processes that other tests freeze may hold everybody's watermark for ten seconds, and here a campaign
	// has only fifteen.
	url := privateServer(t, t.TempDir(), map[string]string{"fsync": "off"}).URL()
	require.NoError(t, migrate.Up(t.Context(), url))
	w := newWorldOn(t, url, "testdata/zones.json", "lifelike", crashHurry)
	middle, err := time.LoadLocation(zonesOfTest[2+w.random.IntN(russianZonesOfTest-4)])
	require.NoError(t, err)
	here := time.Now().In(middle)
	now := here.Hour()*60 + here.Minute()
	h := hours{from: (now + 24*60 - 90) % (24 * 60), to: (now + 90) % (24 * 60)}
	t.Logf("%02d:%02d to %02d:%02d, as it is %s in %s", h.from/60, h.from%60, h.to/60, h.to%60, here.Format("15:04"), middle)

	p := w.serveWorkers()
	endless := w.overZones(h, run.Campaign{}, 0, 0)
	until(t, time.Minute, "everyone in its hours has ended", func() bool {
		p.alive()
		return endless.insideEnded()
	})
	earliest := endless.othersHeld()
	until(t, 30*time.Second, "a segment in which nobody is due for long is put away", func() bool {
		segments, err := w.store.Segments(t.Context(), endless.key)
		require.NoError(t, err)
		return segments[0].Holder == "" && segments[0].Due != nil && segments[0].Due.Equal(earliest)
	})

	const lasts = 15 * time.Second // enough for a busy machine to begin
	ending := w.overZones(h, run.Campaign{Rate: 10}, 10_000, lasts)
	until(t, time.Minute, "the campaign with an end has finished", func() bool {
		p.alive()
		return w.info(ending.key).Finished != nil
	})
	ending.closedAtItsEnd(ending.began.Add(lasts))

	require.NoError(t, w.store.SetState(t.Context(), endless.key, "cancelled"))
	w.finish(p)
	w.check(p)
	a := w.newAudit()
	endless.requestsInHours(a)
	for _, r := range a.walks {
		if r.Campaign == endless.key.Campaign && !doubtful(r.Zone) && endless.outside(r.Zone) {
			require.Equal(t, "cancelled", r.Reason)
			require.Empty(t, r.launches)
		}
	}
}

// closedAtItsEnd: nobody outside its hours was sent anything, and neither was anybody after the end.
func (z zoned) closedAtItsEnd(end time.Time) {
	z.Helper()
	a := z.newAudit()
	sent, cut := 0, 0
	for _, r := range a.walks {
		switch {
		case r.Campaign != z.key.Campaign:
		case doubtful(r.Zone) || z.outside(r.Zone):
			require.Equal(z, engine.Interrupted, engine.Outcome(r.Outcome), r.Zone)
			require.Equal(z, "error:"+engine.WindowClosed, r.Reason, r.Zone)
			require.Empty(z, r.launches, r.Zone)
		default:
			if len(r.launches) > 0 { // the end may have come between two of its messages
				sent++
			}
			if r.Reason == "error:"+engine.WindowClosed {
				cut++
			}
		}
	}
	require.Positive(z, sent, "some had their message in time")
	require.Positive(z, cut, "the rate pushed others past the end")
	for key, m := range a.messages {
		if key.Campaign == z.key.Campaign {
			require.True(z, m.Launched.Before(end), "message %s was launched at %s, after the end at %s", key, m.Launched, end)
		}
	}
	for key, requests := range a.asked {
		for _, r := range requests {
			if key.Campaign == z.key.Campaign {
				require.True(z, z.open(z, r.At, a.walks[walk{key.Campaign, key.Ordinal}].Zone), key.String())
			}
		}
	}
}
