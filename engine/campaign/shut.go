package campaign

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Shut finds those for whom a window never opens: a recipient whose zone is in doubt is sent to only while it is open in
// every zone that theirs may be, and a short window is open in no instant in all zones of a large country.
type Shut struct {
	N       int64 // recipients for whom some message can never be launched
	program *engine.Program
	input   engine.Campaign
	blocks  map[int16]bool
}

// NewShut looks at a campaign's messages with its window; sender is whose clock a window of the sender's is read on.
func NewShut(p *engine.Program, window *scheme.Window, sender *time.Location) *Shut {
	s := &Shut{program: p, input: engine.Campaign{Window: window, Zone: sender}, blocks: map[int16]bool{}}
	if window != nil && window.Zone != scheme.ZoneRecipient && window.Zone != scheme.ZoneSender {
		if loc, err := scheme.LoadZone(window.Zone); err == nil { // a window with another zone was refused
			s.input.WindowIn = loc
		}
	}
	return s
}

// Add tells whether there is a message that is never launched to the n recipients of a zone, who begin at start.
func (s *Shut) Add(z Zone, start engine.Instant, n int64) bool {
	never := false
	for i := range s.program.Nodes {
		if _, message := s.program.Nodes[i].Block.(*engine.Message); !message {
			continue
		}
		if _, ok := s.program.Opening(&s.input, z.Clock, z.Doubt, int16(i), start); !ok {
			never, s.blocks[int16(i)] = true, true
		}
	}
	if never {
		s.N += n
	}
	return never
}

// Warnings says so, with the ways out; empty: the window opens for everybody.
func (s *Shut) Warnings() []Warning {
	if s.N == 0 {
		return []Warning{}
	}
	w := Warning{Code: "window_never_open", Recipients: s.N, Blocks: []string{}, Message: neverOpen}
	for i := range s.program.Nodes {
		if s.blocks[int16(i)] {
			w.Blocks = append(w.Blocks, s.program.Nodes[i].ID)
		}
	}
	return []Warning{w}
}

// neverOpen is the hint.
var neverOpen = scheme.Text{
	EN: "The time zone of these recipients is not known, and the sending window is at no instant open in every zone of the country: " +
		"they would get nothing. Import the numbering plan, take the account's zone for them, or widen the window.",
	RU: "Часовой пояс этих получателей неизвестен, а окно отправки ни в какой момент не открыто сразу во всех поясах страны: " +
		"они ничего не получат. Загрузите план нумерации, возьмите для них часовой пояс аккаунта или расширьте окно.",
}
