// Package page draws the status page of `kaskad serve`: what campaigns are doing now, in Russian and English, as plain
// HTML that a small script keeps fresh. It does no I/O: figures come in as values, pages go out as bytes.
package page

import "time"

// Key names a campaign.
type Key struct{ Account, Campaign int64 }

// Campaign is what the page shows of a campaign in its list.
type Campaign struct {
	Key        Key
	Name       string // as its author wrote it: hostile
	State      string // draft, scheduled, running, paused, finished, cancelled
	Connection string // provider connection that it sends through
	Demo       bool   // the connection is the demo channel: nobody gets anything
	Start      time.Time
	Finished   time.Time // zero while it is not
	Recipients int64
	Sent       int64 // messages handed over so far, in all blocks
	Endings    Endings
}

// Endings are how many recipients ended in which way.
type Endings struct{ Goal, Completed, Failed, Interrupted int64 }

// Ended is how many recipients have ended.
func (e Endings) Ended() int64 { return e.Goal + e.Completed + e.Failed + e.Interrupted }

// Open is how many recipients are still on their way.
func (c *Campaign) Open() int64 { return max(c.Recipients-c.Endings.Ended(), 0) }

// progress is the share of recipients that have ended, 0 to 1.
func (c *Campaign) progress() float64 {
	if c.Recipients <= 0 {
		return 0
	}
	return min(float64(c.Endings.Ended())/float64(c.Recipients), 1)
}

// None stands in a figure of a block that cannot have it: an SMS is never viewed, a delay sends nothing.
const None = -1

// Block is a block's line in a campaign's table. Sent to Answered may be [None].
type Block struct {
	ID, Type, Name                                     string
	Entered, Sent, Delivered, Viewed, Clicked, Replied int64
	Answered                                           int64 // calls that were taken
	Open                                               int64 // recipients that are in the block now
	Ended                                              int64 // recipients whose walk ended in it
	Errors                                             []Reason
	Links                                              []Link // all that are drawn, in the document's order
}

// Reason is how often an error had a reason.
type Reason struct {
	Reason string // no_funds ...
	Count  int64
}

// Link is how many recipients a link led on.
type Link struct {
	Type, Value string // as in the document: status, clicked
	To          string // name of the block it leads to
	Count       int64
}
