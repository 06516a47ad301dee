package viber

import (
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

func form() []scheme.Field {
	text := message.TextField(true)
	text.When = &scheme.When{Field: "format", Values: []string{formatText, formatTextButton, formatTextImageButton}}
	return message.Fields(
		scheme.Field{Name: "format", Kind: scheme.FieldChoice, Default: formatText,
			Label: scheme.Text{EN: "Format", RU: "Формат"},
			Choices: []scheme.Choice{
				{Value: formatText, Label: scheme.Text{EN: "Text", RU: "Текст"}},
				{Value: formatImage, Label: scheme.Text{EN: "Picture", RU: "Картинка"}},
				{Value: formatTextButton, Label: scheme.Text{EN: "Text and button", RU: "Текст и кнопка"}},
				{Value: formatTextImageButton, Label: scheme.Text{EN: "Text, picture and button", RU: "Текст, картинка и кнопка"}},
			}},
		text,
		scheme.Field{Name: "image", Kind: scheme.FieldPicture, Required: true, Label: scheme.Text{EN: "Picture", RU: "Картинка"},
			When: &scheme.When{Field: "format", Values: []string{formatImage, formatTextImageButton}}},
		scheme.Field{Name: "button", Kind: scheme.FieldObject, Required: true, Label: scheme.Text{EN: "Button", RU: "Кнопка"},
			When: &scheme.When{Field: "format", Values: []string{formatTextButton, formatTextImageButton}},
			Fields: []scheme.Field{
				{Name: "text", Kind: scheme.FieldTemplate, Required: true,
					Label: scheme.Text{EN: "Text on the button", RU: "Текст на кнопке"}},
				{Name: "url", Kind: scheme.FieldTemplate, Required: true,
					Label: scheme.Text{EN: "Address", RU: "Ссылка"}},
			}},
	)
}
