package scheme

import (
	"fmt"
	"time"
)

// Duration reads a duration of elapsed time from low to high, both included; def is what an absent field means. ok is
// false where it was something else, which is bad_duration.
func (c *Config) Duration(name string, low, high, def time.Duration) (d time.Duration, ok bool) {
	if !c.Given(name) {
		return def, true
	}
	v, ok := c.CalendarDuration(name, high)
	if !ok {
		return def, false
	}
	if v.Total() < low {
		s, _ := c.String(name)
		c.bad(BadDuration, name, s, "setting.duration_range", "low", short(low), "high", short(high))
		return def, false
	}
	return v.Total(), true
}

// CalendarDuration reads a duration over 0 and up to high whose weeks and days are kept apart.
func (c *Config) CalendarDuration(name string, high time.Duration) (d Duration, ok bool) {
	v, ok := c.getAs(name, textValue, BadDuration)
	if !ok {
		return Duration{}, false
	}
	d, err := ParseDuration(v.text)
	if err != nil {
		c.bad(BadDuration, name, v.text, "setting.duration")
		return Duration{}, false
	}
	if d.Total() <= 0 || d.Total() > high {
		c.bad(BadDuration, name, v.text, "setting.duration_most", "high", short(high))
		return Duration{}, false
	}
	return d, true
}

// short writes elapsed time as a duration with days in it.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	s := Duration{Elapsed: d % day}
	if d < day {
		return s.String()
	}
	days := fmt.Sprintf("%dd", d/day)
	if d%day == 0 {
		return days
	}
	return days + s.String()
}

// Clock reads a time of day; 24:00 only where it is an end.
func (c *Config) Clock(name string, end bool) (t Clock, ok bool) {
	v, ok := c.get(name, textValue)
	if !ok {
		return 0, false
	}
	t, err := ParseClock(v.text)
	if err != nil || t == endOfDay && !end {
		c.bad(BadConfig, name, v.text, "setting.clock")
		return 0, false
	}
	return t, true
}

// Days reads a list of weekdays, 1 for Monday to 7 for Sunday.
func (c *Config) Days(name string) (d Days, ok bool) {
	list, ok := c.get(name, listValue)
	if !ok {
		return 0, false
	}
	for i := range list.items {
		n, isWhole := whole(&list.items[i])
		if !isWhole || n < 1 || n > 7 {
			c.badItem(name, i, &list.items[i], "days.day")
			ok = false
			continue
		}
		d |= 1 << (n - 1)
	}
	return d, ok
}

// Window reads a sending window; nil where there is none or it is mistaken.
func (c *Config) Window(name string) *Window {
	in := c.Object(name)
	if in == nil {
		return nil
	}
	zoneOK := in.Need("zone")
	zone, ok := in.String("zone")
	if zoneOK && ok && zone != ZoneRecipient && zone != ZoneSender {
		zoneOK = in.isZone("zone", zone)
	}
	w, hoursOK := in.Hours()
	if !zoneOK || !ok || !hoursOK {
		return nil
	}
	w.Zone = zone
	return &w
}

// Hours reads the days, from and to of a window.
func (c *Config) Hours() (w Window, ok bool) {
	daysOK := c.Need("days")
	days, readable := c.Days("days")
	if daysOK && readable && days == 0 {
		c.bad(BadConfig, "days", "", "days.none")
		daysOK = false
	}
	fromNeed, toNeed := c.Need("from"), c.Need("to")
	var fromOK, toOK bool
	if fromNeed {
		w.From, fromOK = c.Clock("from", false)
	}
	if toNeed {
		w.To, toOK = c.Clock("to", true)
	}
	w.Days = days
	return w, daysOK && readable && fromOK && toOK
}

// Zone reads an IANA time zone; nil where there is none or it is mistaken.
func (c *Config) Zone(name string) *time.Location {
	s, ok := c.String(name)
	if !ok || !c.isZone(name, s) {
		return nil
	}
	loc, _ := LoadZone(s)
	return loc
}

func (c *Config) isZone(name, zone string) bool {
	if _, err := LoadZone(zone); err != nil {
		c.ReportError(BadConfig, name, zone, err)
		return false
	}
	return true
}

// Dates reads a list of days of the calendar, YYYY-MM-DD.
func (c *Config) Dates(name string) []string {
	list, ok := c.get(name, listValue)
	if !ok {
		return nil
	}
	var out []string
	for i := range list.items {
		v := &list.items[i]
		if _, err := time.Parse(time.DateOnly, v.text); err != nil || v.kind != textValue {
			c.badItem(name, i, v, "setting.date")
			continue
		}
		out = append(out, v.text)
	}
	return out
}
