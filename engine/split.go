package engine

import (
	"hash/fnv"
	"maps"
	"slices"

	"kaskad/engine/scheme"
)

// split draws the recipient's variant, or lets it wait for the winner.
func (w *walk) split(b *Split) {
	node := w.node()
	number, rest := w.in.Ordinal, false
	switch {
	case b.Winner == nil:
	case w.in.Winners != nil:
		_, rest = w.in.Winners[node.ID]
	default:
		number, rest = b.Winner.drawn(w.in.Ordinal, w.in.Campaign.Seed, node.ID)
	}
	if rest {
		w.s.Phase = Resting
		w.s.Wake = max(w.in.Campaign.Start.Add(b.Winner.Wait), w.now)
		return
	}
	w.choose(scheme.LinkVariant, Draw(b.Variants, number, w.in.Campaign.Seed, node.ID))
}

// drawn tells whether an ordinal belongs to the rest. Of each hundred exactly the share does not; those are numbered
// anew, without gaps, so that the variants are in proportion among them too and not only among everybody.
func (b *Winner) drawn(ordinal int64, seed, node string) (number int64, rest bool) {
	share := int64(b.Share)
	at := position(ordinal, 100, seed, node+"/share")
	return ordinal/100*share + at, at >= share
}

// Draw assigns a variant by permuted blocks: in every run of sum(weights)/gcd consecutive ordinals that starts at a
// multiple of that number each variant occurs exactly in proportion, in an order fixed by the seed and the node. Each
// run has an order of its own: with one for all of them two tests in a row would give the same people the same sides.
func Draw(variants []Variant, ordinal int64, seed, node string) string {
	var sum, gcd int64
	for _, v := range variants {
		sum += v.Weight
		gcd = divisor(gcd, v.Weight)
	}
	at := position(ordinal, sum/gcd, seed, node)
	for _, v := range variants {
		if at -= v.Weight / gcd; at < 0 {
			return v.ID
		}
	}
	return variants[len(variants)-1].ID
}

func divisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// position is where a permutation of 0 to n-1, fixed by the seed, the node and the run, puts the ordinal's place in its
// run of n.
// It is a Feistel network over the next power of four, walked until it falls below n (J. Black and P. Rogaway,
// "Ciphers with Arbitrary Finite Domains", 2002): constant memory for any weights.
func position(ordinal, n int64, seed, node string) int64 {
	if n <= 1 {
		return 0
	}
	key := fnv.New64a()
	_, _ = key.Write([]byte(seed))
	_, _ = key.Write([]byte{0})
	_, _ = key.Write([]byte(node))
	k := mix(key.Sum64() + mix(uint64(ordinal/n)))
	half := uint(1)
	for int64(1)<<(2*half) < n {
		half++
	}
	mask := uint64(1)<<half - 1
	x := uint64(ordinal % n)
	for {
		l, r := x>>half, x&mask
		for round := range uint64(4) {
			l, r = r, l^(mix(r+k+round*0x9e3779b97f4a7c15)&mask)
		}
		if x = l<<half | r; x < uint64(n) {
			return int64(x)
		}
	}
}

// mix is the finaliser of SplitMix64 (G. Steele and others, 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Apply gives the contact after the change, leaving the given one as it is.
func (c *Change) Apply(old scheme.Contact) scheme.Contact {
	if len(c.Set) > 0 {
		attributes := make(map[string]any, len(old.Attributes)+len(c.Set))
		maps.Copy(attributes, old.Attributes)
		maps.Copy(attributes, c.Set)
		old.Attributes = attributes
	}
	if len(c.Block.AddTags)+len(c.Block.RemoveTags) > 0 {
		tags := make([]string, 0, len(old.Tags)+len(c.Block.AddTags))
		for _, t := range old.Tags {
			if !slices.Contains(c.Block.RemoveTags, t) {
				tags = append(tags, t)
			}
		}
		for _, t := range c.Block.AddTags {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
		old.Tags = tags
	}
	return old
}
