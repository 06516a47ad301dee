package run

import (
	"bytes"
	"context"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// setInput makes of a campaign's terms what steps look at.
func (w *Worker) setInput(c *campaign) {
	c.input = engine.Campaign{Seed: campaignID(c.Key.Campaign), Start: c.Start, End: c.End, Window: c.Window,
		Zone: w.location(c.Zone), StopWords: c.StopWords}
	if c.input.StopWords == nil {
		c.input.StopWords = engine.DefaultStopWords()
	}
	if win := c.Window; win != nil && win.Zone != scheme.ZoneRecipient && win.Zone != scheme.ZoneSender {
		c.input.WindowIn = w.location(win.Zone)
	}
}

// reread takes over what people changed in a campaign that is held. Intents that exist are sent as they are. A document
// that cannot be compiled here leaves the texts as they were.
func (w *Worker) reread(ctx context.Context, c *campaign) error {
	info, err := w.Store.Campaign(ctx, c.Key)
	if err != nil {
		return err
	}
	if !bytes.Equal(info.Document, c.Document) {
		program, err := w.Compile(info.Document)
		if err != nil || len(program.Nodes) != len(c.program.Nodes) {
			w.Log.Error("the corrected texts of a campaign cannot be compiled here: it goes on with the old ones",
				"campaign", c.Key.Campaign, "error", err)
		} else {
			c.program = program.Hasten(info.Hurry)
		}
	}
	if info.Rate != c.Rate {
		c.tokens, c.expire = 0, 0
	}
	c.Campaign, c.shown = *info, nil
	w.setInput(c)
	return nil
}

// revise looks again at the launches to come of a segment whose campaign has changed: the window may open sooner now, or
// the end come. One segment a turn: what leaves its queue meanwhile is asked for the window anyway.
func (w *Worker) revise() {
	if w.isolation.active() {
		return
	}
	for _, s := range w.order {
		if s.revised == s.campaign.Revision {
			continue
		}
		was := s.end
		s.revised, s.end = s.campaign.Revision, s.campaign.End
		changed := false
		for i := range s.rows {
			if at := int32(i); s.isOpen(at) && w.reviseOne(place{s, at}, was) {
				changed = true
			}
		}
		if changed {
			return
		}
	}
}

// waitsForLook reports whether a change of the campaign has yet to reach the segment's recipients, which are more than a turn
// takes: put away, they would sleep by what held before.
func (s *segment) waitsForLook() bool {
	return s.campaign.State == "cancelled" || s.revised != s.campaign.Revision
}

// reviseOne plans one recipient's launch anew, and reports whether its row changed. A message that is held goes out at the
// next opening; without one before the end, the end comes for it as it does for everybody. was is the end by which
// the timer of one who has not begun was set: their starts stay as they were planned.
func (w *Worker) reviseOne(p place, was engine.Instant) bool {
	s, r := p.seg, &p.seg.rows[p.at]
	st := &r.state
	switch st.Phase {
	case engine.Fresh:
		due, _ := s.due(st)
		if due != min(st.Wake, orNever(was)) {
			w.timers.push(timer{due: due, seg: s, at: p.at})
		}
	case engine.Held:
		z := &w.zones[r.zone]
		at, ok := s.campaign.program.Opening(&s.campaign.input, z.zone, z.doubt, st.Node, w.now)
		if !ok {
			at = max(s.campaign.End, w.now)
		}
		if at == st.Wake || at <= w.now && st.Wake <= w.now {
			return false
		}
		st.Wake = at
		w.write(p)
		w.plan(p)
		return true
	}
	return false
}

// orNever is an instant that no start comes after where there is none.
func orNever(i engine.Instant) engine.Instant {
	if i == 0 {
		return 1<<63 - 1
	}
	return i
}
