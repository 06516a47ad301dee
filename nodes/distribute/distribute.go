// Package distribute is the operation that offers a dialog to operators.
package distribute

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

const (
	maxTimeout     = 14 * 24 * time.Hour
	defaultTimeout = 60 * time.Second
	defaultMode    = "everyone"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "distribute", Routing: true, Decode: decode, Label: scheme.Text{EN: "Distribute", RU: "Распределить"},
		Fields: form(),
	}
}

type settings struct{ operation engine.Distribute }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	if c.Need("to") {
		s.decodeTo(c.Object("to"))
	}
	s.operation.Mode, _ = c.Choice("mode", defaultMode, defaultMode, "round_robin", "least_busy", "in_order")
	s.operation.Timeout, _ = c.Duration("timeout", time.Second, maxTimeout, defaultTimeout)
	s.operation.Skills = c.Strings("skills")
	return s
}

// decodeTo reads to whom the dialog is offered: exactly one of four.
func (s *settings) decodeTo(c *scheme.Config) {
	if c == nil {
		return
	}
	audiences := []string{"operators", "groups", "all", "last_operator"}
	var given []string
	for _, name := range audiences {
		if c.Given(name) {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		c.ReportWhole(scheme.BadConfig, scheme.Text{
			EN: "a dialog is offered to exactly one of {audiences}",
			RU: "диалог предлагают ровно одному из этих: {audiences}",
		}, "audiences", audiences)
	}
	o := &s.operation
	o.Operators, o.Groups = c.Strings("operators"), c.Strings("groups")
	o.All, o.LastOperator = c.Bool("all"), c.Bool("last_operator")
	if len(given) == 1 && c.Empty(given[0]) {
		c.Report(scheme.BadConfig, given[0], "", scheme.Text{
			EN: "this offers the dialog to nobody: name at least one, or write true",
			RU: "так диалог не предложат никому: укажите хотя бы одно значение или напишите true",
		})
	}
}

func (s *settings) Outcomes() []scheme.Outcome {
	return []scheme.Outcome{{Type: scheme.LinkNotAccepted}, {Type: scheme.LinkNobodyOnline}}
}

// Offers marks the block as one that offers to operators.
func (s *settings) Offers() bool { return true }

// Waits tells that only `nobody_online` is decided at entry.
func (s *settings) Waits(link scheme.LinkType) bool { return link == scheme.LinkNotAccepted }

func (s *settings) Compile() engine.Block { return &s.operation }
