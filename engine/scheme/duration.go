package scheme

import (
	"encoding/json"
	"strconv"
	"time"

	"kaskad/engine/words"
)

// Duration is a sum of units as people write it: `1w2d3h4m5s`, each unit at most once and in that order. Weeks and
// days are kept apart from the rest because a delay counts them on the calendar.
type Duration struct {
	Days    int           // weeks and days, in days
	Elapsed time.Duration // hours, minutes and seconds
}

var errDuration error = words.Fail("duration.wrong")

// maxDays and maxElapsed keep the arithmetic far from overflow: about a century, and every real range is smaller.
const (
	maxDays    = 36_600
	maxElapsed = maxDays * day
	day        = 24 * time.Hour
)

// unitSizes are the units of a duration, in the order in which they are written.
var unitSizes = [...]time.Duration{7 * day, day, time.Hour, time.Minute, time.Second}

// ParseDuration reads a duration.
func ParseDuration(s string) (Duration, error) {
	const units = "wdhms"
	var d Duration
	next := 0
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		if i == start || i-start > 9 || i == len(s) {
			return Duration{}, errDuration
		}
		n, err := strconv.Atoi(s[start:i])
		if err != nil {
			return Duration{}, errDuration
		}
		unit := indexFrom(units, s[i], next)
		if unit < 0 {
			return Duration{}, errDuration
		}
		next = unit + 1
		i++
		size := unitSizes[unit]
		if time.Duration(n) > maxElapsed/size {
			return Duration{}, errDuration
		}
		if size >= day {
			d.Days += n * int(size/day)
		} else {
			d.Elapsed += time.Duration(n) * size
		}
		if d.Days > maxDays || d.Elapsed > maxElapsed {
			return Duration{}, errDuration
		}
	}
	if s == "" {
		return Duration{}, errDuration
	}
	return d, nil
}

func indexFrom(s string, c byte, from int) int {
	for i := from; i < len(s); i++ {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// Total is the duration as elapsed time, a day being 24 hours: what every setting but a delay means.
func (d Duration) Total() time.Duration { return time.Duration(d.Days)*24*time.Hour + d.Elapsed }

// String writes the duration in its shortest form.
func (d Duration) String() string {
	rest := d.Elapsed
	var b []byte
	put := func(n int64, unit byte) {
		if n > 0 {
			b = append(strconv.AppendInt(b, n, 10), unit)
		}
	}
	put(int64(d.Days/7), 'w')
	put(int64(d.Days%7), 'd')
	put(int64(rest/time.Hour), 'h')
	put(int64(rest%time.Hour/time.Minute), 'm')
	put(int64(rest%time.Minute/time.Second), 's')
	if len(b) == 0 {
		return "0s"
	}
	return string(b)
}

// UnmarshalJSON reads a duration from a JSON string.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return errDuration
	}
	v, err := ParseDuration(s)
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// MarshalJSON writes a duration as a JSON string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }
