package voice

import (
	"regexp"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

const (
	actionRecord      = "record"
	actionConnect     = "connect"
	actionUnsubscribe = "unsubscribe"
	actionRepeat      = "repeat"
)

func keyAction(action string) engine.KeyAction {
	switch action {
	case actionConnect:
		return engine.KeyConnect
	case actionUnsubscribe:
		return engine.KeyUnsubscribe
	case actionRepeat:
		return engine.KeyRepeat
	default:
		return engine.KeyRecord
	}
}

// number is a phone number as ITU-T E.164 has it: a plus and up to fifteen digits.
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// isKey tells whether a text is one key of a phone.
func isKey(s string) bool {
	return len(s) == 1 && (s[0] >= '0' && s[0] <= '9' || s[0] == '*' || s[0] == '#')
}

func (s *settings) decodeMenu(c *scheme.Config) {
	menu := c.Object("ivr")
	if menu == nil {
		s.keysOK = !c.Given("ivr")
		return
	}
	s.keys = make(map[string]engine.KeyPress)
	for _, key := range menu.Keys() {
		if !isKey(key) {
			menu.Report(scheme.BadConfig, key, key, scheme.Text{
				EN: "a key of the menu is one of 0-9 * #",
				RU: "клавиша меню — одна из 0-9 * #",
			})
			s.keysOK = false
			continue
		}
		press, ok := decodeKey(menu.Object(key))
		if !ok {
			s.keysOK = false
		}
		s.keys[key] = press
	}
}

// decodeKey reads what a key does. ok is false where that is not known.
func decodeKey(c *scheme.Config) (press engine.KeyPress, ok bool) {
	if c == nil {
		return press, false
	}
	if c.Need("action") {
		press.Action, ok = c.Choice("action", "", actionRecord, actionConnect, actionUnsubscribe, actionRepeat)
	}
	switch {
	case press.Action == actionConnect && !c.Need("number"):
	case c.Given("number"):
		press.Number, _ = c.String("number")
		if press.Number == "" {
			break
		}
		if ok && press.Action != actionConnect {
			c.Report(scheme.BadConfig, "number", press.Number, scheme.Text{
				EN: `only the action "connect" has a number: remove it`,
				RU: `номер бывает только у действия "connect": уберите его`,
			})
		} else if !number.MatchString(press.Number) {
			c.Report(scheme.BadConfig, "number", press.Number, scheme.Text{
				EN: "write the number with its country, such as +78001234567",
				RU: "запишите номер с кодом страны, например +78001234567",
			})
		}
	}
	return press, ok
}
