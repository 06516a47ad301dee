// Package viber is the block that sends a Viber business message.
package viber

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const (
	offers = engine.Spam | engine.Unsubscribed | engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered |
		engine.Replied
	// minTimeToLive is the shortest that the provider takes.
	minTimeToLive = 30 * time.Second
)

// The formats of a message.
const (
	formatText            = "text"
	formatImage           = "image"
	formatTextButton      = "text_button"
	formatTextImageButton = "text_image_button"
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "viber", Cascade: true, Decode: decode, Label: scheme.Text{EN: "Viber", RU: "Viber"},
		Fields: form(),
	}
}

type settings struct {
	message.Settings
	format                  string
	text, buttonText, toURL scheme.Template
	image                   string
	formatOK                bool // false where a mistake in it was reported
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{Settings: message.Decode(c, message.DefaultDecision)}
	s.WarnTimeToLive(c, minTimeToLive, message.MaxDecision)
	format, ok := c.Choice("format", formatText, formatText, formatImage, formatTextButton, formatTextImageButton)
	s.format, s.formatOK = format, ok
	// What the format has no place for is read all the same, so that the editor may keep it while formats are tried.
	if ok && format != formatImage {
		c.Need("text")
	}
	if ok && (format == formatImage || format == formatTextImageButton) {
		c.Need("image")
	}
	s.text = c.Template("text")
	s.image = message.File(c, "image")
	s.decodeButton(c, ok && s.hasButton())
	return s
}

func (s *settings) decodeButton(c *scheme.Config, needed bool) {
	if needed && !c.Need("button") {
		return
	}
	button := c.Object("button")
	if button == nil {
		return
	}
	if needed {
		button.Need("text")
		button.Need("url")
	}
	s.buttonText = button.Template("text")
	s.toURL = button.Address("url", scheme.BadTemplate)
}

func (s *settings) hasButton() bool {
	return s.format == formatTextButton || s.format == formatTextImageButton
}

func (s *settings) Outcomes() []scheme.Outcome {
	return message.Outcomes(true, "spam", "unsubscribed", "clicked", "viewed", "delivered", "not_delivered")
}

// Clickable says nothing against a message whose format or text is mistaken: that is a finding already.
func (s *settings) Clickable() bool {
	if s.format == formatImage {
		return false
	}
	return s.hasButton() || !s.formatOK || s.text == nil || s.text.HasLink()
}

func (s *settings) Compile() engine.Block {
	m := s.Message("viber", offers)
	m.Clickable = s.Clickable()
	m.Content = s
	return m
}

// Render fills in what the format has a place for.
func (s *settings) Render(v *scheme.Vars, link func(url string) string) (engine.Content, error) {
	f := message.Filler{Vars: v, Link: link}
	out := engine.Content{Sender: s.Sender, Format: s.format, Attempts: 1, TimeToLive: s.Decision}
	if s.format != formatImage {
		out.Text = f.Text(s.text)
	}
	if s.format == formatImage || s.format == formatTextImageButton {
		out.Image = s.image
	}
	if s.hasButton() {
		out.ButtonText, out.ButtonURL = f.Text(s.buttonText), f.Text(s.toURL)
	}
	return out, f.Err
}
