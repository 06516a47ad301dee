package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf8"

	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// putKey puts a message's key into five columns.
func putKey(c []column, k channel.Key) {
	c[0].int64(k.Account)
	c[1].int64(k.Campaign)
	c[2].int64(k.Ordinal)
	c[3].int16(k.Node)
	c[4].int16(int16(k.Attempt))
}

func readKey(r *reader) channel.Key {
	return channel.Key{Account: r.int64(), Campaign: r.int64(), Ordinal: r.int64(), Node: r.int16(), Attempt: uint8(r.int16())}
}

func compareKeys(a, b channel.Key) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Ordinal, b.Ordinal),
		cmp.Compare(a.Node, b.Node), cmp.Compare(a.Attempt, b.Attempt))
}

func segmentOf(k channel.Key) run.SegmentKey {
	return run.SegmentKey{Account: k.Account, Campaign: k.Campaign, Segment: int32(k.Ordinal / run.SegmentSize)}
}

func sortedSegments(set map[run.SegmentKey]bool) []run.SegmentKey {
	list := make([]run.SegmentKey, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b run.SegmentKey) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Segment, b.Segment))
	})
	return list
}

// Bounds of what comes from outside. Identifiers are parts of primary keys, whose entries the database limits to 2,700
// bytes: a longer one is kept as its hash, the same on every way in.
const (
	maxIdentifier = 200
	maxValue      = 16 << 10
)

func identifier(s string) string {
	s = storable(s)
	if len(s) <= maxIdentifier {
		return s
	}
	return "sha256:" + hash(s)
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p) // writing to a hash cannot fail
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// bounded is the text cut to so many bytes, at the end of a character.
func bounded(s string, most int) string {
	s = storable(s)
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
