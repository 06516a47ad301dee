// Package ok is the block that sends a notification in Odnoklassniki. Its text must match an approved template, which is checked
// when publishing.
package ok

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const offers = engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "ok", Cascade: true, Decode: decode, Label: scheme.Text{EN: "OK", RU: "Одноклассники"},
		Fields: message.Fields(message.TextField(true)),
	}
}

func decode(c *scheme.Config) scheme.Settings {
	return message.DecodeText(c, "ok", offers, message.Outcomes(true, "clicked", "viewed", "delivered", "not_delivered"))
}
