package message

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Text is a block that sends one text and nothing else.
type Text struct {
	Settings
	channel  string
	offers   engine.Facts
	outcomes []scheme.Outcome
	text     scheme.Template
}

// DecodeText reads a block that sends one text.
func DecodeText(c *scheme.Config, channel string, offers engine.Facts, outcomes []scheme.Outcome) *Text {
	t := &Text{Settings: Decode(c, DefaultDecision), channel: channel, offers: offers, outcomes: outcomes}
	if c.Need("text") {
		t.text = c.Template("text")
	}
	return t
}

// Outcomes lists what links may take.
func (t *Text) Outcomes() []scheme.Outcome { return t.outcomes }

// Clickable reports whether the text has a tracked link; of a text that does not compile nothing is said.
func (t *Text) Clickable() bool { return t.text == nil || t.text.HasLink() }

// Compile makes the behaviour.
func (t *Text) Compile() engine.Block {
	m := t.Message(t.channel, t.offers)
	m.Clickable = t.Clickable()
	m.Content = t
	return m
}

// Render fills the text in.
func (t *Text) Render(v *scheme.Vars, link func(url string) string) (engine.Content, error) {
	text, err := t.text.Render(v, link)
	return engine.Content{Sender: t.Sender, Text: text, Attempts: 1, TimeToLive: t.Decision}, err
}
