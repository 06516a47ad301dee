// Package goal is the block that counts as success.
package goal

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "goal", Cascade: true, Goal: true, Label: scheme.Text{EN: "Goal reached", RU: "Цель достигнута"},
		Decode: func(*scheme.Config) scheme.Settings { return settings{} },
	}
}

type settings struct{}

func (settings) Outcomes() []scheme.Outcome { return []scheme.Outcome{{Type: scheme.LinkNext}} }

func (settings) Compile() engine.Block { return &engine.Goal{} }
