package scheme

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kaskad/engine/words"
)

// Clock is a time of day in minutes after midnight, 0 to 1440 (24:00, allowed only as an end).
type Clock int

// endOfDay is 24:00.
const endOfDay Clock = 24 * 60

var errClock error = words.Fail("clock.wrong")

// ParseClock reads HH:MM.
func ParseClock(s string) (Clock, error) {
	if len(s) != 5 || s[2] != ':' || !digits(s[:2]) || !digits(s[3:]) {
		return 0, errClock
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, errClock
	}
	return Clock(h*60 + m), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// UnmarshalJSON reads a time of day from a JSON string.
func (c *Clock) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return errClock
	}
	v, err := ParseClock(s)
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// MarshalJSON writes a time of day as a JSON string.
func (c Clock) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// Days is a set of weekdays; bit 0 is Monday. The zero value is no day.
type Days uint8

// EveryDay has all seven days.
const EveryDay Days = 1<<7 - 1

// ParseDays makes a set from numbers of 1 (Monday) to 7 (Sunday).
func ParseDays(list []int) (Days, error) {
	var d Days
	for _, n := range list {
		if n < 1 || n > 7 {
			return 0, words.Fail("days.day")
		}
		d |= 1 << (n - 1)
	}
	return d, nil
}

// Has reports whether the weekday belongs to the set.
func (d Days) Has(w time.Weekday) bool { return d&(1<<((int(w)+6)%7)) != 0 }

// UnmarshalJSON reads a list of numbers.
func (d *Days) UnmarshalJSON(data []byte) error {
	var list []int
	if err := json.Unmarshal(data, &list); err != nil {
		return words.Fail("days.list")
	}
	v, err := ParseDays(list)
	*d = v
	return err
}

// MarshalJSON writes a list of numbers.
func (d Days) MarshalJSON() ([]byte, error) {
	list := []int{}
	for n := 1; n <= 7; n++ {
		if d&(1<<(n-1)) != 0 {
			list = append(list, n)
		}
	}
	return json.Marshal(list)
}

// The names that a window's zone may have besides IANA names.
const (
	ZoneRecipient = "recipient"
	ZoneSender    = "sender"
)

// Window is the hours in which messages may be sent. From equal to To lasts a whole day from that time; From later
// than To crosses midnight and belongs to the day on which it starts.
type Window struct {
	Zone string `json:"zone"`
	Days Days   `json:"days"`
	From Clock  `json:"from"`
	To   Clock  `json:"to"`
}

// LoadZone is time.LoadLocation without the names that mean something about this machine.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || strings.HasPrefix(name, "/") || strings.Contains(name, "..") {
		return nil, words.Fail("zone.unknown", "zone", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, words.Fail("zone.unknown", "zone", name)
	}
	return loc, nil
}

// Next is the first instant at or after t at which the window, read on the clocks of loc, is open, and the instant
// at which that opening ends. A window without days never opens: ok is false.
func (w Window) Next(t time.Time, loc *time.Location) (open, end time.Time, ok bool) {
	y, m, d := t.In(loc).Date()
	// A window that started up to two days ago may still be open; every weekday comes within the week after, and
	// a day that a zone skipped altogether, or an opening that a change of clocks swallowed, within the next.
	for i := -2; i <= 16; i++ {
		day := time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC)
		if !w.Days.Has(day.Weekday()) {
			continue
		}
		dy, dm, dd := day.Date()
		opens := Local(dy, dm, dd, int(w.From), loc)
		last := dd
		if w.To <= w.From {
			last++
		}
		closes := Local(dy, dm, last, int(w.To), loc)
		if !opens.Before(closes) || !t.Before(closes) {
			continue
		}
		if opens.Before(t) {
			opens = t
		}
		return opens, closes, true
	}
	return time.Time{}, time.Time{}, false
}

// Local is the instant of a wall-clock time in a zone: `minute` minutes after midnight (1440 is the next midnight).
// A time that does not exist is the first instant after the gap; one that occurs twice is the first.
func Local(year int, month time.Month, day, minute int, loc *time.Location) time.Time {
	return localAt(time.Date(year, month, day, 0, minute, 0, 0, time.UTC), loc)
}

// localAt reads the fields of wall, given as UTC, on the clocks of loc.
func localAt(wall time.Time, loc *time.Location) time.Time {
	const far = 36 * time.Hour // beyond any offset, and nearer than two changes of clocks ever were
	_, before := wall.Add(-far).In(loc).Zone()
	_, after := wall.Add(far).In(loc).Zone()
	first, second := wall.Add(-time.Duration(before)*time.Second), wall.Add(-time.Duration(after)*time.Second)
	if second.Before(first) {
		first, second = second, first
		before, after = after, before
	}
	if _, o := first.In(loc).Zone(); o == before {
		return first
	}
	if _, o := second.In(loc).Zone(); o == after {
		return second
	}
	// In the gap: the earlier of the two candidates lies before the change, in the period that it ends.
	_, change := first.In(loc).ZoneBounds()
	return change.In(time.UTC)
}

// AddCalendar adds weeks and days on the calendar of loc, to the same local time, then the elapsed rest.
func (d Duration) AddCalendar(t time.Time, loc *time.Location) time.Time {
	if d.Days > 0 {
		l := t.In(loc)
		y, m, dd := l.Date()
		hh, mm, ss := l.Clock()
		t = localAt(time.Date(y, m, dd+d.Days, hh, mm, ss, l.Nanosecond(), time.UTC), loc)
	}
	return t.Add(d.Elapsed)
}

// Until is a time of day on some weekdays. No days means any day.
type Until struct {
	Time Clock `json:"time"`
	Days Days  `json:"days"`
}

// Next is the first such instant in loc after t, or at t itself where `at` is true.
func (u Until) Next(t time.Time, at bool, loc *time.Location) time.Time {
	days := u.Days
	if days == 0 {
		days = EveryDay
	}
	y, m, d := t.In(loc).Date()
	for i := -1; ; i++ {
		day := time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC)
		if !days.Has(day.Weekday()) {
			continue
		}
		dy, dm, dd := day.Date()
		if next := Local(dy, dm, dd, int(u.Time), loc); next.After(t) || at && next.Equal(t) {
			return next
		}
	}
}
