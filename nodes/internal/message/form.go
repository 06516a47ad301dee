package message

import "kaskad/engine/scheme"

// Fields describes the shared settings with the block's own between the sender and the times.
func Fields(own ...scheme.Field) []scheme.Field {
	list := []scheme.Field{{Name: "sender", Kind: scheme.FieldText, Required: true,
		Label: scheme.Text{EN: "Sender name", RU: "Имя отправителя"}}}
	list = append(list, own...)
	return append(list,
		scheme.Field{Name: "decision_time", Kind: scheme.FieldDuration, Default: "1h", Min: "1s", Max: "14d",
			Label: scheme.Text{EN: "Decision time", RU: "Время принятия решения"}},
		scheme.Field{Name: "window", Kind: scheme.FieldWindow,
			Label: scheme.Text{EN: "Sending window", RU: "Ограничение по времени отправки"}},
		scheme.Field{Name: "replies_to_chat", Kind: scheme.FieldBoolean, Default: "false",
			Label: scheme.Text{EN: "Replies open a dialog", RU: "Ответы открывают диалог"}})
}

// TextField describes the text of a message.
func TextField(required bool) scheme.Field {
	return scheme.Field{Name: "text", Kind: scheme.FieldTemplate, Multiline: true, Required: required,
		Label: scheme.Text{EN: "Text", RU: "Текст сообщения"}}
}
