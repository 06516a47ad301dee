package engine

import (
	"slices"
	"time"

	"kaskad/engine/scheme"
)

// Open reports whether it is working time at t, on the clocks of the block's zone or, without one, of account. A shift
// that crosses midnight belongs to the day on which it starts, and so does a holiday: the shift that began on the
// evening before one goes on to its end.
func (h *Hours) Open(t time.Time, account *time.Location) bool {
	zone := h.Zone
	if zone == nil {
		zone = account
	}
	y, m, d := t.In(zone).Date()
	for back := range 3 { // the shifts of today, of yesterday, and across a day that the zone skipped
		day := time.Date(y, m, d-back, 12, 0, 0, 0, time.UTC)
		if slices.Contains(h.Holidays, day.Format(time.DateOnly)) {
			continue
		}
		for i := range h.Weekly {
			if shift(&h.Weekly[i], day, t, zone) {
				return true
			}
		}
	}
	return false
}

// shift reports whether the window that starts on this day is open at t.
func shift(w *scheme.Window, day, t time.Time, zone *time.Location) bool {
	if !w.Days.Has(day.Weekday()) {
		return false
	}
	y, m, d := day.Date()
	opens := scheme.Local(y, m, d, int(w.From), zone)
	if w.To <= w.From {
		d++
	}
	closes := scheme.Local(y, m, d, int(w.To), zone)
	return !t.Before(opens) && t.Before(closes)
}
