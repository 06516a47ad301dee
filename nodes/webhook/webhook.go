// Package webhook is the block that calls another system and goes on when it answers.
package webhook

import (
	"strings"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

const (
	maxTimeout     = 60 * time.Second
	defaultTimeout = 10 * time.Second
)

func methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE"} }

// Type describes the block.
func Type() scheme.Type {
	var choices []scheme.Choice
	for _, m := range methods() {
		choices = append(choices, scheme.Choice{Value: m, Label: scheme.Text{EN: m, RU: m}})
	}
	return scheme.Type{
		Name: "webhook", Cascade: true, Routing: true, Decode: decode, Label: scheme.Text{EN: "Webhook", RU: "Вебхук"},
		Fields: []scheme.Field{
			{Name: "method", Kind: scheme.FieldChoice, Default: "POST", Choices: choices,
				Label: scheme.Text{EN: "Method", RU: "Метод"}},
			{Name: "url", Kind: scheme.FieldTemplate, Required: true, Label: scheme.Text{EN: "Address", RU: "Адрес"}},
			{Name: "headers", Kind: scheme.FieldText, In: scheme.ByKey, Label: scheme.Text{EN: "Headers", RU: "Заголовки"}},
			{Name: "body", Kind: scheme.FieldTemplate, Multiline: true, Label: scheme.Text{EN: "Body", RU: "Тело"}},
			{Name: "timeout", Kind: scheme.FieldDuration, Default: "10s", Min: "1s", Max: "60s",
				Label: scheme.Text{EN: "Wait for an answer", RU: "Ждать ответа"}},
		},
	}
}

type settings struct{ hook engine.Hook }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	s.hook.Method, _ = c.Choice("method", "POST", methods()...)
	if c.Need("url") {
		s.hook.URL = c.Address("url", scheme.BadConfig)
	}
	s.hook.Headers = decodeHeaders(c.Object("headers"))
	s.hook.Body = c.Template("body")
	s.hook.Timeout, _ = c.Duration("timeout", time.Second, maxTimeout, defaultTimeout)
	return s
}

func decodeHeaders(c *scheme.Config) map[string]string {
	if c == nil {
		return nil
	}
	headers := map[string]string{}
	seen := map[string]bool{}
	for _, name := range c.Keys() {
		lower := strings.ToLower(name)
		switch {
		case !isToken(name):
			c.Report(scheme.BadConfig, name, name, scheme.Text{
				EN: "the name of a header is letters, digits and - _ . only",
				RU: "в названии заголовка — только латинские буквы, цифры и - _ .",
			})
			continue
		case isOurs(lower):
			c.Report(scheme.BadConfig, name, name, scheme.Text{
				EN: "the header {name} is set by the connection itself: remove it",
				RU: "заголовок {name} ставит само подключение: уберите его",
			}, "name", name)
			continue
		case seen[lower]:
			c.Report(scheme.BadConfig, name, name, scheme.Text{
				EN: "the header {name} comes twice: keep one",
				RU: "заголовок {name} указан дважды: оставьте один",
			}, "name", name)
			continue
		}
		seen[lower] = true
		value, ok := c.String(name)
		if ok && strings.ContainsFunc(value, isControl) {
			c.Report(scheme.BadConfig, name, "", scheme.Text{
				EN: "a header's value is one line of text",
				RU: "значение заголовка — одна строка текста",
			})
		}
		headers[name] = value
	}
	return headers
}

// isOurs tells of the headers that frame a request; from outside they would let one request be read as two (RFC 9112).
func isOurs(lower string) bool {
	switch lower {
	case "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer":
		return true
	default:
		return false
	}
}

// isToken tells whether a text can name a header; of what RFC 9110 allows, what is in use.
func isToken(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for _, b := range []byte(s) {
		if b != '-' && b != '_' && b != '.' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
			return false
		}
	}
	return true
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func (s *settings) Outcomes() []scheme.Outcome {
	return []scheme.Outcome{{Type: scheme.LinkNext}, {Type: scheme.LinkError, Any: true}}
}

func (s *settings) Compile() engine.Block { return &s.hook }
