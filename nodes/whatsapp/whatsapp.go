// Package whatsapp is the block that sends a WhatsApp business message.
package whatsapp

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const (
	offers = engine.Clicked | engine.Viewed | engine.Delivered | engine.NotDelivered | engine.Unsubscribed | engine.Replied
	// minTimeToLive is the shortest that the provider takes.
	minTimeToLive = 30 * time.Second
)

// Type describes the block.
func Type() scheme.Type {
	text := message.TextField(false)
	text.OneOf = "body"
	return scheme.Type{
		Name: "whatsapp", Cascade: true, Decode: decode, Label: scheme.Text{EN: "WhatsApp", RU: "WhatsApp"},
		Fields: message.Fields(
			scheme.Field{Name: "template", Kind: scheme.FieldText, OneOf: "body",
				Label: scheme.Text{EN: "Template", RU: "Шаблон"}},
			scheme.Field{Name: "parameters", Kind: scheme.FieldTemplate, In: scheme.Many,
				Label: scheme.Text{EN: "Parameters of the template", RU: "Параметры шаблона"}},
			text,
		),
	}
}

type settings struct {
	message.Settings
	template   string
	parameters []scheme.Template
	text       scheme.Template
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{Settings: message.Decode(c, message.DefaultDecision)}
	s.WarnTimeToLive(c, minTimeToLive, message.MaxDecision)
	byName, byText := c.Given("template"), c.Given("text")
	switch {
	case byName && byText:
		c.Report(scheme.BadConfig, "text", "", scheme.Text{
			EN: "a message is either a named template or a text: remove one of the two",
			RU: "сообщение — это или шаблон по имени, или текст: уберите одно из двух",
		})
		c.Template("text")
	case byText:
		if c.Need("text") {
			s.text = c.Template("text")
		}
	case !byName:
		c.Report(scheme.BadConfig, "template", "", scheme.Text{
			EN: "name an approved template, or write a text that matches one",
			RU: "назовите одобренный шаблон или напишите текст, который ему соответствует",
		})
	}
	if byName {
		s.template, _ = c.Required("template")
	}
	if c.Given("parameters") && !byName && byText {
		c.Report(scheme.BadConfig, "parameters", "", scheme.Text{
			EN: "only a named template has parameters: name it, or remove them",
			RU: "параметры бывают только у шаблона по имени: назовите его или уберите их",
		})
	}
	s.parameters, _ = c.Templates("parameters")
	return s
}

func (s *settings) Outcomes() []scheme.Outcome {
	return message.Outcomes(true, "clicked", "viewed", "delivered", "not_delivered", "unsubscribed")
}

// Clickable holds for every named template, whose buttons only the provider knows; and for a text that is mistaken.
func (s *settings) Clickable() bool { return s.text == nil || s.text.HasLink() }

func (s *settings) Compile() engine.Block {
	m := s.Message("whatsapp", offers)
	m.Clickable = s.Clickable()
	m.Content = s
	return m
}

// Render fills in the text or the parameters.
func (s *settings) Render(v *scheme.Vars, link func(url string) string) (engine.Content, error) {
	f := message.Filler{Vars: v, Link: link}
	return engine.Content{Sender: s.Sender, Template: s.template, Parameters: f.Texts(s.parameters), Text: f.Text(s.text),
		Attempts: 1, TimeToLive: s.Decision}, f.Err
}
