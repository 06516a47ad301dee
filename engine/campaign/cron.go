package campaign

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"kaskad/engine/fault"
	"kaskad/engine/scheme"
)

// The bounds of schedules.
const (
	minBetween = 10 * time.Minute
	looked     = 200 // instants that are looked at for the shortest pause
	horizon    = 5   // years in which the next instant has to come
)

// Schedule gives the instants of a repeated campaign.
type Schedule struct {
	wall cron.Schedule // on a clock without changes: the wall's
	zone *time.Location
}

// ParseSchedule reads five fields of cron, or a name such as @weekly, with CRON_TZ= before them or not; zone is taken
// where they have none. The error is a fault of body.start.cron.
func ParseSchedule(text string, zone *time.Location) (*Schedule, *fault.Error) {
	bad := func(code string, args ...any) (*Schedule, *fault.Error) {
		return nil, fault.New(fault.Invalid, code, "body.start.cron", args...)
	}
	text = strings.TrimSpace(text)
	for _, prefix := range []string{"CRON_TZ=", "TZ="} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			name, fields, _ := strings.Cut(rest, " ")
			loc, err := scheme.LoadZone(name)
			if err != nil {
				return bad("campaign_zone", "zone", name)
			}
			text, zone = strings.TrimSpace(fields), loc
			break
		}
	}
	if text == "" || strings.HasPrefix(text, "@every") || strings.Contains(text, "TZ=") {
		return bad("start_cron")
	}
	wall, err := cron.ParseStandard("CRON_TZ=UTC " + text)
	if err != nil {
		return bad("start_cron")
	}
	s := &Schedule{wall: wall, zone: zone}
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) // of any year: it is the fields that are looked at
	for i, last := 0, at; i < looked; i++ {
		next := wall.Next(last)
		if next.IsZero() {
			if i == 0 {
				return bad("cron_never")
			}
			break
		}
		if i > 0 && next.Sub(last) < minBetween {
			return bad("cron_often", "minutes", int(minBetween.Minutes()))
		}
		last = next
	}
	return s, nil
}

// Next is the first instant strictly after t; zero where none comes within some years. A wall-clock time that does not
// exist is the first instant after the gap, of one that occurs twice it is the first; two that fall together are one.
func (s *Schedule) Next(t time.Time) time.Time {
	local := t.In(s.zone)
	// Looked for on the wall, from before any change of clocks, so that none is passed over.
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC).Add(-3 * time.Hour)
	for limit := wall.AddDate(horizon, 0, 0); ; {
		wall = s.wall.Next(wall)
		if wall.IsZero() || wall.After(limit) {
			return time.Time{}
		}
		at := scheme.Local(wall.Year(), wall.Month(), wall.Day(), wall.Hour()*60+wall.Minute(), s.zone)
		if at.After(t) {
			return at.UTC()
		}
	}
}

// Upcoming are the next n instants after t.
func (s *Schedule) Upcoming(t time.Time, n int) []time.Time {
	list := make([]time.Time, 0, n)
	for len(list) < n {
		if t = s.Next(t); t.IsZero() {
			break
		}
		list = append(list, t)
	}
	return list
}

// Due tells what to do at now about a repetition that was due at next: which instant to make one for (zero: none yet),
// how many were passed over, and when the next one is. After a stop at most one is made, the newest.
func (s *Schedule) Due(next, now time.Time) (run time.Time, missed int64, then time.Time) {
	if next.After(now) {
		return time.Time{}, 0, next
	}
	for {
		then = s.Next(next)
		if then.IsZero() || then.After(now) {
			return next, missed, then
		}
		missed++
		next = then
	}
}

// Schedule is the schedule of a repeated campaign; nil of any other. The terms have been checked.
func (s *Terms) Schedule() *Schedule {
	if s.Start.When != Cron {
		return nil
	}
	zone := s.Start.Zone
	if zone == "" {
		zone = s.Zone
	}
	loc, err := scheme.LoadZone(zone)
	if err != nil {
		return nil
	}
	made, bad := ParseSchedule(s.Start.Cron, loc)
	if bad != nil {
		return nil
	}
	return made
}
