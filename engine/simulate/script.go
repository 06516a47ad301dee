// Package simulate tries a scheme on one recipient, or one dialog, on a virtual clock. It feeds the very interpreter
// that runs campaigns and needs no database.
package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
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
		return words.Fail("script.large", "most", maxScript)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return words.Fail("script.after_end")
	}
	return nil
}

func explain(err error) error {
	var misfit *json.UnmarshalTypeError
	if errors.As(err, &misfit) {
		return wrong(misfit.Field, "script.misfit", "kind", misfit.Value)
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return words.Fail("script.unknown_field", "name", name)
	}
	if _, ok := err.(words.Sayer); ok {
		return err
	}
	return words.Fail("script.unreadable", "text", err.Error())
}

// wrong is a mistake in a field, said by a key of the catalogue.
func wrong(field, key string, pairs ...any) error { return wrongAs(field, words.Fail(key, pairs...)) }

// wrongAs is a mistake in a field, said by an error.
func wrongAs(field string, err error) error {
	return words.Fail("script.field", "field", field, "what", err)
}

// Place tells which field of a script an error of Cascade or Routing is about, such as events[2].node, and what is wrong
// with it. The field is empty where the script as a whole is mistaken.
func Place(err error) (field string, what words.Message) {
	m := words.Of(err)
	if m.Key != "script.field" {
		return "", m
	}
	for _, a := range m.Args {
		switch v := a.Value.(type) {
		case string:
			field = v
		case error:
			what = words.Of(v)
		}
	}
	return field, what
}

// check finds what decoding cannot.
func (s *Script) check(p *engine.Program) error {
	if s.Start.IsZero() {
		return wrong("start", "script.no_start")
	}
	if y := s.Start.UTC().Year(); y <= 1970 || y > maxYear {
		return wrong("start", "script.year", "last", maxYear)
	}
	if s.Recipient.Ordinal < 0 {
		return wrong("recipient.ordinal", "script.number_from", "low", 0)
	}
	if w := s.Campaign.Window; w != nil {
		if err := CheckWindow(*w); err != nil {
			return wrongAs("campaign.window", err)
		}
	}
	for node, variant := range s.Campaign.Winner {
		if err := knownVariant(p, node, variant); err != nil {
			return wrongAs("campaign.winner", err)
		}
	}
	for i := range s.Events {
		if field, err := s.Events[i].check(p); err != nil {
			return wrongAs(fmt.Sprintf("events[%d].%s", i, field), err)
		}
	}
	return nil
}

// CheckWindow finds what is wrong with a window.
func CheckWindow(w scheme.Window) error {
	if w.Days == 0 {
		return words.Fail("window.no_days")
	}
	if w.From >= 24*60 {
		return words.Fail("window.from_end")
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
			return words.Fail("script.no_variant", "node", node, "variant", variant)
		}
	}
	return words.Fail("script.no_split", "node", node)
}

// check finds what is wrong with an event; the error belongs to the field that is named.
func (e *Event) check(p *engine.Program) (field string, err error) {
	if _, ok := p.NodeIndex(e.Node); !ok {
		return "node", words.Fail("script.no_block", "node", e.Node)
	}
	if !e.given {
		return "after", words.Fail("script.no_after")
	}
	if e.After.Days > maxAfter || e.After.Elapsed > maxAfter*24*time.Hour {
		return "after", words.Fail("script.days", "most", maxAfter)
	}
	if e.Attempt < 0 || e.Attempt > 255 {
		return "attempt", words.Fail("script.number_from", "low", 1)
	}
	if e.Attempt == 0 {
		e.Attempt = 1
	}
	switch e.Type {
	case "status":
		if engine.StatusFact(e.Value) == 0 {
			return "value", words.Fail("script.no_status", "value", e.Value)
		}
	case "ivr":
		if len(e.Value) != 1 || !bytes.ContainsAny([]byte(e.Value), "0123456789*#") {
			return "value", words.Fail("script.no_key", "value", e.Value)
		}
	case "reply", "error":
	default:
		return "type", words.Fail("script.no_type", "type", e.Type)
	}
	return "", nil
}
