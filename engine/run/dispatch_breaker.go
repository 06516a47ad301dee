package run

import "time"

// CircuitState is whether a connection's provider is tried.
type CircuitState uint8

// The states of a circuit.
const (
	CircuitClosed  CircuitState = iota // all is well
	CircuitOpen                        // the provider is down: nothing is tried
	CircuitProbing                     // its pause is over: one call finds out
)

func (s CircuitState) String() string { return [...]string{"closed", "open", "probing"}[s] }

// breaker is a circuit breaker. Its lane guards it.
type breaker struct {
	after    int
	min, max time.Duration
	jitter   func() float64

	failures int           // failed calls in a row
	pause    time.Duration // 0 while closed
	until    time.Time     // when a probe may be made
	probing  bool          // one is under way
}

func (b *breaker) state(now time.Time) CircuitState {
	switch {
	case b.pause == 0:
		return CircuitClosed
	case !b.probing && now.Before(b.until):
		return CircuitOpen
	}
	return CircuitProbing
}

// start notes a call; probe tells that it is the one that finds out.
func (b *breaker) start() (probe bool) {
	b.probing = b.pause > 0
	return b.probing
}

// end notes how a call went, and reports whether the circuit opened or closed by it.
func (b *breaker) end(now time.Time, probe, failed bool) (changed bool) {
	if probe {
		b.probing = false
	}
	if !failed {
		changed = b.pause > 0
		b.failures, b.pause = 0, 0
		return changed
	}
	b.failures++
	if b.pause > 0 && !probe {
		return false // begun before the circuit opened
	}
	if !probe && b.failures < b.after {
		return false
	}
	b.pause = min(max(2*b.pause, b.min), b.max)
	wait := time.Duration(float64(b.pause) * b.jitter())
	b.until = now.Add(min(max(wait, b.min), b.max))
	return !probe
}
