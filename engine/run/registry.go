package run

import "sync"

// Registry knows which segments this process holds, and by which worker. The inbox holds it for reading while it
// stores, so that a segment is not put away between "it is held, no wake is needed" and the commit.
type Registry struct {
	mu   sync.RWMutex
	held map[SegmentKey]*Worker
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{held: map[SegmentKey]*Worker{}} }

func (r *Registry) add(key SegmentKey, w *Worker) {
	r.mu.Lock()
	r.held[key] = w
	r.mu.Unlock()
}

// remove returns once no store call is under way that took the segment for held by w. One that another worker has
// claimed meanwhile stays that one's.
func (r *Registry) remove(key SegmentKey, w *Worker) {
	r.mu.Lock()
	if r.held[key] == w {
		delete(r.held, key)
	}
	r.mu.Unlock()
}

// during runs f while no segment can be removed.
func (r *Registry) during(f func(held func(SegmentKey) bool) error) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return f(func(k SegmentKey) bool { return r.held[k] != nil })
}

// touch tells the holders that there is something new to read.
func (r *Registry) touch(keys []SegmentKey) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range keys {
		if w := r.held[k]; w != nil {
			w.touch(k)
		}
	}
}

// owner gives the worker that holds a segment here, or nil.
func (r *Registry) owner(key SegmentKey) *Worker {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.held[key]
}
