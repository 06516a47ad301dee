package run

import "sync"

// Registry knows which segments this process holds, and by which worker. The inbox is known to it while it stores, so that a
// segment is not put away between "it is held, no wake is needed" and the commit.
type Registry struct {
	mu    sync.Mutex // never held across a call of the store
	held  map[SegmentKey]*Worker
	calls map[uint64]struct{} // store calls under way that were told who is held
	last  uint64
	ended *sync.Cond
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	r := &Registry{held: map[SegmentKey]*Worker{}, calls: map[uint64]struct{}{}}
	r.ended = sync.NewCond(&r.mu)
	return r
}

func (r *Registry) add(key SegmentKey, w *Worker) {
	r.mu.Lock()
	r.held[key] = w
	r.mu.Unlock()
}

// remove returns once no store call is under way that took one of the segments for held by w; one that begins meanwhile does
// not. One that another worker has claimed meanwhile stays that one's.
func (r *Registry) remove(w *Worker, keys ...SegmentKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		if r.held[key] == w {
			delete(r.held, key)
		}
	}
	for before := r.last; r.since(before); {
		r.ended.Wait()
	}
}

// since reports whether a call is under way that began no later than another one.
func (r *Registry) since(last uint64) bool {
	for c := range r.calls {
		if c <= last {
			return true
		}
	}
	return false
}

// during runs f; a segment that it takes for held is not put away before it has ended.
func (r *Registry) during(f func(held func(SegmentKey) bool) error) error {
	r.mu.Lock()
	r.last++
	call := r.last
	r.calls[call] = struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.calls, call)
		r.mu.Unlock()
		r.ended.Broadcast()
	}()
	return f(func(k SegmentKey) bool { return r.owner(k) != nil })
}

// touch tells the holders that there is something new to read.
func (r *Registry) touch(keys []SegmentKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		if w := r.held[k]; w != nil {
			w.touch(k)
		}
	}
}

// owner gives the worker that holds a segment here, or nil.
func (r *Registry) owner(key SegmentKey) *Worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[key]
}
