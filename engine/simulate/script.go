// Package simulate tries a scheme on one recipient, or one dialog, on a virtual clock. It feeds the very interpreter
// that runs campaigns and needs no database.
package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Script is what happens to one recipient of a cascade.
type Script struct {
	Name      string    `json:"name,omitempty"`
	Start     time.Time `json:"start"`
	Campaign  Campaign  `json:"campaign"`
	Recipient Recipient `json:"recipient"`
	Events    []Event   `json:"events"`
}

// Campaign is the campaign of a script.
type Campaign struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Tags      []string          `json:"tags"`
	Zone      string            `json:"zone"` // the sender's
	Window    *scheme.Window    `json:"window"`
	End       *time.Time        `json:"end"`
	Winner    map[string]string `json:"winner"` // node to variant
	StopWords []string          `json:"stop_words"`
}

// Recipient is the recipient of a script.
type Recipient struct {
	Ordinal int64          `json:"ordinal"`
	Zone    string         `json:"zone"`
	Contact scheme.Contact `json:"contact"`
	Data    map[string]any `json:"data"`
}

// Event is one thing that happens, counted from the launch of the node's message.
type Event struct {
	Node    string          `json:"node"`
	After   scheme.Duration `json:"after"`
	Attempt int             `json:"attempt"`
	Type    string          `json:"type"` // status, reply, ivr, error
	Value   string          `json:"value"`

	raw   json.RawMessage
	given bool // `after` was there
}

// UnmarshalJSON keeps the event as it was written, so that it can be given back unchanged.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	p := struct {
		*plain
		After *scheme.Duration `json:"after"`
	}{plain: (*plain)(e)}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	if p.After != nil {
		e.After, e.given = *p.After, true
	}
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return err
	}
	e.raw = b.Bytes()
	return nil
}

// MarshalJSON gives the event back as it was written.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.raw != nil {
		return e.raw, nil
	}
	type plain Event
	return json.Marshal(plain(e))
}

// maxScript bounds a script; a real one has some kilobytes.
const maxScript = 4 << 20

// maxAfter is how many days after a launch an event may come.
const maxAfter = 3660

// maxYear keeps what follows the start, years of waiting included, within what RFC 3339 can write.
const maxYear = 2999

// decode reads a script strictly: an unknown field is a typing mistake, and would be an event that never comes.
func decode(data []byte, into any) error {
	if len(data) > maxScript {
		return fmt.Errorf("the script is larger than %d bytes", maxScript)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the script has something after its end")
	}
	return nil
}

func explain(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("field %q: a %s does not fit there", wrong.Field, wrong.Value)
	}
	return err
}

// check finds what decoding cannot.
func (s *Script) check(p *engine.Program) error {
	if s.Start.IsZero() {
		return errors.New(`field "start": the instant at which the walk begins is missing`)
	}
	if y := s.Start.UTC().Year(); y <= 1970 || y > maxYear {
		return fmt.Errorf(`field "start": a year from 1971 to %d`, maxYear)
	}
	if s.Recipient.Ordinal < 0 {
		return errors.New(`field "recipient.ordinal": a number from 0`)
	}
	if w := s.Campaign.Window; w != nil {
		if err := CheckWindow(*w); err != nil {
			return fmt.Errorf(`field "campaign.window": %w`, err)
		}
	}
	for node, variant := range s.Campaign.Winner {
		if err := knownVariant(p, node, variant); err != nil {
			return fmt.Errorf(`field "campaign.winner": %w`, err)
		}
	}
	for i := range s.Events {
		if err := s.Events[i].check(p); err != nil {
			return fmt.Errorf(`field "events[%d]%w`, i, err)
		}
	}
	return nil
}

// CheckWindow finds what is wrong with a window.
func CheckWindow(w scheme.Window) error {
	if w.Days == 0 {
		return errors.New("it needs at least one day, 1 (Monday) to 7 (Sunday)")
	}
	if w.From >= 24*60 {
		return errors.New("24:00 is allowed only as its end")
	}
	if w.Zone == scheme.ZoneRecipient || w.Zone == scheme.ZoneSender {
		return nil
	}
	_, err := scheme.LoadZone(w.Zone)
	return err
}

func knownVariant(p *engine.Program, node, variant string) error {
	if i, ok := p.NodeIndex(node); ok {
		if split, ok := p.Nodes[i].Block.(*engine.Split); ok {
			for _, v := range split.Variants {
				if v.ID == variant {
					return nil
				}
			}
			return fmt.Errorf("the block %q has no variant %q", node, variant)
		}
	}
	return fmt.Errorf("no A/B block %q", node)
}

func (e *Event) check(p *engine.Program) error {
	if _, ok := p.NodeIndex(e.Node); !ok {
		return fmt.Errorf(`.node": no block %q`, e.Node)
	}
	if !e.given {
		return errors.New(`.after": missing; write how long after the launch it comes, 0s for at once`)
	}
	if e.After.Days > maxAfter || e.After.Elapsed > maxAfter*24*time.Hour {
		return fmt.Errorf(`.after": at most %d days`, maxAfter)
	}
	if e.Attempt < 0 || e.Attempt > 255 {
		return errors.New(`.attempt": a number from 1`)
	}
	if e.Attempt == 0 {
		e.Attempt = 1
	}
	switch e.Type {
	case "status":
		if engine.StatusFact(e.Value) == 0 {
			return fmt.Errorf(`.value": no status %q`, e.Value)
		}
	case "ivr":
		if len(e.Value) != 1 || !bytes.ContainsAny([]byte(e.Value), "0123456789*#") {
			return fmt.Errorf(`.value": no key %q`, e.Value)
		}
	case "reply", "error":
	default:
		return fmt.Errorf(`.type": no type %q; use status, reply, ivr or error`, e.Type)
	}
	return nil
}
