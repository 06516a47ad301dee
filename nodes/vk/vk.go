// Package vk is the block that sends a notification in VK. Its text must match an approved template, which is checked
// when publishing.
package vk

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const offers = engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Replied

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "vk", Cascade: true, Decode: decode, Label: scheme.Text{EN: "VK", RU: "ВКонтакте"},
		Fields: message.Fields(message.TextField(true)),
	}
}

func decode(c *scheme.Config) scheme.Settings {
	return message.DecodeText(c, "vk", offers, message.Outcomes(true, "clicked", "viewed", "delivered", "not_delivered"))
}
