package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kaskad/engine"
	"kaskad/engine/channel"
)

// HookRequest is a webhook's call, filled in for one recipient. Key is the same whenever the call is repeated.
type HookRequest struct {
	Key     channel.Key
	Method  string
	URL     string
	Headers map[string]string
	Body    string
	Timeout time.Duration
}

// Caller makes a webhook's call. The reason of a failure is what an error link may take, such as `timeout` or a status
// code; empty means success.
type Caller interface {
	Call(ctx context.Context, r HookRequest) (reason string)
}

// hookCalls bounds the calls at once, hookQueue what may wait.
const (
	hookCalls = 32
	hookQueue = 50_000
)

// Hooks calls webhooks beside the workers and stores the results as events.
type Hooks struct {
	// Tracer records the calls; nil: none. It is set before Run.
	Tracer Tracer

	caller Caller
	inbox  *Inbox
	log    *slog.Logger
	queue  chan HookRequest
	wg     sync.WaitGroup

	mu      sync.Mutex
	pending map[channel.Key]int64 // the server that committed, last, that the recipient waits for it
}

// NewHooks makes it; Run works it.
func NewHooks(caller Caller, inbox *Inbox, log *slog.Logger) *Hooks {
	return &Hooks{caller: caller, inbox: inbox, log: log, queue: make(chan HookRequest, hookQueue), pending: map[channel.Key]int64{}}
}

// Submit queues a call for whoever waits for it by a server's commit. A call that is under way here is not made twice. False: the
// queue is full, submit it again.
func (h *Hooks) Submit(r HookRequest, server int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, under := h.pending[r.Key]; under {
		h.pending[r.Key] = server
		return true
	}
	select {
	case h.queue <- r:
		h.pending[r.Key] = server
		return true
	default:
		return false
	}
}

// Run makes calls until ctx ends.
func (h *Hooks) Run(ctx context.Context) {
	for range hookCalls {
		h.wg.Go(func() { h.work(ctx) })
	}
	h.wg.Wait()
}

func (h *Hooks) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-h.queue:
			reason := h.try(ctx, r)
			if ctx.Err() != nil {
				return // cut off by our own stop: the call is made again under the same key
			}
			h.store(ctx, HookResult{Key: r.Key, Failed: reason != "", Reason: reason})
			h.mu.Lock()
			delete(h.pending, r.Key)
			h.mu.Unlock()
		}
	}
}

// store keeps on until the result is stored: nobody would make the call again while its segment is held.
func (h *Hooks) store(ctx context.Context, result HookResult) {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		h.mu.Lock()
		result.Server = h.pending[result.Key]
		h.mu.Unlock()
		err := h.inbox.Hooks(ctx, []HookResult{result})
		if err == nil || errors.Is(err, ErrClosed) || ctx.Err() != nil {
			return
		}
		h.log.Warn("a webhook's result could not be stored yet", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// submit hands calls over to be made, as many as the queue takes.
func (w *Worker) submit() {
	for len(w.calls) > 0 && w.Hooks.Submit(w.calls[0], w.server) {
		w.calls = w.calls[1:]
	}
}

// call fills a webhook's call in; it is made after the commit. A panic over the recipient's data is noted, and ends the
// walk in this batch.
func (w *Worker) call(p place, node int16, person Person) {
	s := p.seg
	hook, ok := s.campaign.program.Nodes[node].Block.(*engine.Hook)
	if !ok {
		return
	}
	vars := w.vars(p, &person.Contact)
	vars.Now = w.now.Time()
	noLink := func(url string) string { return url }
	r := HookRequest{Method: hook.Method, Headers: hook.Headers, Timeout: hook.Timeout, Key: channel.Key{
		Account: s.Key.Account, Campaign: s.Key.Campaign, Ordinal: s.rows[p.at].ordinal, Node: node, Attempt: 1}}
	defer func() {
		if r := recover(); r != nil {
			w.turn.faults = append(w.turn.faults, fault{p, fmt.Sprint("fault: ", r)})
		}
	}()
	var err error
	if r.URL, err = hook.URL.Render(&vars, noLink); err != nil {
		w.trouble(p, err.Error())
	}
	if hook.Body != nil {
		if r.Body, err = hook.Body.Render(&vars, noLink); err != nil {
			w.trouble(p, err.Error())
		}
	}
	w.turn.hooks = append(w.turn.hooks, r)
}

// recall makes the call of a recipient again that waited for it when its last owner went away.
func (w *Worker) recall(p place) {
	st := &p.seg.rows[p.at].state
	if p.seg.isOpen(p.at) && st.Phase == engine.Calling {
		w.call(p, st.Node, w.turn.people[PersonKey{p.seg.Key.Account, p.seg.rows[p.at].contact}])
	}
}
