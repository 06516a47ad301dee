package store

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
	"unsafe"

	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// defaultMemory is how much of the memory of messages there is by default, in bytes: room for one to one and a half million messages.
const defaultMemory = 64 << 20

// messageID is half of the SHA-256 of what a provider calls a message: two messages that a provider names differently
// never have the same one, whatever names it chooses. The zero value is none.
type messageID [16]byte

// id is of bounded parts, as `from` and `answerRows` make them.
func (s *source) id() messageID {
	var space [8 + 1 + 2*maxIdentifier]byte
	b := binary.LittleEndian.AppendUint64(space[:0], uint64(s.account))
	b = append(append(append(b, byte(len(s.connection))), s.connection...), s.provider...)
	sum := sha256.Sum256(b)
	return messageID(sum[:])
}

// told is the id under which the memory has a fact of which a message can have many of a kind: a reply, a key. It is none for one
// whose message was not named by a provider.
func (f *fact) told() messageID {
	if f.unique == "" || f.id == (messageID{}) {
		return messageID{}
	}
	var space [len(f.id) + 4 + maxIdentifier]byte
	b := binary.LittleEndian.AppendUint32(append(space[:0], f.id[:]...), uint32(f.code))
	sum := sha256.Sum256(append(b, f.unique...))
	return messageID(sum[:])
}

// memory remembers which messages providers' ids are of, and which facts of theirs are in the database, so that for most
// reports the database need not be asked. It is only ever told what is committed. Answers and facts are never taken back,
// so what it knows stays true, whoever else stores; what it does not know has to be asked for. Two generations of the
// same size keep it bounded: what is found in the old one moves to the young one, and when that is full the old one is
// forgotten.
type memory struct {
	mu         sync.Mutex
	most       int // places of a generation
	young, old generation
	numbers    map[run.CampaignKey]uint32 // the campaigns' places in the list
	campaigns  []run.CampaignKey
}

// generation is a hash table with open addressing, three quarters of its places used at most.
type generation struct {
	places []remembered
	used   int
}

// remembered is a message, or one of its facts that is told from others of its kind, in 32 bytes. It has no
// pointers, so that the collector need not look at a million of them.
type remembered struct {
	id           messageID
	campaign     uint32
	ordinal      uint32
	node         int16
	attempt      uint8
	there        bool
	stored, real engine.Facts // in the database at all, and not as only implied ones
}

// firstPlaces is how many places a generation begins with, maxCampaigns of how many campaigns messages are remembered.
const (
	firstPlaces  = 1 << 10
	maxCampaigns = 1 << 16
)

func newMemory(bytes int) *memory {
	if bytes <= 0 {
		bytes = defaultMemory
	}
	return &memory{most: max(bytes/2/int(unsafe.Sizeof(remembered{})), firstPlaces), numbers: map[run.CampaignKey]uint32{}}
}

// accepted remembers the messages of answers of which every one is stored.
func (m *memory) accepted(list []answerRow) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range list {
		m.place(list[i].id, &list[i].key)
	}
}

// found remembers the message of a fact that the database knew.
func (m *memory) found(f *fact) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.place(f.id, &f.key)
}

// stored remembers that every one of these facts is in the database now.
func (m *memory) stored(list []fact) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range list {
		f := &list[i]
		if f.id == (messageID{}) {
			continue
		}
		if told := f.told(); told != (messageID{}) {
			m.place(told, &f.key)
			continue
		}
		if !f.single() {
			continue
		}
		if r := m.place(f.id, &f.key); r != nil {
			r.stored |= engine.Facts(f.code)
			if !f.implied {
				r.real |= engine.Facts(f.code)
			}
		}
	}
}

// find fills in the keys of the messages that it knows, and which facts of theirs are stored.
func (m *memory) find(facts []fact, found []bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range facts {
		f := &facts[i]
		if found[i] || f.source.provider == "" {
			continue
		}
		r := m.known(f.id)
		if r == nil {
			continue
		}
		campaign := m.campaigns[r.campaign]
		f.key = channel.Key{Account: campaign.Account, Campaign: campaign.Campaign, Ordinal: int64(r.ordinal), Node: r.node,
			Attempt: r.attempt}
		f.stored, f.real, found[i] = r.stored, r.real, true
	}
}

// repeats marks the facts told from others of their kind that it knows to be stored. It is asked once it is known what they
// mean: a reply may be a stop.
func (m *memory) repeats(facts []fact) {
	for i := range facts {
		told := facts[i].told()
		if told == (messageID{}) {
			continue
		}
		m.mu.Lock()
		facts[i].again = m.known(told) != nil
		m.mu.Unlock()
	}
}

// forget forgets everything.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
}

func (m *memory) clear() {
	m.young, m.old, m.campaigns = generation{}, generation{}, nil
	clear(m.numbers)
}

// known gives the entry of a message in the young generation, brought there from the old one; nil where there is none.
func (m *memory) known(id messageID) *remembered {
	if r := m.young.find(id); r != nil {
		return r
	}
	if old := m.old.find(id); old != nil {
		return m.add(*old)
	}
	return nil
}

// place gives the entry of a message, made where there is none. It is nil for one that no entry can hold.
func (m *memory) place(id messageID, key *channel.Key) *remembered {
	if r := m.known(id); r != nil {
		return r
	}
	if key.Ordinal < 0 || key.Ordinal > math.MaxUint32 {
		return nil
	}
	campaign := run.CampaignKey{Account: key.Account, Campaign: key.Campaign}
	number, ok := m.numbers[campaign]
	if !ok {
		if len(m.campaigns) >= maxCampaigns {
			m.clear()
		}
		number = uint32(len(m.campaigns))
		m.numbers[campaign], m.campaigns = number, append(m.campaigns, campaign)
	}
	return m.add(remembered{id: id, campaign: number, ordinal: uint32(key.Ordinal), node: key.Node, attempt: key.Attempt,
		there: true})
}

// add puts an entry into the young generation, which has none of its id.
func (m *memory) add(r remembered) *remembered {
	if 4*(m.young.used+1) > 3*m.most {
		clear(m.old.places)
		m.old, m.young = m.young, generation{places: m.old.places}
	}
	place := m.young.add(r.id, m.most)
	*place = r
	return place
}

func (g *generation) find(id messageID) *remembered {
	if len(g.places) == 0 {
		return nil
	}
	if r := g.free(id); r.there {
		return r
	}
	return nil
}

// free gives the place of an id: its own, or the one that it would have.
func (g *generation) free(id messageID) *remembered {
	first, _ := bits.Mul64(binary.LittleEndian.Uint64(id[:]), uint64(len(g.places)))
	for at := int(first); ; {
		if r := &g.places[at]; !r.there || r.id == id {
			return r
		}
		if at++; at == len(g.places) {
			at = 0
		}
	}
}

// add gives a free place, for an id that has none, out of at most so many.
func (g *generation) add(id messageID, most int) *remembered {
	if 4*(g.used+1) > 3*len(g.places) {
		was := g.places
		g.places = make([]remembered, min(max(firstPlaces, 2*len(was)), most))
		for i := range was {
			if was[i].there {
				*g.free(was[i].id) = was[i]
			}
		}
	}
	g.used++
	return g.free(id)
}
