// Package close is the block that ends a dialog.
package close

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "close", Routing: true, Decode: decode, Label: scheme.Text{EN: "Close the dialog", RU: "Закрыть диалог"},
		Fields: []scheme.Field{{Name: "reason", Kind: scheme.FieldText, Label: scheme.Text{EN: "Reason", RU: "Причина"}}},
	}
}

type settings struct{ reason string }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	s.reason, _ = c.String("reason")
	return s
}

// Outcomes are none: the walk ends here.
func (s *settings) Outcomes() []scheme.Outcome { return nil }

func (s *settings) Compile() engine.Block { return &engine.Close{Reason: s.reason} }
