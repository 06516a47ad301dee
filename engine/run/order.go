package run

import (
	"cmp"
	"iter"
	"slices"
)

// What a worker holds is walked through in one order, that of the keys: of a map's own, no run could be had again. The
// lists are replaced and never changed, so that a loop over one may claim and release.

// keep takes a segment into what is held.
func (w *Worker) keep(s *segment) {
	w.segs[s.Key] = s
	at, _ := slices.BinarySearchFunc(w.order, s.Key, func(have *segment, key SegmentKey) int { return compareSegments(have.Key, key) })
	w.order = slices.Insert(slices.Clone(w.order), at, s)
}

func (w *Worker) drop(s *segment) {
	delete(w.segs, s.Key)
	w.order = slices.DeleteFunc(slices.Clone(w.order), func(have *segment) bool { return have == s })
}

func compareSegments(a, b SegmentKey) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Segment, b.Segment))
}

func (w *Worker) keepCampaign(c *campaign) {
	w.campaigns[c.Key] = c
	at, _ := slices.BinarySearchFunc(w.lines, c.Key, func(have *campaign, key CampaignKey) int {
		return cmp.Or(cmp.Compare(have.Key.Account, key.Account), cmp.Compare(have.Key.Campaign, key.Campaign))
	})
	w.lines = slices.Insert(slices.Clone(w.lines), at, c)
}

func (w *Worker) dropCampaign(c *campaign) {
	delete(w.campaigns, c.Key)
	w.lines = slices.DeleteFunc(slices.Clone(w.lines), func(have *campaign) bool { return have == c })
}

// inTurn gives the held campaigns, each time beginning with the next one: they share what a provider has room for.
func (w *Worker) inTurn() iter.Seq[*campaign] {
	w.lineUp++
	lines, from := w.lines, w.lineUp
	return func(yield func(*campaign) bool) {
		for i := range lines {
			if !yield(lines[(from+i)%len(lines)]) {
				return
			}
		}
	}
}
