// Package autoreply is the block that says something to the visitor.
package autoreply

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "auto_reply", Routing: true, Decode: decode, Label: scheme.Text{EN: "Auto-reply", RU: "Автоответ"},
		Fields: []scheme.Field{{Name: "text", Kind: scheme.FieldTemplate, Multiline: true, Required: true,
			Label: scheme.Text{EN: "Text", RU: "Текст"}}},
	}
}

type settings struct{ text scheme.Template }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	if c.Need("text") {
		s.text = c.Template("text")
	}
	return s
}

func (s *settings) Outcomes() []scheme.Outcome { return []scheme.Outcome{{Type: scheme.LinkNext}} }

func (s *settings) Compile() engine.Block { return &engine.Say{Text: s.text} }
