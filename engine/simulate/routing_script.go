package simulate

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/engine/words"
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
		return nil, wrong("dialog.priority", "script.number", "low", -10, "high", 10)
	}
	known, err := s.readOperators()
	if err != nil {
		return nil, err
	}
	if len(s.Events) > maxRoutingEvents {
		return nil, wrong("events", "script.most", "most", maxRoutingEvents)
	}
	for i := range s.Events {
		if field, err := s.Events[i].read(p, known); err != nil {
			return nil, wrongAs(fmt.Sprintf("events[%d].%s", i, field), err)
		}
	}
	return s, nil
}

func (s *RoutingScript) readTimes() error {
	var err error
	if s.Start == "" {
		return wrong("start", "script.no_start_dialog")
	}
	if s.start, err = time.Parse(time.RFC3339, s.Start); err != nil {
		return wrong("start", "script.instant", "value", s.Start)
	}
	s.until = 24 * time.Hour
	if s.Until == "" {
		return nil
	}
	d, err := scheme.ParseDuration(s.Until)
	if err != nil {
		return wrongAs("until", err)
	}
	if s.until = d.Total(); s.until > maxRoutingUntil {
		return wrong("until", "script.most", "most", "366d")
	}
	return nil
}

func (s *RoutingScript) readOperators() (map[string]bool, error) {
	if len(s.Operators) > maxRoutingOperators {
		return nil, wrong("operators", "script.most", "most", maxRoutingOperators)
	}
	known := make(map[string]bool, len(s.Operators))
	for i := range s.Operators {
		o := &s.Operators[i]
		field, err := "id", error(nil)
		switch {
		case o.ID == "":
			err = words.Fail("script.missing")
		case known[o.ID]:
			err = words.Fail("script.second_operator", "id", o.ID)
		case len(o.Groups) > maxRoutingGroups:
			field, err = "groups", words.Fail("script.most", "most", maxRoutingGroups)
		case len(o.Skills) > maxRoutingGroups:
			field, err = "skills", words.Fail("script.most", "most", maxRoutingGroups)
		case o.Limit != nil && (*o.Limit < 0 || *o.Limit > maxOperatorLimit):
			field, err = "limit", words.Fail("script.number_from", "low", 0)
		case o.Open < 0 || o.Open > maxOperatorLimit:
			field, err = "open", words.Fail("script.number_from", "low", 0)
		}
		if err != nil {
			return nil, wrongAs(fmt.Sprintf("operators[%d].%s", i, field), err)
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
			return "operator", words.Fail("script.no_operator", "id", e.Operator)
		}
		if e.Node != "" {
			return "node", words.Fail("script.only_error")
		}
	case "message", "error":
		if e.Operator != "" {
			return "operator", words.Fail("script.operator_none")
		}
	default:
		return "type", words.Fail("script.no_type_dialog", "type", e.Type)
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
			return "value", words.Fail("script.limit")
		}
	case "message", "error":
		if e.Value != nil && json.Unmarshal(e.Value, &e.text) != nil {
			return "value", words.Fail("script.text")
		}
	default:
		if e.Value != nil {
			return "value", words.Fail("script.value_none", "type", e.Type)
		}
	}
	if e.Type == "message" && e.Node != "" {
		return "node", words.Fail("script.only_error")
	}
	if e.Type != "error" {
		return "", nil
	}
	if i, ok := p.NodeIndex(e.Node); ok {
		if _, hook := p.Nodes[i].Block.(*engine.Hook); hook {
			return "", nil
		}
	}
	return "node", words.Fail("script.no_webhook", "node", e.Node)
}
