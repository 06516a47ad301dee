package demo

import (
	"encoding/base32"
	"encoding/binary"
	"math"
	"time"

	"kaskad/engine/channel"
)

// dice are the random numbers of one message: each purpose has its own, whatever others are drawn.
type dice uint64

// The purposes. Those of a request are drawn anew each time that it is made.
const (
	ofID uint64 = iota + 1
	ofRequest
	ofFate
	ofView
	ofClick
	ofReply
	ofReplyText
	ofSpam
	ofUnsubscribed
	ofPress
	ofKey
	ofTwice
	ofTwiceDelay
	ofShuffle
	ofEarly
	ofSlow
	ofDelays // and above: one a delay
)

// mix is the finaliser of SplitMix64 (G. Steele and others, 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

const golden = 0x9e3779b97f4a7c15

func newDice(seed uint64, k *channel.Key) dice { return dice(mix(seed ^ Fingerprint(k))) }

// Fingerprint is a number for a key. Two keys of a million share one with a probability of one in thirty millions.
func Fingerprint(k *channel.Key) uint64 {
	h := mix(uint64(k.Account) + golden)
	h = mix(h ^ uint64(k.Campaign) + golden)
	h = mix(h ^ uint64(k.Ordinal) + golden)
	return mix(h ^ uint64(uint16(k.Node))<<8 ^ uint64(k.Attempt) + golden)
}

func (d dice) raw(purpose uint64) uint64 { return mix(uint64(d) + purpose*golden) }

// share is a number from 0 up to, not including, 1.
func (d dice) share(purpose uint64) float64 { return float64(d.raw(purpose)>>11) / (1 << 53) }

func (d dice) happens(purpose uint64, share float64) bool {
	return share > 0 && d.share(purpose) < share
}

const maxDelay = 30 * 24 * time.Hour

// delay draws a time from an exponential distribution with the given median.
func (d dice) delay(purpose uint64, of Delay) time.Duration {
	if of.Typical == 0 {
		return 0
	}
	longest := of.Longest
	if longest == 0 {
		longest = 10 * of.Typical
	}
	t := -math.Log1p(-d.share(ofDelays+purpose)) / math.Ln2 * float64(of.Typical)
	return time.Duration(min(t, float64(longest)))
}

var lowerBase32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

const idPrefix = "demo-"

// providerID names what was taken at the n-th request for a message.
func (d dice) providerID(n uint8) string {
	var raw [16]byte
	id := d.raw(ofID + uint64(n)<<16)
	binary.BigEndian.PutUint64(raw[:], id)
	binary.BigEndian.PutUint64(raw[8:], mix(id))
	var out [len(idPrefix) + 16]byte
	copy(out[:], idPrefix)
	lowerBase32.Encode(out[len(idPrefix):], raw[:10])
	return string(out[:])
}
