package page

import (
	"sync"
	"time"
)

// A speed is measured over speedOver where there were looks often enough, else from the look before, if that was not
// longer than speedOldest ago.
const (
	speedOver   = 10 * time.Second
	speedOldest = 2 * time.Minute
)

// Speed is how fast a campaign goes. Known is false at the first look.
type Speed struct {
	Known bool
	Sent  float64 // messages a second
	Ended float64 // recipients a second
}

// left is how long the open recipients will take at this speed; ok is false where nothing can be said.
func (s Speed) left(c *Campaign) (left time.Duration, ok bool) {
	const longest = 60 * 24 * time.Hour
	if !s.Known || s.Ended <= 0 || c.State != "running" || c.Open() == 0 {
		return 0, false
	}
	seconds := float64(c.Open()) / s.Ended
	if seconds > longest.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// Speeds measures campaigns by looking at them again and again. It is safe for use by many goroutines.
type Speeds struct {
	mu    sync.Mutex
	looks map[Key][]look
}

type look struct {
	at          time.Time
	sent, ended int64
}

// NewSpeeds makes a measure that has seen nothing.
func NewSpeeds() *Speeds { return &Speeds{looks: map[Key][]look{}} }

// Look takes the campaigns' figures at an instant, forgets campaigns that are not among them, and gives their speeds.
func (s *Speeds) Look(now time.Time, list []Campaign) map[Key]Speed {
	s.mu.Lock()
	defer s.mu.Unlock()
	looks, speeds := make(map[Key][]look, len(list)), make(map[Key]Speed, len(list))
	for i := range list {
		c := &list[i]
		seen := append(s.looks[c.Key], look{now, c.Sent, c.Endings.Ended()}) //nolint:gocritic // it is put back below
		for len(seen) > 1 && now.Sub(seen[0].at) > speedOldest || len(seen) > 2 && now.Sub(seen[1].at) >= speedOver {
			seen = seen[1:]
		}
		looks[c.Key], speeds[c.Key] = seen, speedOf(seen)
	}
	s.looks = looks
	return speeds
}

func speedOf(seen []look) Speed {
	first, last := seen[0], seen[len(seen)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return Speed{}
	}
	return Speed{Known: true, Sent: max(float64(last.sent-first.sent)/seconds, 0),
		Ended: max(float64(last.ended-first.ended)/seconds, 0)}
}
