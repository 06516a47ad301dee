package engine

import (
	"time"

	"kaskad/engine/scheme"
)

// maxOpenings bounds the search for an instant at which several zones are open at once.
const maxOpenings = 200

func (w *walk) opening(t Instant) (Instant, bool) {
	return w.in.Program.Opening(w.in.Campaign, w.in.Zone, w.in.Doubt, w.s.Node, t)
}

// Opening finds when the window that holds for a block allows a message at or after t; ok is false where that is not
// before the campaign's end, or never. A recipient whose zone is in doubt is sent to only when the window is open in
// every zone that it may be.
func (p *Program) Opening(c *Campaign, zone *time.Location, doubt []*time.Location, node int16, t Instant) (at Instant, ok bool) {
	h := &p.Nodes[node].hold
	win, loc := c.Window, c.WindowIn
	if h.window != nil {
		win, loc = h.window, h.windowIn
	}
	if win != nil {
		switch win.Zone {
		case scheme.ZoneRecipient:
			if len(doubt) > 0 {
				return openEverywhere(win, doubt, t, c.End)
			}
			loc = zone
		case scheme.ZoneSender:
			loc = c.Zone
		}
		open, _, ok := win.Next(t.Time(), orUTC(loc))
		if !ok {
			return 0, false
		}
		t = At(open)
	}
	return t, c.End == 0 || t < c.End
}

// openEverywhere moves on from opening to opening until one instant is open in all zones.
func openEverywhere(win *scheme.Window, zones []*time.Location, t, end Instant) (Instant, bool) {
	for range maxOpenings {
		at := t
		for _, z := range zones {
			open, _, ok := win.Next(at.Time(), z)
			if !ok {
				return 0, false
			}
			at = At(open)
		}
		if at == t {
			return t, end == 0 || t < end
		}
		t = at
	}
	return 0, false
}

func orUTC(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}
