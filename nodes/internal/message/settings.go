// Package message is what the channel blocks have in common: their shared settings, their error reasons, and the
// blocks that send nothing but a text.
package message

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// The range of a decision time, and what an absent one means.
const (
	MinDecision     = time.Second
	MaxDecision     = 14 * 24 * time.Hour
	DefaultDecision = time.Hour
)

// Settings are the settings that every channel block has.
type Settings struct {
	Sender        string
	Decision      time.Duration
	DecisionOK    bool // false where a mistake in it was reported
	Window        *scheme.Window
	RepliesToChat bool
}

// Decode reads the shared settings. def is the decision time where none is given.
func Decode(c *scheme.Config, def time.Duration) Settings {
	var s Settings
	s.Sender, _ = c.Required("sender")
	s.Decision, s.DecisionOK = c.Duration("decision_time", MinDecision, MaxDecision, def)
	s.Window = c.Window("window")
	s.RepliesToChat = c.Bool("replies_to_chat")
	return s
}

// Message gives the behaviour with the shared settings in it.
func (s Settings) Message(channel string, offers engine.Facts) *engine.Message {
	return &engine.Message{Channel: channel, Offers: offers, Decision: s.Decision, Window: s.Window, Attempts: 1,
		RepliesToChat: s.RepliesToChat}
}

// WarnTimeToLive warns of a decision time that the provider's time to live cannot equal.
func (s Settings) WarnTimeToLive(c *scheme.Config, low, high time.Duration) {
	if !s.DecisionOK || s.Decision >= low && s.Decision <= high {
		return
	}
	written, _ := c.String("decision_time")
	message := scheme.Text{
		EN: "the provider keeps trying for at least 30s, longer than this block waits: a message that was given up on may still come",
		RU: "провайдер пытается доставить не меньше 30 секунд, дольше, чем ждёт этот блок: сообщение, от которого уже отказались, может ещё прийти",
	}
	if s.Decision > high {
		message = scheme.Text{
			EN: "the provider stops trying after 3d, sooner than this block decides: 3d or less loses nothing",
			RU: "провайдер перестаёт пытаться через 3 дня, раньше, чем этот блок решает: при 3 днях и меньше ничего не теряется",
		}
	}
	c.Warn(scheme.TimeToLiveClipped, "decision_time", written, message)
}

// Outcomes makes the list of a channel's outcomes: its statuses, replies where it has them, and every error.
func Outcomes(replies bool, statuses ...string) []scheme.Outcome {
	reasons := Reasons()
	list := make([]scheme.Outcome, 0, len(statuses)+2+len(reasons))
	for _, s := range statuses {
		list = append(list, scheme.Outcome{Type: scheme.LinkStatus, Value: s})
	}
	if replies {
		list = append(list, scheme.Outcome{Type: scheme.LinkReply, Any: true})
	}
	for _, r := range reasons {
		list = append(list, scheme.Outcome{Type: scheme.LinkError, Value: r})
	}
	return list
}

// Reasons lists the reasons of a channel's error; the empty one is any.
func Reasons() []string {
	return []string{"", "no_funds", "unsubscribed", "no_address", "bad_address", "template_mismatch", "not_approved",
		"too_long", "frequency_cap", "window_closed", "rejected", "unavailable"}
}

// File reads the address or the stored name of a picture or a sound. A name with a scheme must be http or https, so
// that a provider is never told to fetch anything else.
func File(c *scheme.Config, name string) string {
	s, ok := c.String(name)
	if !ok {
		return ""
	}
	for i, b := range []byte(s) {
		if b == '/' || b == '?' || b == '#' {
			break
		}
		if b == ':' && i > 0 {
			if err := scheme.CheckAddress(s); err != nil {
				c.ReportError(scheme.BadConfig, name, s, err)
			}
			break
		}
	}
	return s
}
