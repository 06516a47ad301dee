package access

import (
	"net/netip"
	"time"
)

// Failed attempts to sign in cost nothing at first, then a pause that doubles with each.
const (
	freeByEmail   = 5
	freeByAddress = 20
	longestPause  = 15 * time.Minute
	// AttemptsLast is after how long without one they are forgotten.
	AttemptsLast = 24 * time.Hour
)

// Subject is what attempts are counted for.
type Subject struct {
	Digest []byte
	Free   int // attempts without a pause
}

// Subjects are those of an attempt: the e-mail, whether anybody has it or not, and the address that it comes from. A
// household has a whole /64 of IPv6, so that is one address.
func Subjects(email, ip string) []Subject {
	if a, err := netip.ParseAddr(ip); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			ip = p.String()
		}
	}
	return []Subject{{Digest("email " + email), freeByEmail}, {Digest("address " + ip), freeByAddress}}
}

// Pause is how long nobody may try again after so many failures.
func (s Subject) Pause(failed int) time.Duration {
	over := failed - s.Free
	if over < 0 {
		return 0
	}
	if over > 10 {
		return longestPause
	}
	return min(time.Second<<over, longestPause)
}
