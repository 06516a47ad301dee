// Package sms is the block that sends an SMS.
package sms

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const (
	offers = engine.Clicked | engine.Delivered | engine.NotDelivered | engine.Replied
	// maxTimeToLive is the longest validity period that operators keep to.
	maxTimeToLive = 3 * 24 * time.Hour
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "sms", Cascade: true, Decode: decode, Label: scheme.Text{EN: "SMS", RU: "SMS"},
		Fields: message.Fields(message.TextField(true)),
	}
}

func decode(c *scheme.Config) scheme.Settings {
	s := message.DecodeText(c, "sms", offers, message.Outcomes(true, "clicked", "delivered", "not_delivered"))
	s.WarnTimeToLive(c, 0, maxTimeToLive)
	return s
}
