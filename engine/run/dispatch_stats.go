package run

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"kaskad/engine/channel"
)

// DispatchOutcome is what a result is counted as.
type DispatchOutcome struct {
	Channel string
	Status  channel.Status
	// Reason is the reason of a refusal, or the code of a result that the dispatcher gave itself; else empty: the
	// providers' own codes are without bound.
	Reason string
}

// ConnectionStats is a connection at one moment. Counts are since the start.
type ConnectionStats struct {
	Connection  string
	Queued      int // messages waiting for a call
	InFlight    int // messages in a call, or with the callback
	Free        int
	Circuit     CircuitState
	OpenUntil   time.Time // of an open circuit
	Handed      uint64    // messages
	Calls       uint64
	FailedCalls uint64 // in which the provider answered for no message
	Troubles    uint64 // calls that panicked or gave a wrong number of results
	Denied      uint64 // slices of the connection's limits of which nothing was granted
	PerSecond   float64
	Outcomes    map[DispatchOutcome]uint64 // messages
}

// Stats looks at all connections, by name. PerSecond is of messages answered, smoothed over about ten seconds.
func (d *Dispatcher) Stats() []ConnectionStats {
	now := d.o.Clock()
	out := make([]ConnectionStats, 0, len(d.lanes))
	for _, l := range d.lanes {
		out = append(out, l.stats(now))
	}
	slices.SortFunc(out, func(a, b ConnectionStats) int { return strings.Compare(a.Connection, b.Connection) })
	return out
}

func (l *lane) stats(now time.Time) ConnectionStats {
	free := l.free(now)
	l.mu.Lock()
	defer l.mu.Unlock()
	s := ConnectionStats{Connection: l.name, Queued: l.queued, InFlight: l.open - l.queued, Free: free,
		Circuit: l.breaker.state(now), Handed: l.counts.handed, Calls: l.counts.calls, FailedCalls: l.counts.failed,
		Troubles: l.counts.troubles, Denied: l.counts.denied + l.counts.unlent, PerSecond: l.counts.rate(now), Outcomes: maps.Clone(l.counts.outcomes)}
	if s.Circuit == CircuitOpen {
		s.OpenUntil = l.breaker.until
	}
	return s
}

// laneCounts are the figures of a lane, which guards them.
type laneCounts struct {
	handed, calls, failed, troubles uint64
	denied, unlent                  uint64 // slices of the limits: nothing was granted, or nobody could be asked
	outcomes                        map[DispatchOutcome]uint64
	smoothed                        float64
	at                              time.Time
}

func newLaneCounts() laneCounts { return laneCounts{outcomes: map[DispatchOutcome]uint64{}} }

const rateOver = 10 * time.Second

func (c *laneCounts) rate(now time.Time) float64 {
	return c.smoothed * math.Exp(-max(now.Sub(c.at).Seconds(), 0)/rateOver.Seconds())
}

// answered counts results, equal neighbours at once.
func (c *laneCounts) answered(now time.Time, list []Answered) {
	c.smoothed, c.at = c.rate(now)+float64(len(list))/rateOver.Seconds(), now
	for i := 0; i < len(list); {
		o := outcomeOf(&list[i])
		n := 1
		for i+n < len(list) && outcomeOf(&list[i+n]) == o {
			n++
		}
		c.outcomes[o] += uint64(n)
		i += n
	}
}

func outcomeOf(a *Answered) DispatchOutcome {
	o := DispatchOutcome{Channel: a.Message.Channel, Status: a.Result.Status}
	switch a.Result.Code {
	case CodeTooLate, CodeCircuitOpen, CodeStopped, CodeUnknownConnection, CodeNoResult:
		o.Reason = a.Result.Code
	}
	if o.Status == channel.Refused {
		o.Reason = a.Result.Reason
	}
	return o
}
