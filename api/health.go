package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// A check gets checkWithin; what was found is kept for checkedFor, so that asking often costs nothing.
const (
	checkWithin = 2 * time.Second
	checkedFor  = time.Second
)

// The states of a check.
const (
	checkOK      = "ok"
	checkFailed  = "failed"
	checkTimeout = "timeout"
)

type health struct {
	version  string
	clock    func() time.Time
	log      logger
	stopping <-chan struct{}
	checks   []Check
	notes    []Note

	mu   sync.Mutex
	at   time.Time
	last readiness
}

type readiness struct {
	Status  string            `json:"status"` // ready, unready
	Version string            `json:"version"`
	Checks  map[string]string `json:"checks"` // ok, failed, timeout
	Notes   map[string]string `json:"notes,omitempty"`
}

func newHealth(o Options) *health {
	return &health{version: o.Version, clock: o.Clock, log: o.Log, stopping: o.Stopping, checks: o.Checks, notes: o.Notes}
}

// alive needs nothing but the process: who restarts it for a failed answer must not do so for a lost database.
func (h *health) alive(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"status": "alive", "version": h.version})
}

func (h *health) ready(c *gin.Context) {
	r := h.look(context.WithoutCancel(c.Request.Context()))
	status := http.StatusOK
	if r.Status != "ready" {
		status = http.StatusServiceUnavailable
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(status, r)
}

// look runs the checks, or gives what was found a moment ago. Whether we are stopping is always looked at anew.
func (h *health) look(ctx context.Context) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock()
	if h.last.Checks == nil || now.Sub(h.at) >= checkedFor || now.Before(h.at) {
		h.last = h.run(ctx)
		h.at = h.clock()
	}
	r := readiness{Status: h.last.Status, Version: h.version, Checks: map[string]string{"not_stopping": checkOK},
		Notes: h.last.Notes}
	for name, state := range h.last.Checks {
		r.Checks[name] = state
	}
	select {
	case <-h.stopping:
		r.Status, r.Checks["not_stopping"] = "unready", checkFailed
	default:
	}
	return r
}

func (h *health) run(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	errs, notes := make([]error, len(h.checks)), make([]string, len(h.notes))
	var wg sync.WaitGroup
	for i, check := range h.checks {
		wg.Go(func() { errs[i] = check.Run(ctx) })
	}
	for i, note := range h.notes {
		wg.Go(func() {
			var err error
			if notes[i], err = note.Read(ctx); err != nil {
				notes[i] = "unknown"
			}
		})
	}
	wg.Wait()
	r := readiness{Status: "ready", Checks: map[string]string{}, Notes: map[string]string{}}
	for i, check := range h.checks {
		state := stateOf(errs[i])
		r.Checks[check.Name] = state
		if state != checkOK {
			r.Status = "unready"
		}
		// Once for each change: readiness is asked for every few seconds, by more than one.
		switch before := h.last.Checks[check.Name]; {
		case state == before || state == checkOK && before == "":
		case state == checkOK:
			h.log.Info("ready again", "check", check.Name)
		default:
			h.log.Warn("not ready", "check", check.Name, "error", errs[i])
		}
	}
	for i, note := range h.notes {
		r.Notes[note.Name] = notes[i]
	}
	return r
}

func stateOf(err error) string {
	switch {
	case err == nil:
		return checkOK
	case errors.Is(err, context.DeadlineExceeded):
		return checkTimeout
	}
	return checkFailed
}
