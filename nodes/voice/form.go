package voice

import (
	"strconv"

	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

func form() []scheme.Field {
	text := message.TextField(false)
	text.OneOf = "speech"
	return message.Fields(
		text,
		scheme.Field{Name: "audio", Kind: scheme.FieldAudio, OneOf: "speech",
			Label: scheme.Text{EN: "Audio file", RU: "Аудиофайл"}},
		scheme.Field{Name: "recording", Kind: scheme.FieldAudio, OneOf: "speech",
			Label: scheme.Text{EN: "Recording", RU: "Запись"}},
		scheme.Field{Name: "voice", Kind: scheme.FieldText, Label: scheme.Text{EN: "Voice", RU: "Голос"}},
		scheme.Field{Name: "speed", Kind: scheme.FieldNumber, Default: "1", Label: scheme.Text{EN: "Speed", RU: "Скорость"},
			Min: strconv.FormatFloat(minSpeed, 'g', -1, 64), Max: strconv.Itoa(maxSpeed)},
		scheme.Field{Name: "language", Kind: scheme.FieldText, Label: scheme.Text{EN: "Language", RU: "Язык"}},
		scheme.Field{Name: "redial", Kind: scheme.FieldObject, Label: scheme.Text{EN: "Redial", RU: "Перезвон"},
			Fields: []scheme.Field{
				{Name: "attempts", Kind: scheme.FieldNumber, Required: true, Min: "1", Max: strconv.Itoa(maxAttempts),
					Label: scheme.Text{EN: "Calls in all", RU: "Всего звонков"}},
				{Name: "interval", Kind: scheme.FieldDuration, Min: "1s", Max: "1d",
					Label: scheme.Text{EN: "Time between calls", RU: "Время между звонками"}},
			}},
		scheme.Field{Name: "ivr", Kind: scheme.FieldObject, In: scheme.ByKey, Choices: keyChoices(),
			Label: scheme.Text{EN: "Menu", RU: "Меню IVR"},
			Fields: []scheme.Field{
				{Name: "action", Kind: scheme.FieldChoice, Required: true, Label: scheme.Text{EN: "Action", RU: "Действие"},
					Choices: []scheme.Choice{
						{Value: actionRecord, Label: scheme.Text{EN: "Count the answer", RU: "Учесть ответ"}},
						{Value: actionConnect, Label: scheme.Text{EN: "Connect to a number", RU: "Соединить с номером"}},
						{Value: actionUnsubscribe, Label: scheme.Text{EN: "Unsubscribe", RU: "Отписать"}},
						{Value: actionRepeat, Label: scheme.Text{EN: "Say it again", RU: "Повторить"}},
					}},
				{Name: "number", Kind: scheme.FieldText, Required: true, Label: scheme.Text{EN: "Number", RU: "Номер"},
					When: &scheme.When{Field: "action", Values: []string{actionConnect}}},
			}},
	)
}

func keyChoices() []scheme.Choice {
	var out []scheme.Choice
	for _, key := range "1234567890*#" {
		out = append(out, scheme.Choice{Value: string(key), Label: scheme.Text{EN: string(key), RU: string(key)}})
	}
	return out
}
