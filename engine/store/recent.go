package store

import (
	"sync"

	"kaskad/engine/channel"
)

// recentAnswers is how many answers of each of two generations are remembered, in about 200 bytes each.
const recentAnswers = 32_000

// recent remembers which messages the answers were for that this process stored last: the first fact of a message as a
// rule comes soon, and where it comes here the database need not be asked. Only what is committed gets in, and a stored
// answer never changes.
type recent struct {
	mu         sync.Mutex
	young, old map[source]channel.Key
}

// add remembers answers of which every one was stored.
func (r *recent) add(list []answerRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range list {
		if r.young == nil || len(r.young) >= recentAnswers {
			r.old, r.young = r.young, make(map[source]channel.Key, min(len(list), recentAnswers))
		}
		r.young[list[i].source] = list[i].key
	}
}

// find fills in the keys of the messages that it knows.
func (r *recent) find(facts []fact, found []bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range facts {
		if f := &facts[i]; f.source.provider != "" && !found[i] {
			if f.key, found[i] = r.young[f.source]; !found[i] {
				f.key, found[i] = r.old[f.source]
			}
		}
	}
}
