// Package priority is the block that sets how urgent a dialog is.
package priority

import (
	"strconv"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

const lowest, highest = -10, 10

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "priority", Routing: true, Decode: decode, Label: scheme.Text{EN: "Priority", RU: "Приоритет"},
		Fields: []scheme.Field{{Name: "level", Kind: scheme.FieldNumber, Required: true, Min: strconv.Itoa(lowest),
			Max: strconv.Itoa(highest), Label: scheme.Text{EN: "Level", RU: "Уровень"}}},
	}
}

type settings struct{ level int }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	if c.Need("level") {
		s.level, _ = c.Int("level", lowest, highest)
	}
	return s
}

func (s *settings) Outcomes() []scheme.Outcome { return []scheme.Outcome{{Type: scheme.LinkNext}} }

func (s *settings) Compile() engine.Block { return &engine.Prioritise{Level: s.level} }
