package campaign

import (
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// MaxTestPhones is how many numbers a test send goes to at the most.
const MaxTestPhones = 10

// Another makes the terms of a new draft out of a campaign. who is for a follow-up alone. What lies in the past is left
// out: an instant of a start becomes now, and an end goes.
func (c *Campaign) Another(as MadeAs, who Why, name string, now time.Time) (Terms, error) {
	t := c.Terms
	t.Tags = append([]string{}, t.Tags...)
	if name != "" {
		t.Name = name
	}
	if t.Start.When == At && t.Start.At != nil && !t.Start.At.After(now) {
		t.Start = Start{When: Now}
	}
	if t.End != nil && !t.End.After(now) {
		t.End, t.Smooth = nil, t.Smooth && t.EndAfter != ""
	}
	switch as {
	case Copy:
		return t, nil
	case Repeat:
		if c.LaunchedAt == nil {
			return t, fault.New(fault.Conflict, "campaign_never_launched", "")
		}
		return t, nil
	case FollowUp:
		if c.LaunchedAt == nil {
			return t, fault.New(fault.Conflict, "campaign_never_launched", "")
		}
		t.Kind, t.Entry = Closed, nil
		t.Audience = Audience{Follows: &Follows{Campaign: c.ID, Who: who}}
		if t.Start.When == Cron {
			t.Start, t.EndAfter, t.Smooth = Start{When: Now}, "", false
		}
		return t, nil
	case Test:
		// A test is for seeing the message now, not at the hours of the audience.
		t.Kind, t.Entry, t.Audience, t.Start = Closed, nil, Audience{}, Start{When: Now}
		t.Window, t.End, t.EndAfter, t.Smooth, t.Rate, t.Advertising = nil, nil, "", false, nil, false
		return t, nil
	}
	return t, nil
}

// Repetition makes the terms of the repetition that is due at an instant.
func (c *Campaign) Repetition(due time.Time) Terms {
	t := c.Terms
	zone := c.Schedule().zone
	t.Name = shorten(t.Name, 180) + " · " + due.In(zone).Format("2006-01-02 15:04")
	t.Start = Start{When: Now}
	if end := c.EndOf(due); end != nil {
		t.End = end
	}
	t.EndAfter = ""
	return t
}

func shorten(s string, characters int) string {
	if r := []rune(s); len(r) > characters {
		return string(r[:characters-1]) + "…"
	}
	return s
}

// Repeated tells of the schedule's work.
type Repeated struct {
	Campaign ids.ID    // the repeated one
	Made     ids.ID    // its repetition; 0: the schedule ended, or its end had passed
	Due      time.Time // what the repetition was due at
	Missed   int64     // instants that were passed over
}
