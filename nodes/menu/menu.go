// Package menu is the block that asks the visitor to choose.
package menu

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/branches"
)

const (
	// otherwise is the option taken by an answer that means none of them.
	otherwise  = "else"
	maxTimeout = 14 * 24 * time.Hour
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "menu", Routing: true, Decode: decode, Label: scheme.Text{EN: "Menu", RU: "Меню"},
		Fields: []scheme.Field{
			{Name: "text", Kind: scheme.FieldTemplate, Multiline: true, Required: true,
				Label: scheme.Text{EN: "Question", RU: "Вопрос"}},
			{Name: "options", Kind: scheme.FieldObject, In: scheme.Many, Required: true,
				Label: scheme.Text{EN: "Options", RU: "Варианты ответа"},
				Fields: []scheme.Field{
					{Name: "id", Kind: scheme.FieldText, Required: true, Label: scheme.Text{EN: "Name", RU: "Название"}},
					{Name: "text", Kind: scheme.FieldText, Required: true, Label: scheme.Text{EN: "Text", RU: "Текст"}},
				}},
			{Name: "timeout", Kind: scheme.FieldDuration, Min: "1s", Max: "14d",
				Label: scheme.Text{EN: "Wait for an answer", RU: "Ждать ответа"}},
		},
	}
}

type settings struct {
	menu engine.Menu
	ids  []string
	// unknown: a mistake hides what the options are.
	unknown bool
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	if c.Need("text") {
		s.menu.Text = c.Template("text")
	}
	s.menu.Timeout, _ = c.Duration("timeout", time.Second, maxTimeout, 0)
	if !c.Need("options") {
		s.unknown = true
		return s
	}
	list, ok := c.Objects("options", branches.Most)
	if ok && len(list) == 0 {
		c.Report(scheme.BadConfig, "options", "", scheme.Text{
			EN: "a menu needs an option: add one with an id and a text",
			RU: "меню нужен хотя бы один пункт: добавьте его с идентификатором и текстом",
		})
	}
	ids, idsOK := branches.IDs(list, otherwise)
	for i, o := range list {
		text, _ := o.Required("text")
		s.menu.Options = append(s.menu.Options, engine.Option{ID: ids[i], Text: text})
	}
	s.ids, s.unknown = ids, !ok || !idsOK
	return s
}

func (s *settings) Outcomes() []scheme.Outcome {
	if s.unknown {
		return []scheme.Outcome{{Type: scheme.LinkOption, Any: true}, {Type: scheme.LinkTimeout}}
	}
	return append(branches.Outcomes(scheme.LinkOption, s.ids, otherwise), scheme.Outcome{Type: scheme.LinkTimeout})
}

// Waits allows a loop to go through a menu: the visitor answers, or time passes.
func (s *settings) Waits(scheme.LinkType) bool { return true }

func (s *settings) Compile() engine.Block { return &s.menu }
