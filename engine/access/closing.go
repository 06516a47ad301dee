package access

import (
	"strings"
	"time"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// KeepClosed is how long a closed account can be opened again.
const KeepClosed = 30 * 24 * time.Hour

// Named is something with a name, to be told of.
type Named struct {
	ID   ids.ID
	Name string
}

// Closing is what came of closing an account.
type Closing struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	At        time.Time `json:"closed_at"`
	Until     time.Time `json:"reopen_until" doc:"Until when whoever runs the server can open it again: kaskad account reopen NAME."`
	Cancelled []ids.ID  `json:"cancelled" nullable:"false" doc:"The campaigns that were cancelled for it."`
}

// maxNames bounds the names in a fault.
const maxNames = 5

// InTheWay is the fault of closing an account whose campaigns are under way; it names some of them.
func InTheWay(list []Named) error {
	names := make([]string, min(len(list), maxNames))
	for i := range names {
		names[i] = list[i].Name
	}
	text := strings.Join(names, "; ")
	if len(list) > maxNames {
		text += "; …"
	}
	return fault.New(fault.Conflict, "close_campaigns", "body.cancel_campaigns", "count", len(list), "names", text)
}
