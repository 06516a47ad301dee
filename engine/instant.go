package engine

import "time"

// Instant is a moment in microseconds since the Unix epoch, UTC: what a timestamptz column holds. Zero means "none".
type Instant int64

// At converts a time to an instant.
func At(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time converts an instant to a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add gives the instant d later; d is rounded down to microseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Sub gives the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }
