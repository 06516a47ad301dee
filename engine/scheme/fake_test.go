package scheme_test

import (
	"errors"
	"strings"

	"kaskad/engine/scheme"
)

// block is a block type small enough to see through: its outcomes are those of the type, plus a branch for each word
// of its setting `ways`.
type block struct {
	name             string
	cascade, routing bool
	goal             bool
	outcomes         []scheme.Outcome
	waits            []scheme.LinkType
	offers           bool
}

type blockSettings struct {
	block
	ways      []string
	clickable bool
}

func (s blockSettings) Outcomes() []scheme.Outcome {
	out := s.outcomes
	for _, w := range s.ways {
		out = append(out[:len(out):len(out)], scheme.Outcome{Type: scheme.LinkBranch, Value: w, Wanted: true})
	}
	return out
}

func (s blockSettings) Clickable() bool { return s.clickable }
func (s blockSettings) Offers() bool    { return s.offers }
func (s blockSettings) Waits(l scheme.LinkType) bool {
	for _, w := range s.waits {
		if w == l {
			return true
		}
	}
	return false
}

func (b block) typ() scheme.Type {
	return scheme.Type{Name: b.name, Cascade: b.cascade, Routing: b.routing, Goal: b.goal,
		Decode: func(c *scheme.Config) scheme.Settings {
			s := blockSettings{block: b, clickable: c.Bool("clickable"), ways: c.Strings("ways")}
			c.Template("text")
			if c.Bool("lost") {
				c.Report(scheme.BadConfig, "lost", "true", scheme.Text{EN: "nothing can be said of this block", RU: "об этом блоке ничего не сказать"})
				return nil
			}
			return s
		}}
}

func status(values ...string) []scheme.Outcome {
	var out []scheme.Outcome
	for _, v := range values {
		out = append(out, scheme.Outcome{Type: scheme.LinkStatus, Value: v})
	}
	return out
}

// fakeTypes: send (a message), wait, pick (branches), goal; offer, say, menu in routing.
func fakeTypes() scheme.Types {
	next := []scheme.Outcome{{Type: scheme.LinkNext}}
	return scheme.NewTypes(
		block{name: "send", cascade: true, outcomes: append(status("clicked", "delivered", "not_delivered"),
			scheme.Outcome{Type: scheme.LinkReply, Any: true}, scheme.Outcome{Type: scheme.LinkError},
			scheme.Outcome{Type: scheme.LinkError, Value: "rejected"})}.typ(),
		block{name: "wait", cascade: true, routing: true, waits: []scheme.LinkType{scheme.LinkNext},
			outcomes: []scheme.Outcome{{Type: scheme.LinkNext, Wanted: true}}}.typ(),
		block{name: "pick", cascade: true, routing: true}.typ(),
		block{name: "goal", cascade: true, goal: true, outcomes: next}.typ(),
		block{name: "offer", routing: true, offers: true, waits: []scheme.LinkType{scheme.LinkNotAccepted},
			outcomes: []scheme.Outcome{{Type: scheme.LinkNotAccepted}, {Type: scheme.LinkNobodyOnline}}}.typ(),
		block{name: "say", routing: true, outcomes: next}.typ(),
	)
}

// fakeLanguage takes every expression and template but those with `bad` in them.
type fakeLanguage struct{}

func (fakeLanguage) Condition(source string, _ scheme.Scope) (scheme.Condition, error) {
	if strings.Contains(source, "bad") {
		return nil, errors.New("a bad expression: write a good one")
	}
	return fakeCondition(source), nil
}

func (fakeLanguage) Template(source string, _ scheme.Scope) (scheme.Template, error) {
	if strings.Contains(source, "bad") {
		return nil, errors.New("a bad template: write a good one")
	}
	return fakeTemplate(source), nil
}

func (fakeLanguage) Value(string, scheme.Scope) (scheme.Value, error) {
	return nil, errors.New("the fake blocks have no values")
}

type fakeCondition string

func (c fakeCondition) Holds(*scheme.Vars) (bool, error) { return true, nil }
func (c fakeCondition) UnmatchableConstant() (string, bool) {
	return string(c), strings.ToLower(string(c)) != string(c)
}

type fakeTemplate string

func (t fakeTemplate) Render(*scheme.Vars, func(string) string) (string, error) {
	return string(t), nil
}
func (t fakeTemplate) HasLink() bool            { return false }
func (t fakeTemplate) Constant() (string, bool) { return string(t), true }
