package campaign

import (
	"slices"
	"time"

	"kaskad/engine/scheme"
)

// Caps are how many campaigns of an account a contact may enter. A cascade counts once, at its first launch, and no cap
// holds its later blocks back.
type Caps struct {
	Day  int // in a day of the contact's zone; 0: any number
	Week int // in seven such days, today being the last; 0: any number
}

// CapFor is for how long an entry counts: no zone's seven days are longer.
const CapFor = 8 * 24 * time.Hour

// None tells that there is no cap.
func (c Caps) None() bool { return c.Day == 0 && c.Week == 0 }

// Reached tells whether a contact that entered campaigns at these instants may enter none at now.
func (c Caps) Reached(entered []time.Time, now time.Time, zone *time.Location) bool {
	today := dayOf(now, zone)
	day, week := 0, 0
	for _, t := range entered {
		switch ago := today - dayOf(t, zone); {
		case ago <= 0: // an entry that lies ahead by another process's clock counts as today's
			day++
			week++
		case ago < 7:
			week++
		}
	}
	return c.Day > 0 && day >= c.Day || c.Week > 0 && week >= c.Week
}

// Days are when today began in a zone, and the seven days of which it is the last: whoever entered campaigns since then
// entered them on those days.
func Days(now time.Time, zone *time.Location) (day, week time.Time) {
	y, m, d := now.In(zone).Date()
	return scheme.Local(y, m, d, 0, zone), scheme.Local(y, m, d-6, 0, zone)
}

// dayOf numbers the days of a zone's calendar.
func dayOf(t time.Time, zone *time.Location) int64 {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// Agreed tells whether a campaign may write to a contact in a channel: advertising needs the contact's consent to that
// very channel. consents are the channels agreed to and not taken back since.
func Agreed(advertising bool, consents []string, channel string) bool {
	return !advertising || slices.Contains(consents, channel)
}

// Needed tells whether the last entry of a contact must be known, for the rule or to find the person's data: of a walk that goes on
// always; then, while the campaign takes anybody in, for ever where nobody comes twice, and until the pause is over.
func (e Entry) Needed(last time.Time, ended, closed bool, now time.Time) bool {
	if !ended {
		return true
	}
	return !closed && !e.Enter(last, ended, now)
}

// Enter tells whether a contact may enter an open campaign another time. last is the last entry, ended whether that walk
// has ended.
func (e Entry) Enter(last time.Time, ended bool, now time.Time) bool {
	switch e.Again {
	case Always:
		return true
	case AfterEnd:
		return ended
	case AfterPause:
		pause, ok := span(e.Pause)
		return ok && !now.Before(last.Add(pause))
	}
	return false
}
