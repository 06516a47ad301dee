package main

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
)

// ids makes ids of 63 bits: 41 of the time in milliseconds since 2020, so that they grow and sit together in an index,
// then 22 that begin at random within each millisecond and count up. Two processes that hit on the same number are
// found out by the primary key. It is safe for use by many goroutines.
type ids struct {
	mu   sync.Mutex
	last int64
}

const (
	idBits  = 22
	idEpoch = 1_577_836_800_000 // 2020-01-01
)

func (g *ids) next() int64 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	id := (now().UnixMilli()-idEpoch)<<idBits | int64(binary.BigEndian.Uint32(b[:])>>(32-idBits))
	g.mu.Lock()
	defer g.mu.Unlock()
	if id>>idBits <= g.last>>idBits { // the same millisecond, or a clock that went back
		id = g.last + 1
	}
	g.last = id
	return id
}
