package v1_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/task"
)

// launched makes a campaign of the small cascade, launches it to as many as its estimate says, and gives it as it is then.
func (c *client) launched(terms object) campaign.Campaign {
	c.Helper()
	all := object{"name": "Рассылка", "version": c.version(mine), "audience": object{}, "window": nil}
	maps.Copy(all, terms)
	path := "/campaigns/" + c.post("/campaigns", all, 201).made().String()
	e := into[campaign.Estimate](c.post(path+"/estimate", nil, 200))
	launching := into[campaign.Campaign](c.post(path+"/launch", object{"expected_recipients": e.Recipients}, 202))
	done := c.ended(launching.Task)
	require.Equal(c, task.Done, done.State, "%+v", done)
	made := into[campaign.Campaign](c.get(path, 200))
	require.Equal(c, e.Recipients, made.Recipients, "as many as were told of before")
	require.Equal(c, e.Selected, made.Selected)
	require.Len(c, made.Refused, len(e.Refused))
	for reason, n := range e.Refused {
		require.Equal(c, n, made.Refused[reason], "refused for %s", reason)
	}
	return made
}

// starts are the instants at which recipients begin, by contact, as they stand in the rows.
func (w *world) starts(of ids.ID) map[int64]time.Time {
	w.Helper()
	rows, err := w.store.Desk().Query(w.Context(), "SELECT contact, wake_at FROM recipients WHERE account = $1 AND campaign = $2", int64(mine), int64(of))
	require.NoError(w, err)
	defer rows.Close()
	found := map[int64]time.Time{}
	for rows.Next() {
		var contact int64
		var at time.Time
		require.NoError(w, rows.Scan(&contact, &at))
		found[contact] = at.UTC()
	}
	require.NoError(w, rows.Err())
	return found
}

func (w *world) startsOf(c campaign.Campaign) (list []int64) {
	for contact := range w.starts(c.ID) {
		list = append(list, contact)
	}
	return list
}

func TestAdvertisingReachesWhoAgreed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	make := func(phone string, agreed ...string) int64 {
		id := c.post("/contacts", object{"phone": phone}, 201).made()
		for _, channel := range agreed {
			c.post("/contacts/"+id.String()+"/consents", object{"channel": channel, "text": "Согласна получать рекламу",
				"source": "https://shop.example/form", "given_at": w.clock.now().Add(-time.Hour)}, 201)
		}
		return int64(id)
	}
	bySMS, byViber, byBoth := make("+79160000001", "sms"), make("+79160000002", "viber"), make("+79160000003", "sms", "viber")
	make("+79160000004")                 // never asked
	make("+79160000005", "vk")           // not of this scheme
	taken := make("+79160000006", "sms") // taken back
	c.delete("/contacts/"+ids.ID(taken).String()+"/consents/sms", 204)
	make("+79160000007", "sms", "viber")
	c.post("/stops", object{"addresses": []string{"+79160000007"}, "reason": "manual"}, 201)

	ad := c.launched(object{"advertising": true})
	require.Equal(t, map[string]int64{"no_consent": 3, "stopped": 1}, ad.Refused)
	require.ElementsMatch(t, []int64{bySMS, byViber, byBoth}, w.startsOf(ad))

	// What is no advertising needs no consent.
	require.EqualValues(t, 6, c.launched(object{}).Recipients)
}

func TestALaunchByEachOnesOwnClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	zones := map[int64]string{}
	for phone, zone := range map[string]string{"+79160000001": "Europe/Moscow", "+79160000002": "Asia/Vladivostok",
		"+79160000003": "Europe/Kaliningrad", "+79160000004": "Asia/Kolkata", "+79160000005": "America/New_York"} {
		zones[int64(c.post("/contacts", object{"phone": phone, "zone": zone}, 201).made())] = zone
	}
	day := w.clock.now().AddDate(0, 0, 3)
	at := c.launched(object{"start": object{"when": "local", "local": day.Format("2006-01-02") + " 10:30"}})
	require.Equal(t, campaign.Scheduled, at.State)
	found := w.starts(at.ID)
	require.Len(t, found, len(zones))
	for contact, start := range found {
		zone, err := time.LoadLocation(zones[contact])
		require.NoError(t, err)
		require.Equal(t, time.Date(day.Year(), day.Month(), day.Day(), 10, 30, 0, 0, zone).UTC(), start, zones[contact])
	}
}

func TestASmoothLaunchIsSpread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.somebody(20)
	start := w.clock.now().Add(24 * time.Hour).Truncate(time.Hour)
	end := start.Add(10 * time.Hour)
	smooth := w.owner.launched(object{"smooth": true, "start": object{"when": "at", "at": start}, "end": end})
	found := w.starts(smooth.ID)
	require.Len(t, found, 20)
	slots := map[int]int{}
	for _, at := range found {
		require.False(t, at.Before(start))
		require.True(t, at.Before(end))
		slots[int(at.Sub(start)/(30*time.Minute))]++
	}
	require.Len(t, slots, 20, "one in each half an hour")
}

// Two contacts share an address: it is written to once.
func TestASharedAddressIsWrittenToOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	first := int64(c.post("/contacts", object{"name": "Анна", "phone": "+79160000001"}, 201).made())
	c.post("/contacts", object{"name": "Она же", "addresses": object{"viber": "+79160000001"}}, 201)
	made := c.launched(object{})
	require.Equal(t, map[string]int64{"shared_address": 1}, made.Refused)
	require.Equal(t, []int64{first}, w.startsOf(made))
}
