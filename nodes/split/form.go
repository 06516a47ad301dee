package split

import "kaskad/engine/scheme"

func form() []scheme.Field {
	return []scheme.Field{
		{Name: "variants", Kind: scheme.FieldObject, In: scheme.Many, Required: true,
			Label: scheme.Text{EN: "Variants", RU: "Варианты"},
			Fields: []scheme.Field{
				{Name: "id", Kind: scheme.FieldText, Required: true, Label: scheme.Text{EN: "Name", RU: "Название"}},
				{Name: "weight", Kind: scheme.FieldNumber, Required: true, Min: "1", Max: "1000000",
					Label: scheme.Text{EN: "Weight", RU: "Вес"}},
			}},
		{Name: "winner", Kind: scheme.FieldObject, Label: scheme.Text{EN: "Send the better one to the rest",
			RU: "Остальным отправить лучший"},
			Fields: []scheme.Field{
				{Name: "share", Kind: scheme.FieldNumber, Required: true, Min: "1", Max: "99",
					Label: scheme.Text{EN: "Share tested, percent", RU: "Доля теста, %"}},
				{Name: "wait", Kind: scheme.FieldDuration, Required: true, Min: "1s", Max: "14d",
					Label: scheme.Text{EN: "Decide after", RU: "Решить через"}},
				{Name: "metric", Kind: scheme.FieldChoice, Required: true, Label: scheme.Text{EN: "By", RU: "По показателю"},
					Choices: []scheme.Choice{
						{Value: "delivered", Label: scheme.Text{EN: "Delivered", RU: "Доставлено"}},
						{Value: "clicked", Label: scheme.Text{EN: "Clicked", RU: "Клик"}},
						{Value: "replied", Label: scheme.Text{EN: "Replied", RU: "Ответ"}},
						{Value: "goal", Label: scheme.Text{EN: "Goal reached", RU: "Цель достигнута"}},
					}},
				{Name: "min", Kind: scheme.FieldNumber, Default: "0", Min: "0", Max: "1000000000",
					Label: scheme.Text{EN: "At least so many people a variant", RU: "Минимум получателей на вариант"}},
			}},
	}
}
