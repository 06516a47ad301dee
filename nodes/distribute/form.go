package distribute

import "kaskad/engine/scheme"

func form() []scheme.Field {
	return []scheme.Field{
		{Name: "to", Kind: scheme.FieldObject, Required: true, Label: scheme.Text{EN: "Offer to", RU: "Предложить"},
			Fields: []scheme.Field{
				{Name: "operators", Kind: scheme.FieldText, In: scheme.Many, OneOf: "to",
					Label: scheme.Text{EN: "Operators", RU: "Операторам"}},
				{Name: "groups", Kind: scheme.FieldText, In: scheme.Many, OneOf: "to",
					Label: scheme.Text{EN: "Groups", RU: "Группам"}},
				{Name: "all", Kind: scheme.FieldBoolean, OneOf: "to", Label: scheme.Text{EN: "Everyone", RU: "Всем"}},
				{Name: "last_operator", Kind: scheme.FieldBoolean, OneOf: "to",
					Label: scheme.Text{EN: "The operator of the last dialog", RU: "Последнему оператору"}},
			}},
		{Name: "mode", Kind: scheme.FieldChoice, Default: defaultMode, Label: scheme.Text{EN: "How", RU: "Как"},
			Choices: []scheme.Choice{
				{Value: defaultMode, Label: scheme.Text{EN: "To all at once", RU: "Всем сразу"}},
				{Value: "round_robin", Label: scheme.Text{EN: "In turn", RU: "По кругу"}},
				{Value: "least_busy", Label: scheme.Text{EN: "The least busy first", RU: "Сначала наименее занятым"}},
				{Value: "in_order", Label: scheme.Text{EN: "In the given order", RU: "По порядку"}},
			}},
		{Name: "timeout", Kind: scheme.FieldDuration, Default: "60s", Min: "1s", Max: "14d",
			Label: scheme.Text{EN: "Wait for acceptance", RU: "Ждать принятия"}},
		{Name: "skills", Kind: scheme.FieldText, In: scheme.Many, Label: scheme.Text{EN: "Skills, all of them",
			RU: "Навыки, все сразу"}},
	}
}
