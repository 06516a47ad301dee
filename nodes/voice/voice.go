// Package voice is the block that calls and speaks.
package voice

import (
	"maps"
	"slices"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/message"
)

const (
	offers      = engine.Unsubscribed | engine.Answered | engine.NoAnswer
	maxAttempts = 10
	maxInterval = 24 * time.Hour
	minSpeed    = 0.5
	maxSpeed    = 2
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "voice", Cascade: true, Decode: decode, Label: scheme.Text{EN: "Voice call", RU: "Голосовой вызов"},
		Fields: form(),
	}
}

type settings struct {
	message.Settings
	text             scheme.Template
	audio, recording string
	voice, language  string
	speed            float64
	attempts         int
	interval         time.Duration
	keys             map[string]engine.KeyPress
	keysOK           bool // false where a mistake hides what the menu has
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{attempts: 1, keysOK: true}
	redialOK := s.decodeRedial(c)
	def := min(message.DefaultDecision+time.Duration(s.attempts)*s.interval, message.MaxDecision)
	s.Settings = message.Decode(c, def)
	if redialOK && s.DecisionOK && time.Duration(s.attempts-1)*s.interval >= s.Decision {
		written, _ := c.String("decision_time")
		c.Warn(scheme.RedialCutShort, "redial", written, scheme.Text{
			EN: "the last attempts would come after the decision time: lengthen it, or make fewer attempts or a shorter interval",
			RU: "последние попытки не успеют до конца времени принятия решения: увеличьте его, уменьшите число попыток или промежуток между ними",
		})
	}
	s.decodeSpeech(c)
	s.voice, _ = c.String("voice")
	s.language, _ = c.String("language")
	s.speed, _ = c.Float("speed", minSpeed, maxSpeed)
	s.decodeMenu(c)
	return s
}

func (s *settings) decodeRedial(c *scheme.Config) bool {
	redial := c.Object("redial")
	if redial == nil {
		return false
	}
	var attemptsOK, intervalOK bool
	if redial.Need("attempts") {
		s.attempts, attemptsOK = redial.Int("attempts", 1, maxAttempts)
	}
	if attemptsOK && s.attempts == 1 && !redial.Given("interval") {
		return true
	}
	if redial.Need("interval") {
		s.interval, intervalOK = redial.Duration("interval", time.Second, maxInterval, 0)
	}
	return attemptsOK && intervalOK
}

// decodeSpeech reads what is said: exactly one of three.
func (s *settings) decodeSpeech(c *scheme.Config) {
	var given []string
	for _, name := range []string{"text", "audio", "recording"} {
		if c.Given(name) {
			given = append(given, name)
		}
	}
	switch len(given) {
	case 0:
		c.Report(scheme.BadConfig, "text", "", scheme.Text{
			EN: "say what the call plays: a text, an audio or a recording",
			RU: "укажите, что прозвучит в звонке: текст (text), аудио (audio) или запись (recording)",
		})
	case 1:
		c.Need(given[0])
	default:
		c.Report(scheme.BadConfig, given[1], "", scheme.Text{
			EN: "a call plays one thing: keep one of {given}",
			RU: "в звонке звучит что-то одно: оставьте одно из {given}",
		}, "given", given)
	}
	s.text = c.Template("text")
	s.audio = message.File(c, "audio")
	s.recording = message.File(c, "recording")
}

func (s *settings) Outcomes() []scheme.Outcome {
	list := message.Outcomes(false, "unsubscribed", "answered", "no_answer")
	if !s.keysOK {
		return append(list, scheme.Outcome{Type: scheme.LinkIVR, Any: true})
	}
	for _, key := range slices.Sorted(maps.Keys(s.keys)) {
		if s.keys[key].Action != actionUnsubscribe {
			list = append(list, scheme.Outcome{Type: scheme.LinkIVR, Value: key})
		}
	}
	return list
}

func (s *settings) Compile() engine.Block {
	m := s.Message("voice", offers)
	m.Attempts, m.Interval, m.Content = s.attempts, s.interval, s
	if len(s.keys) > 0 {
		m.Offers |= engine.Pressed
		m.Keys = make(map[byte]engine.KeyAction, len(s.keys))
		for key, press := range s.keys {
			m.Keys[key[0]] = keyAction(press.Action)
		}
	}
	return m
}

// Render fills in what is spoken.
func (s *settings) Render(v *scheme.Vars, link func(url string) string) (engine.Content, error) {
	f := message.Filler{Vars: v, Link: link}
	return engine.Content{Sender: s.Sender, Text: f.Text(s.text), Audio: s.audio, Recording: s.recording, Voice: s.voice,
		Speed: s.speed, Language: s.language, Keys: s.keys, Attempts: s.attempts, TimeToLive: s.Decision}, f.Err
}
