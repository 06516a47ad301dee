// Package tag is the block that changes a dialog's tags.
package tag

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "tag", Routing: true, Decode: decode, Label: scheme.Text{EN: "Tags", RU: "Теги"},
		Fields: []scheme.Field{
			{Name: "add", Kind: scheme.FieldText, In: scheme.Many, Label: scheme.Text{EN: "Add", RU: "Добавить"}},
			{Name: "remove", Kind: scheme.FieldText, In: scheme.Many, Label: scheme.Text{EN: "Remove", RU: "Убрать"}},
		},
	}
}

type settings struct{ tags engine.Retag }

func decode(c *scheme.Config) scheme.Settings {
	return &settings{engine.Retag{Add: c.Strings("add"), Remove: c.Strings("remove")}}
}

func (s *settings) Outcomes() []scheme.Outcome { return []scheme.Outcome{{Type: scheme.LinkNext}} }

func (s *settings) Compile() engine.Block { return &s.tags }
