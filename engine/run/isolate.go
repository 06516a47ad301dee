package run

import (
	"errors"

	"kaskad/engine"
)

// ErrData says that the database refused a batch for what is in it. The session is still good after a Rollback.
var ErrData = errors.New("run: the database refused the batch's data")

// narrowTurns is how many turns step one recipient each after a refused batch, to find whose data it is.
const narrowTurns = 500

// recipientKey names a recipient across sessions.
type recipientKey struct {
	campaign CampaignKey
	ordinal  int64
}

func (p place) recipient() recipientKey {
	return recipientKey{p.seg.campaign.Key, p.seg.rows[p.at].ordinal}
}

// isolation finds the recipient whose data fails a batch, so that the others go on.
type isolation struct {
	turns int                   // narrow turns left
	alone *place                // the only recipient of this turn
	tried map[recipientKey]bool // who had a turn alone since the batch was refused
	bad   map[recipientKey]int  // how often each failed by itself
}

// refused is told of a batch that the database refused.
func (w *Worker) refused() {
	iso := &w.isolation
	if iso.alone == nil {
		iso.turns = narrowTurns
		return
	}
	if iso.bad == nil {
		iso.bad = map[recipientKey]int{}
	}
	key := iso.alone.recipient()
	iso.bad[key]++
	w.Log.Error("a recipient's data cannot be stored; its walk is ended", "campaign", key.campaign.Campaign,
		"ordinal", key.ordinal, "times", iso.bad[key])
}

// narrow leaves one recipient in the turn and puts the others back.
func (w *Worker) narrow() {
	t, iso := &w.turn, &w.isolation
	iso.alone = nil
	if iso.turns == 0 {
		return
	}
	iso.turns--
	if len(t.wanted) == 0 {
		return
	}
	one := t.untried(iso.tried)
	if one == nil { // all who are here were tried: together again
		iso.turns, iso.tried = 0, nil
		return
	}
	if iso.tried == nil {
		iso.tried = map[recipientKey]bool{}
	}
	iso.tried[one.recipient()] = true
	iso.alone = one
	w.putBack(*one)
	t.cancels, t.recalls = only(t.cancels, *one), only(t.recalls, *one)
	t.wanted = map[int64][]int64{}
	t.want(*one)
}

// putBack returns all work but one recipient's to where it came from.
func (w *Worker) putBack(one place) {
	t := &w.turn
	events, due, launches := t.events[:0], t.due[:0], t.launches[:0]
	for _, a := range t.events {
		if a.place == one {
			events = append(events, a)
		} else {
			t.deferred[a.seg.Key], a.seg.touched = true, true
		}
	}
	for _, x := range t.due {
		if (place{x.seg, x.at}) == one {
			due = append(due, x)
		} else {
			w.timers.push(x)
		}
	}
	for _, p := range t.launches {
		if p == one {
			launches = append(launches, p)
		} else {
			w.enqueue(p)
		}
	}
	t.events, t.due, t.launches = events, due, launches
}

func only(list []place, one place) []place {
	for _, p := range list {
		if p == one {
			return []place{one}
		}
	}
	return list[:0]
}

// untried gives somebody whom the turn concerns and who was not tried alone.
func (t *turn) untried(tried map[recipientKey]bool) *place {
	for i := range t.events {
		if p := t.events[i].place; !tried[p.recipient()] {
			return &p
		}
	}
	for i := range t.due {
		if p := (place{t.due[i].seg, t.due[i].at}); !tried[p.recipient()] {
			return &p
		}
	}
	for _, list := range [][]place{t.launches, t.cancels} {
		for _, p := range list {
			if !tried[p.recipient()] {
				return &p
			}
		}
	}
	return nil
}

// condemned ends the walk of a recipient whose data failed a batch by itself; where even that fails it is left out.
func (w *Worker) condemned(p place) bool {
	switch w.isolation.bad[p.recipient()] {
	case 0:
		return false
	case 1:
		if p.seg.isOpen(p.at) {
			w.trouble(p, "the recipient's data cannot be stored; its walk was ended")
			w.step(p, engine.Event{Kind: engine.Interrupt, Value: "fault"}, w.now)
		}
	}
	return true
}
