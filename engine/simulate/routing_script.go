package simulate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// RoutingScript is what happens to one dialog of a routing scheme.
type RoutingScript struct {
	Name      string            `json:"name,omitempty"`
	Start     string            `json:"start"`          // RFC 3339
	Zone      string            `json:"zone,omitempty"` // the account's, IANA; absent: UTC
	Dialog    RoutingDialog     `json:"dialog"`
	Message   string            `json:"message"` // the visitor's first
	Contact   *scheme.Contact   `json:"contact,omitempty"`
	Data      map[string]any    `json:"data,omitempty"`
	Operators []RoutingOperator `json:"operators"`
	Events    []RoutingEvent    `json:"events"`
	Until     string            `json:"until,omitempty"` // a duration from the start, up to 366d; absent: 1d

	start time.Time
	until time.Duration
}

// RoutingDialog is the dialog of a script.
type RoutingDialog struct {
	scheme.Dialog
	LastOperator string `json:"last_operator,omitempty"` // who had this visitor's last dialog
}

// RoutingOperator is an operator at the start of a script.
type RoutingOperator struct {
	ID     string   `json:"id"`
	Groups []string `json:"groups,omitempty"`
	Skills []string `json:"skills,omitempty"`
	Online bool     `json:"online"`
	Limit  *int     `json:"limit,omitempty"` // of open dialogs; absent: none
	Open   int      `json:"open"`
}

// RoutingEvent is one thing that happens. After counts from the start, for an error from the call of its webhook.
type RoutingEvent struct {
	After    string          `json:"after"`
	Type     string          `json:"type"` // online, offline, limit, accept, decline, message, error
	Operator string          `json:"operator,omitempty"`
	Node     string          `json:"node,omitempty"`  // error: the webhook
	Value    json.RawMessage `json:"value,omitempty"` // limit: a number; message, error: text

	after time.Duration
	limit int
	text  string
}

// Limits of a script; a real one has a handful of each.
const (
	maxRoutingOperators = 200
	maxRoutingEvents    = 2000
	maxRoutingGroups    = 50 // of one operator; as many skills
	maxRoutingUntil     = 366 * 24 * time.Hour
	maxOperatorLimit    = math.MaxInt32
)

func (o *RoutingOperator) operator() engine.Operator {
	limit := maxOperatorLimit
	if o.Limit != nil {
		limit = *o.Limit
	}
	return engine.Operator{ID: o.ID, Groups: o.Groups, Skills: o.Skills, Online: o.Online, Limit: limit, Open: o.Open}
}

// readRouting decodes and checks a script.
func readRouting(p *engine.Program, data []byte) (*RoutingScript, error) {
	s := &RoutingScript{}
	if err := decode(data, s); err != nil {
		return nil, err
	}
	if err := s.readTimes(); err != nil {
		return nil, err
	}
	if s.Dialog.Priority < -10 || s.Dialog.Priority > 10 {
		return nil, errors.New(`field "dialog.priority": a number from -10 to 10`)
	}
	known, err := s.readOperators()
	if err != nil {
		return nil, err
	}
	if len(s.Events) > maxRoutingEvents {
		return nil, fmt.Errorf(`field "events": at most %d`, maxRoutingEvents)
	}
	for i := range s.Events {
		if field, err := s.Events[i].read(p, known); err != nil {
			return nil, fmt.Errorf(`field "events[%d].%s": %w`, i, field, err)
		}
	}
	return s, nil
}

func (s *RoutingScript) readTimes() error {
	var err error
	if s.Start == "" {
		return errors.New(`field "start": the instant at which the dialog begins is missing`)
	}
	if s.start, err = time.Parse(time.RFC3339, s.Start); err != nil {
		return fmt.Errorf(`field "start": %q is no RFC 3339 instant such as 2026-06-15T09:00:00Z`, s.Start)
	}
	s.until = 24 * time.Hour
	if s.Until == "" {
		return nil
	}
	d, err := scheme.ParseDuration(s.Until)
	if err != nil {
		return fmt.Errorf(`field "until": %w`, err)
	}
	if s.until = d.Total(); s.until > maxRoutingUntil {
		return errors.New(`field "until": at most 366d`)
	}
	return nil
}

func (s *RoutingScript) readOperators() (map[string]bool, error) {
	if len(s.Operators) > maxRoutingOperators {
		return nil, fmt.Errorf(`field "operators": at most %d`, maxRoutingOperators)
	}
	known := make(map[string]bool, len(s.Operators))
	for i := range s.Operators {
		o := &s.Operators[i]
		field, err := "id", error(nil)
		switch {
		case o.ID == "":
			err = errors.New("missing")
		case known[o.ID]:
			err = fmt.Errorf("a second operator %q", o.ID)
		case len(o.Groups) > maxRoutingGroups:
			field, err = "groups", fmt.Errorf("at most %d", maxRoutingGroups)
		case len(o.Skills) > maxRoutingGroups:
			field, err = "skills", fmt.Errorf("at most %d", maxRoutingGroups)
		case o.Limit != nil && (*o.Limit < 0 || *o.Limit > maxOperatorLimit):
			field, err = "limit", errors.New("a number from 0")
		case o.Open < 0 || o.Open > maxOperatorLimit:
			field, err = "open", errors.New("a number from 0")
		}
		if err != nil {
			return nil, fmt.Errorf(`field "operators[%d].%s": %w`, i, field, err)
		}
		known[o.ID] = true
	}
	return known, nil
}

// read checks an event; the error belongs to the field that is named.
func (e *RoutingEvent) read(p *engine.Program, operators map[string]bool) (field string, err error) {
	d, err := scheme.ParseDuration(e.After)
	if err != nil {
		return "after", err
	}
	e.after = d.Total()
	switch e.Type {
	case "online", "offline", "accept", "decline", "limit":
		if !operators[e.Operator] {
			return "operator", fmt.Errorf("no operator %q in the script", e.Operator)
		}
		if e.Node != "" {
			return "node", errors.New("only an error has one")
		}
	case "message", "error":
		if e.Operator != "" {
			return "operator", errors.New("a message and an error have none")
		}
	default:
		return "type", fmt.Errorf("no type %q; use online, offline, limit, accept, decline, message or error", e.Type)
	}
	return e.readValue(p)
}

func (e *RoutingEvent) readValue(p *engine.Program) (field string, err error) {
	if string(e.Value) == "null" {
		e.Value = nil
	}
	switch e.Type {
	case "limit":
		if json.Unmarshal(e.Value, &e.limit) != nil || e.limit < 0 || e.limit > maxOperatorLimit {
			return "value", errors.New("the new limit is missing: a number from 0")
		}
	case "message", "error":
		if e.Value != nil && json.Unmarshal(e.Value, &e.text) != nil {
			return "value", errors.New("a text")
		}
	default:
		if e.Value != nil {
			return "value", fmt.Errorf("%s has none", e.Type)
		}
	}
	if e.Type == "message" && e.Node != "" {
		return "node", errors.New("only an error has one")
	}
	if e.Type != "error" {
		return "", nil
	}
	if i, ok := p.NodeIndex(e.Node); ok {
		if _, hook := p.Nodes[i].Block.(*engine.Hook); hook {
			return "", nil
		}
	}
	return "node", fmt.Errorf("no webhook %q in the scheme", e.Node)
}
