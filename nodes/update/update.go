// Package update is the block that changes the contact.
package update

import (
	"strings"
	"unicode/utf8"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// maxKey is the length of an attribute's name in characters.
const maxKey = 64

// Type describes the block.
func Type() scheme.Type {
	list := func(name, en, ru string) scheme.Field {
		return scheme.Field{Name: name, Kind: scheme.FieldText, In: scheme.Many, Label: scheme.Text{EN: en, RU: ru}}
	}
	return scheme.Type{
		Name: "update", Cascade: true, Routing: true, Decode: decode,
		Label: scheme.Text{EN: "Update the contact", RU: "Изменить контакт"},
		Fields: []scheme.Field{
			{Name: "set", Kind: scheme.FieldExpression, In: scheme.ByKey,
				Label: scheme.Text{EN: "Set attributes", RU: "Задать атрибуты"}},
			list("add_tags", "Add tags", "Добавить метки"),
			list("remove_tags", "Remove tags", "Убрать метки"),
			list("add_groups", "Add to groups", "Добавить в группы"),
			list("remove_groups", "Remove from groups", "Убрать из групп"),
		},
	}
}

type settings struct{ update engine.Update }

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	s.update.Set = decodeSet(c.Object("set"))
	s.update.AddTags = c.Strings("add_tags")
	s.update.RemoveTags = c.Strings("remove_tags")
	s.update.AddGroups = c.Strings("add_groups")
	s.update.RemoveGroups = c.Strings("remove_groups")
	return s
}

func decodeSet(c *scheme.Config) []engine.Assignment {
	if c == nil {
		return nil
	}
	var out []engine.Assignment
	for _, key := range c.Keys() {
		if strings.TrimSpace(key) == "" || utf8.RuneCountInString(key) > maxKey {
			c.Report(scheme.BadConfig, key, key, scheme.Text{
				EN: "the name of an attribute is 1 to 64 characters",
				RU: "название поля контакта — от 1 до 64 знаков",
			})
			continue
		}
		if c.Need(key) {
			out = append(out, engine.Assignment{Key: key, Value: c.Value(key)})
		}
	}
	return out
}

func (s *settings) Outcomes() []scheme.Outcome { return []scheme.Outcome{{Type: scheme.LinkNext}} }

func (s *settings) Compile() engine.Block { return &s.update }
